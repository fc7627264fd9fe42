"""Suggested plans: in the range, contiguous, true to their locks; and what is said where that cannot be."""

from dataclasses import replace
from itertools import islice

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import box

from gis.annealing import Favour, Problem, Search, Weights, fitting_count, started
from gis.atoms import atoms_of
from gis.plan import NO_GRID, Plan, create
from gis.plan_scores import Size, by_grid, scores
from gis.suggest import InPieces, Locks, impossible, suggest
from tests.gis.plan_drawing import drawn, line, numbers, planned, town, words

FEW = (100,)  # flips a block: enough for small towns


def best(atoms, **options):
    """The last plan suggested."""
    *_, last = suggest(atoms, **{"stages": FEW, "anew": FEW} | options)
    return last.plan


def grid_of(plan, letter):
    return words(Plan(plan.atoms, np.where(plan.of == plan.of[numbers(plan.atoms, letter)[0]], 0, NO_GRID)))[0]


@pytest.mark.parametrize("seed", range(4))
def test_a_town_is_wholly_in_the_range_contiguous_and_compact(seed):
    found = scores(best(town(18, 14, seed=seed)))
    assert (found.in_range, found.contiguous, found.unassigned) == (1, 1, 0)
    assert found.polsby_popper > 0.6


@pytest.mark.parametrize("seed", range(4))
def test_heavy_blocks_leave_no_fewer_grids_than_are_needed(seed):
    atoms = town(6, 4, seed=seed)
    random = np.random.default_rng(seed)
    heavy = np.where(random.random(24) < 0.3, random.integers(260, 450, 24), atoms.households)
    assert scores(best(replace(atoms, households=heavy))).in_range == 1


def test_plans_only_get_better_and_the_first_comes_with_the_first_asking():
    plans = list(suggest(town(12, 10, seed=1)))
    costs, done = [one.cost for one in plans], [one.done for one in plans]
    assert costs == sorted(costs, reverse=True)
    assert done == sorted(done)
    assert done[-1] == 1
    assert scores(plans[0].plan).unassigned == 0


def test_whoever_has_enough_stops():
    assert len(list(islice(suggest(town(12, 10, seed=1)), 2))) == 2


def test_the_same_seed_gives_the_same_plan_and_another_another():
    atoms = town(12, 10, seed=2)
    first = best(atoms, seed=5)
    assert (first.of == best(atoms, seed=5).of).all()
    assert (first.of != best(atoms, seed=6).of).any()


def test_grids_keep_to_one_side_of_a_main_road():
    atoms = drawn("abcdefgh ijklmnop", 100, roads=[line((0, 1), (8, 1))])
    assert scores(best(atoms, weights=Weights(roads=0.3))).major_roads == 0


def test_what_a_plan_favours_is_dearer_and_the_rest_as_before():
    usual = Weights(roads=0.01, railways=0.02, water=0.03, compounds=0.04)
    roads, compounds = usual.favouring(Favour.ROADS), usual.favouring(Favour.COMPOUNDS)
    assert (roads.roads, roads.railways, roads.water) == pytest.approx((0.08, 0.16, 0.24))
    assert compounds.compounds == pytest.approx(0.32)
    assert (roads.compounds, compounds.roads) == (usual.compounds, usual.roads)
    assert usual.favouring(Favour.EVEN) == usual


def test_whoever_favours_roads_has_fewer_of_them_inside():
    atoms = drawn("abcdefgh ijklmnop", 100, roads=[line((0, 1), (8, 1))])
    usual, roads = (best(atoms, weights=Weights().favouring(favour)) for favour in (Favour.EVEN, Favour.ROADS))
    assert scores(usual).major_roads > 0
    assert scores(roads).major_roads == 0


def test_a_compound_stays_in_one_grid():
    atoms = drawn("abcdefgh", 100, compounds="abc def")
    plan = best(atoms, weights=Weights(compounds=1.0))
    assert scores(plan).compounds_cut == 0


def test_a_railway_without_a_crossing_is_never_inside_a_grid():
    atoms = drawn("abcd efgh", 100, railways=[line((0, 1), (4, 1))])
    plan = best(atoms)
    assert words(plan) == ["abcd", "efgh"]


def test_a_grid_of_today_that_is_locked_stays():
    atoms = drawn("abcdefghijkl", 100)
    today = planned(atoms, "ab cdefghijkl")
    plan = best(atoms, today=today, locks=Locks(stay=frozenset({0})))
    assert grid_of(plan, "a") == "ab"
    assert plan.of[0] == 0
    assert plan.locked == {0}
    assert by_grid(plan).households[1:].max() <= 500


def test_a_grid_that_is_locked_in_the_plan_of_today_stays():
    atoms = drawn("abcdefghijkl", 100)
    plan = best(atoms, today=planned(atoms, "ab cdefghijkl", locked=frozenset({0})))
    assert grid_of(plan, "a") == "ab"
    assert plan.locked == {0}


def test_blocks_that_cannot_be_walked_between_are_not_put_together():
    atoms = drawn("abcd efgh", 100, railways=[line((0, 1), (4, 1))])
    ae, ac = frozenset(numbers(atoms, "ae")), frozenset(numbers(atoms, "ac"))
    for locks in (Locks(together=(ae,)), Locks(dedicated=(ae,)), Locks(dedicated=(ac,))):
        with pytest.raises(InPieces):
            best(atoms, locks=locks)


def test_blocks_apart_that_stay_together_take_what_lies_between():
    atoms = drawn("abcdef ghijkl", 50)
    plan = best(atoms, locks=Locks(together=(frozenset(numbers(atoms, "ac")),)))
    assert plan.of[0] == plan.of[1] == plan.of[2]
    assert scores(plan).contiguous == 1


def test_blocks_that_stay_together_stay_together():
    atoms = drawn("abcdefghijkl", 100)
    together = frozenset(numbers(atoms, "def"))
    for seed in range(1, 6):
        plan = best(atoms, locks=Locks(together=(together,)), seed=seed)
        assert len({int(plan.of[block]) for block in together}) == 1


def test_a_dedicated_grid_is_exactly_its_blocks_and_held_to_no_number():
    atoms = drawn("abcdefghijkl", 100)
    plan = best(atoms, locks=Locks(dedicated=(frozenset(numbers(atoms, "a")),)))
    assert grid_of(plan, "a") == "a"
    assert len(plan.dedicated) == 1
    assert scores(plan).in_range == 1


def test_a_dedicated_grid_of_today_stays_one():
    atoms = drawn("abcdefgh", 100)
    plan = best(atoms, today=planned(atoms, "a bcdefgh", dedicated=frozenset({0})))
    assert grid_of(plan, "a") == "a"
    assert plan.dedicated == {0}


def test_locks_that_contradict_each_other_are_refused():
    atoms = drawn("abcd", 100)
    today = planned(atoms, "ab cd")
    a, c = numbers(atoms, "ac")
    with pytest.raises(ValueError, match="different grids"):
        best(atoms, today=today, locks=Locks(stay=frozenset({0}), together=(frozenset({a, c}),)))
    with pytest.raises(ValueError, match="locked in another grid"):
        best(atoms, today=today, locks=Locks(stay=frozenset({0}), dedicated=(frozenset({a}),)))
    with pytest.raises(ValueError, match="plan of today"):
        best(atoms, locks=Locks(stay=frozenset({0})))


def test_moving_costs_what_the_planner_says():
    atoms = town(12, 10, seed=4)
    found = best(atoms, seed=9)
    today = Plan(atoms, found.of * 7 + 1_000_000_000)  # numbers as a database gives them
    free, faithful, fixed = (best(atoms, today=today, weights=Weights(moved=moved)) for moved in (0.0, 0.05, 5.0))
    assert (fixed.of == today.of).all()
    moves = [scores(plan, today=today).blocks_moved for plan in (free, faithful, fixed)]
    assert moves == sorted(moves, reverse=True)
    assert moves[0] > 2 * moves[1]


def test_moving_pulls_to_today_also_where_grids_are_cut_anew():
    atoms = town(18, 14, seed=1)
    today = create(best(atoms, seed=3), [0])  # a grid that is far too small, so the rest is mended around it
    after = best(atoms, today=today, weights=Weights(moved=0.5))
    assert scores(after).in_range == 1
    assert (after.of != today.of).sum() < 10


def test_cutting_anew_makes_no_plan_dearer_where_moving_has_a_price():
    atoms = town(18, 14, seed=1)
    today = create(best(atoms, seed=3), [0])
    costs = [one.cost for one in suggest(atoms, today=today, weights=Weights(moved=0.5), stages=FEW, anew=(300, 300))]
    assert costs == sorted(costs, reverse=True)


def test_cutting_anew_crosses_what_single_flips_of_heavy_blocks_do_not():
    flipped, anew = [], []
    for seed in (1, 4, 5):
        atoms = town(12, 8, seed=seed)
        heavy = replace(atoms, households=atoms.households * 2)
        *_, by_flips = suggest(heavy, stages=(5_000,), anew=())
        *_, by_both = suggest(heavy, stages=FEW, anew=(800, 800))
        assert scores(by_both.plan).contiguous == 1
        flipped.append(by_flips.cost)
        anew.append(by_both.cost)
    assert sum(anew) < sum(flipped)


def test_a_grid_that_stands_for_one_of_today_has_its_number():
    atoms = drawn("abcdefghijkl", 80)
    today = planned(atoms, "abcd efgh ijkl")
    today = Plan(atoms, today.of + 70)
    after = best(atoms, today=today)
    assert (after.of == today.of).sum() >= 10
    assert best(atoms).grids == [0, 1, 2]


def test_a_community_of_ninety_households_is_one_grid_and_is_said_to_be_impossible():
    atoms = drawn("abc", 30)
    (reason,) = impossible(atoms)
    assert reason.kind == "few"
    assert reason.sentence == "Only 90 households can be walked to from each other: at best they are one grid."
    assert words(best(atoms)) == ["abc"]


def test_a_tower_of_nine_hundred_is_a_grid_and_is_said_to_be_impossible():
    atoms = drawn("abctdef", dict.fromkeys("abcdef", 100) | {"t": 900})
    (reason,) = impossible(atoms)
    assert (reason.kind, reason.blocks, reason.households) == ("large", tuple(numbers(atoms, "t")), 900)
    assert "Block t alone has 900 households" in reason.sentence
    assert words(best(atoms)) == ["abc", "def", "t"]


def test_too_many_for_one_grid_and_too_few_for_two_is_said():
    (reason,) = impossible(drawn("abcdef", 91))
    assert reason.kind == "between"
    assert reason.sentence == "546 households are too many for 1 grids of 500 and too few for 2 of 300."


def test_what_can_be_is_not_said_to_be_impossible():
    assert impossible(drawn("abcdef", 100)) == []
    assert impossible(drawn("abcdef", 75), Size(150, 150)) == []


def test_islands_are_grids_of_their_own():
    assert words(best(drawn("abc.def", 120))) == ["abc", "def"]


def test_no_blocks_make_no_plan():
    assert best(atoms_of([], [])).grids == []


@pytest.mark.parametrize("moved", [0.0, 0.3])
def test_the_kernel_reckons_what_the_whole_plan_costs(moved):
    atoms = drawn(
        "abcdefgh ijklmnop qrstuvwx", 90, compounds="abij klcd", roads=[line((3, 0), (3, 3))],
        railways=[line((0, 1), (8, 1))],        walks=[line((2, 0), (2, 3)), line((6, 0), (6, 3))],
    )  # fmt: skip
    home = (np.arange(24) % 8 // 2).astype(np.int32)
    problem = Problem.of(atoms, Size(), Weights(moved=moved), home)
    search = Search(problem, started(problem, fitting_count(problem), 1))
    before = search.cost()
    gained = search.anneal(20_000, 0.5, 0.05, 3)
    assert before - search.cost() == pytest.approx(gained)
    counted = search.held.copy(), search.around.copy()
    search.count()
    used = search.blocks > 0
    assert (counted[0][used] == search.held[used]).all()
    assert counted[1][used] == pytest.approx(search.around[used])


@settings(deadline=None, max_examples=40)
@given(st.lists(st.lists(st.integers(0, 260), min_size=6, max_size=6), min_size=1, max_size=6), st.integers(0, 3))
def test_every_block_is_in_exactly_one_contiguous_grid(rows, shift):
    shapes = [
        box(50 * x + 20 * shift * (y % 2), 50 * y, 50 * x + 20 * shift * (y % 2) + 50, 50 * y + 50)
        for y, row in enumerate(rows)
        for x, _ in enumerate(row)
    ]
    plan = best(atoms_of(shapes, [count for row in rows for count in row]))
    found = scores(plan)
    assert (found.unassigned, found.contiguous) == (0, 1)
