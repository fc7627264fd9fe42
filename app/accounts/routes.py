"""Logging in and out, and who I am."""

import math
import time
from urllib.parse import urlsplit

from apiflask import APIBlueprint
from flask import Response, jsonify, make_response, redirect, render_template, request, url_for
from flask import session as cookie
from flask_babel import gettext, refresh
from flask_login import current_user, login_user, logout_user
from werkzeug.wrappers import Response as Redirect

from app.accounts import passwords, queries, service
from app.accounts.access import identity, needs
from app.accounts.audit import record
from app.accounts.identity import Identity
from app.accounts.rights import Capability
from app.accounts.schemas import LanguageIn
from app.db import Session
from app.security import public

LONGEST_NAME = 200

bp = APIBlueprint("accounts", __name__, tag="Accounts")
attempts = passwords.Attempts()


@bp.get("/login")
@bp.doc(hide=True)
@public
def login() -> Response | Redirect:
    """The log-in page, or the map for who is logged in."""
    if current_user.is_authenticated:
        return redirect(local(request.args.get("next")))
    return _page(next_page=request.args.get("next"))


@bp.post("/login")
@bp.doc(hide=True)
@public
def log_in() -> Response | Redirect:
    """Log in with `name` and `password`, then go to `next`; the page again where it does not work."""
    name, password = request.form.get("name", "").strip(), request.form.get("password", "")
    next_page, address = request.form.get("next"), request.remote_addr or ""
    if wait := attempts.wait(name, address):
        message = gettext("Too many attempts. Please wait %(seconds)d seconds.", seconds=math.ceil(wait))
        return _page(next_page=next_page, name=name, error=message, status=429)
    who = _authenticate(name, password)
    if who is None:
        attempts.failed(name, address)
        return _page(
            next_page=next_page, name=name, error=gettext("The name or the password is not right."), status=401
        )
    attempts.succeeded(name, address)
    _start_session(who)
    return redirect(local(next_page))


@bp.post("/logout")
@bp.doc(hide=True)
@public
def log_out() -> Redirect:
    """Log out, then the log-in page."""
    if current_user.is_authenticated:
        with Session.begin() as session:
            record(session, identity(), "logout", "user", identity().id)
        logout_user()
    cookie.clear()
    return redirect(url_for("accounts.login"))


@bp.get("/api/v1/me")
@needs(Capability.OWN_ACCOUNT)
@bp.doc(summary="Who I am, where, and what I may do")
def me() -> Response:
    """The user of this request with their area, grid, language and capabilities."""
    who = identity()
    with Session.begin() as session:
        posts = [queries.place(session, post) for post in who.posts]
    return jsonify(
        {
            "id": who.id,
            "name": who.name,
            "display_name": who.display_name,
            **(posts[0] if posts else {"role": None, "area": None, "grid": None}),
            "posts": posts,
            "language": who.language,
            "can": who.can(),
        }
    )


@bp.put("/api/v1/me/language")
@needs(Capability.OWN_ACCOUNT)
@bp.input(LanguageIn)
@bp.doc(summary="Choose the language of the interface")
def put_language(json_data: LanguageIn) -> Response:
    """Keep the language for this user."""
    who = identity()
    with Session.begin() as session:
        service.set_language(session, who, json_data.language)
    if not who.by_token:
        cookie["language"] = json_data.language
        refresh()
    return jsonify({"language": json_data.language})


def local(next_page: str | None) -> str:
    """`next_page` where it is a path of this host, else the map."""
    if not next_page or not next_page.startswith("/") or not next_page.isprintable() or "\\" in next_page:
        return "/"
    parts = urlsplit(next_page)
    return "/" if parts.scheme or parts.netloc or next_page.startswith("//") else next_page


def _authenticate(name: str, password: str) -> Identity | None:
    """The user with this name and password; as slow for unknown names, and without a connection while it hashes."""
    known = None
    if 0 < len(name) <= LONGEST_NAME and "\0" not in name:
        with Session.begin() as session:
            known = queries.by_name(session, name)
    right = passwords.matches(password, known[1] if known else None)
    who = known[0] if known else None
    with Session.begin() as session:
        record(
            session, who if right else None, "login" if right else "login.failed", "user", who.id if who else "unknown"
        )
    return who if right else None


def _start_session(who: Identity) -> None:
    """A new session for the user; nothing of the old one stays but the language."""
    language = cookie.get("language")
    cookie.clear()
    cookie.permanent = True
    cookie["since"] = int(time.time())
    if language:
        cookie["language"] = language
    login_user(who)


def _page(*, next_page: str | None, name: str = "", error: str | None = None, status: int = 200) -> Response:
    """The log-in page."""
    page = render_template("login.html", next=local(next_page), name=name[:LONGEST_NAME], error=error)
    return make_response(page, status)
