"""Reads of the roads: a district's network as arrays, the table of speeds, and the district of a place."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import STRtree
from sqlalchemy import Row, TextClause, select, text
from sqlalchemy.orm import Session

from app.areas.scope import Scope
from app.kept import Kept, Stamp, part_of, stamp_of
from app.roads.models import RoadFactor, RoadSpeed
from gis.city import RoadClass
from gis.local import LocalFrame
from gis.roads import CLASSES, Roads, starts_of
from gis.travel import MEASURED, Mode, Speeds

Floats = NDArray[np.float64]
Counts = NDArray[np.integer[Any]]

_NODES = text("SELECT id, ST_X(geom), ST_Y(geom) FROM road_nodes WHERE district_id = :district ORDER BY id")
_EDGES = text("""
    SELECT id, tail_id, head_id, array_position(CAST(:classes AS text[]), road_class) - 1, length, maxspeed_kph, foot,
           bicycle_forward, bicycle_backward, car_forward, car_backward, ST_AsBinary(geom) AS line
    FROM road_edges WHERE district_id = :district ORDER BY id
""")
AT_ONCE = 20_000  # rows fetched, so that a great city never is in memory as rows
_DISTRICTS = text("""
    WITH RECURSIVE below AS (
        SELECT id AS district, id, level FROM areas WHERE level = 'district'
        UNION ALL SELECT b.district, a.id, a.level FROM areas a JOIN below b ON a.parent_id = b.id)
    SELECT d.id, d.name, d.name_en, ST_AsBinary(d.geom), array(
        SELECT b.id FROM below b WHERE b.district = d.id AND b.level = 'community')
    FROM areas d WHERE d.level = 'district' ORDER BY d.id
""")
_districts: Kept["_Districts"] = Kept(2)


class District(NamedTuple):
    """A district that the user may see a part of."""

    id: int
    name: str
    name_en: str


class _Districts(NamedTuple):
    """All districts by id, with their communities, and where they lie, in degrees."""

    rows: list[tuple[District, frozenset[int]]]
    tree: STRtree


def district_at(session: Session, scope: Scope, lon: float, lat: float, stamp: Stamp | None = None) -> District | None:
    """The district around a place, None outside every district that the scope reaches into.

    `stamp` saves a look at the versions where the caller has one that knows the areas.
    """
    stamp = stamp_of(session, "areas") if stamp is None else part_of(stamp, "areas")
    rows, tree = _districts.get(stamp[0][0], stamp, lambda: _load_districts(session))
    for at in sorted(tree.query(shapely.Point(lon, lat), predicate="intersects").tolist()):
        district, communities = rows[int(at)]
        if scope.community_ids is None or not communities.isdisjoint(scope.community_ids):
            return district
    return None


def _load_districts(session: Session) -> _Districts:
    found = session.execute(_DISTRICTS).all()
    rows = [(District(number, name, name_en), frozenset(below)) for number, name, name_en, _, below in found]
    return _Districts(rows, STRtree([shapely.from_wkb(bytes(row[3])) for row in found]))


def speed_rows(session: Session) -> list[dict[str, Any]]:
    """The table of speeds in km/h, fastest class first."""
    found = {row.road_class: row for row in session.scalars(select(RoadSpeed))}
    return [as_row(found[road_class]) for road_class in RoadClass if road_class in found]


def as_row(speed: RoadSpeed) -> dict[str, Any]:
    """One row of the table of speeds, km/h."""
    return {
        "road_class": speed.road_class,
        "foot_kph": speed.foot_kph,
        "ebike_kph": speed.ebike_kph,
        "car_kph": speed.car_kph,
    }


def speeds(session: Session) -> Mapping[RoadClass, Speeds]:
    """The speeds that times are reckoned with: those of the table, calibrated; a class without a row is closed."""
    factors = {(Mode(row.mode), RoadClass(row.road_class)): row.factor for row in session.scalars(select(RoadFactor))}
    return {
        road_class: Speeds(
            *(kph / factors.get((mode, road_class), 1.0) for mode, kph in zip(MEASURED, row, strict=True))
        )
        for road_class, row in table_speeds(session).items()
    }


def table_speeds(session: Session) -> Mapping[RoadClass, Speeds]:
    """The speeds of the table, as planners set them; a class without a row is closed."""
    rows = {RoadClass(row.pop("road_class")): Speeds(**row) for row in speed_rows(session)}
    return {road_class: rows.get(road_class, Speeds(0, 0, 0)) for road_class in RoadClass}


def roads(session: Session, district_id: int) -> Roads:
    """The roads of a district in local metres, ordered by space; without any where it has none."""
    nodes = _stacked(list(_fetched(session, _NODES, district=district_id)), 3)
    parts = [_read_edges(rows) for rows in _fetched(session, _EDGES, district=district_id, classes=list(CLASSES))]
    numbers = _stacked([columns for columns, _, _ in parts], 11)
    lonlat = _stacked([points for _, points, _ in parts], 2)
    bends = np.concatenate([counts for _, _, counts in parts]) if parts else np.zeros(0, dtype=np.int64)
    ids = nodes[:, 0].astype(np.int64)
    frame = LocalFrame.of_points(nodes[:, 1:])
    foot, *vehicles = numbers[:, 6:].astype(bool).T
    return Roads(
        frame=frame,
        node_id=ids,
        node_xy=frame.metres(nodes[:, 1:]),
        edge_id=numbers[:, 0].astype(np.int64),
        tail=np.searchsorted(ids, numbers[:, 1]).astype(np.int32),
        head=np.searchsorted(ids, numbers[:, 2]).astype(np.int32),
        road_class=numbers[:, 3].astype(np.int8),
        length=numbers[:, 4],
        maxspeed_kph=numbers[:, 5],
        permitted=np.stack([foot, foot, *vehicles], axis=1).reshape(-1, 3, 2),
        xy=frame.metres(lonlat),
        line_start=starts_of(bends),
    ).in_space_order()


def _fetched(session: Session, statement: TextClause, **bound: Any) -> Iterator[Sequence[Row[Any]]]:
    """The rows of a statement, AT_ONCE at a time."""
    return session.execute(statement, bound, execution_options={"yield_per": AT_ONCE}).partitions()


def _read_edges(rows: Sequence[Row[Any]]) -> tuple[Floats, Floats, Counts]:
    """Rows of _EDGES as numbers (k, 11), the points of their lines (p, 2), and how many points each has (k,)."""
    lines = shapely.from_wkb([bytes(row.line) for row in rows])
    numbers = np.array([row[:11] for row in rows], dtype=np.float64)
    return numbers, shapely.get_coordinates(lines), shapely.get_num_coordinates(lines)


def _stacked(parts: Sequence[Any], width: int) -> Floats:
    """The rows of all parts as one array of so many columns."""
    return np.concatenate([np.zeros((0, width)), *(np.array(part, dtype=np.float64) for part in parts)])
