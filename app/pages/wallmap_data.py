"""What a wall map shows of one community, read from the tables. Nothing here tells about a single household."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask_babel import lazy_gettext as _
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.errors import NotFound
from app.register.kinds import STYLES, FlagGroup

if TYPE_CHECKING:
    from app.areas.scope import Scope

Feature = dict[str, Any]

LEAST_HOUSEHOLDS = 3  # with a flag of a group, before their building may show it in public
MARGIN = 0.0012  # degrees drawn around the community

_COMMUNITY = text("""
    SELECT a.id, a.code, a.name, a.name_en, ST_AsGeoJSON(a.geom, 6) AS geometry,
           ST_XMin(a.geom) AS west, ST_YMin(a.geom) AS south, ST_XMax(a.geom) AS east, ST_YMax(a.geom) AS north
    FROM areas a
    WHERE a.code = :code AND a.level = 'community'
      AND (CAST(:communities AS int[]) IS NULL OR a.id = ANY(CAST(:communities AS int[])))
""")

_GRIDS = text("""
    SELECT g.id, g.kind, g.code, g.name, g.name_en, g.tint, ST_AsGeoJSON(g.geom, 6) AS geometry,
           ST_X((ST_MaximumInscribedCircle(g.geom)).center) AS lon,
           ST_Y((ST_MaximumInscribedCircle(g.geom)).center) AS lat,
           (SELECT count(*) FROM households h JOIN dwellings d ON d.id = h.dwelling_id
              JOIN entrances e ON e.id = d.entrance_id JOIN buildings b ON b.id = e.building_id
              JOIN blocks bl ON bl.id = b.block_id WHERE bl.grid_id = g.id) AS households
    FROM grids g
    WHERE g.community_id = :community AND g.valid_from <= current_date
      AND (g.valid_to IS NULL OR g.valid_to > current_date)
    ORDER BY g.code
""")

# A building takes a group's colour only where so many households carry it, and fewer than half do: otherwise the
# colour would tell a passer-by who is meant.
_BUILDINGS = text("""
    SELECT b.id, b.kind, ST_AsGeoJSON(b.geom, 6) AS geometry,
           count(DISTINCT h.id) AS households,
           count(DISTINCT h.id) FILTER (WHERE f.kind = ANY(:need)) AS need,
           count(DISTINCT h.id) FILTER (WHERE f.kind = ANY(:contact)) AS contact,
           count(DISTINCT h.id) FILTER (WHERE f.kind = ANY(:hardship)) AS hardship,
           count(DISTINCT h.id) FILTER (WHERE f.kind = ANY(:tenancy)) AS tenancy
    FROM buildings b
      JOIN blocks bl ON bl.id = b.block_id
      LEFT JOIN entrances e ON e.building_id = b.id
      LEFT JOIN dwellings d ON d.entrance_id = e.id
      LEFT JOIN households h ON h.dwelling_id = d.id
      LEFT JOIN flags f ON f.household_id = h.id AND f.cleared_at IS NULL
        AND (f.expires_on IS NULL OR f.expires_on >= current_date)
    WHERE bl.community_id = :community
    GROUP BY b.id ORDER BY b.id
""")

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
    groups = {group.value: [style.kind.value for style in STYLES if style.group is group] for group in FlagGroup}
    return WallMapData(
        community=_feature(dict(row)),
        box=box,
        grids=_features(session, _GRIDS, own),
        buildings=[_discreet(building) for building in _features(session, _BUILDINGS, own | groups)],
        stations=[dict(station) for station in session.execute(_STATIONS, own).mappings()],
        routes=_features(session, _ROUTES, own),
        roads=_features(session, _ROADS, frame),
        ground=_features(session, _GROUND, frame),
    )


def _discreet(building: Feature) -> Feature:
    """The building with only its kind and the one group that may colour it: no count leaves this module."""
    counts = building["properties"]
    half = counts["households"] / 2
    shown = next((g.value for g in FlagGroup if LEAST_HOUSEHOLDS <= counts[g.value] < half), None)
    return {**building, "properties": {"kind": counts["kind"], "group": shown}}


def _features(session: Session, statement: Any, bound: dict[str, Any]) -> list[Feature]:
    return [_feature(dict(row)) for row in session.execute(statement, bound).mappings()]


def _feature(row: dict[str, Any]) -> Feature:
    geometry = json.loads(row.pop("geometry"))
    return {"type": "Feature", "geometry": geometry, "properties": row}
