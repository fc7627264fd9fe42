"""Granting and ending posts: to others, within one's reach, for a time; and one of each role that it takes stays."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from app.accounts import people, posts
from app.accounts.models import Role
from app.errors import Conflict
from app.i18n import TIMEZONE
from tests.app.people import USERS_URL, acts, day, id_of, near_and_far, post_of, refusal
from tests.app.places import places
from tests.fixtures.town import USERS


@pytest.fixture
def town(session):
    return near_and_far(session)


@pytest.fixture
def officer(client_as):
    return client_as("security_officer")


def test_a_post_granted_or_ended_holds_from_the_next_request_and_stays_on_record(officer, client_as, session):
    worker, number = client_as("grid_worker"), id_of(session, "grid_worker")
    held = post_of(session, number)
    assert worker.get("/api/v1/grids").status_code == 200
    assert officer.delete(f"{USERS_URL}/{number}/posts/{held}").status_code == 204
    assert worker.get("/api/v1/grids").status_code == 403
    assert worker.get("/api/v1/me").json["posts"] == []
    community = session.scalar(text("SELECT code FROM areas WHERE level = 'community' ORDER BY code LIMIT 1"))
    made = officer.post(f"{USERS_URL}/{number}/posts", json={"role": "community_staff", "area": community})
    assert (made.status_code, made.json["state"]) == (201, "in_force")
    assert worker.get("/api/v1/me").json["role"] == "community_staff"
    assert worker.get("/api/v1/grids").status_code == 200
    record = officer.get(f"{USERS_URL}/{number}/posts").json["posts"]
    assert {(post["id"], post["state"]) for post in record} == {(held, "past"), (made.json["id"], "in_force")}
    officers = USERS[Role.SECURITY_OFFICER]
    assert acts(session, number)[-2:] == [("post.ended", officers), ("post.granted", officers)]


@pytest.mark.parametrize("role", ["grid_worker", "grid_leader"])
def test_a_post_in_a_grid_is_seated_in_its_community(officer, town, role):
    own, foreign = town
    url = f"{USERS_URL}/{own['user']}/posts"
    made = officer.post(url, json={"role": role, "area": own["code"], "grid": own["grid_code"]}).json
    assert (made["area"]["id"], made["grid"]["id"]) == (own["area"], own["grid"])
    wrong = officer.post(url, json={"role": role, "area": own["code"], "grid": foreign["grid_code"]})
    assert refusal(wrong) == (404, "grid")
    wrong = officer.post(url, json={"role": "coordinator", "area": own["code"], "grid": own["grid_code"]})
    assert refusal(wrong) == (422, "grid")


def test_nobody_grants_or_ends_a_post_of_their_own(officer, session):
    number = id_of(session, "security_officer")
    district = session.scalar(text("SELECT code FROM areas WHERE level = 'district'"))
    answer = officer.post(f"{USERS_URL}/{number}/posts", json={"role": "security_officer", "area": district})
    assert refusal(answer) == (403, None)
    assert officer.delete(f"{USERS_URL}/{number}/posts/{post_of(session, number)}").status_code == 403


def test_nothing_is_granted_beyond_ones_own_reach(officer, session, town):
    own, foreign = town
    above = session.scalar(
        text("SELECT p.code FROM areas a JOIN areas p ON p.id = a.parent_id WHERE a.id = :area"), own
    )
    url = f"{USERS_URL}/{own['user']}/posts"
    for area in (above, foreign["code"], "none"):
        answer = officer.post(url, json={"role": "planner", "area": area})
        assert refusal(answer) == (404, "area")
        assert "canary" not in answer.text.lower()
    # These may do something anywhere, which a community's officer does not reach.
    for role in ("auditor", "administrator", "planner"):
        assert refusal(officer.post(url, json={"role": role, "area": own["code"]})) == (403, "role")
    assert officer.post(url, json={"role": "coordinator", "area": own["code"]}).status_code == 201


def test_roles_kept_apart_and_posts_held_already_are_refused(client_as, session):
    officer = client_as("security_officer")
    own, _ = places(session)
    url = f"{USERS_URL}/{own['user']}/posts"
    for role in ("administrator", "auditor", "security_officer", "api_client"):
        assert refusal(officer.post(url, json={"role": role, "area": own["code"]})) == (409, "role")
    body = {"role": "community_staff", "area": own["code"]}
    assert refusal(officer.post(url, json=body)) == (409, "role")
    assert officer.delete(f"{url}/{own['post']}").status_code == 204
    assert officer.post(url, json={**body, "ends_on": day(5)}).status_code == 201
    assert refusal(officer.post(url, json={**body, "starts_on": day(5)})) == (409, "role")
    assert officer.post(url, json={**body, "starts_on": day(6)}).status_code == 201


def test_who_is_disabled_is_granted_nothing(client_as, session):
    own, _ = places(session)
    session.execute(text("UPDATE users SET disabled_at = now() WHERE id = :user"), own)
    answer = client_as("security_officer").post(
        f"{USERS_URL}/{own['user']}/posts", json={"role": "planner", "area": own["code"]}
    )
    assert refusal(answer) == (409, None)


def test_a_post_runs_from_the_beginning_of_its_first_day_to_the_end_of_its_last(client_as, session):
    own, _ = places(session)
    body = {"role": "planner", "area": own["code"], "starts_on": day(1), "ends_on": day(2)}
    made = client_as("security_officer").post(f"{USERS_URL}/{own['user']}/posts", json=body).json
    assert made["state"] == "to_come"
    starts, ends = (datetime.fromisoformat(made[end]).astimezone(TIMEZONE) for end in ("starts_at", "ends_at"))
    assert (starts.date().isoformat(), starts.hour, starts.minute) == (day(1), 0, 0)
    assert ends - starts == timedelta(days=2)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"starts_on": day(-1)}, "starts_on"),
        ({"ends_on": day(-1)}, "ends_on"),
        ({"starts_on": day(3), "ends_on": day(2)}, "ends_on"),
        ({"starts_on": "9999-12-31"}, "starts_on"),
        ({"ends_on": "9999-12-31"}, "ends_on"),
        ({"ends_on": "tomorrow"}, "ends_on"),
        ({"role": "emperor"}, "role"),
    ],
)
def test_an_impossible_post_is_refused_by_field(client_as, session, wrong, field):
    own, _ = places(session)
    body = {"role": "planner", "area": own["code"], **wrong}
    answer = client_as("security_officer").post(f"{USERS_URL}/{own['user']}/posts", json=body)
    assert refusal(answer) == (422, field)


def test_a_post_ends_after_a_day_and_never_later_than_it_did(officer, session):
    own, _ = places(session)
    url = f"{USERS_URL}/{own['user']}/posts/{own['post']}"
    ended = officer.put(url, json={"ends_on": day(3)})
    assert (ended.status_code, ended.json["state"]) == (200, "in_force")
    assert refusal(officer.put(url, json={"ends_on": day(4)})) == (422, "ends_on")
    assert refusal(officer.put(url, json={"ends_on": day(-1)})) == (422, "ends_on")
    assert officer.put(url, json={"ends_on": day(1)}).status_code == 200
    assert officer.delete(url).status_code == 204
    assert refusal(officer.delete(url)) == (409, None)
    assert refusal(officer.put(url, json={"ends_on": day(1)})) == (409, None)


def test_a_post_to_come_is_withdrawn_and_never_was(officer, session):
    own, _ = places(session)
    url, body = f"{USERS_URL}/{own['user']}/posts", {"role": "planner", "area": own["code"], "starts_on": day(5)}
    made = officer.post(url, json=body).json
    assert officer.delete(f"{url}/{made['id']}").status_code == 204
    assert refusal(officer.delete(f"{url}/{made['id']}")) == (409, None)
    assert [post["state"] for post in officer.get(url).json["posts"] if post["id"] == made["id"]] == ["past"]
    assert officer.post(url, json=body).status_code == 201


@pytest.mark.parametrize("role", ["security_officer", "administrator"])
def test_the_last_of_a_role_is_neither_ended_nor_disabled_until_somebody_else_holds_it(session, role):
    number = id_of(session, role)
    held, other = post_of(session, number), places(session)[0]
    district = session.scalar(text("SELECT code FROM areas WHERE level = 'district'"))
    posts.end(session, None, other["user"], other["post"])

    def refused():
        for act in (
            lambda: posts.end(session, None, number, held),
            lambda: posts.end(session, None, number, held, last_day=datetime.now(TIMEZONE).date()),
            lambda: people.disable(session, None, number),
        ):
            with pytest.raises(Conflict):
                act()

    refused()
    today = posts.term(last=datetime.now(TIMEZONE).date())
    short = posts.grant(session, None, other["user"], role, area=district, term=today)
    refused()
    posts.end(session, None, other["user"], short.id)
    posts.grant(session, None, other["user"], role, area=district)
    people.disable(session, None, other["user"])
    refused()
    people.enable(session, None, other["user"])
    people.disable(session, None, number)
