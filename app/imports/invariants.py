"""What must hold of a city in the database, each as the SQL that finds where it does not.

Every statement yields rows of (id, text): the row, or an array of rows, that breaks the rule, and by how much. Only
grids in force count.
"""

from typing import NamedTuple

TOLERANCE = 0.01  # square metres of gap or overlap that are rounding
TOUCHING = 2e-6  # degrees, about 0.2 m: a point this near a footprint is on it
NEAR = 0.003  # degrees, about 300 m: a road may leave its district by this much

LOW, HIGH = 300, 500  # households that a base grid should hold

BROKEN, MISSED = "broken", "missed"


class Invariant(NamedTuple):
    """A rule: its name, the table its ids are of, whether it is broken or a target missed, and how that is found."""

    kind: str
    table: str
    severity: str
    sql: str


BUILDING_IN_BLOCK = Invariant(
    "building_in_one_block",
    "buildings",
    BROKEN,
    """
    SELECT b.id, format('stands mostly in block %s, not in its own block %s', larger.id, own.id)
    FROM buildings b JOIN blocks own ON own.id = b.block_id
    JOIN LATERAL (
        SELECT other.id, ST_Area(ST_Intersection(other.geom, b.geom)) AS share FROM blocks other
        WHERE ST_Intersects(other.geom, b.geom) ORDER BY share DESC, other.id LIMIT 1
    ) larger ON larger.id <> own.id
    WHERE NOT ST_CoveredBy(b.geom, own.geom)
      AND larger.share > ST_Area(ST_Intersection(own.geom, b.geom)) * (1 + 1e-6)
    """,
)

BLOCK_IN_GRID = Invariant(
    "block_in_one_grid",
    "blocks",
    BROKEN,
    """
    SELECT k.id, CASE WHEN g.valid_to IS NOT NULL THEN format('its grid %s has ended', g.code)
                      ELSE format('its grid %s is of another community', g.code) END
    FROM blocks k JOIN grids g ON g.id = k.grid_id
    WHERE g.valid_to IS NOT NULL OR g.community_id <> k.community_id
    """,
)

GRID_IS_ITS_BLOCKS = Invariant(
    "grid_is_the_union_of_its_blocks",
    "grids",
    BROKEN,
    """
    SELECT id, CASE WHEN blocks = 0 THEN format('grid %s has no block', code)
                    ELSE format('grid %s: %s m² away from the union of its blocks, whose overlap is %s m²',
                                code, round(away::numeric, 2), round(overlap::numeric, 2)) END
    FROM (
        SELECT g.id, g.code, count(k.id) AS blocks,
               coalesce(ST_Area(ST_SymDifference(g.geom, ST_Union(k.geom))::geography), 0) AS away,
               coalesce((sum(ST_Area(k.geom)) - ST_Area(ST_Union(k.geom)))
                        * ST_Area(g.geom::geography) / ST_Area(g.geom), 0) AS overlap
        FROM grids g LEFT JOIN blocks k ON k.grid_id = g.id WHERE g.valid_to IS NULL GROUP BY g.id
    ) compared WHERE blocks = 0 OR away > :tolerance OR abs(overlap) > :tolerance
    """,
)

GRIDS_COVER = Invariant(
    "grids_cover_their_community",
    "areas",
    BROKEN,
    """
    SELECT id, format('%s: %s m² of gap or excess, %s m² of overlap', name, round(gap::numeric, 2),
                      round(overlap::numeric, 2))
    FROM (
        SELECT a.id, a.name, ST_Area(ST_SymDifference(a.geom, ST_Union(g.geom))::geography) AS gap,
               abs(sum(ST_Area(g.geom)) - ST_Area(ST_Union(g.geom)))
               * ST_Area(a.geom::geography) / ST_Area(a.geom) AS overlap
        FROM areas a LEFT JOIN grids g ON g.community_id = a.id AND g.valid_to IS NULL
        WHERE a.level = 'community' GROUP BY a.id
    ) compared WHERE gap IS NULL OR gap > :tolerance OR overlap > :tolerance
    """,
)

AREAS_NEST = Invariant(
    "areas_nest",
    "areas",
    BROKEN,
    """
    SELECT id, format('%s: %s m² away from the union of the areas in it, whose overlap is %s m²', name,
                      round(away::numeric, 2), round(overlap::numeric, 2))
    FROM (
        SELECT a.id, a.name, ST_Area(ST_SymDifference(a.geom, ST_Union(c.geom))::geography) AS away,
               abs(sum(ST_Area(c.geom)) - ST_Area(ST_Union(c.geom)))
               * ST_Area(a.geom::geography) / ST_Area(a.geom) AS overlap
        FROM areas a JOIN areas c ON c.parent_id = a.id GROUP BY a.id
    ) compared WHERE away > :tolerance OR overlap > :tolerance
    UNION ALL
    SELECT c.id, format('%s (%s) lies in no area that may hold it', c.name, c.level)
    FROM areas c LEFT JOIN areas p ON p.id = c.parent_id
    WHERE (c.level = 'district') <> (p.id IS NULL)
       OR array_position(ARRAY['district', 'subdistrict', 'community', 'sub_area'], c.level)
          <= array_position(ARRAY['district', 'subdistrict', 'community', 'sub_area'], p.level)
    """,
)

DWELLING_IN_BUILDING = Invariant(
    "dwelling_in_its_building",
    "dwellings",
    BROKEN,
    """
    SELECT d.id, format('floor %s of a building with %s floors', d.floor, b.floors)
    FROM dwellings d LEFT JOIN entrances e ON e.id = d.entrance_id LEFT JOIN buildings b ON b.id = e.building_id
    WHERE b.id IS NULL OR d.floor NOT BETWEEN 1 AND b.floors
    """,
)

ENTRANCE_ON_FOOTPRINT = Invariant(
    "entrance_on_its_footprint",
    "entrances",
    BROKEN,
    """
    SELECT e.id, format('%s m from building %s', round(ST_Distance(e.geom::geography, b.geom::geography)::numeric, 1),
                        b.id)
    FROM entrances e JOIN buildings b ON b.id = e.building_id WHERE NOT ST_DWithin(e.geom, b.geom, :touching)
    """,
)

HOUSEHOLD_IN_GRID = Invariant(
    "household_in_its_grid",
    "households",
    BROKEN,
    """
    SELECT h.id, format('in grid %s; it or a flag of it says something else', k.grid_id)
    FROM households h JOIN dwellings d ON d.id = h.dwelling_id JOIN entrances e ON e.id = d.entrance_id
    JOIN buildings b ON b.id = e.building_id JOIN blocks k ON k.id = b.block_id
    WHERE h.block_id <> k.id OR EXISTS (
        SELECT FROM flags f WHERE f.household_id = h.id AND (f.block_id, f.building_id) <> (k.id, b.id))
    """,
)

HOUSEHOLDS_COUNTED = Invariant(
    "households_counted",
    "entrances",
    BROKEN,
    """
    SELECT coalesce(c.entrance_id, t.entrance_id), format('floor %s: %s households, counted as %s',
           coalesce(c.floor, t.floor), coalesce(t.households, 0), coalesce(c.households, 0))
    FROM household_counts c FULL JOIN (
        SELECT d.entrance_id, d.floor, count(*) AS households FROM households h
        JOIN dwellings d ON d.id = h.dwelling_id GROUP BY d.entrance_id, d.floor
    ) t ON t.entrance_id = c.entrance_id AND t.floor = c.floor
    WHERE c.households IS DISTINCT FROM t.households
    """,
)

GRID_SIZE = Invariant(
    "households_per_grid",
    "grids",
    MISSED,
    """
    SELECT g.id, format('grid %s %s: %s households, not %s to %s', g.code, g.name, coalesce(held.households, 0),
                        :low, :high)
    FROM grids g LEFT JOIN (
        SELECT k.grid_id, sum(c.households) AS households FROM household_counts c
        JOIN entrances e ON e.id = c.entrance_id JOIN buildings b ON b.id = e.building_id
        JOIN blocks k ON k.id = b.block_id GROUP BY k.grid_id
    ) held ON held.grid_id = g.id
    WHERE g.valid_to IS NULL AND g.kind = 'base' AND coalesce(held.households, 0) NOT BETWEEN :low AND :high
    """,
)

VACANT_POSTS = Invariant(
    "vacant_posts",
    "grids",
    MISSED,
    """
    SELECT array_agg(g.id ORDER BY g.id),
           format('%s: %s of %s posts of these grids vacant', a.name, sum(vacant), sum(posts))
    FROM grids g JOIN areas a ON a.id = g.community_id JOIN LATERAL (
        SELECT count(*) AS posts, count(*) FILTER (WHERE p.holder IS NULL) AS vacant FROM posts p WHERE p.grid_id = g.id
    ) staff ON vacant > 0 OR posts = 0
    WHERE g.valid_to IS NULL GROUP BY a.id
    """,
)

CODE_ONCE = Invariant(
    "code_once_a_day",
    "grids",
    BROKEN,
    """
    SELECT b.id, format('code %s is that of grid %s on the same day', b.code, a.id)
    FROM grids a JOIN grids b ON a.code = b.code AND a.id < b.id
    WHERE daterange(a.valid_from, a.valid_to) && daterange(b.valid_from, b.valid_to)
    """,
)

ROUTE_IN_FORCE = Invariant(
    "in_a_grid_in_force",
    "patrol_routes",
    BROKEN,
    """
    SELECT r.id, format('its grid %s has ended', g.code) FROM patrol_routes r JOIN grids g ON g.id = r.grid_id
    WHERE g.valid_to IS NOT NULL
    """,
)

APPOINTMENT_IN_FORCE = Invariant(
    "in_a_grid_in_force",
    "appointments",
    BROKEN,
    """
    SELECT p.id, format('its grid %s has ended', g.code) FROM appointments p JOIN grids g ON g.id = p.grid_id
    WHERE g.valid_to IS NOT NULL AND (p.ends_at IS NULL OR p.ends_at > greatest(now(), p.starts_at))
    """,
)

PHONES_SEALED = Invariant(
    "phones_sealed",
    "households",
    BROKEN,
    """
    SELECT (array_agg(id ORDER BY id))[1:20], format('%s phones are stored plain: run wangge up', count(*))
    FROM households WHERE contact_phone <> '' AND contact_phone !~ :sealed HAVING count(*) > 0
    """,
)

PHONES_READABLE = Invariant(
    "phones_readable",
    "households",
    BROKEN,
    """
    SELECT (array_agg(id ORDER BY id))[1:20],
           format('%s phones are sealed with the key %s, which is not here', count(*), left(contact_phone, 8))
    FROM households WHERE contact_phone ~ :sealed
      AND NOT left(contact_phone, 8) = ANY(coalesce(CAST(:keys AS text[]), ARRAY[left(contact_phone, 8)]))
    GROUP BY left(contact_phone, 8)
    """,
)

INSIDE = {
    "blocks": "JOIN areas a ON a.id = t.community_id WHERE NOT ST_CoveredBy(t.geom, a.geom) "
    "AND ST_Area(ST_Difference(t.geom, a.geom)::geography) > :tolerance",
    "buildings": "JOIN blocks k ON k.id = t.block_id WHERE NOT ST_Intersects(t.geom, k.geom)",
    "compounds": "JOIN areas a ON a.id = t.community_id WHERE NOT ST_Intersects(t.geom, a.geom)",
    "stations": "JOIN areas a ON a.id = t.community_id WHERE NOT ST_DWithin(t.geom, a.geom, :touching)",
    "patrol_routes": "JOIN grids a ON a.id = t.grid_id WHERE NOT ST_DWithin(t.geom, a.geom, :near)",
    "road_nodes": "JOIN areas a ON a.id = t.district_id WHERE NOT ST_DWithin(t.geom, a.geom, :near)",
    "road_edges": "JOIN areas a ON a.id = t.district_id WHERE NOT ST_DWithin(t.geom, a.geom, :near)",
    "waters": "JOIN areas a ON a.id = t.district_id WHERE NOT ST_DWithin(t.geom, a.geom, :near)",
    "greens": "JOIN areas a ON a.id = t.district_id WHERE NOT ST_DWithin(t.geom, a.geom, :near)",
    "railways": "JOIN areas a ON a.id = t.district_id WHERE NOT ST_DWithin(t.geom, a.geom, :near)",
}

SHAPED = ("areas", "grids", "entrances", *INSIDE)


def _inside(table: str) -> Invariant:
    sql = f"SELECT t.id, 'lies outside its area' FROM {table} t {INSIDE[table]}"  # noqa: S608 (names of ours)
    return Invariant("inside_its_area", table, BROKEN, sql)


def _sound(table: str) -> Invariant:
    sql = (
        f"SELECT t.id, CASE WHEN ST_IsEmpty(t.geom) THEN 'is empty' ELSE ST_IsValidReason(t.geom) END "  # noqa: S608
        f"FROM {table} t WHERE ST_IsEmpty(t.geom) OR NOT ST_IsValid(t.geom)"
    )
    return Invariant("geometry_sound", table, BROKEN, sql)


INVARIANTS = (
    *(_sound(table) for table in SHAPED),
    AREAS_NEST,
    GRIDS_COVER,
    GRID_IS_ITS_BLOCKS,
    BLOCK_IN_GRID,
    BUILDING_IN_BLOCK,
    ENTRANCE_ON_FOOTPRINT,
    DWELLING_IN_BUILDING,
    HOUSEHOLD_IN_GRID,
    HOUSEHOLDS_COUNTED,
    *(_inside(table) for table in INSIDE),
    CODE_ONCE,
    ROUTE_IN_FORCE,
    APPOINTMENT_IN_FORCE,
    PHONES_SEALED,
    PHONES_READABLE,
    GRID_SIZE,
    VACANT_POSTS,
)
"""Cheap and fundamental first: what breaks an early one explains what breaks later."""
