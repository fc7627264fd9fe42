"""What the map page needs beside the tiles: how many there are of everything, and whose data it is."""

from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.areas.scope import Scope
from app.days import TODAY_SQL

_COUNTS = text(f"""
    SELECT 'areas' AS layer, '' AS kind, count(*) AS number FROM areas
        WHERE level = 'community' AND (CAST(:communities AS int[]) IS NULL OR id = ANY(:communities))
    UNION ALL SELECT 'compounds', '', count(*) FROM compounds
        WHERE CAST(:communities AS int[]) IS NULL OR community_id = ANY(:communities)
    UNION ALL SELECT 'grids', kind, count(*) FROM grids
        WHERE valid_to IS NULL AND (CAST(:communities AS int[]) IS NULL OR community_id = ANY(:communities))
        GROUP BY kind
    UNION ALL SELECT 'buildings', u.kind, count(*) FROM buildings u JOIN blocks b ON b.id = u.block_id
        WHERE CAST(:communities AS int[]) IS NULL OR b.community_id = ANY(:communities) GROUP BY u.kind
    UNION ALL SELECT 'stations', kind, count(*) FROM stations
        WHERE CAST(:communities AS int[]) IS NULL OR community_id = ANY(:communities) GROUP BY kind
    UNION ALL SELECT 'patrol-routes', '', count(*) FROM patrol_routes p JOIN grids g ON g.id = p.grid_id
        WHERE g.valid_to IS NULL AND (CAST(:communities AS int[]) IS NULL OR g.community_id = ANY(:communities))
    UNION ALL SELECT 'incidents', category, count(*) FROM incidents
        WHERE state <> 'closed' AND (CAST(:communities AS int[]) IS NULL OR community_id = ANY(:communities))
        GROUP BY category
    UNION ALL SELECT 'flags', f.kind, count(*) FROM flags f JOIN blocks b ON b.id = f.block_id
        WHERE f.cleared_at IS NULL AND (f.expires_on IS NULL OR f.expires_on >= {TODAY_SQL})
        AND (CAST(:communities AS int[]) IS NULL OR b.community_id = ANY(:communities))
        AND (CAST(:grids AS int[]) IS NULL OR b.grid_id = ANY(:grids)) GROUP BY f.kind
""")  # noqa: S608 (our own words)

_FROM_OSM = text("SELECT EXISTS (SELECT 1 FROM areas WHERE key LIKE 'osm:%')")


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
