"""Response zones: what is reached from a place in so many minutes, and who lives there."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from sqlalchemy.orm import Session

from app.areas.scope import Scope
from app.response.assumptions import assumptions
from app.response.homes import KINDS, Homes, homes_of
from app.response.nearest import stations_by_arrival
from app.response.origin import origin_of, told
from app.response.shapes import lonlat, whole
from gis.contours import zones
from gis.reach import Reach, reach
from gis.travel import Mode

STATIONS_SHOWN = 10
MINUTE = 60.0


def response_zone(
    session: Session, scope: Scope, lon: float, lat: float, *, minutes: Sequence[float], mode: Mode
) -> dict[str, Any]:
    """Zones (largest first), households by arrival, stations in order of arrival, and what all that assumes.

    Raises NotFound outside the districts of the scope, Invalid where no road is near.
    """
    origin = origin_of(session, scope, lon, lat, mode)
    limits = [minute * MINUTE for minute in minutes]
    found = reach(origin.network.by(mode), origin.place, limits[-1])
    inside = _households(homes_of(session, scope, origin.district_id, mode, origin.stamp), found, scope, minutes)
    drawn = zip(minutes, zones(found, limits), inside, strict=True)
    return {
        "features": [
            {
                "type": "Feature",
                "id": f"{minute:g}",
                "geometry": lonlat(origin.network.frame, zone),
                "properties": {
                    "minutes": whole(minute),
                    "seconds": whole(minute * MINUTE),
                    "households": counts["count"],
                    "buildings": counts["buildings"],
                },
            }
            for minute, zone, counts in reversed(list(drawn))
        ],
        "origin": told(origin, lon, lat),
        "mode": mode.value,
        "households": inside,
        "stations": stations_by_arrival(session, scope, origin, kind=None, count=STATIONS_SHOWN),
        "assumptions": assumptions(origin.network.by(mode), mode),
    }


def _households(homes: Homes, found: Reach, scope: Scope, minutes: Sequence[float]) -> list[dict[str, Any]]:
    """Households, their flags and buildings reached within each of `minutes`, cumulative; climbs included."""
    doors, households, flags = homes.doors, homes.households, homes.flags
    arrival = found.door_seconds(homes.places)
    visible, known = doors.visible(scope), doors.known(scope)
    at_home = np.where(visible, arrival, np.inf)[households.door] + households.climb
    at_flag = np.where(known, arrival, np.inf)[flags.door] + flags.climb
    counted = []
    for minute in minutes:
        limit = minute * MINUTE
        near = at_flag <= limit
        by_kind = np.bincount(flags.kind[near], flags.count[near], minlength=len(KINDS)).astype(int)
        counted.append(
            {
                "minutes": whole(minute),
                "count": int(households.count[at_home <= limit].sum()),
                "buildings": len(np.unique(doors.building[visible & (arrival <= limit)])),
                "flags": {kind.value: int(n) for kind, n in zip(KINDS, by_kind, strict=True) if n},
            }
        )
    return counted
