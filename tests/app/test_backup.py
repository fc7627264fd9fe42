"""Backups: what is put back is what was, under a version that no cache has seen."""

import stat

import pytest
from sqlalchemy.exc import ProgrammingError

from app.cluster import Cluster, ready
from app.cluster.backup import holds_data, restore_backup, write_backup
from app.errors import Unavailable
from app.settings import Settings
from tests.fixtures.database import ask
from tests.fixtures.town import SEALER

SQUARE = "ST_Multi(ST_MakeEnvelope(118, 32, 118.01, 32.01, 4326))"
ADD = f"INSERT INTO areas (key, level, code, name, geom) VALUES ('d', 'district', '990000000000', '之前', {SQUARE})"


@pytest.fixture
def database(tmp_path):
    settings = Settings(home=tmp_path / "home")
    with ready(settings) as opened:
        yield opened
    Cluster.of(settings.home).remove()


def test_a_backup_puts_everything_back_with_rights_and_a_newer_version(database, tmp_path):
    assert not holds_data(database)
    ask(database.owner, ADD)
    file = tmp_path / "all.backup"
    write_backup(database, file)
    assert stat.S_IMODE(file.stat().st_mode) & 0o077 == 0
    ask(database.owner, "UPDATE areas SET name = '之后'")
    version = "SELECT version FROM data_versions WHERE dataset = 'areas'"
    before = ask(database.app, version)

    restore_backup(database, file, SEALER)

    assert ask(database.app, "SELECT name FROM areas") == "之前"
    assert ask(database.app, version) > before
    with pytest.raises(ProgrammingError, match="permission denied"):
        ask(database.app, "DELETE FROM audit")


def test_a_broken_backup_changes_nothing(database, tmp_path):
    ask(database.owner, ADD)
    file = tmp_path / "broken.backup"
    file.write_bytes(b"PGDMP and nothing else")
    with pytest.raises(Unavailable, match="pg_restore failed"):
        restore_backup(database, file, SEALER)
    assert ask(database.app, "SELECT name FROM areas") == "之前"
