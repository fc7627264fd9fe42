"""Rules about people: adding a user, logging in, tokens, language."""

import re
import secrets
from datetime import UTC, datetime, timedelta

from flask_babel import gettext
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts import passwords, queries
from app.accounts.audit import record
from app.accounts.identity import Identity
from app.accounts.models import Role, Token, User
from app.accounts.posts import appoint, seat
from app.errors import Conflict, Invalid, NotFound

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,39}")
SHORTEST_PASSWORD = 12
TOKEN_DAYS = 365
TOKEN_PREFIX = "wg_"  # noqa: S105 (so that a leaked token is recognised for what it is)


def add_user(
    session: Session,
    *,
    name: str,
    role: str,
    area_code: str,
    grid_code: str | None = None,
    password: str | None = None,
    display_name: str | None = None,
) -> tuple[User, str]:
    """The new user, who holds one post, and their password (random where none is given).

    Invalid where a value is impossible, NotFound where area or grid is unknown, Conflict where the name is taken.
    """
    if not NAME.fullmatch(name):
        raise Invalid(gettext("A log-in name has 2 to 40 of a–z, 0–9, dot, dash and underscore."), field="name")
    if role not in list(Role):
        raise Invalid(gettext("The role must be one of %(roles)s.", roles=", ".join(Role)), field="role")
    if password is not None and not SHORTEST_PASSWORD <= len(password) <= passwords.LONGEST:
        raise Invalid(
            gettext("A password has at least %(shortest)d characters.", shortest=SHORTEST_PASSWORD), field="password"
        )
    if session.query(User.id).filter_by(name=name).first():
        raise Conflict(gettext("This log-in name is taken."), field="name")
    where = seat(session, Role(role), area_code, grid_code)
    secret = password or passwords.make_password()
    user = User(name=name, display_name=display_name or name, password_hash=passwords.make_hash(secret))
    session.add(user)
    session.flush()
    record(session, None, "user.added", "user", user.id)
    appoint(session, None, user, Role(role), where)
    return user, secret


def set_password(session: Session, name: str, password: str | None = None) -> str:
    """The new password of a user (random where none is given); all their sessions end. NotFound where unknown."""
    user = session.query(User).filter_by(name=name).one_or_none()
    if user is None:
        raise NotFound(gettext("There is no user %(name)s.", name=name), field="name")
    secret = password or passwords.make_password()
    user.password_hash = passwords.make_hash(secret)
    user.session_epoch += 1
    record(session, None, "user.password_set", "user", user.id)
    return secret


def issue_token(session: Session, name: str, *, days: int | None = TOKEN_DAYS) -> str:
    """A new bearer token of the user `name`, valid for `days` (None: until revoked); NotFound where unknown."""
    user = session.query(User).filter(User.name == name, User.disabled_at.is_(None)).one_or_none()
    if user is None:
        raise NotFound(gettext("There is no user %(name)s.", name=name), field="name")
    token = TOKEN_PREFIX + secrets.token_urlsafe(32)
    expires = datetime.now(UTC) + timedelta(days=days) if days is not None else None
    session.add(Token(user_id=user.id, digest=queries.digest(token), expires_at=expires))
    record(session, None, "token.issued", "user", user.id, days=days)
    return token


def set_language(session: Session, who: Identity, language: str) -> None:
    """Keep the user's language."""
    session.execute(text("UPDATE users SET language = :language WHERE id = :id"), {"language": language, "id": who.id})
