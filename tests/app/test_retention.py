"""What is kept no longer than it is needed goes, on a copy that commits; a household's own report and erasure."""

import json
import signal
import subprocess
import sys
import threading
import uuid
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session as SqlSession
from sqlalchemy.pool import NullPool

from app.accounts.anchors import Anchors
from app.cluster.database import text_of
from app.days import TODAY_SQL
from app.privacy import retention
from app.settings import Settings
from tests.app.commands import wangge
from tests.app.test_unmasking import give_contact
from tests.fixtures.database import ask
from tests.fixtures.town import write_keys

ROOT = Path(__file__).resolve().parents[2]
NAME, PHONE = "欧阳明", "13812345678"
OLD, YOUNG = str(uuid.UUID(int=1)), str(uuid.UUID(int=2))
FILL = (
    """
    INSERT INTO duties (user_id, communities, started_at, ended_at) SELECT id, '{1}', now() - interval '3 days',
        CASE WHEN id = 1 THEN now() - interval '2 days' END FROM users WHERE id IN (1, 2);
    UPDATE duties SET started_at = now() WHERE user_id = 2;
    INSERT INTO duty_positions (user_id, community_id, at, geom) SELECT user_id,
        (SELECT min(id) FROM areas WHERE level = 'community'), started_at, ST_Point(121, 31, 4326) FROM duties;
    INSERT INTO incidents (id, category, state, description, community_id, grid_id, building_id, address, reported_by,
        reported_at, geom)
    SELECT i.id, 'fire', 'closed', '欧阳明 fell', k.community_id, k.grid_id, b.id, b.address || ' 2-501', 1, i.at,
        ST_Point(121, 31, 4326)
    FROM (SELECT * FROM buildings WHERE address <> '' ORDER BY id LIMIT 1) b JOIN blocks k ON k.id = b.block_id,
        (VALUES (CAST('OLD' AS uuid), now() - interval '366 days'),
                (CAST('YOUNG' AS uuid), now() - interval '364 days')) AS i(id, at);
    INSERT INTO incidents (id, category, state, description, community_id, grid_id, reported_by, reported_at, geom)
        SELECT gen_random_uuid(), 'fire', 'handled', 'still open', community_id, grid_id, 1,
            now() - interval '3 years', geom FROM incidents WHERE id = 'OLD';
    INSERT INTO incident_photos (incident_id, media_type, content, width, height)
        SELECT id, 'image/jpeg', 'x', 1, 1 FROM incidents;
    DELETE FROM flags;
    INSERT INTO flags (household_id, kind, note, expires_on, cleared_at) SELECT min(id), f.* FROM households, (VALUES
        ('infant', '欧阳明', TODAY - 91, NULL), ('let', 'b', TODAY - 89, NULL),
        ('hardship', 'c', NULL, now() - interval '91 days'), ('vacant', 'd', NULL, now() - interval '89 days'),
        ('disability', 'e', NULL, CAST(NULL AS timestamptz))) AS f(kind, note, expires_on, cleared_at)
        GROUP BY f.kind, f.note, f.expires_on, f.cleared_at;
    INSERT INTO exports
        (requested_by, requested_at, community_id, kinds, columns, unmasked, format, purpose, expires_at)
        SELECT 1, now() - days * interval '1 day', (SELECT min(id) FROM areas WHERE level = 'community'), '{}',
            '{name}', true, 'csv', 'a list of old', now() FROM unnest(ARRAY[366, 364]) days;
    INSERT INTO tokens (user_id, digest, expires_at, revoked_at) VALUES (1, 'a', now() - interval '31 days', NULL),
        (1, 'b', NULL, now() - interval '31 days'), (1, 'c', now() + interval '1 day', NULL), (1, 'd', NULL, NULL);
    INSERT INTO legacy_nets (name, area_id, made_by, state, content, crs, made_at)
        SELECT n.name, (SELECT min(id) FROM areas), 1, n.state, n.content, n.crs, now() - n.days * interval '1 day'
        FROM (VALUES ('a', 'reading', CAST('x' AS bytea), NULL, 8), ('b', 'reading', 'x', NULL, 6),
            ('c', 'read', NULL, NULL, 8), ('d', 'taken', NULL, 'BD-09', 400)) AS n(name, state, content, crs, days)
""".replace("TODAY", TODAY_SQL)
    .replace("OLD", OLD)
    .replace("YOUNG", YOUNG)
)


@pytest.fixture
def named(fresh_database, tmp_path):
    """A copy of the town with something old and something young of each kind, and the environment of a command."""
    with fresh_database() as database:
        ask(database.owner, FILL)
        yield database, {"WANGGE_HOME": str(tmp_path / "home"), "WANGGE_DATABASE_URL": text_of(database.owner)}


def run(named, *arguments, **more):
    """What the finished command printed as JSON."""
    done = wangge("privacy", *arguments, "--json", **(named[1] | more))
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def state(database):
    """Everything that retention may touch, as one text."""
    parts = ["duties", "duty_positions", "incidents", "incident_photos", "flags", "exports", "tokens", "legacy_nets"]
    parts.append("audit")
    return [ask(database.owner, f"SELECT string_agg(t::text, '' ORDER BY t::text) FROM {part} t") for part in parts]


def test_what_is_old_goes_and_what_is_young_or_open_stays(named):
    database, _ = named
    gone = run(named, "retain")["gone"]
    expected = {"positions": 1, "duties": 1, "photos of incidents": 1, "incidents anonymised": 1, "flags": 2}
    assert {kind: gone[kind] for kind in (*expected, "exports", "tokens")} == expected | {"exports": 1, "tokens": 2}
    assert ask(database.owner, "SELECT array_agg(kind ORDER BY kind) FROM flags") == ["disability", "let", "vacant"]
    assert gone["nets not taken"] == 2
    assert ask(database.owner, "SELECT array_agg(name ORDER BY name) FROM legacy_nets") == ["b", "d"]
    assert ask(database.owner, "SELECT count(*) FROM incident_photos") == 2
    assert ask(database.owner, "SELECT count(*) FROM incidents WHERE description <> '' AND reported_by = 1") == 2
    on_record = f"SELECT detail->'gone' FROM audit WHERE act = 'retention.done' AND subject_id = ({TODAY_SQL})::text"
    assert ask(database.owner, on_record) == gone
    assert not any(run(named, "retain")["gone"].values()), "nothing is left to go"


def test_an_old_incident_keeps_what_is_counted_and_loses_who_and_where_exactly(named):
    database, _ = named
    before = ask(database.owner, f"SELECT ARRAY[category, state, grid_id::text] FROM incidents WHERE id = '{OLD}'")
    run(named, "retain")
    kept = f"""SELECT ARRAY[i.category, i.state, i.grid_id::text]
        FROM incidents i JOIN buildings b ON b.id = i.building_id
        WHERE i.id = '{OLD}' AND i.description = '' AND i.reported_by IS NULL AND i.address = b.address
          AND i.anonymised_at IS NOT NULL AND ST_Intersects(i.geom, b.geom) AND i.reported_at < now()"""
    assert ask(database.owner, kept) == before


def test_a_dry_run_says_the_same_and_changes_nothing(named):
    database, _ = named
    before = state(database)
    said = run(named, "retain", "--dry-run")
    assert state(database) == before
    assert run(named, "retain")["gone"] == said["gone"]
    assert state(database) != before


def test_the_periods_are_settings(named):
    gone = run(named, "retain", WANGGE_INCIDENT_DAYS="360", WANGGE_FLAG_DAYS="88", WANGGE_POSITION_HOURS="96")["gone"]
    assert (gone["incidents anonymised"], gone["flags"], gone["positions"]) == (2, 4, 0)
    done = wangge("privacy", "retain", **(named[1] | {"WANGGE_FLAG_DAYS": "0"}))
    assert done.stderr == "Error: WANGGE_FLAG_DAYS must be a number from 1 to 3650, not '0'\n"


def test_an_anonymised_incident_is_still_shown_without_its_reporter(session, client_as):
    for statement in FILL.split(";")[2:6]:
        session.execute(text(statement))
    session.execute(text("UPDATE incidents SET reported_by = NULL, anonymised_at = now()"))
    shown = client_as("coordinator").get(f"/api/v1/incidents/{OLD}").json["properties"]
    assert shown["reported_by"] is None


def test_several_servers_run_it_once_a_day(named, tmp_path):
    database, _ = named
    settings = Settings(home=tmp_path)
    url, results = text_of(database.owner), []
    servers = [
        threading.Thread(target=lambda: results.append(retention.retain_once_today(url, settings))) for _ in range(4)
    ]
    for server in servers:
        server.start()
    for server in servers:
        server.join()
    assert len([gone for gone in results if gone is not None]) == 1
    assert retention.retain_once_today(url, settings) is None
    assert ask(database.owner, "SELECT count(*) FROM audit WHERE act = 'retention.done'") == 1
    assert [anchor.id for anchor in Anchors(tmp_path).read()][-1] == ask(database.owner, "SELECT max(id) FROM audit")


def test_a_run_that_meets_another_says_so_and_does_nothing(named, tmp_path):
    database, environment = named
    engine = create_engine(database.owner)
    with SqlSession(engine) as session:
        assert retention.retain(session, Settings(home=tmp_path)) is not None
        done = wangge("privacy", "retain", **environment)
        session.rollback()
    engine.dispose()
    assert (done.returncode, done.stderr) == (1, "Error: Another run is at it at this moment.\n")


def test_work_beside_a_server_ends_with_it_however_it_ends(tmp_path):
    code = """if True:
        import os, sys, time
        from app.processes import beside
        def work():
            print(os.getpid(), flush=True)
            time.sleep(600)
        with beside(work):
            if sys.argv[1] == "killed":
                time.sleep(600)
            sys.stdin.readline()
    """
    for how in ("killed", "ended"):
        command = [sys.executable, "-c", code, how]
        server = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        child = int(server.stdout.readline())
        assert Path(f"/proc/{child}").exists()
        if how == "killed":
            server.send_signal(signal.SIGKILL)
        server.communicate("\n")
        assert gone(child)


def gone(pid):
    """Whether the process is no more; one that waits to be buried is no more."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().split(")")[1].split()[0] == "Z" or not _wait_for(pid)
    except (FileNotFoundError, ProcessLookupError):
        return True


def _wait_for(pid):
    for _ in range(100):
        if not Path(f"/proc/{pid}").exists():
            return False
        threading.Event().wait(0.05)
    return True


@pytest.fixture
def household(named):
    """A household with a contact, flags with notes, and looks at it on record."""
    database, environment = named
    write_keys(Path(environment["WANGGE_HOME"]))
    number = ask(database.owner, "SELECT min(id) FROM households")
    with SqlSession(create_engine(database.owner, poolclass=NullPool)) as session, session.begin():
        give_contact(session, number, NAME, PHONE)
    ask(
        database.owner,
        f"""INSERT INTO audit (user_id, act, subject_type, subject_id, detail) VALUES
            (1, 'household.seen', 'building', '7', '{{"households": [{number}, {number + 1}]}}'),
            (1, 'household.seen', 'building', '8', '{{"households": [{number + 1}]}}'),
            (2, 'flags.set', 'household', '{number}', '{{"set": ["infant"], "cleared": []}}'),
            (2, 'export.downloaded', 'export', (SELECT max(id)::text FROM exports), '{{"households": [{number}]}}')""",
    )
    return number


def test_a_report_tells_what_is_held_and_who_looked_and_is_on_record_itself(named, household):
    database, _ = named
    found = run(named, "report", str(household))
    assert (found["household"]["contact_name"], found["household"]["contact_phone"]) == (NAME, PHONE)
    assert len(found["flags"]) == 5
    assert NAME in [flag["note"] for flag in found["flags"]]
    assert [look["act"] for look in found["looks"]] == ["household.seen", "flags.set", "export.downloaded"]
    assert [export["purpose"] for export in found["exports"]] == ["a list of old"]
    assert isinstance(found["incidents_at_the_building"], int)
    last = "SELECT ARRAY[act, subject_id] FROM audit ORDER BY id DESC LIMIT 1"
    assert ask(database.owner, last) == ["privacy.reported", str(household)]


def test_a_report_for_people_reads_in_lines(named, household):
    done = wangge("privacy", "report", str(household), **named[1])
    assert f"name {NAME}, phone {PHONE}" in done.stdout
    assert "Exports that held it: 1" in done.stdout
    assert "They belong to the place, to no household." in done.stdout


def test_an_erasure_leaves_the_dwelling_and_no_trace_of_a_person(named, household):
    database, environment = named
    done = wangge("privacy", "erase", str(household), "--reason", "asked for in writing", **environment)
    assert done.returncode == 0, done.stderr
    assert "5 flags with their notes are erased" in done.stdout
    assert "3 rows of the audit" in done.stdout
    assert (
        ask(
            database.owner,
            f"SELECT contact_name || contact_phone || contact_phone_tail FROM households WHERE id = {household}",
        )
        == ""
    )
    assert ask(database.owner, "SELECT count(*) FROM flags") == 0
    on_record = f"SELECT detail FROM audit WHERE act = 'privacy.erased' AND subject_id = '{household}'"
    assert ask(database.owner, on_record) == {"reason": "asked for in writing", "flags": 5}
    assert NAME not in str(ask(database.owner, "SELECT string_agg(detail::text, '') FROM audit"))


def test_an_erasure_needs_a_reason_and_a_household(named, household):
    done = wangge("privacy", "erase", str(household), "--reason", " ", **named[1])
    assert done.stderr.startswith("Error: Say why, without a name")
    done = wangge("privacy", "erase", "2000000000", "--reason", "asked for", **named[1])
    assert done.stderr == "Error: There is no household 2000000000.\n"


def test_a_household_is_found_by_its_dwelling_or_address_and_named_by_neither(named, household):
    database, environment = named
    key = ask(
        database.owner,
        f"SELECT d.key FROM dwellings d JOIN households h ON h.dwelling_id = d.id AND h.id = {household}",
    )
    (found,) = run(named, "find", key)
    assert found["id"] == household
    assert "contact_name" not in found
    many = run(named, "find", found["address"])
    assert household in [one["id"] for one in many]
    done = wangge("privacy", "find", "no such street", **environment)
    assert done.returncode == 1
