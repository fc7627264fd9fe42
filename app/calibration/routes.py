"""Calibrations of the speeds over the API: list, propose, apply, undo, discard."""

from apiflask import APIBlueprint
from flask import Response, jsonify, request
from flask_babel import gettext

from app.accounts.access import identity, needs
from app.accounts.pace import paced
from app.accounts.rights import Capability
from app.calibration import queries, service
from app.calibration.sheet import LARGEST
from app.db import Session
from app.errors import Invalid
from app.roads.networks import renew

bp = APIBlueprint("calibration", __name__, url_prefix="/api/v1", tag="Roads")


@bp.get("/calibrations")
@needs(Capability.EDIT_SPEEDS)
@bp.doc(summary="Calibrations of the speeds, newest first")
def calibrations() -> Response:
    """Each with its state, and by mode its factors of time, its start, its runs and the band in which 8 of 10 lie."""
    with Session.begin() as session:
        return jsonify({"calibrations": queries.calibrations(session)})


@bp.post("/calibrations")
@paced(30)
@needs(Capability.EDIT_SPEEDS)
@bp.doc(
    summary="Propose a calibration: multipart/form-data with a CSV of measured runs as `runs`",
    responses={201: "The proposal; nothing is reckoned with it before it is applied.", 413: "Too large.",
               422: "Rows or columns cannot be, `problems` names them; or there are too few runs."},
)  # fmt: skip
def propose() -> Response:
    """The proposal: 201."""
    name, content = sent_file()
    with Session.begin() as session:
        response = jsonify(service.propose(session, identity(), name, content))
    response.status_code = 201
    return response


@bp.post("/calibrations/<int:number>/apply")
@paced(60)
@needs(Capability.EDIT_SPEEDS)
@bp.doc(summary="Reckon with a proposed calibration", responses=[404, 409])
def apply(number: int) -> Response:
    """The calibrations as they are now."""
    with Session.begin() as session:
        service.apply(session, identity(), number)
        found = queries.calibrations(session)
    renew()
    return jsonify({"calibrations": found})


@bp.post("/calibrations/<int:number>/undo")
@paced(60)
@needs(Capability.EDIT_SPEEDS)
@bp.doc(summary="Reckon as before a calibration", responses=[404, 409])
def undo(number: int) -> Response:
    """The calibrations as they are now."""
    with Session.begin() as session:
        service.undo(session, identity(), number)
        found = queries.calibrations(session)
    renew()
    return jsonify({"calibrations": found})


@bp.delete("/calibrations/<int:number>")
@paced(60)
@needs(Capability.EDIT_SPEEDS)
@bp.doc(summary="Discard a proposal", responses={204: "It is gone.", 404: "No such one.", 409: "It was applied."})
def discard(number: int) -> Response:
    """Nothing: 204."""
    with Session.begin() as session:
        service.discard(session, identity(), number)
    return Response(status=204)


def sent_file() -> tuple[str, bytes]:
    """The name and the content of the file that came as `runs`. Invalid where none came."""
    sent = request.files.get("runs")
    if sent is None or not sent.filename:
        raise Invalid(gettext("Choose a CSV file of measured runs."), field="runs")
    return sent.filename, sent.stream.read(LARGEST + 1)
