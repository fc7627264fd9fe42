"""The buildings: their shapes for all, and how many households of each flag they hold for those who may know."""

from app.register.kinds import STYLES
from app.tiles import Layer, register

COUNTS = ", ".join(f"count(*) FILTER (WHERE f.kind = '{style.kind}') AS f_{style.kind}" for style in STYLES)
SHOWN = ", ".join(f"nullif(flagged.f_{style.kind}, 0) AS f_{style.kind}" for style in STYLES)
# The most pressing flag colours the building.
COLOURING = " ".join(f"WHEN flagged.f_{style.kind} > 0 THEN '{style.kind}'" for style in STYLES)

BUILDINGS = f"""
    SELECT {{geom}}, t.id, t.kind, nullif(t.name, '') AS name, nullif(t.address, '') AS address, t.floors, t.height,
        b.grid_id, (
            SELECT count(*) FROM entrances e JOIN dwellings d ON d.entrance_id = e.id
            JOIN households h ON h.dwelling_id = d.id WHERE e.building_id = t.id) AS households,
        {SHOWN}, CASE {COLOURING} END AS flag
    FROM buildings t JOIN blocks b ON b.id = t.block_id LEFT JOIN LATERAL (
        SELECT {COUNTS}
        FROM entrances e JOIN dwellings d ON d.entrance_id = e.id JOIN households h ON h.dwelling_id = d.id
        JOIN flags f ON f.household_id = h.id
        WHERE e.building_id = t.id AND f.cleared_at IS NULL AND (f.expires_on IS NULL OR f.expires_on >= CURRENT_DATE)
    ) flagged ON CAST(:grids AS int[]) IS NULL OR b.grid_id = ANY(:grids)
    WHERE {{inside}} AND (CAST(:communities AS int[]) IS NULL OR b.community_id = ANY(:communities))
"""  # noqa: S608 (our own words)

register(
    Layer("buildings", BUILDINGS, ("buildings", "flags", "grids"), from_zoom=13, by_grid=True, by_day=True),
)
