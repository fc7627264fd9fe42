"""The headers that wall a browser in: on every kind of answer, whoever gives it."""

import pytest
from sqlalchemy import text

from app.areas import queries
from tests.app.access_matrix import MATRIX
from tests.app.places import places

EXPECTED = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(self), camera=(self), microphone=(), payment=(), usb=()",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
}
CLOSED = ("default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'", "form-action")
READ = [key for key in MATRIX if key.startswith("GET ")]
HTML = {"Accept": "text/html"}


@pytest.fixture(autouse=True)
def behind_tls(app, monkeypatch):
    monkeypatch.setitem(app.config, "HTTPS", value=True)


def walled(answer):
    """The answer, which carries every header once."""
    for name, value in EXPECTED.items():
        assert answer.headers.getlist(name) == [value], name
    (policy,) = answer.headers.getlist("Content-Security-Policy")
    for part in CLOSED:
        assert part in policy
    if "sandbox" not in policy:  # a wall map brings its scripts and runs them in no origin
        assert "unsafe" not in policy
    assert "Access-Control-Allow-Origin" not in answer.headers
    answer.close()
    return answer


@pytest.mark.parametrize("key", READ)
def test_every_route_answers_behind_the_walls(key, client_as, session):
    own, _ = places(session)
    answer = walled(client_as("coordinator").get(MATRIX[key].url.format(**own)))
    if MATRIX[key].who is not None:
        cache = answer.headers["Cache-Control"]
        assert "no-store" in cache or "private" in cache
        assert {"Cookie", "Authorization"} <= set(answer.vary)


@pytest.mark.parametrize("key", READ)
def test_every_route_refuses_and_sends_to_the_log_in_behind_the_walls(key, client, session):
    own, _ = places(session)
    walled(client.get(MATRIX[key].url.format(**own)))
    walled(client.options(MATRIX[key].url.format(**own)))


@pytest.mark.parametrize(
    "address",
    ["/static/css/tokens.css", "/i18n/zh.json", "/api/v1/grids", "/map/counts.json", "/api/v1/tiles/grids/{tile}.mvt"],
)
def test_what_has_not_changed_is_said_behind_the_walls(address, client_as, session):
    own, _ = places(session)
    client = client_as("coordinator")
    first = walled(client.get(address.format(**own)))
    again = walled(client.get(address.format(**own), headers={"If-None-Match": first.headers["ETag"]}))
    assert again.status_code == 304


def test_a_tile_with_nothing_in_it_is_given_behind_the_walls(client_as):
    answer = walled(client_as("coordinator").get("/api/v1/tiles/grids/15/0/0.mvt"))
    assert answer.status_code == 204


@pytest.mark.parametrize("headers", [HTML, {}])
def test_whatever_is_refused_is_refused_behind_the_walls(headers, client_as, client):
    coordinator, worker = client_as("coordinator"), client_as("grid_worker")
    form = {"data": b"x", "content_type": "multipart/form-data; boundary=x"}
    large = {"data": b"x" * 2**17, "content_type": "application/json"}
    refused = [
        (404, coordinator.get("/nothing", headers=headers)),
        (404, coordinator.get("/static/nothing.css", headers=headers)),
        (404, coordinator.get("/static/../app/settings.py", headers=headers)),
        (405, coordinator.delete("/api/v1/grids", headers=headers)),
        (400, client.post("/login", headers=headers, **form)),
        (401, client.get("/api/v1/grids", headers=headers)),
        (403, worker.put("/api/v1/roads/speeds/footway", json={}, headers=headers)),
        (413, coordinator.put("/api/v1/me/language", headers=headers, **large)),
        (415, coordinator.put("/api/v1/me/language", data=b"x", headers=headers)),
        (422, coordinator.get("/api/v1/grids?limit=x", headers=headers)),
        (400, client.get("/login", headers={**headers, "Host": "evil.example"})),
        (400, client.get("/login", headers={**headers, "Host": "a b"})),
    ]
    for status, answer in refused:
        assert walled(answer).status_code == status


def test_a_mistake_of_ours_is_told_behind_the_walls(client_as, monkeypatch):
    client = client_as("coordinator")
    monkeypatch.setattr(queries, "dataset_versions", lambda _: 1 / 0)
    monkeypatch.setitem(client.application.config, "PROPAGATE_EXCEPTIONS", value=False)
    assert walled(client.get("/api/v1/versions")).status_code == 500


def test_a_photo_and_a_wall_map_are_files_and_no_pages(client_as, session):
    own, _ = places(session)
    client = client_as("coordinator")
    photo = walled(client.get(f"/api/v1/incidents/{own['incident']}/photo"))
    assert photo.mimetype == "image/jpeg"
    wall_map = walled(client.get(f"/wallmap/{own['code']}"))
    assert wall_map.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox allow-scripts" in wall_map.headers["Content-Security-Policy"]


def test_a_head_of_an_answer_is_the_answers(client_as):
    client = client_as("coordinator")
    whole, head = client.get("/api/v1/areas"), client.head("/api/v1/areas")
    assert head.data == b""
    assert {*whole.headers.keys()} == {*walled(head).headers.keys()}


def test_the_database_being_away_is_told_behind_the_walls(client, session):
    session.execute(text("UPDATE alembic_version SET version_num = 'older'"))
    session.commit()
    assert walled(client.get("/api/v1/health")).status_code == 503
