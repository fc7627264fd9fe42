"""The table of speeds, and networks that follow it."""

import numpy as np
import pytest
from sqlalchemy import text

from app.areas.scope import EVERYTHING, Scope
from app.kept import Kept
from app.roads.networks import network_of
from app.roads.queries import district_at
from gis.city import RoadClass
from gis.travel import SPEEDS, Mode


@pytest.fixture
def district(session):
    return session.execute(text("SELECT id FROM areas WHERE level = 'district'")).scalar_one()


def test_the_table_starts_with_the_speeds_that_the_reckoning_states(client_as):
    rows = client_as("grid_worker").get("/api/v1/roads/speeds").json
    assert [row["road_class"] for row in rows] == [road_class.value for road_class in RoadClass]
    for row in rows:
        assert (row["foot_kph"], row["ebike_kph"], row["car_kph"]) == SPEEDS[RoadClass(row["road_class"])]


def test_a_planner_changes_a_speed_and_it_is_audited(client_as, session):
    wanted = {"foot_kph": 4, "ebike_kph": 15, "car_kph": 25.5}
    planner = client_as("planner")
    answer = planner.put("/api/v1/roads/speeds/residential", json=wanted)
    assert (answer.status_code, answer.json) == (200, {"road_class": "residential", **wanted})
    assert {"road_class": "residential", **wanted} in planner.get("/api/v1/roads/speeds").json
    detail = session.execute(text("SELECT detail FROM audit WHERE act = 'speeds.set'")).scalar_one()
    assert detail["before"]["car_kph"] == 20
    assert detail["after"]["car_kph"] == 25.5


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"foot_kph": 4, "ebike_kph": 15, "car_kph": 131}, "car_kph"),
        ({"foot_kph": -1, "ebike_kph": 15, "car_kph": 20}, "foot_kph"),
        ({"foot_kph": 4, "ebike_kph": "fast", "car_kph": 20}, "ebike_kph"),
        ({"foot_kph": 4, "ebike_kph": 15}, "car_kph"),
        ({"foot_kph": 4, "ebike_kph": 15, "car_kph": 20, "bus_kph": 20}, "bus_kph"),
    ],
)
def test_a_speed_that_cannot_be_is_refused_with_its_field(client_as, body, field):
    answer = client_as("planner").put("/api/v1/roads/speeds/residential", json=body)
    assert (answer.status_code, answer.json["error"]["field"]) == (422, field)


def test_a_class_that_is_not_there_is_not_found(client_as):
    body = {"foot_kph": 4, "ebike_kph": 15, "car_kph": 20}
    assert client_as("planner").put("/api/v1/roads/speeds/canal", json=body).status_code == 404


def test_a_grid_worker_may_not_change_speeds(client_as):
    body = {"foot_kph": 4, "ebike_kph": 15, "car_kph": 20}
    assert client_as("grid_worker").put("/api/v1/roads/speeds/residential", json=body).status_code == 403


def test_the_network_is_the_same_until_roads_change_and_follows_then(session, district):
    before = network_of(session, district)
    assert network_of(session, district) is before
    session.execute(text("UPDATE road_speeds SET foot_kph = 2.25"))
    after = network_of(session, district)
    assert after is not before
    open_ = np.isfinite(before.by(Mode.FOOT).seconds) & (before.by(Mode.FOOT).seconds > 0)
    lengths = np.broadcast_to(after.roads.length[:, np.newaxis], open_.shape)[open_]
    assert after.by(Mode.FOOT).seconds[open_] == pytest.approx(lengths / 2.25 * 3.6)


def test_a_network_holds_the_roads_of_its_district_with_their_permissions(session, district):
    roads = network_of(session, district).roads
    nodes, edges = session.execute(
        text("SELECT (SELECT count(*) FROM road_nodes), (SELECT count(*) FROM road_edges)")
    ).one()
    assert (len(roads.node_xy), len(roads.tail)) == (nodes, edges)
    counted = session.execute(
        text("SELECT count(*) FILTER (WHERE foot), count(*) FILTER (WHERE car_backward) FROM road_edges")
    ).one()
    assert (roads.permitted[:, 0, 0].sum(), roads.permitted[:, 2, 1].sum()) == counted
    ends = roads.xy[roads.line_start[:-1]]
    assert np.abs(ends - roads.node_xy[roads.tail]).max() < 0.01


def test_a_district_without_roads_has_an_empty_network(session):
    assert len(network_of(session, 0).roads.tail) == 0


def test_a_place_lies_in_the_district_around_it_for_those_who_see_a_part_of_it(session, district):
    lon, lat, community = session.execute(
        text("SELECT ST_X(p), ST_Y(p), id FROM areas, ST_PointOnSurface(geom) p WHERE level = 'community' LIMIT 1")
    ).one()
    own = Scope(frozenset({community}), frozenset())
    assert district_at(session, own, lon, lat).id == district
    assert district_at(session, EVERYTHING, lon, lat).id == district
    assert district_at(session, Scope(frozenset(), frozenset()), lon, lat) is None
    assert district_at(session, EVERYTHING, 0.0, 0.0) is None


def test_a_kept_value_is_made_once_for_a_stamp_and_the_oldest_key_goes_first():
    made = []
    kept = Kept(2)

    def make(value):
        made.append(value)
        return value

    for key, stamp in (("a", 1), ("a", 1), ("b", 1), ("a", 2), ("c", 1), ("a", 2), ("b", 1)):
        kept.get(key, stamp, lambda value=(key, stamp): make(value))
    assert made == [("a", 1), ("b", 1), ("a", 2), ("c", 1), ("b", 1)]
