"""The layers of the areas and of the ground they lie on. The ground is the same for everybody."""

from app.tiles import Layer, register

IN_COMMUNITIES = "(CAST(:communities AS int[]) IS NULL OR t.community_id = ANY(:communities))"

AREAS = """
    SELECT {geom}, t.id, t.level, t.code, t.name, t.name_en
    FROM areas t WHERE {inside} AND (t.level <> 'sub_area' OR :z >= 14) AND (
        CAST(:communities AS int[]) IS NULL OR t.id IN (
            WITH RECURSIVE up(id, parent_id) AS (
                SELECT id, parent_id FROM areas WHERE id = ANY(:communities)
                UNION SELECT o.id, o.parent_id FROM areas o JOIN up ON o.id = up.parent_id
            ) SELECT id FROM up UNION SELECT id FROM areas WHERE level = 'sub_area' AND parent_id = ANY(:communities)))
"""
COMPOUNDS = f"""
    SELECT {{geom}}, t.id, t.name, t.name_en, t.manager FROM compounds t WHERE {{inside}} AND {IN_COMMUNITIES}
"""  # noqa: S608 (our own words; so in all of them)
BLOCKS = f"""
    SELECT {{geom}}, t.id, (
        SELECT count(*) FROM buildings u JOIN entrances e ON e.building_id = u.id
        JOIN dwellings d ON d.entrance_id = e.id JOIN households h ON h.dwelling_id = d.id
        WHERE u.block_id = t.id) AS households
    FROM blocks t WHERE {{inside}} AND {IN_COMMUNITIES}
"""  # noqa: S608
GRIDS = f"""
    SELECT {{geom}}, t.id, t.kind, t.code, t.name, t.name_en, t.tint, (
        SELECT count(*) FROM blocks b JOIN buildings u ON u.block_id = b.id JOIN entrances e ON e.building_id = u.id
        JOIN dwellings d ON d.entrance_id = e.id JOIN households h ON h.dwelling_id = d.id
        WHERE b.grid_id = t.id) AS households
    FROM grids t WHERE t.valid_to IS NULL AND {{inside}} AND {IN_COMMUNITIES}
"""  # noqa: S608
SURFACE = """
    SELECT {{geom}}, t.id, t.kind, nullif(t.name, '') AS name, nullif(t.name_en, '') AS name_en
    FROM {table} t WHERE {{inside}}
"""
RAILWAYS = """
    SELECT {geom}, t.id, nullif(t.name, '') AS name, t.bridge, t.tunnel FROM railways t WHERE {inside}
"""

register(
    Layer("areas", AREAS, ("areas",), labels=True),
    Layer("compounds", COMPOUNDS, ("areas",), from_zoom=12, labels=True),
    Layer("blocks", BLOCKS, ("grids", "buildings"), from_zoom=13),
    Layer("grids", GRIDS, ("grids", "buildings"), from_zoom=10, labels=True),
    Layer("water", SURFACE.format(table="waters"), ("ground",), labels=True, by_community=False),
    Layer("green", SURFACE.format(table="greens"), ("ground",), from_zoom=10, labels=True, by_community=False),
    Layer("railways", RAILWAYS, ("ground",), from_zoom=9, by_community=False),
)
