from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Point

from gis.orders import short_order, tour_length
from gis.reach import reach
from gis.rounds import UnreachableError, patrol_round, walks
from gis.travel import WALK, Mode
from tests.gis.road_drawing import draw
from tests.gis.test_reach import attached, towns


def test_a_round_goes_past_every_door_and_comes_back():
    #  station at a; doors on all four sides: the shortest walk is once round
    drawn, _ = draw("""
        a---------b
        |         |
        |         |
        c---------d
    """)
    foot = drawn.by(Mode.FOOT)
    stops = foot.attach(np.array([[0.0, 0.0], [95.0, -30.0], [50.0, 4.0], [100.0, -10.0], [0.0, -20.0]]))
    walk = patrol_round(foot, stops, stop_seconds=20.0)
    assert walk.metres == pytest.approx(260.0)
    assert walk.line.is_closed
    assert walk.seconds == pytest.approx(260.0 / WALK + 4 * 20.0)
    assert sorted(walk.order.tolist()) == [0, 1, 2, 3, 4]
    assert walk.order[0] == 0
    assert all(walk.line.distance(Point(x, y)) < 1e-9 for x, y in foot.snapped(stops))


def test_a_dead_end_is_walked_in_and_out():
    drawn, _ = draw("a----b----c")
    foot = drawn.by(Mode.FOOT)
    walk = patrol_round(foot, foot.attach(np.array([[20.0, 0.0], [90.0, 0.0], [40.0, 0.0]])), stop_seconds=0)
    assert walk.metres == pytest.approx(140.0)
    assert walk.line.length == pytest.approx(140.0)


def test_a_round_of_the_station_alone_has_no_length():
    drawn, _ = draw("a----b")
    foot = drawn.by(Mode.FOOT)
    walk = patrol_round(foot, foot.attach(np.array([[20.0, 0.0]])))
    assert (walk.metres, walk.seconds) == (0.0, 0.0)


def test_stops_that_no_way_joins_are_refused():
    drawn, _ = draw("""
        a----b
        .
        c----d
    """)
    foot = drawn.by(Mode.FOOT)
    with pytest.raises(UnreachableError):
        patrol_round(foot, foot.attach(np.array([[20.0, 0.0], [20.0, -20.0]])))


@settings(deadline=None, max_examples=40)
@given(towns(), st.lists(st.tuples(st.integers(0, 400), st.integers(0, 400)), min_size=2, max_size=6))
def test_walks_equal_single_searches_and_their_drawing(town, spots):
    foot = town.by(Mode.FOOT)
    if attached(foot, 0, 0) is None:
        return
    stops = foot.attach(np.array(spots, dtype=float))
    on_road = stops._replace(offset=np.zeros(len(spots)))
    alone = np.array([reach(foot, on_road.take([i]), np.inf).door_seconds(on_road) for i in range(len(spots))])
    if np.isinf(alone).any():
        with pytest.raises(UnreachableError):
            walks(foot, stops)
        return
    assert walks(foot, stops).metres == pytest.approx(alone, abs=1e-6)
    walk = patrol_round(foot, stops)
    assert walk.line.length == pytest.approx(walk.metres, abs=1e-6)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=1, max_size=7), st.integers(0, 9))
def test_the_order_is_the_best_there_is_for_a_few_stops(points, seed):
    xy = np.array(points, dtype=float)
    distance = np.hypot(*(xy[:, np.newaxis] - xy).transpose(2, 0, 1))
    order = short_order(distance, seed=seed)
    best = min(tour_length(distance, np.array([0, *rest])) for rest in permutations(range(1, len(xy))))
    assert sorted(order.tolist()) == list(range(len(xy)))
    assert tour_length(distance, order) <= best * 1.06 + 1e-9


def test_kicks_leave_no_crossing_in_a_ring_of_stops():
    angle = np.random.default_rng(3).permutation(np.linspace(0, 2 * np.pi, 60, endpoint=False))
    xy = 100 * np.column_stack([np.cos(angle), np.sin(angle)])
    distance = np.hypot(*(xy[:, np.newaxis] - xy).transpose(2, 0, 1))
    assert tour_length(distance, short_order(distance)) == pytest.approx(60 * 200 * np.sin(np.pi / 60))
