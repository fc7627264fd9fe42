"""Jobs with real workers, which are processes on the real database: asked, done, cancelled, killed, put back."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from psycopg_pool import AsyncConnectionPool
from sqlalchemy import create_engine, text
from sqlalchemy.orm import sessionmaker
from sqlalchemy.pool import NullPool

import tests.app.job_kinds  # noqa: F401 (defines the kinds)
from app import create_app, events
from app.accounts.queries import by_name
from app.accounts.sessions import rights_of
from app.cluster.database import libpq, text_of
from app.errors import Conflict, NotFound, TooMany
from app.jobs import queries, service
from app.jobs.doing import perform
from app.jobs.rescue import rescue
from app.settings import Settings
from tests.fixtures.database import ask
from tests.fixtures.town import USERS, write_keys

ROOT = Path(__file__).resolve().parents[2]
OPEN = "SELECT count(*) FROM jobs WHERE ({}) AND state IN ('waiting', 'running')"
PATIENCE = 90  # seconds: starting processes beside other work


class Office:
    """The town with a queue: what a request does in it, and its workers."""

    def __init__(self, database, home):
        self.database, self.home = database, home
        self.sessions = sessionmaker(create_engine(database.app, poolclass=NullPool))
        self.workers = []
        write_keys(home)

    def who(self, role="planner"):
        with self.sessions.begin() as session:
            return by_name(session, USERS[role])[0]

    def start(self, kind, role="planner", **question):
        who = self.who(role)
        with self.sessions.begin() as session:
            return service.start(session, who, f"test.{kind}", question)

    def batch(self, *parts, role="planner"):
        who = self.who(role)
        with self.sessions.begin() as session:
            return service.start_batch(session, who, "test.part", {}, [(None, part) for part in parts])

    def job(self, number, role="planner"):
        who = self.who(role)
        with self.sessions.begin() as session:
            return queries.one(session, who, number)

    def cancel(self, number, role="planner"):
        who = self.who(role)
        with self.sessions.begin() as session:
            service.cancel(session, who, number)

    def work(self, hands=1, kinds="few"):
        """Start a worker for the kinds of the tests, or for all."""
        environment = os.environ | {"WANGGE_HOME": str(self.home), "WANGGE_DATABASE_URL": text_of(self.database.app)}
        command = [sys.executable, "-m", "tests.app.job_worker", str(hands), kinds]
        with (self.home / "worker.log").open("a") as log:
            self.workers.append(subprocess.Popen(command, cwd=ROOT, env=environment, stderr=log, stdout=log))
        return self.workers[-1]

    def wait(self, number, wanted=lambda job: job["finished_at"]):
        """The job once it is as wanted."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            job = self.job(number)
            if wanted(job):
                return job
            time.sleep(0.05)
        log = (self.home / "worker.log").read_text() if self.workers else "no worker"
        pytest.fail(f"job {number} did not come so far: {dict(job)}\n{log}")

    def log(self):
        return (self.home / "worker.log").read_text()


@pytest.fixture
def office(fresh_database, tmp_path):
    with fresh_database() as database:
        made = Office(database, tmp_path)
        yield made
        for worker in made.workers:
            worker.kill()
            worker.wait()


def is_there(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except FileNotFoundError:
        return False


def gone(pid, within=5.0):
    deadline = time.monotonic() + within
    while is_there(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not is_there(pid)


def test_a_job_is_done_by_a_worker_and_tells_how_far_it_is(office):
    number = office.start("count", to=8, pause=0.3)
    waiting = office.job(number)
    assert (waiting["state"], waiting["progress"], waiting["result"]) == ("waiting", 0, None)
    office.work()
    on_the_way = office.wait(number, lambda job: job["result"])
    assert on_the_way["state"] == "running"
    assert on_the_way["note"] == f"step {on_the_way['result']['counted']}"
    assert 0 < on_the_way["progress"] <= 1
    done = office.wait(number)
    assert (done["state"], done["progress"], done["result"]["counted"], done["error"]) == ("done", 1, 8, "")
    assert done["asked_at"] <= done["started_at"] <= done["finished_at"]
    assert ask(office.database.owner, "SELECT count(*) FROM procrastinate_jobs") == 0


def test_a_worker_acts_as_the_role_that_serves_and_sees_what_the_asker_sees(office):
    if not office.database.roles_differ:
        pytest.skip("one role owns and serves on this server")
    number = office.start("households", role="community_staff")
    office.work()
    who = office.who("community_staff")
    deadline = time.monotonic() + PATIENCE
    while (job := office.job(number, "community_staff"))["result"] is None and time.monotonic() < deadline:
        time.sleep(0.05)
    theirs = f"""SELECT count(*) FROM households h JOIN blocks b ON b.id = h.block_id
                 WHERE b.community_id = {who.posts[0].area_id}"""
    assert job["result"] == {
        "role": office.database.app.username,
        "without": 0,
        "within": ask(office.database.owner, theirs),
        "who": USERS["community_staff"],
    }


def test_what_goes_wrong_is_told_in_a_sentence_and_the_worker_goes_on(office):
    told, hidden, odd = (office.start("wrong", how=how) for how in ("told", "hidden", "odd"))
    office.work()
    assert office.wait(told)["error"] == "This cannot be computed."
    for number in (hidden, odd):
        failed = office.wait(number)
        assert failed["state"] == "failed"
        assert failed["error"] == "计算过程中出现错误，系统已记录。"
    assert "secret detail" in office.log()
    assert office.wait(office.start("count", to=1))["state"] == "done"


def test_a_cancelled_job_stops_computing_within_a_second(office):
    number = office.start("busy")
    office.work()
    process = office.wait(number, lambda job: job["result"])["result"]["pid"]
    assert is_there(process)
    office.cancel(number)
    assert gone(process, within=1.0)
    assert office.job(number)["state"] == "cancelled"
    office.cancel(number)  # once more changes nothing
    assert office.wait(office.start("count", to=1))["state"] == "done", "the worker has another hand"


def test_a_job_that_waits_is_cancelled_without_a_worker_and_one_that_is_over_not_at_all(office):
    first, second = office.start("count", to=1), office.start("count", to=1)
    office.cancel(first)
    office.work()
    office.wait(second)
    assert office.job(first)["state"] == "cancelled"
    assert office.job(first)["started_at"] is None
    with pytest.raises(Conflict):
        office.cancel(second)


def test_a_job_whose_worker_is_killed_is_done_by_another(office):
    number = office.start("count", to=16, pause=0.25)
    worker = office.work()
    office.wait(number, lambda job: job["result"])
    worker.kill()
    worker.wait()
    assert office.job(number)["state"] == "running"
    office.work()
    assert office.wait(number)["state"] == "done"
    assert "was lost with its worker" in office.log()
    assert ask(office.database.owner, f"SELECT attempts FROM jobs WHERE id = {number}") == 2


def test_a_job_that_kills_its_process_is_given_up_with_a_sentence(office):
    number = office.start("wrong", how="killed")
    office.work()
    failed = office.wait(number)
    assert (failed["state"], failed["error"]) == ("failed", "计算两次意外中断，可能是内存不足，已不再重试。")


def test_a_job_that_has_waited_long_is_not_put_back_as_a_worker_takes_it(office):
    """Between taking it out of the queue and the first sign of life it would come into the queue twice."""
    number, owner = office.start("count", to=1), office.database.owner
    ask(owner, f"UPDATE jobs SET asked_at = now() - interval '1 hour' WHERE id = {number}")
    ask(owner, "UPDATE procrastinate_jobs SET status = 'doing'")
    assert put_back(office.database) == []
    ask(owner, "UPDATE procrastinate_events SET at = at - interval '1 hour'")
    assert put_back(office.database) == [number]


def put_back(database):
    """The jobs that a worker puts back which misses those that give no sign of life for three seconds."""

    async def rescued():
        async with AsyncConnectionPool(libpq(database.app), open=False) as pool:
            return await rescue(pool, 3.0)

    return asyncio.run(rescued())


def test_a_process_that_is_killed_has_its_job_done_again(office):
    number = office.start("busy")
    office.work()
    first = office.wait(number, lambda job: job["result"])["result"]["pid"]
    os.kill(first, signal.SIGKILL)
    second = office.wait(number, lambda job: job["result"]["pid"] != first)["result"]["pid"]
    assert is_there(second)


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_a_worker_that_is_stopped_puts_its_job_back_and_leaves_no_process(sign, office):
    number = office.start("busy")
    worker = office.work()
    process = office.wait(number, lambda job: job["result"])["result"]["pid"]
    worker.send_signal(sign)
    worker.wait(timeout=10)
    assert gone(process)
    assert office.job(number)["state"] == "waiting"
    assert ask(office.database.owner, f"SELECT attempts FROM jobs WHERE id = {number}") == 0
    assert ask(office.database.owner, "SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo'") == 1
    assert ask(office.database.owner, "SELECT count(*) FROM procrastinate_workers") == 0


def test_the_hands_end_with_their_worker_however_that_ends(office):
    number = office.start("busy")
    worker = office.work()
    process = office.wait(number, lambda job: job["result"])["result"]["pid"]
    worker.kill()
    assert gone(process)


def test_who_wrote_before_a_job_was_given_to_another_writes_no_more(office):
    number = office.start("count", to=3)
    app = create_app(Settings(home=office.home, database_url=text_of(office.database.app)), secret_key="x" * 40)
    taken = []

    def steal(sessions, task, report):
        ask(office.database.owner, f"UPDATE jobs SET attempts = attempts + 1 WHERE id = {task.id}")
        taken.append(task.id)
        return {"counted": "too late"}

    from app.jobs import kinds

    before = kinds._kinds["test.count"]
    kinds._kinds["test.count"] = kinds.Kind(before.name, before.needs, steal)
    try:
        with app.app_context():
            perform(office.sessions, number)
    finally:
        kinds._kinds["test.count"] = before
        app.extensions["engine"].dispose()
    assert taken == [number]
    assert (office.job(number)["state"], office.job(number)["result"]) == ("running", None)


def test_two_workers_share_a_batch_and_the_last_part_merges(office):
    number = office.batch(*({"value": value, "pause": 0.4} for value in range(8)))
    office.work()
    office.work()
    halfway = office.wait(number, lambda job: job["progress"] > 0)
    assert halfway["state"] == "running"
    done = office.wait(number)
    assert (done["state"], done["result"]["sum"]) == ("done", sum(range(8)))
    assert len(done["result"]["pids"]) == 2
    parts = f"SELECT count(*) FROM jobs WHERE parent_id = {number} AND state = 'done'"
    assert ask(office.database.owner, parts) == 8


def test_a_batch_fails_with_its_first_part_and_drops_the_others(office):
    number = office.batch({"value": 1, "wrong": True}, *({"value": 2, "pause": 0.2} for _ in range(20)))
    office.work()
    failed = office.wait(number)
    assert (failed["state"], failed["error"]) == ("failed", "This part cannot be computed.")
    assert ask(office.database.owner, OPEN.format(f"parent_id = {number}")) == 0


def test_a_batch_is_cancelled_with_all_its_parts(office):
    number = office.batch(*({"value": 2, "pause": 0.3} for _ in range(20)))
    office.work()
    office.wait(number, lambda job: job["progress"] > 0)
    office.cancel(number)
    states = (
        f"SELECT count(*) FROM jobs WHERE (id = {number} OR parent_id = {number}) AND state IN ('waiting', 'running')"
    )
    assert ask(office.database.owner, states) == 0
    assert office.wait(office.start("count", to=1))["state"] == "done"
    assert ask(office.database.owner, "SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo'") == 0


def test_what_somebody_waits_for_goes_before_the_parts_of_a_batch(office):
    office.batch(*({"value": 2, "pause": 0.3} for _ in range(10)))
    number = office.start("count", role="coordinator", to=1)
    office.work()
    deadline = time.monotonic() + PATIENCE
    while office.job(number, "coordinator")["state"] != "done" and time.monotonic() < deadline:
        time.sleep(0.05)
    assert (
        ask(office.database.owner, "SELECT count(*) FROM jobs WHERE parent_id IS NOT NULL AND state = 'waiting'") >= 8
    )


def test_nobody_fills_the_queue_and_a_batch_counts_once(office):
    office.batch(*({"value": value} for value in range(5)))
    office.start("count", to=1)
    third = office.start("count", to=1)
    with pytest.raises(TooMany) as refused:
        office.start("count", to=1)
    assert refused.value.extra["retry_after"] > 0
    office.start("count", role="coordinator", to=1)  # others are not held back
    office.cancel(third)
    office.start("count", to=1)


def test_a_job_is_its_askers_alone_and_only_under_the_posts_it_was_asked_with(office):
    number = office.start("count", to=1)
    assert office.job(number, "coordinator") is None
    with pytest.raises(NotFound):
        office.cancel(number, "coordinator")
    ask(office.database.owner, "UPDATE appointments SET role = 'coordinator' WHERE role = 'planner'")
    assert office.job(number) is None
    with office.sessions.begin() as session:
        assert queries.mine(session, by_name(session, USERS["planner"])[0]) == []


def test_a_job_of_somebody_whose_posts_have_changed_is_not_done(office):
    number = office.start("count", to=1)
    old = rights_of(office.who())
    ask(office.database.owner, "UPDATE appointments SET role = 'coordinator' WHERE role = 'planner'")
    office.work()
    deadline = time.monotonic() + PATIENCE
    fate = f"SELECT error FROM jobs WHERE id = {number} AND finished_at IS NOT NULL AND rights = '{old}'"
    while not (told := ask(office.database.owner, fate)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert told == "提交后您的任职已有变动，请重新提交。"


# --- The wall, the API, the stream


def test_the_wall_shows_jobs_to_their_askers_and_to_workers_only(office):
    if not office.database.roles_differ:
        pytest.skip("one role owns and serves on this server")
    office.start("count", to=1)
    office.start("count", role="coordinator", to=1)
    app = office.database.app
    planner = office.who().id
    assert ask(app, "SELECT count(*) FROM jobs") == 0
    assert ask(app, f"SET LOCAL wangge.user_id = '{planner}'; SELECT array_agg(asked_by) FROM jobs") == [planner]
    assert ask(app, "SET LOCAL wangge.jobs = 'work'; SELECT count(*) FROM jobs") == 2


def test_the_api_lists_shows_and_cancels_ones_own(client_as, session):
    planner = client_as("planner")
    who = by_name(session, USERS["planner"])[0]
    number = service.start(session, who, "test.count", {"to": 1})
    session.commit()
    listed = planner.get("/api/v1/jobs")
    assert [job["id"] for job in listed.json["jobs"]] == [number]
    assert listed.json["workers"] == 0
    shown = planner.get(f"/api/v1/jobs/{number}")
    assert (shown.json["state"], shown.json["kind"], shown.headers["Cache-Control"]) == (
        "waiting",
        "test.count",
        "no-store",
    )
    assert client_as("coordinator").get(f"/api/v1/jobs/{number}").status_code == 404
    assert client_as("coordinator").delete(f"/api/v1/jobs/{number}").status_code == 404
    assert client_as("grid_worker").get(f"/api/v1/jobs/{number}").status_code == 403
    assert planner.delete(f"/api/v1/jobs/{number}").status_code == 204
    assert planner.get(f"/api/v1/jobs/{number}").json["state"] == "cancelled"
    session.execute(text("UPDATE jobs SET state = 'done'"))
    session.commit()
    assert planner.delete(f"/api/v1/jobs/{number}").status_code == 409


@contextmanager
def hub_on(database):
    hub = events.Hub(text_of(database.owner))
    try:
        yield hub
    finally:
        hub.close()


def test_the_stream_tells_of_a_job_to_its_asker_alone(office):
    planner, other = office.who(), office.who("coordinator")
    with hub_on(office.database) as hub:
        streams = [events.Stream(hub, lambda: True, user_id=who.id, heartbeat=3) for who in (planner, other)]
        for stream in streams:
            next(stream)
        number = office.start("count", to=1)
        office.cancel(number)
        told = []
        for _ in range(2):
            kind, data = next(streams[0]).decode().strip().split("\n")
            assert kind == "event: job"
            told.append(json.loads(data.removeprefix("data: ")))
        news = {"job": number, "progress": 0, "note": "", "revision": 0}
        assert told == [{**news, "state": "waiting"}, {**news, "state": "cancelled"}]
        assert next(streams[1]) == b": still here\n\n"
