"""What the map page needs beside the tiles: where names stand, and how many there are of everything."""

from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.areas.scope import Scope

# A name stands where the largest circle fits into its polygon. Tiles cut polygons, so labels made of tiles would stand
# there once for each tile.
_LABELS = text("""
    WITH named AS (
        SELECT 'area' AS kind, a.id, a.name, a.name_en, a.code, a.level AS class, a.geom, a.geom_3857, a.id AS community_id
        FROM areas a WHERE a.level = 'community'
        UNION ALL
        SELECT 'grid', g.id, g.name, g.name_en, g.code, g.kind, g.geom, g.geom_3857, g.community_id
        FROM grids g WHERE g.valid_to IS NULL
        UNION ALL
        SELECT 'compound', c.id, c.name, c.name_en, '', '', c.geom, c.geom_3857, c.community_id FROM compounds c
    )
    SELECT coalesce(json_agg(json_build_object(
        'type', 'Feature',
        'geometry', ST_AsGeoJSON(ST_Transform((ST_MaximumInscribedCircle(n.geom_3857)).center, 4326), 6)::json,
        'properties', json_build_object('kind', n.kind, 'id', n.id, 'name', n.name, 'name_en', n.name_en, 'code', n.code,
            'class', n.class, 'community_id', n.community_id, 'west', round(ST_XMin(n.geom)::numeric, 6), 'south', round(ST_YMin(n.geom)::numeric, 6),
            'east', round(ST_XMax(n.geom)::numeric, 6), 'north', round(ST_YMax(n.geom)::numeric, 6))
    ) ORDER BY n.kind, n.id), '[]')::text
    FROM named n WHERE CAST(:communities AS int[]) IS NULL OR n.community_id = ANY(:communities)
""")

_COUNTS = text("""
    SELECT 'areas' AS layer, '' AS kind, count(*) AS number FROM areas
        WHERE level = 'community' AND (CAST(:communities AS int[]) IS NULL OR id = ANY(:communities))
    UNION ALL SELECT 'compounds', '', count(*) FROM compounds
        WHERE CAST(:communities AS int[]) IS NULL OR community_id = ANY(:communities)
    UNION ALL SELECT 'grids', kind, count(*) FROM grids
        WHERE valid_to IS NULL AND (CAST(:communities AS int[]) IS NULL OR community_id = ANY(:communities)) GROUP BY kind
    UNION ALL SELECT 'buildings', u.kind, count(*) FROM buildings u JOIN blocks b ON b.id = u.block_id
        WHERE CAST(:communities AS int[]) IS NULL OR b.community_id = ANY(:communities) GROUP BY u.kind
    UNION ALL SELECT 'stations', kind, count(*) FROM stations
        WHERE CAST(:communities AS int[]) IS NULL OR community_id = ANY(:communities) GROUP BY kind
    UNION ALL SELECT 'patrol-routes', '', count(*) FROM patrol_routes p JOIN grids g ON g.id = p.grid_id
        WHERE g.valid_to IS NULL AND (CAST(:communities AS int[]) IS NULL OR g.community_id = ANY(:communities))
    UNION ALL SELECT 'incidents', category, count(*) FROM incidents
        WHERE state <> 'closed' AND (CAST(:communities AS int[]) IS NULL OR community_id = ANY(:communities))
        GROUP BY category
    UNION ALL SELECT 'flags', f.kind, count(*) FROM flags f
        JOIN households h ON h.id = f.household_id JOIN dwellings d ON d.id = h.dwelling_id
        JOIN entrances e ON e.id = d.entrance_id JOIN buildings u ON u.id = e.building_id JOIN blocks b ON b.id = u.block_id
        WHERE f.cleared_at IS NULL AND (f.expires_on IS NULL OR f.expires_on >= current_date)
        AND (CAST(:communities AS int[]) IS NULL OR b.community_id = ANY(:communities))
        AND (CAST(:grids AS int[]) IS NULL OR b.grid_id = ANY(:grids)) GROUP BY f.kind
""")

_FROM_OSM = text("SELECT EXISTS (SELECT 1 FROM areas WHERE key LIKE 'osm:%')")


def labels(session: Session, scope: Scope) -> str:
    """The features of every community, grid and compound in scope as a JSON list: a point, names, code and box."""
    return str(session.execute(_LABELS, {"communities": scope.communities}).scalar_one())


def counts(session: Session, scope: Scope) -> dict[str, dict[str, int]]:
    """How many there are in scope: layer → kind ("" where it has none) → number. Flags of visible households only."""
    found: dict[str, dict[str, int]] = {}
    bound: dict[str, Any] = {"communities": scope.communities, "grids": scope.grids}
    for row in session.execute(_COUNTS, bound):
        found.setdefault(row.layer, {})[row.kind] = row.number
    return found


def is_from_openstreetmap(session: Session) -> bool:
    """Whether the map holds data of OpenStreetMap, whose licence asks that the page says so."""
    return bool(session.execute(_FROM_OSM).scalar_one())
