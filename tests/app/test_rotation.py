"""A new key for everything that is sealed."""

import threading
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session as SqlSession
from sqlalchemy.pool import NullPool

from app import rotation
from app.cluster.database import text_of
from app.errors import Conflict, Unavailable
from app.keys import FILE, KeyCommand, KeyFile, Keys, key_id, new_keys
from app.rotation import rotate, sealed_columns, sealed_with
from app.sealing import Sealer, hold_keys
from app.settings import Settings
from tests.fixtures.town import KEYS, SEALER, write_keys

SOME = "SELECT id, contact_phone, contact_phone_tail FROM households WHERE contact_phone <> '' ORDER BY id LIMIT 5"


@pytest.fixture
def engine(fresh_database):
    """The owner's engine of a copy of the town."""
    with fresh_database() as database:
        made = create_engine(database.owner, poolclass=NullPool)
        yield made
        made.dispose()


@pytest.fixture
def home(tmp_path) -> Path:
    """A home with the keys of the town."""
    write_keys(tmp_path)
    return tmp_path


def quietly(step, share):
    assert 0 <= share <= 1


def some(engine):
    with engine.connect() as connection:
        return connection.execute(text(SOME)).all()


def counts(engine):
    with engine.connect() as connection:
        return sealed_with(connection)


def test_everything_is_sealed_anew_the_old_key_is_gone_and_a_running_server_reads_on(engine, home):
    running = Sealer.of(Settings(home=home))
    before, (old,) = some(engine), SEALER.keys.ids()
    done = rotate(engine, Sealer.of(Settings(home=home)), quietly)
    assert counts(engine) == {done.key: done.resealed["households.contact_phone"]}
    assert (done.removed, done.resumed) == ((old,), False)
    keys = Keys.of((home / FILE).read_text(), "")
    assert [key_id(key) for key in keys.data] == [done.key]
    for was, now in zip(before, some(engine), strict=True):
        assert running.unseal(now.contact_phone) == SEALER.unseal(was.contact_phone)
        assert now.contact_phone_tail == was.contact_phone_tail
    with pytest.raises(Unavailable):
        SEALER.unseal(now.contact_phone)


def test_a_rotation_raises_no_version_and_so_spares_every_tile(engine, home):
    def versions():
        with engine.connect() as connection:
            return connection.execute(text("SELECT * FROM data_versions ORDER BY dataset")).all()

    before = versions()
    rotate(engine, Sealer.of(Settings(home=home)), quietly)
    assert versions() == before


def test_an_interrupted_rotation_loses_nothing_and_is_finished_by_the_next(engine, home, monkeypatch):
    class Interrupted(Exception):
        pass

    def interrupt(step, share):
        if share > 0.3:
            raise Interrupted

    monkeypatch.setattr(rotation, "BATCH", 200)
    whole = sum(counts(engine).values())
    with pytest.raises(Interrupted):
        rotate(engine, Sealer.of(Settings(home=home)), interrupt)
    found = counts(engine)
    assert len(found) == 2
    assert sum(found.values()) == whole
    reader = Sealer.of(Settings(home=home))
    assert len(reader.keys.data) == 2
    assert all(reader.unseal(row.contact_phone) for row in some(engine))
    done = rotate(engine, reader, quietly)
    assert done.resumed
    assert done.resealed["households.contact_phone"] == found[SEALER.keys.ids()[0]]
    assert counts(engine) == {done.key: whole}
    assert len(KeyFile(home).read().data) == 1


def test_what_is_sealed_and_not_yet_written_keeps_its_key_from_going(engine, home):
    sealer = Sealer.of(Settings(home=home))
    with SqlSession(engine) as session, session.begin():
        hold_keys(session)
        sealed = sealer.seal("13812345678")
        found = []
        rotating = threading.Thread(target=lambda: found.append(rotate(engine, sealer, quietly)))
        rotating.start()
        while len(KeyFile(home).read().data) < 2:
            rotating.join(0.05)
        number = session.scalar(text("SELECT id FROM households WHERE contact_phone = '' ORDER BY id LIMIT 1"))
        session.execute(
            text("UPDATE households SET contact_phone = :sealed WHERE id = :id"), {"id": number, "sealed": sealed}
        )
    rotating.join()
    assert set(counts(engine)) == {found[0].key}
    with engine.connect() as connection:
        kept = connection.scalar(text("SELECT contact_phone FROM households WHERE id = :id"), {"id": number})
    assert Sealer.of(Settings(home=home)).unseal(kept) == "13812345678"


def test_two_rotations_do_not_run_at_once(engine, home):
    def second(step, share):
        with pytest.raises(Conflict):
            rotate(engine, Sealer.of(Settings(home=home)), quietly)

    rotate(engine, Sealer.of(Settings(home=home)), second)


def test_a_text_whose_key_is_not_here_stops_a_rotation_before_a_key_is_removed(engine, tmp_path):
    with pytest.raises(Unavailable):
        rotate(engine, Sealer.of(Settings(home=tmp_path)), quietly)
    assert len(KeyFile(tmp_path).read().data) == 2


def test_a_column_that_nobody_marked_stops_a_rotation_before_it_begins(engine, home):
    with engine.begin() as connection:
        connection.execute(text("UPDATE users SET display_name = :sealed"), {"sealed": SEALER.seal("a secret")})
    with pytest.raises(Conflict, match=r"users\.display_name"):
        rotate(engine, Sealer.of(Settings(home=home)), quietly)
    assert len(KeyFile(home).read().data) == 1


def test_with_a_key_service_its_newest_key_seals_everything_and_no_key_is_removed(engine, tmp_path):
    kept, newest = tmp_path / "kept", new_keys().data[0]
    kept.write_text(Keys((newest, *KEYS.data), KEYS.hash).text())
    done = rotate(engine, Sealer(KeyCommand(f"cat {kept}")), quietly)
    assert set(counts(engine)) == {done.key} == {key_id(newest)}
    assert done.removed == ()


def test_a_second_factor_is_sealed_anew_with_the_phones(engine, home):
    with engine.begin() as connection:
        connection.execute(
            text("INSERT INTO second_factors (user_id, secret, last_step) SELECT min(id), :secret, 0 FROM users"),
            {"secret": SEALER.seal("JBSWY3DPEHPK3PXP")},
        )
    done = rotate(engine, Sealer.of(Settings(home=home)), quietly)
    assert done.resealed["second_factors.secret"] == 1
    with engine.connect() as connection:
        secret = connection.scalar(text("SELECT secret FROM second_factors"))
    assert Sealer.of(Settings(home=home)).unseal(secret) == "JBSWY3DPEHPK3PXP"
    assert {f"{column.table.name}.{column.name}" for column in sealed_columns()} == set(done.resealed)


def test_the_command_says_what_it_did_and_what_old_backups_need(fresh_database, home, monkeypatch):
    import json

    from click.testing import CliRunner

    from app.cli import main

    with fresh_database() as database:
        monkeypatch.setenv("WANGGE_HOME", str(home))
        monkeypatch.setenv("WANGGE_DATABASE_URL", text_of(database.owner))
        said = CliRunner().invoke(main, ["keys", "rotate"])
        assert said.exit_code == 0, said.output
        assert "households.contact_phone sealed anew" in said.stdout
        assert "Backups of the database made until now still need it" in said.stdout
        done = json.loads(CliRunner().invoke(main, ["keys", "rotate", "--json"]).stdout)
        (only,) = json.loads(CliRunner().invoke(main, ["keys", "status", "--json"]).stdout)
    assert only == {"key": done["key"], "sealed": done["resealed"]["households.contact_phone"], "here": True}
    assert Keys.of(CliRunner().invoke(main, ["keys", "new"]).stdout, "").data
