import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.coverage import NOBODY, by_edge, first_arrivals, tally
from gis.demo.lattice import lattice
from gis.network import Network
from gis.reach import reach
from gis.search import CancelledError
from gis.travel import Mode
from tests.gis.road_drawing import draw, network
from tests.gis.test_reach import towns

NONE = np.array([], dtype=int)
SPOTS = st.lists(st.tuples(st.integers(0, 400), st.integers(0, 400)), min_size=1, max_size=9)


def places(mode_network, *xy):
    return mode_network.attach(np.array(xy, dtype=float))


def by_each(mode_network, stations, doors, limit):
    """Seconds from every single station to every door, by one search for each; (stations, doors)."""
    return np.array(
        [reach(mode_network, stations.take([i]), limit).door_seconds(doors) for i in range(len(stations.edge))]
    )


def test_every_door_has_its_first_station_with_the_walks_at_both_ends():
    #  stations 2 m beside the road at 10 m and 100 m; doors at 20 m, 70 m and 5 m beside 100 m
    drawn, _ = draw("a-----b-----c")
    foot = drawn.by(Mode.FOOT)
    seconds, which = first_arrivals(foot, places(foot, (10, 2), (100, 0)), places(foot, (20, 0), (70, 0), (100, 5)), 60)
    assert seconds.tolist() == pytest.approx([11.6, 30.0, 4.0])
    assert which.tolist() == [0, 1, 1]


def test_what_no_station_reaches_in_time_has_nobody():
    drawn, _ = draw("""
        a---------b
        .
        c---------d
    """)
    foot = drawn.by(Mode.FOOT)
    doors = places(foot, (90, 0), (30, 0), (20, -20))
    seconds, which = first_arrivals(foot, places(foot, (0, 0)), doors, 40)
    assert (seconds.tolist(), which.tolist()) == ([np.inf, 30.0, np.inf], [NOBODY, 0, NOBODY])
    assert first_arrivals(foot, doors.take(NONE), doors, 40)[1].tolist() == [NOBODY] * 3
    assert len(first_arrivals(foot, doors, doors.take(NONE), 40)[0]) == 0


def test_of_stations_that_come_at_once_the_first_in_the_list_is_named():
    #  door in the middle; twice the same place, and the same distance on both sides, on one edge and over nodes
    drawn, _ = draw("a-----b-----c-----d")
    foot = drawn.by(Mode.FOOT)
    for left, right, door in (((70, 0), (110, 0), (90, 0)), ((10, 0), (170, 0), (90, 0))):
        for pair in ((left, right), (right, left), (left, left)):
            assert first_arrivals(foot, places(foot, *pair), places(foot, door), 900)[1].tolist() == [0]


def test_a_one_way_road_is_another_way_out_than_toward():
    drawn, _ = draw("""
        a>>>>>b
        ^     v
        d<<<<<c
    """)
    car = drawn.by(Mode.CAR)
    station, door = places(car, (20, 0)), places(car, (50, 0))
    assert first_arrivals(car, station, door, 60)[0].tolist() == pytest.approx([3.0])
    assert first_arrivals(car, station, door, 60, toward=True)[0].tolist() == pytest.approx([13.0])


@settings(deadline=None, max_examples=150)
@given(
    towns(), SPOTS, SPOTS, st.sampled_from(list(Mode)), st.tuples(st.sampled_from([30.0, 200.0, np.inf]), st.booleans())
)
def test_coverage_equals_a_search_from_each_station(town, sites, homes, mode, asked):
    limit, toward = asked
    net = town.by(mode)
    if not len(net.attachable):
        return
    stations, doors = places(net, *sites), places(net, *homes)
    every = by_each(net.reverse if toward else net, stations, doors, limit)
    seconds, which = first_arrivals(net, stations, doors, limit, toward=toward)
    assert seconds == pytest.approx(every.min(axis=0), abs=1e-9)
    for door, station in enumerate(which):
        assert (station == NOBODY) == np.isinf(seconds[door])
        if station != NOBODY:
            assert every[station, door] == pytest.approx(seconds[door], abs=1e-9)
            assert not (every[:station, door] < seconds[door] - 1e-9).any()
            assert (every[:station, door] > seconds[door] - 1e-9).all()


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 2**32 - 1), st.sampled_from([0.0, 50.0, 1e6]))
def test_roads_of_no_length_and_of_very_unlike_lengths_are_searched_exactly(seed, longest):
    rng = np.random.default_rng(seed)
    xy = rng.integers(0, 40, (60, 2)) * 10.0
    edges = rng.integers(0, 60, (200, 2))
    edges = edges[(xy[edges[:, 0]] != xy[edges[:, 1]]).any(axis=1)]
    length = rng.random(len(edges)) * rng.choice([0.0, 0.5, 30.0, longest], len(edges))
    foot = network(xy, [(a, b, 0) for a, b in edges], length=length).by(Mode.FOOT)
    stations, doors = foot.attach(rng.random((7, 2)) * 400), foot.attach(rng.random((50, 2)) * 400)
    order = by_edge(doors)
    seconds, which = first_arrivals(foot, stations, doors.take(order), np.inf)
    assert seconds == pytest.approx(by_each(foot, stations, doors, np.inf).min(axis=0)[order], abs=1e-9)
    assert (which >= 0).all()


def test_households_are_counted_by_group_and_band_and_a_limit_belongs_to_its_band():
    group, count = np.array([0, 0, 1, 1, 1]), np.array([2, 3, 5, 7, 11])
    seconds = np.array([60.0, 60.1, 20.0, 180.0, np.inf])
    assert tally(group, seconds, count, np.array([60.0, 180.0])).tolist() == [[2, 3, 0], [5, 7, 11]]
    assert tally(group[:0], seconds[:0], count[:0], np.array([60.0])).shape == (0, 2)


def test_a_search_of_first_arrivals_stops_when_it_is_told_to():
    town = Network(lattice(60, seed=1)).by(Mode.FOOT)
    places = town.attach(town.roads.node_xy[:3])
    stop = np.ones(1, dtype=np.uint8)
    with pytest.raises(CancelledError):
        first_arrivals(town, places, places, 1e6, stop=stop)
    assert np.isfinite(first_arrivals(town, places, places, 1e6)[0]).all()
