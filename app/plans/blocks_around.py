"""Reads of what an edit of blocks has to know: the blocks around, and what stands and runs there, in one flat frame."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from shapely import Polygon
from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from gis.access import Access
from gis.block_edits import MOST_WITHIN, Ground
from gis.osm.plane import Plane
from gis.round_trip import RoundTrip

ELSEWHERE = -1  # the place of a block that is not around
BESIDE = MOST_WITHIN / 80_000  # degrees: more than that far a line is not snapped

# Blocks of another district are no neighbours: districts come from different maps and need not fit together.
_BLOCKS = text("""
    WITH RECURSIVE up AS (
        SELECT id, parent_id FROM areas WHERE id = :community
        UNION ALL SELECT a.id, a.parent_id FROM areas a JOIN up ON a.id = up.parent_id
    ), below AS (
        SELECT id FROM up WHERE parent_id IS NULL
        UNION ALL SELECT a.id FROM areas a JOIN below ON a.parent_id = below.id
    ), chosen AS (SELECT geom FROM blocks WHERE id = ANY(:ids)
    ), reached AS (
        SELECT geom FROM chosen
        UNION ALL SELECT u.geom FROM buildings u JOIN chosen ON u.geom && chosen.geom)
    SELECT DISTINCT ON (b.id) b.id, b.community_id, b.compound_id, b.grid_id, ST_AsBinary(b.geom) AS geom
    FROM blocks b JOIN reached r ON b.geom && r.geom WHERE b.community_id IN (SELECT id FROM below) ORDER BY b.id
""")
_BUILDINGS = text("""
    SELECT DISTINCT ON (u.id) u.id, u.block_id, ST_AsBinary(u.geom) AS geom
    FROM buildings u JOIN blocks b ON b.id = ANY(:ids) AND (u.geom && b.geom OR u.block_id = b.id) ORDER BY u.id
""")
_ROADS = text("""
    SELECT DISTINCT ON (e.id) ST_AsBinary(e.geom) AS geom, e.foot AND NOT e.bridge AND NOT e.tunnel AS walked
    FROM road_edges e JOIN blocks b ON b.id = ANY(:ids) AND e.geom && ST_Expand(b.geom, :beside)
    WHERE NOT e.tunnel ORDER BY e.id
""")
_WALLS = text("""
    SELECT DISTINCT ON (c.id) ST_AsBinary(c.geom) AS geom
    FROM compounds c JOIN blocks b ON b.id = ANY(:ids) AND c.geom && ST_Expand(b.geom, :beside) ORDER BY c.id
""")
_SHORES = text("""
    SELECT DISTINCT ON (w.id) ST_AsBinary(w.geom) AS geom
    FROM waters w JOIN blocks b ON b.id = ANY(:ids) AND w.geom && ST_Expand(b.geom, :beside) ORDER BY w.id
""")


@dataclass(frozen=True)
class Around:
    """Blocks with those around them, by place; `trip` takes them into metres and back."""

    rows: Sequence[Row[Any]]
    shapes: Sequence[Polygon]
    trip: RoundTrip
    plane: Plane
    ground: Ground
    buildings: Sequence[int]

    def places(self, ids: Sequence[int]) -> list[int]:
        """Where blocks stand among the rows."""
        place = {row.id: at for at, row in enumerate(self.rows)}
        return [place[one] for one in ids]


def around(session: Session, ids: Sequence[int], community: int) -> Around:
    """What is around blocks that are there, the first of them in a community."""
    bound = {"ids": list(ids), "beside": BESIDE}
    rows = session.execute(_BLOCKS, {**bound, "community": community}).all()
    shapes = _shapes(rows)
    plane = Plane.around(shapely.GeometryCollection([s for s, row in zip(shapes, rows, strict=True) if row.id in ids]))
    houses = session.execute(_BUILDINGS, bound).all()
    place = {row.id: at for at, row in enumerate(rows)}
    roads = session.execute(_ROADS, bound).all()
    lines = _flat(roads, plane)
    walls = _flat(session.execute(_WALLS, bound).all(), plane)
    shores = _flat(session.execute(_SHORES, bound).all(), plane)
    edges = [part for shape in (*walls, *shores) for part in shapely.get_parts(shape.boundary)]
    ground = Ground(
        buildings=_flat(houses, plane),
        homes=[place.get(house.block_id, ELSEWHERE) for house in houses],
        guides=[*lines, *edges],
        access=Access(
            [line for line, road in zip(lines, roads, strict=True) if road.walked],
            [part for wall in walls for part in shapely.get_parts(wall)],
        ),
    )
    return Around(rows, shapes, RoundTrip(shapes, plane), plane, ground, [house.id for house in houses])


def _shapes(rows: Sequence[Row[Any]]) -> list[Any]:
    return [shapely.from_wkb(bytes(row.geom)) for row in rows]


def _flat(rows: Sequence[Row[Any]], plane: Plane) -> list[Any]:
    """Geometries in metres."""
    return [plane.to_metres(shape) for shape in _shapes(rows)]


def as_line(points: Sequence[tuple[float, float]], plane: Plane) -> Any:
    """lon/lat points in metres, shape (n, 2)."""
    return plane.metres(np.asarray(points, dtype=np.float64).reshape(-1, 2))
