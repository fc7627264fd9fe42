"""The door: who a request comes from, whether they may enter a route, and whether a write is their own will.

Every route is closed to people who are not logged in unless it is marked `@app.security.public`; `@needs(Capability.…)`
closes it to roles without the capability. Both go below or above `@bp.get(…)`, as you like.
"""

import time
from collections.abc import Callable
from dataclasses import replace

from apiflask import APIFlask
from flask import Response, current_app, redirect, request, url_for
from flask import session as cookie
from flask_babel import gettext
from flask_login import LoginManager, current_user
from flask_wtf import CSRFProtect

from app.accounts import queries
from app.accounts.identity import Identity
from app.accounts.rights import Capability
from app.db import Session
from app.error_answers import wants_json
from app.errors import Forbidden, Unauthorised
from app.security import View

LONGEST_SESSION = 12 * 3600  # seconds after a log-in
BEARER = "bearer "
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})

logins = LoginManager()
csrf = CSRFProtect()


def install(app: APIFlask) -> None:
    """Load the user of every request, and guard every route."""
    logins.session_protection = None  # a phone changes its address while it walks
    logins.init_app(app)
    csrf.init_app(app)
    app.before_request(guard)
    app.jinja_env.globals["Capability"] = Capability


def needs(capability: Capability) -> Callable[[View], View]:
    """Close a view to roles that do not have the capability."""

    def mark(view: View) -> View:
        view.needs = capability  # type: ignore[attr-defined]
        return view

    return mark


def identity() -> Identity:
    """The user of this request; Unauthorised where nobody is logged in."""
    if not current_user.is_authenticated:
        raise Unauthorised(gettext("Please log in."))
    who: Identity = current_user._get_current_object()  # noqa: SLF001 (Werkzeug's public name for it)
    return who


def same_rights() -> Callable[[], bool]:
    """A check, for later and any thread, whether this request's user still is the same, with the same rights."""
    who, since = identity(), cookie.get("since", 0)
    token = _bearer() if who.by_token else None

    def check() -> bool:
        if token is None and time.time() - since > LONGEST_SESSION:
            return False
        with Session.begin() as session:
            now = queries.by_token(session, token) if token else queries.by_session(session, who.get_id())
        return now is not None and replace(now, language=who.language) == who

    return check


def guard() -> Response | None:
    """None where the request may enter its route; a redirect to the log-in for pages; else it raises."""
    view = current_app.view_functions.get(request.endpoint or "")
    if view is None:
        return None
    if not _is_public(view):
        if not current_user.is_authenticated:
            if wants_json() or request.method not in SAFE:
                raise Unauthorised(gettext("Please log in."))
            return _to_login()
        capability = getattr(view, "needs", Capability.SEE_MAP)
        if not identity().may(capability):
            raise Forbidden(gettext("Your role may not do this."))
    # A bearer token is never sent by a browser on its own, so only cookies can be ridden.
    if request.method not in SAFE and not _has_bearer():
        csrf.protect()
    return None


@logins.user_loader  # type: ignore[untyped-decorator]
def load_by_session(number: str) -> Identity | None:
    """The user of the session cookie; nobody where a bearer token is sent too, or the session is too old."""
    if _has_bearer() or time.time() - cookie.get("since", 0) > LONGEST_SESSION:
        return None
    with Session.begin() as session:
        return queries.by_session(session, number)


@logins.request_loader  # type: ignore[untyped-decorator]
def load_by_token(_: object) -> Identity | None:
    """The user of the bearer token."""
    if not _has_bearer():
        return None
    with Session.begin() as session:
        return queries.by_token(session, _bearer())


def _has_bearer() -> bool:
    return request.headers.get("Authorization", "").lower().startswith(BEARER)


def _bearer() -> str:
    return request.headers["Authorization"][len(BEARER) :].strip()


def _is_public(view: object) -> bool:
    return request.endpoint == "static" or getattr(view, "public", False)


def _to_login() -> Response:
    here = request.full_path.rstrip("?") if request.path != "/" or request.args else None
    return current_app.make_response(redirect(url_for("accounts.login", next=here)))
