"""Who is there first: kinds, hours, staff on duty, and the way in words."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest
import shapely
from shapely import LineString
from sqlalchemy import text

from app.response import directions
from gis.city import RoadClass
from gis.local import LocalFrame
from gis.roads import CLASSES
from gis.steps import Stage, Turn
from tests.app.people import id_of

PLACE = text("SELECT ST_X(geom) AS lon, ST_Y(geom) AS lat FROM entrances ORDER BY id LIMIT 1")

FARTHEST = text("""
    SELECT ST_X(geom) AS lon, ST_Y(geom) AS lat FROM entrances
    ORDER BY ST_Distance(geom, ST_Point(:lon, :lat, 4326)) DESC, id LIMIT 1
""")


@pytest.fixture
def place(session):
    return session.execute(PLACE).one()


def ask(client, place, **query):
    return client.get("/api/v1/response/nearest", query_string={"lon": place.lon, "lat": place.lat, **query})


def put_on_duty(session, user, place, age=0):
    community = session.scalar(
        text("SELECT id FROM areas WHERE level = 'community' AND ST_Covers(geom, ST_Point(:lon, :lat, 4326))"),
        place._asdict(),
    )
    values = {"user": user, "area": community, **place._asdict(), "at": datetime.now(UTC) - timedelta(seconds=age)}
    session.execute(text("INSERT INTO duties (user_id, communities) VALUES (:user, ARRAY[:area])"), values)
    session.execute(
        text("""
            INSERT INTO duty_positions (user_id, community_id, at, geom)
            VALUES (:user, :area, :at, ST_Point(:lon, :lat, 4326))
        """),
        values,
    )


def test_several_kinds_are_named_and_no_other(client_as, place):
    found = ask(client_as("coordinator"), place, kinds="liaison_station,service_station", limit=20).json["resources"]
    assert {row["kind"] for row in found} <= {"liaison_station", "service_station"}
    assert [row["seconds"] for row in found] == sorted(row["seconds"] for row in found)


def test_open_now_leaves_out_what_is_closed_and_keeps_what_is_not_known(client_as, place, session):
    session.execute(
        text("UPDATE stations SET open_hours = CASE id % 3 WHEN 0 THEN '24/7' WHEN 1 THEN '' ELSE 'Mo-Su off' END")
    )
    found = ask(client_as("coordinator"), place, open_now=1, limit=50).json["resources"]
    assert {row["open_now"] for row in found} == {True, None}


def test_staff_on_duty_stand_among_the_stations_by_their_last_position(client_as, place, session):
    put_on_duty(session, id_of(session, "grid_worker"), place, age=90)
    found = ask(client_as("coordinator"), place, staff=1, limit=50).json["resources"]
    first = next(row for row in found if row["resource"] == "staff")
    assert found[0] == first
    assert first["kind"] == "grid_worker"
    assert first["seconds"] < 60
    assert first["position_age"] >= 90
    only = ask(client_as("coordinator"), place, staff=1, stations=0).json["resources"]
    assert {row["resource"] for row in only} == {"staff"}


def test_staff_in_a_closed_area_do_not_come(client_as, place, session):
    client = client_as("coordinator")
    away = session.execute(FARTHEST, place._asdict()).one()
    put_on_duty(session, id_of(session, "grid_worker"), away)
    assert ask(client, place, staff=1, stations=0).json["resources"]
    ring = [[away.lon + x * 6e-4, away.lat + y * 6e-4] for x, y in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
    district = session.scalar(text("SELECT id FROM areas WHERE level = 'district'"))
    flood = {"closures": [{"shape": "flood", "points": ring}]}
    kept = {"id": str(uuid.uuid4()), "name": "flood", "area_id": district, "content": flood}
    assert client.post("/api/v1/scenarios", json=kept).status_code == 201
    assert ask(client, place, staff=1, stations=0, scenario=kept["id"]).json["resources"] == []


def test_who_may_not_see_who_is_on_duty_is_refused(client_as, place, session):
    put_on_duty(session, id_of(session, "grid_worker"), place)
    answer = ask(client_as("planner"), place, staff=1)
    assert (answer.status_code, answer.json["error"]["field"]) == (403, "staff")
    assert all(row["resource"] == "station" for row in ask(client_as("planner"), place).json["resources"])


def test_the_way_leads_out_where_it_is_asked_out(client_as, place):
    client = client_as("coordinator")
    toward = ask(client, place, limit=1).json["resources"][0]
    out = ask(client, place, limit=1, direction="out").json["resources"][0]
    assert toward["route"]["coordinates"][-1] == pytest.approx(list(place), abs=1e-7)
    assert out["route"]["coordinates"][0] == pytest.approx(list(place), abs=1e-7)


@pytest.mark.parametrize("direction", ["toward", "out"])
def test_steps_in_words_add_up_to_the_way_and_name_its_roads(client_as, place, session, direction):
    found = ask(client_as("coordinator"), place, steps=1, limit=10, direction=direction, lang="en").json["resources"]
    row = max(found, key=lambda one: one["metres"])
    walked = sum(step["metres"] for step in row["steps"])
    assert walked == pytest.approx(row["metres"], abs=5.5)  # a walk of under 5 m is not told
    turns = [step["turn"] for step in row["steps"]]
    assert "depart" in turns[:2]
    assert turns[-1] == "arrive"
    assert len(turns) > 3
    names = set(session.scalars(text("SELECT DISTINCT name_en FROM road_edges WHERE name_en <> ''")))
    words = " ".join(step["text"] for step in row["steps"])
    assert any(name in words for name in names)
    route = shapely.geometry.shape(row["route"])
    for step in filter(lambda step: step["geometry"], row["steps"]):
        assert shapely.geometry.shape(step["geometry"]).difference(route.buffer(1e-6)).is_empty


def test_steps_are_in_the_readers_language(client_as, place):
    found = ask(client_as("coordinator"), place, steps=1, lang="zh").json["resources"]
    words = [step["text"] for row in found for step in row["steps"]]
    assert any("沿" in text and "米" in text for text in words)
    assert not any("Head" in text or "Turn" in text for text in words)


@pytest.mark.parametrize(
    ("lang", "number", "words"),
    [
        ("en", 1, "Take the 1st exit of the roundabout into the road, for 120 m."),
        ("en", 12, "Take the 12th exit of the roundabout into the road, for 120 m."),
        ("en", 22, "Take the 22nd exit of the roundabout into the road, for 120 m."),
        ("zh", 2, "在环岛第2个出口驶出，进入道路，行120米。"),
    ],
)
def test_a_roundabout_is_told_by_its_exit(app, lang, number, words):
    stage = Stage(Turn.ROUNDABOUT, 0.0, 120.0, [0], LineString([(0, 0), (0, 120)]), number)
    with app.test_request_context(f"/?lang={lang}"):
        road = directions._road({}, 1, CLASSES.index(RoadClass.RESIDENTIAL))
        assert directions._told(stage, [road], LocalFrame(118.8, 32.0))["text"] == words
