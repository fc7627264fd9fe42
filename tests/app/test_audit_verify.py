"""Verifying the audit: whatever is done to its rows is found, and where."""

import json
import random
from collections import Counter
from dataclasses import dataclass, replace

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from app.accounts.anchors import Anchor, Anchors
from app.accounts.audit import record
from app.audit.chain import Head, Link, check, digest
from app.audit.verify import verify, verify_newest
from app.cluster.database import text_of
from tests.app.commands import wangge
from tests.fixtures.database import ask

LENGTH = 150
TAMPERS = 1000


@dataclass(frozen=True)
class Audit:
    """What an attacker with the database in hand can change (rows and head), and what he cannot (anchors)."""

    rows: tuple[Link, ...]
    head: Head
    anchors: tuple[Anchor, ...]

    def report(self):
        return check(sorted(self.rows, key=lambda row: row.id), self.anchors, self.head)


def chained(rows, before=Head(), start=1):  # noqa: B008 (a constant)
    """The rows with numbers from `start` and hashes that fit; the head that follows."""
    made, last = [], before.hash
    for number, row in enumerate(rows, start):
        linked = row._replace(id=number, previous_hash=last)
        last = digest(linked)
        made.append(linked._replace(hash=last))
    return tuple(made), Head(start + len(made) - 1, last)


def seeded(number):
    """Chance that is the same in every run."""
    return random.Random(number)  # noqa: S311


def content(chance):
    """A row's own columns, no two alike."""
    words = ["household.seen", "login", "查看", '"', "a,b", "\\", "[1]", "null", ""]
    detail = json.dumps(
        {"n": chance.random(), chance.choice(words): [None, 1.5, chance.choice(words)]}, ensure_ascii=False
    )
    user = chance.choice([None, chance.randrange(300)])
    return Link(0, chance.randrange(2**51), user, chance.choice(words), chance.choice(words), "1", detail, "", "")


@pytest.fixture(scope="module")
def audit():
    """A sound audit, anchored here and there and at its end."""
    chance = seeded(0)
    rows, head = chained([content(chance) for _ in range(LENGTH)])
    told = sorted({*chance.sample(range(1, LENGTH), 20), LENGTH})
    return Audit(rows, head, tuple(Anchor(number, rows[number - 1].hash, "2026-05-01T00:00:00Z") for number in told))


def at(audit, place, **values):
    """The audit with other values in the row at `place`."""
    rows = list(audit.rows)
    rows[place] = rows[place]._replace(**values)
    return replace(audit, rows=tuple(rows))


def rewritten(audit, rows, place):
    """The audit with `rows`, chained anew and consistently from `place` on."""
    before = audit.rows[place - 1] if place else Link(*[None] * 9)._replace(id=0, hash="")
    made, head = chained(rows[place:], Head(before.id, before.hash), place + 1)
    return replace(audit, rows=(*rows[:place], *made), head=head)


# Each takes the audit, a place in it and chance; it returns the bent audit and the number of the row that is told
# first, None where the anchors can only tell that it lies further on.


def change(column, value):
    def tamper(audit, place, chance):
        return at(audit, place, **{column: value(audit.rows[place], chance)}), place + 1

    return tamper


def other_hash(row, chance):
    return f"{chance.getrandbits(256):064x}"


def relink(audit, place, chance):
    return at(audit, place, previous_hash=other_hash(None, chance)), place + 1


def change_and_rehash_the_row_alone(audit, place, chance):
    row = audit.rows[place]._replace(act="changed")
    is_anchored = any(anchor.id == place + 1 for anchor in audit.anchors)
    return at(audit, place, act="changed", hash=digest(row)), place + (1 if is_anchored else 2)


def remove(audit, place, chance):
    return replace(audit, rows=audit.rows[:place] + audit.rows[place + 1 :]), place + 1


def remove_and_renumber(audit, place, chance):
    rows = remove(audit, place, chance)[0].rows
    numbered = tuple(row._replace(id=number) for number, row in enumerate(rows, 1))
    return replace(audit, rows=numbered, head=Head(LENGTH - 1, rows[-1].hash)), place + 1


def swap(audit, place, chance):
    other = chance.choice([number for number in range(LENGTH) if number != place])
    one, two = sorted((place, other))
    bent = at(audit, one, **{**audit.rows[two]._asdict(), "id": one + 1})
    return at(bent, two, **{**audit.rows[one]._asdict(), "id": two + 1}), one + 1


def insert_twice(audit, place, chance):
    fake = content(chance)._replace(id=place + 1, previous_hash=audit.rows[place].previous_hash)
    fake = fake._replace(hash=digest(fake))
    return replace(audit, rows=(*audit.rows, fake)), place + 1


def insert_and_renumber(audit, place, chance):
    rows = [*audit.rows[:place], content(chance)._replace(hash=other_hash(None, chance)), *audit.rows[place:]]
    numbered = tuple(row._replace(id=number) for number, row in enumerate(rows, 1))
    return replace(audit, rows=numbered, head=Head(LENGTH + 1, rows[-1].hash)), place + 1


def cut_the_end(audit, place, chance):
    rows = audit.rows[:place]
    return replace(audit, rows=rows, head=Head(place, rows[-1].hash if rows else "")), place + 1


def cut_the_end_and_leave_the_head(audit, place, chance):
    return replace(audit, rows=audit.rows[:place]), place + 1


def cut_the_end_and_grow_another(audit, place, chance):
    grown = [content(chance) for _ in range(LENGTH - place + chance.randrange(10))]
    return rewritten(audit, (*audit.rows[:place], *grown), place), None


def change_and_rehash_all_that_follow(audit, place, chance):
    return rewritten(audit, at(audit, place, detail="{}").rows, place), None


def insert_and_rehash_all_that_follow(audit, place, chance):
    return rewritten(audit, (*audit.rows[:place], content(chance), *audit.rows[place:]), place), None


def remove_and_rehash_all_that_follow(audit, place, chance):
    return rewritten(audit, (*audit.rows[:place], *audit.rows[place + 1 :]), place), None


def append_past_the_head(audit, place, chance):
    rows, _ = chained([content(chance)], audit.head, LENGTH + 1)
    return replace(audit, rows=(*audit.rows, *rows)), LENGTH + 1


def move_the_head(audit, place, chance):
    return replace(audit, head=Head(LENGTH, other_hash(None, chance))), LENGTH


KINDS = {
    **{
        f"change {column}": change(column, value)
        for column, value in {
            "at": lambda row, chance: row.at + chance.choice((-1, 1)),
            "user_id": lambda row, chance: None if row.user_id is not None else chance.randrange(300),
            "act": lambda row, chance: row.act + chance.choice((" ", "x", "\u200b", '"')),
            "subject_type": lambda row, _: row.subject_type + "s",
            "subject_id": lambda _, chance: chance.choice(("2", "", "１", " 1")),
            "detail": lambda row, chance: chance.choice(("{}", row.detail.replace(" ", ""), "null")),
            "hash": other_hash,
        }.items()
    },
    **{
        function.__name__: function
        for function in (
            relink, change_and_rehash_the_row_alone, remove, remove_and_renumber, swap, insert_twice,
            insert_and_renumber, cut_the_end, cut_the_end_and_leave_the_head, cut_the_end_and_grow_another,
            change_and_rehash_all_that_follow, insert_and_rehash_all_that_follow, remove_and_rehash_all_that_follow,
            append_past_the_head, move_the_head,
        )
    },
}  # fmt: skip


def test_a_sound_audit_is_found_sound(audit):
    report = audit.report()
    assert (report.sound, report.rows, report.last, report.bare) == (True, LENGTH, LENGTH, 0)
    assert check([], [], Head()).sound


def test_1000_random_tampers_are_found_1000_times_and_where_they_are(audit):
    chance = seeded(20260501)
    kinds = list(KINDS)
    found = Counter()
    for number in range(TAMPERS):
        kind = kinds[number % len(kinds)]
        place = chance.randrange(LENGTH)
        bent, first = KINDS[kind](audit, place, chance)
        assert (bent.rows, bent.head) != (audit.rows, audit.head)
        report = bent.report()
        assert not report.sound, (kind, place)
        if first is None:
            assert report.findings[0].id > place, (kind, place)
        else:
            assert report.findings[0].id == first, (kind, place)
        found[kind] += 1
    assert found.total() == TAMPERS
    assert len(found) == len(KINDS) == 22


def test_without_anchors_a_chain_written_anew_would_look_sound(audit):
    bent, _ = change_and_rehash_all_that_follow(audit, 5, seeded(1))
    assert check(bent.rows, [], bent.head).sound
    assert not bent.report().sound


def test_two_anchors_that_contradict_each_other_are_told(audit):
    doubled = replace(audit, anchors=(*audit.anchors, audit.anchors[3]._replace(hash="0" * 64)))
    report = doubled.report()
    assert [(one.id, one.kind) for one in report.findings] == [(audit.anchors[3].id, "rewritten")]


SWAP = """
    UPDATE audit a SET (at, user_id, act, subject_type, subject_id, detail, previous_hash, hash) =
        (SELECT at, user_id, act, subject_type, subject_id, detail, previous_hash, hash FROM audit b
         WHERE b.id = CASE a.id WHEN {n} THEN {n} + 2 ELSE {n} END)
    WHERE a.id IN ({n}, {n} + 2)
"""
INSERT = """ALTER TABLE audit DISABLE TRIGGER audit_chain; ALTER TABLE audit DROP CONSTRAINT pk_audit;
    INSERT INTO audit SELECT {n}, at, user_id, 'x', subject_type, subject_id, detail, previous_hash, hash FROM audit
    WHERE id = {n} + 1
"""
CUT = """DELETE FROM audit WHERE id >= {n};
    UPDATE audit_head SET (id, hash) = (SELECT id, hash FROM audit ORDER BY id DESC LIMIT 1)
"""
REHASH = """
DO $$
DECLARE one audit; last text := (SELECT coalesce(max(hash), '') FROM audit WHERE id = {n} - 1);
BEGIN
    FOR one IN SELECT * FROM audit WHERE id >= {n} ORDER BY id LOOP
        one.previous_hash := last;
        last := audit_hash(one);
        UPDATE audit SET previous_hash = one.previous_hash, hash = last WHERE id = one.id;
    END LOOP;
    UPDATE audit_head SET (id, hash) = (SELECT id, hash FROM audit ORDER BY id DESC LIMIT 1);
END $$
"""
BY_THE_OWNER = {
    **{
        f"change {change}": (f"UPDATE audit SET {change} WHERE id = {{n}}", "changed")
        for change in (
            "at = at + interval '1 microsecond'",
            "at = 'infinity'",
            "user_id = coalesce(user_id, 0) + 1",
            "act = act || ' '",
            "subject_type = 'other'",
            "subject_id = subject_id || '0'",
            "detail = detail || jsonb_build_object('x', null)",
            "hash = repeat('0', 64)",
        )
    },
    "change previous_hash": ("UPDATE audit SET previous_hash = repeat('0', 64) WHERE id = {n}", "unlinked"),
    "remove": ("DELETE FROM audit WHERE id = {n}", "removed"),
    "renumber": ("UPDATE audit SET id = 1000000 + id WHERE id = {n}", "removed"),
    "swap": (SWAP, "unlinked"),
    "insert": (INSERT, None),
    "cut": (CUT, "cut"),
    "write anew": ("UPDATE audit SET act = 'x' WHERE id = {n}; " + REHASH, "rewritten"),
    "remove all": ("TRUNCATE audit", "cut"),
}  # fmt: skip


@pytest.fixture(scope="module")
def bendable(server, worker_id):
    """A session of a database's owner, in which thirty more rows are on record, and the anchors of all."""
    database = server.copy(f"{worker_id}_bend")
    engine = create_engine(database.owner, poolclass=NullPool)
    with Session(engine) as session:
        for number in range(30):
            record(session, None, "act", "thing", number, households=[number, number + 1], note=None)
        session.commit()
        rows = session.execute(text("SELECT id, hash FROM audit ORDER BY id"))
        yield session, [Anchor(row.id, row.hash, "2026-05-01T00:00:00Z") for row in rows][4:]
        session.rollback()
    engine.dispose()
    server.drop(database)


@pytest.mark.parametrize(("statements", "kind"), BY_THE_OWNER.values(), ids=BY_THE_OWNER)
def test_the_databases_owner_bends_nothing_unnoticed(statements, kind, bendable):
    session, anchors = bendable
    assert verify(session, anchors).sound
    number = anchors[-1].id - 12
    for statement in statements.split(";", 1 if "$$" in statements else -1):
        session.execute(text(statement.format(n=number)))
    report = verify(session, anchors)
    session.rollback()
    assert not report.sound
    if kind is not None:
        assert report.findings[0].kind == kind
        assert report.findings[0].id == (1 if "TRUNCATE" in statements else number)


def test_the_newest_rows_alone_are_verified_with_the_row_before_them(bendable):
    session, anchors = bendable
    newest = anchors[-1].id
    report = verify_newest(session, anchors, 10)
    assert (report.sound, report.rows, report.first, report.last) == (True, 10, newest - 9, newest)
    session.execute(text("UPDATE audit SET act = 'x' WHERE id = :id"), {"id": newest - 10})
    assert verify_newest(session, anchors, 10).sound
    assert verify_newest(session, anchors, 11).findings[0].id == newest - 10
    session.execute(text("UPDATE audit SET hash = 'x' WHERE id = :id"), {"id": newest - 10})
    assert verify_newest(session, anchors, 10).findings[0].kind == "unlinked"
    session.rollback()


def test_the_command_says_what_is_wrong_and_ends_with_1(fresh_database, tmp_path):
    with fresh_database() as database:
        environment = {"WANGGE_HOME": str(tmp_path), "WANGGE_DATABASE_URL": text_of(database.owner)}
        engine = create_engine(database.owner, poolclass=NullPool)
        tmp_path.chmod(0o755)
        Anchors(tmp_path).keep_up(engine)
        done = wangge("audit", "verify", **environment)
        assert done.returncode == 0, done.stderr
        assert "Sound: no row was changed" in done.stdout
        assert "rows/s" in done.stdout
        assert ask(database.owner, "SELECT count(*) FROM audit WHERE act = 'audit.verified'") == 1
        ask(database.owner, "UPDATE audit SET subject_id = '7' WHERE id = 3")
        done = wangge("audit", "verify", **environment)
        assert done.returncode == 1
        assert "BENT: row 3 was changed." in done.stdout
        assert "The first bad row is 3 (changed)" in done.stdout
        assert ask(database.owner, "SELECT detail -> 'bad' FROM audit WHERE act = 'audit.bent'") == 3


def test_the_command_for_programs_says_how_it_stands(fresh_database, tmp_path):
    with fresh_database() as database:
        done = wangge(
            "audit", "verify", "--json", WANGGE_HOME=str(tmp_path), WANGGE_DATABASE_URL=text_of(database.owner)
        )
        said = json.loads(done.stdout)
        assert (done.returncode, said["sound"], said["first_bad"], said["kind"]) == (0, True, None, None)
        assert said["after_anchor"] == said["rows"] == said["last"] > 0


def test_the_command_exports_the_rows_of_an_act_and_puts_that_on_record(fresh_database, tmp_path):
    with fresh_database() as database:
        environment = {"WANGGE_HOME": str(tmp_path / "home"), "WANGGE_DATABASE_URL": text_of(database.owner)}
        file = tmp_path / "audit.jsonl"
        done = wangge("audit", "export", str(file), "--act", "post.granted", **environment)
        assert done.returncode == 0, done.stderr
        rows = [json.loads(line) for line in file.read_text().splitlines()]
        assert len(rows) == ask(database.owner, "SELECT count(*) FROM audit WHERE act = 'post.granted'") > 0
        assert ask(database.owner, "SELECT detail FROM audit WHERE act = 'audit.exported'") == {
            "filters": {"act": "post.granted"}
        }
        assert "--yes" in wangge("audit", "export", str(file), **environment).stderr


def test_a_file_of_another_kind_is_refused_before_anything_starts(tmp_path):
    done = wangge("audit", "export", str(tmp_path / "audit.txt"), WANGGE_HOME=str(tmp_path / "home"))
    assert (done.returncode, list(tmp_path.iterdir())) == (1, [])
    assert "must end in .csv or .jsonl" in done.stderr
