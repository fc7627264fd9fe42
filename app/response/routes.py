"""Response zones, and who is nearest."""

from apiflask import APIBlueprint
from flask import Response, jsonify
from flask_babel import gettext
from sqlalchemy.orm import Session as SqlSession

from app.accounts.access import identity, needs
from app.accounts.pace import paced
from app.accounts.rights import Capability
from app.areas.scope import Scope, scope_of, stamped_scope_of
from app.db import Session
from app.errors import Forbidden
from app.features import attachment, feature_collection
from app.incoming import many_numbers
from app.response.doors import doors_file, reached_doors
from app.response.live import live
from app.response.nearest import nearest_resources
from app.response.origins import MOST_ORIGINS, STAMPED
from app.response.schemas import DoorsQuery, FileQuery, LiveIn, NearestQuery, ZoneIn, ZoneQuery
from app.response.zone import ZoneAsked, response_zone
from app.scenarios.service import content_for
from app.turns import in_turn

bp = APIBlueprint("response", __name__, url_prefix="/api/v1", tag="Response")


@bp.get("/response/zone")
@paced(300)
@needs(Capability.SEE_RESPONSE)
@bp.input(ZoneQuery, location="query")
@bp.doc(summary="What is reached from a place along the roads in so many minutes, or reaches it", responses=[404])
@in_turn
def zone(query_data: ZoneQuery) -> Response:
    """Zones, largest first, with households by arrival, stations in order of arrival, and every assumption."""
    return _zone(query_data)


@bp.post("/response/zone")
@paced(120)
@needs(Capability.SEE_RESPONSE)
@many_numbers(2 * MOST_ORIGINS + 1000)
@bp.input(ZoneIn)
@bp.doc(summary="The same for up to 10,000 places and stations together", responses=[404])
def zone_of_many(json_data: ZoneIn) -> Response:
    """The zones of all the places as one: each door counts from the place that is first."""
    return _zone(json_data)


@bp.get("/response/zone/doors")
@paced(120)
@needs(Capability.SEE_RESPONSE)
@bp.input(DoorsQuery, location="query")
@bp.doc(summary="The doors that a zone reaches, first things first", responses=[404])
def doors(query_data: DoorsQuery) -> Response:
    """Entrances by arrival, each with its building, seconds, and how many households are reached in time."""
    with Session.begin() as session:
        asked, scope = _asked(session, query_data)
        found = reached_doors(session, scope, asked, query_data.limit)
    return jsonify({"doors": found.rows, "total": found.total})


@bp.get("/response/zone/file")
@paced(30)
@needs(Capability.SEE_RESPONSE)
@bp.input(FileQuery, location="query")
@bp.doc(summary="The doors that a zone reaches, as a table for a spreadsheet", responses=[404])
def file(query_data: FileQuery) -> Response:
    """All of them as XLSX or CSV; that it was made is on record."""
    who = identity()
    with Session.begin() as session:
        asked, scope = _asked(session, query_data)
        made = doors_file(session, scope, who, asked, xlsx=query_data.format == "xlsx")
    return attachment(made.content, made.media_type, made.name)


def _zone(question: ZoneQuery | ZoneIn) -> Response:
    with Session.begin() as session:
        asked, scope = _asked(session, question)
        found = response_zone(session, scope, asked)
    return feature_collection(found.pop("features"), **found)


def _asked(session: SqlSession, question: ZoneQuery | ZoneIn) -> tuple[ZoneAsked, Scope]:
    """The question, on the ground of the scenario that it names, and what may be seen. NotFound, Forbidden."""
    asked = question.asked()
    scenario = content_for(session, identity(), question.scenario)
    scope, stamp = stamped_scope_of(session, identity(), Capability.SEE_RESPONSE, STAMPED)
    return asked._replace(whence=asked.whence._replace(scenario=scenario, stamp=stamp)), scope


@bp.get("/response/nearest")
@paced(300)
@needs(Capability.SEE_RESPONSE)
@bp.input(NearestQuery, location="query")
@bp.doc(summary="Who arrives first at a place: stations, and staff on duty", responses=[404])
@in_turn
def nearest(query_data: NearestQuery) -> Response:
    """Stations and staff in order of arrival with seconds, metres, route and, where asked for, the way in words."""
    who = identity()
    if query_data.staff and not who.may(Capability.SEE_ON_DUTY):
        raise Forbidden(gettext("Your role may not see who is on duty."), field="staff")
    with Session.begin() as session:
        return jsonify(nearest_resources(session, who, query_data.asked()))


@bp.post("/response/live")
@paced(2400)
@needs(Capability.PLAN_RESPONSE)
@bp.input(LiveIn)
@bp.doc(
    summary="What a scenario does while it is dragged: zones, in steps of a millionth of a degree, and counts",
    responses=[404],
)
@in_turn
def live_picture(json_data: LiveIn) -> Response:
    """Zones, largest first, households by minute, the cover of a kind of station before and after; nothing is kept."""
    with Session.begin() as session:
        scope = scope_of(session, identity(), Capability.PLAN_RESPONSE)
        return jsonify(live(session, scope, json_data.question()))
