"""Logging in and out, tokens, rights, and who I am."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from app.accounts import passwords, queries, service
from app.accounts.entering import local
from app.accounts.identity import Post
from app.accounts.models import Role
from app.accounts.rights import RIGHTS, Capability, capabilities, may, reach
from app.areas.scope import OF_HOUSEHOLDS
from app.errors import Conflict, Invalid, NotFound
from tests.fixtures.town import PASSWORD, USERS

ROOT = Path(__file__).resolve().parents[2]
COORDINATOR = USERS[Role.COORDINATOR]
OWN_SEAT = text("SELECT community_id, id FROM grids WHERE code = :grid")


def who_is(session, name):
    return queries.by_name(session, name)[0]


def log_in(client, name=COORDINATOR, password=PASSWORD, **form):
    page = client.get("/login").text
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page).group(1)
    return client.post("/login", data={"name": name, "password": password, "csrf_token": token, **form})


def cookie_of(answer):
    return "\n".join(answer.headers.getlist("Set-Cookie"))


def test_the_right_password_opens_the_map_and_logging_out_closes_it(client):
    answer = log_in(client)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    me = client.get("/api/v1/me").json
    assert (me["name"], me["role"]) == (COORDINATOR, "coordinator")
    token = re.search(r'name="csrf-token" content="([^"]+)"', client.get("/").text).group(1)
    assert client.post("/logout", data={"csrf_token": token}).headers["Location"] == "/login"
    assert client.get("/api/v1/me").status_code == 401


@pytest.mark.parametrize(
    ("name", "password"),
    [
        (COORDINATOR, "wrong"),
        (COORDINATOR, ""),
        ("", ""),
        ("nobody", PASSWORD),
        ("x" * 5000, "y" * 5000),
        (COORDINATOR, PASSWORD + " "),
        (COORDINATOR.upper(), PASSWORD),
    ],
)
def test_anything_else_is_refused_in_the_same_words(name, password, client):
    answer = log_in(client, name, password)
    assert answer.status_code == 401
    assert "用户名或密码不正确。" in answer.text
    assert client.get("/api/v1/me").status_code == 401


def test_a_user_who_does_not_exist_costs_the_same_hash_as_one_who_does(client, monkeypatch):
    hashed = []

    class Counting:
        def verify(self, password_hash, password):
            hashed.append(password_hash.split("$")[:4])
            return hasher.verify(password_hash, password)

    hasher = passwords._hasher
    passwords.matches("warm up", None)
    monkeypatch.setattr(passwords, "_hasher", Counting())
    log_in(client, COORDINATOR, "wrong")
    log_in(client, "nobody", "wrong")
    assert len(hashed) == 2
    assert hashed[0] == hashed[1]  # the same algorithm, memory and rounds


def test_a_disabled_user_neither_logs_in_nor_stays(client_as, client, session):
    inside = client_as("coordinator")
    assert inside.get("/api/v1/me").status_code == 200
    session.execute(text("UPDATE users SET disabled_at = now() WHERE name = :name"), {"name": COORDINATOR})
    session.commit()
    assert inside.get("/api/v1/me").status_code == 401
    assert log_in(client).status_code == 401


def test_a_changed_role_holds_from_the_next_request(client_as, session):
    client = client_as("coordinator")
    session.execute(text("UPDATE appointments SET role = 'planner' WHERE role = 'coordinator'"))
    session.commit()
    assert client.get("/api/v1/me").json["role"] == "planner"


def test_the_session_is_new_after_the_log_in_and_its_cookie_is_out_of_reach_of_scripts(client):
    client.get("/login")
    with client.session_transaction() as before:
        before["planted"] = "by an attacker"
    answer = log_in(client)
    assert "HttpOnly" in cookie_of(answer)
    assert "SameSite=Lax" in cookie_of(answer)
    with client.session_transaction() as after:
        assert "planted" not in after


def test_a_page_sends_to_the_log_in_and_back_and_the_api_says_401(client):
    answer = client.get("/wallmap/1?lang=en")
    assert answer.headers["Location"] == "/login?next=/wallmap/1?lang%3Den"
    refused = client.get("/api/v1/me")
    assert (refused.status_code, refused.json["error"]["code"]) == (401, "unauthorised")
    assert refused.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    ("wanted", "gone_to"),
    [
        ("/wallmap/1?a=b", "/wallmap/1?a=b"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example/", "/"),
        ("javascript:alert(1)", "/"),
        ("/\n/evil.example", "/"),
        ("/\t/evil.example", "/"),
        ("", "/"),
        (None, "/"),
    ],
)
def test_the_log_in_leads_to_a_place_of_this_host_only(wanted, gone_to):
    assert local(wanted) == gone_to


def test_a_write_with_a_cookie_needs_the_token_of_our_own_page(client_as):
    client = client_as("coordinator")
    url, body = "/api/v1/me/language", {"language": "en"}
    for header in ("", "nonsense"):
        answer = client.put(url, json=body, headers={"X-CSRFToken": header})
        assert (answer.status_code, answer.json["error"]["code"]) == (400, "csrf")
    assert client.put(url, json=body).status_code == 200


def test_the_log_in_itself_cannot_be_sent_from_another_page(client):
    assert client.post("/login", data={"name": COORDINATOR, "password": PASSWORD}).status_code == 400


def test_a_token_works_without_cookie_and_csrf_until_it_is_revoked_or_expired(client, session):
    token = service.issue_token(session, COORDINATOR, days=1)
    session.commit()
    headers = {"Authorization": f"Bearer {token}"}
    assert client.get("/api/v1/me", headers=headers).json["name"] == COORDINATOR
    walk = {"lon": 119.2, "lat": 36.7, "id": "00000000-0000-4000-8000-000000000001", "category": "fire", "text": "x"}
    assert client.post("/api/v1/incidents", json=walk, headers=headers).status_code in {201, 404}
    assert token not in str(session.execute(text("SELECT * FROM tokens")).all())
    session.execute(text("UPDATE tokens SET expires_at = now() - interval '1 second'"))
    session.commit()
    assert client.get("/api/v1/me", headers=headers).status_code == 401
    session.execute(text("UPDATE tokens SET expires_at = now() + interval '1 day', revoked_at = now()"))
    session.commit()
    assert client.get("/api/v1/me", headers=headers).status_code == 401


@pytest.mark.parametrize("header", ["Bearer", "Bearer ", "Bearer x", "bearer wg_" + "x" * 5000, "Basic eDp5"])
def test_a_bad_authorization_never_falls_back_on_nobody_with_rights(header, client):
    assert client.get("/api/v1/me", headers={"Authorization": header}).status_code == 401


def test_a_bad_token_beside_a_good_cookie_does_not_borrow_the_cookie(client_as):
    answer = client_as("coordinator").put(
        "/api/v1/me/language", json={"language": "en"}, headers={"Authorization": "Bearer x", "X-CSRFToken": ""}
    )
    assert answer.status_code == 401


def test_me_says_where_i_am_and_what_i_may(client_as):
    me = client_as("grid_worker").get("/api/v1/me").json
    assert set(me) == {"id", "name", "display_name", "role", "area", "grid", "posts", "language", "can"}
    assert me["can"] == capabilities(Role.GRID_WORKER)
    for place in (me["area"], me["grid"]):
        west, south, east, north = place["bbox"]
        assert -180 < west < east < 180
        assert -85 < south < north < 85


def test_the_language_is_asked_for_then_kept_then_the_users_then_the_browsers_then_chinese(client, client_as, session):
    def said(who, **given):
        return who.get("/api/v1/nothing", **given).json["error"]["message"]

    english, chinese = "There is nothing here, or not for you.", "内容不存在，或不在您的权限范围内。"
    assert said(client) == chinese
    assert said(client, headers={"Accept-Language": "en-GB,en;q=0.9"}) == english
    assert said(client, headers={"Accept-Language": "fr"}) == chinese
    assert said(client, query_string={"lang": "en"}) == english
    assert said(client) == english
    assert said(client, query_string={"lang": "xx"}) == english
    worker = client_as("planner")
    assert worker.put("/api/v1/me/language", json={"language": "en"}).json == {"language": "en"}
    assert said(worker) == english
    assert session.scalar(text("SELECT language FROM users WHERE name = 'test-planner'")) == "en"
    refused = worker.put("/api/v1/me/language", json={"language": "tlh"})
    assert (refused.status_code, refused.json["error"]["field"]) == (422, "language")


def test_only_service_roles_see_households_and_every_capability_has_somebody():
    serving = {Role.GRID_WORKER, Role.GRID_LEADER, Role.COMMUNITY_STAFF, Role.SUBDISTRICT_STAFF, Role.COORDINATOR}
    assert {role for role in Role if may(role, Capability.SEE_HOUSEHOLDS)} == serving
    for act in OF_HOUSEHOLDS:
        for role in Role:
            assert reach(role, act) in {None, reach(role, Capability.SEE_HOUSEHOLDS)}
    assert set(RIGHTS) == set(Role)
    assert all(any(may(role, capability) for role in Role) for capability in Capability)


def test_the_roles_of_oversight_share_no_right_with_those_they_watch():
    def rights(role):
        return set(capabilities(role)) - {Capability.OWN_ACCOUNT}

    assert rights(Role.AUDITOR) == {Capability.SEE_AUDIT}
    assert [role for role in Role if may(role, Capability.SEE_AUDIT)] == [Role.AUDITOR]
    assert [role for role in Role if may(role, Capability.GRANT_POSTS)] == [Role.SECURITY_OFFICER]
    assert [role for role in Role if may(role, Capability.MANAGE_USERS)] == [Role.ADMINISTRATOR]


def area_code(session, level="community"):
    return session.scalar(text("SELECT code FROM areas WHERE level = :level ORDER BY code LIMIT 1"), {"level": level})


def test_a_new_user_gets_a_random_password_that_works(client, session):
    user, password = service.add_user(session, name="wang.wu", role="planner", area_code=area_code(session))
    _, other = service.add_user(session, name="li-4", role="planner", area_code=area_code(session))
    session.commit()
    assert len(password) >= 16
    assert password != other
    assert user.password_hash.startswith("$argon2id$")
    assert log_in(client, "wang.wu", password).status_code == 302


def test_a_grid_worker_is_bound_to_a_grid_of_their_own_area(session):
    own, other = session.scalars(text("SELECT code FROM areas WHERE level = 'community' ORDER BY code LIMIT 2"))
    grid = session.scalar(
        text("SELECT g.code FROM grids g JOIN areas a ON a.id = g.community_id WHERE a.code = :own LIMIT 1"),
        {"own": own},
    )
    service.add_user(session, name="bound", role="grid_worker", area_code=own, grid_code=grid)
    assert who_is(session, "bound").post == Post(Role.GRID_WORKER, *session.execute(OWN_SEAT, {"grid": grid}).one())
    with pytest.raises(NotFound):
        service.add_user(session, name="stray", role="grid_worker", area_code=other, grid_code=grid)
    with pytest.raises(Invalid):
        service.add_user(session, name="desk", role="planner", area_code=own, grid_code=grid)


@pytest.mark.parametrize(
    ("wrong", "error", "field"),
    [
        ({"name": "Ünïcode"}, Invalid, "name"),
        ({"name": "x"}, Invalid, "name"),
        ({"name": COORDINATOR}, Conflict, "name"),
        ({"role": "emperor"}, Invalid, "role"),
        ({"area_code": "123"}, NotFound, "area"),
        ({"password": "short"}, Invalid, "password"),
    ],
)
def test_an_impossible_user_is_refused_by_field(wrong, error, field, session):
    right = {"name": "new-one", "role": "planner", "area_code": area_code(session)}
    with pytest.raises(error) as refused:
        service.add_user(session, **{**right, **wrong})
    assert refused.value.field == field


def test_log_ins_good_and_bad_are_on_record_without_a_password(client, session):
    log_in(client, COORDINATOR, "wrong")
    log_in(client)
    acts = session.scalars(text("SELECT act FROM audit ORDER BY id DESC LIMIT 2")).all()
    assert acts == ["login", "login.failed"]
    assert PASSWORD not in str(session.execute(text("SELECT * FROM audit")).all())


def test_a_hash_has_its_full_price_where_people_log_in():
    made = 'from app.accounts.passwords import make_hash; print(make_hash("x"))'
    printed = subprocess.run([sys.executable, "-c", made], capture_output=True, text=True, check=True, cwd=ROOT).stdout
    assert printed.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
