"""Plans of grids made by hand for the tests of publication."""

import json
import uuid

from sqlalchemy import text

from app.days import today

NEW = 1_000_000_000
COMMUNITY = text("""
    SELECT g.community_id FROM appointments p JOIN grids g ON g.id = p.grid_id WHERE p.role = 'grid_worker'
""")
BLOCKS = text("""
    SELECT b.id, b.grid_id, coalesce(sum(c.households), 0) AS households
    FROM blocks b LEFT JOIN buildings u ON u.block_id = b.id LEFT JOIN entrances e ON e.building_id = u.id
    LEFT JOIN household_counts c ON c.entrance_id = e.id
    WHERE b.community_id = :community GROUP BY b.id ORDER BY b.id
""")
GRIDS = text("""
    SELECT id, kind, name, name_en, code FROM grids
    WHERE community_id = :community AND valid_to IS NULL ORDER BY code
""")
ADD = text("""
    INSERT INTO grid_plans (id, name, area_id, state, blocks, grids, owner_id, changed_by, submitted_by, submitted_at,
        approved_by, approved_at, valid_from)
    SELECT :id, '调整', :area, :state, CAST(:blocks AS jsonb), CAST(:grids AS jsonb), o.id, o.id,
        CASE WHEN :state <> 'draft' THEN o.id END, now(), CASE WHEN :state = 'approved' THEN a.id END, now(), :day
    FROM users o, users a WHERE o.name = 'test-community-staff' AND a.name = 'test-planner'
""")
SHAPES = """
    SELECT a.id FROM blocks a JOIN blocks b ON b.id = :other
    WHERE a.grid_id = :grid AND ST_Length(ST_Intersection(a.geom, b.geom)) > 0
"""


class Town:
    """The grid worker's community with its grids, blocks and households, and plans of it."""

    def __init__(self, session, community=None):
        self.session = session
        self.community = community or session.scalar(COMMUNITY)
        self.read()

    def read(self):
        """Look again."""
        rows = self.session.execute(BLOCKS, {"community": self.community}).all()
        self.blocks = {row.id: row.grid_id for row in rows}
        self.households = {row.id: int(row.households) for row in rows}
        self.grids = {row.id: row for row in self.session.execute(GRIDS, {"community": self.community})}

    def of(self, grid):
        """The blocks of a grid, those with most households first."""
        return sorted((b for b, g in self.blocks.items() if g == grid), key=lambda b: (-self.households[b], b))

    def held(self, grid):
        """The households of a grid."""
        return sum(self.households[block] for block in self.of(grid))

    def large(self):
        """The grids of at least two blocks with households, largest first."""
        many = [g for g in self.grids if sum(self.households[b] > 0 for b in self.of(g)) > 1]
        return sorted(many, key=lambda g: (-self.held(g), g))

    def planned(self, grid=None, **changed):
        """A grid as a plan holds it: one of today, or a new one."""
        row = self.grids.get(grid)
        own = (row.name, row.name_en, row.kind, row.id, row.code) if row else ("新网格", "New", "base", None, None)
        names = dict(zip(("name", "name_en", "kind", "grid", "code"), own, strict=True))
        return names | {"locked": False, "community": self.community} | changed

    def plan(self, moves, grids=None, *, state="approved", day=None, area=None):
        """The id of a plan that puts blocks into other grids, and has new grids."""
        blocks = self.blocks | moves
        known = {grid: self.planned(grid) for grid in self.grids} | (grids or {})
        known = {number: grid for number, grid in known.items() if number in blocks.values()}
        number = uuid.uuid4()
        self.session.execute(
            ADD,
            {
                "id": number,
                "area": area or self.community,
                "state": state,
                "blocks": json.dumps(blocks),
                "grids": json.dumps(known),
                "day": day or today(),
            },
        )
        return number
