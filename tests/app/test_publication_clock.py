"""Plans whose day has come: by the clock, by the command, once, and all or nothing wherever the process is killed."""

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session as SqlSession
from sqlalchemy.pool import NullPool

from app.cluster.database import text_of
from app.days import today
from app.imports.check import check
from app.publication.clock import enact_due, until_tomorrow
from app.search import found_anew
from app.settings import Settings
from tests.app.planned import NEW, Town
from tests.fixtures.database import ask
from tests.fixtures.town import write_keys
from tests.fixtures.web import ROOT, serving

PATIENCE = 60  # seconds
POINTS = ("grids", "blocks", "posts", "appointments", "patrol_routes", "grid_parents", "search_entries", "grid_plans")
"""Tables that a publication writes to, one after the other."""


@pytest.fixture
def due(named):
    """The environment, a database with an approved plan that is due, and the plan."""
    environment, database = named
    write_keys(Path(environment["WANGGE_HOME"]))
    with _opened(database) as session:
        town = Town(session)
        old = town.large()[0]
        block = [block for block in town.of(old) if town.households[block]][1]
        session.execute(text("UPDATE appointments SET grid_id = :old WHERE grid_id IS NOT NULL"), {"old": old})
        plan = town.plan({block: NEW}, {NEW: town.planned()}, day=today() - timedelta(days=1))
        session.commit()
    return environment, database, plan


def _opened(database):
    return SqlSession(create_engine(database.owner, poolclass=NullPool))


def settings_of(environment):
    return Settings.from_environment(environment)


def command(environment):
    return subprocess.Popen(
        [sys.executable, "-m", "app.cli", "plan", "enact"],
        cwd=ROOT,
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


STATE = """
    SELECT md5(string_agg(line, ';' ORDER BY line)) FROM (
        SELECT 'g' || g::text AS line FROM grids g UNION ALL SELECT 'b' || id || ' ' || grid_id FROM blocks
        UNION ALL SELECT 'p' || id || ' ' || grid_id FROM posts
        UNION ALL SELECT 'a' || a::text FROM appointments a
        UNION ALL SELECT 'r' || id || ' ' || grid_id FROM patrol_routes
        UNION ALL SELECT 'l' || l::text FROM grid_parents l
        UNION ALL SELECT 'h' || id || ' ' || block_id FROM households
        UNION ALL SELECT 's' || id || ' ' || subject_id FROM search_entries
        UNION ALL SELECT 'q' || p::text FROM grid_plans p
        UNION ALL SELECT 'u' || count(*) FROM audit) lines
"""
WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = '{}'::regclass"


def test_wherever_a_publication_is_killed_nothing_of_it_is_there_and_it_is_done_whole_the_next_time(due):
    environment, database, plan = due
    before = ask(database.owner, STATE)
    for table in POINTS:
        with create_engine(database.owner, poolclass=NullPool).connect() as other:
            other.execute(text(f"LOCK TABLE {table} IN SHARE MODE"))
            with command(environment) as running:
                deadline = time.monotonic() + PATIENCE
                while not ask(database.owner, WAITING.format(table)):
                    assert running.poll() is None, running.stdout.read()
                    assert time.monotonic() < deadline
                    time.sleep(0.05)
                os.kill(running.pid, signal.SIGKILL)
        assert ask(database.owner, STATE) == before, table
    with command(environment) as running:
        said = running.stdout.read()
    assert running.returncode == 0, said
    assert f"({plan}) is in force, with 2 new grids." in said
    assert ask(database.owner, STATE) != before
    with _opened(database) as session:
        assert not [one for one in check(session).violations if one.severity == "broken"]


def test_a_plan_comes_into_force_once_from_its_own_day_and_the_clock_is_on_record(due):
    environment, database, plan = due
    found_anew.install()
    settings = settings_of(environment)
    (outcome,) = enact_due(text_of(database.owner), settings)
    assert (outcome.plan, outcome.grids, outcome.why_not) == (plan, 2, None)
    assert enact_due(text_of(database.owner), settings) == []
    yesterday = today() - timedelta(days=1)
    assert ask(database.owner, "SELECT count(*) FROM grids WHERE valid_to IS NOT NULL") == 1
    assert ask(database.owner, "SELECT max(valid_from) FROM grids") == yesterday
    assert ask(database.owner, "SELECT user_id FROM audit WHERE act = 'plan.enacted'") is None
    assert ask(database.owner, "SELECT detail ->> 'area' FROM audit WHERE act = 'plan.enacted'")


def test_before_its_day_a_plan_waits(due):
    environment, database, _plan = due
    ask(database.owner, f"UPDATE grid_plans SET valid_from = '{today() + timedelta(days=1)}'")
    assert enact_due(text_of(database.owner), settings_of(environment)) == []


def test_a_plan_whose_ground_is_gone_says_so_and_keeps_nobody_waiting(due):
    environment, database, plan = due
    with _opened(database) as session:
        town = Town(session)
        one = town.large()[0]
        later = town.plan({}, {one: town.planned(one, name="新名")})
        session.commit()
    ask(database.owner, f"UPDATE grid_plans SET blocks = '{{}}' WHERE id = '{plan}'")
    first, second = enact_due(text_of(database.owner), settings_of(environment))
    assert (first.plan, first.grids) == (plan, 0)
    assert first.why_not
    assert (second.plan, second.grids) == (later, 1)
    assert ask(database.owner, f"SELECT state FROM grid_plans WHERE id = '{plan}'") == "approved"


def test_a_plan_that_the_database_refuses_keeps_nobody_waiting(due):
    environment, database, plan = due
    with _opened(database) as session:
        town = Town(session)
        one = town.large()[0]
        later = town.plan({}, {one: town.planned(one, name="新名")})
        session.commit()
    spoilt = f"""jsonb_set(grids, '{{{NEW},kind}}', '"none"')"""
    ask(database.owner, f"UPDATE grid_plans SET grids = {spoilt} WHERE id = '{plan}'")
    first, second = enact_due(text_of(database.owner), settings_of(environment))
    assert (first.plan, first.grids, second.plan, second.why_not) == (plan, 0, later, None)
    assert first.why_not
    assert ask(database.owner, f"SELECT state FROM grid_plans WHERE id = '{plan}'") == "approved"


def test_the_clock_wakes_when_the_day_begins_in_china():
    assert 0 < until_tomorrow() <= 86_401


def test_a_server_brings_what_is_due_into_force_when_it_starts(due):
    environment, database, _plan = due
    with serving(database, Path(environment["WANGGE_HOME"])):
        deadline = time.monotonic() + PATIENCE
        while ask(database.owner, "SELECT state FROM grid_plans") != "in_force":
            assert time.monotonic() < deadline
            time.sleep(0.1)
    assert ask(database.owner, "SELECT count(*) FROM search_entries e JOIN grids g ON g.id = e.subject_id "
                               "WHERE e.kind = 'grid' AND g.valid_to IS NOT NULL") == 0  # fmt: skip
