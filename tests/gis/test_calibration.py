"""Factors from measured runs: found where there is data, left alone where there is little, with an error that holds."""

import numpy as np
import pytest

from gis.calibration import (
    GROUPS,
    LEAST_RUNS,
    RoadGroup,
    Told,
    TooFewRunsError,
    calibrated,
    factored,
    told,
)
from gis.city import RoadClass
from gis.local import LocalFrame
from gis.network import ModeNetwork, Places, mode_seconds
from gis.roads import CLASSES, Roads
from gis.travel import SPEEDS, Mode


def runs(count, groups, seed=1, longest=900):
    """Told runs on some groups of roads, 60 seconds to `longest` each."""
    random = np.random.default_rng(seed)
    seconds = np.zeros((count, len(GROUPS)))
    for group in groups:
        seconds[:, GROUPS.index(group)] = random.uniform(60, longest, count)
    return Told(random.uniform(0, 10, count), seconds)


def measured(told_runs, factors, *, delay=0.0, noise=0.0, seed=2):
    """Seconds that runs with these factors take."""
    all_factors = np.array([factors.get(group, 1.0) for group in GROUPS])
    spread = np.exp(np.random.default_rng(seed).normal(0, noise, len(told_runs.fixed)))
    return told_runs.seconds(all_factors) * spread + delay


def test_the_factors_and_the_start_come_back_from_many_runs():
    given = runs(300, [RoadGroup.MAIN, RoadGroup.STREET])
    found = calibrated(given, measured(given, {RoadGroup.MAIN: 1.4, RoadGroup.STREET: 0.8}, delay=25, noise=0.02))
    assert found.factors[RoadGroup.MAIN] == pytest.approx(1.4, abs=0.03)
    assert found.factors[RoadGroup.STREET] == pytest.approx(0.8, abs=0.03)
    assert found.delay == pytest.approx(25, abs=8)


def test_a_few_strange_runs_change_little():
    given = runs(60, [RoadGroup.WAY])
    seconds = measured(given, {RoadGroup.WAY: 1.2}, noise=0.03)
    seconds[:6] *= 5  # somebody stopped for tea
    assert calibrated(given, seconds).factors[RoadGroup.WAY] == pytest.approx(1.2, abs=0.06)


def test_little_data_changes_less_than_much():
    def factor(count):
        given = runs(count, [RoadGroup.WAY])
        return calibrated(given, measured(given, {RoadGroup.WAY: 1.5})).factors[RoadGroup.WAY]

    assert 1 < factor(LEAST_RUNS) < factor(400) < 1.5


def test_too_few_runs_are_refused_with_their_number():
    given = runs(LEAST_RUNS - 1, [RoadGroup.WAY])
    with pytest.raises(TooFewRunsError) as refused:
        calibrated(given, measured(given, {}))
    assert refused.value.runs == LEAST_RUNS - 1


def test_a_group_that_few_runs_use_stays_as_it_is_and_is_named():
    given = runs(30, [RoadGroup.WAY])
    given.groups[:3, GROUPS.index(RoadGroup.STEPS)] = 200
    found = calibrated(given, measured(given, {RoadGroup.WAY: 1.3, RoadGroup.STEPS: 2.0}))
    assert RoadGroup.STEPS not in found.factors
    assert found.lacking == {RoadGroup.STEPS: 2}


def test_eight_of_ten_new_runs_lie_in_the_told_band():
    given, later = runs(200, [RoadGroup.MAIN, RoadGroup.WAY]), runs(2000, [RoadGroup.MAIN, RoadGroup.WAY], seed=9)
    truth = {RoadGroup.MAIN: 1.5, RoadGroup.WAY: 1.1}
    found = calibrated(given, measured(given, truth, delay=20, noise=0.15))
    told_times = later.seconds(np.array([found.factors.get(group, 1.0) for group in GROUPS]))
    ratio = (measured(later, truth, delay=20, noise=0.15, seed=10) - found.delay) / told_times
    inside = np.mean((ratio >= found.after.low) & (ratio <= found.after.high))
    assert inside == pytest.approx(0.8, abs=0.06)
    assert found.after.high - found.after.low < found.before.high - found.before.low


def test_noise_alone_leaves_the_table_nearly_as_it_is():
    given = runs(100, [RoadGroup.STREET, RoadGroup.WAY])
    found = calibrated(given, measured(given, {}, noise=0.1))
    assert found.factors[RoadGroup.STREET] == pytest.approx(1, abs=0.06)
    assert found.factors[RoadGroup.WAY] == pytest.approx(1, abs=0.06)


#  0 --900 m primary-- 1 --600 m footway-- 2      on foot both at 4.5 km/h: 720 s and 480 s
def two_roads(maxspeed=np.nan):
    xy = np.array([[0.0, 0.0], [900.0, 0.0], [1500.0, 0.0]])
    lines = np.array([xy[0], xy[1], xy[1], xy[2]])
    kinds = [CLASSES.index(RoadClass.PRIMARY), CLASSES.index(RoadClass.FOOTWAY)]
    return Roads(
        frame=LocalFrame(118.8, 32.05),
        node_id=np.arange(3),
        node_xy=xy,
        edge_id=np.arange(2),
        tail=np.array([0, 1], dtype=np.int32),
        head=np.array([1, 2], dtype=np.int32),
        length=np.array([900.0, 600.0]),
        road_class=np.array(kinds, dtype=np.int8),
        permitted=np.ones((2, 3, 2), dtype=bool),
        maxspeed_kph=np.array([maxspeed, np.nan]),
        xy=lines,
        line_start=np.array([0, 2, 4], dtype=np.int32),
    )


def place(edge, fraction, offset=0.0):
    return Places(np.zeros((1, 2)), np.array([edge], dtype=np.int32), np.array([fraction]), np.array([offset]))


def test_a_run_is_parted_into_the_groups_on_its_way_and_what_is_walked_beside_them():
    found = told(two_roads(), SPEEDS, Mode.FOOT, place(0, 0.5), place(1, 0.25, offset=12.5))
    assert found.fixed == pytest.approx([10], abs=0.05)
    assert found.groups[0, GROUPS.index(RoadGroup.MAIN)] == pytest.approx(360, abs=0.05)
    assert found.groups[0, GROUPS.index(RoadGroup.WAY)] == pytest.approx(120, abs=0.05)


def test_a_posted_limit_below_the_table_is_no_matter_of_factors():
    found = told(two_roads(maxspeed=20), SPEEDS, Mode.CAR, place(0, 0.0), place(0, 1.0))
    assert found.fixed == pytest.approx([162], abs=0.05)
    assert found.groups.sum() == pytest.approx(0, abs=0.05)


def test_a_run_without_a_way_is_told_as_endless():
    closed = dict.fromkeys(SPEEDS, SPEEDS[RoadClass.PRIMARY]._replace(foot_kph=0.0))
    found = told(two_roads(), closed, Mode.FOOT, place(0, 0.0), place(1, 1.0))
    assert np.isinf(found.seconds(np.ones(len(GROUPS)))).all()


def test_factors_multiply_the_times_of_their_mode_alone():
    slower = factored(SPEEDS, {Mode.FOOT: {RoadGroup.WAY: 1.25}})
    assert slower[RoadClass.FOOTWAY] == (4.5 / 1.25, 8, 8)
    assert slower[RoadClass.PRIMARY] == SPEEDS[RoadClass.PRIMARY]
    roads = two_roads()
    seconds = ModeNetwork(roads, mode_seconds(roads, slower, Mode.FOOT)).seconds[:, 0]
    assert seconds == pytest.approx([720, 600])
