"""With every filter of the application removed, row-level security alone tells nothing that is not the reader's.

`scope_of` goes on telling the database who asks, and then answers "everything", so that no statement filters any more.
Names of areas, grids, buildings and stations are nobody's secret and stand in tables without a wall: the canaries here
are contact names, notes of flags, what incidents say, their photos and numbers, household numbers, counts of flags,
what exports are for, and who is on duty. A grid worker walks, and the staff of a community, who enter more routes.
"""

import sys

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session as SqlSession
from sqlalchemy.pool import NullPool

from app import create_app, tiles
from app.accounts.models import Role
from app.areas import scope
from app.areas.scope import EVERYTHING
from app.cluster.database import text_of
from app.db import Session
from app.kept import Kept
from app.response import homes
from app.settings import Settings
from tests.app.access_matrix import MATRIX
from tests.app.matrix_town import KNOWS, PLACES, SEES, build, home_word, map_word, own_parts, user_word
from tests.app.places import tile_at
from tests.app.vector_tile import read_tile
from tests.fixtures.database import ask
from tests.fixtures.town import write_keys
from tests.fixtures.web import logged_in

READERS = {Role.GRID_WORKER: "{grid}", Role.COMMUNITY_STAFF: "SELECT id FROM grids WHERE community_id = {area}"}
"""Who walks, and whose households are theirs."""
GETS = [key for key in MATRIX if key.startswith("GET ") and key != "GET areas.stream"]  # which never ends
SING = """
    UPDATE incidents SET description = '{word}', address = '{word}' WHERE id = ANY ('{ids}');
    UPDATE incident_photos SET content = '{word}' WHERE incident_id = ANY ('{ids}');
    UPDATE exports SET purpose = '{purpose}' WHERE community_id = {area};
    INSERT INTO duties (user_id, communities) VALUES ({user}, ARRAY[{area}]);
    INSERT INTO duty_positions (user_id, community_id, geom) VALUES ({user}, {area}, ST_Point({lon}, {lat}, 4326))
"""
BUILDINGS = """
    SELECT array_agg(u.id) FROM buildings u JOIN blocks b ON b.id = u.block_id WHERE b.grid_id IN ({grids})
"""
HOMES = """
    SELECT array_agg(h.id) FROM households h JOIN blocks b ON b.id = h.block_id WHERE b.grid_id IN ({grids})
"""
FLAGS = """
    SELECT json_object_agg(kind, number) FROM (
        SELECT f.kind, count(*) AS number FROM flags f JOIN blocks b ON b.id = f.block_id WHERE b.grid_id IN ({grids})
        GROUP BY f.kind) own
"""
OPEN = "ALTER TABLE {table} DISABLE ROW LEVEL SECURITY"
WALLED = (
    "households", "flags", "incidents", "incident_photos", "audit", "exports", "duties", "duty_positions",
    "jobs",
)  # fmt: skip


@pytest.fixture(scope="module")
def town(server, worker_id):
    """The database with the five places of the access matrix, committed, and their parts."""
    database = server.copy(f"{worker_id}_blind")
    if database.app == database.owner:
        pytest.skip("one role owns and serves on this server: there is no wall")
    with SqlSession(create_engine(database.owner, poolclass=NullPool)) as session, session.begin():
        parts = build(session)
        for place in PLACES:
            ids = "{" + ",".join(parts[place]["incidents"].values()) + "}"
            what = {**parts[place], "word": event_word(place), "purpose": purpose_word(parts, place), "ids": ids}
            session.execute(text(SING.format(**what)))
    yield database, parts
    server.drop(database)


@pytest.fixture
def blind(town, engine, tmp_path, monkeypatch):
    """`blind(role)` is a client of an application that filters nothing, connected as the role that owns nothing."""
    write_keys(tmp_path)
    settings = Settings(home=tmp_path, database_url=text_of(town[0].app), hosts=("localhost",))
    made = create_app(settings, secret_key="x" * 40)
    made.testing = True
    monkeypatch.setattr(tiles, "cache", tiles.TileCache())
    monkeypatch.setattr(homes, "_flags", Kept(64))
    for module in list(sys.modules.values()):
        if getattr(module, "scope_of", None) is TRUE_SCOPE:
            monkeypatch.setattr(module, "scope_of", blindly)
    with made.extensions["engine"].connect() as connection, SqlSession(connection) as session:
        clients = {role: logged_in(made, session, role) for role in (*READERS, Role.COORDINATOR)}
    yield clients.__getitem__
    Session.configure(bind=engine)
    made.extensions["events"].close()
    made.extensions["engine"].dispose()


TRUE_SCOPE = scope.scope_of


def blindly(session, user, *capability):
    """What a scope would be whose every reader forgot to look at it."""
    TRUE_SCOPE(session, user, *capability)
    return EVERYTHING


def event_word(place):
    """The word in the incidents of a place."""
    return f"EVENT-{place.upper()}"


def purpose_word(parts, place):
    """The word in what the exports of a place's community are for."""
    return f"PURPOSE-{parts[place]['area']}-"


class Walk:
    """Every answer that a client gets, and what in them is not for the role."""

    def __init__(self, client, town, role):
        self.client, self.role, (database, self.parts) = client, role, town
        assert client.get("/api/v1/me").status_code == 200
        self.leaks, self.counted, self.sung = set(), set(), set()
        unseen = [place for place in PLACES if place not in SEES[role]]
        self.words = {home_word(place): f"household of {place}" for place in PLACES if place not in KNOWS[role]}
        for place in unseen:
            self.words |= {str(i): f"incident of {place}" for i in self.parts[place]["incidents"].values()}
            self.words[event_word(place)] = f"event of {place}"
            self.words[purpose_word(self.parts, place)] = f"export of {place}"
            self.words[user_word(place)] = f"duty of {place}"
        grids = READERS[role].format(**self.parts["own"])
        self.own_homes = set(ask(database.owner, HOMES.format(grids=grids)))
        self.own_buildings = set(ask(database.owner, BUILDINGS.format(grids=grids)))
        self.own_flags = ask(database.owner, FLAGS.format(grids=grids))

    def get(self, url):
        """Ask, and look at every byte."""
        answer = self.client.get(url)
        content = answer.data.decode("utf-8", "replace")
        answer.close()
        assert answer.status_code < 500, (url, content)
        self.leaks |= {(what, url) for word, what in self.words.items() if word in content}
        self.sung |= {place for place in PLACES if map_word(place) in content}
        if answer.is_json or answer.mimetype == "application/geo+json":
            self._look(answer.get_json(force=True), url)
        return answer

    def everywhere(self):
        """Every route of the matrix in every place."""
        for place, parts in self.parts.items():
            filled = own_parts(parts, self.role)
            for url in {MATRIX[key].url.format(**filled) for key in GETS}:
                self.get(url)
            for word in self.words:
                self.get(f"/api/v1/search?q={word}&limit=50")
            self.get(f"/api/v1/response/zone?lon={filled['lon']}&lat={filled['lat']}&minutes=60&mode=foot")
            self.tiles(place)

    def tiles(self, place):
        """Every layer over a place, near and far."""
        for z in (13, 15):
            for layer in tiles.LAYERS:
                where = tile_at(self.parts[place]["lon"], self.parts[place]["lat"], z)
                url = f"/api/v1/tiles/{layer}/{where}.mvt"
                found = read_tile(self.get(url).data)
                for number, properties in found.get("buildings", []):
                    told = [name for name in properties if name == "flag" or name.startswith("f_")]
                    if told and number not in self.own_buildings:
                        self.leaks.add(("flags on a tile", url))

    def _look(self, value, url):
        """Household numbers and counts of flags, wherever in an answer they stand."""
        if isinstance(value, list):
            for inner in value:
                self._look(inner, url)
        if not isinstance(value, dict):
            return
        home = value.get("household")
        if isinstance(home, dict) and home["id"] not in self.own_homes:
            self.leaks.add(("household number", url))
        flags = value.get("flags")
        if isinstance(flags, dict) and all(isinstance(count, int) for count in flags.values()):
            self.counted.add(url)
            if any(count > self.own_flags.get(kind, 0) for kind, count in flags.items()):
                self.leaks.add(("count of flags", url))
        for inner in value.values():
            self._look(inner, url)


@pytest.mark.parametrize("role", READERS)
def test_without_any_filter_no_answer_tells_what_is_not_the_reader_s(blind, town, role):
    # A coordinator first: what is kept for one reader is not for the next.
    Walk(blind(Role.COORDINATOR), town, role).everywhere()
    walk = Walk(blind(role), town, role)
    walk.everywhere()
    assert walk.sung == set(PLACES), "the filters still work: this test tries nothing"
    assert walk.leaks == set()
    assert walk.counted


@pytest.mark.parametrize("role", READERS)
def test_the_walk_finds_every_leak_where_the_wall_is_down(blind, town, role):
    database, _ = town
    for table in WALLED:
        ask(database.owner, OPEN.format(table=table))
    try:
        walk = Walk(blind(role), town, role)
        walk.everywhere()
    finally:
        for table in WALLED:
            ask(database.owner, OPEN.format(table=table).replace("DISABLE", "ENABLE"))
    kinds = {what.split(" of ")[0] for what, _ in walk.leaks}
    found = {"household", "incident", "event", "household number", "count", "flags on a tile"}
    assert kinds == found | ({"export", "duty"} if role is Role.COMMUNITY_STAFF else set())
