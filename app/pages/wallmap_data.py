"""What a wall map shows of one community, read from the tables. Nothing here tells about a single household."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask_babel import lazy_gettext as _
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.days import DAYS_OF_CHINA, TODAY_SQL
from app.errors import NotFound

if TYPE_CHECKING:
    from app.areas.scope import Scope

Feature = dict[str, Any]

MARGIN = 0.0012  # degrees drawn around the community

_COMMUNITY = text("""
    SELECT a.id, a.code, a.name, a.name_en, ST_AsGeoJSON(a.geom, 6) AS geometry,
           ST_XMin(a.geom) AS west, ST_YMin(a.geom) AS south, ST_XMax(a.geom) AS east, ST_YMax(a.geom) AS north
    FROM areas a
    WHERE a.code = :code AND a.level = 'community'
      AND (CAST(:communities AS int[]) IS NULL OR a.id = ANY(CAST(:communities AS int[])))
""")

_GRIDS = text(f"""
    SELECT g.id, g.kind, g.code, g.name, g.name_en, g.tint, ST_AsGeoJSON(g.geom, 6) AS geometry,
           ST_X((ST_MaximumInscribedCircle(g.geom)).center) AS lon,
           ST_Y((ST_MaximumInscribedCircle(g.geom)).center) AS lat,
           coalesce((SELECT sum(c.households) FROM household_counts c
              JOIN entrances e ON e.id = c.entrance_id JOIN buildings b ON b.id = e.building_id
              JOIN blocks bl ON bl.id = b.block_id WHERE bl.grid_id = g.id), 0) AS households
    FROM grids g
    WHERE g.community_id = :community AND g.valid_from <= {TODAY_SQL}
      AND (g.valid_to IS NULL OR g.valid_to > {TODAY_SQL})
    ORDER BY g.code
""")  # noqa: S608 (our own words)

# A building takes a group's colour only where three households carry it, and fewer than half do: otherwise the colour
# would tell a passer-by who is meant. The function sees all flags and tells the group alone (migration 0004).
_BUILDINGS = text("""
    SELECT b.kind, shown.flag_group AS group, ST_AsGeoJSON(b.geom, 6) AS geometry
    FROM buildings b JOIN blocks bl ON bl.id = b.block_id
      LEFT JOIN shown_flag_groups(:community) shown ON shown.building_id = b.id
    WHERE bl.community_id = :community ORDER BY b.id
""")

_DAYS = text(DAYS_OF_CHINA)

_STATIONS = text("""
    SELECT s.id, s.kind, s.name, s.name_en, s.open_hours, ST_X(s.geom) AS lon, ST_Y(s.geom) AS lat
    FROM stations s WHERE s.community_id = :community ORDER BY s.kind, s.name
""")

_ROUTES = text("""
    SELECT p.id, p.name, p.length, p.seconds, ST_AsGeoJSON(p.geom, 6) AS geometry
    FROM patrol_routes p JOIN grids g ON g.id = p.grid_id
    WHERE g.community_id = :community ORDER BY g.code, p.id
""")

_ROADS = text("""
    WITH frame AS (SELECT ST_MakeEnvelope(:west, :south, :east, :north, 4326) AS geom)
    SELECT r.road_class AS class, r.name, r.name_en, r.length, ST_AsGeoJSON(r.geom, 6) AS geometry
    FROM road_edges r, frame WHERE r.geom && frame.geom AND NOT r.tunnel
    ORDER BY r.length DESC
""")

_GROUND = text("""
    WITH frame AS (SELECT ST_MakeEnvelope(:west, :south, :east, :north, 4326) AS geom),
    ground AS (
        SELECT 'green' AS kind, g.geom FROM greens g, frame WHERE g.geom && frame.geom
        UNION ALL SELECT 'water', w.geom FROM waters w, frame WHERE w.geom && frame.geom
        UNION ALL SELECT 'railway', r.geom FROM railways r, frame WHERE r.geom && frame.geom AND NOT r.tunnel)
    SELECT kind, ST_AsGeoJSON(ground.geom, 6) AS geometry FROM ground
""")


@dataclass(frozen=True, slots=True)
class WallMapData:
    """One community and what lies in and around it, as GeoJSON features; `box` is west, south, east, north."""

    community: Feature
    box: tuple[float, float, float, float]
    grids: list[Feature]
    buildings: list[Feature]
    stations: list[dict[str, Any]]
    routes: list[Feature]
    roads: list[Feature]
    ground: list[Feature]


def read(session: Session, scope: "Scope", code: str) -> WallMapData:
    """What the wall map of the visible community `code` shows; NotFound."""
    bound = {"code": code, "communities": scope.communities}
    row = session.execute(_COMMUNITY, bound).mappings().one_or_none()
    if row is None:
        raise NotFound(_("There is no such community in your area."))
    box = (row["west"] - MARGIN, row["south"] - MARGIN, row["east"] + MARGIN, row["north"] + MARGIN)
    frame = dict(zip(("west", "south", "east", "north"), box, strict=True))
    own = {"community": row["id"]}
    session.execute(_DAYS)  # before the function that asks what day it is
    return WallMapData(
        community=_feature(dict(row)),
        box=box,
        grids=_features(session, _GRIDS, own),
        buildings=_features(session, _BUILDINGS, own),
        stations=[dict(station) for station in session.execute(_STATIONS, own).mappings()],
        routes=_features(session, _ROUTES, own),
        roads=_features(session, _ROADS, frame),
        ground=_features(session, _GROUND, frame),
    )


def _features(session: Session, statement: Any, bound: dict[str, Any]) -> list[Feature]:
    return [_feature(dict(row)) for row in session.execute(statement, bound).mappings()]


def _feature(row: dict[str, Any]) -> Feature:
    geometry = json.loads(row.pop("geometry"))
    return {"type": "Feature", "geometry": geometry, "properties": row}
