"""The page /calibration: send measured runs, look at what they say, take it over, take it back."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from apiflask import APIBlueprint
from flask import Response, flash, make_response, redirect, render_template, url_for
from flask_babel import format_datetime, gettext, ngettext
from flask_babel import lazy_gettext as _
from werkzeug.wrappers import Response as Redirect

from app.accounts.access import identity, needs
from app.accounts.identity import Identity
from app.accounts.pace import paced
from app.accounts.rights import Capability
from app.calibration import queries, service, sheet
from app.calibration.routes import sent_file
from app.db import Session
from app.errors import DomainError
from app.features import attachment
from app.roads.networks import renew
from app.sheets import CSV_TYPE, csv_bytes
from gis.calibration import LEAST_RUNS, LEAST_USES, RoadGroup
from gis.travel import Mode

bp = APIBlueprint("calibration_pages", __name__, url_prefix="/calibration", enable_openapi=False)

GROUPS = {
    RoadGroup.MAIN: _("Main roads (motorway to secondary)"),
    RoadGroup.STREET: _("Streets (tertiary, residential)"),
    RoadGroup.LANE: _("Lanes (service roads, living streets, tracks)"),
    RoadGroup.WAY: _("Ways (footways, cycleways, paths)"),
    RoadGroup.STEPS: _("Steps"),
}
MODES = {Mode.FOOT: _("On foot"), Mode.EBIKE: _("By e-bike"), Mode.CAR: _("By car")}
STATES = {
    "proposed": _("proposed"),
    "applied": _("in force"),
    "superseded": _("replaced by a later one"),
    "undone": _("taken back"),
}


@bp.get("")
@needs(Capability.EDIT_SPEEDS)
def page() -> Response:
    """What is in force, what is proposed, and a form to send runs."""
    return _page()


@bp.post("")
@paced(30)
@needs(Capability.EDIT_SPEEDS)
def propose() -> Response | Redirect:
    """The page with the proposal; the form again, with what is wrong in the file."""
    try:
        name, content = sent_file()
        with Session.begin() as session:
            made = service.propose(session, identity(), name, content)
    except DomainError as error:
        return _page(error=str(error.message), problems=error.extra.get("problems", ()), status=error.status)
    for mode, missing in made["left_out"].items():
        flash(
            ngettext(
                "%(mode)s: left out; %(missing)d more run is needed.",
                "%(mode)s: left out; %(missing)d more runs are needed.",
                missing,
                mode=MODES[Mode(mode)],
                missing=missing,
            ),
            "warn",
        )
    return redirect(url_for("calibration_pages.page") + f"#calibration-{made['id']}")


@bp.post("/<int:number>/apply")
@paced(60)
@needs(Capability.EDIT_SPEEDS)
def apply(number: int) -> Redirect:
    """Apply, then the page."""
    return _done(service.apply, number, gettext("From now on all times are reckoned with it."))


@bp.post("/<int:number>/undo")
@paced(60)
@needs(Capability.EDIT_SPEEDS)
def undo(number: int) -> Redirect:
    """Undo, then the page."""
    return _done(service.undo, number, gettext("All times are reckoned as before it."))


@bp.post("/<int:number>/discard")
@paced(60)
@needs(Capability.EDIT_SPEEDS)
def discard(number: int) -> Redirect:
    """Discard, then the page."""
    return _done(service.discard, number, gettext("The proposal is gone; nothing has changed."))


@bp.get("/example.csv")
@needs(Capability.EDIT_SPEEDS)
def example() -> Response:
    """An example file with the headings and two runs."""
    heading, *rows = sheet.example()
    return attachment(csv_bytes(heading, rows), CSV_TYPE, "runs.csv")


def _done(act: Callable[[Any, Identity, int], None], number: int, sentence: str) -> Redirect:
    try:
        with Session.begin() as session:
            act(session, identity(), number)
    except DomainError as error:
        flash(str(error.message), "bad")
    else:
        renew()
        flash(sentence, "good")
    return redirect(url_for("calibration_pages.page"))


def _page(*, error: str | None = None, problems: Any = (), status: int = 200) -> Response:
    who = identity()
    with Session.begin() as session:
        found = queries.calibrations(session)
    page = render_template(
        "calibration.html",
        who=who,
        proposed=[one for one in found if one["state"] == "proposed"],
        history=[one for one in found if one["state"] != "proposed"],
        moment=lambda instant: format_datetime(datetime.fromisoformat(instant), "yyyy-MM-dd HH:mm"),
        error=error,
        problems=problems,
        groups=GROUPS,
        modes=MODES,
        states=STATES,
        least_runs=LEAST_RUNS,
        least_uses=LEAST_USES,
        most_runs=sheet.MOST_RUNS,
    )
    return make_response(page, status)
