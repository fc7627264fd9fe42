"""Zones of many places together, toward them, with roads and doors; bad questions by name."""

import numpy as np
import pytest
import shapely
from sqlalchemy import text

DOORS = text("""
    SELECT DISTINCT ON (b.block_id) e.id, ST_X(e.geom) AS lon, ST_Y(e.geom) AS lat
    FROM entrances e JOIN buildings b ON b.id = e.building_id ORDER BY b.block_id, e.id
""")


@pytest.fixture
def doors(session):
    """An entrance in each of many blocks."""
    return session.execute(DOORS).all()


def ask(client, **body):
    return client.post("/api/v1/response/zone", json={"minutes": [2.5], **body})


def seconds(answer):
    return dict(zip(answer.json["doors"]["id"], answer.json["doors"]["seconds"], strict=True))


def test_each_door_counts_from_the_place_that_is_first(client_as, doors):
    client = client_as("coordinator")
    two = [[doors[0].lon, doors[0].lat], [doors[-1].lon, doors[-1].lat]]
    apart = [seconds(ask(client, places=[place], doors=True)) for place in two]
    together = seconds(ask(client, places=two, doors=True))
    assert set(together) == set(apart[0]) | set(apart[1])
    for door, found in together.items():
        assert found == min(one.get(door, np.inf) for one in apart)
    assert together[doors[0].id] <= 60


def test_ten_thousand_places_are_answered_and_one_more_is_refused(client_as, doors):
    client = client_as("coordinator")
    places = [[door.lon, door.lat] for door in doors]
    many = (places * (10_000 // len(places) + 1))[:10_000]
    answer = ask(client, places=many, minutes=[1])
    assert answer.status_code == 200
    assert answer.json["origins_count"] == 10_000
    assert answer.json["households"][0]["count"] > 0
    over = ask(client, places=[*many, places[0]])
    assert (over.status_code, over.json["error"]["field"]) == (422, "places")
    assert "10000" in over.json["error"]["message"].replace(",", "")


def test_stations_of_a_kind_are_origins_with_their_names(client_as, session):
    kind = "liaison_station"
    known = set(session.scalars(text("SELECT id FROM stations WHERE kind = :kind"), {"kind": kind}))
    found = client_as("coordinator").get("/api/v1/response/zone", query_string={"kinds": kind, "minutes": "1"}).json
    assert {origin["station"]["id"] for origin in found["origins"]} == known
    assert found["stations"] == []
    assert found["households"][0]["count"] > 0


def test_stations_of_an_area_are_those_that_stand_in_it(client_as, session):
    area = session.scalar(text("SELECT community_id FROM stations WHERE kind = 'liaison_station' ORDER BY id LIMIT 1"))
    query = {"kinds": "liaison_station,service_station", "area": area, "minutes": "1"}
    found = client_as("coordinator").get("/api/v1/response/zone", query_string=query).json
    known = set(
        session.scalars(
            text("""
                SELECT id FROM stations WHERE community_id = :area AND kind IN ('liaison_station', 'service_station')
            """),
            {"area": area},
        )
    )
    assert {origin["station"]["id"] for origin in found["origins"]} == known


def test_toward_and_out_differ_where_a_street_is_one_way(client_as, doors, session):
    session.execute(text("UPDATE road_edges SET car_backward = false WHERE id % 3 = 0"))
    client, place = client_as("coordinator"), [[doors[3].lon, doors[3].lat]]
    out, toward = (
        seconds(ask(client, places=place, mode="car", minutes=[5], direction=way, doors=True))
        for way in ("out", "toward")
    )
    assert out != toward


def test_the_reached_roads_end_where_the_zone_ends(client_as, doors):
    found = ask(client_as("coordinator"), places=[[doors[0].lon, doors[0].lat]], minutes=[1, 2.5], pieces=True).json
    zones = {feature["id"]: shapely.geometry.shape(feature["geometry"]) for feature in found["features"]}
    assert [feature["id"] for feature in found["pieces"]["features"]] == ["2.5", "1"]
    for feature in found["pieces"]["features"]:
        pieces = shapely.geometry.shape(feature["geometry"])
        assert pieces.difference(zones[feature["id"]].buffer(1e-6)).length < pieces.length / 1000
        assert feature["properties"]["metres"] > 0


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"minutes": [0]}, "minutes"),
        ({"minutes": [-1, 5]}, "minutes"),
        ({"minutes": [1e9]}, "minutes"),
        ({"minutes": [1] * 500}, "minutes"),
        ({"minutes": []}, "minutes"),
        ({"minutes": [True]}, "minutes"),
        ({"minutes": "soon"}, "minutes"),
        ({"places": [[0, 95]]}, "places.0.1"),
        ({"places": [[1]]}, "places.0.1"),
        ({"places": []}, None),
        ({"direction": "around"}, "direction"),
        ({"scope": 1}, "scope"),
    ],
)
def test_what_cannot_be_asked_is_refused_by_name(client_as, doors, body, field):
    answer = ask(client_as("coordinator"), **{"places": [[doors[0].lon, doors[0].lat]], **body})
    assert (answer.status_code, answer.json["error"]["field"]) == (422, field)


def test_one_place_of_many_that_lies_elsewhere_is_named(client_as, doors):
    answer = ask(client_as("coordinator"), places=[[doors[0].lon, doors[0].lat], [0.0, 0.0]])
    assert (answer.status_code, answer.json["error"]["field"]) == (422, "places.1")


def test_stations_of_an_area_that_is_not_there_are_not_found_by_the_areas_name(client_as):
    answer = ask(client_as("coordinator"), kinds=["fire"], area=2**31 - 1)
    assert (answer.status_code, answer.json["error"]["field"]) == (404, "area")


def test_a_station_that_is_not_there_is_not_found(client_as):
    answer = ask(client_as("coordinator"), stations=[2**31 - 1])
    assert (answer.status_code, answer.json["error"]["field"]) == (404, "stations")


def test_a_place_on_roads_that_are_cut_off_is_told_how_far_the_others_are(client_as, doors, session):
    place = doors[0]._asdict()
    session.execute(
        text("DELETE FROM road_edges WHERE ST_DWithin(geom, ST_SetSRID(ST_MakePoint(:lon, :lat), 4326), 0.006)"), place
    )
    session.execute(
        text("""
            WITH nodes AS (
                INSERT INTO road_nodes (key, district_id, geom)
                SELECT 'island:' || n, (SELECT id FROM areas WHERE level = 'district'),
                       ST_SetSRID(ST_MakePoint(:lon + n * 0.0002, :lat), 4326) FROM generate_series(0, 1) n
                RETURNING id, geom)
            INSERT INTO road_edges (key, district_id, tail_id, head_id, road_class, length, foot, bicycle_forward,
                bicycle_backward, car_forward, car_backward, geom)
            SELECT 'island', (SELECT id FROM areas WHERE level = 'district'), min(id), max(id), 'footway', 20,
                true, true, true, true, true, ST_MakeLine(geom ORDER BY id) FROM nodes
        """),
        place,
    )
    answer = ask(client_as("coordinator"), places=[[place["lon"], place["lat"]]])
    error = answer.json["error"]
    assert (answer.status_code, error["field"]) == (422, "lon")
    assert "隔断" in error["message"]
    assert error["offset_m"] > 300


def test_a_place_in_the_water_is_answered_with_a_word_about_it(client_as, session):
    place = session.execute(
        text("""
            SELECT ST_X(p) AS lon, ST_Y(p) AS lat FROM (SELECT ST_PointOnSurface(geom) AS p FROM waters) w
            WHERE EXISTS (SELECT FROM road_edges r WHERE ST_DWithin(r.geom, p, 0.001)) ORDER BY 1 LIMIT 1
        """)
    ).one()
    answer = ask(client_as("coordinator"), places=[list(place)])
    assert answer.status_code == 200
    assert "water" in {row["key"] for row in answer.json["assumptions"]}
    assert answer.json["origin"]["offset_m"] > 0


HOW = {"foot": "步行", "ebike": "骑电动车", "car": "乘汽车", "emergency": "乘应急车辆"}


@pytest.mark.parametrize("mode", HOW)
def test_the_reached_doors_leave_as_a_table_that_says_what_was_asked_and_is_on_record(client_as, doors, session, mode):
    query = {"lon": doors[0].lon, "lat": doors[0].lat, "mode": mode, "minutes": "1,3", "format": "csv"}
    answer = client_as("coordinator").get("/api/v1/response/zone/file", query_string=query)
    mark, _, *rows = answer.get_data(as_text=True).lstrip("\ufeff").splitlines()
    assert HOW[mode] in mark
    act = session.execute(text("SELECT act, subject_id, detail FROM audit ORDER BY id DESC LIMIT 1")).one()
    assert tuple(act) == ("zone.exported", mode, {"doors": len(rows), "minutes": [1.0, 3.0]})
