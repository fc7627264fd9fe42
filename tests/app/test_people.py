"""Users: whom one sees and looks after, adding, disabling, first passwords."""

import pytest
from sqlalchemy import text

from app.accounts import queries, service
from app.accounts.models import Role
from app.accounts.rights import RIGHTS, Capability, Reach
from app.errors import NotFound
from tests.app.access_matrix import GRANTING, MATRIX
from tests.app.people import USERS_URL, acts, id_of, near_and_far, refusal
from tests.app.test_access_matrix import _request
from tests.fixtures.town import USERS

OF_SOMEBODY = [key for key, line in MATRIX.items() if "{user}" in line.url]


@pytest.fixture
def town(session):
    return near_and_far(session)


@pytest.fixture
def officer(client_as):
    return client_as("security_officer")


@pytest.fixture
def administrator(client_as):
    return client_as("administrator")


def test_administering_reaches_down_from_a_post_and_nowhere_else():
    for capability in (Capability.SEE_USERS, Capability.MANAGE_USERS, Capability.GRANT_POSTS):
        assert {rights[capability] for rights in RIGHTS.values() if capability in rights} == {Reach.BELOW}


@pytest.mark.parametrize("key", OF_SOMEBODY)
def test_who_is_out_of_reach_in_ones_own_district_looks_like_nobody_on_every_route(key, client_as, town):
    own, foreign = town
    client = client_as("security_officer" if MATRIX[key].who == GRANTING else "administrator")

    def send(parts):
        return client.open(**_request(MATRIX[key], key, parts))

    assert send(own).status_code < 400
    answer = send(foreign)
    assert answer.status_code == 404
    assert "canary" not in answer.text.lower()
    assert answer.data == send({**foreign, "user": 2**31 - 1, "post": 2**31 - 1}).data


def test_a_post_out_of_reach_is_not_found_with_somebody_who_is_seen(officer, town):
    own, foreign = town
    for url in (f"{USERS_URL}/{own['user']}/posts/{foreign['post']}", f"{USERS_URL}/{own['user']}/posts/{2**31 - 1}"):
        assert officer.delete(url).status_code == 404


def test_the_list_holds_nobody_of_another_area(officer, session, town):
    own, foreign = town
    answer = officer.get(f"{USERS_URL}?limit=200")
    listed = {user["id"] for user in answer.json["users"]}
    assert own["user"] in listed
    assert id_of(session, "grid_worker") in listed
    assert foreign["user"] not in listed
    assert id_of(session, "coordinator") not in listed
    assert answer.json["numberMatched"] == len(listed)
    assert "canary" not in answer.text.lower()
    assert "canary" not in officer.get("/people").text.lower()
    for filtered in (f"area={foreign['code']}", "q=CANARY", "role=coordinator"):
        assert officer.get(f"{USERS_URL}?{filtered}").json["users"] == []


@pytest.mark.parametrize(("starts", "ends"), [("-9 days", "-1 day"), ("1 day", None), ("-1 day", None)])
def test_a_post_past_present_or_to_come_makes_its_holder_seen_and_shows_no_other_post(
    officer, session, town, starts, ends
):
    own, foreign = town
    session.execute(
        text("INSERT INTO appointments (user_id, role, area_id, starts_at, ends_at) VALUES (:user, 'planner', :area, "
             "now() + CAST(:starts AS interval), now() + CAST(:ends AS interval))"),
        {"user": foreign["user"], "area": own["area"], "starts": starts, "ends": ends},
    )  # fmt: skip
    found = officer.get(f"{USERS_URL}/{foreign['user']}").json
    assert [post["role"] for post in found["posts"]] == ["planner"]
    assert found["home_area"] is None


def test_people_are_found_by_words_role_area_and_state(client_as, session):
    officer = client_as("security_officer")

    def names(query):
        return {user["name"] for user in officer.get(f"{USERS_URL}?limit=200&{query}").json["users"]}

    everybody = set(USERS.values())
    assert names("") == everybody
    assert names("q=GRID-") == {USERS[Role.GRID_WORKER], USERS[Role.GRID_LEADER]}
    assert names("q=%25") == set()
    assert names("role=planner") == {USERS[Role.PLANNER]}
    community = session.scalar(text("SELECT code FROM areas WHERE level = 'community' ORDER BY code LIMIT 1"))
    assert USERS[Role.GRID_WORKER] in names(f"area={community}")
    assert names(f"area={community}&role=planner") == set()
    assert names("area=000") == set()
    session.execute(text("UPDATE users SET disabled_at = now() WHERE name = :name"), {"name": USERS[Role.PLANNER]})
    session.execute(text("UPDATE appointments SET ends_at = now() WHERE role = 'auditor'"))
    assert names("state=disabled") == {USERS[Role.PLANNER]}
    assert names("state=without_post") == {USERS[Role.AUDITOR]}
    assert names("state=active") == everybody - {USERS[Role.PLANNER]}


def test_the_list_comes_in_pages(officer):
    first = officer.get(f"{USERS_URL}?limit=4").json
    assert (len(first["users"]), first["numberMatched"]) == (4, len(USERS))
    seen, answer = [], first
    while True:
        seen += [user["name"] for user in answer["users"]]
        if not answer["links"]:
            break
        answer = officer.get(answer["links"][0]["href"]).json
    assert seen == sorted(USERS.values())


def test_somebody_added_can_log_in_with_the_first_password_and_may_do_nothing_yet(
    administrator, officer, client, session, town
):
    own, _ = town
    answer = administrator.post(USERS_URL, json={"name": "wang.min", "display_name": " 王敏 ", "area": own["code"]})
    assert answer.status_code == 201
    user, password = answer.json["user"], answer.json["password"]
    assert (user["display_name"], user["home_area"]["id"], user["posts"]) == ("王敏", own["area"], [])
    _, password_hash = queries.by_name(session, "wang.min")
    assert service.passwords.matches(password, password_hash)
    assert queries.by_name(session, "wang.min")[0].can() == [Capability.OWN_ACCOUNT]
    assert officer.get(f"{USERS_URL}/{user['id']}").status_code == 200
    assert acts(session, user["id"]) == [("user.added", USERS[Role.ADMINISTRATOR])]
    assert "王敏" not in str(session.execute(text("SELECT detail FROM audit")).all())


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({"name": "Wang Min"}, (422, "name")),
        ({"name": USERS[Role.PLANNER]}, (409, "name")),
        ({"display_name": "  "}, (422, "display_name")),
        ({"display_name": "a\u0007b"}, (422, "display_name")),
        ({"area": "{foreign}"}, (404, "area")),
        ({"area": "none"}, (404, "area")),
        ({"area": ""}, (422, "area")),
        ({"role": "planner"}, (422, "role")),
    ],
)
def test_somebody_impossible_is_refused_by_field(administrator, session, town, wrong, expected):
    own, foreign = town
    body = {"name": "wang.min", "display_name": "王敏", "area": own["code"], **wrong}
    if body["area"] == "{foreign}":
        body["area"] = foreign["code"]
    assert refusal(administrator.post(USERS_URL, json=body)) == expected
    assert session.scalar(text("SELECT count(*) FROM users WHERE name = 'wang.min'")) == 0


def test_who_is_disabled_is_out_with_the_next_request_and_enabling_brings_back_no_session(
    administrator, client_as, session
):
    worker, number = client_as("grid_worker"), id_of(session, "grid_worker")
    assert worker.get("/api/v1/me").status_code == 200
    assert administrator.put(f"{USERS_URL}/{number}", json={"disabled": True}).json["state"] == "disabled"
    assert worker.get("/api/v1/me").status_code == 401
    assert refusal(administrator.put(f"{USERS_URL}/{number}", json={"disabled": True})) == (409, None)
    assert administrator.put(f"{USERS_URL}/{number}", json={"disabled": False}).json["state"] == "active"
    assert refusal(administrator.put(f"{USERS_URL}/{number}", json={"disabled": False})) == (409, None)
    assert worker.get("/api/v1/me").status_code == 401
    assert client_as("grid_worker").get("/api/v1/me").json["role"] == "grid_worker"
    assert [act for act, _ in acts(session, number)][-2:] == ["user.disabled", "user.enabled"]


def test_a_new_first_password_ends_the_sessions_and_is_not_for_oneself(administrator, client_as, session):
    worker, number = client_as("grid_worker"), id_of(session, "grid_worker")
    password = administrator.post(f"{USERS_URL}/{number}/password").json["password"]
    assert worker.get("/api/v1/me").status_code == 401
    assert service.passwords.matches(password, queries.by_name(session, USERS[Role.GRID_WORKER])[1])
    assert administrator.post(f"{USERS_URL}/{id_of(session, 'administrator')}/password").status_code == 403


def test_nobody_disables_themselves(administrator, session):
    number = id_of(session, "administrator")
    assert refusal(administrator.put(f"{USERS_URL}/{number}", json={"disabled": True})) == (403, None)


def test_who_serves_elsewhere_too_is_seen_but_not_managed(administrator, session, town):
    own, foreign = town
    session.execute(
        text("INSERT INTO appointments (user_id, role, area_id) VALUES (:user, 'planner', :area)"),
        {"user": own["user"], "area": foreign["area"]},
    )
    url = f"{USERS_URL}/{own['user']}"
    assert administrator.get(url).status_code == 200
    assert administrator.put(url, json={"disabled": True}).status_code == 403
    assert administrator.post(f"{url}/password").status_code == 403


def test_the_administrator_grants_and_ends_nothing_and_the_officer_manages_nobody(administrator, officer, town):
    own, _ = town
    url = f"{USERS_URL}/{own['user']}"
    assert administrator.post(f"{url}/posts", json={"role": "planner", "area": own["code"]}).status_code == 403
    assert administrator.delete(f"{url}/posts/{own['post']}").status_code == 403
    assert officer.put(url, json={"disabled": True}).status_code == 403
    assert officer.post(f"{url}/password").status_code == 403
    assert officer.post(USERS_URL, json={"name": "xy", "display_name": "X", "area": own["code"]}).status_code == 403


def test_a_command_finds_nobody_of_an_unknown_name(session):
    with pytest.raises(NotFound):
        service.named(session, "nobody-at-all")
