from itertools import pairwise

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse.csgraph import dijkstra
from shapely import LineString, Point

from gis.contours import walls_of, zones
from gis.network import Places
from gis.reach import reach, seeds_of
from gis.search import CancelledError
from gis.travel import Mode
from tests.gis.road_drawing import draw, network

ROUNDED = 0.0075  # metres by which a point moves at most when it is written with seven decimals of a degree


@st.composite
def towns(draw_from):
    """Random networks with one-ways, parallel roads, loops and islands, and roads longer than their line."""
    count = draw_from(st.integers(2, 9))
    whole = st.integers(0, 40)
    xy = np.array([[draw_from(whole) * 10.0, draw_from(whole) * 10.0] for _ in range(count)])
    node = st.integers(0, count - 1)
    edges = draw_from(st.lists(st.tuples(node, node, st.sampled_from([-1, 0, 1])), min_size=1, max_size=16))
    edges = [(a, b, way) for a, b, way in edges if (xy[a] != xy[b]).any()] or [(0, 0, 0)]
    return network(xy, edges)


def brute_force(mode_network, place, limit):
    """Seconds to every node by Bellman and Ford, from an origin in the middle of an edge."""
    roads, cost = mode_network.roads, mode_network.seconds
    best = np.full(len(roads.node_xy), np.inf)
    edge, at, access = int(place.edge[0]), float(place.fraction[0]), float(place.access[0])
    for node, share, column in ((roads.head[edge], 1 - at, 0), (roads.tail[edge], at, 1)):
        if np.isfinite(cost[edge, column]):
            best[node] = min(best[node], access + share * cost[edge, column])
    for _ in best:
        for row, (tail, head) in enumerate(zip(roads.tail, roads.head, strict=True)):
            best[head] = min(best[head], best[tail] + cost[row, 0])
            best[tail] = min(best[tail], best[head] + cost[row, 1])
    return np.where(best <= limit, best, np.inf)


def attached(mode_network, x, y):
    if not len(mode_network.attachable):
        return None
    return mode_network.attach(np.array([[float(x), float(y)]]))


def test_a_road_is_cut_where_time_runs_out():
    #  origin in the middle of a–b, 30 m from both; 40 s at 1 m/s
    drawn, at = draw("a-----b-----c")
    foot = drawn.by(Mode.FOOT)
    found = reach(foot, foot.attach(np.array([[30.0, 0.0]])), 40)
    assert found.node_seconds[[at["a"], at["b"]]].tolist() == [30, 30]
    assert np.isinf(found.node_seconds[at["c"]])
    whole, cut = found.pieces()
    assert (whole.bounds, cut.bounds) == ((0, 0, 60, 0), pytest.approx((60, 0, 70, 0)))
    assert [piece.bounds for piece in found.pieces(20)] == [pytest.approx((10, 0, 50, 0))]


def test_an_edge_reached_from_both_ends_keeps_its_unreached_middle_out():
    #  the far side a–b is 100 m long; 25 s remain at both of its ends
    drawn, _ = draw("""
        a----------b
        |          |
        c----------d
    """)
    foot = drawn.by(Mode.FOOT)
    found = reach(foot, foot.attach(np.array([[55.0, -20.0]])), 95)
    far = [piece for piece in found.pieces() if shapely.bounds(piece)[1] == 0]
    assert [piece.length for piece in far] == pytest.approx([20.0, 20.0])


def test_cars_do_not_drive_against_a_one_way_road():
    drawn, at = draw("a>>>>>b-----c")
    car = drawn.by(Mode.CAR)
    found = reach(car, car.attach(np.array([[90.0, 0.0]])), 60)
    assert np.isinf(found.node_seconds[at["a"]])
    toward = reach(car.reverse, car.attach(np.array([[90.0, 0.0]])), 60)
    assert toward.node_seconds[at["a"]] == 9.0


def test_an_origin_in_the_middle_of_a_one_way_road_goes_forward_only():
    drawn, at = draw("""
        a>>>>>b
        ^     v
        d<<<<<c
    """)
    car = drawn.by(Mode.CAR)
    found = reach(car, car.attach(np.array([[30.0, 0.0]])), 100)
    assert found.node_seconds[[at["b"], at["c"], at["d"], at["a"]]].tolist() == [3.0, 5.0, 11.0, 13.0]
    behind = car.attach(np.array([[20.0, 0.0]]))
    assert found.door_seconds(behind).tolist() == [15.0]


def test_doors_count_the_walk_from_the_road_and_those_past_the_limit_are_left_out():
    drawn, _ = draw("a---------b")
    foot = drawn.by(Mode.FOOT)
    found = reach(foot, foot.attach(np.array([[0.0, 0.0]])), 50)
    doors = foot.attach(np.array([[30.0, 5.0], [45.0, 10.0], [20.0, 0.0]]))
    assert found.door_seconds(doors).tolist() == [34.0, np.inf, 20.0]


def test_several_origins_share_one_search():
    drawn, at = draw("a---------b---------c")
    foot = drawn.by(Mode.FOOT)
    found = reach(foot, foot.attach(np.array([[5.0, 0.0], [190.0, 0.0]])), 300)
    assert found.node_seconds[[at["a"], at["b"], at["c"]]] == pytest.approx([5.0, 90.0, 10.0])


def test_a_zone_is_crisp_after_one_minute_and_keeps_its_holes():
    drawn, _ = draw("""
        a-------------------------b
        |                         |
        |                         |
        |                         |
        |                         |
        |                         |
        |                         |
        |                         |
        |                         |
        |                         |
        |                         |
        |                         |
        |                         |
        |                         |
        |                         |
        |                         |
        c-------------------------d
    """)
    foot = drawn.by(Mode.FOOT)
    found = reach(foot, foot.attach(np.array([[130.0, 0.0]])), 900)
    minute, ring = zones(found, [60, 900]).polygons()
    west, south, east, north = minute.bounds
    assert (west, east) == (pytest.approx(70, abs=7), pytest.approx(190, abs=7))
    assert (-south, north) == (pytest.approx(50, abs=6), pytest.approx(50, abs=6))
    assert [len(part.interiors) for part in ring.geoms] == [1]


@settings(deadline=None, max_examples=60)
@given(towns(), st.integers(0, 400), st.integers(0, 400), st.sampled_from(list(Mode)), st.integers(1, 400))
def test_seconds_equal_brute_force_on_any_network(town, x, y, mode, limit):
    for searched in (town.by(mode), town.by(mode).reverse):
        place = attached(searched, x, y)
        if place is not None:
            assert reach(searched, place, limit).node_seconds == pytest.approx(brute_force(searched, place, limit))


@settings(deadline=None, max_examples=40)
@given(towns(), st.integers(0, 400), st.integers(0, 400), st.integers(0, 400), st.integers(0, 400))
def test_on_foot_the_way_back_takes_as_long_and_searching_backward_agrees_for_cars(town, x, y, u, v):
    for mode, back in ((Mode.FOOT, "forward"), (Mode.CAR, "reverse")):
        net = town.by(mode)
        here, there = attached(net, x, y), attached(net, u, v)
        if here is not None and there is not None:
            returned = net.reverse if back == "reverse" else net
            out = reach(net, here, np.inf).door_seconds(there)
            assert reach(returned, there, np.inf).door_seconds(here) == pytest.approx(out)


@settings(deadline=None, max_examples=40)
@given(towns(), st.integers(0, 400), st.integers(0, 400), st.sampled_from(list(Mode)))
def test_zones_are_valid_contain_all_that_is_reached_and_grow_with_time(town, x, y, mode):
    net = town.by(mode)
    place = attached(net, x, y)
    if place is None:
        return
    limits = [20.0, 60.0, 180.0]
    found = reach(net, place, limits[-1])
    told = zones(found, limits)
    drawn = told.polygons()
    for limit, zone in zip(limits, drawn, strict=True):
        assert zone.is_valid
        reached = shapely.union_all(found.pieces(limit))
        assert reached.difference(zone.buffer(1e-6)).is_empty
    for smaller, larger in pairwise(drawn):
        assert smaller.difference(larger).area < 1e-6
    for zone, text in zip(drawn, told.geojson(net.roads.frame), strict=True):
        written = shapely.from_geojson(text)
        assert written.is_valid
        assert net.roads.frame.to_metres(written).symmetric_difference(zone).area < zone.length * ROUNDED


@settings(deadline=None, max_examples=40)
@given(towns(), st.integers(0, 400), st.integers(0, 400), st.floats(1, 300))
def test_a_point_lies_on_a_reached_piece_exactly_when_its_seconds_are_within_the_limit(town, x, y, limit):
    net = town.by(Mode.CAR)
    place = attached(net, x, y)
    if place is None:
        return
    found, later = reach(net, place, limit), reach(net, place, limit + 1)
    edge, begin, end = found.spans()
    for row in range(len(net.seconds)):
        if np.isinf(net.seconds[row]).all():
            continue
        fraction = np.linspace(0.01, 0.99, 29)
        inside = [
            (begin[edge == row] < f).any() and ((begin[edge == row] < f) & (f < end[edge == row])).any()
            for f in fraction
        ]
        points = Places(np.zeros((29, 2)), np.full(29, row, dtype=np.int32), fraction, np.zeros(29))
        seconds = later.door_seconds(points)
        sure = np.abs(seconds - limit) > 1e-6
        assert (np.array(inside) == (seconds <= limit))[sure].all()


def test_limits_that_fall_are_refused():
    drawn, _ = draw("a--b")
    foot = drawn.by(Mode.FOOT)
    found = reach(foot, foot.attach(np.zeros((1, 2))), 60)
    with pytest.raises(ValueError, match="rise"):
        zones(found, [60, 30])


def test_a_search_without_a_limit_reaches_every_piece():
    drawn, _ = draw("""
        a>>>>b>>>>c
        ^         v
        d<<<<<<<<<e
    """)
    car = drawn.by(Mode.CAR)
    found = reach(car, car.attach(np.array([[20.0, 0.0]])), np.inf)
    assert sum(piece.length for piece in found.pieces()) == pytest.approx(car.roads.length.sum())


def test_a_zone_around_nothing_is_refused():
    drawn, _ = draw("a--b")
    foot = drawn.by(Mode.FOOT)
    nobody = foot.attach(np.empty((0, 2)))
    assert not len(reach(foot, nobody, 60).nodes)
    with pytest.raises(ValueError, match="origin"):
        zones(reach(foot, nobody, 60), [60])


def test_a_zone_does_not_spill_over_a_wall_but_goes_where_a_road_passes_it():
    #  a wall 10 m north of the road a–b all along; c–d lies behind it and is not reached, e–f leads through it
    drawn, _ = draw("""
        c...............................f
                                        |
                                        |
                                        |
        a------------------------------e
    """)
    foot = drawn.by(Mode.FOOT)
    found = reach(foot, foot.attach(np.array([[100.0, -40.0]])), 120)
    river = walls_of([np.array([[-500.0, -30.0], [900.0, -30.0]])])
    behind, before = Point(100.0, -20.0), Point(100.0, -60.0)
    (spilt,), (kept,) = zones(found, [120]).polygons(), zones(found, [120], river).polygons()
    assert spilt.contains(behind)
    assert not kept.contains(behind)
    assert spilt.contains(before)
    assert kept.contains(before)
    assert kept.bounds[3] < -25
    for zone in (spilt, kept):
        assert shapely.union_all(found.pieces()).difference(zone.buffer(1e-6)).is_empty


def test_far_from_every_road_nothing_is_inside_with_a_wall_or_without():
    drawn, _ = draw("a----b")
    foot = drawn.by(Mode.FOOT)
    found = reach(foot, foot.attach(np.array([[10.0, 0.0]])), 600)
    wall = walls_of([np.array([[-500.0, -30.0], [900.0, -30.0]])])
    for far, walls in ((50.0, []), (30.0, [wall])):
        (zone,) = zones(found, [600], *walls).polygons()
        assert zone.bounds == pytest.approx((-50, -far, 100, 50), abs=6)


def test_a_wall_takes_nothing_in_that_is_far_from_every_road():
    #  20 s on foot along a straight road: the zone is small, its cells are the finest, and a fence stands beside it
    drawn, _ = draw("a" + "-" * 99 + "b")
    foot = drawn.by(Mode.FOOT)
    found = reach(foot, foot.attach(np.array([[500.0, 0.0]])), 20)
    fence = walls_of([np.array([[505.0, 10.0], [505.0, 14.0]])])
    (plain,), (fenced,) = zones(found, [20]).polygons(), zones(found, [20], fence).polygons()
    assert fenced.difference(plain).area < 1.0
    assert fenced.within(found.pieces()[0].buffer(30.0))


def test_a_road_over_a_wall_is_inside_with_what_lies_behind():
    drawn, _ = draw("""
              b
              |
              |
              |
        a-----c-----d
    """)
    foot = drawn.by(Mode.FOOT)
    found = reach(foot, foot.attach(np.array([[30.0, -40.0]])), 80)
    (zone,) = zones(found, [80], walls_of([np.array([[-500.0, -20.0], [900.0, -20.0]])])).polygons()
    assert zone.covers(LineString([(60, -40), (60, 0)]))
    assert zone.contains(Point(70.0, -2.0))
    assert zone.contains(Point(20.0, -30.0))
    assert not zone.contains(Point(20.0, -12.0))


def test_a_search_that_is_cancelled_stops():
    side = 60
    xy = np.array([(x * 10.0, y * 10.0) for y in range(side) for x in range(side)])
    across = [(y * side + x, y * side + x + 1, 0) for y in range(side) for x in range(side - 1)]
    upward = [(at, at + side, 0) for at in range(side * (side - 1))]
    foot = network(xy, across + upward).by(Mode.FOOT)
    place = foot.attach(np.zeros((1, 2)))
    with pytest.raises(CancelledError):
        reach(foot, place, np.inf, stop=np.ones(1, dtype=np.uint8))
    assert len(reach(foot, place, np.inf, stop=np.zeros(1, dtype=np.uint8)).nodes) == side * side


@settings(deadline=None, max_examples=60)
@given(
    towns(), st.lists(st.tuples(st.integers(0, 400), st.integers(0, 400)), min_size=1, max_size=6), st.integers(1, 400)
)
def test_many_origins_equal_the_least_of_each_alone(town, spots, limit):
    for mode in (Mode.FOOT, Mode.CAR):
        net = town.by(mode)
        if not len(net.attachable):
            continue
        places = net.attach(np.array(spots, dtype=float))
        alone = [reach(net, places.take([i]), limit) for i in range(len(spots))]
        found = reach(net, places, limit)
        assert (found.node_seconds == np.min([one.node_seconds for one in alone], axis=0)).all()
        assert (found.door_seconds(places) == np.min([one.door_seconds(places) for one in alone], axis=0)).all()


@settings(deadline=None, max_examples=60)
@given(towns(), st.integers(0, 400), st.integers(0, 400), st.sampled_from(list(Mode)), st.integers(1, 400))
def test_seconds_equal_scipys_search(town, x, y, mode, limit):
    net = town.by(mode)
    place = attached(net, x, y)
    if place is None:
        return
    node, seconds, _ = seeds_of(net, place)
    found = reach(net, place, limit)
    expected = np.full(len(net.roads.node_xy), np.inf)
    for start, first in zip(node, seconds, strict=True):
        if first <= limit:
            expected = np.minimum(expected, dijkstra(net.graph, indices=start) + first)
    assert found.node_seconds == pytest.approx(np.where(expected <= limit, expected, np.inf), abs=1e-9)
