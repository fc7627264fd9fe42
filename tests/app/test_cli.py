"""The command line as a person uses it: how it begins, what it refuses, and `wangge up` from nothing to a page."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.cluster import Cluster
from app.cluster.database import text_of
from app.commands import first_start
from app.settings import Settings
from tests.app.commands import wangge
from tests.fixtures.database import ask
from tests.fixtures.web import free_port

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 90  # seconds for a start beside other work


def begun(*arguments, **environment):
    """What the command said in a process of its own, and its exit code."""
    return subprocess.run(
        [sys.executable, "-m", "app.cli", *arguments],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_help_names_every_command_and_needs_no_database():
    done = begun("--help", WANGGE_HOME="/nowhere")
    assert done.returncode == 0
    for command in ("up", "serve", "db", "demo", "import", "check", "wallmap", "user", "token", "audit", "privacy"):
        assert f"\n  {command} " in done.stdout


def test_help_imports_nothing_slow():
    code = "import sys, app.cli; app.cli.main(['--help'], standalone_mode=False); print(sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = done.stdout.splitlines()[-1]
    for slow in ("'sqlalchemy'", "'flask'", "'shapely'", "'scipy'", "'folium'", "'osmium'"):
        assert slow not in loaded


@pytest.mark.parametrize("port", ["http", "0", "65536", "-1"])
def test_a_port_that_is_none_is_told_in_one_sentence(port):
    done = wangge("db", "status", WANGGE_PORT=port)
    assert done.returncode == 1
    assert done.stderr == f"Error: WANGGE_PORT must be a number from 1 to 65535, not {port!r}\n"


@pytest.mark.parametrize("name", ["WANGGE_IDLE_MINUTES", "WANGGE_SESSION_HOURS"])
def test_a_time_of_a_session_that_is_none_is_told_in_one_sentence(name):
    done = wangge("db", "status", **{name: "soon"})
    assert done.returncode == 1
    assert done.stderr.startswith(f"Error: {name} must be a number from 1 to ")


def test_a_home_that_cannot_be_written_is_told_in_one_sentence():
    done = wangge("db", "status", WANGGE_HOME="/proc/nowhere", WANGGE_DATABASE_URL="")
    assert done.returncode == 1
    assert done.stderr.startswith("Error: /proc/nowhere cannot be written")


def test_a_new_user_and_a_token_are_printed_once_and_work(named):
    environment, database = named
    area = ask(database.owner, "SELECT code FROM areas WHERE level = 'district'")
    done = wangge("user", "add", "lin", "--role", "planner", "--area", area, "--json", **environment)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["name"] == "lin"
    assert (
        ask(database.owner, "SELECT count(*) FROM users WHERE name = 'lin' AND password_hash LIKE '$argon2id$%'") == 1
    )
    assert ask(database.owner, "SELECT must_change_password FROM users WHERE name = 'lin'")
    done = wangge("token", "lin", "--scope", "map.see", "--days", "7", "--label", "counts", **environment)
    assert done.returncode == 0, done.stderr
    assert ask(database.owner, "SELECT name || scopes::text FROM tokens") == "counts{map.see}"
    done = wangge("token", "lin", "--scope", "audit.see", **environment)
    assert (done.returncode, done.stderr) == (1, "Error: audit.see is nothing that this user may do.\n")


def test_an_api_client_is_told_to_take_a_token_and_a_lost_phone_is_forgotten(named):
    environment, database = named
    area = ask(database.owner, "SELECT code FROM areas WHERE level = 'district'")
    done = wangge("user", "add", "robot", "--role", "api_client", "--area", area, **environment)
    assert done.stdout == "robot does not log in: make a token with 'wangge token robot'.\n"
    ask(database.owner, "INSERT INTO second_factors (user_id, secret, last_step) SELECT id, '', 0 FROM users LIMIT 1")
    name = ask(database.owner, "SELECT name FROM users JOIN second_factors ON user_id = id")
    done = wangge("user", "reset-second-factor", name, **environment)
    assert done.returncode == 0, done.stderr
    assert ask(database.owner, "SELECT count(*) FROM second_factors") == 0
    assert ask(database.owner, "SELECT act FROM audit ORDER BY id DESC LIMIT 1") == "second_factor.removed"


def test_a_real_city_gets_no_user_whose_name_is_known_beforehand(named, tmp_path):
    _, database = named
    settings = Settings(home=tmp_path)
    ask(database.owner, "TRUNCATE users CASCADE")
    ask(database.owner, "UPDATE areas SET key = 'osm:' || key")
    assert first_start.logins(settings, database) == ""
    assert ask(database.owner, "SELECT count(*) FROM users") == 0
    ask(database.owner, "UPDATE areas SET key = substr(key, 5)")
    assert "auditor" in first_start.logins(settings, database)


def test_an_unknown_area_is_told_in_one_sentence(named):
    environment, _ = named
    done = wangge("user", "add", "lin", "--role", "planner", "--area", "000000000000", **environment)
    assert done.returncode == 1
    assert done.stderr.startswith("Error: There is no area with the code 000000000000. Districts: ")
    assert done.stderr.count("\n") == 1


def test_an_empty_database_is_not_served(empty_database, tmp_path):
    url = text_of(empty_database.owner)
    done = begun("serve", WANGGE_HOME=str(tmp_path), WANGGE_PORT=str(free_port()), WANGGE_DATABASE_URL=url)
    assert done.returncode == 1
    assert "run 'wangge up' once" in done.stderr


def test_a_backup_is_not_overwritten_nor_data_replaced_unasked(named, tmp_path):
    environment, _ = named
    file = tmp_path / "backup"
    file.write_text("something")
    done = wangge("db", "backup", str(file), **environment)
    assert done.returncode == 1
    assert "--yes" in done.stderr
    done = wangge("db", "restore", str(file), **environment)
    assert done.returncode == 1
    assert "--yes" in done.stderr


def test_a_port_in_use_is_told_before_anything_starts(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = begun("up", WANGGE_HOME=str(tmp_path / "home"), WANGGE_PORT=port, WANGGE_DATABASE_URL="")
    assert done.returncode == 1
    assert "choose another port in WANGGE_PORT" in done.stderr
    assert not (tmp_path / "home").exists()


@contextmanager
def running(home, port, log):
    """The process of `wangge up` once its page answers."""
    environment = os.environ | {"WANGGE_HOME": str(home), "WANGGE_PORT": str(port), "WANGGE_DATABASE_URL": ""}
    command = [sys.executable, "-m", "app.cli", "up", "--scale", "0.05"]
    with log.open("w") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output)
    try:
        deadline = time.monotonic() + PATIENCE
        while not healthy(port):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)
        yield process
    finally:
        process.kill()
        process.wait()


def healthy(port):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/health", timeout=5) as answer:
            return answer.status == 200
    except OSError:
        return False


def test_up_brings_a_home_from_nothing_to_a_page_and_back_after_kills(tmp_path):
    home, port, log = tmp_path / "home", free_port(), tmp_path / "log"
    try:
        with running(home, port, log) as process:
            cluster = Cluster.of(home)
            dwellings = ask(cluster.database.owner, "SELECT count(*) FROM dwellings")
            assert dwellings > 0
            logins = home / "demo-logins.txt"
            assert stat.S_IMODE(logins.stat().st_mode) == 0o600
            server = int((cluster.places.data / "postmaster.pid").read_text().split()[0])
            os.kill(server, signal.SIGKILL)
            os.kill(process.pid, signal.SIGKILL)
        with running(home, port, log) as process:
            assert ask(cluster.database.owner, "SELECT count(*) FROM dwellings") == dwellings
            assert logins.read_text() in log.read_text()
            process.send_signal(signal.SIGINT)
            assert process.wait(timeout=PATIENCE) == 0
        assert not cluster.running()
    finally:
        Cluster.of(home).remove()
