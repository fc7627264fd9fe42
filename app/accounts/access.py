"""The door: who a request comes from, whether they may enter a route, and whether a write is their own will.

Every route is closed to people who are not logged in unless it is marked `@app.security.public`; `@needs(Capability.…)`
closes it to roles without the capability. Both go below or above `@bp.get(…)`, as you like.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from apiflask import APIFlask
from flask import Response, current_app, g, redirect, request, url_for
from flask import session as cookie
from flask_babel import gettext
from flask_login import LoginManager, current_user
from flask_wtf import CSRFProtect
from flask_wtf.csrf import CSRFError
from sqlalchemy.orm import Session as SqlSession

from app.accounts import pace, sessions, tokens
from app.accounts.identity import Identity, Step
from app.accounts.rights import Capability
from app.db import Session
from app.error_answers import wants_json
from app.errors import DomainError, Forbidden, Unauthorised
from app.security import View

KEY = "_user_id"  # Flask-Login's place in the cookie; ours holds the key of a session
BEARER = "bearer "
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
STEPS = {Step.CODE: "steps.code", Step.PASSWORD: "steps.password", Step.ENROLMENT: "steps.enrolment"}
"""The page of each step that may be missing of a log-in."""

logins = LoginManager()
csrf = CSRFProtect()


def install(app: APIFlask) -> None:
    """Load the user of every request, and guard every route."""
    logins.session_protection = None  # a phone changes its address while it walks
    logins.init_app(app)
    csrf.init_app(app)
    app.before_request(guard)
    app.jinja_env.globals["Capability"] = Capability


def needs(*capabilities: Capability) -> Callable[[View], View]:
    """Close a view to roles that have none of the capabilities."""

    def mark(view: View) -> View:
        view.needs = capabilities  # type: ignore[attr-defined]
        return view

    return mark


def step(missing: Step) -> Callable[[View], View]:
    """Open a view to people whose log-in still lacks this step."""

    def mark(view: View) -> View:
        view.step = missing  # type: ignore[attr-defined]
        return view

    return mark


def in_person(view: View) -> View:
    """The view, closed to bearer tokens: a script has no business with its user's account."""
    view.in_person = True  # type: ignore[attr-defined]
    return view


def unnoticed(view: View) -> View:
    """The view, whose requests come without anybody's doing: they do not keep a session alive."""
    view.unnoticed = True  # type: ignore[attr-defined]
    return view


def identity() -> Identity:
    """The user of this request; Unauthorised where nobody is logged in, or not all the way."""
    who = entrant()
    if who.missing is not None:
        raise Unauthorised(gettext("Please finish logging in."))
    return who


def entrant() -> Identity:
    """The user of this request, even where their log-in lacks a step; Unauthorised where there is none."""
    if not current_user.is_authenticated:
        raise Unauthorised(gettext("Please log in."))
    who: Identity = current_user._get_current_object()  # noqa: SLF001 (Werkzeug's public name for it)
    return who


def same_rights() -> Callable[[], bool]:
    """A check, for later and any thread, whether this request's user still is the same, with the same rights.

    It is not a use of the session: who only leaves a page open is logged out in time.
    """
    who, within = identity(), sessions.limits()
    token = _bearer() if who.by_token else None

    def check() -> bool:
        with Session.begin() as session:
            now = _by_token(session, token) if token else sessions.by_number(session, who.session_id or 0, within)
        return now is not None and replace(now, language=who.language) == who

    return check


def guard() -> Response | None:
    """None where the request may enter its route; a redirect to the log-in for pages; else it raises."""
    view = current_app.view_functions.get(request.endpoint or "")
    if view is None:
        return None
    # One transaction, written whatever it ends with: what is refused, or fails later, was asked for too.
    refused: Exception | None = None
    with Session.begin() as g.door:
        try:
            turned_away = _asked_in(view)
        except (DomainError, CSRFError) as error:
            refused = error
    g.pop("door")
    if refused is not None:
        raise refused
    return turned_away


def _asked_in(view: object) -> Response | None:
    """None where the request may enter; the way to what is missing for pages; else it raises."""
    if not _is_public(view) and (turned_away := _turned_away(view)) is not None:
        return turned_away
    # A bearer token is never sent by a browser on its own, so only cookies can be ridden.
    if request.method not in SAFE and not _has_bearer():
        csrf.protect()
    if (limit := getattr(view, "pace", None)) is not None:
        over = pace.asked_too_often(g.door, identity().id, str(request.endpoint), limit)
        if over is not None:
            raise over
    return None


@contextmanager
def _at_the_door() -> Iterator[SqlSession]:
    """The session of the guard while it stands there, else one of its own."""
    if "door" in g:
        yield g.door
    else:
        with Session.begin() as session:
            yield session


def _turned_away(view: object) -> Response | None:
    """None where the user may enter; the way to what is missing for pages; else it raises."""
    is_page = not wants_json() and request.method in SAFE
    if not current_user.is_authenticated:
        if is_page:
            return _to("accounts.login", wanted=_here())
        raise Unauthorised(gettext("Please log in."))
    who = entrant()
    if who.missing is not None and getattr(view, "step", None) is not who.missing:
        if is_page:
            cookie.setdefault("next", _here() or "/")
            return _to(STEPS[who.missing])
        raise Unauthorised(gettext("Please finish logging in."))
    if who.by_token and getattr(view, "in_person", False):
        raise Forbidden(gettext("A token cannot do this. Log in as a person."))
    if not any(who.may(one) for one in getattr(view, "needs", (Capability.SEE_MAP,))):
        raise Forbidden(gettext("Your role may not do this."))
    return None


@logins.user_loader  # type: ignore[untyped-decorator]
def load_by_session(key: str) -> Identity | None:
    """The user whose session has the cookie's key; nobody where a bearer token is sent too."""
    if _has_bearer():
        return None
    with _at_the_door() as session:
        found = sessions.find(session, key, sessions.limits())
        if found is None:
            return None
        if found.stale and not getattr(current_app.view_functions.get(request.endpoint or ""), "unnoticed", False):
            sessions.touch(session, found.who.session_id or 0)
    if found.key != key:
        cookie[KEY] = found.key
    return found.who


@logins.request_loader  # type: ignore[untyped-decorator]
def load_by_token(_: object) -> Identity | None:
    """The user of the bearer token."""
    if not _has_bearer():
        return None
    with _at_the_door() as session:
        return _by_token(session, _bearer())


def _by_token(session: SqlSession, token: str) -> Identity | None:
    found = tokens.find(session, token)
    if found is None:
        return None
    if found.stale:
        tokens.touch(session, found.number)
    return found.who


def _has_bearer() -> bool:
    return request.headers.get("Authorization", "").lower().startswith(BEARER)


def _bearer() -> str:
    return request.headers["Authorization"][len(BEARER) :].strip()


def _is_public(view: object) -> bool:
    return request.endpoint == "static" or getattr(view, "public", False)


def _here() -> str | None:
    """The page that is asked for; None for the first one."""
    return request.full_path.rstrip("?") if request.path != "/" or request.args else None


def _to(endpoint: str, *, wanted: str | None = None) -> Response:
    return current_app.make_response(redirect(url_for(endpoint, next=wanted)))
