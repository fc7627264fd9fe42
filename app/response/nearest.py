"""Who is at a place first, or is reached from it first: stations, and staff on duty by their last position."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np
from sqlalchemy.orm import Session

from app.accounts.identity import Identity
from app.accounts.rights import Capability
from app.areas.scope import stamped_scope_of
from app.calibration import queries as calibration
from app.privacy import duty
from app.response import queries
from app.response.assumptions import assumptions
from app.response.directions import directions
from app.response.ground import Ground
from app.response.origins import MAX_OFFSET, STAMPED, Origins, Whence, origins_of, told
from app.response.shapes import lines, together
from app.scenarios.service import content_for
from app.stations.hours import is_open
from app.wanted import still_wanted, while_wanted
from gis.nearest import Arrival, nearest
from gis.network import Places
from gis.travel import Mode

LATEST = 3600.0  # seconds; who would be later than this does not respond


class NearestAsked(NamedTuple):
    """A question for the nearest resources."""

    lon: float
    lat: float
    most: int = 5
    mode: Mode = Mode.FOOT
    toward: bool = True
    kinds: Sequence[str] = ()  # of stations; none: all
    open_now: bool = False  # without stations that are closed at this moment
    stations: bool = True
    staff: bool = False  # who is on duty too
    steps: bool = False  # the way in words
    scenario: UUID | None = None


class Resources(NamedTuple):
    """Who may come: rows as they are answered, and where they are."""

    rows: Sequence[dict[str, Any]]
    places: Places


def nearest_resources(session: Session, who: Identity, asked: NearestAsked) -> dict[str, Any]:
    """Who arrives first at a place, or is reached first: {resources, origin, assumptions}. NotFound, Invalid."""
    now = datetime.now(UTC)
    # First, since it tells the database another scope than the one that the rest is seen in.
    people = duty.on_duty(session, who) if asked.staff else []
    scenario = content_for(session, who, asked.scenario)
    scope, stamp = stamped_scope_of(session, who, Capability.SEE_RESPONSE, STAMPED)
    whence = Whence([(asked.lon, asked.lat)], scenario=scenario, stamp=stamp)
    origins = origins_of(session, scope, whence, asked.mode, now=now)
    ground = origins.ground
    resources = _stations(ground, asked, now) if asked.stations else Resources((), origins.places.take(np.arange(0)))
    resources = _together(resources, _staff(ground, people))
    still_wanted()
    return {
        "resources": _by_arrival(session, origins, resources, asked),
        "origin": told(origins)[0],
        "mode": asked.mode.value,
        "roads_version": origins.roads_version,
        "direction": "toward" if asked.toward else "out",
        "assumptions": [
            *assumptions(origins, "toward" if asked.toward else "out"),
            *calibration.assumption(session, asked.mode, origins.stamp),
        ],
    }


def stations_by_arrival(origins: Origins, *, count: int, now: datetime) -> list[dict[str, Any]]:
    """Stations in the order in which they arrive at the first origin, each with seconds, metres and route."""
    rows, places = origins.ground.stations
    with while_wanted() as stop:
        arrivals = nearest(
            origins.ground.network, origins.places.take([0]), places, count=count, limit=LATEST, stop=stop
        )
    measured = _measured(origins.ground, arrivals)
    return [{**queries.told(rows[one.which], now), **more} for one, more in zip(arrivals, measured, strict=True)]


def _by_arrival(session: Session, origins: Origins, resources: Resources, asked: NearestAsked) -> list[dict[str, Any]]:
    ground = origins.ground
    most, toward = asked.most, asked.toward
    with while_wanted() as stop:
        arrivals = nearest(
            ground.network, origins.places, resources.places, count=most, limit=LATEST, toward=toward, stop=stop
        )
    measured = _measured(ground, arrivals)
    found = [{**resources.rows[one.which], **more} for one, more in zip(arrivals, measured, strict=True)]
    if asked.steps:
        still_wanted()
        ways = directions(session, origins, resources.places, arrivals, toward=asked.toward)
        for row, way in zip(found, ways, strict=True):
            row["steps"] = way
    return found


def _stations(ground: Ground, asked: NearestAsked, now: datetime) -> Resources:
    """The stations of the kinds; those whose hours are unknown may be open."""
    rows, places = ground.stations
    at = [
        position
        for position, row in enumerate(rows)
        if (not asked.kinds or row["kind"] in asked.kinds)
        and not (asked.open_now and is_open(row["open_hours"], now) is False)
    ]
    shown = [{"resource": "station", **queries.told(rows[position], now)} for position in at]
    return Resources(shown, places.take(np.array(at, dtype=np.int64)))


def _staff(ground: Ground, people: Sequence[Any]) -> Resources:
    """Who is on duty and has a last position on this ground, with its age in seconds."""
    placed = [row for row in people if row["lon"] is not None]
    lonlat = np.array([(row["lon"], row["lat"]) for row in placed], dtype=np.float64).reshape(-1, 2)
    places = ground.attach(lonlat)
    near = places.offset <= MAX_OFFSET
    rows = [
        {
            "resource": "staff",
            "id": row["id"],
            "kind": row["role"],
            "name": row["display_name"],
            "name_en": "",
            "lon": row["lon"],
            "lat": row["lat"],
            "since": row["since"].isoformat(),
            "position_age": row["age"],
        }
        for row, keep in zip(placed, near, strict=True)
        if keep
    ]
    return Resources(rows, places.take(near))


def _together(one: Resources, other: Resources) -> Resources:
    return Resources([*one.rows, *other.rows], together(one.places, other.places))


def _measured(ground: Ground, arrivals: Sequence[Arrival]) -> list[dict[str, Any]]:
    routes = lines(ground.frame, [arrival.xy for arrival in arrivals])
    return [
        {"seconds": round(arrival.seconds, 1), "metres": round(arrival.metres, 1), "route": route}
        for arrival, route in zip(arrivals, routes, strict=True)
    ]
