"""Anchors: the head of the audit outside the database, told once and never taken back."""

import logging
import stat
import threading

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from app.accounts import anchors
from app.accounts.anchors import FILE, Anchor, Anchors
from app.accounts.audit import record
from app.audit.restored import tell_restored
from app.audit.verify import verify
from tests.fixtures.database import ask


@pytest.fixture
def town(fresh_database):
    """A town of its own: its database, and an engine of the role that serves, whose commits are anchored."""
    with fresh_database() as database:
        engine = create_engine(database.app)
        yield database, engine
        engine.dispose()


def act(engine, times=1, name="act"):
    for _ in range(times):
        with Session(engine) as session, session.begin():
            record(session, None, name, "thing", 1)


def head(database):
    return ask(database.owner, "SELECT id || ' ' || hash FROM audit_head")


def lines(home):
    return (home / FILE).read_text().splitlines()


def bent(database, kept):
    """What `verify` says first, as the owner."""
    engine = create_engine(database.owner)
    with Session(engine) as session:
        report = verify(session, kept.read())
    engine.dispose()
    return (report.findings[0].id, report.findings[0].kind) if report.findings else None


def test_a_commit_tells_the_head_to_a_file_that_is_private(town, tmp_path):
    database, engine = town
    anchors.install(engine, Anchors(tmp_path))
    assert lines(tmp_path)[0].startswith(head(database))
    act(engine, 3)
    told = lines(tmp_path)
    assert len(told) == 4
    assert told[-1].startswith(head(database))
    assert told[-1].endswith("Z")
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600


def test_reading_rolling_back_and_other_peoples_transactions_tell_nothing(town, tmp_path):
    _, engine = town
    anchors.install(engine, Anchors(tmp_path))
    before = lines(tmp_path)
    with Session(engine) as session, session.begin():
        session.execute(text("SELECT 1"))
    with Session(engine) as session:
        record(session, None, "undone", "thing", 1)
        session.rollback()
    with engine.connect() as connection, connection.begin() as transaction:
        with Session(connection, join_transaction_mode="create_savepoint") as session, session.begin():
            record(session, None, "somebody else's", "thing", 1)
        transaction.rollback()
    assert lines(tmp_path) == before


def test_many_threads_and_processes_tell_ascending_heads_and_the_last_one(town, tmp_path):
    database, engine = town
    # Two of them share only the files, as two processes do.
    other = create_engine(database.app)
    for each in (engine, other):
        anchors.install(each, Anchors(tmp_path))
    threads = [threading.Thread(target=act, args=(each, 8)) for each in (engine, other) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    other.dispose()
    ids = [int(line.split()[0]) for line in lines(tmp_path)]
    assert ids == sorted(set(ids))
    assert lines(tmp_path)[-1].startswith(head(database))
    assert bent(database, Anchors(tmp_path)) is None


def test_what_a_killed_process_left_untold_is_told_at_the_next_start(town, tmp_path):
    database, engine = town
    kept = Anchors(tmp_path)
    anchors.install(engine, kept)
    ask(
        database.app,
        "INSERT INTO audit (act, subject_type, subject_id) SELECT 'a', 'b', 'c' FROM generate_series(1, 5)",
    )
    owner = create_engine(database.owner)
    with Session(owner) as session:
        report = verify(session, kept.read())
    owner.dispose()
    assert (report.sound, report.bare) == (True, 5)
    anchors.install(engine, kept)
    assert lines(tmp_path)[-1].startswith(head(database))


def test_an_act_that_cannot_be_told_is_done_all_the_same_and_told_later(town, tmp_path, caplog):
    database, engine = town
    second = tmp_path / "share" / FILE
    kept = Anchors(tmp_path, second)
    anchors.install(engine, kept)  # the share is not mounted
    assert "could not be anchored" in caplog.text
    act(engine)
    assert lines(tmp_path)[-1].startswith(head(database))
    second.parent.mkdir()
    act(engine)
    assert lines(second.parent) == lines(tmp_path)[-1:]


def restored(database, kept):
    """As `wangge db restore` ends, as the owner."""
    engine = create_engine(database.owner)
    tell_restored(engine, kept)
    engine.dispose()


TAMPERING = {
    "the newest row removed": "DELETE FROM audit WHERE id = {last}",
    "the end cut off": "DELETE FROM audit WHERE id > {last} - 3; "
    "UPDATE audit_head SET (id, hash) = (SELECT id, hash FROM audit ORDER BY id DESC LIMIT 1)",
    "the newest row written anew": "UPDATE audit SET act = 'x' WHERE id = {last}; "
    "UPDATE audit SET hash = audit_hash(audit) WHERE id = {last}; "
    "UPDATE audit_head SET hash = (SELECT hash FROM audit WHERE id = {last})",
}


@pytest.mark.parametrize("statements", TAMPERING.values(), ids=TAMPERING)
def test_a_bent_chain_is_told_to_the_log_and_never_to_the_file(statements, town, tmp_path, caplog):
    database, engine = town
    kept = Anchors(tmp_path)
    anchors.install(engine, kept)
    act(engine, 6)
    last = kept.newest().id
    before = lines(tmp_path)
    for statement in statements.format(last=last).split(";"):
        ask(database.owner, statement)
    caplog.set_level(logging.ERROR)
    act(engine, 10)  # more than were cut off
    anchors.install(engine, kept)
    assert lines(tmp_path) == before
    assert "changed outside of Wangge" in caplog.text
    assert bent(database, kept) is not None


def test_a_line_cut_short_by_a_full_disk_counts_for_nothing_and_spoils_none(town, tmp_path):
    database, engine = town
    kept = Anchors(tmp_path)
    anchors.install(engine, kept)
    with (tmp_path / FILE).open("a") as file:
        file.write("999999 0123456789abcd")
    act(engine, 2)
    assert [anchor.id for anchor in kept.read()] == sorted(anchor.id for anchor in kept.read())
    assert kept.newest().id < 999999
    assert kept.newest().line.decode().startswith(head(database))
    assert bent(database, kept) is None


def test_a_file_that_grows_large_keeps_the_newest_lines_and_one_of_each_day(town, tmp_path, monkeypatch):
    _, engine = town
    monkeypatch.setattr(anchors, "LARGEST", 64 * 1024)
    monkeypatch.setattr(anchors, "NEWEST", 50)
    kept = Anchors(tmp_path)
    anchors.install(engine, kept)
    start = kept.newest()
    old = [
        Anchor(0, f"{number:064x}", f"2020-{1 + number // 100:02}-01T00:00:{number % 60:02}Z") for number in range(1000)
    ]
    (tmp_path / FILE).write_bytes(b"".join(anchor.line for anchor in [*old, start]))
    act(engine)
    assert [anchor.at[:7] for anchor in kept.read()[:-50]] == [f"2020-{month:02}" for month in range(1, 11)]
    assert len(kept.read()) == 60
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600
    act(engine)
    assert len(kept.read()) == 61


def test_a_restored_backup_keeps_the_anchors_that_it_fulfils_and_says_what_is_lost(town, tmp_path):
    database, engine = town
    kept = Anchors(tmp_path)
    anchors.install(engine, kept)
    act(engine, 5)
    backup = kept.newest()
    act(engine, 4)
    lost = kept.newest()
    # As a restore leaves it: rows and head of the backup.
    ask(database.owner, f"DELETE FROM audit WHERE id > {backup.id}")
    ask(database.owner, f"UPDATE audit_head SET id = {backup.id}, hash = '{backup.hash}'")
    assert bent(database, kept) == (backup.id + 1, "cut")

    restored(database, kept)

    detail = ask(database.owner, "SELECT detail FROM audit WHERE act = 'database.restored'")
    assert (detail["lost_from"], detail["lost_to"], detail["other_chain"]) == (backup.id + 1, lost.id, False)
    assert backup in kept.read()
    assert lost not in kept.read()
    assert lost.line.decode() in (tmp_path / f"{FILE}.{detail['aside']}").read_text()
    act(engine)
    assert lines(tmp_path)[-1].startswith(head(database))
    assert bent(database, kept) is None
    ask(database.owner, "UPDATE audit SET act = 'x' WHERE id = 1")
    assert bent(database, kept) == (1, "changed")


def test_a_restored_backup_of_another_chain_begins_its_anchors_anew(town, tmp_path):
    database, _ = town
    kept = Anchors(tmp_path)
    (tmp_path / FILE).write_bytes(Anchor(2, "0" * 64, "2026-01-01T00:00:00Z").line)
    restored(database, kept)
    assert ask(database.owner, "SELECT detail -> 'other_chain' FROM audit WHERE act = 'database.restored'") is True
    assert [anchor.line.decode().split()[0] for anchor in kept.read()] == [head(database).split()[0]]
    assert bent(database, kept) is None


def test_a_home_that_cannot_be_written_does_not_stop_the_act(town, tmp_path, caplog):
    database, engine = town
    (tmp_path / FILE).mkdir()
    before = head(database)
    anchors.install(engine, Anchors(tmp_path))
    act(engine)
    assert head(database) != before
    assert "could not be anchored" in caplog.text
