"""Twenty planners at the same plan at the same moment, and blocks split under their hands: nobody's work is lost."""

import json
import random
import uuid
from threading import Thread

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session as SqlSession

from app.accounts import queries, service
from app.accounts.models import Role
from app.areas.models import Area
from app.errors import Changed, DomainError
from app.plans import division, drafts, stored
from app.plans.edits import edit
from app.plans.schemas import FIRST_NEW, EditIn, PlanIn
from tests.app.planning import cut_of, new_grid
from tests.app.test_events import begun, hub_on
from tests.fixtures.town import PASSWORD

PLANNERS, EDITS, SPLITS = 20, 100, 5
PLAN = uuid.UUID(int=5)
LOG = text("SELECT version, made_by, changes FROM grid_plan_edits WHERE plan_id = :plan ORDER BY version")


@pytest.fixture
def office(app, fresh_database):
    """`office(act)` gives an act a session of its own, and commits; `office.planners` are users over the district."""
    with fresh_database() as database:
        engine = create_engine(database.app, pool_size=PLANNERS + 2)

        def do(who, act):
            with app.test_request_context(), SqlSession(engine) as session, session.begin():
                return act(session, stored.reader(session, who))

        do.database = database
        owner = create_engine(database.owner)
        with SqlSession(owner) as session, session.begin():
            do.district = session.scalar(text("SELECT id FROM areas WHERE level = 'district'"))
            code = session.get_one(Area, do.district).code
            for at in range(PLANNERS):
                service.add_user(session, name=f"planner-{at}", role=Role.PLANNER, area_code=code, password=PASSWORD)
        with SqlSession(owner) as session:
            do.planners = [queries.by_name(session, f"planner-{at}")[0] for at in range(PLANNERS)]
        owner.dispose()
        yield do
        engine.dispose()


class Planner:
    """Somebody who edits a plan as they know it, and takes in what they are told of the others."""

    def __init__(self, office, who, plan, seed):
        self.office, self.who, self.chance = office, who, random.Random(seed)  # noqa: S311 (no secret)
        self.made, self.clashes, self.failed = {}, 0, []
        self.take(plan)

    def take(self, plan):
        self.version, self.blocks, self.grids = plan["version"], dict(plan["blocks"]), dict(plan["grids"])

    def work(self):
        try:
            while len(self.made) < EDITS:
                self.try_one()
        except DomainError as error:
            self.failed.append((type(error).__name__, str(error.message), error.field))

    def try_one(self):
        wanted = EditIn.model_validate(self.wanted())
        try:
            told = self.office(self.who, lambda s, asks: edit(s, asks, PLAN, wanted, seen=self.version))
        except Changed as error:
            self.clashes += 1
            self.take(error.extra["current"])
            return
        for one in (*told["others"], told):
            changes = one["changes"]
            for content, name in ((self.blocks, "blocks"), (self.grids, "grids")):
                content |= {key: after for key, (_, after) in changes[name].items()}
                for key in [key for key, (_, after) in changes[name].items() if after is None]:
                    del content[key]
        self.version = told["version"]
        if any(told["changes"].values()):
            self.made[told["version"]] = told["changes"]

    def wanted(self):
        """A block moved, a grid made of a block, a grid handed to another, or a grid that gets another name."""
        block = self.chance.choice(sorted(self.blocks))
        number = str(self.blocks[block])
        grid = self.grids[number]
        same = [other for other, one in self.grids.items() if one["community"] == grid["community"]]
        other = int(self.chance.choice(sorted(same)))
        match self.chance.randrange(10):
            case 0:
                made = self.chance.randrange(FIRST_NEW, 2 * FIRST_NEW)
                fresh = new_grid(None, grid["community"], name=f"{self.who.name} {made}")
                return {"blocks": {block: [int(number), made]}, "grids": {str(made): [None, fresh]}}
            case 1:
                return {"blocks": {b: [n, other] for b, n in self.blocks.items() if str(n) == number}}
            case 2:
                return {"grids": {number: [grid, {**grid, "name": f"{self.who.name} {self.version}"}]}}
        return {"blocks": {block: [int(number), other]}}


def replayed(plan, log):
    """The content of a plan after all edits, each of which found what it says it found."""
    content = {"blocks": dict(plan["blocks"]), "grids": dict(plan["grids"])}
    for at, row in enumerate(log, 2):
        assert row.version == at
        for name, held in content.items():
            for key, (before, after) in row.changes[name].items():
                assert held.get(key) == before, (row.version, name, key)
                if after is None:
                    del held[key]
                else:
                    held[key] = after
    return content


def test_twenty_planners_with_a_hundred_edits_each_lose_nothing(office):
    first = office.planners[0]
    wanted = PlanIn(id=PLAN, name="all of us", area_id=office.district)
    plan = office(first, lambda session, asks: drafts.create(session, asks, wanted))
    planners = [Planner(office, who, plan, seed) for seed, who in enumerate(office.planners)]
    splits = []

    def split():
        for community in office(first, lambda session, _: stored.communities(session, office.district))[:SPLITS]:
            block, line = office(first, lambda session, _, here=community: cut_of(session, here))
            splits.append(
                office(first, lambda session, asks, b=block, at=line: division.split(session, asks, b, at, 3.0))
            )

    threads = [Thread(target=one.work) for one in planners] + [Thread(target=split)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [one.failed for one in planners if one.failed] == []
    log = office(first, lambda session, _: session.execute(LOG, {"plan": PLAN}).all())
    after = office(first, lambda session, asks: drafts.shown(session, asks, PLAN))
    assert len(splits) == min(SPLITS, len({grid["community"] for grid in plan["grids"].values()}))
    assert len(log) == PLANNERS * EDITS + len(splits)
    assert after["version"] == 1 + len(log)
    assert replayed(plan, log) == {"blocks": after["blocks"], "grids": after["grids"]}
    by_version = {row.version: row for row in log}
    for one in planners:
        for version, changes in one.made.items():
            row = by_version[version]
            assert row.made_by == one.who.id
            for name in ("blocks", "grids"):
                assert row.changes[name] == {key: list(ends) for key, ends in changes[name].items()}
    assert {str(number) for number in after["blocks"].values()} <= after["grids"].keys()
    blocks = office(first, lambda session, _: session.scalars(text("SELECT id::text FROM blocks")).all())
    assert after["blocks"].keys() == set(blocks)
    assert sum(one.clashes for one in planners) > 0


def test_an_edit_is_told_to_the_open_pages_of_those_who_redraw_there_once_it_is_committed(office):
    first = office.planners[0]
    wanted = PlanIn(id=PLAN, name="told", area_id=office.district)
    plan = office(first, lambda session, asks: drafts.create(session, asks, wanted))
    block, number = next(iter(plan["blocks"].items()))
    out = EditIn(blocks={block: (number, -1)})
    with hub_on(office.database) as hub:
        stream = begun(hub, areas=frozenset({office.district}))
        with pytest.raises(ZeroDivisionError):
            office(first, lambda session, asks: edit(session, asks, PLAN, out, seen=1)["version"] / 0)
        office(first, lambda session, asks: edit(session, asks, PLAN, out, seen=1))
        kind, data = next(stream).decode().strip().split("\n")
    assert kind == "event: plan"
    by = {"id": first.id, "name": first.display_name}
    assert json.loads(data.removeprefix("data: ")) == {"plan": str(PLAN), "version": 2, "by": by}
