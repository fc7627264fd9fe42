"""A token reads the jobs that were asked with no more than it is for: what came of others may tell more."""

import pytest
from sqlalchemy import text

from app.accounts.queries import by_name
from app.accounts.rights import Capability
from app.areas.scope import scope_of
from app.coverage import batch
from app.coverage.schemas import CoverageQuery
from app.errors import NotFound
from app.jobs import queries, service
from tests.fixtures.town import USERS

WITHOUT_HOMES = frozenset({Capability.SEE_MAP, Capability.PLAN_RESPONSE})
WITH_HOMES = WITHOUT_HOMES | {Capability.SEE_HOUSEHOLDS}


@pytest.fixture
def coordinator(session):
    return by_name(session, USERS["coordinator"])[0]


def asked(session, who):
    number = batch.start(session, who, scope_of(session, who, Capability.PLAN_RESPONSE), CoverageQuery())
    session.execute(text("UPDATE jobs SET state = 'done', result = '{}' WHERE id = :id"), {"id": number})
    return number


def test_a_token_does_not_read_what_its_user_was_told_of_households(session, coordinator):
    of_the_user = asked(session, coordinator)
    token = coordinator.with_token(WITHOUT_HOMES)
    assert queries.one(session, token, of_the_user) is None
    assert queries.mine(session, token) == []
    with pytest.raises(NotFound):
        service.cancel(session, token, of_the_user)
    whole = coordinator.with_token(None)
    assert queries.one(session, whole, of_the_user)["result"] == {}


def test_a_token_reads_its_own_jobs_and_those_of_lesser_ones(session, coordinator):
    narrow, wide = coordinator.with_token(WITHOUT_HOMES), coordinator.with_token(WITH_HOMES)
    less, more = asked(session, narrow), asked(session, wide)
    assert [row["id"] for row in queries.mine(session, narrow)] == [less]
    assert [row["id"] for row in queries.mine(session, wide)] == [more, less]
    assert [row["id"] for row in queries.mine(session, coordinator)] == [more, less]
