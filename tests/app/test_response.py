"""Response zones and nearest stations on the town."""

from itertools import pairwise

import numpy as np
import pytest
import shapely
from sqlalchemy import event, text

from app.areas.scope import EVERYTHING, Scope
from app.days import TODAY_SQL
from app.response.origins import Whence
from app.response.zone import ZoneAsked, response_zone
from gis.city import FlagKind
from gis.travel import EMERGENCY, Mode, climb_seconds

LONG = "1,3,5,10"


@pytest.fixture
def place(session):
    """Near the middle of the town's first compound with homes."""
    return session.execute(
        text("""
            SELECT ST_X(e.geom) AS lon, ST_Y(e.geom) AS lat FROM entrances e JOIN dwellings d ON d.entrance_id = e.id
            GROUP BY e.id ORDER BY count(*) DESC, e.id LIMIT 1
        """)
    ).one()


def asked(place, minutes, mode):
    return ZoneAsked(Whence([tuple(place)]), [minutes], mode)


def zone(client, place, **query):
    return client.get("/api/v1/response/zone", query_string={"lon": place.lon, "lat": place.lat, **query})


def test_zones_nest_are_valid_and_stand_largest_first(client_as, place):
    answer = zone(client_as("coordinator"), place, minutes=LONG, mode="foot")
    assert answer.status_code == 200
    assert answer.mimetype == "application/geo+json"
    features = answer.json["features"]
    assert [feature["properties"]["minutes"] for feature in features] == [10, 5, 3, 1]
    shapes = [shapely.geometry.shape(feature["geometry"]) for feature in features]
    assert all(shape.is_valid and shape.geom_type == "MultiPolygon" for shape in shapes)
    for larger, smaller in pairwise(shapes):
        assert smaller.difference(larger).area < 1e-12
    assert shapes[-1].distance(shapely.Point(place)) < 1e-4


def test_households_are_those_whose_entrance_and_climb_fit_into_the_time(client_as, place, session):
    client = client_as("coordinator")
    counts = {row["minutes"]: row["count"] for row in zone(client, place, minutes=LONG).json["households"]}
    assert 0 < counts[1] < counts[3] <= counts[5] <= counts[10]
    ground = session.execute(text("SELECT count(*) FROM households")).scalar_one()
    assert counts[10] <= ground
    # Whoever stands at the door reaches the floors that the climb allows, and no more of this entrance.
    rows = session.execute(
        text("""
            SELECT d.floor, b.has_lift FROM households h JOIN dwellings d ON d.id = h.dwelling_id
            JOIN entrances e ON e.id = d.entrance_id JOIN buildings b ON b.id = e.building_id
            WHERE ST_X(e.geom) = :lon AND ST_Y(e.geom) = :lat
        """),
        place._asdict(),
    ).all()
    climb = climb_seconds([row.floor for row in rows], [row.has_lift for row in rows])
    found = zone(client, place, minutes="1").json
    walk = 2 * found["origin"]["offset_m"] / 1.25
    assert found["households"][0]["count"] >= (climb + walk <= 59.9).sum()


def test_flags_are_counted_by_kind_and_cumulative(client_as, place):
    rows = zone(client_as("coordinator"), place, minutes="3,30").json["households"]
    near, far = rows[0]["flags"], rows[1]["flags"]
    assert far
    assert set(far) <= {kind.value for kind in FlagKind}
    assert all(near[kind] <= far[kind] for kind in near)


def test_a_flag_that_is_set_or_has_expired_counts_at_once(session, place, app):
    def counted():
        with app.test_request_context():
            found = response_zone(session, EVERYTHING, asked(place, 30, Mode.FOOT))
        return found["households"][0]["flags"].get("infant", 0)

    before = counted()
    assert before
    session.execute(text(f"UPDATE flags SET expires_on = {TODAY_SQL} - 1 WHERE kind = 'infant'"))
    assert counted() == 0
    session.execute(text(f"UPDATE flags SET expires_on = {TODAY_SQL} WHERE kind = 'infant'"))
    assert counted() == before


def test_households_and_flags_stay_inside_the_scope(session, place, app):
    community = session.execute(
        text("SELECT community_id FROM blocks WHERE ST_Intersects(geom, ST_SetSRID(ST_MakePoint(:lon, :lat), 4326))"),
        place._asdict(),
    ).scalar_one()

    def found(scope):
        with app.test_request_context():
            return response_zone(session, scope, asked(place, 60, Mode.FOOT))

    everything, own = found(EVERYTHING), found(Scope(frozenset({community}), frozenset()))
    total = session.execute(
        text("""
            SELECT count(*) FROM households h JOIN dwellings d ON d.id = h.dwelling_id
            JOIN entrances e ON e.id = d.entrance_id JOIN buildings b ON b.id = e.building_id
            JOIN blocks bl ON bl.id = b.block_id WHERE bl.community_id = :community
        """),
        {"community": community},
    ).scalar_one()
    assert own["households"][0]["count"] <= total
    assert own["households"][0]["count"] <= everything["households"][0]["count"]
    assert own["households"][0]["flags"] == {}
    assert {station["id"] for station in own["stations"]} <= set(
        session.scalars(text("SELECT id FROM stations WHERE community_id = :c"), {"c": community})
    )


@pytest.mark.parametrize("role", ["planner", "administrator", "api_client"])
def test_who_sees_no_household_gets_no_count_of_needs_however_few_or_many(client_as, place, role):
    client, here = client_as(role), {"lon": place.lon, "lat": place.lat}
    told = zone(client, place, minutes="0.5,30").json["households"]
    many = client.post("/api/v1/response/zone", json={"places": [[place.lon, place.lat]] * 2, "minutes": [0.5, 30]})
    assert many.status_code == 200, many.json
    for row in (*told, *many.json["households"]):
        assert row["flags"] == {}
    assert told[-1]["count"] > 0
    doors = client.get("/api/v1/response/zone/doors", query_string={**here, "minutes": "1"})
    assert doors.json["doors"]
    for answer in (doors, client.get("/api/v1/response/zone/file", query_string={**here, "minutes": "1"})):
        assert answer.status_code == 200
        assert not [kind for kind in FlagKind if kind.value.encode() in answer.data]


def test_a_zone_counts_the_needs_of_one_s_own_grid_alone(client_as, place, session):
    own = dict(
        session.execute(
            text(f"""
                SELECT f.kind, count(*)::int FROM flags f JOIN blocks b ON b.id = f.block_id
                JOIN appointments p ON p.grid_id = b.grid_id
                JOIN users u ON u.id = p.user_id WHERE u.name = 'test-grid-worker' AND f.cleared_at IS NULL
                AND (f.expires_on IS NULL OR f.expires_on >= {TODAY_SQL}) GROUP BY f.kind
            """)
        ).all()
    )
    told = zone(client_as("grid_worker"), place, minutes="60").json["households"][0]["flags"]
    assert told
    assert all(count <= own[kind] for kind, count in told.items())
    everything = zone(client_as("coordinator"), place, minutes="60").json["households"][0]["flags"]
    assert sum(everything.values()) > sum(told.values())


def test_stations_stand_in_order_of_arrival_with_the_way_to_the_place(client_as, place):
    found = zone(client_as("coordinator"), place, mode="car").json["stations"]
    assert len(found) > 1
    assert [station["seconds"] for station in found] == sorted(station["seconds"] for station in found)
    for station in found:
        route = station["route"]["coordinates"]
        assert route[0] == pytest.approx([station["lon"], station["lat"]], abs=1e-7)
        assert route[-1] == pytest.approx(list(place), abs=1e-7)
        assert station["metres"] > 0
        assert station["open_now"] in (True, False, None)


def test_nearest_names_stations_of_the_kind_only_and_as_many_as_asked(client_as, place):
    client = client_as("planner")
    query = {"lon": place.lon, "lat": place.lat, "kind": "liaison_station", "limit": 2}
    found = client.get("/api/v1/response/nearest", query_string=query).json["resources"]
    assert 0 < len(found) <= 2
    assert {station["kind"] for station in found} == {"liaison_station"}


def test_assumptions_stand_beside_the_result_in_the_readers_language(client_as, place):
    client = client_as("coordinator")
    chinese = {row["key"]: row for row in zone(client, place, mode="car", lang="zh").json["assumptions"]}
    english = {row["key"]: row for row in zone(client, place, mode="car", lang="en").json["assumptions"]}
    assert chinese["stairs"] == {"key": "stairs", "text": "走楼梯，每层用时。", "value": 18.0, "unit": "s"}
    assert english["stairs"]["text"] == "Stairs, for each floor."
    assert {"speed", "access", "lift", "lift_wait", "start", "one_way"} <= set(english)
    assert 5 < english["speed"]["value"] < 60


def test_an_emergency_vehicle_is_there_before_a_car_and_its_factor_is_told(client_as, place):
    client = client_as("coordinator")
    car, emergency = (zone(client, place, mode=mode, lang="en").json for mode in ("car", "emergency"))
    told = {row["key"]: row for row in emergency["assumptions"]}
    assert (told["emergency"]["value"], told["emergency"]["unit"]) == (EMERGENCY, "×")
    assert "one_way" in told
    assert told["speed"]["text"].startswith("Emergency vehicle at ")
    assert "emergency" not in {row["key"] for row in car["assumptions"]}
    assert emergency["stations"][0]["seconds"] < car["stations"][0]["seconds"]
    for faster, slower in zip(emergency["households"], car["households"], strict=True):
        assert faster["count"] >= slower["count"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"minutes": "0"}, "minutes"),
        ({"minutes": "-1"}, "minutes"),
        ({"minutes": "1e9"}, "minutes"),
        ({"minutes": "nan"}, "minutes"),
        ({"minutes": "soon"}, "minutes"),
        ({"minutes": ",".join(["1"] * 500)}, "minutes"),
        ({"minutes": ""}, "minutes"),
        ({"mode": "boat"}, "mode"),
        ({"lon": "nan"}, "lon"),
        ({"lat": "91"}, "lat"),
    ],
)
def test_a_zone_that_cannot_be_is_refused_with_its_field(client_as, place, query, field):
    answer = zone(client_as("coordinator"), place, **query)
    assert (answer.status_code, answer.json["error"]["field"]) == (422, field)


def test_a_place_outside_every_district_is_not_found(client_as):
    answer = client_as("coordinator").get("/api/v1/response/zone?lon=0&lat=0")
    assert (answer.status_code, answer.json["error"]["code"]) == (404, "not_found")


def test_a_place_too_far_from_any_road_is_told_how_far(client_as, place, session):
    session.execute(
        text("DELETE FROM road_edges WHERE ST_DWithin(geom, ST_SetSRID(ST_MakePoint(:lon, :lat), 4326), 0.006)"),
        place._asdict(),
    )
    answer = zone(client_as("coordinator"), place)
    assert (answer.status_code, answer.json["error"]["field"]) == (422, "lon")
    assert "米" in answer.json["error"]["message"]


def test_a_district_without_roads_says_so(client_as, place, session):
    session.execute(text("DELETE FROM road_edges"))
    answer = zone(client_as("coordinator"), place, mode="car")
    assert (answer.status_code, answer.json["error"]["field"]) == (422, "mode")


def test_vehicles_take_closed_roads_into_account_at_once(session, place, app):
    def seconds():
        with app.test_request_context():
            found = response_zone(session, EVERYTHING, asked(place, 5, Mode.CAR))
        return np.array([station["seconds"] for station in found["stations"]])

    before = seconds()
    session.execute(text("UPDATE road_speeds SET car_kph = car_kph / 2"))
    assert seconds().sum() > before.sum()


def test_a_zone_asks_the_database_three_short_questions(client_as, place, session):
    client, asked = client_as("coordinator"), []
    assert zone(client, place).status_code == 200
    event.listen(session.get_bind(), "before_cursor_execute", lambda *given: asked.append(given[2]))
    assert zone(client, place).status_code == 200
    assert len([one for one in asked if not one.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK"))]) == 3
