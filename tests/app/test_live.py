"""The moving picture: zones, households and cover of a scenario that nobody has saved."""

import numpy as np
import pytest
import shapely
from sqlalchemy import text

from app.areas.scope import EVERYTHING
from app.kept import stamp_of
from app.response.ground import DATASETS, ground_of
from app.scenarios.schemas import Content
from gis import closures
from gis.travel import Mode

URL = "/api/v1/response/live"
CITY = 0.5  # degrees around a place: more than the town


@pytest.fixture
def district(session):
    return session.scalar(text("SELECT id FROM areas WHERE level = 'district'"))


@pytest.fixture
def station(session):
    """The first station of the town's commonest kind."""
    return session.execute(
        text("""
            SELECT id, kind, ST_X(geom) AS lon, ST_Y(geom) AS lat FROM stations
            WHERE kind = (SELECT kind FROM stations GROUP BY kind ORDER BY count(*) DESC, kind LIMIT 1)
            ORDER BY id LIMIT 1
        """)
    ).one()


@pytest.fixture
def place(session):
    return session.execute(
        text("""
            SELECT ST_X(e.geom) AS lon, ST_Y(e.geom) AS lat FROM entrances e JOIN dwellings d ON d.entrance_id = e.id
            GROUP BY e.id ORDER BY count(*) DESC, e.id LIMIT 1
        """)
    ).one()


def live(client, district, **asked):
    answer = client.post(URL, json={"area_id": district, **asked})
    assert answer.status_code == 200, answer.json
    return answer.json


def ring(place, size):
    lon, lat = place.lon, place.lat
    return [[lon - size, lat - size], [lon + size, lat - size], [lon + size, lat + size], [lon - size, lat + size]]


def flood(place, size):
    return {"shape": "flood", "points": ring(place, size)}


def drawn(polygons):
    """The zone that the numbers of an answer draw, degrees."""
    rings = [[np.cumsum(np.array(steps).reshape(-1, 2), axis=0) / 1e6 for steps in polygon] for polygon in polygons]
    return shapely.MultiPolygon([shapely.Polygon(outer, holes) for outer, *holes in rings])


def test_a_moving_incident_has_the_zone_and_the_households_of_the_response_zone(client_as, district, place):
    client = client_as("coordinator")
    found = live(client, district, content={"incident": place._asdict()}, minutes=[1, 3])
    zone = client.get(f"/api/v1/response/zone?lon={place.lon}&lat={place.lat}&minutes=1,3&mode=foot").json
    assert found["households"] == [[row["minutes"], row["count"]] for row in zone["households"]]
    assert [minutes for minutes, _ in found["zones"]] == [3, 1]
    for (_, polygons), feature in zip(found["zones"], zone["features"], strict=True):
        whole = shapely.geometry.shape(feature["geometry"])
        assert drawn(polygons).symmetric_difference(whole).area < 0.03 * whole.area


def test_a_flood_takes_the_roads_and_the_households_in_it_out_of_the_zone(client_as, district, place, session):
    client, incident = client_as("coordinator"), {"lon": place.lon + 0.0012, "lat": place.lat}
    dry = live(client, district, content={"incident": incident}, minutes=[10])
    wet = live(
        client, district, content={"incident": incident, "closures": [flood(place, 0.0006)]}, minutes=[10], closed=True
    )
    assert wet["households"][0][1] < dry["households"][0][1]
    assert wet["closed"]
    assert dry["closed"] is None
    water = shapely.Polygon(ring(place, 0.0006))
    for steps in wet["closed"]:
        line = shapely.LineString(np.cumsum(np.array(steps).reshape(-1, 2), axis=0) / 1e6)
        assert water.buffer(2e-6).covers(line)


def test_what_is_saved_and_what_is_only_drawn_give_the_same_ground(session, district, place):
    stamp = stamp_of(session, *DATASETS)
    content = Content.model_validate({"closures": [flood(place, 0.0006)]})
    before = ground_of(session, EVERYTHING, district, Mode.FOOT, stamp)
    after = ground_of(session, EVERYTHING, district, Mode.FOOT, stamp, scenario=content)
    assert after.network is ground_of(session, EVERYTHING, district, Mode.FOOT, stamp, scenario=content).network
    assert before.network is ground_of(session, EVERYTHING, district, Mode.FOOT, stamp, scenario=Content()).network
    drowned = np.isinf(after.homes.places.offset)
    assert 0 < drowned.sum() < len(drowned)
    assert np.isfinite(before.homes.places.offset).all()


def test_a_station_that_moves_says_who_gains_and_who_loses_cover(client_as, district, station):
    client = client_as("coordinator")
    asked = {"station": station.id, "kind": station.kind, "within": 3, "minutes": [3]}
    still = live(client, district, **asked)["cover"]
    assert (still["gained"], still["lost"]) == (0, 0)
    assert 0 < still["before"] == still["after"] <= still["households"]
    to = {"id": station.id, "lon": station.lon + 0.003, "lat": station.lat}
    moved = live(client, district, content={"moved": [to]}, **asked)["cover"]
    assert moved["before"] == still["before"]
    assert moved["after"] == moved["before"] + moved["gained"] - moved["lost"]
    assert moved["gained"] + moved["lost"] > 0
    shut = live(client, district, content={"shut": [station.id]}, kind=station.kind, within=3)["cover"]
    assert shut["gained"] == 0
    assert shut["lost"] > 0


def test_an_added_station_covers_as_if_it_had_always_stood_there(client_as, district, station, session):
    client = client_as("coordinator")
    new = {"id": -1, "kind": station.kind, "name": "新站", "lon": station.lon + 0.003, "lat": station.lat}
    content, asked = {"added": [new], "shut": [station.id]}, {"kind": station.kind, "within": 3}
    added = live(client, district, content=content, station=-1, **asked)["cover"]
    whole = live(client, district, content=content, **asked)["cover"]
    assert added == whole
    session.execute(
        text("UPDATE stations SET geom = ST_SetSRID(ST_MakePoint(:lon, :lat), 4326) WHERE id = :id"),
        {**new, "id": station.id},
    )
    assert live(client, district, **asked)["cover"]["after"] == added["after"]


def test_a_flood_over_everything_says_so_and_covers_nobody(client_as, district, station, place):
    content = {"closures": [flood(place, CITY)]}
    found = live(client_as("coordinator"), district, content=content, station=station.id, kind=station.kind)
    assert (found["zones"], found["households"]) == ([], [])
    assert "封闭" in found["note"]
    assert found["cover"]["after"] == 0
    assert found["cover"]["lost"] == found["cover"]["before"] > 0


def test_a_place_in_the_water_or_far_from_roads_says_why_it_has_no_zone(client_as, district, place):
    client = client_as("coordinator")
    wet = live(client, district, content={"incident": place._asdict(), "closures": [flood(place, 0.0003)]})
    assert "封闭区域" in wet["note"]
    far = live(client, district, content={"incident": {"lon": 0, "lat": 0}})
    assert "米" in far["note"]


def test_a_district_without_roads_says_so(client_as, district, place, session):
    session.execute(text("DELETE FROM road_edges"))
    assert live(client_as("coordinator"), district, content={"incident": place._asdict()})["note"]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"minutes": []}, "minutes"),
        ({"minutes": [0]}, "minutes"),
        ({"minutes": [1] * 500}, "minutes"),
        ({"minutes": [1e9]}, "minutes"),
        ({"within": -1}, "within"),
        ({"mode": "boat"}, "mode"),
        ({"kind": "castle"}, "kind"),
        ({"content": {"incident": {"lon": 200, "lat": 0}}}, "content.incident.lon"),
    ],
)
def test_a_picture_that_cannot_be_is_refused_with_its_field(client_as, district, wrong, field):
    answer = client_as("coordinator").post(URL, json={"area_id": district, **wrong})
    assert answer.status_code == 422
    assert answer.json["error"]["field"].startswith(field)


def test_a_station_that_is_nowhere_is_not_found(client_as, district):
    for number in (2_000_000_000, -7, 0):
        assert client_as("coordinator").post(URL, json={"area_id": district, "station": number}).status_code == 404


def test_who_plans_for_a_part_only_is_told_nothing_of_the_whole(client_as, district):
    assert client_as("community_staff").post(URL, json={"area_id": district}).status_code == 404
    assert client_as("grid_worker").post(URL, json={"area_id": district}).status_code == 403


def test_closures_that_cross_roads_too_often_are_refused_with_their_field(client_as, district, place, monkeypatch):
    monkeypatch.setattr(closures, "MOST_CUTS", 10)
    comb = [[place.lon + n * 1e-5, place.lat + (n % 2 * 2 - 1) * 5e-3] for n in range(300)]
    content = {"closures": [{"shape": "barrier", "points": comb}], "incident": {"lon": place.lon, "lat": place.lat}}
    answer = client_as("coordinator").post(
        "/api/v1/response/live", json={"area_id": district, "content": content}, headers={"Accept-Language": "zh"}
    )
    assert answer.status_code == 422
    assert answer.json["error"]["field"] == "content.closures"
    assert "相交次数过多" in answer.json["error"]["message"]
