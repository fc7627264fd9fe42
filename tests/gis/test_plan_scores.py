"""What plans are worth, against what is reckoned from their polygons."""

import math

import numpy as np
import pytest
import shapely
from shapely import box

from gis.plan import Plan, create, flip
from gis.plan_scores import Size, by_grid, compounds_cut, moved, reock, scores
from tests.gis.plan_drawing import drawn, line, numbers, planned, town


def test_compactness_is_that_of_the_union_of_the_blocks():
    atoms = town(9, 7, seed=2)
    plan = Plan(atoms, (np.arange(63) % 9 // 3).astype(np.int32))
    each, circles = by_grid(plan), reock(plan)
    for grid in plan.grids:
        whole = shapely.union_all(atoms.shapes[plan.of == grid])
        assert each.area[grid] == pytest.approx(whole.area)
        assert each.outline[grid] == pytest.approx(whole.length)
        assert each.polsby_popper[grid] == pytest.approx(4 * math.pi * whole.area / whole.length**2)
        assert circles[grid] == pytest.approx(whole.area / math.pi / shapely.minimum_bounding_radius(whole) ** 2)


def test_a_hole_counts_to_the_outline_of_the_grid_around_it():
    plan = planned(drawn("aaa aba aaa"), "a b")
    assert by_grid(plan).outline.tolist() == [800.0, 200.0]


def test_households_are_held_against_the_range_where_the_grid_is_not_dedicated():
    plan = planned(drawn("abcd", {"a": 299, "b": 300, "c": 500, "d": 0}), "a b c d", dedicated=frozenset({3}))
    assert scores(plan).in_range == pytest.approx(2 / 3)
    assert scores(plan, size=Size(299, 500)).in_range == 1
    assert scores(plan).dedicated == 1


def test_a_grid_in_two_pieces_is_not_contiguous():
    plan = planned(drawn("abcd"), "ad bc")
    assert by_grid(plan).parts.tolist() == [2, 1]
    assert scores(plan).contiguous == 0.5


def test_roads_railways_and_water_inside_a_grid_are_counted_once_each():
    atoms = drawn(
        "abc def ghi",
        roads=[line((1, 0), (1, 3))],
        railways=[line((0, 2), (3, 2))],
        walks=[line((0, 0), (0, 3))],
        waters=[box(0, 49, 150, 50 + 3)],
    )
    whole = scores(planned(atoms, "abcdefghi"))
    assert (whole.major_roads, whole.railways) == (3, 3)
    apart = scores(planned(atoms, "adg behcfi"))
    assert (apart.major_roads, apart.railways) == (0, 3)


def test_compounds_in_two_grids_are_cut_needlessly_where_one_would_hold_them():
    atoms = drawn("abcd", {"a": 300, "b": 300, "c": 100, "d": 100}, compounds="ab cd")
    plan = planned(atoms, "a bc d")
    assert compounds_cut(plan) == ([0, 1], [1])
    assert scores(plan).compounds_cut == 2
    assert scores(planned(atoms, "ab cd")).compounds_cut == 0


def test_households_move_where_they_leave_the_grid_that_stands_for_theirs():
    atoms = drawn("abcdef", {"a": 10, "b": 20, "c": 25, "d": 80, "e": 160, "f": 100})
    today = planned(atoms, "abc def")
    assert moved(flip(today, numbers(atoms, "c"), 1), today).tolist() == [False, False, True, False, False, False]
    assert scores(flip(today, numbers(atoms, "c"), 1), today=today).households_moved == 25
    assert scores(create(today, numbers(atoms, "f")), today=today).blocks_moved == 1


def test_where_most_of_a_grid_leaves_it_the_rest_changes_grid_too_as_in_a_publication():
    atoms = drawn("abcdef", {"a": 10, "b": 20, "c": 40, "d": 80, "e": 160, "f": 100})
    today = planned(atoms, "abc def")
    assert moved(flip(today, numbers(atoms, "c"), 1), today).tolist() == [True, True, True, False, False, False]


def test_grids_that_only_have_other_numbers_move_nobody():
    atoms = drawn("abcdef")
    assert not moved(planned(atoms, "def abc"), planned(atoms, "abc def")).any()


def test_a_block_that_gets_a_grid_has_moved():
    atoms = drawn("abc")
    assert moved(planned(atoms, "abc"), planned(atoms, "ab")).tolist() == [False, False, True]


def test_eighty_households_take_a_worker():
    each = by_grid(planned(drawn("abc", {"a": 80, "b": 81, "c": 0}), "a b c"))
    assert each.workers.tolist() == [1, 2, 0]


def test_an_empty_plan_has_scores():
    empty = scores(planned(drawn("ab"), ""))
    assert (empty.grids, empty.unassigned, empty.in_range, empty.polsby_popper) == (0, 2, 1.0, 0.0)
