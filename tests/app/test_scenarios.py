"""Scenarios are kept, changed, deleted and brought back, by those who plan for their area."""

import uuid

import pytest
from sqlalchemy import text

from tests.app.people import id_of

URL = "/api/v1/scenarios"


@pytest.fixture
def district(session):
    return session.scalar(text("SELECT id FROM areas WHERE level = 'district'"))


@pytest.fixture
def communities(session):
    return list(session.scalars(text("SELECT id FROM areas WHERE level = 'community' ORDER BY code")))


@pytest.fixture
def station(session):
    return session.execute(
        text("SELECT id, kind, ST_X(geom) AS lon, ST_Y(geom) AS lat FROM stations ORDER BY id LIMIT 1")
    ).one()


@pytest.fixture
def home(session):
    """The entrance with the most dwellings."""
    return session.execute(
        text("""
            SELECT ST_X(e.geom) AS lon, ST_Y(e.geom) AS lat FROM entrances e JOIN dwellings d ON d.entrance_id = e.id
            GROUP BY e.id ORDER BY count(*) DESC, e.id LIMIT 1
        """)
    ).one()


def scenario(area, **content):
    return {"id": str(uuid.uuid4()), "name": "汛期演练", "area_id": area, "content": content}


def saved(client, area, **content):
    answer = client.post(URL, json=scenario(area, **content))
    assert answer.status_code == 201, answer.json
    return answer.json


def flood(lon, lat, size=0.001):
    ring = [[lon - size, lat - size], [lon + size, lat - size], [lon + size, lat + size], [lon - size, lat + size]]
    return {"shape": "flood", "points": ring, "note": "积水"}


def changed(client, kept, version=None, **wanted):
    tag = f'"{kept["version"] if version is None else version}"'
    return client.put(f"{URL}/{kept['id']}", json=wanted, headers={"If-Match": tag})


def test_a_scenario_is_kept_with_all_that_it_changes_and_touches_no_register(client_as, district, station, session):
    before = session.execute(text("SELECT dataset, version FROM data_versions ORDER BY 1")).all()
    client = client_as("coordinator")
    content = {
        "added": [{"id": -1, "kind": "micro_fire", "name": "新建微型站", "lon": station.lon, "lat": station.lat}],
        "moved": [{"id": station.id, "lon": station.lon + 0.0005, "lat": station.lat}],
        "closures": [
            flood(station.lon, station.lat),
            {"shape": "barrier", "points": [[0, 0], [1, 1]]},
            {"shape": "road", "points": [[station.lon, station.lat]]},
        ],
        "incident": {"lon": station.lon, "lat": station.lat},
    }
    kept = saved(client, district, **content)
    answer = client.get(f"{URL}/{kept['id']}")
    assert answer.headers["ETag"] == '"1"'
    found = answer.json
    assert (found["name"], found["version"], found["area"]["id"]) == ("汛期演练", 1, district)
    assert found["content"]["moved"] == content["moved"]
    assert [one["shape"] for one in found["content"]["closures"]] == ["flood", "barrier", "road"]
    assert [one["id"] for one in client.get(URL).json["scenarios"]] == [kept["id"]]
    assert session.execute(text("SELECT dataset, version FROM data_versions ORDER BY 1")).all() == before
    acts = session.scalars(text("SELECT act FROM audit WHERE subject_id = :id"), {"id": kept["id"]}).all()
    assert acts == ["scenario.saved"]


def test_the_same_scenario_sent_twice_is_kept_once_and_another_of_its_id_is_refused(client_as, district):
    client = client_as("coordinator")
    body = scenario(district)
    assert client.post(URL, json=body).status_code == 201
    assert client.post(URL, json=body).json["version"] == 1
    assert len(client.get(URL).json["scenarios"]) == 1
    assert client.post(URL, json={**body, "name": "另一个"}).status_code == 409


def test_a_change_names_the_version_it_is_a_change_of(client_as, district):
    client = client_as("coordinator")
    kept = saved(client, district)
    answer = changed(client, kept, name="改名")
    assert (answer.status_code, answer.json["name"], answer.json["version"]) == (200, "改名", 2)
    assert client.put(f"{URL}/{kept['id']}", json={"name": "x"}).status_code == 428
    refused = client.put(f"{URL}/{kept['id']}", json={"name": "x"}, headers={"If-Match": '"soon"'})
    assert (refused.status_code, refused.json["error"]["field"]) == (422, "If-Match")


def test_who_comes_second_is_told_what_changed_and_nothing_is_lost(client_as, district, station):
    kept = saved(client_as("coordinator"), district)
    first = changed(client_as("planner"), kept, content={"shut": [station.id]})
    assert first.status_code == 200
    mine = {"closures": [flood(station.lon, station.lat)]}
    second = changed(client_as("coordinator"), kept, content=mine)
    assert second.status_code == 412
    error = second.json["error"]
    assert error["differs"] == ["shut", "closures"]
    assert error["current"]["content"]["shut"] == [station.id]
    assert error["current"]["version"] == 2
    assert changed(client_as("coordinator"), kept, version=2, content=mine).json["version"] == 3


def test_a_deleted_scenario_comes_back_under_its_id(client_as, district, session):
    client = client_as("coordinator")
    body = scenario(district)
    client.post(URL, json=body)
    assert client.delete(f"{URL}/{body['id']}").status_code == 204
    assert client.get(f"{URL}/{body['id']}").status_code == 404
    assert client.post(URL, json=body).status_code == 201
    assert client.get(f"{URL}/{body['id']}").status_code == 200


def test_who_plans_for_a_part_of_an_area_does_not_see_its_scenarios(client_as, district, communities, session):
    whole = saved(client_as("coordinator"), district)
    own = session.scalar(text("SELECT area_id FROM appointments WHERE role = 'community_staff'"))
    staff = client_as("community_staff")
    assert staff.get(f"{URL}/{whole['id']}").status_code == 404
    assert staff.get(URL).json["scenarios"] == []
    assert staff.post(URL, json=scenario(district)).status_code == 404
    mine = saved(staff, own)
    assert client_as("coordinator").get(f"{URL}/{mine['id']}").status_code == 200
    assert client_as("grid_worker").get(URL).status_code == 403
    foreign = next(one for one in communities if one != own)
    assert staff.post(URL, json=scenario(foreign)).status_code == 404


def test_stations_and_places_of_elsewhere_are_refused_with_their_field(client_as, session, station):
    own = session.scalar(text("SELECT area_id FROM appointments WHERE role = 'community_staff'"))
    away = session.scalar(text("SELECT id FROM stations WHERE community_id <> :own LIMIT 1"), {"own": own})
    staff = client_as("community_staff")
    for content, field in (
        ({"shut": [away]}, "content.shut.0"),
        ({"moved": [{"id": away, "lon": station.lon, "lat": station.lat}]}, "content.moved.0"),
        ({"added": [{"id": -1, "kind": "fire", "name": "x", "lon": 0, "lat": 0}]}, "content.added.0"),
        ({"incident": {"lon": 0, "lat": 0}}, "content.incident"),
    ):
        answer = staff.post(URL, json=scenario(own, **content))
        assert (answer.status_code, answer.json["error"]["field"]) == (422, field)


@pytest.mark.parametrize(
    ("closure", "said"),
    [
        ({"shape": "flood", "points": [[0, 0], [1, 1], [1, 0], [0, 1]]}, "交叉"),
        ({"shape": "flood", "points": [[0, 0], [1, 1]]}, "三个"),
        ({"shape": "flood", "points": [[0, 0], [1, 1], [2, 2]]}, "三个"),
        ({"shape": "barrier", "points": [[0, 0], [0, 0]]}, "两个"),
        ({"shape": "road", "points": [[0, 0], [1, 1]]}, "一个点"),
        ({"shape": "road", "points": []}, "一个点"),
        ({"shape": "flood", "points": [[n / 1e4, n % 7] for n in range(2001)]}, "2000"),
        ({"shape": "flood", "points": [[181, 0], [1, 1], [1, 0]]}, "180"),
        ({"shape": "moat", "points": [[0, 0]]}, "flood"),
    ],
)
def test_a_closure_that_closes_nothing_in_particular_is_refused(client_as, district, closure, said):
    answer = client_as("coordinator").post(URL, json=scenario(district, closures=[closure]))
    assert answer.status_code == 422
    assert answer.json["error"]["field"].startswith("content.closures.0")
    assert said in answer.json["error"]["message"]


def test_too_many_points_of_all_closures_together_are_refused(client_as, district):
    ring = [[n * 1e-5, 0.1 if n % 2 else 0] for n in range(1900)]
    answer = client_as("coordinator").post(
        URL, json=scenario(district, closures=[{"shape": "barrier", "points": ring}] * 3)
    )
    assert answer.status_code in {400, 413, 422}


def test_a_station_stands_in_a_scenario_once(client_as, district, station):
    twice = [{"id": station.id, "lon": station.lon, "lat": station.lat}] * 2
    answer = client_as("coordinator").post(URL, json=scenario(district, moved=twice))
    assert (answer.status_code, answer.json["error"]["field"]) == (422, "content.moved")


def test_who_changed_it_last_and_who_owns_it_are_named(client_as, district, session):
    kept = saved(client_as("coordinator"), district)
    after = changed(client_as("planner"), kept, name="二").json
    names = dict(session.execute(text("SELECT id, display_name FROM users")).all())
    assert after["owner"] == names[id_of(session, "coordinator")]
    assert after["changed_by"] == names[id_of(session, "planner")]


def test_a_zone_and_the_nearest_stations_are_told_on_the_ground_of_a_scenario(client_as, district, station, home):
    client = client_as("coordinator")
    place = {"lon": home.lon + 0.0012, "lat": home.lat, "mode": "foot"}
    kept = saved(client, district, closures=[flood(home.lon, home.lat, 0.0006)], shut=[station.id])

    def ask(what, who=client, **query):
        return who.get(f"/api/v1/response/{what}", query_string={**place, **query})

    dry, wet = ask("zone").json, ask("zone", scenario=kept["id"]).json
    assert wet["households"][-1]["count"] < dry["households"][-1]["count"]
    near = [one["id"] for one in ask("nearest", limit=50).json["resources"]]
    left = [one["id"] for one in ask("nearest", limit=50, scenario=kept["id"]).json["resources"]]
    assert station.id in near
    assert station.id not in left
    inside = {"lon": home.lon, "lat": home.lat}
    assert ask("zone", scenario=kept["id"], **inside).json["error"]["field"] == "scenario"
    assert ask("zone", scenario=str(uuid.uuid4())).status_code == 404
    assert ask("zone", client_as("grid_worker"), scenario=kept["id"]).status_code == 403
    assert ask("nearest", client_as("grid_worker"), scenario=kept["id"]).status_code == 403


def test_where_everything_is_closed_the_zone_says_so(client_as, district, station):
    client = client_as("coordinator")
    kept = saved(
        client, district, closures=[flood(station.lon, station.lat + 1, 0.9999), flood(station.lon, station.lat, 0.5)]
    )
    answer = client.get(f"/api/v1/response/zone?lon={station.lon}&lat={station.lat}&scenario={kept['id']}")
    assert (answer.status_code, answer.json["error"]["field"]) == (422, "scenario")
    assert "封闭" in answer.json["error"]["message"]
