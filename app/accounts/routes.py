"""Logging in and out, and who I am."""

from apiflask import APIBlueprint
from flask import Response, jsonify, redirect, request, url_for
from flask import session as cookie
from flask_babel import gettext, refresh
from flask_login import current_user
from werkzeug.wrappers import Response as Redirect

from app.accounts import entering, queries, service, sessions
from app.accounts.access import entrant, identity, in_person, needs
from app.accounts.entering import local
from app.accounts.login_page import login_page
from app.accounts.rights import Capability
from app.accounts.schemas import LanguageIn
from app.db import Session
from app.errors import TooMany
from app.security import clear_away, public

bp = APIBlueprint("accounts", __name__, tag="Accounts")


@bp.get("/login")
@bp.doc(hide=True)
@public
def login() -> Response | Redirect:
    """The log-in page, or the map for who is logged in."""
    if current_user.is_authenticated:
        return redirect(local(request.args.get("next")))
    return login_page(next_page=request.args.get("next"))


@bp.post("/login")
@bp.doc(hide=True)
@public
def log_in() -> Response | Redirect:
    """Log in with `name` and `password`, then go to `next`; the page again where it does not work."""
    name, password = request.form.get("name", "").strip(), request.form.get("password", "")
    next_page = request.form.get("next")
    try:
        who = entering.by_password(name, password)
    except TooMany as error:
        return login_page(next_page=next_page, name=name, error=str(error.message), status=error.status)
    if who is None:
        error_text = gettext("The name or the password is not right.")
        return login_page(next_page=next_page, name=name, error=error_text, status=401)
    return entering.proven(who, method=sessions.PASSWORD, next_page=next_page)


@bp.post("/logout")
@bp.doc(hide=True)
@public
def log_out() -> Redirect:
    """Log out, then the log-in page."""
    if current_user.is_authenticated:
        who = entrant()
        with Session.begin() as session:
            sessions.end(session, who.id, by=who, why="logged out", only=who.session_id or 0)
    language = cookie.get("language")
    cookie.clear()
    if language:
        cookie["language"] = language
    return clear_away(redirect(url_for("accounts.login")))


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
@in_person
@bp.input(LanguageIn)
@bp.doc(summary="Choose the language of the interface")
def put_language(json_data: LanguageIn) -> Response:
    """Keep the language for this user."""
    who = identity()
    with Session.begin() as session:
        service.set_language(session, who, json_data.language)
    cookie["language"] = json_data.language
    refresh()
    return jsonify({"language": json_data.language})
