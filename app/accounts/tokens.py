"""Bearer tokens: how scripts act for a user, within scopes and until a day."""

import secrets
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from flask_babel import gettext
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts import queries
from app.accounts.audit import record
from app.accounts.identity import Identity
from app.accounts.models import Token
from app.accounts.rights import Capability
from app.errors import Invalid, NotFound

PREFIX = "wg_"  # so that a leaked token is recognised for what it is
LONGEST_DAYS = 366
LONGEST_NAME = 60
USED_EVERY = timedelta(minutes=1)

BY_DIGEST = text(f"""
    SELECT {queries.COLUMNS}, t.id AS token_id, t.scopes,
           coalesce(t.last_used_at < now() - :used_every, true) AS stale
    FROM tokens t JOIN users u ON u.id = t.user_id
    WHERE t.digest = :digest AND t.revoked_at IS NULL AND t.expires_at > now() AND u.disabled_at IS NULL
""")  # noqa: S608
OF_USER = text("""
    SELECT id, name, scopes, created_at, expires_at, last_used_at FROM tokens
    WHERE user_id = :user_id AND revoked_at IS NULL AND expires_at > now() ORDER BY created_at DESC, id DESC
""")
REVOKE = text("UPDATE tokens SET revoked_at = now() WHERE id = :id AND user_id = :user_id AND revoked_at IS NULL")


class Found(NamedTuple):
    """What a token opens, and whether it has not been used for a while."""

    who: Identity
    number: int
    stale: bool


class OwnToken(NamedTuple):
    """A token as its owner sees it."""

    id: int
    name: str
    scopes: list[Capability] | None
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None


def find(session: Session, token: str) -> Found | None:
    """The user whom a token names, for its scopes, unless it is revoked or expired."""
    values = {"digest": queries.digest(token), "used_every": USED_EVERY}
    row = session.execute(BY_DIGEST, values).one_or_none()
    if row is None:
        return None
    scopes = _capabilities(row.scopes)
    who = queries.identity(row).with_token(None if scopes is None else frozenset(scopes))
    return Found(who, row.token_id, row.stale)


def touch(session: Session, number: int) -> None:
    """Write down that the token was used just now."""
    session.execute(text("UPDATE tokens SET last_used_at = now() WHERE id = :number"), {"number": number})


def issue(
    session: Session,
    user: Identity,
    *,
    by: Identity | None,
    name: str = "",
    scopes: Iterable[str] | None = None,
    days: int = LONGEST_DAYS,
) -> str:
    """A new token of the user, for the capabilities in `scopes` (None: all of the user's); stored nowhere.

    Invalid where a scope is none that the user has, or the days are too many.
    """
    if not 1 <= days <= LONGEST_DAYS:
        raise Invalid(gettext("A token is valid for 1 to %(longest)d days.", longest=LONGEST_DAYS), field="days")
    if len(name) > LONGEST_NAME or not name.isprintable():
        raise Invalid(gettext("A name has at most %(longest)d characters.", longest=LONGEST_NAME), field="name")
    chosen = None if scopes is None else sorted(set(scopes))
    for scope in chosen or ():
        if scope not in user.can():
            raise Invalid(gettext("%(scope)s is nothing that this user may do.", scope=scope), field="scope")
    token = PREFIX + secrets.token_urlsafe(32)
    expires = datetime.now(UTC) + timedelta(days=days)
    made = Token(user_id=user.id, name=name, digest=queries.digest(token), scopes=chosen, expires_at=expires)
    session.add(made)
    session.flush()
    record(session, by, "token.issued", "token", made.id, user=user.id, days=days, scopes=chosen)
    return token


def revoke(session: Session, who: Identity, number: int) -> None:
    """End a token of one's own; NotFound where there is none of this number."""
    if not session.execute(REVOKE, {"id": number, "user_id": who.id}).rowcount:  # type: ignore[attr-defined]
        raise NotFound(gettext("There is no such token."))
    record(session, who, "token.revoked", "token", number, user=who.id)


def of_user(session: Session, user_id: int) -> list[OwnToken]:
    """The tokens of a user that still open something, the newest first."""
    rows = session.execute(OF_USER, {"user_id": user_id})
    return [OwnToken(*row)._replace(scopes=_capabilities(row.scopes)) for row in rows]


def _capabilities(scopes: list[str] | None) -> list[Capability] | None:
    return None if scopes is None else [one for one in Capability if one in scopes]
