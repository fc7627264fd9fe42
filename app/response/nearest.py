"""Stations in the order in which they arrive at a place."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from app.areas.scope import Scope
from app.response import queries
from app.response.assumptions import assumptions
from app.response.origin import Origin, origin_of, told
from app.response.shapes import lonlat
from gis.nearest import Arrival, nearest
from gis.network import Network
from gis.travel import Mode

LATEST = 3600.0  # seconds; a station later than this does not respond


def nearest_stations(
    session: Session, scope: Scope, lon: float, lat: float, *, kind: str | None, mode: Mode, count: int
) -> dict[str, Any]:
    """The first `count` stations to arrive at a place, as {resources, origin, assumptions}. NotFound, Invalid."""
    origin = origin_of(session, scope, lon, lat, mode)
    return {
        "resources": stations_by_arrival(session, scope, origin, kind=kind, count=count),
        "origin": told(origin, lon, lat),
        "mode": mode.value,
        "assumptions": assumptions(origin.network.by(mode), mode),
    }


def stations_by_arrival(
    session: Session, scope: Scope, origin: Origin, *, kind: str | None, count: int
) -> list[dict[str, Any]]:
    """Stations in the order in which they arrive at the origin, each with seconds, metres and route."""
    everywhere = queries.stations_of(session, origin.district_id, origin.mode, origin.stamp)
    rows, places = everywhere.chosen(scope, kind)
    now = datetime.now(UTC)
    arrivals = nearest(origin.network.by(origin.mode), origin.place, places, count=count, limit=LATEST)
    return [{**queries.told(rows[arrival.which], now), **_measured(origin.network, arrival)} for arrival in arrivals]


def _measured(network: Network, arrival: Arrival) -> dict[str, Any]:
    return {
        "seconds": round(arrival.seconds, 1),
        "metres": round(arrival.metres, 1),
        "route": lonlat(network.frame, arrival.line),
    }
