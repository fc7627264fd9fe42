"""Response zones: what is reached from places, or reaches them, in so many minutes, and who lives there."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, NamedTuple

import numpy as np
import orjson
from numpy.typing import NDArray
from shapely import MultiLineString
from sqlalchemy.orm import Session

from app.areas.scope import Scope
from app.calibration import queries as calibration
from app.response.assumptions import assumptions
from app.response.homes import KINDS, Counted, Homes
from app.response.nearest import stations_by_arrival
from app.response.origins import Origins, Whence, origins_of, told
from app.response.shapes import lonlat, whole
from app.wanted import still_wanted, while_wanted
from gis.contours import zones
from gis.inside import count_inside, first_doors
from gis.reach import Reach, reach
from gis.travel import Mode

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]

STATIONS_SHOWN = 10
MINUTE = 60.0


class Direction(StrEnum):
    """Out: what is reached from the places. Toward: what reaches the first of them."""

    OUT = "out"
    TOWARD = "toward"


class ZoneAsked(NamedTuple):
    """A question for a zone; `minutes` rise."""

    whence: Whence
    minutes: Sequence[float]
    mode: Mode = Mode.FOOT
    direction: Direction = Direction.OUT
    pieces: bool = False  # the reached parts of road too
    doors: bool = False  # the seconds of each door too


class Found(NamedTuple):
    """A search from the origins, and the seconds at each door of their district."""

    origins: Origins
    reach: Reach
    doors: Floats


def response_zone(session: Session, scope: Scope, asked: ZoneAsked) -> dict[str, Any]:
    """Zones (largest first), households by arrival, stations in order of arrival, and what all that assumes.

    The stations are those that arrive first at the one place, none where there are many. NotFound outside the
    districts of the scope, Invalid where no road is near, Abandoned where nobody waits for the answer any more.
    """
    now = datetime.now(UTC)
    found = searched(session, scope, asked, now=now)
    origins, ground = found.origins, found.origins.ground
    inside = counted(ground.homes, found.doors, asked.minutes)
    still_wanted()
    limits = [minute * MINUTE for minute in asked.minutes]
    shapes = zones(found.reach, limits, ground.walls).geojson(ground.frame)
    drawn = zip(asked.minutes, shapes, inside, strict=True)
    one = len(origins.lonlat) == 1
    answer = {
        "features": [_feature(*each) for each in reversed(list(drawn))],
        "origin": told(origins)[0],
        "origins": told(origins),
        "origins_count": len(origins.lonlat),
        "mode": asked.mode.value,
        "direction": asked.direction.value,
        "roads_version": origins.roads_version,
        "households": inside,
        "stations": stations_by_arrival(origins, count=STATIONS_SHOWN, now=now) if one else [],
        "assumptions": [
            *assumptions(origins, asked.direction.value),
            *calibration.assumption(session, asked.mode, origins.stamp),
        ],
    }
    still_wanted()
    if asked.pieces:
        answer["pieces"] = {"type": "FeatureCollection", "features": list(_pieces(found, asked.minutes))}
    if asked.doors:
        answer["doors"] = _doors(ground.homes, found)
    return answer


def searched(session: Session, scope: Scope, asked: ZoneAsked, *, now: datetime) -> Found:
    """The search that a question asks for, as far as its last minute. NotFound, Invalid, Abandoned."""
    origins = origins_of(session, scope, asked.whence, asked.mode, now=now)
    still_wanted()
    network = origins.ground.network
    searched = network.reverse if asked.direction is Direction.TOWARD else network
    with while_wanted() as stop:
        found = reach(searched, origins.places, asked.minutes[-1] * MINUTE, stop=stop)
    return Found(origins, found, found.door_seconds(origins.ground.homes.places))


def counted(homes: Homes, arrival: Floats, minutes: Sequence[float]) -> list[dict[str, Any]]:
    """Households, their flags and buildings reached within each of `minutes`, cumulative; climbs included."""
    limits = np.array(minutes) * MINUTE
    households = _behind(homes.households, homes.visible, arrival, limits)[:, 0]
    flags = _behind(homes.flags, homes.known, arrival, limits)
    first = np.full(homes.doors.buildings, np.inf)
    first_doors(arrival, homes.visible, homes.doors.building_at, first)
    return [
        {
            "minutes": whole(minute),
            "count": int(households[at]),
            "buildings": int(np.count_nonzero(first <= limits[at])),
            "flags": {kind.value: count for kind, count in zip(KINDS, flags[at].tolist(), strict=True) if count},
        }
        for at, minute in enumerate(minutes)
    ]


def _behind(counted: Counted, doors: Bools, arrival: Floats, limits: Floats) -> Ints:
    """Counts by limit and kind of what stands behind these doors; (limits, KINDS)."""
    counts = np.zeros((len(limits), len(KINDS)), dtype=np.int64)
    count_inside(arrival, doors, counted.door, counted.climb, counted.count, counted.kind, limits, counts)
    return counts


def _feature(minute: float, shape: bytes, counts: dict[str, Any]) -> dict[str, Any]:
    """A zone as a GeoJSON feature, its geometry a text that is passed on as it is."""
    return {
        "type": "Feature",
        "id": f"{minute:g}",
        "geometry": orjson.Fragment(shape),
        "properties": {
            "minutes": whole(minute),
            "seconds": whole(minute * MINUTE),
            "households": counts["count"],
            "buildings": counts["buildings"],
        },
    }


def _pieces(found: Found, minutes: Sequence[float]) -> Iterable[dict[str, Any]]:
    """The parts of road reached within each of `minutes`, cut where the time ends, as one feature each."""
    for minute in reversed(minutes):
        lines = MultiLineString(found.reach.pieces(minute * MINUTE))
        yield {
            "type": "Feature",
            "id": f"{minute:g}",
            "geometry": lonlat(found.origins.ground.frame, lines),
            "properties": {"minutes": whole(minute), "metres": round(lines.length)},
        }


def _doors(homes: Homes, found: Found) -> dict[str, Any]:
    """Entrances that are reached, as two columns: their ids, and the seconds until somebody stands before them."""
    near = np.flatnonzero(homes.visible & np.isfinite(found.doors))
    return {"id": homes.doors.id[near].tolist(), "seconds": np.round(found.doors[near], 1).tolist()}
