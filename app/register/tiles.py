"""The buildings: their shapes for all, and how many households of each flag they hold for those who may know."""

from app.days import TODAY_SQL
from app.register.kinds import STYLES
from app.tiles import Layer

FLAGS = ", ".join(f"f_{style.kind}" for style in STYLES)
COUNTS = ", ".join(f"nullif(count(*) FILTER (WHERE f.kind = '{s.kind}'), 0) AS f_{s.kind}" for s in STYLES)
# The most pressing flag colours the building.
COLOURING = " ".join(f"WHEN flagged.f_{style.kind} > 0 THEN '{style.kind}'" for style in STYLES)

# Both counts are made for the whole tile at once: one by one, a tile of 2,500 buildings took two seconds.
BUILDINGS = f"""
    WITH inside AS (SELECT t.id FROM buildings t WHERE {{inside}}),
    counted AS (
        SELECT e.building_id, sum(c.households) AS households
        FROM entrances e JOIN household_counts c ON c.entrance_id = e.id
        WHERE e.building_id IN (SELECT id FROM inside) GROUP BY e.building_id
    ), flagged AS (
        SELECT f.building_id, {COUNTS} FROM flags f JOIN blocks k ON k.id = f.block_id
        WHERE f.building_id IN (SELECT id FROM inside) AND (CAST(:grids AS int[]) IS NULL OR k.grid_id = ANY(:grids))
            AND f.cleared_at IS NULL AND (f.expires_on IS NULL OR f.expires_on >= {TODAY_SQL})
        GROUP BY f.building_id
    )
    SELECT t.geom_3857, t.id, t.kind, nullif(t.name, '') AS name, nullif(t.address, '') AS address, t.floors, t.height,
        b.grid_id, coalesce(counted.households, 0) AS households, {FLAGS}, CASE {COLOURING} END AS flag
    FROM buildings t JOIN blocks b ON b.id = t.block_id
    LEFT JOIN counted ON counted.building_id = t.id
    LEFT JOIN flagged ON flagged.building_id = t.id
    WHERE {{inside}} AND (CAST(:communities AS int[]) IS NULL OR b.community_id = ANY(:communities))
"""  # noqa: S608 (our own words)

LAYERS = (
    Layer(
        "buildings",
        f"id, kind, name, address, floors, height, grid_id, households, {FLAGS}, flag",
        BUILDINGS,
        ("buildings", "flags", "grids"),
        from_zoom=13,
        by_grid=True,
        by_day=True,
    ),
)
