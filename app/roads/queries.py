"""Reads of the roads: a district's network as arrays, the table of speeds, and the district of a place."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy import Row, TextClause, select, text
from sqlalchemy.orm import Session

from app.areas.scope import Scope
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
_DISTRICT = text("""
    SELECT d.id, d.name, d.name_en FROM areas d
    WHERE d.level = 'district' AND ST_Intersects(d.geom, ST_SetSRID(ST_MakePoint(:lon, :lat), 4326))
      AND (CAST(:communities AS int[]) IS NULL OR EXISTS (
        WITH RECURSIVE up AS (
            SELECT id, parent_id FROM areas WHERE id = ANY(CAST(:communities AS int[]))
            UNION SELECT a.id, a.parent_id FROM areas a JOIN up ON a.id = up.parent_id)
        SELECT FROM up WHERE up.id = d.id))
    ORDER BY d.id LIMIT 1
""")


class District(NamedTuple):
    """A district that the user may see a part of."""

    id: int
    name: str
    name_en: str


def district_at(session: Session, scope: Scope, lon: float, lat: float) -> District | None:
    """The district around a place, None outside every district that the scope reaches into."""
    row = session.execute(_DISTRICT, {"lon": lon, "lat": lat, "communities": scope.communities}).one_or_none()
    return None if row is None else District(*row)


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
