"""Reads of the patrol routes, and of what a walk of a grid has to pass."""

from collections.abc import Collection
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.areas.scope import Scope
from app.features import BBox, feature, features

IN_SCOPE = "(CAST(:communities AS int[]) IS NULL OR g.community_id = ANY(CAST(:communities AS int[])))"
ROUTES = f"""
    SELECT r.id, r.geom, r.name, r.grid_id, r.length, r.seconds, r.stops, r.source, r.version, r.created_at,
        r.redrawn_on,
        json_build_object('id', g.id, 'name', g.name, 'name_en', g.name_en, 'code', g.code) AS grid
    FROM patrol_routes r JOIN grids g ON g.id = r.grid_id
    WHERE {IN_SCOPE}
"""  # noqa: S608 (our own words; so below)
_GRIDS = text(f"""
    WITH RECURSIVE up AS (
        SELECT id AS community_id, id, parent_id, level FROM areas WHERE level = 'community'
        UNION ALL SELECT up.community_id, a.id, a.parent_id, a.level FROM areas a JOIN up ON a.id = up.parent_id)
    SELECT g.id, g.name, g.community_id, up.id AS district_id
    FROM grids g JOIN up ON up.community_id = g.community_id AND up.level = 'district'
    WHERE g.valid_to IS NULL AND {IN_SCOPE}
      AND (CAST(:grid AS int) IS NULL OR g.id = :grid)
      AND (NOT :without_route OR NOT EXISTS (SELECT FROM patrol_routes r WHERE r.grid_id = g.id))
    ORDER BY up.id, g.id
""")  # noqa: S608
_ENTRANCES = text("""
    SELECT bl.grid_id, ST_X(e.geom), ST_Y(e.geom)
    FROM entrances e JOIN buildings b ON b.id = e.building_id JOIN blocks bl ON bl.id = b.block_id
    WHERE bl.grid_id = ANY(:grids) ORDER BY bl.grid_id, e.id
""")
# A grid's own station stands in it, or is the nearest one where its staff work from.
_STATIONS = text("""
    SELECT g.id, ST_X(s.geom), ST_Y(s.geom)
    FROM grids g CROSS JOIN LATERAL (
        SELECT s.geom FROM stations s
        WHERE s.community_id = g.community_id
          AND (s.kind IN ('service_station', 'liaison_station') OR ST_Covers(g.geom, s.geom))
        ORDER BY NOT ST_Covers(g.geom, s.geom), s.kind NOT IN ('service_station', 'liaison_station'),
                 s.geom <-> ST_PointOnSurface(g.geom), s.id
        LIMIT 1) s
    WHERE g.id = ANY(:grids)
""")
# Roads run along the edge of a district, and rounding puts them on either side: 0.0005° is 40 to 55 metres of leeway.
# Asked step by step: of a whole line that crosses itself, GEOS would first find each of its crossings, for seconds.
_PLACED = text("""
    WITH RECURSIVE drawn AS (SELECT ST_RemoveRepeatedPoints(ST_SetSRID(ST_GeomFromWKB(:wkb), 4326)) AS geom),
    steps AS MATERIALIZED (SELECT (ST_DumpSegments(geom)).geom FROM drawn),
    up AS (
        SELECT a.id, a.parent_id, a.level, a.geom FROM areas a JOIN grids g ON g.community_id = a.id WHERE g.id = :grid
        UNION ALL SELECT a.id, a.parent_id, a.level, a.geom FROM areas a JOIN up ON a.id = up.parent_id),
    district AS MATERIALIZED (SELECT geom, ST_Expand(geom, 0.0005) AS around FROM up WHERE level = 'district')
    SELECT CASE
        WHEN NOT drawn.geom @ district.around THEN false
        WHEN (SELECT bool_and(ST_Covers(district.geom, steps.geom)) FROM steps) THEN true
        ELSE (SELECT bool_and(ST_Covers(wide.geom, steps.geom))
              FROM (SELECT ST_Buffer(district.geom, 0.0005, 2) AS geom OFFSET 0) wide, steps) END,
        (SELECT bool_or(ST_Intersects(g.geom, steps.geom)) FROM grids g, steps WHERE g.id = :grid)
    FROM drawn, district
""")


class Walked(NamedTuple):
    """A grid as a walk sees it: its entrances and its station, lon/lat; `station` None where there is none."""

    grid_id: int
    name: str
    community_id: int
    district_id: int
    entrances: NDArray[np.float64]  # (k, 2)
    station: NDArray[np.float64] | None  # (2,)


def routes(session: Session, scope: Scope, *, bbox: BBox | None, after: int, limit: int) -> list[str]:
    """Up to `limit` visible patrol routes with an id over `after`, by id, as GeoJSON texts."""
    return features(session, ROUTES, bbox=bbox, after=after, limit=limit, communities=scope.communities)


def route(session: Session, scope: Scope, route_id: int) -> dict[str, Any] | None:
    """A visible patrol route as a GeoJSON feature, or None."""
    source = f"SELECT * FROM ({ROUTES}) one WHERE one.id = :number"  # noqa: S608
    return feature(session, source, number=route_id, communities=scope.communities)


def walked(
    session: Session,
    communities: Collection[int] | None,
    *,
    grid_id: int | None = None,
    without_route: bool = False,
) -> list[Walked]:
    """The grids in force of these communities (None: all), one of them, or those without a route; by district."""
    bound = {
        "communities": None if communities is None else sorted(communities),
        "grid": grid_id,
        "without_route": without_route,
    }
    grids = session.execute(_GRIDS, bound).all()
    ids = [row.id for row in grids]
    doors = entrances(session, ids)
    starts = {row[0]: np.array(row[1:], dtype=np.float64) for row in session.execute(_STATIONS, {"grids": ids})}
    return [
        Walked(row.id, row.name, row.community_id, row.district_id, doors[row.id], starts.get(row.id)) for row in grids
    ]


def entrances(session: Session, grids: Collection[int]) -> dict[int, NDArray[np.float64]]:
    """The entrances of each grid in lon/lat, shape (k, 2)."""
    ids = sorted(grids)
    found = np.array([tuple(row) for row in session.execute(_ENTRANCES, {"grids": ids})], dtype=np.float64)
    found = found.reshape(-1, 3)
    first, last = (np.searchsorted(found[:, 0], ids, side=side) for side in ("left", "right"))
    return {one: found[a:b, 1:] for one, a, b in zip(ids, first, last, strict=True)}


def placed(session: Session, grid_id: int, wkb: bytes) -> tuple[bool, bool]:
    """Whether a lon/lat line lies in (or along) the grid's district, and whether it comes into the grid."""
    inside, touches = session.execute(_PLACED, {"grid": grid_id, "wkb": wkb}).one()
    return bool(inside), bool(touches)
