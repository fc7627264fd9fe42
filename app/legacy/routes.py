"""Many nets into one: files of other departments, over the blocks, side by side, and one plan that satisfies most."""

from apiflask import APIBlueprint
from flask import Response, jsonify, request
from flask_babel import gettext
from pydantic import ValidationError

from app import sheets
from app.accounts.access import identity, needs
from app.accounts.pace import paced
from app.accounts.rights import Capability
from app.db import Session
from app.errors import Invalid
from app.features import attachment, feature_collection, untouched_by_disk
from app.legacy import comparing, proposing, service
from app.legacy.schemas import Area, Form, Near, NetIn, Pair, ProposalIn, Seen, Taken
from app.plans.stored import reader

bp = APIBlueprint("legacy", __name__, url_prefix="/api/v1/legacy", tag="Nets of other departments")
REDRAW = Capability.REDRAW_GRIDS
LARGEST_FILE = 10 * 2**20  # bytes


@bp.get("/nets")
@needs(REDRAW)
@bp.input(Near, location="query")
@bp.doc(summary="The nets of grids that others drew, of your areas or of those that have to do with one")
def nets(query_data: Near) -> Response:
    """Nets without their shapes, each with what was found in its file and the systems that fit."""
    with Session.begin() as session:
        found = service.listed(session, reader(session, identity()), query_data.area_id)
    return untouched_by_disk(jsonify({"nets": found}))


@bp.post("/nets")
@paced(30)
@needs(REDRAW)
@bp.doc(
    summary="Send a net: multipart/form-data with `name`, `area_id` and the `file`, a zipped Shapefile, GeoPackage, "
    "GeoJSON, KML or KMZ of at most 10 MB",
    responses={202: "The net and the job that reads it.", 404: "You do not redraw the whole of this area."},
)
def send() -> Response:
    """{"net", "job"}: 202."""
    sent = request.files.get("file")
    if sent is None:
        raise Invalid(gettext("Send the file as the file field “file”."), field="file")
    content = sent.stream.read(LARGEST_FILE + 1)
    if len(content) > LARGEST_FILE:
        raise Invalid(gettext("A file may have at most %(most)d MB.", most=LARGEST_FILE // 2**20), field="file")
    with Session.begin() as session:
        made = service.send(session, reader(session, identity()), _fields(), content)
    answer = jsonify(made)
    answer.status_code = 202
    return answer


def _fields() -> NetIn:
    """The fields beside the file. Invalid."""
    try:
        return NetIn.model_validate(request.form.to_dict())
    except ValidationError as error:
        field = str(error.errors()[0]["loc"][0])
        raise Invalid(gettext("Send the net's name and the id of its area."), field=field) from None


@bp.get("/nets/<int:net_id>")
@paced(300)
@needs(REDRAW)
@bp.input(Seen, location="query")
@bp.doc(summary="A net with its grids as GeoJSON, in a system of coordinates to look at", responses=[404])
def net(net_id: int, query_data: Seen) -> Response:
    """A FeatureCollection with `net`; without `crs` in the chosen system, else in that which fits best."""
    with Session.begin() as session:
        asks = reader(session, identity())
        head = service.shown(session, asks, net_id)
        return untouched_by_disk(feature_collection(service.shapes(session, asks, net_id, query_data.crs), net=head))


@bp.post("/nets/<int:net_id>/accept")
@paced(60)
@needs(REDRAW)
@bp.input(Taken)
@bp.doc(
    summary="Say in which system of coordinates a net is, and have it laid over the blocks; it may be said anew",
    responses={202: "The job that takes it.", 404: "No such net in your area.", 409: "Its file is still being read."},
)
def accept(net_id: int, json_data: Taken) -> Response:
    """{"job"}: 202; until that is done the net is as it was."""
    with Session.begin() as session:
        return _job(service.take(session, reader(session, identity()), net_id, json_data.crs))


@bp.delete("/nets/<int:net_id>")
@paced(60)
@needs(REDRAW)
@bp.doc(summary="Delete a net", responses={204: "It is deleted.", 404: "No such net in your area."})
def delete(net_id: int) -> Response:
    """Nothing: 204."""
    with Session.begin() as session:
        service.delete(session, reader(session, identity()), net_id)
    return Response(status=204)


@bp.get("/overlay")
@paced(120)
@needs(REDRAW)
@bp.input(Area, location="query")
@bp.doc(summary="Every net over the blocks of an area: which grid has most of each block", responses=[404])
def overlay(query_data: Area) -> Response:
    """`blocks` by id, for each net the grid of each and its share in this order, and the ids of `unlaid` nets."""
    with Session.begin() as session:
        told = comparing.overlays(session, reader(session, identity()), query_data.area_id)
    return untouched_by_disk(jsonify(told))


@bp.post("/overlay")
@paced(60)
@needs(REDRAW)
@bp.input(Area)
@bp.doc(
    summary="Have the `unlaid` nets of an area laid over the blocks, in the background",
    responses={202: "The job that lays them.", 404: "You do not redraw the whole of this area."},
)
def lay(json_data: Area) -> Response:
    """{"job"}: 202."""
    with Session.begin() as session:
        return _job(service.lay(session, reader(session, identity()), json_data.area_id))


@bp.get("/gaps")
@paced(120)
@needs(REDRAW)
@bp.input(Area, location="query")
@bp.doc(summary="What each net leaves out of an area, and what it covers twice", responses=[404])
def gaps(query_data: Area) -> Response:
    """Blocks with households in no grid, and pairs of grids with what they have in common."""
    with Session.begin() as session:
        told = comparing.amiss(session, reader(session, identity()), query_data.area_id)
    return untouched_by_disk(jsonify(told))


@bp.get("/crosswalk")
@paced(120)
@needs(REDRAW)
@bp.input(Pair, location="query")
@bp.doc(
    summary="Two nets by households, and where they disagree; 0 stands for today's grids",
    responses={404: "No such net or area of yours.", 409: "A net is to be laid over the blocks first."},
)
def crosswalk(query_data: Pair) -> Response:
    """Rows of a grid of each and what they have in common; borders of one net alone. Or the rows as a workbook."""
    asked = query_data
    with Session.begin() as session:
        told = comparing.compared(session, reader(session, identity()), asked.area_id, asked.one, asked.two)
        if asked.format is Form.XLSX:
            return attachment(comparing.sheet(told), sheets.XLSX_TYPE, f"crosswalk-{asked.one}-{asked.two}.xlsx")
    return untouched_by_disk(jsonify(told))


@bp.post("/proposal")
@paced(30)
@needs(REDRAW)
@bp.input(ProposalIn)
@bp.doc(
    summary="Have one draft made that satisfies most of several nets, in the background",
    responses={
        202: "The job that makes it.",
        404: "No such net or area of yours.",
        409: "The id is taken, or a net unlaid.",
    },
)
def propose(json_data: ProposalIn) -> Response:
    """{"job"}: 202; its result says how many households of each net keep their neighbours."""
    with Session.begin() as session:
        return _job(proposing.start(session, reader(session, identity()), json_data))


def _job(number: int) -> Response:
    answer = jsonify({"job": number})
    answer.status_code = 202
    return answer
