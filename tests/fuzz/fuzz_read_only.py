"""The program in a folder that it cannot write, without a home to write to: it serves, and reckons zones."""

import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from urllib.error import URLError

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session as SqlSession
from sqlalchemy.pool import NullPool

from app.accounts.models import Role
from app.accounts.service import issue_token
from app.cluster.database import text_of
from tests.fixtures.town import USERS, write_keys
from tests.fixtures.web import ROOT, free_port

PATIENCE = 120  # seconds: the kernels are compiled anew
PACKAGES = ("app", "gis", "migrations", "static")
# Root may write wherever it likes; without these it is held to permissions like everybody.
ORDINARY = ("setpriv", "--bounding-set=-dac_override,-dac_read_search") if os.geteuid() == 0 else ()


@pytest.fixture
def installed(tmp_path):
    """A copy of the program in which nobody may write, without anything compiled; at the end it can be deleted."""
    copy = tmp_path / "program"
    left_out = shutil.ignore_patterns("__pycache__", "src")
    for package in PACKAGES:
        shutil.copytree(ROOT / package, copy / package, ignore=left_out)
    for folder, _, files in os.walk(copy):
        Path(folder).chmod(0o555)
        for file in files:
            (Path(folder) / file).chmod(0o444)
    yield copy
    for folder, _, _ in os.walk(copy):
        Path(folder).chmod(0o755)


@pytest.fixture
def reachable(fresh_database):
    """A copy of the town; where the tests' own cluster is the user postgres's, others are let to its socket."""
    with fresh_database() as database:
        folder = Path(str(database.app.query.get("host", "/")))
        for place in (folder, *folder.parents, *folder.glob(".s.PGSQL.*")) if ORDINARY else ():
            if place.owner() == "postgres":
                place.chmod(place.stat().st_mode | 0o033)
        yield database


def test_the_server_starts_and_reckons_a_zone(installed, tmp_path, reachable):
    home = tmp_path / "home"
    write_keys(home)
    with SqlSession(create_engine(reachable.owner, poolclass=NullPool)) as session, session.begin():
        token = issue_token(session, USERS[Role.COORDINATOR])
        lon, lat = session.execute(text("SELECT ST_X(geom), ST_Y(geom) FROM entrances LIMIT 1")).one()
    port = free_port()
    environment = {
        **{name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ},
        "HOME": str(installed),
        "PYTHONPATH": str(installed),
        "WANGGE_HOME": str(home),
        "WANGGE_PORT": str(port),
        "WANGGE_DATABASE_URL": text_of(reachable.app),
        "WANGGE_WORKERS": "0",
    }
    with (home / "server.log").open("w+") as log:
        server = subprocess.Popen(
            [*ORDINARY, sys.executable, "-c", "from app.cli import main; main(['serve'])"],
            cwd=tmp_path,
            env=environment,
            stdout=log,
            stderr=log,
        )
        try:
            address = f"http://127.0.0.1:{port}/api/v1/response/zone?lon={lon}&lat={lat}&minutes=3"
            zone = answered(address, token, server, home / "server.log")
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(timeout=20)
    assert b'"FeatureCollection"' in zone
    touched = subprocess.run([*ORDINARY, "touch", installed / "x"], check=False, capture_output=True)
    assert touched.returncode, "it could have been written"
    assert not list(installed.rglob("__pycache__"))
    assert (home / "networks").is_dir()


def answered(address, token, server, log):
    """What the server answers once it is there."""
    request = urllib.request.Request(address, headers={"Authorization": f"Bearer {token}"})
    deadline = time.monotonic() + PATIENCE
    while server.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return answer.read()
        except URLError as error:
            if getattr(error, "code", None):
                pytest.fail(f"{error}\n{log.read_text()}")
            time.sleep(0.2)
    pytest.fail(f"the server did not start:\n{log.read_text()}")
