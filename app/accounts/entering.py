"""Entering: from proof of who somebody is to a session, and what is asked again before something weighty.

Each way to log in ends in `proven`; what is still missing (a code, a password of one's own, an authenticator app) is
asked for by the guard of `access`, one page after the other.
"""

from datetime import timedelta
from urllib.parse import urlsplit

from flask import Response, make_response, redirect, url_for
from flask import session as cookie
from flask_babel import gettext
from flask_login import current_user
from sqlalchemy import text

from app.accounts import devices, passwords, queries, sessions, throttle
from app.accounts.access import KEY, STEPS
from app.accounts.audit import record
from app.accounts.identity import Identity, Step
from app.accounts.throttle import Guess
from app.db import Session
from app.errors import Forbidden, Invalid

LONGEST_NAME = 200
LONGEST_PAGE = 1000  # characters of an address that a cookie keeps
FRESH = timedelta(minutes=10)  # so long a log-in without a password stands for one

PASSWORD_HASH = text("SELECT password_hash FROM users WHERE id = :id")
IS_FRESH = text("SELECT created_at > now() - :fresh FROM sessions WHERE id = :id")


def local(next_page: str | None) -> str:
    """`next_page` where it is a path of this host, else the map."""
    if not next_page or len(next_page) > LONGEST_PAGE or not next_page.isprintable():
        return "/"
    if not next_page.startswith("/") or "\\" in next_page:
        return "/"
    parts = urlsplit(next_page)
    return "/" if parts.scheme or parts.netloc or next_page.startswith("//") else next_page


def by_password(name: str, password: str) -> Identity | None:
    """The user with this name and password; TooMany where they have to wait.

    The same queries and one hash are made for every name, and no connection is held while it hashes.
    """
    tried = throttle.attempt(Guess.PASSWORD, name)
    with Session.begin() as session:
        throttle.begin(session, tried)
        usable = 0 < len(name) <= LONGEST_NAME and "\0" not in name
        known = queries.by_name(session, name if usable else "")
    who, password_hash = known or (None, None)
    right = passwords.matches(password, password_hash) and who is not None and not who.is_program
    with Session.begin() as session:
        if right:
            throttle.succeed(session, tried)
        else:
            record(session, None, "login.failed", "user", who.id if who else "unknown")
    return who if right else None


def proven(who: Identity, *, method: str, next_page: str | None, second_factor: bool = False) -> Response:
    """Where somebody goes who has just proven who they are: their next step, or the page they wanted; logged in.

    `second_factor`: whether that is proven, too, as an identity provider may say.
    """
    if who.is_program:
        raise Forbidden(gettext("An API client has tokens and does not log in."))
    with Session.begin() as session:
        if current_user.is_authenticated and current_user.session_id:
            sessions.end(session, current_user.id, by=who, why="new log-in", only=current_user.session_id)
        record(session, who, "login", "user", who.id, method=method)
        device = devices.described()
        key = sessions.start(session, who, method=method, device=device, second_factor=second_factor)
        found = sessions.find(session, key, sessions.limits())
    _new_cookie(key, local(next_page))
    missing = found.who.missing if found else None
    response = make_response(redirect(url_for(STEPS[missing]) if missing else onward()))
    if missing is not Step.CODE:
        devices.remember(response, who.name)
    return response


def onward() -> str:
    """The address that was wanted before the log-in; it is forgotten."""
    return local(cookie.pop("next", None))


def confirm(who: Identity, password: str) -> None:
    """Nothing where it is the user who asks for something weighty; Invalid where the password is wrong, or TooMany.

    The session goes on under a new key. Who has no password has to have logged in just now.
    """
    tried = throttle.attempt(Guess.PASSWORD, who.name)
    with Session.begin() as session:
        throttle.begin(session, tried)
        password_hash = session.scalar(PASSWORD_HASH, {"id": who.id})
        fresh = session.scalar(IS_FRESH, {"fresh": FRESH, "id": who.session_id})
    right = passwords.matches(password, password_hash) if password_hash else bool(fresh)
    if not right:
        if password_hash is None:
            raise Invalid(gettext("For this, log out and in again first."), field="password")
        raise Invalid(gettext("The password is not right."), field="password")
    with Session.begin() as session:
        throttle.succeed(session, tried)
        cookie[KEY] = sessions.renew_key(session, who)


def hash_chosen(who: Identity, password: str) -> str:
    """The hash of a password that the user chooses; Invalid where it is not one to take."""
    passwords.check_new(password, who.name, field="new")
    with Session.begin() as session:
        old = session.scalar(PASSWORD_HASH, {"id": who.id})
    if passwords.matches(password, old):
        raise Invalid(gettext("This is the password that you have."), field="new")
    return passwords.make_hash(password)


def _new_cookie(key: str, next_page: str) -> None:
    """The cookie of a new session; nothing of the old one stays but the language."""
    language = cookie.get("language")
    cookie.clear()
    cookie.permanent = True
    cookie.update({KEY: key, "next": next_page})
    if language:
        cookie["language"] = language
