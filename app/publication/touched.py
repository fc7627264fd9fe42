"""Reads of what hangs on blocks and grids: buildings, stations, open incidents, patrol routes, posts with holders."""

from collections.abc import Collection
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

Row = dict[str, Any]
_BUILDINGS = text("""
    SELECT u.id, u.block_id, u.kind, u.name, u.name_en, u.address, coalesce(sum(c.households), 0)::int AS households,
        ST_X(ST_PointOnSurface(u.geom)) AS lon, ST_Y(ST_PointOnSurface(u.geom)) AS lat,
        k.name AS compound, k.name_en AS compound_en
    FROM buildings u LEFT JOIN entrances e ON e.building_id = u.id LEFT JOIN household_counts c ON c.entrance_id = e.id
    LEFT JOIN compounds k ON k.id = u.compound_id
    WHERE u.block_id = ANY(:blocks) GROUP BY u.id, k.id ORDER BY u.block_id, u.id
""")
_STATIONS = text("""
    SELECT DISTINCT ON (s.id) s.id, b.id AS block_id, s.kind, s.name, s.name_en
    FROM blocks b JOIN stations s ON ST_Intersects(b.geom, s.geom) WHERE b.community_id = ANY(:communities)
    ORDER BY s.id, b.id
""")
_INCIDENTS = text("""
    SELECT i.id::text AS id, b.id AS block_id, i.category, i.state, i.reported_at
    FROM incidents i JOIN LATERAL (
        SELECT id FROM blocks b WHERE b.community_id = i.community_id AND ST_Intersects(b.geom, i.geom)
        ORDER BY id LIMIT 1) b ON true
    WHERE i.state <> 'closed' AND i.community_id = ANY(:communities) ORDER BY i.reported_at, i.id
""")
_ROUTES = text("""
    SELECT r.id, r.grid_id, r.name, r.redrawn_on, ST_AsBinary(r.geom) AS geom FROM patrol_routes r
    WHERE r.grid_id = ANY(:grids) ORDER BY r.id
""")
# Back along the lineage as far as it has grown since a route was drawn: the grids that there were then.
_DRAWN_IN = text("""
    WITH RECURSIVE back AS (
        SELECT id AS route, grid_id AS grid, created_at FROM patrol_routes WHERE id = ANY(:routes)
        UNION SELECT b.route, k.parent_id, b.created_at FROM back b JOIN grid_parents k ON k.child_id = b.grid
            JOIN grid_plans p ON p.id = k.plan_id AND p.enacted_at > b.created_at)
    SELECT b.route, b.grid FROM back b
    WHERE NOT EXISTS (SELECT FROM grid_parents k JOIN grid_plans p ON p.id = k.plan_id
        WHERE k.child_id = b.grid AND p.enacted_at > b.created_at)
    ORDER BY b.route, b.grid
""")
_POSTS = text("""
    SELECT id, grid_id, role, ordinal, holder FROM posts WHERE grid_id = ANY(:grids)
    ORDER BY grid_id, array_position(ARRAY['instructor', 'leader', 'full_time_worker', 'part_time_worker'], role),
        ordinal
""")
_APPOINTMENTS = text("""
    SELECT p.id, p.grid_id, p.role, u.display_name AS holder FROM appointments p JOIN users u ON u.id = p.user_id
    WHERE p.grid_id = ANY(:grids) AND (p.ends_at IS NULL OR p.ends_at > greatest(now(), p.starts_at))
    ORDER BY p.grid_id, p.role, p.id
""")


def buildings(session: Session, blocks: Collection[int]) -> list[Row]:
    """The buildings of blocks with how many households each has."""
    return _rows(session, _BUILDINGS, {"blocks": sorted(blocks)})


def stations(session: Session, communities: Collection[int]) -> list[Row]:
    """The stations that stand in the blocks of communities, each with its block."""
    return _rows(session, _STATIONS, {"communities": sorted(communities)})


def incidents(session: Session, communities: Collection[int]) -> list[Row]:
    """The incidents of communities that are not closed, each with the block that it is in."""
    return _rows(session, _INCIDENTS, {"communities": sorted(communities)})


def routes(session: Session, grids: Collection[int]) -> list[tuple[Row, BaseGeometry]]:
    """The patrol routes of grids with their lines."""
    rows = _rows(session, _ROUTES, {"grids": sorted(grids)})
    return [(row, shapely.from_wkb(bytes(row["geom"]))) for row in rows]


def drawn_in(session: Session, routes: Collection[int]) -> list[tuple[int, int]]:
    """For patrol routes the grids of which their own has come since they were drawn, as pairs of route and grid."""
    return [(row.route, row.grid) for row in session.execute(_DRAWN_IN, {"routes": sorted(routes)})]


def posts(session: Session, grids: Collection[int]) -> list[Row]:
    """The posts of grids with their holders."""
    return _rows(session, _POSTS, {"grids": sorted(grids)})


def appointments(session: Session, grids: Collection[int]) -> list[Row]:
    """The users who hold a post in one of the grids, or will."""
    return _rows(session, _APPOINTMENTS, {"grids": sorted(grids)})


def _rows(session: Session, statement: TextClause, bound: Row) -> list[Row]:
    return [dict(row) for row in session.execute(statement, bound).mappings()]
