"""Workers beside a server, and by themselves: they do jobs, come back when they die, and end with what began them."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from app.cluster.database import text_of
from app.jobs.queries import workers
from tests.app.test_jobs import Office, gone
from tests.fixtures.database import ask
from tests.fixtures.web import ROOT, serving

PATIENCE = 60  # seconds


@pytest.fixture
def office(fresh_database, tmp_path):
    with fresh_database() as database:
        yield Office(database, tmp_path)


def until(wanted):
    deadline = time.monotonic() + PATIENCE
    while not (found := wanted()) and time.monotonic() < deadline:
        time.sleep(0.1)
    return found


def alive(office):
    with office.sessions.begin() as session:
        return workers(session)


def children(pid):
    """The processes begun by this one, and by those."""
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in found] + [below for child in found for below in children(child)]


def workers_of(pid):
    """The processes that hold a hand."""

    def is_hand(child):
        return b"--hand" in Path(f"/proc/{child}/cmdline").read_bytes()

    return [child for child in children(pid) if any(is_hand(below) for below in children(child))]


def test_a_server_has_a_worker_beside_it_that_comes_back_when_it_dies_and_ends_with_it(office):
    with serving(office.database, office.home, WANGGE_WORKERS="1") as url:
        assert until(lambda: alive(office) == 1)
        # The server knows no kinds of the tests: its worker says so, which it does by doing the job.
        first = office.wait(office.start("count", to=1))
        assert (first["state"], first["error"]) == ("failed", "本服务器不支持此类计算。")
        server = next(int(pid.name) for pid in Path("/proc").glob("[0-9]*") if _serves(pid, url))
        worker = min(workers_of(server), key=lambda pid: len(children(pid)))
        os.kill(worker, signal.SIGKILL)
        assert office.wait(office.start("count", to=1))["state"] == "failed"
        begun = children(server)
        assert worker not in begun
        assert len(workers_of(server)) >= 1
    assert all(gone(pid) for pid in begun)
    assert ask(office.database.owner, "SELECT count(*) FROM procrastinate_workers") <= 1, (
        "the killed one's sign is left"
    )


def _serves(process, url):
    try:
        port = f"WANGGE_PORT={url.rpartition(':')[2]}".encode()
        whole = (process / "environ").read_bytes().split(b"\0")
        parent = int((process / "stat").read_text().rpartition(")")[2].split()[1])
    except (OSError, ValueError):
        return False
    return port in whole and parent == os.getpid()


def test_a_server_that_is_killed_leaves_no_worker(office):
    with serving(office.database, office.home, WANGGE_WORKERS="1") as url:
        assert until(lambda: alive(office) == 1)
        server = next(int(pid.name) for pid in Path("/proc").glob("[0-9]*") if _serves(pid, url))
        begun = children(server)
        os.kill(server, signal.SIGKILL)
        assert all(gone(pid) for pid in begun)


def test_a_worker_by_itself_does_jobs_and_stops_with_ctrl_c(office):
    environment = os.environ | {"WANGGE_HOME": str(office.home), "WANGGE_DATABASE_URL": text_of(office.database.app)}
    command = [sys.executable, "-m", "app.cli", "worker", "--count", "2"]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as worker:
        assert worker.stdout.readline() == "2 jobs at once. Ctrl-C stops.\n"
        assert office.wait(office.start("count", to=1))["error"] == "本服务器不支持此类计算。"
        hands = children(worker.pid)
        assert len(hands) == 2
        worker.send_signal(signal.SIGINT)
        assert worker.wait(timeout=10) == 0
    assert all(gone(pid) for pid in hands)
    assert ask(office.database.owner, "SELECT count(*) FROM procrastinate_workers") == 0


def test_a_worker_waits_for_a_database_that_was_away(office):
    worker = office.work()
    assert office.wait(office.start("count", to=1))["state"] == "done"
    others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> {}"
    ask(office.database.admin, others.format("pg_backend_pid()"))
    assert office.wait(office.start("count", to=1))["state"] == "done"
    assert worker.poll() is None
    worker.kill()
    worker.wait()
