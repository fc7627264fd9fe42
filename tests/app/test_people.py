"""Users and posts: whom one sees and looks after, adding, disabling, granting, ending; also at the same moment."""

from datetime import datetime, timedelta
from threading import Barrier, Thread

import pytest
from alembic import command
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session as SqlSession

from app.accounts import people, posts, queries, service
from app.accounts.models import Role
from app.accounts.rights import RIGHTS, Capability, Reach
from app.errors import Conflict, DomainError, NotFound
from app.i18n import TIMEZONE
from app.migrate import configuration
from tests.app.access_matrix import GRANTING, MATRIX
from tests.app.places import places
from tests.app.test_access_matrix import send  # noqa: F401 (a fixture)
from tests.fixtures.town import PASSWORD, USERS

USERS_URL = "/api/v1/users"
OF_SOMEBODY = [key for key, line in MATRIX.items() if "{user}" in line.url]
MOVE = text("""
    UPDATE appointments SET area_id = :area WHERE role IN ('administrator', 'security_officer')
""")


def day(offset):
    """A day from today on, as it is written in a form."""
    return (datetime.now(TIMEZONE).date() + timedelta(days=offset)).isoformat()


@pytest.fixture
def town(session):
    """An own and a foreign community; administrator and security officer reach the own one only."""
    own, foreign = places(session)
    session.execute(MOVE, own)
    session.commit()
    return own, foreign


@pytest.fixture
def officer(client_as):
    return client_as("security_officer")


@pytest.fixture
def administrator(client_as):
    return client_as("administrator")


def id_of(session, role):
    return session.scalar(text("SELECT id FROM users WHERE name = :name"), {"name": USERS[Role(role)]})


def post_of(session, user):
    return session.scalar(text("SELECT id FROM appointments WHERE user_id = :user ORDER BY id"), {"user": user})


def refusal(answer):
    return answer.status_code, answer.json["error"]["field"]


def acts(session, user):
    rows = session.execute(
        text("SELECT act, u.name FROM audit a LEFT JOIN users u ON u.id = a.user_id "
             "WHERE subject_type = 'user' AND subject_id = :id ORDER BY a.id"), {"id": str(user)})  # fmt: skip
    return [tuple(row) for row in rows]


# --- whom one sees


def test_administering_reaches_down_from_a_post_and_nowhere_else():
    for capability in (Capability.SEE_USERS, Capability.MANAGE_USERS, Capability.GRANT_POSTS):
        assert {rights[capability] for rights in RIGHTS.values() if capability in rights} == {Reach.BELOW}


@pytest.mark.parametrize("key", OF_SOMEBODY)
def test_who_is_out_of_reach_looks_like_nobody_on_every_route(key, client_as, send, town):  # noqa: F811
    own, foreign = town
    role = "security_officer" if MATRIX[key].who == GRANTING else "administrator"
    assert send(client_as(role), key, own)[0].status_code < 400
    answer, content = send(client_as(role), key, foreign)
    assert answer.status_code == 404
    assert b"canary" not in content.lower()
    nobody = send(client_as(role), key, {**foreign, "user": 2**31 - 1, "post": 2**31 - 1})[1]
    assert content == nobody if answer.is_json else True


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


# --- adding, disabling


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


# --- granting, ending


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


# --- one of each stays


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
    short = posts.grant(session, None, other["user"], role, area=district, term=posts.term(last=datetime.now().date()))  # noqa: DTZ005
    refused()
    posts.end(session, None, other["user"], short.id)
    posts.grant(session, None, other["user"], role, area=district)
    people.disable(session, None, other["user"])
    refused()
    people.enable(session, None, other["user"])
    people.disable(session, None, number)


def at_once(database, *acts_):
    """What came of the acts, each in a transaction and a thread of its own and all begun before one ends."""
    engine, start, outcomes = create_engine(database.owner, pool_size=len(acts_)), Barrier(len(acts_)), []

    def run(act):
        with SqlSession(engine) as own:
            own.execute(text("SELECT now()"))  # every transaction has begun before the first of them acts
            start.wait()
            try:
                act(own)
                own.commit()
                outcomes.append("done")
            except DomainError as error:
                outcomes.append(type(error).__name__)

    threads = [Thread(target=run, args=(act,)) for act in acts_]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    engine.dispose()
    return sorted(outcomes)


@pytest.fixture
def two(fresh_database):
    """`two(role)`: a database of its own, and two users with the role over the district, as (identity, post)."""
    with fresh_database() as database:
        engine = create_engine(database.owner)

        def make(role):
            with SqlSession(engine) as own, own.begin():
                district = own.scalar(text("SELECT code FROM areas WHERE level = 'district'"))
                service.add_user(own, name="second-one", role=role, area_code=district, password=PASSWORD)
            with SqlSession(engine) as own:
                holders = [queries.by_name(own, name)[0] for name in (USERS[Role(role)], "second-one")]
                return database, [(who, post_of(own, who.id)) for who in holders]

        yield make
        engine.dispose()


def test_two_officers_who_end_each_other_at_once_leave_one(two):
    database, ((one, first), (other, second)) = two("security_officer")
    done = at_once(
        database,
        lambda own: posts.end(own, one, other.id, second),
        lambda own: posts.end(own, other, one.id, first),
    )
    assert done == ["Conflict", "done"]


def test_two_administrators_who_disable_each_other_at_once_leave_one(two):
    database, ((one, _), (other, _)) = two("administrator")
    done = at_once(
        database, lambda own: people.disable(own, one, other.id), lambda own: people.disable(own, other, one.id)
    )
    assert done == ["Conflict", "done"]


def test_of_two_who_end_the_same_post_at_once_one_is_told_to_look_again(two):
    database, ((one, _), (other, _)) = two("security_officer")
    engine = create_engine(database.owner)
    with SqlSession(engine) as own:
        worker = id_of(own, "grid_worker")
        held = post_of(own, worker)
    done = at_once(database, *[lambda own, who=who: posts.end(own, who, worker, held) for who in (one, other)])
    assert done == ["Conflict", "done"]
    with SqlSession(engine) as own:
        assert own.scalar(text("SELECT count(*) FROM audit WHERE act = 'post.ended'")) == 1
    engine.dispose()


def test_of_two_roles_kept_apart_that_are_granted_at_once_one_is_refused(two):
    database, ((one, _), (other, _)) = two("security_officer")
    engine = create_engine(database.owner)
    with SqlSession(engine) as own, own.begin():
        district = own.scalar(text("SELECT code FROM areas WHERE level = 'district'"))
        user = people.add(own, None, name="new-one", display_name="New", area_code=district)[0].id
    engine.dispose()
    grants = [
        lambda own, who=who, role=role: posts.grant(own, who, user, role, area=district)
        for who, role in ((one, "auditor"), (other, "planner"))
    ]
    assert at_once(database, *grants) == ["Conflict", "done"]


def test_of_two_people_of_the_same_name_added_at_once_one_is_refused(two):
    database, ((one, _), (other, _)) = two("administrator")
    engine = create_engine(database.owner)
    with SqlSession(engine) as own:
        district = own.scalar(text("SELECT code FROM areas WHERE level = 'district'"))
    engine.dispose()
    adds = [
        lambda own, who=who: people.add(own, who, name="new-one", display_name="New", area_code=district)
        for who in (one, other)
    ]
    assert at_once(database, *adds) == ["Conflict", "done"]


def test_users_of_before_belong_where_their_first_post_was(fresh_database):
    with fresh_database() as database:
        engine = create_engine(database.owner)

        def homes(connection):
            return dict(connection.execute(text("SELECT name, home_area_id FROM users")).all())

        with engine.begin() as connection:
            before = homes(connection)
            config = configuration()
            config.attributes["connection"] = connection
            command.downgrade(config, "0006-1")
            command.upgrade(config, "head")
            assert homes(connection) == before
        engine.dispose()
    assert None not in before.values()


def test_a_command_finds_nobody_of_an_unknown_name(session):
    with pytest.raises(NotFound):
        service.named(session, "nobody-at-all")
