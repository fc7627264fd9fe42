"""On duty: one's position is known only while one says so, only where one serves, and to who dispatches there."""

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session as SqlSession

from app.privacy import duty
from tests.app.places import places
from tests.fixtures.town import USERS

DUTY, POSITION, ON_DUTY = "/api/v1/me/duty", "/api/v1/me/position", "/api/v1/on-duty"


@pytest.fixture
def town(session):
    """The own and a foreign place."""
    return places(session)


def at(place):
    return {"lon": place["lon"], "lat": place["lat"]}


def people(client):
    return {one["display_name"]: one for one in client.get(ON_DUTY).json["people"]}


def test_a_position_is_taken_on_duty_only_and_deleted_with_its_end(client_as, town, session):
    own, _ = town
    client = client_as("grid_worker")
    assert client.get(DUTY).json == {"on": False, "since": None, "until": None}
    assert client.put(POSITION, json=at(own)).status_code == 409
    assert client.put(DUTY, json={"on": True}).json["on"]
    assert client.put(POSITION, json=at(own)).status_code == 204
    assert client.put(DUTY, json={"on": False}).json["on"] is False
    assert session.scalar(text("SELECT count(*) FROM duty_positions")) == 0
    assert client.put(POSITION, json=at(own)).status_code == 409


def test_only_the_last_place_is_kept(client_as, town, session):
    own, _ = town
    client = client_as("grid_worker")
    client.put(DUTY, json={"on": True})
    for north in (own["lat"], own["lat"] + 0.0001):
        assert client.put(POSITION, json={"lon": own["lon"], "lat": north}).status_code == 204
    assert session.scalars(text("SELECT ST_Y(geom) FROM duty_positions")).all() == [own["lat"] + 0.0001]


def test_a_place_outside_ones_own_area_is_not_taken(client_as, town):
    _, foreign = town
    client = client_as("grid_worker")
    client.put(DUTY, json={"on": True})
    assert client.put(POSITION, json=at(foreign)).status_code == 404
    assert client.put(POSITION, json={"lon": 0, "lat": 0}).status_code == 404
    assert client.put(POSITION, json={"lon": 181, "lat": 0}).json["error"]["field"] == "lon"
    assert client.put(POSITION, json={"lon": "here", "lat": 0}).status_code == 422
    assert client.put(POSITION, json={"lon": 1}).json["error"]["field"] == "lat"


def test_who_dispatches_sees_who_is_on_duty_and_where(client_as, town):
    own, _ = town
    worker = client_as("grid_worker")
    worker.put(DUTY, json={"on": True})
    for role in ("grid_leader", "community_staff", "subdistrict_staff", "coordinator"):
        assert people(client_as(role))[USERS["grid_worker"]]["position"] is None
    worker.put(POSITION, json=at(own))
    for role in ("grid_leader", "community_staff", "subdistrict_staff", "coordinator"):
        one = people(client_as(role))[USERS["grid_worker"]]
        assert one["role"] == "grid_worker"
        assert (one["position"]["lon"], one["position"]["lat"]) == (own["lon"], own["lat"])
        assert one["position"]["age"] == 0
    assert worker.get(ON_DUTY).status_code == 403


def test_nobody_sees_somebody_of_another_community_or_their_place_there(client_as, town, session):
    own, foreign = town
    session.execute(text("UPDATE appointments SET area_id = :area WHERE role = 'community_staff'"), foreign)
    worker, coordinator = client_as("grid_worker"), client_as("coordinator")
    for client in (worker, coordinator):
        client.put(DUTY, json={"on": True})
        client.put(POSITION, json=at(own))
    seen = people(client_as("community_staff"))
    assert USERS["grid_worker"] not in seen
    assert seen[USERS["coordinator"]]["position"] is None, "serves there too, but is elsewhere"


def test_a_duty_ends_by_itself_after_twelve_hours(client_as, town, session):
    own, _ = town
    client = client_as("grid_worker")
    client.put(DUTY, json={"on": True})
    client.put(POSITION, json=at(own))
    session.execute(text("UPDATE duties SET started_at = now() - interval '12 hours'"))
    assert client.get(DUTY).json["on"] is False
    assert client.put(POSITION, json=at(own)).status_code == 409
    assert people(client_as("coordinator")) == {}
    client.put(DUTY, json={"on": True})
    assert people(client_as("coordinator"))[USERS["grid_worker"]]["position"] is None, "the old place is forgotten"


def test_switching_on_twice_does_not_lengthen_a_duty(client_as, town, session):
    client = client_as("grid_worker")
    client.put(DUTY, json={"on": True})
    session.execute(text("UPDATE duties SET started_at = now() - interval '11 hours'"))
    since = client.get(DUTY).json["since"]
    assert client.put(DUTY, json={"on": True}).json["since"] == since


def test_a_log_out_ends_the_duty(client_as, town, session):
    own, _ = town
    client = client_as("grid_worker")
    client.put(DUTY, json={"on": True})
    client.put(POSITION, json=at(own))
    assert client.post("/logout").status_code == 302
    assert session.scalar(text("SELECT count(*) FROM duty_positions")) == 0
    assert session.scalar(text("SELECT ended_at FROM duties")) is not None


def test_who_is_disabled_or_holds_no_post_is_not_on_duty(client_as, town, session):
    client_as("grid_worker").put(DUTY, json={"on": True})
    client_as("grid_leader").put(DUTY, json={"on": True})
    session.execute(text("UPDATE users SET disabled_at = now() WHERE name = :name"), {"name": USERS["grid_worker"]})
    session.execute(text("UPDATE appointments SET ends_at = now() WHERE role = 'grid_leader'"))
    assert people(client_as("coordinator")) == {}


def test_row_level_security_alone_keeps_positions_within_their_community(fresh_database):
    with fresh_database() as database:
        owner = create_engine(database.owner)
        with owner.begin() as connection:
            user, community, elsewhere = connection.execute(
                text("""SELECT (SELECT min(id) FROM users), min(id), max(id) FROM areas WHERE level = 'community'""")
            ).one()
            connection.execute(
                text("INSERT INTO duties (user_id, communities) VALUES (:user, ARRAY[CAST(:community AS int)])"),
                {"user": user, "community": community},
            )
            connection.execute(
                text(
                    "INSERT INTO duty_positions (user_id, community_id, geom) VALUES (:u, :c, ST_Point(121, 31, 4326))"
                ),
                {"u": user, "c": community},
            )
        owner.dispose()
        app = create_engine(database.app)

        def seen(user_id, communities):
            with app.begin() as connection:
                connection.execute(
                    text("SELECT set_config('wangge.user_id', :u, true), set_config('wangge.communities', :c, true)"),
                    {"u": user_id, "c": communities},
                )
                count = "SELECT (SELECT count(*) FROM duties), (SELECT count(*) FROM duty_positions)"
                return tuple(connection.execute(text(count)).one())

        assert seen(str(user), "{}") == (1, 1)
        assert seen("0", f"{{{community}}}") == (1, 1)
        assert seen("0", f"{{{elsewhere}}}") == (0, 0)
        assert seen("", "") == (0, 0)
        with SqlSession(app) as session, session.begin():
            duty.end(session, user)  # as somebody who has no scope yet, or another one
            assert session.scalar(text("SELECT current_setting('wangge.user_id', true)")) == ""
        assert seen(str(user), "{}") == (1, 0)
        app.dispose()
