"""The ground that response is reckoned on: a district's roads by one mode, its stations and its homes, as one value."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.areas.scope import Scope
from app.response import homes, queries
from app.response.homes import Homes, homes_of
from app.response.queries import Stations, stations_of
from app.roads.kept import Stamp
from app.roads.networks import network_of
from gis.local import LocalFrame
from gis.network import ModeNetwork
from gis.travel import Mode

DATASETS = tuple(sorted({*homes.DATASETS, *queries.DATASETS}))
"""What a stamp has to know for `ground_of`."""


@dataclass(frozen=True, slots=True)
class Ground:
    """Roads, stations and homes of one district, all in the local metres of `frame`, narrowed to one scope."""

    district_id: int
    frame: LocalFrame
    mode: Mode
    network: ModeNetwork
    stations: Stations  # those that the scope shows
    homes: Homes  # `doors.visible(scope)` and `doors.known(scope)` narrow them further


def ground_of(session: Session, scope: Scope, district_id: int, mode: Mode, stamp: Stamp) -> Ground:
    """The ground of a district; `stamp` knows DATASETS. NoRoadError where the mode has no road."""
    network = network_of(session, district_id, stamp)
    return Ground(
        district_id,
        network.frame,
        mode,
        network.by(mode),
        stations_of(session, district_id, mode, stamp).chosen(scope, None),
        homes_of(session, scope, district_id, mode, stamp),
    )
