"""The access matrix: every route × nobody and every role × five places and nowhere, as the database role that serves.

The names of a place may stand in an answer only where the role sees the place, byte for byte: in lists, tiles, search,
counts, exports, attachments, headers and error texts alike.
"""

import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from PIL import Image
from sqlalchemy import create_engine
from sqlalchemy.orm import Session as SqlSession
from sqlalchemy.pool import NullPool

from app import create_app, tiles
from app.accounts.models import Role
from app.cluster.database import text_of
from app.db import Session
from app.settings import Settings
from tests.app.access_matrix import MATRIX
from tests.app.matrix_town import (
    DISTRICT,
    KNOWS,
    LOOKS_AFTER,
    NOWHERE,
    PLACES,
    SEES,
    build,
    home_word,
    map_word,
    measured_runs,
    own_parts,
    user_word,
)
from tests.fixtures.town import write_keys
from tests.fixtures.web import logged_in

CLOSED = [key for key, line in MATRIX.items() if line.who is not None]
IN_A_GRID = {Role.GRID_WORKER, Role.GRID_LEADER}
WORDS = {place: [word(place).encode() for word in (map_word, home_word, user_word)] for place in PLACES}


@pytest.fixture(scope="module")
def town(server, worker_id):
    """The database with the five places, committed, and their parts."""
    database = server.copy(f"{worker_id}_matrix")
    engine = create_engine(database.owner, poolclass=NullPool)
    with SqlSession(engine) as session, session.begin():
        parts = build(session)
    yield database, parts
    server.drop(database)


@pytest.fixture(scope="module")
def matrix_app(town, engine, tmp_path_factory):
    """The application on that database, connected as the role that owns nothing."""
    database, _ = town
    home = tmp_path_factory.mktemp("matrix")
    write_keys(home)
    settings = Settings(home=home, database_url=text_of(database.app), hosts=("localhost",))
    made = create_app(settings, secret_key="x" * 40)
    made.testing = True
    Session.configure(bind=engine)
    yield made
    made.extensions["events"].close()
    made.extensions["engine"].dispose()


@pytest.fixture
def ask(matrix_app, town, engine, monkeypatch):
    """`ask(role, key, place)`: status, headers and bytes of the answer, whose changes are undone."""
    monkeypatch.setattr(tiles, "cache", tiles.TileCache())
    _, parts = town
    with _joined(matrix_app.extensions["engine"], engine) as connection:
        clients = {None: matrix_app.test_client()}

        def ask(role, key, place):
            if role not in clients:
                with Session.begin() as session:
                    clients[role] = logged_in(matrix_app, session, role)
            undo, cookies = connection.begin_nested(), dict(clients[role]._cookies)
            answer = clients[role].open(**_request(MATRIX[key], key, _parts(parts, place, role)))
            # The stream of changes never ends.
            content = b"" if answer.mimetype == "text/event-stream" else answer.data
            answer.close()
            undo.rollback()
            clients[role]._cookies = cookies
            return answer, content

        yield ask


@contextmanager
def _joined(serving, engine) -> Iterator[object]:
    """A connection of the serving role that every transaction of the application joins, rolled back at the end."""
    with serving.connect() as connection, connection.begin() as transaction:
        Session.configure(bind=connection, join_transaction_mode="create_savepoint")
        yield connection
        Session.configure(bind=engine, join_transaction_mode="conditional_savepoint")
        transaction.rollback()


def _parts(parts, place, role):
    if place is None:
        return NOWHERE
    return own_parts(parts[place], role or Role.GRID_WORKER)


def _request(line, key, parts):
    request = {"path": line.url.format(**parts), "method": key.split()[0], "headers": line.headers}
    if line.photo:
        picture = io.BytesIO()
        Image.new("RGB", (4, 4), "red").save(picture, "JPEG")
        picture.seek(0)
        return {**request, "data": {"photo": (picture, "photo.jpg")}, "content_type": "multipart/form-data"}
    if line.runs:
        sheet = io.BytesIO(measured_runs(parts).encode())
        return {**request, "data": {"runs": (sheet, "runs.csv")}, "content_type": "multipart/form-data"}
    if line.net:
        form = {"name": "net", "area_id": parts["area"], "file": (io.BytesIO(b"{}"), "net.geojson")}
        return {**request, "data": form, "content_type": "multipart/form-data"}
    if line.form is not None:
        return {**request, "data": _filled(line.form, parts)}
    return request if line.body is None else {**request, "json": _filled(line.body, parts)}


def _filled(value, parts):
    """The value with "{part}" replaced: by the part itself where it is the whole text."""
    if isinstance(value, dict):
        return {name: _filled(inner, parts) for name, inner in value.items()}
    if isinstance(value, list):
        return [_filled(inner, parts) for inner in value]
    if not isinstance(value, str):
        return value
    whole = value[1:-1]
    return parts[whole] if value == f"{{{whole}}}" else value.format(**parts)


def test_every_route_has_a_line_and_every_line_a_route(app):
    routes = {
        f"{method} {rule.endpoint}"
        for rule in app.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    assert sorted(routes - MATRIX.keys()) == [], "routes without a line in tests/app/access_matrix.py"
    assert sorted(MATRIX.keys() - routes) == [], "lines without a route"


@pytest.mark.parametrize("key", MATRIX)
def test_who_has_not_logged_in_is_let_into_open_routes_only_and_learns_nothing(key, ask):
    for place in (*PLACES, None):
        answer, content = ask(None, key, place)
        if MATRIX[key].who is None:
            assert answer.status_code not in {401, 403}
            assert answer.status_code < 500
        elif MATRIX[key].url.startswith("/api/") or not key.startswith("GET "):
            assert answer.status_code == 401
        else:
            assert answer.headers["Location"].startswith("/login")
        assert _sung(answer, content) == set()


@pytest.mark.parametrize("key", CLOSED)
def test_a_role_enters_its_own_routes_in_its_own_places_and_sees_nothing_of_any_other(key, ask):
    line = MATRIX[key]
    for role in Role:
        nothing, content = ask(role, key, None)
        assert _sung(nothing, content) <= _allowed(role)
        assert nothing.status_code < 500, (role, content)
        for place in PLACES:
            answer, content = ask(role, key, place)
            told = (role, place, answer.status_code, content[:300])
            assert _sung(answer, content) <= _allowed(role), told
            if role not in line.who:
                assert answer.status_code == 403, told
            elif not line.placed or place in _answered(line, role):
                refused = 403 if line.own_grid and role in IN_A_GRID and place != "own" else None
                refused = 422 if line.by_road and place == "subdistrict" else refused
                assert answer.status_code == refused if refused else answer.status_code < 400, told
                assert "/login" not in answer.headers.get("Location", "")
            else:
                assert answer.status_code == 404, told
                # A page that is shown again brings a token of its own.
                assert line.form is not None or content == ask(role, key, None)[1], told


def _answered(line, role):
    """The places in which the line answers a role."""
    if line.in_district:
        return DISTRICT
    if line.people:
        return LOOKS_AFTER[role]
    return (KNOWS if line.homes else SEES)[role]


def _allowed(role):
    """The words that an answer to this role may hold; who looks after people knows where their posts are.

    An auditor reads who acted, wherever they are.
    """
    looked_after = {word(place) for place in LOOKS_AFTER[role] for word in (map_word, user_word)}
    if role is Role.AUDITOR:
        looked_after = {user_word(place) for place in PLACES}
    return looked_after | {map_word(place) for place in SEES[role]} | {home_word(place) for place in KNOWS[role]}


def _sung(answer, content):
    """The places' words that stand anywhere in an answer, its headers and the insides of archives included."""
    whole = b"\n".join([str(answer.headers).encode(), content, *_inside(content)])
    found = {word.decode() for words in WORDS.values() for word in words if word in whole}
    return found - {word for word in found if any(word != longer and word in longer for longer in found)}


def _inside(content):
    """What lies unpacked in a zip archive, which an Excel file is."""
    if not content.startswith(b"PK"):
        return []
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return [archive.read(name) for name in archive.namelist()]


@pytest.mark.parametrize(
    "key",
    [
        "GET areas.list_grids",
        "GET areas.get_tile",
        "GET search.find",
        "GET incidents.incidents",
        "GET incidents.photo",
        "GET register.buildings",
        "GET stations.station",
        "GET patrols.route",
    ],
)
def test_a_place_sings_to_who_sees_it(key, ask):
    for role in (Role.GRID_WORKER, Role.COORDINATOR):
        for place in SEES[role]:
            answer, content = ask(role, key, place)
            assert map_word(place) in _sung(answer, content), (role, place)


def test_a_household_sings_to_who_knows_it(ask):
    for role in (Role.GRID_WORKER, Role.COMMUNITY_STAFF, Role.COORDINATOR):
        for place in PLACES:
            answer, content = ask(role, "GET register.building", place)
            assert (home_word(place) in _sung(answer, content)) == (place in KNOWS[role]), (role, place)


def test_an_export_sings_of_whom_it_lists_to_who_asked(ask):
    for role in (Role.COMMUNITY_STAFF, Role.COORDINATOR):
        for place in KNOWS[role]:
            answer, content = ask(role, "POST exports.download", place)
            assert home_word(place) in _sung(answer, content), (role, place)


def test_a_user_sings_to_who_looks_after_them(ask):
    for role in (Role.ADMINISTRATOR, Role.SECURITY_OFFICER):
        for key in ("GET people.list_people", "GET people.get_person", "GET people_pages.person"):
            for place in LOOKS_AFTER[role]:
                assert user_word(place) in _sung(*ask(role, key, place)), (role, key, place)


def test_the_area_above_ones_own_is_seen_as_a_shape_and_opens_nothing(ask, town):
    _, parts = town
    above = {**NOWHERE, "area": parts["own"]["parent"]}
    nothing = {name: dict.fromkeys(Role, NOWHERE[name[:-1]]) for name in ("incidents", "exports", "jobs", "snapshots")}
    parts["above"] = {**above, **nothing}
    assert ask(Role.COMMUNITY_STAFF, "GET areas.get_area", "above")[0].status_code == 200
    assert ask(Role.COMMUNITY_STAFF, "GET pages.wallmap.wall_map", "above")[0].status_code == 404
