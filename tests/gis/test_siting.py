"""Sites among candidates: the choice that covers most, its bound, and its proof."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import gis.siting as siting_module
from gis.covers import Arrivals, TooMuchError, arrivals
from gis.demands import Covers, Demands, covers
from gis.reach import reach
from gis.siting import Task, first, prove, siting
from gis.siting_search import covered, greedy, swapped
from gis.travel import Mode
from tests.gis.road_drawing import draw, network

FEW = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


@st.composite
def tasks(draw_):
    """Small tasks: up to eight candidates, some of them standing already."""
    n, m = draw_(st.integers(1, 8)), draw_(st.integers(1, 12))
    rows = [sorted(draw_(st.sets(st.integers(0, m - 1)))) for _ in range(n)]
    weight = np.array(draw_(st.lists(st.integers(1, 9), min_size=m, max_size=m)), dtype=np.int64)
    new = np.array(draw_(st.lists(st.booleans(), min_size=n, max_size=n)))
    if draw_(st.booleans()):
        new[:] = True
    sites, standing = draw_(st.integers(1, 3)), int((~new).sum())
    moves = draw_(st.integers(0, standing))
    start = np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int64)
    item = np.array([*itertools.chain(*rows)], dtype=np.int32)
    return Task(Covers(start, item, weight), new, standing + sites, sites + moves)


def allowed(task):
    """Every choice that a task allows."""
    for size in range(task.most + 1):
        for chosen in itertools.combinations(range(len(task.new)), size):
            positions = np.array(chosen, dtype=np.int64)
            if task.new[positions].sum() <= task.newest:
                yield positions


def optimum(task):
    return max(int(covered(*task.covers, chosen)) for chosen in allowed(task))


def is_allowed(task, plan):
    return len(plan.chosen) <= task.most and task.new[plan.chosen].sum() <= task.newest


@FEW
@given(tasks())
def test_the_first_answer_is_allowed_and_its_bound_holds(task):
    plan = first(task)
    assert is_allowed(task, plan)
    assert plan.covered == covered(*task.covers, plan.chosen)
    assert plan.covered <= optimum(task) <= plan.bound


@FEW
@given(tasks())
def test_the_proven_plan_is_the_optimum_of_all_choices(task):
    plan = first(task)
    for plan in itertools.chain([plan], prove(task, plan)):  # noqa: B020
        assert plan.covered <= optimum(task) <= plan.bound
    assert plan.proven
    assert is_allowed(task, plan)
    assert plan.covered == optimum(task)


@FEW
@given(tasks())
def test_highs_alone_finds_the_same_optimum(task):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(siting_module, "ROUNDS", 1)
        patch.setattr(siting_module, "FIRST_ROUNDS", 1)
        patch.setattr(siting_module, "FEWEST", 1)
        plan = first(task)
        for plan in itertools.chain([plan], prove(task, plan)):  # noqa: B020
            assert plan.covered <= optimum(task) <= plan.bound
    assert plan.covered == optimum(task)


@FEW
@given(tasks())
def test_greedy_reaches_its_guarantee_and_swaps_never_lose(task):
    (start, item, weight), new, _most, newest = task
    new = np.ones_like(new)
    task = Task(task.covers, new, newest, newest)
    chosen = greedy(start, item, weight, new, np.zeros(0, dtype=np.int64), newest, newest)
    alone = covered(start, item, weight, chosen)
    assert alone >= (1 - 1 / math.e) * optimum(task) - 1e-9
    assert covered(start, item, weight, swapped(start, item, weight, new, chosen, newest)) >= alone


@st.composite
def towns(draw_):
    """Random roads with one-ways, parallels and loops, and doors and candidates on them."""
    n = draw_(st.integers(2, 7))
    nodes = st.integers(0, n - 1)
    edges = draw_(st.lists(st.tuples(nodes, nodes, st.integers(-1, 1)), min_size=n, max_size=3 * n))
    edges += [(at, at + 1, 0) for at in range(n - 1)]
    length = np.array(draw_(st.lists(st.floats(0.0, 60.0), min_size=len(edges), max_size=len(edges))))
    xy = np.column_stack([np.arange(n) * 50.0, np.arange(n) % 2 * 40.0])
    return network(xy, edges, length=length), xy, draw_(st.integers(0, 2**31))


@FEW
@given(towns(), st.sampled_from([Mode.FOOT, Mode.CAR]), st.floats(1.0, 120.0))
def test_every_place_reaches_what_its_own_search_reaches(town, mode, limit):
    city, xy, seed = town
    net = city.by(mode)
    random = np.random.default_rng(seed)
    doors = net.attach(random.uniform(xy.min(0), xy.max(0), (12, 2)))
    places = net.attach(random.uniform(xy.min(0), xy.max(0), (4, 2)))
    found = arrivals(net, places, doors, limit)
    for at in range(4):
        row = slice(found.start[at], found.start[at + 1])
        seconds = np.full(12, np.inf)
        seconds[found.door[row]] = found.seconds[row]
        alone = reach(net, places.take([at]), limit).door_seconds(doors)
        both = np.isfinite(seconds) & np.isfinite(alone)
        assert np.abs(seconds[both] - alone[both]).max(initial=0) < 1e-6
        # Where one of them says no, the other is at the limit.
        assert (
            np.minimum(seconds, alone)[~both & ~(np.isinf(seconds) & np.isinf(alone))].min(initial=np.inf)
            >= limit - 1e-6
        )


def rows_of(*rows):
    """Arrivals of places at doors, each row a dict of seconds by door."""
    return Arrivals(
        np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int64),
        np.array([door for row in rows for door in sorted(row)], dtype=np.int64),
        np.array([row[door] for row in rows for door in sorted(row)], dtype=np.float64),
    )


def people(*rows):
    """Demands from (door, climb, weight)."""
    door, climb, weight = zip(*rows, strict=True)
    return Demands(np.array(door), np.array(climb, dtype=float), np.array(weight))


def test_floors_above_the_time_are_not_covered_and_equal_ones_become_one():
    reached = rows_of({0: 30.0, 1: 50.0}, {0: 58.0})
    found = covers(reached, people((0, 0, 5), (0, 10, 7), (0, 20, 2), (0, 40, 9), (1, 5, 1), (2, 0, 4)), 60.0)
    # Door 0's second and third floor and door 1 are all reached by the first candidate alone.
    assert sorted(found.weight.tolist()) == [5, 10]
    assert np.diff(found.start).tolist() == [2, 1]


def test_what_stands_already_covers_is_nobodys_gain():
    old, new = rows_of({0: 10.0}), rows_of({0: 5.0}, {1: 5.0})
    task = siting(new, old, people((0, 0, 100), (1, 0, 1)), limit=60.0, sites=1)
    plan = first(task)
    assert plan.chosen.tolist() == [1]
    assert (plan.covered, plan.bound) == (1, 1)


def test_a_station_moves_only_as_often_as_it_may():
    old = rows_of({0: 10.0}, {0: 10.0})
    new = rows_of({1: 5.0}, {2: 5.0}, {3: 5.0})
    homes = people((0, 0, 10), (1, 0, 5), (2, 0, 4), (3, 0, 3))
    for moves, total in ((0, 5), (1, 19), (2, 19)):
        task = siting(new, old, homes, limit=60.0, sites=1, moves=moves)
        plan = first(task)
        for plan in itertools.chain([plan], prove(task, plan)):  # noqa: B020
            assert plan.covered <= total
        assert plan.covered == total
        assert task.new[plan.chosen].sum() <= 1 + moves


def test_sites_that_add_nothing_are_left_out():
    new = rows_of({0: 5.0}, {0: 6.0}, {0: 7.0})
    plan = first(siting(new, rows_of(), people((0, 0, 10)), limit=60.0, sites=3))
    assert len(plan.chosen) == 1
    assert plan.proven


def test_nothing_to_cover_is_proven_at_once():
    plan = first(siting(rows_of({}, {}), rows_of(), people((0, 0, 10)), limit=60.0, sites=1))
    assert plan.chosen.tolist() == []
    assert plan.proven
    assert plan.gap == 0


def test_more_arrivals_than_fit_are_refused(monkeypatch):
    city, _ = draw("a----b----c")
    net = city.by(Mode.FOOT)
    doors = net.attach(np.array([[x, 0.0] for x in range(100)]))
    monkeypatch.setattr("gis.covers.MOST_ARRIVALS", 50)
    with pytest.raises(TooMuchError):
        arrivals(net, doors, doors, 600.0)


def test_nothing_to_choose_from_is_a_plan_of_nothing():
    nobody = Arrivals(np.zeros(1, np.int64), np.zeros(0, np.int64), np.zeros(0))
    demands = Demands(np.array([0]), np.zeros(1), np.array([3]))
    plan = first(siting(nobody, nobody, demands, limit=60, sites=2))
    assert (len(plan.chosen), plan.covered, plan.bound) == (0, 0, 0)
    assert plan.proven
