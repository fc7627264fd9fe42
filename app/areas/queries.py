"""Reads of the areas: the tree, compounds, grids with their posts, blocks."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts.identity import Identity
from app.accounts.rights import Capability
from app.areas.scope import Scope, scope_of
from app.features import BBox, feature, features

# An area is planned for where the scope holds each of its communities, and there is one; `WITH` of a longer statement.
PLANNED = """
    WITH RECURSIVE up(community, id) AS (
        SELECT id, id FROM areas WHERE level = 'community'
        UNION ALL SELECT up.community, a.parent_id FROM up JOIN areas a ON a.id = up.id WHERE a.parent_id IS NOT NULL
    ), planned AS (
        SELECT id, array_agg(community) AS communities FROM up GROUP BY id
        HAVING CAST(:communities AS int[]) IS NULL OR bool_and(community = ANY(CAST(:communities AS int[]))))
"""
_PLANNED = text(f"{PLANNED} SELECT id FROM planned")  # noqa: S608 (our own words)
_OUTSIDE = text("""
    SELECT place.number - 1
    FROM unnest(CAST(:lons AS float[]), CAST(:lats AS float[])) WITH ORDINALITY place(lon, lat, number)
    WHERE NOT EXISTS (SELECT FROM areas a
        WHERE a.id = :area AND ST_Intersects(a.geom, ST_SetSRID(ST_MakePoint(place.lon, place.lat), 4326)))
    ORDER BY 1
""")
HOUSEHOLDS_TARGET = {"low": 300, "high": 500}

# A scope's own communities, and what is above and below them: the tree is seen from its root down to one's own leaves.
AREAS = """
    SELECT a.id, a.geom, a.level, a.code, a.name, a.name_en, a.names, a.parent_id
    FROM areas a
    WHERE CAST(:communities AS int[]) IS NULL OR a.id IN (
        WITH RECURSIVE up(id, parent_id) AS (
            SELECT id, parent_id FROM areas WHERE id = ANY(:communities)
            UNION SELECT o.id, o.parent_id FROM areas o JOIN up ON o.id = up.parent_id
        ) SELECT id FROM up UNION SELECT id FROM areas WHERE level = 'sub_area' AND parent_id = ANY(:communities))
"""
IN_SCOPE = "(CAST(:communities AS int[]) IS NULL OR {table}.community_id = ANY(:communities))"
COMPOUNDS = f"""
    SELECT c.id, c.geom, c.name, c.name_en, c.names, c.manager, c.has_committee, c.community_id,
        json_build_object('id', a.id, 'name', a.name, 'name_en', a.name_en) AS community
    FROM compounds c JOIN areas a ON a.id = c.community_id
    WHERE {IN_SCOPE.format(table="c")}
"""  # noqa: S608 (our own words; so in all of them below)
BLOCKS = f"""
    SELECT b.id, b.geom, b.community_id, b.compound_id, b.grid_id, coalesce(h.households, 0) AS households
    FROM blocks b LEFT JOIN LATERAL (
        SELECT sum(c.households) AS households FROM buildings u JOIN entrances e ON e.building_id = u.id
        JOIN household_counts c ON c.entrance_id = e.id
        WHERE u.block_id = b.id) h ON true
    WHERE {IN_SCOPE.format(table="b")}
"""  # noqa: S608
GRIDS = f"""
    SELECT g.id, g.geom, g.kind, g.level, g.code, g.code_scheme, g.name, g.name_en, g.tint, g.valid_from,
        g.community_id, coalesce((
            SELECT sum(c.households) FROM blocks b JOIN buildings u ON u.block_id = b.id
            JOIN entrances e ON e.building_id = u.id JOIN household_counts c ON c.entrance_id = e.id
            WHERE b.grid_id = g.id), 0) AS households,
        (SELECT count(*) FROM blocks b JOIN buildings u ON u.block_id = b.id WHERE b.grid_id = g.id) AS buildings
    FROM grids g WHERE g.valid_to IS NULL AND {IN_SCOPE.format(table="g")}
"""  # noqa: S608
POSTS = text("""
    SELECT role, ordinal, holder, holder IS NULL AS vacant FROM posts WHERE grid_id = :grid_id
    ORDER BY array_position(ARRAY['instructor', 'leader', 'full_time_worker', 'part_time_worker'], role), ordinal
""")
# Stations and patrol routes belong to later slices, whose tables a grid's page only counts and names.
STATIONS = text("SELECT count(*) FROM stations s JOIN grids g ON ST_Covers(g.geom, s.geom) WHERE g.id = :grid_id")
ROUTES = text("SELECT id, name, length, seconds FROM patrol_routes WHERE grid_id = :grid_id ORDER BY id")
COMMUNITY = text("""
    SELECT a.id, a.name, a.name_en FROM areas a JOIN grids g ON g.community_id = a.id WHERE g.id = :grid_id
""")
LISTS = {"areas": AREAS, "compounds": COMPOUNDS, "blocks": BLOCKS, "grids": GRIDS}
"""Which statement lists what."""


def listed(
    session: Session, scope: Scope, kind: str, *, bbox: BBox | None = None, after: int = 0, limit: int = 100
) -> list[str]:
    """Up to `limit` visible features of a kind of LISTS with an id over `after`, by id, as GeoJSON texts."""
    return features(session, LISTS[kind], bbox=bbox, after=after, limit=limit, communities=scope.communities)


def one(session: Session, scope: Scope, kind: str, number: int) -> dict[str, Any] | None:
    """The visible feature of a kind of LISTS with this id, or None."""
    source = f"SELECT * FROM ({LISTS[kind]}) one WHERE one.id = :number"  # noqa: S608
    return feature(session, source, number=number, communities=scope.communities)


def grid(session: Session, scope: Scope, grid_id: int) -> dict[str, Any] | None:
    """The visible grid with its community, posts, target, stations and patrol routes, or None."""
    found = one(session, scope, "grids", grid_id)
    if found is None:
        return None
    bound = {"grid_id": grid_id}
    found["properties"] |= {
        "target": HOUSEHOLDS_TARGET,
        "community": dict(session.execute(COMMUNITY, bound).mappings().one()),
        "posts": [dict(row) for row in session.execute(POSTS, bound).mappings()],
        "stations": session.execute(STATIONS, bound).scalar_one(),
        "patrol_routes": [dict(row) for row in session.execute(ROUTES, bound).mappings()],
    }
    return found


def planned(session: Session, who: Identity, capability: Capability) -> frozenset[int]:
    """The ids of the areas over all of which the user may do what the capability allows."""
    if not who.may(capability):
        return frozenset()
    return frozenset(session.scalars(_PLANNED, {"communities": scope_of(session, who, capability).communities}))


def outside(session: Session, area_id: int, places: Sequence[tuple[float, float]]) -> list[int]:
    """The positions of the places (lon, lat) that do not lie in the area."""
    if not places:
        return []
    lons, lats = [place[0] for place in places], [place[1] for place in places]
    return [int(at) for at in session.scalars(_OUTSIDE, {"area": area_id, "lons": lons, "lats": lats})]


def dataset_versions(session: Session) -> dict[str, int]:
    """How often each dataset has changed."""
    rows = session.execute(text("SELECT dataset, version FROM data_versions ORDER BY dataset"))
    return {row.dataset: row.version for row in rows}
