"""The place that a response starts from or has to reach, on the roads of its district."""

from typing import Any, NamedTuple

import numpy as np
from flask_babel import lazy_gettext as _
from sqlalchemy.orm import Session

from app.areas.scope import Scope
from app.errors import Invalid, NotFound
from app.response import homes, queries
from app.response.shapes import DECIMALS
from app.roads.kept import Stamp, stamp_of
from app.roads.networks import network_of
from app.roads.queries import district_at
from gis.network import Network, NoRoadError, Places
from gis.travel import Mode

MAX_OFFSET = 300.0  # metres from a place to its road; farther off, a time would say nothing


class Origin(NamedTuple):
    """A place on the network of its district."""

    district_id: int
    network: Network
    mode: Mode
    place: Places
    stamp: Stamp


def origin_of(session: Session, scope: Scope, lon: float, lat: float, mode: Mode) -> Origin:
    """The place on its district's network; NotFound, Invalid."""
    stamp = stamp_of(session, *homes.DATASETS, *queries.DATASETS)
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


def told(origin: Origin, lon: float, lat: float) -> dict[str, Any]:
    """The origin as asked for and as it stands on its road."""
    snapped = origin.network.frame.degrees(origin.network.by(origin.mode).snapped(origin.place))[0]
    return {
        "lon": lon,
        "lat": lat,
        "snapped_lon": round(float(snapped[0]), DECIMALS),
        "snapped_lat": round(float(snapped[1]), DECIMALS),
        "offset_m": round(float(origin.place.offset[0]), 1),
    }
