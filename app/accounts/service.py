"""Rules about people: adding a user, passwords, tokens by name, language."""

import re
from collections.abc import Iterable

from flask_babel import gettext
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.accounts import passwords, queries, sessions, tokens
from app.accounts.audit import record
from app.accounts.identity import Identity
from app.accounts.models import Role, User
from app.accounts.posts import appoint, known_role, seat
from app.errors import Conflict, Invalid, NotFound

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,39}")
LONGEST_DISPLAY_NAME = 60
TOKEN_DAYS = 365


def add_user(
    session: Session,
    *,
    name: str,
    role: str,
    area_code: str,
    grid_code: str | None = None,
    password: str | None = None,
    display_name: str | None = None,
    must_change: bool = True,
) -> tuple[User, str | None]:
    """The new user, who holds one post, and their password (random where none is given; None for an API client).

    They must change it at their first log-in, for somebody else has seen it, unless `must_change` is False.
    Invalid where a value is impossible, NotFound where area or grid is unknown, Conflict where the name is taken.
    """
    wanted = known_role(role)
    where = seat(session, wanted, area_code, grid_code)
    user, secret = new_user(
        session,
        None,
        name=name,
        display_name=display_name or name,
        home_area_id=where.area_id,
        password=password,
        must_change=must_change,
        logs_in=wanted != Role.API_CLIENT,
    )
    appoint(session, None, user, wanted, where)
    return user, secret


def new_user(
    session: Session,
    by: Identity | None,
    *,
    name: str,
    display_name: str,
    home_area_id: int,
    password: str | None = None,
    must_change: bool = True,
    logs_in: bool = True,
) -> tuple[User, str | None]:
    """The new user, who holds no post yet, and their first password (random where none is given; None for a program).

    Invalid where a value is impossible, Conflict where the name is taken.
    """
    if not NAME.fullmatch(name):
        raise Invalid(gettext("A log-in name has 2 to 40 of a–z, 0–9, dot, dash and underscore."), field="name")
    if not 0 < len(display_name) <= LONGEST_DISPLAY_NAME or not display_name.isprintable():
        sentence = gettext("Say what the person is called, in up to %(most)d characters.", most=LONGEST_DISPLAY_NAME)
        raise Invalid(sentence, field="display_name")
    if password is not None:
        passwords.check_new(password, name)
    secret = (password or passwords.make_password()) if logs_in else None
    user = User(
        name=name,
        display_name=display_name,
        password_hash=passwords.make_hash(secret) if secret else None,
        must_change_password=must_change and secret is not None,
        home_area_id=home_area_id,
    )
    try:
        with session.begin_nested():
            session.add(user)
    except IntegrityError as error:
        raise Conflict(gettext("This log-in name is taken."), field="name") from error
    record(session, by, "user.added", "user", user.id)
    return user, secret


def set_password(session: Session, name: str, *, by: Identity | None = None) -> str:
    """A new random password of a user, to be changed at the next log-in; all their sessions end.

    NotFound where the name is unknown, Invalid for an API client.
    """
    user = named(session, name)
    who = queries.by_id(session, user.id)
    if who is not None and who.is_program:
        raise Invalid(gettext("An API client has tokens and does not log in."), field="name")
    secret = passwords.make_password()
    user.password_hash = passwords.make_hash(secret)
    user.must_change_password = True
    session.flush()
    record(session, by, "password.changed", "user", user.id, why="set by another")
    sessions.end(session, user.id, by=by, why="password changed")
    return secret


def change_password(session: Session, who: Identity, password_hash: str) -> None:
    """Keep the hash of the password that the user has chosen; their other sessions end."""
    user = named(session, who.name)
    user.password_hash = password_hash
    user.must_change_password = False
    session.flush()
    record(session, who, "password.changed", "user", user.id, why="by its owner")
    sessions.end(session, user.id, by=who, why="password changed", but=who.session_id)


def issue_token(
    session: Session,
    name: str,
    *,
    days: int = TOKEN_DAYS,
    scopes: Iterable[str] | None = None,
    label: str = "",
) -> str:
    """A new bearer token of the user `name`; NotFound where unknown, Invalid for impossible scopes or days."""
    found = queries.by_name(session, name)
    if found is None:
        raise NotFound(gettext("There is no user %(name)s.", name=name), field="name")
    return tokens.issue(session, found[0], by=None, name=label, scopes=scopes, days=days)


def named(session: Session, name: str) -> User:
    """The user with this log-in name, enabled or not; NotFound where there is none."""
    user = session.query(User).filter_by(name=name).one_or_none()
    if user is None:
        raise NotFound(gettext("There is no user %(name)s.", name=name), field="name")
    return user


def set_language(session: Session, who: Identity, language: str) -> None:
    """Keep the user's language."""
    session.execute(text("UPDATE users SET language = :language WHERE id = :id"), {"language": language, "id": who.id})
