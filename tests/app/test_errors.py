"""Whatever goes wrong: one shape, the reader's language, the right status, and nothing internal."""

import json
import re
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app import error_answers, security
from app.areas import queries
from app.errors import TooMany

LANGUAGE = "/api/v1/me/language"


@pytest.fixture
def coordinator(client_as):
    return client_as("coordinator")


def error(answer, status):
    assert answer.status_code == status
    assert answer.mimetype == "application/json"
    assert set(answer.json) == {"error"}
    assert {"code", "message", "field"} <= set(answer.json["error"])
    return answer.json["error"]


@pytest.mark.parametrize(
    ("query", "field", "sentence"),
    [
        ("bbox=1,2,3", "bbox", "bbox: 必须是四个数字：西,南,东,北"),
        ("bbox=1,2,3,x", "bbox", "bbox: 必须是四个数字：西,南,东,北"),
        ("bbox=3,2,1,4", "bbox", "bbox: 西须小于东，南须小于北，且都在经纬度范围内"),
        ("bbox=1,2,nan,4", "bbox", None),
        ("bbox=1,2,1e999,4", "bbox", None),
        ("bbox=-190,2,3,4", "bbox", None),
        ("limit=0", "limit", "limit: 不能小于 1"),
        ("limit=1001", "limit", "limit: 不能大于 1000"),
        ("limit=x", "limit", "limit: 必须是整数"),
        ("after=-1", "after", None),
        ("after=99999999999", "after", None),
        ("bbox=%00", "bbox", None),
    ],
)
def test_a_wrong_query_names_its_field(query, field, sentence, coordinator):
    found = error(coordinator.get(f"/api/v1/grids?{query}"), 422)
    assert (found["code"], found["field"]) == ("validation", field)
    assert sentence in {None, found["message"]}


@pytest.mark.parametrize("place", ["lon=1", "lon=1&lat=x", "lon=181&lat=1", "lon=nan&lat=1", "lon=1&lat=inf", "lat=1"])
def test_a_place_is_two_finite_numbers_on_earth(place, coordinator):
    assert error(coordinator.get(f"/api/v1/here?{place}"), 422)["field"] in {"lon", "lat"}


@pytest.mark.parametrize("body", ["[]", "null", '"en"', "{}", '{"language": 1}', '{"language": "en", "more": 1}'])
def test_json_of_another_form_is_refused_by_field(body, coordinator):
    assert error(coordinator.put(LANGUAGE, data=body, content_type="application/json"), 422)["code"] == "validation"


def test_nothing_is_found_at_an_unknown_address_and_a_method_is_named(coordinator):
    assert error(coordinator.get("/api/v1/nothing"), 404)["code"] == "not_found"
    answer = coordinator.delete("/api/v1/grids")
    assert error(answer, 405)["code"] == "method_not_allowed"
    assert "GET" in answer.headers["Allow"]


def test_an_id_that_no_row_can_have_is_not_found(coordinator):
    for number in (2**31 - 1, 2**31, 10**20, "9" * 5000, "0" * 5000):
        assert error(coordinator.get(f"/api/v1/grids/{number}"), 404)["field"] is None
        assert coordinator.delete(f"/api/v1/patrol-routes/{number}").status_code == 404


def test_a_person_gets_a_page_and_a_program_gets_json(coordinator):
    page = coordinator.get("/nothing", headers={"Accept": "text/html"})
    assert (page.status_code, page.mimetype) == (404, "text/html")
    assert "内容不存在" in page.text
    assert error(coordinator.get("/nothing", headers={"Accept": "application/json"}), 404)


@pytest.fixture
def broken(coordinator, monkeypatch):
    """GET /api/v1/versions that raises what it is given."""

    def get(problem):
        def fail(_):
            raise problem

        monkeypatch.setattr(queries, "dataset_versions", fail)
        monkeypatch.setitem(coordinator.application.config, "PROPAGATE_EXCEPTIONS", value=False)
        return coordinator.get("/api/v1/versions")

    return get


def test_a_mistake_of_ours_says_nothing_of_itself_and_is_written_down(broken, caplog):
    found = error(broken(RuntimeError("the password is hunter2")), 500)
    assert "hunter2" not in json.dumps(found)
    assert "hunter2" in caplog.text


@pytest.mark.parametrize("problem", [PoolTimeout("no connection"), OperationalError("SELECT", {}, Exception("gone"))])
def test_a_database_that_is_away_or_busy_asks_to_come_back(problem, broken):
    answer = broken(problem)
    assert error(answer, 503)["code"] == "unavailable"
    assert int(answer.headers["Retry-After"]) > 0


def test_who_tries_too_often_is_told_how_long_to_wait(broken):
    answer = broken(TooMany("slowly", extra={"retry_after": 7}))
    assert error(answer, 429)["code"] == "too_many"
    assert answer.headers["Retry-After"] == "7"


def test_two_at_once_are_a_conflict_and_not_a_failure(coordinator, monkeypatch):
    def twice(session):
        session.execute(text("INSERT INTO data_versions SELECT * FROM data_versions LIMIT 1"))

    monkeypatch.setattr(queries, "dataset_versions", twice)
    assert error(coordinator.get("/api/v1/versions"), 409)["code"] == "conflict"


def test_every_sentence_has_its_chinese(app):
    with app.test_request_context("/?lang=zh"):
        for lazy in {**dict(error_answers.SENTENCES.values()), **error_answers.REASONS}.values():
            assert re.search(r"[\u4e00-\u9fff]", str(lazy)), lazy


def test_every_answer_is_walled_in(coordinator, client):
    for answer in (coordinator.get("/"), coordinator.get("/api/v1/me"), client.get("/login"), client.get("/nothing")):
        policy = answer.headers["Content-Security-Policy"]
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "same-origin"


def test_each_page_has_a_nonce_of_its_own(coordinator):
    nonces = {re.search(r"nonce-([\w-]+)", coordinator.get("/").headers["Content-Security-Policy"])[1] for _ in "12"}
    assert len(nonces) == 2


def test_personal_answers_are_kept_by_no_cache(coordinator):
    assert coordinator.get("/api/v1/me").headers["Cache-Control"] == "no-store"


def test_the_key_of_the_sessions_is_made_once_and_readable_by_its_owner_only(tmp_path):
    key = security.secret_key(tmp_path / "home")
    assert len(key) >= 48
    assert security.secret_key(tmp_path / "home") == key
    assert (tmp_path / "home" / security.KEY_FILE).stat().st_mode & 0o777 == 0o600


def test_workers_that_start_together_in_a_new_home_have_one_key(tmp_path):
    for turn in range(20):
        home, together = tmp_path / str(turn), threading.Barrier(12)

        def ask(_, home=home, together=together):
            together.wait()
            return security.secret_key(home)

        with ThreadPoolExecutor(12) as pool:
            assert len(set(pool.map(ask, range(12)))) == 1
        assert [path.name for path in home.iterdir()] == [security.KEY_FILE]


def test_the_api_describes_itself_in_openapi_3_1_and_its_page_asks_nobody_else(client):
    spec = client.get("/api/v1/openapi.json").json
    assert spec["openapi"] == "3.1.0"
    assert {"/api/v1/grids", "/api/v1/search", "/api/v1/tiles/{layer}/{z}/{x}/{y}.mvt"} <= set(spec["paths"])
    for path, operations in spec["paths"].items():
        for method, operation in operations.items():
            assert {"200", "201", "204"} & operation["responses"].keys(), (method, path)
            assert "401" in operation["responses"] or operation["security"] == [], (method, path)
    named = set(re.findall(r'#/components/schemas/([^"]+)"', json.dumps(spec)))
    assert named <= spec["components"]["schemas"].keys()
    page = client.get("/api/v1/docs").text
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', page)
    assert "/api/v1/patrol-routes/suggest" in page


def test_the_browsers_catalogue_is_the_servers_and_is_not_sent_twice(client):
    answer = client.get("/i18n/zh.json")
    assert answer.json["Please log in."] == "请先登录。"
    assert client.get("/i18n/en.json").json == {}
    assert client.get("/i18n/zh.json", headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
    assert client.get("/i18n/tlh.json").status_code == 404


def test_health_says_whether_the_schema_is_the_one_we_know(client, session):
    assert client.get("/api/v1/health").json["status"] == "ok"
    session.execute(text("UPDATE alembic_version SET version_num = 'older'"))
    session.commit()
    answer = client.get("/api/v1/health")
    assert (answer.status_code, answer.json["status"]) == (503, "migration")
