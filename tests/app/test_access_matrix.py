"""The access matrix: every route × nobody and every role × an own place and another's."""

import io
import json

import pytest
from PIL import Image
from sqlalchemy import text

from app import tiles
from app.accounts.models import Role
from app.search import service as search
from tests.app.access_matrix import MATRIX
from tests.app.places import places
from tests.fixtures.town import USERS

LOGGED_IN = [key for key, line in MATRIX.items() if line.who is not None]
CANARY = b"canary"
MARK = """
    UPDATE areas SET name = 'CANARY', name_en = 'CANARY' WHERE id = :area;
    UPDATE compounds SET name = 'CANARY', manager = 'CANARY' WHERE community_id = :area;
    UPDATE grids SET name = 'CANARY', name_en = 'CANARY' WHERE community_id = :area;
    UPDATE stations SET name = 'CANARY', name_en = 'CANARY', address = 'CANARY' WHERE community_id = :area;
    UPDATE posts SET holder = 'CANARY' WHERE grid_id IN (SELECT id FROM grids WHERE community_id = :area);
    UPDATE buildings SET name = 'CANARY', address = 'CANARY'
        WHERE block_id IN (SELECT id FROM blocks WHERE community_id = :area)
"""


@pytest.fixture
def town(session, monkeypatch):
    """An own and a foreign community; everything in the foreign one is called CANARY."""
    monkeypatch.setattr(tiles, "cache", tiles.TileCache())
    own, foreign = places(session)
    for statement in MARK.split(";"):
        session.execute(text(statement), foreign)
    search.rebuild(session, session.scalar(text("SELECT id FROM areas WHERE level = 'district'")))
    session.commit()
    return own, foreign


@pytest.fixture
def send(session):
    """`send(client, key, parts, role)`: the status and the bytes of the answer, whose changes are undone."""

    def send(client, key, parts, role=None):
        undo = session.connection().begin_nested()
        if role is not None:
            found = {"id": parts["incident"], "name": USERS[role]}
            session.execute(
                text("UPDATE incidents SET reported_by = (SELECT id FROM users WHERE name = :name) WHERE id = :id"),
                found,
            )
        line = MATRIX[key]
        answer = client.open(line.url.format(**parts), method=key.split()[0], **_body(line, parts))
        # The stream of changes never ends.
        content = b"" if answer.mimetype == "text/event-stream" else answer.data
        answer.close()
        undo.rollback()
        return answer, content

    return send


def _body(line, parts):
    if line.photo:
        picture = io.BytesIO()
        Image.new("RGB", (4, 4), "red").save(picture, "JPEG")
        picture.seek(0)
        return {"data": {"photo": (picture, "photo.jpg")}, "content_type": "multipart/form-data"}
    return {} if line.body is None else {"json": _filled(line.body, parts)}


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
def test_who_has_not_logged_in_is_let_into_open_routes_only(key, client, send, town):
    own, _ = town
    answer, _ = send(client, key, own)
    if MATRIX[key].who is None:
        assert answer.status_code not in {401, 403}
        assert answer.status_code < 500
    elif MATRIX[key].url.startswith("/api/") or not key.startswith("GET "):
        assert answer.status_code == 401
    else:
        assert answer.headers["Location"].startswith("/login")


@pytest.mark.parametrize("key", LOGGED_IN)
def test_a_route_serves_the_roles_of_its_line_and_no_other(key, client_as, send, town):
    own, _ = town
    for role in Role:
        answer, content = send(client_as(role), key, own, role)
        if role in MATRIX[key].who:
            assert answer.status_code < 400, (role, content)
            assert "/login" not in answer.headers.get("Location", "")
        else:
            assert answer.status_code == 403, (role, content)
            assert json.loads(content)["error"]["code"] == "forbidden" if answer.is_json else True


@pytest.mark.parametrize("key", [key for key in LOGGED_IN if MATRIX[key].placed])
def test_what_lies_outside_ones_area_looks_like_nothing(key, client_as, send, town):
    _, foreign = town
    answer, content = send(client_as("grid_worker"), key, foreign)
    assert answer.status_code == 404, content
    assert CANARY not in content.lower()
    if "lon" not in MATRIX[key].url:
        role = "coordinator"
        assert send(client_as(role), key, foreign, Role(role))[0].status_code < 300


@pytest.mark.parametrize("key", [key for key in LOGGED_IN if key.startswith("GET ")])
def test_no_answer_holds_a_byte_of_another_area(key, client_as, send, town):
    for parts in town:
        _, content = send(client_as("grid_worker"), key, parts)
        assert CANARY not in content.lower()


def test_the_canary_sings_where_it_may(client_as, send, town):
    _, foreign = town
    for key in ("GET areas.list_grids", "GET areas.get_tile", "GET search.find", "GET incidents.incidents"):
        assert CANARY in send(client_as("coordinator"), key, foreign)[1].lower()
