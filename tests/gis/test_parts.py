"""A part of a city by itself answers what the whole answers for it."""

import numpy as np
import pytest

from gis.city import RoadClass
from gis.coverage import first_arrivals
from gis.network import Places
from gis.parts import may_come, top_speed
from gis.travel import WALK, Mode, Speeds
from tests.gis.road_drawing import WALKING, draw

# Two areas, west and east of m: their stations are a and z.
TOWN = """
a-----b-----m-----y-----z
|     |     |     |     |
c-----d-----e-----f-----g
"""


def places_at(network, nodes, letters, *, beside=0.0):
    return network.attach(network.roads.node_xy[[nodes[letter] for letter in letters]] + [0.0, beside])


@pytest.fixture
def town():
    network, nodes = draw(TOWN, WALKING)
    return network.by(Mode.FOOT), nodes


def test_a_station_across_the_border_is_taken_along_where_it_comes_in_time(town):
    network, nodes = town
    stations = places_at(network, nodes, "az")
    west = places_at(network, nodes, "abcdm")
    # From z to m it is 120 m: 120 s on foot here, where walks are as quick as WALK at most.
    coming = may_come(network, stations, west, 125.0)
    assert coming.tolist() == [True, True]
    assert may_come(network, stations, west, 60.0).tolist() == [True, False]
    alone, which = first_arrivals(network, stations.take([1]), west, 125.0)
    assert alone[-1] == pytest.approx(120.0)
    assert which[-1] == 0


def test_nobody_is_quicker_than_the_top_speed_beside_the_road_too(town):
    network, _ = town
    assert top_speed(network) == pytest.approx(max(1.0, WALK))
    cars, _ = draw(TOWN, {road_class: Speeds(3.6, 18.0, 36.0) for road_class in RoadClass})
    assert top_speed(cars.by(Mode.CAR)) == pytest.approx(10.0)


def test_a_part_without_doors_or_stations_needs_nobody(town):
    network, nodes = town
    stations, none = places_at(network, nodes, "az"), places_at(network, nodes, "a").take(np.array([], dtype=int))
    assert may_come(network, stations, none, 60.0).tolist() == [False, False]
    assert may_come(network, none, stations, 60.0).tolist() == []


@pytest.mark.parametrize("seed", range(20))
def test_what_is_left_out_changes_no_second_anywhere(seed):
    """Random stations, doors and closings; three parts against the whole, to the last bit."""
    generator = np.random.default_rng(seed)
    drawn, _ = draw(TOWN, WALKING)
    network = drawn.by(Mode.CAR)
    network.seconds[generator.random(network.seconds.shape) < 0.1] = np.inf
    low, high = drawn.roads.node_xy.min(axis=0), drawn.roads.node_xy.max(axis=0)

    def scattered(count) -> Places:
        return network.attach(low + generator.random((count, 2)) * (high - low))

    stations, doors, limit = scattered(12), scattered(60), float(generator.uniform(3, 30))
    whole = first_arrivals(network, stations, doors, limit)
    part_of = np.argsort(np.argsort(doors.xy[:, 0])) // 20
    left_out = 0
    for part in range(3):
        chosen = np.flatnonzero(part_of == part)
        coming = np.flatnonzero(may_come(network, stations, doors.take(chosen), limit))
        left_out += len(stations.edge) - len(coming)
        seconds, which = first_arrivals(network, stations.take(coming), doors.take(chosen), limit)
        assert seconds.tolist() == whole[0][chosen].tolist()
        assert np.append(coming, -1)[which].tolist() == whole[1][chosen].tolist()
    assert left_out > 0 or limit > 8
