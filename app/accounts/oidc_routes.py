"""Log-in by an OpenID Connect provider: the way there, and the way back."""

from apiflask import APIBlueprint
from flask import Response, flash, redirect, request, url_for
from flask_babel import gettext
from flask_login import current_user
from werkzeug.wrappers import Response as Redirect

from app.accounts import entering, identities, oidc, throttle
from app.accounts.access import identity
from app.accounts.entering import local
from app.accounts.login_page import login_page
from app.accounts.oidc import Begun, Proof
from app.accounts.throttle import Guess
from app.db import Session
from app.errors import DomainError, Unauthorised
from app.security import public

bp = APIBlueprint("oidc", __name__, url_prefix="/login/oidc", enable_openapi=False)


@bp.get("")
@public
def begin() -> Response | Redirect:
    """The way to the provider, and then to `next`; the log-in page where the provider is down."""
    known, next_page = oidc.needed(), local(request.args.get("next"))
    if current_user.is_authenticated:
        return redirect(next_page)
    try:
        return redirect(known.begin(next_page=next_page))
    except DomainError as error:
        return login_page(next_page=next_page, error=str(error.message), status=error.status)


@bp.get("/return")
@public
def back() -> Response | Redirect:
    """Where the provider sends people to: logged in, or with their account connected; else back with a sentence."""
    oidc.needed()
    try:
        begun = oidc.resume(request.args.get("state", ""))
    except DomainError as error:
        if current_user.is_authenticated:
            return redirect(url_for("pages.map_page"))
        return login_page(next_page=None, error=str(error.message), status=error.status)
    try:
        return _connect(begun) if begun.connects else _enter(begun)
    except DomainError as error:
        if begun.connects and current_user.is_authenticated:
            flash(str(error.message), "bad")
            return redirect(url_for("desk.account"))
        return login_page(next_page=begun.next_page, error=str(error.message), status=error.status)


def _enter(begun: Begun) -> Response:
    """The page that was wanted, logged in; Unauthorised where nobody here is called so."""
    known, proof = oidc.needed(), _prove(begun)
    with Session.begin() as session:
        who = identities.owner(session, known.issuer, proof.subject)
    if who is None:
        raise Unauthorised(gettext("The name or the password is not right."))
    return entering.proven(who, method=oidc.METHOD, next_page=begun.next_page, second_factor=proof.twice)


def _connect(begun: Begun) -> Redirect:
    """The page of the account, which is connected now; Unauthorised where it is not who began it."""
    known, who = oidc.needed(), identity()
    if who.session_id != begun.connects:
        raise Unauthorised(gettext("This log-in was not begun in this browser. Please begin again."))
    proof = _prove(begun)
    with Session.begin() as session:
        identities.connect(session, who, who.id, issuer=known.issuer, subject=proof.subject)
    flash(gettext("You can log in with %(name)s now.", name=known.name), "good")
    return redirect(url_for("desk.account"))


def _prove(begun: Begun) -> Proof:
    """Whom the provider's answer proves; TooMany where too many from this address proved nobody."""
    tried = throttle.from_here(Guess.ANSWER)
    with Session.begin() as session:
        throttle.begin(session, tried)
    proof = oidc.needed().prove(request.args, begun)
    with Session.begin() as session:
        throttle.succeed(session, tried)
    return proof
