"""Sessions: kept by the server, ended by it, and known to the browser by a key in its cookie.

A key is replaced when somebody has proven more about themselves, and the former one is void at once. It is replaced
when their rights have changed, too, and then stays good for half a minute and is answered with the new one, so that no
request fails that was under way. That new key is made of the former one and the home's secret: whichever answer is
lost, the next one brings the same key again.
"""

import hashlib
import json
import secrets
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from flask import current_app
from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app.accounts import queries
from app.accounts.audit import record
from app.accounts.identity import Identity, Step
from app.accounts.leaving import leaving
from app.accounts.models import LoginSession
from app.accounts.rights import SECOND_FACTOR

GRACE = timedelta(seconds=30)  # for a replaced key
SEEN_EVERY = timedelta(minutes=1)
KEPT = timedelta(days=30)  # an ended session's row
PASSWORD = "password"  # noqa: S105 (the method)

GOOD = f"""
    SELECT {queries.COLUMNS}, u.must_change_password, s.id AS session_id, s.digest, s.rights, s.method,
           s.second_factor_at IS NOT NULL AS proven_twice, s.seen_at < now() - :seen_every AS stale,
           EXISTS (SELECT FROM second_factors f WHERE f.user_id = u.id) AS enrolled
    FROM sessions s JOIN users u ON u.id = s.user_id
    WHERE s.ended_at IS NULL AND s.seen_at > now() - :idle AND s.created_at > now() - :longest
      AND u.disabled_at IS NULL
"""  # noqa: S608
BY_KEY = text(f"{GOOD} AND (s.digest = :digest OR (s.former_digest = :digest AND s.replaced_at > now() - :grace))")
BY_NUMBER = text(f"{GOOD} AND s.id = :number")
RENEW = text("""
    UPDATE sessions SET digest = :new, former_digest = NULL, replaced_at = now() WHERE id = :number
""")
REPLACE = text("""
    UPDATE sessions SET digest = :new, former_digest = :old, replaced_at = now(), rights = :rights
    WHERE id = :number AND digest = :old
""")
OPEN = text("""
    SELECT id, device, created_at, seen_at, second_factor_at IS NOT NULL AS proven_twice FROM sessions
    WHERE user_id = :user_id AND ended_at IS NULL AND seen_at > now() - :idle AND created_at > now() - :longest
    ORDER BY seen_at DESC, id DESC
""")
END = text("""
    UPDATE sessions SET ended_at = now()
    WHERE user_id = :user_id AND ended_at IS NULL AND id = coalesce(:only, id) AND id <> coalesce(:but, 0)
    RETURNING id
""")


class Limits(NamedTuple):
    """How long a session lives without a request, and how long in any case."""

    idle: timedelta
    longest: timedelta


class Found(NamedTuple):
    """What a key opens: whose session, under which key it goes on, and whether it has not been seen for a while."""

    who: Identity
    key: str
    stale: bool


class OpenSession(NamedTuple):
    """A session as its owner sees it."""

    id: int
    device: str
    created_at: datetime
    seen_at: datetime
    proven_twice: bool


def limits() -> Limits:
    """The limits of this application."""
    return Limits(current_app.config["SESSION_IDLE"], current_app.permanent_session_lifetime)


def start(session: Session, who: Identity, *, method: str, device: str, second_factor: bool = False) -> str:
    """The key of a new session. `second_factor`: whether that is proven, too."""
    session.execute(text("DELETE FROM sessions WHERE created_at < now() - :kept"), {"kept": KEPT})
    key = secrets.token_urlsafe(32)
    made = LoginSession(user_id=who.id, digest=queries.digest(key), method=method, rights=rights_of(who), device=device)
    session.add(made)
    session.flush()
    if second_factor:
        prove_twice(session, made.id)
    return key


def find(session: Session, key: str, within: Limits) -> Found | None:
    """What the key opens, replaced where rights have changed since it was made; None where it opens nothing (more)."""
    digest = queries.digest(key)
    row = session.execute(BY_KEY, {"digest": digest, "grace": GRACE, "seen_every": SEEN_EVERY, **within._asdict()})
    found = row.one_or_none()
    who = _identity(found) if found else None
    if found is None or who is None:
        return None
    if found.digest != digest:
        return Found(who, successor(key), found.stale)
    if found.rights != rights_of(who):
        return Found(who, _replace_key(session, who, key), found.stale)
    return Found(who, key, found.stale)


def by_number(session: Session, number: int, within: Limits) -> Identity | None:
    """Whose session this is, if it still is one."""
    row = session.execute(BY_NUMBER, {"number": number, "seen_every": SEEN_EVERY, **within._asdict()}).one_or_none()
    return _identity(row) if row else None


def renew_key(session: Session, who: Identity) -> str:
    """The only key of the session from now on."""
    key = secrets.token_urlsafe(32)
    session.execute(RENEW, {"new": queries.digest(key), "number": who.session_id})
    return key


def _replace_key(session: Session, who: Identity, key: str) -> str:
    """The key under which the session goes on; a request beside this one that comes later gets the same."""
    new = successor(key)
    values = {"old": queries.digest(key), "new": queries.digest(new)}
    session.execute(REPLACE, {"number": who.session_id, "rights": rights_of(who), **values})
    return new


def successor(key: str) -> str:
    """The key that follows on `key`, which only this home can tell."""
    return str(current_app.extensions["sealer"].keyed_hash(f"the session key after {key}"))


def touch(session: Session, number: int) -> None:
    """Write down that the session was used just now."""
    session.execute(text("UPDATE sessions SET seen_at = now() WHERE id = :number"), {"number": number})


def prove_twice(session: Session, number: int) -> None:
    """Write down that the second factor is proven in this session."""
    session.execute(text("UPDATE sessions SET second_factor_at = now() WHERE id = :number"), {"number": number})


def open_ones(session: Session, user_id: int, within: Limits) -> list[OpenSession]:
    """The sessions in which the user is logged in, the one used last first."""
    rows = session.execute(OPEN, {"user_id": user_id, **within._asdict()})
    return [OpenSession(*row) for row in rows]


def end(
    session: Session,
    user_id: int,
    *,
    by: Identity | None,
    why: str,
    only: int | None = None,
    but: int | None = None,
) -> list[int]:
    """The sessions of the user that were ended: all, `only` this one, or all `but` this one; each is on record."""
    ended = list(session.scalars(END, {"user_id": user_id, "only": only, "but": but}))
    for number in ended:
        record(session, by, "session.ended", "session", number, user=user_id, why=why)
    if ended and but is None:
        leaving.send(session, user_id=user_id)
    return ended


def rights_of(who: Identity) -> str:
    """A print of the user's posts: another one when a post is granted, changed or ended."""
    return hashlib.sha256(json.dumps(who.posts).encode()).hexdigest()[:16]


def _identity(row: Row[Any]) -> Identity | None:
    """The user of a row of GOOD, and what is missing of their log-in; None for programs, which have tokens."""
    who = queries.identity(row)
    return None if who.is_program else who.in_session(row.session_id, _missing(who, row))


def _missing(who: Identity, row: Row[Any]) -> Step | None:
    if row.enrolled and not row.proven_twice:
        return Step.CODE
    if row.must_change_password and row.method == PASSWORD:
        return Step.PASSWORD
    if who.holds(SECOND_FACTOR) and not row.proven_twice:
        return Step.ENROLMENT
    return None
