"""The steps of a log-in after the first proof: a code, a password of one's own, an authenticator app.

Each is a page of its own that `access.guard` leads to where the step is missing. Password and app are also pages that
somebody opens from their account.
"""

from apiflask import APIBlueprint
from flask import Response, flash, make_response, redirect, render_template, request, url_for
from flask import session as cookie
from flask_babel import gettext
from sqlalchemy.orm import Session as SqlSession
from werkzeug.wrappers import Response as Redirect

from app.accounts import devices, second_factor, service, sessions, throttle
from app.accounts.access import KEY, entrant, in_person, needs, step
from app.accounts.entering import confirm, hash_chosen, onward
from app.accounts.identity import Identity, Step
from app.accounts.rights import Capability
from app.accounts.throttle import Guess
from app.db import Session
from app.errors import DomainError, TooMany

OFFER = "offer"  # the place in the cookie of a sealed secret, so that a page shown again shows the same picture

bp = APIBlueprint("steps", __name__, enable_openapi=False)


@bp.get("/login/code")
@needs(Capability.OWN_ACCOUNT)
@in_person
@step(Step.CODE)
def code() -> str | Redirect:
    """The page that asks for a code; onward where none is missing."""
    return render_template("code.html") if entrant().missing is Step.CODE else redirect(onward())


@bp.post("/login/code")
@needs(Capability.OWN_ACCOUNT)
@in_person
@step(Step.CODE)
def give_code() -> Response | Redirect:
    """Go on with the right code; the page again with a wrong one."""
    who = entrant()
    if who.missing is not Step.CODE:
        return redirect(onward())
    tried = throttle.attempt(Guess.CODE, who.name)
    try:
        with Session.begin() as session:
            throttle.begin(session, tried)
    except TooMany as error:
        return make_response(render_template("code.html", error=error.message), error.status)
    with Session.begin() as session:
        if not second_factor.use(session, who, request.form.get("code", "")):
            return make_response(render_template("code.html", error=gettext("The code is not right.")), 401)
        throttle.succeed(session, tried)
        _proven_twice(session, who)
    response = make_response(redirect(onward()))
    devices.remember(response, who.name)
    return response


@bp.get("/account/password")
@needs(Capability.OWN_ACCOUNT)
@in_person
@step(Step.PASSWORD)
def password() -> str:
    """The page on which somebody chooses a password."""
    return render_template("password.html", forced=entrant().missing is Step.PASSWORD, name=entrant().name)


@bp.post("/account/password")
@needs(Capability.OWN_ACCOUNT)
@in_person
@step(Step.PASSWORD)
def change_password() -> Redirect:
    """Take the new password; the page again where it cannot be."""
    who = entrant()
    try:
        if who.missing is not Step.PASSWORD:  # who must change it has typed it a moment ago
            confirm(who, request.form.get("current", ""))
        password_hash = hash_chosen(who, request.form.get("new", ""))
        with Session.begin() as session:
            service.change_password(session, who, password_hash)
            cookie[KEY] = sessions.renew_key(session, who)
    except DomainError as error:
        flash(str(error.message), "bad")
        return redirect(url_for("steps.password"))
    flash(gettext("Your password is changed. Your other sessions have ended."), "good")
    return redirect(onward() if who.missing else url_for("desk.account"))


@bp.get("/account/second-factor")
@needs(Capability.OWN_ACCOUNT)
@in_person
@step(Step.ENROLMENT)
def enrolment() -> str | Redirect:
    """The page with a picture for an authenticator app."""
    who = entrant()
    with Session.begin() as session:
        if second_factor.is_enrolled(session, who):
            return redirect(url_for("desk.account"))
    offer = second_factor.offer(who, cookie.get(OFFER))
    cookie[OFFER] = offer.sealed
    return render_template("enrolment.html", offer=offer, forced=who.missing is Step.ENROLMENT, name=who.name)


@bp.post("/account/second-factor")
@needs(Capability.OWN_ACCOUNT)
@in_person
@step(Step.ENROLMENT)
def enrol() -> str | Redirect:
    """The recovery codes, once, with the password and the right code; the page again with a wrong one."""
    who = entrant()
    try:
        if who.missing is not Step.ENROLMENT:  # else they are on the way in, and have typed it a moment ago
            confirm(who, request.form.get("password", ""))
        with Session.begin() as session:
            codes = second_factor.enrol(session, who, cookie.get(OFFER), request.form.get("code", ""))
            _proven_twice(session, who)
    except DomainError as error:
        flash(str(error.message), "bad")
        return redirect(url_for("steps.enrolment"))
    cookie.pop(OFFER, None)
    return render_template("recovery_codes.html", codes=codes, onward=onward() if who.missing else None)


def _proven_twice(session: SqlSession, who: Identity) -> None:
    """Write down the proof, and give the session a new key: it opens more than before."""
    sessions.prove_twice(session, who.session_id or 0)
    cookie[KEY] = sessions.renew_key(session, who)
