"""Reads of siting: areas that are planned for, candidates of the register, and sitings that were made."""

from typing import Any, NamedTuple

from sqlalchemy import RowMapping, text
from sqlalchemy.orm import Session

from app.areas.queries import PLANNED
from app.areas.scope import Scope
from app.siting.schemas import Source

_AREAS = text(f"""{PLANNED}
    SELECT a.id, a.level, a.name, a.name_en FROM areas a JOIN planned p ON p.id = a.id
    ORDER BY array_position(ARRAY['district', 'subdistrict', 'community'], a.level), a.code
""")  # noqa: S608 (our own words; so below)
_AREA = text(f"""{PLANNED}, around AS (
        SELECT id, parent_id, level FROM areas WHERE id = :area
        UNION ALL SELECT a.id, a.parent_id, a.level FROM areas a JOIN around ON a.id = around.parent_id)
    SELECT a.id, a.level, a.name, a.name_en, p.communities,
        (SELECT id FROM around WHERE level = 'district') AS district_id,
        ST_XMin(a.geom) AS west, ST_YMin(a.geom) AS south, ST_XMax(a.geom) AS east, ST_YMax(a.geom) AS north
    FROM areas a JOIN planned p ON p.id = a.id WHERE a.id = :area
""")  # noqa: S608
_BUILDINGS = """
    SELECT ST_X(at.geom) AS lon, ST_Y(at.geom) AS lat,
        concat_ws(' ', nullif(c.name, ''), coalesce(nullif(b.name, ''), b.address)) AS name,
        concat_ws(', ', coalesce(nullif(b.name_en, ''), nullif(b.name, ''), b.address),
            coalesce(nullif(c.name_en, ''), nullif(c.name, ''))) AS name_en
    FROM buildings b JOIN blocks bl ON bl.id = b.block_id LEFT JOIN compounds c ON c.id = b.compound_id
      CROSS JOIN LATERAL (SELECT coalesce(
        (SELECT e.geom FROM entrances e WHERE e.building_id = b.id ORDER BY e.id LIMIT 1), ST_PointOnSurface(b.geom)
      ) AS geom) at
    WHERE bl.community_id = ANY(:communities) AND {which} ORDER BY b.id LIMIT :limit
"""
_CANDIDATES = {
    Source.PUBLIC: text(_BUILDINGS.format(which="b.kind IN ('public', 'school', 'hospital')")),
    Source.HOMES: text(
        _BUILDINGS.format(
            which="EXISTS (SELECT FROM entrances e JOIN household_counts h ON h.entrance_id = e.id "
            "WHERE e.building_id = b.id AND h.households > 0)"
        )
    ),
    # Gates stand where a road that may be walked crosses the edge of a compound.
    Source.GATES: text("""
        SELECT DISTINCT ST_X(gate.geom) AS lon, ST_Y(gate.geom) AS lat, c.name,
            coalesce(nullif(c.name_en, ''), c.name) AS name_en, c.id
        FROM compounds c JOIN road_edges r ON r.foot AND r.geom && c.geom AND ST_Crosses(r.geom, c.geom)
          CROSS JOIN LATERAL ST_Dump(ST_Intersection(ST_Boundary(c.geom), r.geom)) gate
        WHERE c.community_id = ANY(:communities) AND GeometryType(gate.geom) = 'POINT'
        ORDER BY c.id, lon, lat LIMIT :limit
    """),
}
_SITINGS = """
    SELECT s.id, s.made_by, u.display_name AS made_by_name, s.made_at, s.area_id, a.name AS area,
        a.name_en AS area_en, s.candidates, s.covered, s.bound, jsonb_array_length(s.sites) AS count,
        s.question - 'places' - 'names' AS question {more}
    FROM sitings s JOIN planned p ON p.id = s.area_id JOIN areas a ON a.id = s.area_id JOIN users u ON u.id = s.made_by
    WHERE CAST(:id AS int) IS NULL OR s.id = :id
    ORDER BY s.made_at DESC, s.id DESC LIMIT 50
"""


class Area(NamedTuple):
    """An area that is planned for as a whole, its communities, its district and its box."""

    id: int
    level: str
    name: str
    name_en: str
    communities: list[int]
    district_id: int
    west: float
    south: float
    east: float
    north: float


def areas(session: Session, scope: Scope) -> list[dict[str, Any]]:
    """The areas that the scope holds whole: districts, then subdistricts, then communities."""
    return [dict(row) for row in session.execute(_AREAS, {"communities": scope.communities}).mappings()]


def area(session: Session, scope: Scope, area_id: int) -> Area | None:
    """The area, None where the scope does not hold all of it."""
    row = session.execute(_AREA, {"area": area_id, "communities": scope.communities}).one_or_none()
    return None if row is None else Area(*row)


def candidates(session: Session, source: Source, communities: list[int], limit: int) -> list[dict[str, Any]]:
    """Up to `limit` places of a source as {lon, lat, name, name_en, source}."""
    rows = session.execute(_CANDIDATES[source], {"communities": communities, "limit": limit})
    return [
        {"lon": row.lon, "lat": row.lat, "name": row.name, "name_en": row.name_en, "source": source.value}
        for row in rows
    ]


def sitings(session: Session, scope: Scope) -> list[RowMapping]:
    """The sitings of areas that the scope holds whole, newest first."""
    statement = text(PLANNED + _SITINGS.format(more=""))
    return list(session.execute(statement, {"communities": scope.communities, "id": None}).mappings())


def siting(session: Session, scope: Scope, siting_id: int) -> RowMapping | None:
    """One siting with its places, None where the scope does not hold all of its area."""
    statement = text(PLANNED + _SITINGS.format(more=", s.question AS whole, s.sites, s.moved, s.data, s.job_id"))
    return session.execute(statement, {"communities": scope.communities, "id": siting_id}).mappings().one_or_none()
