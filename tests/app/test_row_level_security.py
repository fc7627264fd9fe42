"""Row-level security, asked as the role that serves: what PostgreSQL itself lets it see and write."""

import uuid

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError, ProgrammingError
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from app.accounts import queries as accounts
from app.accounts.audit import record
from app.accounts.models import Role
from app.areas.scope import scope_of
from app.register.kinds import STYLES
from tests.app.places import places
from tests.fixtures.database import ask
from tests.fixtures.town import USERS

WALLED = (
    "households", "flags", "incidents", "incident_photos", "audit", "exports", "duties", "duty_positions",
    "jobs",
)  # fmt: skip
FURNISH = (
    "INSERT INTO flags (household_id, kind) VALUES (:household, 'infant') ON CONFLICT DO NOTHING",
    """INSERT INTO exports (requested_by, community_id, kinds, columns, unmasked, format, purpose, expires_at)
       VALUES (1, :area, '{}', '{name}', true, 'csv', 'a wall of its own', now())""",
    "INSERT INTO jobs (kind, question, asked_by, rights, area_id) VALUES ('try', '{}', 1, '', :area)",
    "INSERT INTO duties (user_id, communities) VALUES (1, ARRAY[CAST(:area AS int)]) ON CONFLICT DO NOTHING",
    """INSERT INTO duty_positions (user_id, community_id, geom) VALUES (1, :area, ST_Point(:lon, :lat, 4326))
       ON CONFLICT DO NOTHING""",
)
REFUSED = "violates row-level security policy"
SCOPE = {"households": "grids", "flags": "grids", "incidents": "communities"}
COUNT = "SELECT count(*) FROM {table}"


@pytest.fixture(scope="module")
def shared(server, worker_id):
    """The town of `furnished` for tests that leave it as it was."""
    database = server.copy(f"{worker_id}_wall")
    yield furnished(database)
    server.drop(database)


@pytest.fixture
def town(fresh_database):
    """The town of `furnished` for a test that commits."""
    with fresh_database() as database:
        yield furnished(database)


def furnished(database):
    """The database with something behind each wall in an own place and in a foreign one; both places."""
    if database.app == database.owner:
        pytest.skip("one role owns and serves on this server: there is no wall")
    with Session(create_engine(database.owner, poolclass=NullPool)) as session, session.begin():
        own, foreign = places(session)
        for statement in FURNISH:
            session.execute(text(statement), [own, foreign])
        record(session, None, "household.seen", "building", own["building"])
    return database, own, foreign


@pytest.fixture
def app_session(shared):
    """A session of the role that serves; nobody has told it a scope."""
    with Session(create_engine(shared[0].app, poolclass=NullPool)) as session:
        yield session


def enter(session, role):
    """Begin a transaction in the scope of the user with this role, as a request does; the scope."""
    session.rollback()
    found = accounts.by_name(session, USERS[Role(role)])
    assert found is not None
    return scope_of(session, found[0])


def count(session, table):
    return session.scalar(text(COUNT.format(table=table)))


@pytest.mark.parametrize("table", WALLED)
def test_without_a_scope_nothing_is_seen_and_nothing_changed(table, shared, app_session):
    assert ask(shared[0].owner, COUNT.format(table=table)) > 0
    assert count(app_session, table) == 0
    if table != "audit":
        assert app_session.execute(text(f"DELETE FROM {table}")).rowcount == 0


def test_a_scope_ends_with_its_transaction_also_on_the_same_connection(app_session):
    enter(app_session, "coordinator")
    assert count(app_session, "households") > 0
    app_session.commit()
    assert count(app_session, "households") == 0


@pytest.mark.parametrize("role", [role.value for role in Role])
@pytest.mark.parametrize("table", SCOPE)
def test_a_scope_shows_exactly_its_rows(table, role, shared, app_session):
    scope = enter(app_session, role)
    inside, ids = "community_id = ANY(:ids)", scope.communities
    if SCOPE[table] == "grids":
        inside, ids = "block_id IN (SELECT id FROM blocks WHERE grid_id = ANY(:ids))", scope.grids
    with create_engine(shared[0].owner, poolclass=NullPool).connect() as connection:
        theirs = connection.scalars(text(f"SELECT id FROM {table} WHERE {inside}"), {"ids": ids}).all()
    seen = app_session.scalars(text(f"SELECT id FROM {table}")).all()
    assert set(seen) == set(theirs)


@pytest.mark.parametrize("table", ["households", "flags"])
def test_a_row_is_let_through_without_going_through_the_list_of_grids(table, app_session):
    """The list is a value that is made once; walked through for each household it makes a tile six times as slow."""
    enter(app_session, Role.COORDINATOR.value)
    plan = "\n".join(app_session.scalars(text(f"EXPLAIN (VERBOSE) SELECT FROM {table} WHERE id = 1")))
    assert "SubPlan" in plan  # asked one by one, as where few rows are expected
    assert "current_setting('wangge.grids'" in plan
    assert "ProjectSet" not in plan


def test_a_photo_is_seen_where_its_incident_is(shared, app_session):
    _, own, foreign = shared
    enter(app_session, "grid_worker")
    seen = app_session.scalars(text("SELECT incident_id::text FROM incident_photos")).all()
    assert own["incident"] in seen
    assert foreign["incident"] not in seen


@pytest.mark.parametrize("role", [role.value for role in Role])
def test_the_audit_is_read_by_auditors_and_written_by_everybody(role, shared, app_session):
    before = ask(shared[0].owner, COUNT.format(table="audit"))
    enter(app_session, role)
    assert count(app_session, "audit") == (before if role == "auditor" else 0)
    record(app_session, None, "try.it", "user", 1)
    app_session.commit()
    assert ask(shared[0].owner, COUNT.format(table="audit")) == before + 1


OUTSIDE = {
    "a flag on a foreign household": "INSERT INTO flags (household_id, kind) VALUES (:foreign_household, 'let')",
    "one that claims to be in one's own grid": "INSERT INTO flags (household_id, block_id, kind) "
    "SELECT :foreign_household, min(id), 'let' FROM blocks WHERE grid_id = :grid",
    "a household in a foreign grid": "UPDATE households SET block_id = (SELECT min(id) FROM blocks "
    "WHERE grid_id = :foreign_grid) WHERE id = :household",
    "a household in a foreign dwelling": "UPDATE households SET dwelling_id = (SELECT max(id) FROM dwellings) + 0 * "
    ":grid WHERE id = :household",
    "an incident in a foreign community": "UPDATE incidents SET community_id = :foreign_area",
    "a photo of a foreign incident": "INSERT INTO incident_photos (incident_id, media_type, content, width, height) "
    "VALUES (:foreign_incident, 'image/jpeg', '', 1, 1)",
    "a new foreign incident": "INSERT INTO incidents (id, category, community_id, grid_id, reported_by, geom) SELECT "
    ":new, 'fire', :foreign_area, :foreign_grid, id, ST_SetSRID(ST_MakePoint(:lon, :lat), 4326) FROM users LIMIT 1",
}


@pytest.mark.parametrize("what", OUTSIDE)
def test_nothing_is_written_outside_the_scope(what, shared, app_session):
    _, own, foreign = shared
    enter(app_session, "grid_worker")
    bound = own | {f"foreign_{name}": value for name, value in foreign.items()} | {"new": str(uuid.uuid4())}
    with pytest.raises(DBAPIError, match=REFUSED):
        app_session.execute(text(OUTSIDE[what]), bound)


def test_what_is_foreign_is_neither_changed_nor_deleted(shared, app_session):
    _, _, foreign = shared
    enter(app_session, "grid_worker")
    for statement in (
        "UPDATE households SET contact_name = 'x' WHERE id = :household",
        "UPDATE flags SET note = 'x' WHERE household_id = :household",
        "DELETE FROM flags WHERE household_id = :household",
        "DELETE FROM incident_photos WHERE incident_id = :incident",
        "UPDATE incidents SET description = 'x' WHERE id = :incident",
    ):
        assert app_session.execute(text(statement), foreign).rowcount == 0


def test_a_flag_of_one_s_own_household_is_written_and_finds_its_grid(shared, app_session):
    _, own, _ = shared
    enter(app_session, "grid_worker")
    app_session.execute(text("INSERT INTO flags (household_id, kind) VALUES (:household, 'hardship') "
                             "ON CONFLICT DO NOTHING"), own)  # fmt: skip
    found = app_session.scalars(
        text("SELECT b.grid_id FROM flags f JOIN blocks b ON b.id = f.block_id WHERE f.household_id = :household"), own
    ).all()
    assert set(found) == {own["grid"]}


@pytest.mark.parametrize(
    "forbidden",
    [
        *(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY" for table in WALLED),
        "ALTER TABLE households NO FORCE ROW LEVEL SECURITY",
        "ALTER POLICY in_scope ON households USING (true)",
        "DROP POLICY in_scope ON flags",
        "CREATE POLICY own ON audit USING (true)",
        "ALTER TABLE flags DISABLE TRIGGER flags_placed",
        "CREATE OR REPLACE FUNCTION place_flag() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "SET ROLE wangge_owner",
        "SET SESSION AUTHORIZATION wangge_owner",
        "UPDATE audit SET act = 'x'",
        "DELETE FROM audit",
        "TRUNCATE audit",
        "INSERT INTO household_counts VALUES (1, 1, 1)",
        "UPDATE household_counts SET households = 0",
    ],
)
def test_the_role_that_serves_cannot_open_the_wall(forbidden, shared, app_session):
    enter(app_session, "auditor")
    with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"):
        app_session.execute(text(forbidden))


def test_row_security_cannot_be_switched_off_for_a_statement(app_session):
    app_session.execute(text("SET LOCAL row_security = off"))
    with pytest.raises(ProgrammingError, match="would be affected by row-level security"):
        count(app_session, "households")


@pytest.mark.parametrize("table", WALLED)
def test_the_wall_holds_for_the_owner_of_the_table_too(table, town):
    ask(town[0].owner, f"DROP POLICY by_owner ON {table}; DROP POLICY IF EXISTS by_owner ON incidents")
    assert ask(town[0].owner, COUNT.format(table=table)) == 0


def test_every_table_with_something_personal_has_a_wall(shared):
    walls = "SELECT array_agg(relname ORDER BY relname) FROM pg_class WHERE relrowsecurity AND relforcerowsecurity"
    assert ask(shared[0].owner, walls) == sorted(WALLED)


SHOWN = text("SELECT building_id, flag_group FROM shown_flag_groups(:area)")
GIVE_THREE = """
    DELETE FROM flags;
    INSERT INTO flags (household_id, kind) SELECT h.id, '{kind}' FROM households h
    JOIN dwellings d ON d.id = h.dwelling_id JOIN entrances e ON e.id = d.entrance_id
    WHERE e.building_id = {building} ORDER BY h.id LIMIT 3
"""


def test_a_wall_map_learns_the_group_of_a_building_in_scope_and_nothing_else(town):
    database, own, foreign = town
    with Session(create_engine(database.app, poolclass=NullPool)) as session:
        for style in STYLES:
            ask(database.owner, GIVE_THREE.format(kind=style.kind, building=own["building"]))
            enter(session, "planner")
            assert count(session, "flags") == 0
            assert session.execute(SHOWN, own).all() == [(own["building"], style.group.value)]
        ask(database.owner, GIVE_THREE.format(kind="infant", building=foreign["building"]))
        enter(session, "planner")
        assert session.execute(SHOWN, foreign).all() == [(foreign["building"], "need")]
        enter(session, "grid_worker")
        assert session.execute(SHOWN, foreign).all() == []


# --- Counts and grids stay true


def counts_differ(url):
    return ask(
        url,
        """SELECT count(*) FROM household_counts c FULL JOIN (
               SELECT d.entrance_id, d.floor, count(*) AS households FROM households h
               JOIN dwellings d ON d.id = h.dwelling_id GROUP BY 1, 2
           ) t USING (entrance_id, floor) WHERE c.households IS DISTINCT FROM t.households""",
    )


def blocks_differ(url):
    return ask(
        url,
        """SELECT count(*) FROM households h JOIN dwellings d ON d.id = h.dwelling_id
           JOIN entrances e ON e.id = d.entrance_id JOIN buildings b ON b.id = e.building_id
           JOIN blocks k ON k.id = b.block_id LEFT JOIN flags f ON f.household_id = h.id
           WHERE h.block_id <> k.id OR (f.block_id, f.building_id) <> (k.id, b.id)""",
    )


ANY_GRID = "(SELECT max(id) FROM grids)"


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM flags; DELETE FROM households WHERE id % 3 = 0",
        """DELETE FROM flags; DELETE FROM households WHERE id % 3 = 0;
           INSERT INTO households (dwelling_id, size) SELECT id, 1 FROM dwellings d
           WHERE NOT EXISTS (SELECT FROM households h WHERE h.dwelling_id = d.id)""",
        """DELETE FROM flags WHERE household_id = (SELECT max(id) FROM households);
           DELETE FROM households WHERE id = (SELECT max(id) FROM households);
           UPDATE households SET dwelling_id = (SELECT id FROM dwellings d
               WHERE NOT EXISTS (SELECT FROM households h WHERE h.dwelling_id = d.id))
           WHERE id = (SELECT min(id) FROM households)""",
        "UPDATE dwellings SET floor = floor + 50 WHERE id % 2 = 0",
        f"UPDATE blocks SET grid_id = {ANY_GRID}",
        f"UPDATE blocks SET grid_id = {ANY_GRID} WHERE id = (SELECT min(block_id) FROM buildings)",
        "UPDATE buildings SET block_id = (SELECT max(id) FROM blocks) WHERE id % 2 = 0",
        "UPDATE entrances SET building_id = (SELECT max(id) FROM buildings), label = id::text WHERE id % 2 = 0",
        """UPDATE dwellings SET entrance_id = (SELECT max(e.id) FROM entrances e), number = id::text
           WHERE id % 2 = 0""",
    ],
)
def test_counts_and_blocks_follow_every_change(change, town):
    url = town[0].owner
    assert (counts_differ(url), blocks_differ(url)) == (0, 0)
    ask(url, change)
    assert (counts_differ(url), blocks_differ(url)) == (0, 0)
    assert ask(url, "SELECT count(*) FROM household_counts WHERE households <= 0") == 0


def test_what_changes_no_grid_and_no_household_raises_no_other_version(town):
    url, versions = town[0].owner, "SELECT json_object_agg(dataset, version)::text FROM data_versions WHERE dataset <> "
    before = ask(url, f"{versions} 'buildings'")
    ask(url, "UPDATE buildings SET name = name; UPDATE households SET size = size")
    assert ask(url, f"{versions} 'buildings'") == before
