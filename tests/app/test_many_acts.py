"""Hundreds of acts of a seeded hand on one community, through the services and PostGIS: nothing is lost or doubled."""

import random
import uuid

import pytest
import shapely
from shapely import LineString, affinity
from sqlalchemy import text

from app.accounts.queries import by_name
from app.days import today
from app.errors import DomainError
from app.imports.check import check
from app.jobs.kinds import Task
from app.plans import division, drafts, stored, suggesting
from app.plans.edits import edit
from app.plans.ground import ground_of
from app.plans.schemas import EditIn, PlanIn, SuggestionIn
from app.publication import service
from gis.grid_codes import scheme
from gis.plan import NO_GRID
from tests.app.planned import Town
from tests.app.planning import FIRST_NEW, new_grid, pairs, shapes_of
from tests.app.test_enacting_many import TWICE, UNCOVERED, age
from tests.fixtures.town import USERS

ACTS = 240
LOOK = 20  # acts from one look at everything to the next
PUBLISH = 80  # acts from one publication to the next
CODES = scheme("area12+3")
USUAL = {"split": 5, "merge": 5, "flip": 9, "create": 3, "dissolve": 3, "undo": 4, "rename": 1}

HOMES = text("""
    SELECT u.id, count(DISTINCT k.id) AS blocks, count(h.id) AS households, count(DISTINCT h.id) AS different,
        bool_and(h.block_id IS NULL OR h.block_id = k.id) AS with_their_block
    FROM buildings u LEFT JOIN blocks k ON k.id = u.block_id LEFT JOIN entrances e ON e.building_id = u.id
    LEFT JOIN dwellings d ON d.entrance_id = e.id LEFT JOIN households h ON h.dwelling_id = d.id
    GROUP BY u.id ORDER BY u.id
""")
LIVING = text("""
    SELECT u.block_id, count(h.id) AS households FROM buildings u JOIN blocks k ON k.id = u.block_id
    JOIN entrances e ON e.building_id = u.id JOIN dwellings d ON d.entrance_id = e.id
    JOIN households h ON h.dwelling_id = d.id WHERE k.community_id = :community GROUP BY 1
""")
OUTLINES = text("""
    SELECT g.id FROM grids g JOIN blocks b ON b.grid_id = g.id WHERE g.community_id = :community
    GROUP BY g.id HAVING ST_Area(ST_SymDifference(g.geom, ST_Union(b.geom))) > 1e-14
""")


class Hand:
    """Somebody who does whatever comes to mind in one community, in one draft after the other."""

    def __init__(self, session, sessions, seed):
        self.session, self.sessions, self.random = session, sessions, random.Random(seed)  # noqa: S311 (no secret)
        self.town = Town(session)
        self.community = self.town.community
        self.drawer, self.decider = (by_name(session, USERS[who])[0] for who in ("community_staff", "planner"))
        self.area = shapes_of(session, "areas", [self.community])[self.community]
        self.done, self.published, self.edits = dict.fromkeys(USUAL, 0), [], []
        self.homes = [(row.id, row.households) for row in session.execute(HOMES)]
        self.draft = self.begin()

    def asks(self, who):
        return stored.reader(self.session, who)

    def begin(self):
        self.edits = []
        wanted = PlanIn(id=uuid.UUID(int=self.random.getrandbits(128)), name="调整", area_id=self.community)
        return uuid.UUID(drafts.create(self.session, self.asks(self.drawer), wanted)["id"])

    def plan(self):
        return drafts.shown(self.session, self.asks(self.drawer), self.draft)

    def act(self, kind):
        """Do it, or be refused by a sentence and leave no trace."""
        with self.session.begin_nested() as step:
            try:
                getattr(self, kind)()
            except DomainError:
                step.rollback()
                self.session.expire_all()
            else:
                self.done[kind] += 1

    def split(self):
        ids = [int(block) for block in self.plan()["blocks"]]
        block = self.random.choice(ids)
        shape = shapes_of(self.session, "blocks", [block])[block]
        line = affinity.rotate(LineString([(-1, 0), (1, 0)]), self.random.uniform(0, 180))
        at = shape.representative_point()
        across = shapely.intersection(affinity.translate(line, at.x, at.y), shape)
        ends = shapely.get_coordinates(across)[[0, -1]].tolist()
        division.split(self.session, self.asks(self.drawer), block, ends, 3.0)

    def merge(self):
        within = [pair for pair, same in pairs(self.session, self.community) if same]
        division.merge(self.session, self.asks(self.drawer), self.random.choice(within))

    def flip(self):
        plan = self.plan()
        block = self.random.choice(list(plan["blocks"]))
        self.edit(plan, {block: (plan["blocks"][block], int(self.random.choice(list(plan["grids"]))))})

    def create(self):
        plan = self.plan()
        number = self.random.randrange(FIRST_NEW, 2 * FIRST_NEW)
        some = self.random.sample(list(plan["blocks"]), 2)
        self.edit(
            plan,
            {block: (plan["blocks"][block], number) for block in some},
            {str(number): (None, new_grid(plan, self.community, name=f"新{number}"))},
        )

    def dissolve(self):
        plan = self.plan()
        number, heir = self.random.sample(sorted(plan["grids"]), 2)
        own = [block for block, grid in plan["blocks"].items() if grid == int(number)]
        self.edit(plan, {block: (int(number), int(heir)) for block in own}, {number: (plan["grids"][number], None)})

    def rename(self):
        plan = self.plan()
        number = self.random.choice(sorted(plan["grids"]))
        grid = plan["grids"][number]
        self.edit(plan, {}, {number: (grid, grid | {"name": f"改{self.random.randrange(1000)}"})})

    def undo(self):
        if self.edits:
            made = self.edits.pop()
            back = {block: (after, before) for block, (before, after) in made.blocks.items()}
            grids = {number: (after, before) for number, (before, after) in made.grids.items()}
            self.edit(self.plan(), back, grids, kept=False)

    def edit(self, plan, blocks, grids=None, *, kept=True):
        wanted = EditIn.model_validate({"blocks": blocks, "grids": grids or {}})
        edit(self.session, self.asks(self.drawer), self.draft, wanted, seen=plan["version"])
        if kept:
            self.edits.append(wanted)

    def suggestion(self):
        """Take what is suggested for the draft, whatever it had become."""
        question = SuggestionIn(way="new", alternatives=1, seed=self.random.randrange(1, 10**6)).model_dump(mode="json")
        plan = self.plan()
        task = Task(1, {"plan": str(self.draft), "question": question}, self.drawer, self.community)
        (found,) = suggesting.work(self.sessions, task, lambda *_, **__: None)["alternatives"]
        blocks = {block: (plan["blocks"][block], after) for block, after in found["blocks"].items()}
        grids = {number: (plan["grids"].get(number), grid) for number, grid in found["grids"].items()}
        self.edit(plan, blocks, grids)

    def publish(self):
        """Bring the draft into force, put back what was before it, and begin another."""
        age(self.town, 2 ** len(self.published))
        plan = self.enacted(self.draft)
        age(self.town, 2 ** len(self.published))
        back = uuid.UUID(int=self.random.getrandbits(128))
        service.undo(self.session, self.asks(self.drawer), plan, back, "恢复")
        self.enacted(back)
        self.draft = self.begin()

    def enacted(self, plan):
        service.submit(self.session, self.asks(self.drawer), plan, CODES)
        told = service.approve(self.session, self.asks(self.decider), plan, today(), CODES)
        assert told["state"] == "in_force"
        self.session.expire_all()
        self.published.append(plan)
        return plan

    def look(self):
        """Whatever was done, the ground is whole, everybody lives where they did, and the counts are right."""
        ids = set(self.session.scalars(text("SELECT id FROM blocks WHERE community_id = :c"), {"c": self.community}))
        shapes = list(shapes_of(self.session, "blocks", ids).values())
        assert shapely.coverage_is_valid(shapes)
        assert shapely.coverage_union_all(shapes).symmetric_difference(self.area).area < 1e-14
        assert abs(shapely.area(shapes).sum() - self.area.area) < 1e-14
        rows = self.session.execute(HOMES).all()
        assert [(row.id, row.households) for row in rows] == self.homes
        assert all((row.blocks, row.different, row.with_their_block) == (1, row.households, True) for row in rows)
        assert not self.session.execute(OUTLINES, {"community": self.community}).all()
        self.look_at_the_draft(ids)

    def look_at_the_draft(self, ids):
        plan = self.plan()
        assert set(map(int, plan["blocks"])) == ids
        assert {str(number) for number in plan["blocks"].values()} - {str(NO_GRID)} <= set(plan["grids"])
        living = {row.block_id: row.households for row in self.session.execute(LIVING, {"community": self.community})}
        atoms = ground_of(self.session, self.community).ground.atoms
        tallies = dict(zip(map(int, atoms.keys), atoms.households.tolist(), strict=True))
        assert tallies == {block: living.get(block, 0) for block in ids}


@pytest.fixture
def hand(app, session):
    from app.db import Session

    with app.test_request_context():
        yield Hand(session, Session, seed=5)


def test_hundreds_of_acts_and_their_publications_leave_the_ground_whole_and_everybody_counted(hand, session):
    for number in range(1, ACTS + 1):
        hand.act(*hand.random.choices(list(USUAL), USUAL.values()))
        if number % PUBLISH == 0:
            hand.suggestion()
            hand.publish()
        if number % LOOK == 0:
            hand.look()
    assert len(hand.published) == 2 * ACTS // PUBLISH
    assert min(hand.done[kind] for kind in USUAL) >= 3, hand.done  # each act was made, and not refused alone
    assert not [one for one in check(session).violations if one.severity == "broken"]
    assert not session.execute(text(TWICE)).all()
    assert not session.execute(text(UNCOVERED)).all()
