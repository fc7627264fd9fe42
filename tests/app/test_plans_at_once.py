"""Two people at the same scenario, or the same calibration, at the same moment, on connections of their own."""

import json
import uuid

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session as SqlSession

from app.accounts.queries import by_name
from app.areas.scope import scope_of
from app.calibration import service as calibration
from app.scenarios import service as scenarios
from app.scenarios.schemas import Content, ScenarioChange, ScenarioIn
from tests.app.test_people_at_once import meanwhile
from tests.fixtures.town import USERS

NUMBER = uuid.UUID(int=7)
CALIBRATION = "INSERT INTO calibrations (source, digest, result, made_by) VALUES ('a', 'b', :said, :who) RETURNING id"


@pytest.fixture
def database(fresh_database):
    with fresh_database() as made:
        yield made


@pytest.fixture
def plan(database):
    """Whose scenario there is."""
    engine = create_engine(database.owner)
    with SqlSession(engine) as own, own.begin():
        who = by_name(own, USERS["planner"])[0]
        district = own.scalar(text("SELECT id FROM areas WHERE level = 'district'"))
        wanted = ScenarioIn(id=NUMBER, name="flood", area_id=district, content=Content())
        scenarios.create(own, scope_of(own, who), who, wanted)
    engine.dispose()
    return who


def test_a_scenario_that_is_deleted_while_it_is_changed_is_not_found(database, plan):
    wanted = ScenarioChange(name="flood by night")
    said = meanwhile(
        database,
        lambda own: scenarios.delete(own, scope_of(own, plan), plan, NUMBER),
        lambda own: scenarios.change(own, scope_of(own, plan), plan, NUMBER, wanted, version=1),
    )
    assert said == "NotFound"


def test_a_scenario_is_deleted_once(database, plan):
    def delete(own):
        scenarios.delete(own, scope_of(own, plan), plan, NUMBER)

    assert meanwhile(database, delete, delete) == "NotFound"


def test_a_proposal_that_its_owner_replaces_while_another_applies_it_is_not_found(database, plan):
    engine = create_engine(database.owner)
    values = {"said": json.dumps({"foot": {"factors": {}, "runs": 60}}), "who": plan.id}
    with SqlSession(engine) as own, own.begin():
        number = own.scalar(
            text(
                "INSERT INTO calibrations (source, digest, result, made_by) VALUES ('a', 'b', :said, :who) RETURNING id"
            ),
            values,
        )
    engine.dispose()
    said = meanwhile(
        database,
        lambda own: own.execute(text("DELETE FROM calibrations WHERE applied_at IS NULL")),
        lambda own: calibration.apply(own, plan, number),
    )
    assert said == "NotFound"
