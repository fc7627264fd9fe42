"""The private cluster: made, started, stopped, killed, and started again."""

import os
import signal
import stat
import time
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from app.cluster import Cluster, opened, ready
from app.cluster.database import text_of
from app.cluster.places import ELSEWHERE, LONGEST_SOCKET, places_of
from app.cluster.ready import keep, release
from app.cluster.roles import equip
from app.errors import Unavailable
from app.settings import Settings
from tests.fixtures.database import ask


@pytest.fixture
def settings(tmp_path):
    """The settings of a new home, whose cluster is removed at the end."""
    made = Settings(home=tmp_path / "home")
    yield made
    Cluster.of(made.home).remove()


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """A home whose cluster is migrated and stays up for the module."""
    made = Settings(home=tmp_path_factory.mktemp("kept") / "home")
    cluster = keep(made)
    with ready(made):
        pass
    yield made
    cluster.remove()


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_nobody_reaches_it_over_the_network_or_from_another_account(kept):
    cluster = Cluster.of(kept.home)
    assert ask(cluster.database.admin, "SHOW listen_addresses") == ""
    assert mode(cluster.places.socket) == 0o700
    assert mode(cluster.places.data) == 0o700


def test_its_passwords_are_its_own_and_only_its_owner_reads_them(kept, tmp_path):
    file = kept.home / "cluster.json"
    assert mode(file) == 0o600
    database = Cluster.of(kept.home).database
    assert len({database.admin.password, database.owner.password, database.app.password}) == 3
    with pytest.raises(Exception, match="password authentication failed"):
        ask(database.app.set(password=database.owner.password), "SELECT 1")


def test_the_role_that_serves_owns_nothing_and_only_adds_to_the_audit(kept):
    app = Cluster.of(kept.home).database.app
    assert ask(app, "SELECT count(*) FROM pg_class WHERE pg_get_userbyid(relowner) = current_user") == 0
    assert ask(app, "SELECT count(*) FROM areas") == 0
    ask(app, "INSERT INTO audit (act, subject_type, subject_id) VALUES ('a', 'b', 'c')")
    for forbidden in (
        "DELETE FROM audit",
        "UPDATE audit SET act = 'x'",
        "DROP TABLE areas",
        "CREATE TABLE own (id int)",
    ):
        with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"):
            ask(app, forbidden)


def test_the_role_that_serves_makes_no_table_where_postgresql_14_would_let_anybody(kept):
    database = Cluster.of(kept.home).database
    ask(database.admin, "GRANT CREATE ON SCHEMA public TO PUBLIC")
    equip(database)
    with pytest.raises(ProgrammingError, match="permission denied"):
        ask(database.app, "CREATE TABLE own (id int)")


def test_a_command_leaves_a_cluster_running_that_was_running(kept):
    with opened(kept) as database:
        assert ask(database.app, "SELECT 1") == 1
    assert Cluster.of(kept.home).running()


def test_a_command_stops_the_cluster_that_it_started_once_nobody_else_uses_it(settings):
    with opened(settings):
        with opened(settings) as database:
            assert ask(database.app, "SELECT 1") == 1
        assert Cluster.of(settings.home).running()
    assert not Cluster.of(settings.home).running()


def test_it_is_not_stopped_while_a_command_uses_it(kept):
    with opened(kept), pytest.raises(Unavailable, match="Another command"):
        release(kept)
    keep(kept)
    assert Cluster.of(kept.home).running()


def test_after_a_kill_the_next_start_has_everything(settings):
    cluster = Cluster.of(settings.home)
    (cluster.places.folder / "data.part").mkdir()  # what a killed first start leaves
    cluster.start()
    ask(cluster.database.owner, "CREATE TABLE kept (id int); INSERT INTO kept SELECT generate_series(1, 1000)")
    server = int((cluster.places.data / "postmaster.pid").read_text().split()[0])
    os.kill(server, signal.SIGKILL)
    cluster = Cluster.of(settings.home)
    deadline = time.monotonic() + 5
    while cluster.running() and time.monotonic() < deadline:
        time.sleep(0.05)
    cluster.start()
    assert ask(cluster.database.app, "SELECT count(*) FROM pg_class WHERE relname = 'kept'") == 1
    assert ask(cluster.database.owner, "SELECT count(*) FROM kept") == 1000


def test_two_homes_run_side_by_side(kept, settings):
    with opened(settings) as database:
        ask(database.owner, "CREATE TABLE only_here (id int)")
        assert ask(Cluster.of(kept.home).database.owner, "SELECT to_regclass('only_here')") is None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to run PostgreSQL as somebody else")
def test_a_home_that_the_server_cannot_reach_keeps_its_data_elsewhere(tmp_path):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    places = places_of(closed / "home")
    assert places.folder.parent == ELSEWHERE
    assert places_of(closed / "home") == places
    places.socket.rmdir()
    places.folder.rmdir()


def test_a_long_home_gets_a_short_socket(tmp_path):
    home = tmp_path / ("long" * 20)
    tmp_path.chmod(0o755)
    places = places_of(home)
    assert len(os.fsencode(places.socket / ".s.PGSQL.5432")) <= LONGEST_SOCKET
    assert mode(places.socket) == 0o700
    places.socket.rmdir()
    places.folder.rmdir()


def test_a_named_server_without_postgis_is_refused_with_what_to_do(server):
    database = server.template.renamed(f"{server.key}_plain")
    with server.administration() as connection:
        connection.execute(text(f'CREATE DATABASE "{database.owner.database}" TEMPLATE template0'))
    try:
        with (
            pytest.raises(Unavailable, match="CREATE EXTENSION postgis"),
            opened(Settings(home=Path("/nowhere"), database_url=text_of(database.admin))),
        ):
            pass
    finally:
        server.drop(database)


def test_a_named_server_that_does_not_answer_is_told():
    nowhere = Settings(home=Path("/nowhere"), database_url="postgresql://nobody@127.0.0.1:1/nothing")
    with pytest.raises(Unavailable, match="WANGGE_DATABASE_URL cannot be reached"), opened(nowhere):
        pass


def test_another_kind_of_database_is_refused():
    with (
        pytest.raises(ValueError, match="must begin with postgresql://"),
        opened(Settings(Path("/"), database_url="sqlite://")),
    ):
        pass
