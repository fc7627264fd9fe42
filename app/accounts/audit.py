"""The audit: who did or saw what, written in the transaction of the act, as the last thing before it is committed.

The database chains the rows (migration 0007): whoever inserts one holds the head of the chain until the commit, and
everybody else who inserts waits. So rows are kept until then, and no lock is ever asked for behind that one. After the
commit the head goes to a file outside the database (`anchors`).
"""

import json
from typing import Any, NamedTuple

from sqlalchemy import event, text
from sqlalchemy.orm import Session, SessionTransaction

from app.accounts import anchors
from app.accounts.identity import Identity

# Without RETURNING: who may insert a row may not read it.
INSERT = text("""
    INSERT INTO audit (user_id, act, subject_type, subject_id, detail)
    VALUES (:user_id, :act, :subject_type, :subject_id, CAST(:detail AS jsonb))
""")
PENDING, WRITTEN = "audit", "audit written"


class Pending(NamedTuple):
    """A row that waits for the commit of the transaction, or savepoint, in which its act was done."""

    within: SessionTransaction | None
    row: dict[str, Any]


def record(
    session: Session, identity: Identity | None, act: str, subject_type: str, subject_id: object, /, **detail: Any
) -> None:
    """Add one row: `act` as "flag.set", `detail` without any name or phone; `identity` None for nobody or a command.

    The row is in the table once the transaction is committed, or when `write` is called.
    """
    if not session.in_transaction():
        session.connection()
    row = {
        "user_id": identity.id if identity else None,
        "act": act,
        "subject_type": subject_type,
        "subject_id": str(subject_id),
        "detail": json.dumps(detail, ensure_ascii=False, allow_nan=False),
    }
    within = session.get_nested_transaction() or session.get_transaction()
    session.info.setdefault(PENDING, []).append(Pending(within, row))


@event.listens_for(Session, "before_commit")
def write(session: Session) -> None:
    """Put the rows that wait into the table, after everything else that the session has to write."""
    if pending := session.info.get(PENDING):
        session.flush()
        session.execute(INSERT, [each.row for each in pending])
        pending.clear()
        session.info[WRITTEN] = True


@event.listens_for(Session, "after_transaction_end")
def _end(session: Session, ended: SessionTransaction) -> None:
    """Forget rows whose act was undone; anchor the head once the outermost transaction is over."""
    if pending := session.info.get(PENDING):
        pending[:] = [each for each in pending if each.within is not ended]
    if ended.parent is None and session.info.pop(WRITTEN, False):
        anchors.keep_up(session.get_bind())
