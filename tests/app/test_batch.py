"""Coverage of whole cities in parts, by real workers: to the second what one reckoning says."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
from shapely import MultiPolygon, box
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session as SqlSession
from sqlalchemy.pool import NullPool

from app import create_app
from app.areas.scope import scope_of
from app.cluster.database import text_of
from app.coverage import batch, comparing
from app.coverage.schemas import CoverageQuery, SnapshotIn
from app.coverage.service import answer, told
from app.db import Session
from app.errors import NotFound
from app.imports.loader import load_city
from app.settings import Settings
from tests.app.commands import wangge
from tests.app.small_city import LAT, LON, small_city
from tests.app.test_jobs import Office, gone
from tests.app.test_workers import children
from tests.fixtures.database import ask
from tests.fixtures.town import SEALER
from tests.fixtures.web import ROOT

PRESETS = ("response_1", "micro_fire_3", "service_10", "medical_5")


@pytest.fixture
def office(fresh_database, tmp_path):
    with fresh_database() as database:
        made = Office(database, tmp_path)
        yield made
        for worker in made.workers:
            worker.kill()
            worker.wait()


@pytest.fixture
def at_once(office, engine):
    """`at_once(scope, preset=…)` is the answer in one reckoning; a role stands for what its user plans."""
    settings = Settings(home=office.home, database_url=text_of(office.database.app), hosts=("localhost",))
    app = create_app(settings, secret_key="x" * 40)
    Session.configure(bind=engine)

    def asked(scope, **question):
        with app.test_request_context(), office.sessions.begin() as session:
            given = scope_of(session, office.who(scope)) if isinstance(scope, str) else scope
            return told(session, given, answer(session, given, CoverageQuery.model_validate(question)))

    yield asked
    app.extensions["engine"].dispose()


def asked_in_parts(office, role, **question):
    who = office.who(role)
    with office.sessions.begin() as session:
        return batch.start(session, who, scope_of(session, who), CoverageQuery.model_validate(question))


def until_done(office, number, role):
    deadline = time.monotonic() + 120
    while not (job := office.job(number, role))["finished_at"] and time.monotonic() < deadline:
        time.sleep(0.05)
    assert job["state"] == "done", (dict(job), office.log())
    return job["result"]


def by_id(rows):
    return {row["id"]: row for row in rows}


def buildings(columns):
    return {
        row[0]: row[1:]
        for row in zip(*(columns[name] for name in ("id", "seconds", "households", "inside")), strict=True)
    }


def assert_equal(whole, parts):
    """All that is counted or measured is the same; only stations that serve nobody are left out of parts."""
    assert (parts["limit"], parts["bands"]) == (whole["limit"], whole["bands"])
    assert parts["totals"] == whole["totals"]
    for name in ("communities", "grids"):
        assert by_id(parts[name]) == by_id(whole[name])
        shares = [row["inside"] / row["households"] for row in parts[name]]
        assert shares == sorted(shares)
    assert buildings(parts["buildings"]) == buildings(whole["buildings"])
    assert by_id(parts["stations"]) == by_id(row for row in whole["stations"] if row["households"])


def test_what_two_workers_reckon_in_parts_is_what_one_reckons_at_once(office, at_once):
    district = ask(office.database.owner, "SELECT id FROM areas WHERE level = 'district'")
    office.work(kinds="all")
    office.work(kinds="all")
    for role, preset in zip(("coordinator", "planner", "coordinator", "community_staff"), PRESETS, strict=True):
        parts = until_done(office, asked_in_parts(office, role, preset=preset), role)
        whole = at_once(role, preset=preset, area=district)
        assert parts["parts"] == len(whole["communities"])
        assert whole["totals"]["households"] > 0
        assert_equal(whole, parts)
        assert (parts["totals"]["flags"] is None) == (role == "planner")
    assert whole["totals"]["households"] < at_once("coordinator", preset=preset)["totals"]["households"]


def test_what_a_job_has_found_is_kept_as_a_snapshot_of_its_hour_and_only_its_owner_keeps_it(office, at_once):
    district = ask(office.database.owner, "SELECT id FROM areas WHERE level = 'district'")
    office.work(kinds="all")
    number = asked_in_parts(office, "planner", preset="service_10", area=district)
    until_done(office, number, "planner")
    wanted = SnapshotIn(name=" whole ", job=number)

    def keep(role):
        with office.sessions.begin() as session:
            who = office.who(role)
            return comparing.whole(comparing.keep(session, who, scope_of(session, who), wanted))

    kept = keep("planner")
    whole = at_once("planner", preset="service_10", area=district)
    assert (kept["name"], kept["area_id"], kept["limit"]) == ("whole", district, whole["limit"])
    assert kept["totals"]["inside"] == whole["totals"]["inside"]
    assert buildings(kept["buildings"]) == buildings(whole["buildings"])
    assert kept["made_at"] == office.job(number)["finished_at"].isoformat()
    assert kept["question"]["area"] == district
    with pytest.raises(NotFound):
        keep("coordinator")


def test_a_subdistrict_as_a_part_says_the_same(office, at_once, monkeypatch):
    monkeypatch.setattr(batch, "MOST_PARTS", 1)
    office.work(kinds="all")
    parts = until_done(office, asked_in_parts(office, "planner", preset="service_10"), "planner")
    assert parts["parts"] == ask(office.database.owner, "SELECT count(*) FROM areas WHERE level = 'subdistrict'")
    assert_equal(at_once("planner", preset="service_10"), parts)


@pytest.fixture
def two_communities(office):
    """The small city with its right half as a community of its own, which has the only station, and no door."""
    city = small_city()
    whole, halves = (
        city.areas[-1],
        [box(LON, LAT, LON + 0.01, LAT + 0.01), box(LON + 0.01, LAT, LON + 0.02, LAT + 0.01)],
    )
    left, right = (MultiPolygon([half]) for half in halves)
    city.areas[-1] = whole._replace(geometry=left)
    city.areas.append(whole._replace(key="小城:c2", code="990200001002", name="右社区", geometry=right))
    city.blocks = [block._replace(community="小城:c" if at == 0 else "小城:c2") for at, block in enumerate(city.blocks)]
    city.grids = [grid._replace(community="小城:c" if at == 0 else "小城:c2") for at, grid in enumerate(city.grids)]
    city.stations = [station._replace(community="小城:c2") for station in city.stations]
    with SqlSession(create_engine(office.database.owner, poolclass=NullPool)) as session, session.begin():
        load_city(session, city, sealer=SEALER)
        found = text("SELECT id FROM areas WHERE key IN ('小城:d', '小城:c') ORDER BY level DESC")
        return session.scalars(found).all()


def test_a_station_of_the_neighbour_is_taken_along_where_it_reaches_in(office, at_once, two_communities):
    district, left = two_communities
    question = {"kinds": ["police"], "mode": "foot", "minutes": 40}
    whole = at_once(batch.COMMAND, **question, area=district)
    assert whole["totals"]["inside"] == whole["totals"]["households"] == 2
    office.work(kinds="all")
    with office.sessions.begin() as session:
        number = batch.start(session, None, batch.COMMAND, CoverageQuery.model_validate({**question, "area": district}))
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        parts = ask(office.database.owner, f"SELECT result FROM jobs WHERE id = {number} AND state = 'done'")
        if parts:
            break
        time.sleep(0.1)
    assert_equal(whole, parts)
    assert [row["id"] for row in parts["communities"]] == [left]
    assert [row["households"] for row in parts["stations"]] == [2]
    alone = at_once(batch.COMMAND, **{**question, "minutes": 10}, area=left)
    assert alone["totals"]["inside"] == 0, "too far for ten minutes, in the part as in the whole"


def test_the_command_says_what_one_reckoning_says_for_all_and_for_one_area(office, at_once):
    environment = {"WANGGE_HOME": str(office.home), "WANGGE_DATABASE_URL": text_of(office.database.app)}
    done = wangge("batch", "coverage", "--preset", "response_1", "--all", "--workers", "2", "--json", **environment)
    assert done.returncode == 0, done.stderr
    assert_equal(at_once(batch.COMMAND, preset="response_1"), json.loads(done.stdout))
    code, number = ask(
        office.database.owner, "SELECT ARRAY[code, id::text] FROM areas WHERE level = 'community' LIMIT 1"
    )
    office.work(kinds="all")  # as a worker elsewhere does, which the command leaves all of it to
    part = ("batch", "coverage", "--area", code, "--workers", "0")
    done = wangge(*part, "--preset", "service_10", "--json", **environment)
    assert_equal(at_once(batch.COMMAND, preset="service_10", area=int(number)), json.loads(done.stdout))
    said = wangge(*part, **environment).stdout.splitlines()
    assert said[-1].startswith("1 part in ")
    for wrong in (["--preset", "none", "--all"], ["--area", "none"], [], ["--all", "--area", code]):
        done = wangge("batch", "coverage", "--workers", "0", *wrong, **environment)
        assert (done.returncode, done.stderr.startswith("Error: ")) == (1, True), done.stderr


def test_ctrl_c_cancels_a_batch_everywhere_and_leaves_no_process(office):
    environment = {"WANGGE_HOME": str(office.home), "WANGGE_DATABASE_URL": text_of(office.database.app)}
    command = [sys.executable, "-m", "app.cli", "batch", "coverage", "--all", "--workers", "0"]
    with subprocess.Popen(command, cwd=ROOT, env=os.environ | environment, stderr=-1) as asking:
        deadline = time.monotonic() + 60
        while not ask(office.database.owner, "SELECT count(*) FROM jobs") and time.monotonic() < deadline:
            time.sleep(0.1)
        begun = children(asking.pid)
        asking.send_signal(signal.SIGINT)
        asking.communicate(timeout=20)
    assert asking.returncode == 1
    assert all(gone(pid) for pid in begun)
    assert ask(office.database.owner, "SELECT array_agg(DISTINCT state) FROM jobs") == ["cancelled"]
    assert ask(office.database.owner, "SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo'") == 0


def test_the_api_starts_a_batch_within_ones_area_and_nowhere_else(client_as, session):
    staff = client_as("community_staff")
    own = session.scalar(text("SELECT area_id FROM appointments WHERE role = 'community_staff'"))
    other = session.scalar(text("SELECT id FROM areas WHERE level = 'community' AND id <> :own"), {"own": own})
    started = staff.post("/api/v1/coverage/batch", json={"preset": "response_1"})
    assert started.status_code == 202
    parts = session.scalars(text("SELECT area_id FROM jobs WHERE parent_id = :job"), started.json).all()
    assert parts == [own]
    assert staff.post("/api/v1/coverage/batch", json={"area": other}).status_code == 404
    assert staff.post("/api/v1/coverage/batch", json={"minutes": 0}).status_code == 422
    for _ in range(2):
        staff.post("/api/v1/coverage/batch", json={"preset": "response_1"})
    refused = staff.post("/api/v1/coverage/batch", json={"preset": "response_1"})
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "10")
