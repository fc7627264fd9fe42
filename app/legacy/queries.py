"""Reads of the nets that others drew, and of what they are laid over: buildings with their households, and blocks."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy import RowMapping, text
from sqlalchemy.orm import Session

_HEADS = text("""
    SELECT n.id, n.name, n.state, n.crs, n.declared, n.report - 'laid' AS report, n.report #>> '{laid,on}' AS laid_on,
        n.xmin::text AS version, n.job_id AS job, n.made_at, n.area_id,
        json_build_object('id', a.id, 'name', a.name, 'name_en', a.name_en, 'level', a.level, 'code', a.code) AS area,
        json_build_object('id', u.id, 'name', u.display_name) AS made_by,
        (SELECT count(*) FROM legacy_grids g WHERE g.net_id = n.id) AS grids
    FROM legacy_nets n JOIN areas a ON a.id = n.area_id JOIN users u ON u.id = n.made_by
    WHERE n.area_id = ANY(:areas) AND (CAST(:id AS int) IS NULL OR n.id = :id)
        AND (CAST(:near AS int[]) IS NULL OR n.area_id = ANY(CAST(:near AS int[])))
    ORDER BY n.id
""")
# An area with all above it and all below it.
_NEAR = text("""
    WITH RECURSIVE up AS (
        SELECT id, parent_id FROM areas WHERE id = :area
        UNION ALL SELECT a.id, a.parent_id FROM areas a JOIN up ON a.id = up.parent_id
    ), down AS (
        SELECT id FROM areas WHERE id = :area UNION ALL SELECT a.id FROM areas a JOIN down ON a.parent_id = down.id)
    SELECT id FROM up UNION SELECT id FROM down
""")
_NAMES = text("SELECT id, number, name, code FROM legacy_grids WHERE net_id = :net ORDER BY number")
_INSIDE = text("SELECT report #> '{laid,inside}' FROM legacy_nets WHERE id = :net")
_GRIDS = text("""
    SELECT id, number, name, code, shape FROM legacy_grids WHERE net_id = :net ORDER BY number
""")
_BUILDINGS = text("""
    SELECT u.block_id, ST_X(p.place) AS lon, ST_Y(p.place) AS lat, coalesce(h.households, 0) AS households
    FROM blocks b JOIN buildings u ON u.block_id = b.id, LATERAL (SELECT ST_PointOnSurface(u.geom) AS place) p
    LEFT JOIN LATERAL (
        SELECT sum(c.households) AS households FROM entrances e JOIN household_counts c ON c.entrance_id = e.id
        WHERE e.building_id = u.id) h ON true
    WHERE b.community_id = ANY(:communities) ORDER BY u.id
""")
_BLOCKS = text("""
    SELECT id, ST_AsBinary(geom) AS geom FROM blocks WHERE community_id = ANY(:communities) ORDER BY id
""")
_AREA = text("SELECT name, name_en FROM areas WHERE id = :area")


def heads(
    session: Session, areas: frozenset[int], *, net: int | None = None, area: int | None = None
) -> list[RowMapping]:
    """Nets of these areas by id: one of them, or those that have to do with an area."""
    near = None if area is None else list(session.scalars(_NEAR, {"area": area}))
    return list(session.execute(_HEADS, {"areas": sorted(areas), "id": net, "near": near}).mappings())


def grids(session: Session, net: int) -> Sequence[Any]:
    """The grids of a net in the order of its file."""
    return session.execute(_GRIDS, {"net": net}).all()


def names(session: Session, net: int) -> Sequence[Any]:
    """What the grids of a net are called, in the order of its file."""
    return session.execute(_NAMES, {"net": net}).all()


def inside(session: Session, net: int) -> list[list[int]]:
    """Which places lie in each grid of a net, as they were counted when it was laid over the blocks."""
    return list(session.scalars(_INSIDE, {"net": net}).one())


def buildings(session: Session, communities: list[int]) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """The block of each building (its id), a place in it (lon/lat), and its households."""
    rows = session.execute(_BUILDINGS, {"communities": communities}).all()
    return (
        np.array([row.block_id for row in rows], dtype=np.int64),
        np.array([(row.lon, row.lat) for row in rows], dtype=np.float64).reshape(-1, 2),
        np.array([int(row.households) for row in rows], dtype=np.int64),
    )


def blocks(session: Session, communities: list[int]) -> tuple[NDArray[Any], NDArray[Any]]:
    """The ids of blocks, and their shapes in lon/lat."""
    rows = session.execute(_BLOCKS, {"communities": communities}).all()
    shapes = np.empty(len(rows), dtype=object)
    shapes[:] = shapely.from_wkb([bytes(row.geom) for row in rows])
    return np.array([row.id for row in rows], dtype=np.int64), shapes


def area_names(session: Session, area: int) -> RowMapping:
    """What an area is called."""
    return session.execute(_AREA, {"area": area}).mappings().one()
