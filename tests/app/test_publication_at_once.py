"""Two people at plans at the same moment, one of whom publishes: on connections of their own."""

import uuid
from datetime import timedelta

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session as SqlSession

from app.accounts.queries import by_name
from app.days import today
from app.plans import drafts, stored
from app.plans.edits import edit
from app.plans.schemas import EditIn, PlanIn
from app.publication import service
from gis.grid_codes import scheme
from tests.app.planned import NEW, Town
from tests.app.test_people_at_once import meanwhile
from tests.fixtures.database import ask
from tests.fixtures.town import USERS

CODES = scheme("area12+3")
STAFF, PLANNER, OTHER = USERS["community_staff"], USERS["planner"], USERS["subdistrict_staff"]


def asks(own, name):
    return stored.reader(own, by_name(own, name)[0])


@pytest.fixture
def desk(fresh_database):
    """A database, and the means to make plans in it."""
    with fresh_database() as database:
        yield Desk(database)


class Desk:
    """Plans of the grid worker's community, made and committed."""

    def __init__(self, database):
        self.database = database

    def done(self, act):
        engine = create_engine(self.database.owner)
        with SqlSession(engine) as own, own.begin():
            found = act(own)
        engine.dispose()
        return found

    def draft(self, own):
        town = Town(own)
        wanted = PlanIn(id=uuid.uuid4(), name="调整", area_id=town.community)
        drafts.create(own, asks(own, STAFF), wanted)
        return wanted.id

    def split(self, own, plan, at=1):
        town = Town(own)
        old = town.large()[0]
        block = [block for block in town.of(old) if town.households[block]][at]
        new = town.planned(name=f"新网格{at}", name_en="")
        number = str(NEW + at)
        wanted = EditIn(blocks={str(block): (old, NEW + at)}, grids={number: (None, new)})
        return edit(own, asks(own, STAFF), plan, wanted, seen=1)

    def submitted(self, at=1):
        def make(own):
            plan = self.draft(own)
            self.split(own, plan, at)
            service.submit(own, asks(own, STAFF), plan, CODES)
            return plan

        return self.done(make)


def approving(plan, days=0, who=PLANNER):
    return lambda own: service.approve(own, asks(own, who), plan, today() + timedelta(days=days), CODES)


def test_a_plan_comes_into_force_once_however_many_approve_it(desk):
    plan = desk.submitted()
    assert meanwhile(desk.database, approving(plan), approving(plan, who=OTHER)) == "Conflict"
    assert meanwhile(desk.database, approving(plan), approving(plan)) == "done"  # sent twice, it is answered twice
    assert meanwhile(desk.database, approving(plan), approving(plan, 3)) == "Conflict"
    for act in ("plan.approved", "plan.enacted"):
        assert ask(desk.database.owner, f"SELECT count(*) FROM audit WHERE act = '{act}'") == 1


def test_what_comes_into_force_meanwhile_is_not_withdrawn(desk):
    plan = desk.submitted()
    withdrawing = meanwhile(
        desk.database, approving(plan), lambda own: service.withdraw(own, asks(own, STAFF), plan, "")
    )
    assert withdrawing == "Conflict"
    assert ask(desk.database.owner, "SELECT state FROM grid_plans") == "in_force"


def test_of_two_plans_for_one_community_that_are_approved_at_once_one_waits(desk):
    one, other = desk.submitted(), desk.submitted()
    assert meanwhile(desk.database, approving(one, 3), approving(other, 9)) == "Conflict"


def test_an_edit_of_a_draft_while_another_plan_comes_into_force_is_kept(desk):
    plan, draft = desk.submitted(), desk.done(desk.draft)
    assert meanwhile(desk.database, lambda own: desk.split(own, draft), approving(plan)) == "done"
    blocks, grids = (
        ask(desk.database.owner, f"SELECT {column} FROM grid_plans WHERE id = '{draft}'")
        for column in ("blocks", "grids")
    )
    assert [number for number in blocks.values() if number == NEW + 1] == [NEW + 1]
    assert grids[str(NEW + 1)]["name"] == "新网格1"
    now = "SELECT array_agg(id) FROM grids WHERE valid_to IS NULL"
    known = {*ask(desk.database.owner, now), NEW + 1}
    assert set(blocks.values()) <= known
    assert set(grids) == {str(number) for number in blocks.values()}


def test_a_draft_that_is_begun_meanwhile_has_the_grids_that_are_in_force_then(desk):
    plan = desk.submitted()
    assert meanwhile(desk.database, approving(plan), desk.draft) == "done"
    strange = """
        SELECT count(*) FROM grid_plans p, jsonb_each(p.blocks) b
        WHERE p.state = 'draft' AND b.value::int NOT IN (SELECT id FROM grids WHERE valid_to IS NULL)
    """
    assert ask(desk.database.owner, "SELECT count(*) FROM grid_plans WHERE state = 'draft'") == 1
    assert ask(desk.database.owner, strange) == 0
