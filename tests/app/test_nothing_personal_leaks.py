"""A canary lives in one household: its name and phone are answered to who unmasks them, and stand nowhere else."""

import gzip
import logging
from pathlib import Path

import pytest
import requests
from sqlalchemy import create_engine, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session as SqlSession
from sqlalchemy.pool import NullPool

from app import tiles
from app.accounts.service import issue_token
from app.register import unmasking
from tests.app.places import tile_at
from tests.app.test_register import a_home
from tests.app.test_unmasking import give_contact
from tests.fixtures.town import USERS
from tests.fixtures.web import serving

NAME, PHONE = "金丝雀·甲乙", "13766667777"
CANARIES = (NAME, NAME.encode("unicode_escape").decode(), PHONE, "137 6666 7777")
TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'spatial_ref_sys'"


def canaries_in(anything: object) -> list[str]:
    content = str(anything)
    return [canary for canary in CANARIES if canary in content]


def acts(home, tail):
    """(method, path, body, status) of everything that touches the household, and of what goes wrong with it."""
    household, building = home.household, home.building
    path = f"/api/v1/households/{household}"
    return [
        ("GET", f"/api/v1/buildings/{building}", None, 200),
        ("GET", f"/api/v1/buildings/{building}", None, 200),
        ("GET", f"/api/v1/tiles/buildings/{tail}.mvt", None, 200),
        ("GET", f"/api/v1/tiles/buildings/{tail}.mvt", None, 200),
        ("GET", f"/api/v1/here?lon={home.lon}&lat={home.lat}", None, 200),
        ("PUT", f"{path}/flags", {"flags": [{"kind": "infant"}]}, 200),
        ("POST", f"{path}/unmask", {"reason": "visit"}, 200),
        ("POST", f"{path}/unmask", {"reason": "other", "note": f"{NAME} asked"}, 422),
        ("POST", f"{path}/unmask", {"reason": NAME}, 422),
        ("POST", f"{path}/unmask", {"reason": "visit", NAME: PHONE}, 422),
        ("POST", "/api/v1/households/2147483647/unmask", {"reason": "visit"}, 404),
        ("POST", "/api/v1/households/find", {"phone_tail": PHONE[-4:]}, 200),
        ("POST", "/api/v1/households/find", {"phone_tail": PHONE}, 422),
        ("POST", "/api/v1/search", {"q": PHONE}, 200),
        ("POST", "/api/v1/search", {"q": NAME}, 200),
        ("GET", "/nothing", None, 404),
        ("DELETE", f"{path}/unmask", None, 405),
        ("GET", "/map/counts.json", None, 200),
    ]


def check(method, path, body, answer, content):
    """Nothing of the canary in an answer but where it was unmasked, and then in the body alone."""
    unmasked = method == "POST" and path.endswith("/unmask") and answer.status_code == 200
    assert (NAME in content and PHONE in content) == unmasked, (method, path)
    assert canaries_in(dict(answer.headers)) == [], (method, path)
    if unmasked:
        assert "ETag" not in answer.headers
        assert answer.headers["Cache-Control"] == "no-store"
    elif NAME not in str(body) and PHONE not in str(body):
        assert canaries_in(content) == [], (method, path)


@pytest.fixture
def home(session):
    found = a_home(session)
    give_contact(session, found.household, NAME, PHONE)
    return found


def test_no_log_tile_header_or_error_holds_it(client_as, home, session, monkeypatch, caplog):
    monkeypatch.setattr(tiles, "cache", tiles.TileCache())
    caplog.set_level(logging.DEBUG)
    client = client_as("grid_worker")
    for method, path, body, status in acts(home, tile_at(home.lon, home.lat, 15)):
        answer = client.open(path, method=method, json=body)
        assert answer.status_code == status, (method, path, answer.text)
        check(method, path, body, answer, answer.get_data(as_text=True) if "tiles" not in path else str(answer.data))
    kept = [gzip.decompress(tile) for tile in tiles.cache._tiles.values() if tile]
    assert kept
    assert canaries_in([*tiles.cache._tiles, *(tile.decode("utf-8", "replace") for tile in kept)]) == []
    assert canaries_in([*caplog.records, caplog.text, *(record.args for record in caplog.records)]) == []
    assert canaries_in(session.execute(text("SELECT audit::text FROM audit")).all()) == []


def test_a_statement_that_fails_on_its_row_tells_the_log_where_and_not_who(client_as, home, monkeypatch, caplog):
    def fail(session, who, act):
        session.execute(text("UPDATE households SET size = 99 WHERE id = :id"), {"id": home.household})

    monkeypatch.setattr(unmasking, "take", fail)
    client = client_as("grid_worker")
    monkeypatch.setitem(client.application.config, "PROPAGATE_EXCEPTIONS", value=False)
    answer = client.post(f"/api/v1/households/{home.household}/unmask", json={"reason": "visit"})
    assert (answer.status_code, answer.json["error"]["code"]) == (500, "internal")
    assert canaries_in(answer.text) == []
    assert "ck_households_size_range" in caplog.text
    assert "app/register/unmasking.py" in caplog.text
    assert canaries_in(caplog.text) == []
    page = client.get("/nothing", headers={"Accept": "text/html"})
    assert canaries_in(page.text) == []


def test_a_live_server_writes_it_to_no_log_and_to_no_other_table(fresh_database, tmp_path):
    with fresh_database() as database:
        engine = create_engine(database.owner, poolclass=NullPool)
        with SqlSession(engine) as session, session.begin():
            home = a_home(session)
            give_contact(session, home.household, NAME, PHONE)
            token = issue_token(session, USERS["grid_worker"])
        with serving(database, tmp_path / "home") as url:
            for method, path, body, status in acts(home, tile_at(home.lon, home.lat, 15)):
                headers = {"Authorization": f"Bearer {token}"}
                answer = requests.request(method, url + path, json=body, headers=headers, timeout=60)
                assert answer.status_code == status, (method, path, answer.text)
                check(method, path, body, answer, answer.text)
                assert canaries_in(answer.url) == []
        with engine.connect() as connection:
            for table in connection.scalars(text(TABLES)).all():
                where = f"t::text LIKE '%金丝雀%' OR t::text LIKE '%{PHONE}%'"
                rows = connection.scalars(text(f"SELECT t::text FROM {table} t WHERE {where}"))
                assert len(rows.all()) == (1 if table == "households" else 0), table
            acts_on_record = set(connection.scalars(text("SELECT act FROM audit")))
        engine.dispose()
        assert canaries_in((tmp_path / "home/server.log").read_text()) == []
        assert {"household.seen", "household.unmasked", "household.found", "flags.set"} <= acts_on_record


def test_the_log_of_the_private_cluster_holds_no_row_and_no_statement(session, server, home):
    if not server.private:
        pytest.skip("the server is not ours")
    with pytest.raises(IntegrityError), session.begin_nested():
        session.execute(text("UPDATE households SET size = 99 WHERE contact_name = :name"), {"name": NAME})
    with server.administration() as connection:
        log = Path(connection.scalar(text("SHOW data_directory"))).parent / "postgresql.log"
    said = log.read_text(errors="replace")
    assert "ck_households_size_range" in said
    assert canaries_in(said) == []
