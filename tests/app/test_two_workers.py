"""Two web workers of one server: caps hold over both, and one that is killed is begun anew and frees what it held."""

import os
import signal
import socket
import time
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
from sqlalchemy import create_engine
from sqlalchemy.orm import Session as SqlSession
from sqlalchemy.pool import NullPool

from app.accounts.models import Role
from app.accounts.service import issue_token
from app.events import STREAMS
from app.serve import processes
from tests.fixtures.town import USERS
from tests.fixtures.web import serving

PATIENCE = 30  # seconds
SOME = 120  # streams of the first worker

pytestmark = pytest.mark.skipif(processes() != 2, reason="the test tells one worker from the other: it needs two cores")


@pytest.fixture
def server(fresh_database, tmp_path):
    """The address of a server, and a token."""
    with fresh_database() as database:
        with SqlSession(create_engine(database.owner, poolclass=NullPool)) as session, session.begin():
            token = issue_token(session, USERS[Role.COORDINATOR])
        with serving(database, tmp_path) as url:  # which answers as soon as the first worker does
            until(lambda: len(workers(url)) == 2)
            yield url, token


def workers(url):
    """The processes that accept at the address, their master left out."""
    port = urlsplit(url).port
    sockets = {
        line.split()[9]
        for line in Path("/proc/net/tcp").read_text().splitlines()[1:]
        if line.split()[3] == "0A" and int(line.split()[1].rpartition(":")[2], 16) == port
    }
    holding = [int(folder.name) for folder in Path("/proc").glob("[0-9]*") if _holds(folder, sockets)]
    masters = {_parent(pid) for pid in holding}
    return sorted(pid for pid in holding if pid not in masters)


def _holds(folder, sockets):
    try:
        return any(str(file.readlink()).strip("socket:[]") in sockets for file in (folder / "fd").iterdir())
    except OSError:
        return False


def _parent(pid):
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def until(wanted):
    deadline = time.monotonic() + PATIENCE
    while not wanted():
        assert time.monotonic() < deadline
        time.sleep(0.1)


@contextmanager
def stopped(pid):
    """The process stands still, so that the other one answers."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


def opened(url, token, stack, most):
    """How many streams open before one is refused, at most `most`; they stay open."""
    there = urlsplit(url)
    ask = f"GET /api/v1/events HTTP/1.1\r\nHost: {there.netloc}\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
    for count in range(most):
        stream = stack.enter_context(socket.create_connection((there.hostname, there.port), timeout=PATIENCE))
        stream.sendall(ask)
        if stream.recv(12) != b"HTTP/1.1 200":
            stream.close()
            return count
    return most


def test_the_cap_of_streams_holds_over_both_and_a_killed_worker_frees_its_own_and_comes_back(server):
    url, token = server
    one, other = workers(url)
    with ExitStack() as stack:
        with stopped(other):
            assert opened(url, token, stack, SOME) == SOME
        with stopped(one):
            assert opened(url, token, stack, STREAMS.count) == STREAMS.count - SOME
            os.kill(one, signal.SIGKILL)
            until(lambda: not Path(f"/proc/{one}").exists())
            assert opened(url, token, stack, SOME + 1) == SOME
    until(lambda: len(workers(url)) == 2)
    alive = workers(url)
    assert other in alive
    assert one not in alive
    new = next(pid for pid in alive if pid != other)
    with stopped(other):
        assert requests.get(f"{url}/api/v1/health", timeout=PATIENCE).ok
    assert new in workers(url)
