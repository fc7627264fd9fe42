"""Response zones: what is reached from a place in so many minutes, who lives there, and who arrives first."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import numpy as np
import shapely
from flask_babel import lazy_gettext as _
from shapely.geometry.base import BaseGeometry
from sqlalchemy.orm import Session

from app.areas.scope import Scope
from app.errors import Invalid, NotFound
from app.response import queries
from app.response.assumptions import assumptions
from app.response.homes import DATASETS, KINDS, Homes, homes_of
from app.roads.kept import Stamp, stamp_of
from app.roads.networks import network_of
from app.roads.queries import district_at
from gis.contours import polygons, zones
from gis.nearest import Arrival, nearest
from gis.network import Network, NoRoadError, Places
from gis.reach import Reach, reach
from gis.travel import Mode

MAX_OFFSET = 300.0  # metres from a place to its road; farther off, a time would say nothing
STATIONS_SHOWN = 10
LATEST = 3600.0  # seconds; a station later than this does not respond
MINUTE = 60.0
DECIMALS = 8  # of a degree, a millimetre: coarser rounding folds rings


class Origin(NamedTuple):
    """A place on the network of its district."""

    district_id: int
    network: Network
    mode: Mode
    place: Places
    stamp: Stamp


def response_zone(
    session: Session, scope: Scope, lon: float, lat: float, *, minutes: Sequence[float], mode: Mode
) -> dict[str, Any]:
    """Zones (largest first), households by arrival, stations in order of arrival, and what all that assumes.

    Raises NotFound outside the districts of the scope, Invalid where no road is near.
    """
    origin = _origin(session, scope, lon, lat, mode)
    limits = [minute * MINUTE for minute in minutes]
    found = reach(origin.network.by(mode), origin.place, limits[-1])
    inside = _households(homes_of(session, scope, origin.district_id, mode, origin.stamp), found, scope, minutes)
    drawn = zip(minutes, zones(found, limits), inside, strict=True)
    return {
        "features": [
            {
                "type": "Feature",
                "id": f"{minute:g}",
                "geometry": _lonlat(origin.network, zone),
                "properties": {
                    "minutes": _whole(minute),
                    "seconds": _whole(minute * MINUTE),
                    "households": counts["count"],
                    "buildings": counts["buildings"],
                },
            }
            for minute, zone, counts in reversed(list(drawn))
        ],
        "origin": _told(origin, lon, lat),
        "mode": mode.value,
        "households": inside,
        "stations": _stations(session, scope, origin, kind=None, count=STATIONS_SHOWN),
        "assumptions": assumptions(origin.network.by(mode), mode),
    }


def nearest_stations(
    session: Session, scope: Scope, lon: float, lat: float, *, kind: str | None, mode: Mode, count: int
) -> dict[str, Any]:
    """The first `count` stations to arrive at a place, as {resources, origin, assumptions}. NotFound, Invalid."""
    origin = _origin(session, scope, lon, lat, mode)
    return {
        "resources": _stations(session, scope, origin, kind=kind, count=count),
        "origin": _told(origin, lon, lat),
        "mode": mode.value,
        "assumptions": assumptions(origin.network.by(mode), mode),
    }


def _origin(session: Session, scope: Scope, lon: float, lat: float, mode: Mode) -> Origin:
    """The place on its district's network; NotFound, Invalid."""
    stamp = stamp_of(session, *DATASETS, *queries.DATASETS)
    district = district_at(session, scope, lon, lat)
    if district is None:
        raise NotFound(_("This place lies outside your area."), field="lon")
    network = network_of(session, district.id, stamp)
    try:
        place = network.by(mode).attach(network.frame.metres(np.array([[lon, lat]])))
    except NoRoadError:
        raise Invalid(_("This district has no road for this way of travelling."), field="mode") from None
    if place.offset[0] > MAX_OFFSET:
        raise Invalid(
            _(
                "The nearest road is %(metres)d metres away; at most %(most)d metres are allowed.",
                metres=round(float(place.offset[0])),
                most=round(MAX_OFFSET),
            ),
            field="lon",
            extra={"offset_m": round(float(place.offset[0]), 1)},
        )
    return Origin(district.id, network, mode, place, stamp)


def _households(homes: Homes, found: Reach, scope: Scope, minutes: Sequence[float]) -> list[dict[str, Any]]:
    """Households, their flags and buildings reached within each of `minutes`, cumulative; climbs included."""
    doors, households, flags = homes.doors, homes.households, homes.flags
    arrival = found.door_seconds(homes.places)
    visible, known = doors.visible(scope), doors.known(scope)
    at_home = np.where(visible, arrival, np.inf)[households.door] + households.climb
    at_flag = np.where(known, arrival, np.inf)[flags.door] + flags.climb
    told = []
    for minute in minutes:
        limit = minute * MINUTE
        near = at_flag <= limit
        by_kind = np.bincount(flags.kind[near], flags.count[near], minlength=len(KINDS)).astype(int)
        told.append(
            {
                "minutes": _whole(minute),
                "count": int(households.count[at_home <= limit].sum()),
                "buildings": len(np.unique(doors.building[visible & (arrival <= limit)])),
                "flags": {kind.value: int(n) for kind, n in zip(KINDS, by_kind, strict=True) if n},
            }
        )
    return told


def _stations(session: Session, scope: Scope, origin: Origin, *, kind: str | None, count: int) -> list[dict[str, Any]]:
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
        "route": _lonlat(network, arrival.line),
    }


def _told(origin: Origin, lon: float, lat: float) -> dict[str, Any]:
    """The origin as asked for and as it stands on its road."""
    snapped = origin.network.frame.degrees(origin.network.by(origin.mode).snapped(origin.place))[0]
    return {
        "lon": lon,
        "lat": lat,
        "snapped_lon": round(float(snapped[0]), DECIMALS),
        "snapped_lat": round(float(snapped[1]), DECIMALS),
        "offset_m": round(float(origin.place.offset[0]), 1),
    }


def _lonlat(network: Network, geometry: BaseGeometry) -> dict[str, Any]:
    """A geometry in local metres as a GeoJSON object in lon/lat."""
    turned = shapely.transform(geometry, lambda xy: np.round(network.frame.degrees(xy), DECIMALS))
    return dict(shapely.geometry.mapping(turned if turned.is_valid else polygons(shapely.make_valid(turned))))


def _whole(number: float) -> float | int:
    return int(number) if float(number).is_integer() else number
