"""Reads of what a plan would change: blocks and grids of its communities, as they are and as they were."""

from collections.abc import Collection
from datetime import date
from typing import Any, NamedTuple

import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import text
from sqlalchemy.orm import Session

BELOW = """
    WITH RECURSIVE below AS (
        SELECT id, level FROM areas WHERE id = :area
        UNION ALL SELECT a.id, a.level FROM areas a JOIN below ON a.parent_id = below.id)
"""
_COMMUNITIES = text(f"""{BELOW}
    SELECT a.id, a.code FROM below b JOIN areas a USING (id) WHERE b.level = 'community'
""")  # noqa: S608 (our own words)
_BLOCKS = text("""
    SELECT b.id, b.community_id, b.grid_id, coalesce(h.households, 0) AS households
    FROM blocks b LEFT JOIN (
        SELECT u.block_id, sum(c.households) AS households FROM buildings u JOIN entrances e ON e.building_id = u.id
        JOIN household_counts c ON c.entrance_id = e.id JOIN blocks k ON k.id = u.block_id
        WHERE k.community_id = ANY(:communities) GROUP BY u.block_id) h ON h.block_id = b.id
    WHERE b.community_id = ANY(:communities) ORDER BY b.id
""")
# Whoever splits a block, or publishes another plan here, waits; taken in one order.
_LOCK = text("SELECT id FROM blocks WHERE community_id = ANY(:communities) ORDER BY id FOR UPDATE")
_PLACES = text("""
    SELECT a.id, a.code, a.name, coalesce(s.code, '') AS above_code, coalesce(s.name, '') AS above,
        a.name_en, coalesce(s.name_en, '') AS above_en
    FROM areas a LEFT JOIN areas s ON s.id = a.parent_id WHERE a.id = ANY(:communities)
""")
_SIZES = text("SELECT id, ST_Area(geom::geography) AS size FROM blocks WHERE community_id = ANY(:communities)")
_SHAPES = text("SELECT id, ST_AsBinary(geom) AS geom FROM blocks WHERE id = ANY(:ids)")
COLUMNS = "id, community_id, kind, level, code, code_scheme, name, name_en, tint, valid_from, valid_to"
_GRIDS = text(f"""
    SELECT {COLUMNS} FROM grids
    WHERE community_id = ANY(:communities) AND (valid_to IS NULL) = :current ORDER BY id
""")  # noqa: S608 (our own words)
_GRID_SHAPES = text("SELECT id, ST_AsBinary(geom) AS geom FROM grids WHERE id = ANY(:ids)")
_AROUND = text("""
    SELECT g.id, g.tint, ST_AsBinary(g.geom) AS geom FROM grids g
    WHERE g.valid_to IS NULL AND EXISTS (SELECT FROM areas a WHERE a.id = ANY(:communities)
        AND g.geom && ST_Expand(a.geom, 0.0001)) ORDER BY g.id
""")
_CODES = text("SELECT DISTINCT code FROM grids")


class Block(NamedTuple):
    """A block with the grid that it is in today."""

    id: int
    community_id: int
    grid_id: int
    households: int


class GridRow(NamedTuple):
    """A grid as it stands in its table; `valid_to` None where it is in force."""

    id: int
    community_id: int
    kind: str
    level: int
    code: str
    code_scheme: str
    name: str
    name_en: str
    tint: int
    valid_from: date
    valid_to: date | None


def communities(session: Session, area_id: int) -> dict[int, str]:
    """The codes of the communities of an area, by id."""
    return {row.id: row.code for row in session.execute(_COMMUNITIES, {"area": area_id})}


class Place(NamedTuple):
    """A community by code and name, and the subdistrict that it is in."""

    code: str
    name: str
    above_code: str
    above: str
    name_en: str
    above_en: str


def places(session: Session, ids: Collection[int]) -> dict[int, Place]:
    """Where communities are, by id."""
    rows = session.execute(_PLACES, {"communities": sorted(ids)})
    return {row.id: Place(row.code, row.name, row.above_code, row.above, row.name_en, row.above_en) for row in rows}


def sizes(session: Session, ids: Collection[int]) -> dict[int, float]:
    """The ground of each block of communities in m²."""
    return {row.id: float(row.size) for row in session.execute(_SIZES, {"communities": sorted(ids)})}


def blocks(session: Session, ids: Collection[int], *, lock: bool = False) -> list[Block]:
    """The blocks of communities, locked until the transaction ends where `lock` is set."""
    bound = {"communities": sorted(ids)}
    if lock:
        session.execute(_LOCK, bound)
    return [
        Block(row.id, row.community_id, row.grid_id, int(row.households)) for row in session.execute(_BLOCKS, bound)
    ]


def grids(session: Session, ids: Collection[int], *, current: bool) -> dict[int, GridRow]:
    """The grids of communities that are in force, or those that have ended."""
    rows = session.execute(_GRIDS, {"communities": sorted(ids), "current": current})
    return {row.id: GridRow(*row) for row in rows}


def block_shapes(session: Session, ids: Collection[int]) -> dict[int, BaseGeometry]:
    """The blocks' outlines in lon/lat, to the last bit."""
    return _shapes(session, _SHAPES, ids)


def grid_shapes(session: Session, ids: Collection[int]) -> dict[int, BaseGeometry]:
    """The grids' outlines in lon/lat."""
    return _shapes(session, _GRID_SHAPES, ids)


def _shapes(session: Session, statement: Any, ids: Collection[int]) -> dict[int, BaseGeometry]:
    rows = session.execute(statement, {"ids": sorted(ids)}).all()
    shapes = shapely.from_wkb([bytes(row.geom) for row in rows])
    return dict(zip((row.id for row in rows), shapes, strict=True))


def around(session: Session, ids: Collection[int]) -> dict[int, tuple[int, BaseGeometry]]:
    """Tint and outline of the grids in force in communities and beside them."""
    rows = session.execute(_AROUND, {"communities": sorted(ids)})
    return {row.id: (row.tint, shapely.from_wkb(bytes(row.geom))) for row in rows}


def codes(session: Session) -> set[str]:
    """Every code that a grid has or had."""
    return set(session.scalars(_CODES))
