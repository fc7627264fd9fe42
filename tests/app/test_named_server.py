"""A server that settings name, with a role that owns and one that serves: both called as its administrator likes."""

import json

import pytest
from click.testing import CliRunner
from sqlalchemy import create_engine, text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from app.cli import main
from app.cluster import Database, ready
from app.cluster.backup import restore_backup, write_backup
from app.cluster.database import text_of
from app.errors import Unavailable
from app.imports.check import check
from app.imports.loader import load_city
from app.settings import Settings
from tests.app.small_city import small_city
from tests.fixtures.database import ask
from tests.fixtures.town import PASSWORD, SEALER, write_keys

PERSONAL = ("households", "flags", "incidents", "incident_photos", "audit")
COUNT = "SELECT count(*) FROM {}"


@pytest.fixture
def named(server, worker_id):
    """An empty database with PostGIS whose owner and whose serving role have names of their own."""
    if not server.private:
        pytest.skip("roles are made on a cluster of our own only")
    owner, app = f"Owner-{worker_id}", f"Serving-{worker_id}"
    database = server.empty(f"{worker_id}_named")
    with server.administration() as connection:
        for role in (owner, app):
            connection.execute(text(f"CREATE ROLE \"{role}\" LOGIN PASSWORD '{PASSWORD}'"))
        connection.execute(text(f'ALTER DATABASE "{database.owner.database}" OWNER TO "{owner}"'))
    admin, word = database.admin, PASSWORD
    yield Database(admin, admin.set(username=owner, password=word), admin.set(username=app, password=word))
    server.drop(database)
    with server.administration() as connection:
        for role in (owner, app):
            connection.execute(text(f'DROP ROLE "{role}"'))


@pytest.fixture
def settings(named, tmp_path):
    """The settings of somebody who names both roles."""
    return Settings(home=tmp_path, database_url=text_of(named.app), database_owner_url=text_of(named.owner))


def load(url):
    with Session(create_engine(url, poolclass=NullPool)) as session, session.begin():
        load_city(session, small_city(), sealer=SEALER)


def assert_walled(database):
    """The serving role sees nothing without a scope and its rows with one, owns nothing and bends nothing."""
    for table in PERSONAL:
        assert ask(database.app, COUNT.format(table)) == 0
        assert ask(database.owner, f"SELECT relforcerowsecurity FROM pg_class WHERE oid = '{table}'::regclass")
    grid = ask(database.owner, "SELECT min(b.grid_id) FROM households h JOIN blocks b ON b.id = h.block_id")
    held = f"SELECT count(*) FROM households h JOIN blocks b ON b.id = h.block_id WHERE b.grid_id = {grid}"
    inside = ask(database.owner, held)
    set_scope = f"SET LOCAL wangge.grids = '{{{grid}}}'"
    assert ask(database.app, f"{set_scope}; SELECT count(*) FROM households") == inside > 0
    assert ask(database.app, "SELECT sum(households) FROM household_counts") > 0
    for forbidden in ("DELETE FROM audit", "UPDATE household_counts SET households = 0", "DROP TABLE flags"):
        with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"):
            ask(database.app, forbidden)


def test_the_owner_migrates_and_the_other_serves_behind_the_wall(named, settings):
    with ready(settings) as database:
        load(database.owner)
        assert_walled(named)
        with Session(create_engine(database.owner, poolclass=NullPool)) as session:
            finding = check(session, serving=database.app.username)
        assert finding.sound
        assert "last_wall" not in {violation.kind for violation in finding.violations}


def test_rights_that_the_serving_role_lost_come_back_at_the_next_start(named, settings):
    with ready(settings) as database:
        ask(database.owner, f'REVOKE SELECT ON areas FROM "{named.app.username}"')
    with ready(settings) as database:
        assert ask(database.app, "SELECT count(*) FROM areas") == 0


def test_where_one_role_does_everything_the_check_says_what_is_missing(named, monkeypatch, tmp_path):
    load_into = Settings(home=tmp_path, database_url=text_of(named.owner))
    with ready(load_into) as database:
        load(database.owner)
    write_keys(tmp_path / "home")
    monkeypatch.setenv("WANGGE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("WANGGE_DATABASE_URL", text_of(named.owner))
    done = CliRunner().invoke(main, ["check", "--json"])
    assert done.exit_code == 0, done.output
    (found,) = (v for v in json.loads(done.stdout)["violations"] if v["kind"] == "last_wall")
    assert found["severity"] == "missed"
    assert "WANGGE_DATABASE_OWNER_URL" in found["text"]
    assert set(PERSONAL) <= set(found["table"].split(", "))


def test_a_backup_from_a_private_cluster_stands_behind_the_wall_of_other_roles(fresh_database, named, tmp_path):
    with fresh_database() as town:
        write_backup(town, tmp_path / "town.backup")
        households = ask(town.owner, COUNT.format("households"))
    restore_backup(named, tmp_path / "town.backup", SEALER)
    assert ask(named.owner, COUNT.format("households")) == households
    assert_walled(named)
    with Session(create_engine(named.owner, poolclass=NullPool)) as session:
        assert check(session).sound


def test_a_backup_by_the_owner_is_whole_and_by_the_serving_role_refused(named, settings, tmp_path):
    with ready(settings) as database:
        load(database.owner)
        households = ask(database.owner, COUNT.format("households"))
        write_backup(database, tmp_path / "whole.backup")  # as an owner who is no superuser
        serving = Database.external(text_of(named.app))
        with pytest.raises(Unavailable, match="does not see every row"):
            write_backup(serving, tmp_path / "not.backup")
    assert not (tmp_path / "not.backup").exists()
    restore_backup(named, tmp_path / "whole.backup", SEALER)
    assert ask(named.owner, COUNT.format("households")) == households
    assert_walled(named)


def test_the_owner_s_address_needs_the_other_and_the_same_database():
    with pytest.raises(ValueError, match="needs WANGGE_DATABASE_URL"):
        Settings.from_environment({"WANGGE_HOME": "/nowhere", "WANGGE_DATABASE_OWNER_URL": "postgresql://a@h/one"})
    with pytest.raises(ValueError, match="same database"):
        Database.external("postgresql://a@h/one", "postgresql://b@h/two")
