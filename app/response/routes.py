"""Response zones and nearest stations."""

from apiflask import APIBlueprint
from flask import Response, jsonify

from app.accounts.access import identity, needs
from app.accounts.pace import paced
from app.accounts.rights import Capability
from app.areas.scope import scope_of
from app.db import Session
from app.features import feature_collection
from app.response.live import live
from app.response.nearest import nearest_stations
from app.response.schemas import LiveIn, NearestQuery, ZoneQuery
from app.response.zone import response_zone

bp = APIBlueprint("response", __name__, url_prefix="/api/v1", tag="Response")


@bp.get("/response/zone")
@paced(300)
@needs(Capability.SEE_RESPONSE)
@bp.input(ZoneQuery, location="query")
@bp.doc(summary="What is reached from a place along the roads in so many minutes", responses=[404])
def zone(query_data: ZoneQuery) -> Response:
    """Zones, largest first, with households by arrival, stations in order of arrival, and every assumption."""
    with Session.begin() as session:
        found = response_zone(
            session,
            scope_of(session, identity(), Capability.SEE_RESPONSE),
            query_data.lon,
            query_data.lat,
            minutes=query_data.minutes,
            mode=query_data.mode,
        )
    return feature_collection(found.pop("features"), **found)


@bp.get("/response/nearest")
@paced(300)
@needs(Capability.SEE_RESPONSE)
@bp.input(NearestQuery, location="query")
@bp.doc(summary="The stations that arrive first at a place", responses=[404])
def nearest(query_data: NearestQuery) -> Response:
    """Stations in order of arrival with seconds, metres and route."""
    with Session.begin() as session:
        return jsonify(
            nearest_stations(
                session,
                scope_of(session, identity(), Capability.SEE_RESPONSE),
                query_data.lon,
                query_data.lat,
                kind=query_data.kind,
                mode=query_data.mode,
                count=query_data.limit,
            )
        )


@bp.post("/response/live")
@paced(2400)
@needs(Capability.PLAN_RESPONSE)
@bp.input(LiveIn)
@bp.doc(
    summary="What a scenario does while it is dragged: zones, in steps of a millionth of a degree, and counts",
    responses=[404],
)
def live_picture(json_data: LiveIn) -> Response:
    """Zones, largest first, households by minute, the cover of a kind of station before and after; nothing is kept."""
    with Session.begin() as session:
        scope = scope_of(session, identity(), Capability.PLAN_RESPONSE)
        return jsonify(live(session, scope, json_data.question()))
