"""The ground that response is reckoned on: a district's roads by one mode, its stations and its homes, as one value.

With a scenario it is the ground as it would be. The register is never touched: what differs is made beside it.
"""

from dataclasses import dataclass, replace

import numpy as np
import shapely
from flask_babel import lazy_gettext as _
from shapely import LineString, Polygon, STRtree
from sqlalchemy.orm import Session

from app.areas.scope import Scope
from app.errors import Invalid
from app.kept import TODAY, Kept, Stamp, part_of
from app.response import homes, queries, walls
from app.response.homes import Homes, homes_of
from app.response.queries import Stations, stations_of
from app.response.walls import walls_around, waters_in
from app.roads.networks import network_of
from app.scenarios.schemas import Closure, Content, Shape
from gis.closures import Closed, ClosureError, Closures, TooManyCutsError, closed
from gis.contours import Walls
from gis.local import LocalFrame
from gis.network import ModeNetwork, NoRoadError, Places
from gis.travel import Mode

DATASETS = tuple(sorted({*homes.DATASETS, *queries.DATASETS, *walls.DATASETS}))
"""What a stamp has to know for `ground_of`."""

# Each holds its own copy of a mode's roads: few, for those who plan at this moment.
_closed: Kept[Closed] = Kept(6)
_grounds: Kept["Ground"] = Kept(48)
_doors: Kept[Places] = Kept(12)
_stations: Kept[Stations] = Kept(24)


@dataclass(frozen=True, slots=True)
class Ground:
    """Roads, stations and homes of one district, all in the local metres of `frame`, narrowed to one scope."""

    district_id: int
    frame: LocalFrame
    mode: Mode
    network: ModeNetwork
    stations: Stations  # those that the scope shows; a scenario's own have ids below zero
    homes: Homes  # `visible` and `known` narrow them further
    walls: Walls  # what zones do not spill over beside the roads
    waters: STRtree
    closed: Closed | None = None  # what a scenario closes

    def in_water(self, lon: float, lat: float) -> bool:
        """Whether a place lies in a river, a lake or a pond."""
        return bool(self.waters.query(shapely.Point(lon, lat), predicate="intersects").size)

    def attach(self, lonlat: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> Places:
        """Where points (k, 2; degrees) stand on its roads; `offset` is infinite in a closed area. NoRoadError."""
        xy = self.frame.metres(lonlat)
        places = self.network.attach(xy)
        if self.closed is None:
            return places
        return places._replace(offset=np.where(self.closed.closures.holds(xy), np.inf, places.offset))


def ground_of(
    session: Session, scope: Scope, district_id: int, mode: Mode, stamp: Stamp, *, scenario: Content | None = None
) -> Ground:
    """The ground of a district, as it is or as a scenario has it; `stamp` knows DATASETS.

    Raises NoRoadError where the mode has no road, Invalid where a closure cannot be reckoned with.
    """
    ground = _grounds.get(
        (stamp[0][0], district_id, mode, scope.key, part_of(stamp, TODAY)),
        part_of(stamp, *DATASETS),
        lambda: _ground(session, scope, district_id, mode, stamp),
    )
    return ground if scenario is None else _changed(ground, scope, stamp, scenario)


def _ground(session: Session, scope: Scope, district_id: int, mode: Mode, stamp: Stamp) -> Ground:
    network = network_of(session, district_id, stamp)
    return Ground(
        district_id,
        network.frame,
        mode,
        network.by(mode),
        stations_of(session, district_id, mode, stamp).chosen(scope, None),
        homes_of(session, scope, district_id, mode, stamp),
        walls_around(session, district_id, network.frame, stamp),
        waters_in(session, district_id, stamp),
    )


def _changed(ground: Ground, scope: Scope, stamp: Stamp, scenario: Content) -> Ground:
    """The ground with what the scenario changes, kept for as long as scenario and data are the same."""
    key = (stamp[0][0], ground.district_id, ground.mode)
    if scenario.closures:
        ground = _with_closures(ground, key, stamp, scenario)
    if scenario.added or scenario.moved or scenario.shut or scenario.closures:
        stations = _stations.get(
            (*key, scope.key, scenario.key), part_of(stamp, *queries.DATASETS), lambda: _with_stations(ground, scenario)
        )
        ground = replace(ground, stations=stations)
    return ground


def _with_closures(ground: Ground, key: tuple[object, ...], stamp: Stamp, scenario: Content) -> Ground:
    """The ground without the roads that the scenario closes, its doors where they stand then."""
    key = (*key, scenario.closures_key)
    shut = _closed.get(key, part_of(stamp, "roads"), lambda: _shut(ground, scenario.closures))
    doors = _doors.get(key, part_of(stamp, *homes.REGISTER, "roads"), lambda: shut.places(ground.homes.places))
    return replace(ground, network=shut.network, homes=replace(ground.homes, places=doors), closed=shut)


def _shut(ground: Ground, drawn: tuple[Closure, ...]) -> Closed:
    """The roads after the closures. Invalid."""
    try:
        return closed(ground.network, _closures(drawn, ground.frame))
    except TooManyCutsError:
        raise Invalid(
            _("The closures cross roads too often to be reckoned with. Draw them with fewer points."),
            field="content.closures",
        ) from None


def _closures(drawn: tuple[Closure, ...], frame: LocalFrame) -> Closures:
    """What is drawn in degrees as local metres. Invalid."""
    shapes = [(one.shape, frame.metres(np.array(one.points, dtype=np.float64))) for one in drawn]
    named = [xy for shape, xy in shapes if shape is Shape.ROAD]
    try:
        return Closures(
            barriers=[LineString(xy) for shape, xy in shapes if shape is Shape.BARRIER],
            areas=[Polygon(xy) for shape, xy in shapes if shape is Shape.FLOOD],
            pieces=np.concatenate(named) if named else np.empty((0, 2)),
        )
    except (ClosureError, shapely.errors.GEOSException):
        raise Invalid(_("The edge of a closed area may not cross itself."), field="content.closures") from None


def _with_stations(ground: Ground, scenario: Content) -> Stations:
    """The stations as the scenario has them: moved, shut, added; without those that no road leads away from."""
    rows, places = ground.stations
    if ground.closed is not None:
        places = ground.closed.places(places)
    shut, moved = set(scenario.shut), {one.id: one for one in scenario.moved}
    kept = [at for at, row in enumerate(rows) if row["id"] not in shut and row["id"] not in moved]
    put = [{**row, "lon": to.lon, "lat": to.lat} for row in rows if (to := moved.get(row["id"])) and to.id not in shut]
    put += [_row(one.id, one.kind, one.name, one.lon, one.lat) for one in scenario.added]
    stays = places.take(np.array(kept, dtype=np.int64))
    new = _put(ground, put)
    xy, edge = np.concatenate([stays.xy, new.xy]), np.concatenate([stays.edge, new.edge])
    offset = np.concatenate([stays.offset, new.offset])
    joined = Places(xy, edge, np.concatenate([stays.fraction, new.fraction]), offset)
    stand = np.isfinite(joined.offset)
    everyone = [*(rows[at] for at in kept), *put]
    return Stations(tuple(row for row, stands in zip(everyone, stand, strict=True) if stands), joined.take(stand))


def _put(ground: Ground, rows: list[dict[str, object]]) -> Places:
    """Where the stations of these rows stand; cut off where nothing is open."""
    lonlat = np.array([(row["lon"], row["lat"]) for row in rows], dtype=np.float64).reshape(-1, 2)
    try:
        return ground.attach(lonlat)
    except NoRoadError:
        lost = np.zeros(len(rows))
        return Places(ground.frame.metres(lonlat), lost.astype(np.int32), lost, lost + np.inf)


def _row(number: int, kind: str, name: str, lon: float, lat: float) -> dict[str, object]:
    """A station that stands in no register, as `queries.told` takes it."""
    known = {"id": number, "kind": str(kind), "name": name, "name_en": "", "lon": lon, "lat": lat}
    return {**known, "open_hours": "", "capacity": None, "address": "", "phone": "", "community_id": None}
