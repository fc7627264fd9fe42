"""Reads of coverage: the area a question is about, what areas, grids and doors are called, and snapshots."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import RowMapping, text
from sqlalchemy.orm import Session

from app.areas.scope import Scope

# The area with the district around it and the communities inside it that the scope shows.
_AREA = text("""
    WITH RECURSIVE up AS (
        SELECT id, parent_id, level FROM areas WHERE id = :area
        UNION ALL SELECT a.id, a.parent_id, a.level FROM areas a JOIN up ON a.id = up.parent_id
    ), below AS (
        SELECT id, level FROM areas WHERE id = :area
        UNION ALL SELECT a.id, a.level FROM areas a JOIN below b ON a.parent_id = b.id
    )
    SELECT o.id, o.level, o.code, o.name, o.name_en, ST_XMin(o.geom) AS west, ST_YMin(o.geom) AS south,
        ST_XMax(o.geom) AS east, ST_YMax(o.geom) AS north, (SELECT id FROM up WHERE level = 'district') AS district_id,
        ARRAY(SELECT id FROM below WHERE level = 'community'
              AND (CAST(:communities AS int[]) IS NULL OR id = ANY(CAST(:communities AS int[]))) ORDER BY id
        ) AS communities,
        (SELECT count(*) FROM below WHERE level = 'community') AS all_communities
    FROM areas o WHERE o.id = :area AND o.level <> 'sub_area'
""")
# What a person may ask about: every area of which they see a community.
_AREAS = text("""
    WITH RECURSIVE up AS (
        SELECT id, parent_id FROM areas WHERE level = 'community'
            AND (CAST(:communities AS int[]) IS NULL OR id = ANY(CAST(:communities AS int[])))
        UNION SELECT a.id, a.parent_id FROM areas a JOIN up ON a.id = up.parent_id
    )
    SELECT a.id, a.level, a.parent_id, a.name, a.name_en FROM areas a JOIN up USING (id)
    ORDER BY array_position(ARRAY['district', 'subdistrict', 'community'], a.level), a.code
""")
# The areas of a level with a community that the scope shows, in one area or in all.
_PARTS = text("""
    WITH RECURSIVE below AS (
        SELECT id, parent_id, level FROM areas WHERE CASE WHEN CAST(:area AS int) IS NULL THEN parent_id IS NULL
            ELSE id = :area END
        UNION ALL SELECT a.id, a.parent_id, a.level FROM areas a JOIN below b ON a.parent_id = b.id
    ), shown AS (
        SELECT * FROM below WHERE level = 'community'
            AND (CAST(:communities AS int[]) IS NULL OR id = ANY(CAST(:communities AS int[])))
    )
    SELECT DISTINCT CASE WHEN :level = 'community' OR b.id IS NULL THEN s.id ELSE b.id END AS id
    FROM shown s LEFT JOIN below b ON b.id = s.parent_id AND b.level = 'subdistrict' ORDER BY id
""")
_KINDS = text("""
    SELECT kind, count(*) AS stations FROM stations
    WHERE CAST(:communities AS int[]) IS NULL OR community_id = ANY(CAST(:communities AS int[])) GROUP BY kind
""")
_COMMUNITIES = text("""
    SELECT id, code, name, name_en, ST_X(p) AS lon, ST_Y(p) AS lat
    FROM (SELECT *, ST_PointOnSurface(geom) AS p FROM areas WHERE id = ANY(:ids)) a
""")
_GRIDS = text("""
    SELECT id, code, name, name_en, community_id, ST_X(p) AS lon, ST_Y(p) AS lat
    FROM (SELECT *, ST_PointOnSurface(geom) AS p FROM grids WHERE id = ANY(:ids)) g
""")
_DOORS = text("""
    SELECT e.id, e.label, b.id AS building_id, b.name, b.name_en, b.address, a.id AS community_id, a.name AS community,
        a.name_en AS community_en, g.name AS grid, g.name_en AS grid_en, ST_X(e.geom) AS lon, ST_Y(e.geom) AS lat
    FROM entrances e JOIN buildings b ON b.id = e.building_id JOIN blocks bl ON bl.id = b.block_id
      JOIN areas a ON a.id = bl.community_id JOIN grids g ON g.id = bl.grid_id
    WHERE e.id = ANY(:ids)
""")
_SNAPSHOTS = """
    SELECT s.id, s.name, s.made_by, u.display_name AS made_by_name, s.made_at, s.area_id, a.name AS area,
        a.name_en AS area_en, s.question, s.tables -> 'totals' AS totals {more}
    FROM coverage_snapshots s JOIN areas a ON a.id = s.area_id JOIN users u ON u.id = s.made_by
    WHERE (CAST(:communities AS int[]) IS NULL OR s.communities <@ CAST(:communities AS int[]))
      AND (CAST(:id AS int) IS NULL OR s.id = :id)
    ORDER BY s.made_at DESC, s.id DESC LIMIT 200
"""


class Area(NamedTuple):
    """An area with its box, the district around it, and those of its communities that the scope shows."""

    id: int
    level: str
    code: str
    name: str
    name_en: str
    west: float
    south: float
    east: float
    north: float
    district_id: int
    communities: list[int]
    all_communities: int


def area(session: Session, scope: Scope, area_id: int) -> Area | None:
    """The area, None where the scope shows nothing of it."""
    row = session.execute(_AREA, {"area": area_id, "communities": scope.communities}).one_or_none()
    return None if row is None or not row.communities else Area(*row)


def areas(session: Session, scope: Scope) -> list[dict[str, Any]]:
    """The areas of which the scope shows a community: districts, then subdistricts, then communities."""
    return [dict(row) for row in session.execute(_AREAS, {"communities": scope.communities}).mappings()]


def parts(session: Session, scope: Scope, area_id: int | None, level: str) -> list[int]:
    """The ids of communities, or of the subdistricts around them, that the scope shows a part of; in an area or all."""
    return list(session.scalars(_PARTS, {"area": area_id, "communities": scope.communities, "level": level}))


def station_kinds(session: Session, scope: Scope) -> dict[str, int]:
    """How many stations of each kind the scope shows."""
    return {row.kind: row.stations for row in session.execute(_KINDS, {"communities": scope.communities})}


def communities(session: Session, ids: list[int]) -> Mapping[int, RowMapping]:
    """Code, names and a place inside of communities, by id."""
    return {row["id"]: row for row in session.execute(_COMMUNITIES, {"ids": ids}).mappings()}


def grids(session: Session, ids: list[int]) -> Mapping[int, RowMapping]:
    """Code, names, community and a place inside of grids, by id."""
    return {row["id"]: row for row in session.execute(_GRIDS, {"ids": ids}).mappings()}


def doors(session: Session, ids: list[int]) -> Mapping[int, RowMapping]:
    """Where doors are and what their building, grid and community are called, by id of the entrance."""
    return {row["id"]: row for row in session.execute(_DOORS, {"ids": ids}).mappings()}


def snapshots(session: Session, scope: Scope) -> list[RowMapping]:
    """The snapshots whose every community the scope shows, newest first."""
    bound = {"communities": scope.communities, "id": None}
    return list(session.execute(text(_SNAPSHOTS.format(more="")), bound).mappings())


def snapshot(session: Session, scope: Scope, snapshot_id: int) -> RowMapping | None:
    """One snapshot with its tables and buildings, None where the scope does not show all of it."""
    bound = {"communities": scope.communities, "id": snapshot_id}
    statement = text(_SNAPSHOTS.format(more=", s.tables, s.buildings, s.communities"))
    return session.execute(statement, bound).mappings().one_or_none()
