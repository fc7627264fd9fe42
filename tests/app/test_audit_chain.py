"""The chain of the audit: who may insert a row chooses nothing of it, and Python and PostgreSQL agree on its hash."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError, ProgrammingError
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from app.accounts.audit import record
from app.audit.chain import check, digest
from app.audit.verify import ALL, Link, head_of, verify
from app.migrate import configuration
from tests.fixtures.database import ask

HOSTILE = {
    "separators": {"act": 'a","b', "subject_type": "[1, 2]", "subject_id": "x|y;z\x1f"},
    "quotes": {"act": "'\"\\/", "subject_id": "\\u0041\\", "detail": {'"': "\\", "/": "</script>"}},
    "control signs": {"act": "\x01\b\t\n\f\r\x1b\x7f\x85", "detail": {"\x02": "\x1f\x7f"}},
    "many languages": {
        "act": "查看",
        "subject_id": "𠮷野家 👩‍👩‍👧 é é \u2028\u2029\ufeff",
        "detail": {"键": "值", "é": "é"},
    },
    "nulls and nesting": {"detail": {"a": None, "b": [None, [], {}, {"c": {"d": [1, "1", True, False]}}], "": ""}},
    "numbers": {"detail": {"a": 0.1, "b": 1e22, "c": -0.0, "d": 1.10, "e": 10**30, "f": 5e-324, "g": 1e300, "h": -7}},
    "order of keys": {"detail": {"bb": 1, "a": 2, "ab": 3, "B": 4, "é": 5, "z": 6}},
    "nothing": {"act": "", "subject_type": "", "subject_id": ""},
    "length": {"act": "x" * 10_000, "detail": {"households": list(range(5000))}},
}


@pytest.fixture
def rows(session):
    """`rows()`: the audit as the chain sees it."""
    return lambda: [Link._make(row) for row in session.execute(ALL)]


@pytest.fixture
def committed(fresh_database):
    """A town of its own, to be written to for good, and engines on it: the owner's and that of the role that serves."""
    with fresh_database() as database:
        engines = [create_engine(url, poolclass=NullPool) for url in (database.owner, database.app)]
        yield database, *engines


def put(session, values):
    record(
        session,
        None,
        values.get("act", "act"),
        values.get("subject_type", "type"),
        values.get("subject_id", "1"),
        **values.get("detail", {}),
    )
    session.commit()


@pytest.mark.parametrize("values", HOSTILE.values(), ids=HOSTILE)
def test_python_and_postgresql_agree_on_the_hash_of_every_row(values, session, rows):
    put(session, values)
    row = rows()[-1]
    assert (row.act, row.subject_id) == (values.get("act", "act"), values.get("subject_id", "1"))
    assert digest(row) == row.hash
    stored = session.execute(text("SELECT previous_hash, hash, audit_hash(audit) FROM audit ORDER BY id DESC LIMIT 1"))
    assert tuple(stored.one()) == (row.previous_hash, row.hash, digest(row))


def test_the_hash_covers_every_column(session, rows):
    put(session, {"detail": {"a": 1}})
    row = rows()[-1]
    others = {
        "id": row.id + 1, "at": row.at + 1, "user_id": 7, "act": "b", "subject_type": "b", "subject_id": "2",
        "detail": '{"a": 2}', "previous_hash": "0" * 64,
    }  # fmt: skip
    assert set(others) == set(Link._fields) - {"hash"}
    assert len({digest(row), *(digest(row._replace(**{name: value})) for name, value in others.items())}) == 9


def test_nobody_chooses_number_time_or_hash(committed):
    database, owner, _ = committed
    before = ask(database.owner, "SELECT max(id) FROM audit")
    ask(
        database.app,
        "INSERT INTO audit (id, at, act, subject_type, subject_id, previous_hash, hash) "
        "VALUES (7, '2020-01-01', 'a', 'b', 'c', 'mine', 'mine'), (7, 'infinity', 'a', 'b', 'd', '', '')",
    )
    with Session(owner) as session:
        first, second = (Link._make(row) for row in session.execute(ALL).all()[-2:])
        assert (first.id, second.id) == (before + 1, before + 2)
        assert second.previous_hash == first.hash
        assert abs(datetime.fromtimestamp(first.at / 1e6, UTC) - datetime.now(UTC)) < timedelta(minutes=5)
        assert verify(session, []).sound


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET act = 'x'",
        "DELETE FROM audit",
        "TRUNCATE audit",
        "SELECT * FROM audit_head",
        "UPDATE audit_head SET id = 0",
        "INSERT INTO audit_head (sole, id, hash) VALUES (true, 0, '')",
        "ALTER TABLE audit DISABLE TRIGGER audit_chain",
        "DROP TRIGGER audit_chain ON audit",
        "CREATE OR REPLACE FUNCTION audit_chain() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "SET session_replication_role = replica",
        "INSERT INTO audit (act, subject_type, subject_id) VALUES ('', '', '') ON CONFLICT (id) DO UPDATE SET act = ''",
    ],
)
def test_the_role_that_serves_bends_nothing(statement, committed):
    database, *_ = committed
    if database.app == database.owner:
        pytest.skip("one role owns and serves on this server")
    with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"):
        ask(database.app, statement)


def test_a_table_of_the_same_name_in_ones_own_schema_does_not_take_the_triggers_place(committed):
    _, owner, app = committed
    with app.begin() as connection:
        connection.execute(text("CREATE TEMPORARY TABLE audit_head (sole boolean, id bigint, hash text)"))
        connection.execute(text("INSERT INTO pg_temp.audit_head VALUES (true, 1, 'mine')"))
        connection.execute(text("INSERT INTO public.audit (act, subject_type, subject_id) VALUES ('a', 'b', 'c')"))
    with Session(owner) as session:
        assert verify(session, []).sound


def test_many_writers_make_one_chain_and_undone_acts_leave_no_gap(committed):
    database, owner, app = committed
    before = ask(database.owner, "SELECT max(id) FROM audit")
    failures = []

    def write(writer):
        try:
            for number in range(10):
                with Session(app) as session:
                    record(session, None, "try", "writer", writer, number=number)
                    if number % 3:
                        session.commit()
                    else:
                        session.flush()
                        session.rollback()
        except DBAPIError as error:
            failures.append(error)

    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with Session(owner) as session:
        report = verify(session, [])
        assert report.sound
        assert report.last == before + 8 * 6


def test_a_row_waits_for_the_commit_so_that_nobody_waits_for_it(committed):
    _, owner, app = committed
    with Session(app) as first, Session(app) as second:
        record(first, None, "first", "a", 1)
        first.execute(text("SELECT 1"))
        second.execute(text("SET LOCAL lock_timeout = '5s'"))
        record(second, None, "second", "a", 1)
        second.commit()
        first.commit()
    with owner.connect() as connection:
        acts = connection.scalars(text("SELECT act FROM audit ORDER BY id DESC LIMIT 2")).all()
    assert acts == ["first", "second"]


def test_an_act_undone_with_its_savepoint_is_not_on_record(session, rows):
    before = len(rows())
    record(session, None, "kept", "a", 1)
    with session.begin_nested() as savepoint:
        record(session, None, "undone", "a", 1)
        savepoint.rollback()
    with session.begin_nested():
        record(session, None, "kept too", "a", 1)
    session.commit()
    record(session, None, "rolled back", "a", 1)
    session.rollback()
    session.commit()
    assert [row.act for row in rows()[before:]] == ["kept", "kept too"]


def test_a_detail_that_no_json_holds_fails_where_it_is_recorded(session):
    with pytest.raises(ValueError, match="not JSON compliant"):
        record(session, None, "a", "b", 1, number=float("nan"))


def test_the_migration_chains_what_was_there_and_the_way_back_keeps_it(committed):
    database, owner, _ = committed

    def migrate_to(revision, move):
        with owner.begin() as connection:
            config = configuration()
            config.attributes["connection"] = connection
            move(config, revision)

    before = ScriptDirectory.from_config(configuration()).get_revision("0007").down_revision
    migrate_to(before, command.downgrade)
    count = ask(database.owner, "SELECT count(*) FROM audit")
    ask(database.owner, "SELECT setval('audit_id_seq', 1000)")  # as after many rolled back acts
    ask(
        database.owner,
        "INSERT INTO audit (act, subject_type, subject_id) SELECT 'old', 'n', n FROM generate_series(1, 9) n",
    )
    ask(database.owner, "DELETE FROM audit WHERE subject_type = 'n' AND subject_id IN ('3', '4')")
    migrate_to("head", command.upgrade)
    with Session(owner) as session:
        report = check((Link._make(row) for row in session.execute(ALL)), [], head_of(session))
        assert (report.sound, report.rows, report.last) == (True, count + 7, count + 7)
        kept = session.scalars(text("SELECT subject_id FROM audit WHERE act = 'old' ORDER BY id")).all()
        assert kept == ["1", "2", "5", "6", "7", "8", "9"]
