"""The page /exports: ask for a list, decide on what others ask, download one's own."""

from typing import Any

from apiflask import APIBlueprint
from flask import Response, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from pydantic import ValidationError
from werkzeug.wrappers import Response as Redirect

from app.accounts.access import identity, needs
from app.accounts.rights import Capability
from app.areas.scope import scope_of
from app.db import Session
from app.errors import DomainError, Invalid
from app.privacy import queries, routes, service
from app.privacy.lists import FLAGS, HEADS
from app.privacy.models import ExportColumn
from app.privacy.schemas import ExportIn
from app.register.kinds import STYLES

bp = APIBlueprint("exports_desk", __name__, url_prefix="/exports", enable_openapi=False)

STATES = {
    "asked": _("waits for a decision"),
    "approved": _("approved"),
    "refused": _("refused"),
    "withdrawn": _("withdrawn"),
    "expired": _("expired"),
    "used_up": _("downloaded three times"),
}
OPEN = {"asked", "approved"}
USUAL = {ExportColumn.ADDRESS, ExportColumn.DWELLING, ExportColumn.NAME, ExportColumn.FLAGS}


@bp.get("")
@needs(Capability.EXPORT_HOUSEHOLDS)
def page() -> Response:
    """What waits for me, what I asked for, and a form to ask."""
    return _page({"columns": sorted(USUAL), "format": "xlsx"})


@bp.post("")
@needs(Capability.EXPORT_HOUSEHOLDS)
def ask() -> Response | Redirect:
    """Ask, then the page; the form again where something in it cannot be."""
    who = identity()
    try:
        wanted = _asked().wanted()
        with Session.begin() as session:
            service.ask(session, who, wanted)
    except DomainError as error:
        return _page(_filled(), error=str(error.message), status=error.status)
    flash(gettext("Your request waits for somebody else's approval."), "good")
    return redirect(url_for("exports_desk.page"))


@bp.post("/<int:export_id>/decision")
@needs(Capability.APPROVE_EXPORTS)
def decide(export_id: int) -> Redirect:
    """Approve or refuse, then the page."""
    who = identity()
    try:
        with Session.begin() as session:
            if request.form.get("decision") == "approve":
                service.approve(session, who, export_id)
            else:
                service.refuse(session, who, export_id, request.form.get("reason", ""))
    except DomainError as error:
        flash(str(error.message), "bad")
    else:
        flash(gettext("Your decision is kept, and on record."), "good")
    return redirect(url_for("exports_desk.page"))


@bp.post("/<int:export_id>/withdrawal")
@needs(Capability.EXPORT_HOUSEHOLDS)
def withdraw(export_id: int) -> Redirect:
    """Withdraw, then the page."""
    try:
        with Session.begin() as session:
            service.withdraw(session, identity(), export_id)
    except DomainError as error:
        flash(str(error.message), "bad")
    return redirect(url_for("exports_desk.page"))


@bp.post("/<int:export_id>/file")
@needs(Capability.EXPORT_HOUSEHOLDS)
def download(export_id: int) -> Response | Redirect:
    """The file, or the page with the reason why not."""
    try:
        return routes.answer(export_id)
    except DomainError as error:
        flash(str(error.message), "bad")
        return redirect(url_for("exports_desk.page"))


def _page(form: dict[str, Any], *, error: str | None = None, status: int = 200) -> Response:
    who = identity()
    with Session.begin() as session:
        places = queries.places(session, scope_of(session, who, Capability.EXPORT_HOUSEHOLDS))
        scope = scope_of(session, who, Capability.APPROVE_EXPORTS)
        waiting = queries.to_decide(session, who.id, scope)
        mine, decided = queries.mine(session, who.id), queries.decided(session, who.id)
    over = [export for export in mine if export["state"] not in OPEN] + list(decided)
    shown = {
        "waiting": waiting,
        "open": [export for export in mine if export["state"] in OPEN],
        "history": sorted(over, key=lambda export: -export["id"]),
    }
    words = {"states": STATES, "heads": HEADS, "flag_words": FLAGS, "styles": STYLES}
    page = render_template("exports.html", who=who, places=places, form=form, error=error, **shown, **words)
    return make_response(page, status)


def _filled() -> dict[str, Any]:
    """The form as it was sent, to be shown again."""
    sent = request.form
    plain = {name: sent.get(name, "") for name in ("place", "unmasked", "format", "purpose")}
    return {**plain, "flags": sent.getlist("flags"), "columns": sent.getlist("columns")}


def _asked() -> ExportIn:
    """The form as a question; Invalid where it is none."""
    form = _filled()
    kind, _colon, number = form["place"].partition(":")
    place = {f"{kind}_id": number} if kind in {"community", "grid"} else {}
    try:
        return ExportIn.model_validate(
            {
                **place,
                "flags": form["flags"],
                "columns": form["columns"],
                "unmasked": form["unmasked"] == "yes",
                "format": form["format"],
                "purpose": form["purpose"].strip(),
            }
        )
    except ValidationError as error:
        raise _invalid(str(error.errors()[0]["loc"][0])) from error


def _invalid(field: str) -> Invalid:
    sentences = {
        "columns": gettext("Choose at least one column."),
        "purpose": gettext("Say in 10 to 500 characters what the list is for."),
    }
    return Invalid(sentences.get(field, gettext("Choose from what the form offers.")), field=field)
