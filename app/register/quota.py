"""How often an hour somebody may see personal data: counted in the database, over workers and restarts."""

import math
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts.audit import record
from app.accounts.identity import Identity
from app.register.models import Act, Unmasking

QUOTA: dict[Act, int] = {Act.UNMASK: 200, Act.FIND: 60}
"""Acts an hour of one user."""

LOCK = 0x554E4D41  # "UNMA": with the user's id, one act of a user at a time

_FORGET = text("DELETE FROM unmaskings WHERE user_id = :user AND at <= now() - interval '1 hour'")
_USED = text("""
    SELECT count(*) FILTER (WHERE NOT blocked) AS used, coalesce(bool_or(blocked), false) AS told,
           extract(epoch FROM (array_agg(at ORDER BY at DESC) FILTER (WHERE NOT blocked))[:quota]
                              + interval '1 hour' - now()) AS wait
    FROM unmaskings WHERE user_id = :user AND act = :act
""")


class Blocked(NamedTuple):
    """That a quota is used up, and in how many seconds one more act is free."""

    act: Act
    seconds: int

    @property
    def minutes(self) -> int:
        """The wait in whole minutes, as people are told."""
        return math.ceil(self.seconds / 60)


def take(session: Session, who: Identity, act: Act) -> Blocked | None:
    """Count one act of the user; where the quota is used up, count none, and tell the auditor once an hour."""
    session.execute(text("SELECT pg_advisory_xact_lock(:lock, :user)"), {"lock": LOCK, "user": who.id})
    session.execute(_FORGET, {"user": who.id})
    row = session.execute(_USED, {"user": who.id, "act": act, "quota": QUOTA[act]}).one()
    if row.used < QUOTA[act]:
        session.add(Unmasking(user_id=who.id, act=act))
        return None
    blocked = Blocked(act, max(1, math.ceil(row.wait)))
    if not row.told:
        session.add(Unmasking(user_id=who.id, act=act, blocked=True))
        record(session, who, "unmask.blocked", "user", who.id, of=act, quota=QUOTA[act], seconds=blocked.seconds)
    return blocked
