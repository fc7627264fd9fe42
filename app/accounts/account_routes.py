"""What somebody does on the page of their account: language, sessions, second factor, tokens.

Each act leads back to the page, with a sentence on it.
"""

from collections.abc import Callable
from functools import wraps

from apiflask import APIBlueprint
from flask import Response, flash, make_response, redirect, render_template, request, url_for
from flask import session as cookie
from flask_babel import gettext
from flask_babel import refresh as refresh_language
from werkzeug.wrappers import Response as Redirect

from app.accounts import identities, oidc, second_factor, service, sessions, throttle, tokens
from app.accounts.access import identity, in_person, needs
from app.accounts.account_page import NewToken, account_page
from app.accounts.entering import confirm
from app.accounts.rights import Capability
from app.accounts.throttle import Guess
from app.db import Session
from app.errors import DomainError, Invalid, NotFound
from app.i18n import LANGUAGES
from app.security import clear_away

bp = APIBlueprint("account", __name__, url_prefix="/account", enable_openapi=False)

Act = Callable[..., str | Response | Redirect]


def act(rule: str) -> Callable[[Act], Act]:
    """A route of the account that takes a form; what is wrong with it is said on the page."""

    def mark(view: Act) -> Act:
        @wraps(view)
        def told(**values: int) -> str | Response | Redirect:
            try:
                return view(**values)
            except DomainError as error:
                flash(str(error.message), "bad")
                return _back()

        made: Act = bp.post(rule)(needs(Capability.OWN_ACCOUNT)(in_person(told)))
        return made

    return mark


@act("/language")
def choose_language() -> Redirect:
    """Keep the language of the form."""
    language = request.form.get("language", "")
    if language not in LANGUAGES:
        raise Invalid(gettext("There is no such language."), field="language")
    with Session.begin() as session:
        service.set_language(session, identity(), language)
    cookie["language"] = language
    refresh_language()
    return _back(gettext("The language is kept."))


@act("/sessions/<int:number>/end")
def end_session(number: int) -> Redirect:
    """End one of the user's sessions."""
    who = identity()
    with Session.begin() as session:
        if not sessions.end(session, who.id, by=who, why="ended by its owner", only=number):
            raise NotFound(gettext("There is no such session."))
    return _back(gettext("The session has ended."))


@act("/sessions/end")
def end_sessions() -> Redirect:
    """Log the user out everywhere, here too."""
    who = identity()
    with Session.begin() as session:
        sessions.end(session, who.id, by=who, why="logged out everywhere")
    language = cookie.get("language")
    cookie.clear()
    if language:
        cookie["language"] = language
    return clear_away(redirect("/"))


@act("/second-factor/remove")
def remove_second_factor() -> Redirect:
    """Log in without the app from now on; takes the password and a code."""
    who = identity()
    confirm(who, request.form.get("password", ""))
    tried = throttle.attempt(Guess.CODE, who.name)
    with Session.begin() as session:
        throttle.begin(session, tried)
    with Session.begin() as session:
        right = second_factor.use(session, who, request.form.get("code", ""))
        if right:
            throttle.succeed(session, tried)
            second_factor.remove(session, who)
    if not right:
        raise Invalid(gettext("The code is not right."), field="code")
    return _back(gettext("You log in by password alone now."))


@act("/recovery-codes")
def new_recovery_codes() -> str:
    """New recovery codes, once; takes the password."""
    who = identity()
    confirm(who, request.form.get("password", ""))
    with Session.begin() as session:
        if not second_factor.is_enrolled(session, who):
            raise Invalid(gettext("Recovery codes belong to an authenticator app. Set one up first."))
        codes = second_factor.new_codes(session, who)
    return render_template("recovery_codes.html", codes=codes, onward=None)


@act("/tokens")
def issue_token() -> str:
    """The page with the new token, once; takes the password."""
    who = identity()
    confirm(who, request.form.get("password", ""))
    name, days = request.form.get("name", "").strip(), request.form.get("days", "")
    if not name:
        raise Invalid(gettext("Say what the token is for."), field="name")
    if not (days.isascii() and days.isdigit() and len(days) <= len(str(tokens.LONGEST_DAYS))):
        days = "0"
    scopes = request.form.getlist("scope") or None
    with Session.begin() as session:
        secret = tokens.issue(session, who, by=who, name=name, scopes=scopes, days=int(days))
    return account_page(NewToken(name, secret))


@act("/tokens/<int:number>/revoke")
def revoke_token(number: int) -> Redirect:
    """End one of the user's tokens."""
    with Session.begin() as session:
        tokens.revoke(session, identity(), number)
    return _back(gettext("The token has ended."))


@act("/log-in-service/connect")
def connect() -> Response:
    """The way to the log-in service, by which the user wants to log in from now on; takes the password.

    It is a page that leads on: browsers do not let a form that our pages may send end on another host.
    """
    who, known = identity(), oidc.needed()
    confirm(who, request.form.get("password", ""))
    address = known.begin(next_page=url_for("desk.account"), connects=who.session_id)
    page = make_response(render_template("onward.html", name=known.name, address=address))
    page.headers["Refresh"] = f"0; url={address}"
    return page


@act("/log-in-service/disconnect")
def disconnect() -> Redirect:
    """Log in by password alone from now on; takes it."""
    who, known = identity(), oidc.needed()
    confirm(who, request.form.get("password", ""))
    with Session.begin() as session:
        identities.disconnect(session, who, who.id, issuer=known.issuer, but=who.session_id)
    return _back(gettext("The account is disconnected."))


def _back(sentence: str | None = None) -> Redirect:
    """The way back to the page."""
    if sentence:
        flash(sentence, "good")
    return redirect(url_for("desk.account"))
