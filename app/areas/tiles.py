"""The layers of the areas and of the ground they lie on. The ground is the same for everybody."""

from app.tiles import Layer

IN_COMMUNITIES = "(CAST(:communities AS int[]) IS NULL OR t.community_id = ANY(:communities))"

AREAS = """
    SELECT t.* FROM areas t WHERE {inside} AND (t.level <> 'sub_area' OR :z >= 14) AND (
        CAST(:communities AS int[]) IS NULL OR t.id IN (
            WITH RECURSIVE up(id, parent_id) AS (
                SELECT id, parent_id FROM areas WHERE id = ANY(:communities)
                UNION SELECT o.id, o.parent_id FROM areas o JOIN up ON o.id = up.parent_id
            ) SELECT id FROM up UNION SELECT id FROM areas WHERE level = 'sub_area' AND parent_id = ANY(:communities)))
"""
COMPOUNDS = f"SELECT t.* FROM compounds t WHERE {{inside}} AND {IN_COMMUNITIES}"  # noqa: S608 (our own words)
# Households are counted for the whole tile at once: one by one, a city's 300 grids took three seconds.
BLOCKS = f"""
    WITH counted AS (
        SELECT u.block_id, sum(h.households) AS households
        FROM buildings u JOIN entrances e ON e.building_id = u.id JOIN household_counts h ON h.entrance_id = e.id
        WHERE u.block_id IN (SELECT t.id FROM blocks t WHERE {{inside}}) GROUP BY u.block_id
    )
    SELECT t.*, coalesce(c.households, 0) AS households FROM blocks t LEFT JOIN counted c ON c.block_id = t.id
    WHERE {{inside}} AND {IN_COMMUNITIES}
"""  # noqa: S608
GRIDS = f"""
    WITH counted AS (
        SELECT b.grid_id, sum(h.households) AS households
        FROM blocks b JOIN buildings u ON u.block_id = b.id JOIN entrances e ON e.building_id = u.id
        JOIN household_counts h ON h.entrance_id = e.id
        WHERE b.grid_id IN (SELECT t.id FROM grids t WHERE {{inside}}) GROUP BY b.grid_id
    )
    SELECT t.*, coalesce(c.households, 0) AS households FROM grids t LEFT JOIN counted c ON c.grid_id = t.id
    WHERE t.valid_to IS NULL AND {{inside}} AND {IN_COMMUNITIES}
"""  # noqa: S608
SURFACE = """
    SELECT t.geom_3857, t.id, t.kind, nullif(t.name, '') AS name, nullif(t.name_en, '') AS name_en
    FROM {table} t WHERE {{inside}}
"""
RAILWAYS = "SELECT t.geom_3857, t.id, nullif(t.name, '') AS name, t.bridge, t.tunnel FROM railways t WHERE {inside}"

LAYERS = (
    Layer("areas", "id, level, code, name, name_en", AREAS, ("areas",), labels="id, level, code, name, name_en"),
    Layer("compounds", "id, name, name_en, manager", COMPOUNDS, ("areas",), labels="id, name, name_en", from_zoom=12),
    Layer("blocks", "id, households", BLOCKS, ("grids", "buildings"), from_zoom=13),
    Layer(
        "grids",
        "id, kind, code, name, name_en, households, tint",
        GRIDS,
        ("grids", "buildings"),
        labels="id, kind, code, name, name_en, households",
        from_zoom=10,
    ),
    Layer(
        "water",
        "id, kind, name, name_en",
        SURFACE.format(table="waters"),
        ("ground",),
        labels="id, kind, name, name_en",
        by_community=False,
    ),
    Layer(
        "green",
        "id, kind, name, name_en",
        SURFACE.format(table="greens"),
        ("ground",),
        labels="id, kind, name, name_en",
        from_zoom=10,
        by_community=False,
    ),
    Layer("railways", "id, name, bridge, tunnel", RAILWAYS, ("ground",), from_zoom=9, by_community=False),
)
