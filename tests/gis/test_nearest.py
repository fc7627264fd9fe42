import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.nearest import nearest
from gis.reach import reach
from gis.travel import Mode
from tests.gis.road_drawing import draw
from tests.gis.test_reach import attached, towns


def test_stations_stand_in_order_of_arrival_with_the_way_they_take():
    #  s is nearer to the place on b–c than t as the crow flies, but must drive round the one-way road
    drawn, _ = draw("""
        a<<<<<b-----c
        |           |
        d-----e-----f
    """)
    car = drawn.by(Mode.CAR)
    place = car.attach(np.array([[90.0, 0.0]]))
    stations = car.attach(np.array([[40.0, 0.0], [110.0, -20.0]]))
    first, second = nearest(car, place, stations, count=5)
    assert (first.which, first.seconds, first.metres) == (1, 6.0, 60.0)
    assert list(first.line.coords) == [(110, -20), (120, -20), (120, 0), (90, 0)]
    assert (second.which, second.seconds) == (0, pytest.approx(23.0))
    out = nearest(car, place, stations, count=1, toward=False)
    assert (out[0].which, out[0].seconds) == (0, 5.0)
    assert list(out[0].line.coords) == [(90, 0), (60, 0), (40, 0)]


def test_what_cannot_arrive_or_only_too_late_is_left_out():
    drawn, _ = draw("""
        a---------b
        .
        c---------d
    """)
    foot = drawn.by(Mode.FOOT)
    stations = foot.attach(np.array([[90.0, 0.0], [50.0, -20.0], [20.0, 0.0]]))
    place = foot.attach(np.array([[0.0, 0.0]]))
    assert [arrival.which for arrival in nearest(foot, place, stations, count=9)] == [2, 0]
    assert [arrival.which for arrival in nearest(foot, place, stations, count=9, limit=30)] == [2]


@settings(deadline=None, max_examples=50)
@given(
    towns(),
    st.tuples(st.integers(0, 400), st.integers(0, 400)),
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 400)), min_size=1, max_size=9),
    st.sampled_from(list(Mode)),
    st.integers(1, 5),
)
def test_the_order_equals_brute_force(town, spot, spots, mode, count):
    net = town.by(mode)
    place = attached(net, *spot)
    if place is None:
        return
    stations = net.attach(np.array(spots, dtype=float))
    every = np.array([reach(net, stations.take([i]), np.inf).door_seconds(place)[0] for i in range(len(spots))])
    expected = np.sort(every[np.isfinite(every)])[:count]
    found = nearest(net, place, stations, count=count)
    assert [arrival.seconds for arrival in found] == pytest.approx(expected.tolist())
    for arrival in found:
        assert arrival.seconds == pytest.approx(every[arrival.which])
        assert arrival.metres == pytest.approx(arrival.line.length)
        assert arrival.line.coords[0] == pytest.approx(tuple(stations.xy[arrival.which]))
        assert arrival.line.coords[-1] == pytest.approx(tuple(place.xy[0]))
