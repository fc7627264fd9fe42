"""Nets laid over the blocks, drawn in ASCII: shares, crosswalks, gaps, double cover, and where nets disagree."""

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import box

from gis.crosswalk import (
    Part,
    Shared,
    agreed,
    borders,
    crosswalk,
    disagreements,
    doubles,
    gaps,
    kept,
    of_blocks,
    overlay_of,
    places_of,
)
from gis.plan import NO_GRID
from tests.gis.plan_drawing import CELL, drawn, line, numbers

ROW = "abcd"  # four blocks of 50 × 50 m beside each other


def homes(atoms, *rows):
    """Places in blocks: (letter, east of its west edge in metres, households)."""
    block = np.array([atoms.keys.index(letter) for letter, _, _ in rows], dtype=np.int64)
    west = shapely.bounds(atoms.shapes)[block, 0]
    xy = np.column_stack([west + [metres for _, metres, _ in rows], np.full(len(rows), 25.0)])
    return places_of(atoms.shapes, block, xy, np.array([held for _, _, held in rows], dtype=np.int64))


def net(*spans):
    """Grids from one place to another along the row, in cells."""
    return np.array([box(CELL * west, 0, CELL * east, CELL) for west, east in spans], dtype=object)


def overlaid(places, grids, asked=None):
    """A net laid over the places, as the program does that lays nets."""
    grid, place = shapely.STRtree(shapely.points(places.xy)).query(grids, predicate="intersects")
    return overlay_of(places, len(grids), place, grid, places.everywhere if asked is None else asked)


def test_a_block_is_in_the_grid_that_has_most_of_its_households():
    atoms = drawn(ROW)
    places = homes(atoms, ("a", 10, 100), ("b", 10, 60), ("b", 40, 40), ("c", 10, 80))
    found = overlaid(places, net((0, 1.5), (1.5, 4)))
    assert found.of.tolist() == [0, 0, 1, 1]
    assert found.share.tolist() == pytest.approx([1, 0.6, 1, 1])


def test_without_households_buildings_count_and_without_these_the_ground():
    atoms = drawn(ROW)
    places = homes(atoms, ("a", 10, 0), ("a", 30, 0), ("a", 40, 0), ("b", 25, 50))
    found = overlaid(places, net((0, 0.5), (0.5, 2.4), (2.4, 4)))
    assert found.of.tolist() == [1, 1, 2, 2]
    assert found.share.tolist() == pytest.approx([2 / 3, 1, 4 / 6, 1])


def test_a_block_of_which_most_is_in_no_grid_is_in_none():
    atoms = drawn(ROW)
    places = homes(atoms, ("a", 10, 30), ("a", 40, 70), ("b", 10, 60), ("b", 40, 40))
    found = overlaid(places, net((0, 0.5), (1, 1.5)))
    assert found.of.tolist() == [NO_GRID, 1, NO_GRID, NO_GRID]
    assert gaps(found) == {0: 70, 1: 40, 2: 0, 3: 0}


def test_a_crosswalk_holds_every_household_once():
    atoms = drawn(ROW)
    places = homes(atoms, ("a", 10, 100), ("b", 10, 60), ("b", 40, 40), ("c", 10, 80), ("d", 25, 7))
    one = overlaid(places, net((0, 1.5), (1.5, 3)))
    two = of_blocks(places, np.array([0, 0, 1, 1], dtype=np.int32))
    rows = crosswalk(one, two)
    assert rows == [Shared(NO_GRID, 1, 7, 1), Shared(0, 0, 160, 2), Shared(1, 0, 40, 1), Shared(1, 1, 80, 1)]
    assert sum(row.households for row in rows) == places.households.sum()


def test_a_crosswalk_counts_buildings_and_not_the_places_of_blocks_without_any():
    atoms = drawn(ROW)
    places = homes(atoms, ("a", 10, 100), ("b", 10, 0))
    (row,) = crosswalk(overlaid(places, net((0, 4))), of_blocks(places, np.zeros(4, dtype=np.int32)))
    assert row == Shared(0, 0, 100, 2)


def test_a_net_says_nothing_of_what_lies_outside_of_its_area():
    atoms = drawn(ROW)
    places = homes(atoms, ("a", 10, 100), ("a", 40, 20), ("c", 10, 80), ("d", 10, 7))
    mine = overlaid(places, net((0, 0.5)), asked=places.block <= 1)
    assert gaps(mine) == {0: 20, 1: 0}
    rows = crosswalk(mine, of_blocks(places, np.array([0, 0, 1, 1], dtype=np.int32)))
    assert rows == [Shared(NO_GRID, 0, 20, 1), Shared(0, 0, 100, 1)]


def test_a_strip_of_a_block_without_buildings_is_neither_a_gap_nor_double_cover():
    atoms = drawn(ROW)
    places = homes(atoms, ("a", 25, 0))
    strips = overlaid(places, net((0, 1.3), (1, 2), (2.3, 3), (3, 3.3)))
    assert (gaps(strips), doubles(strips)) == ({3: 0}, {})  # 0.3 of b twice, and of c in none; 0.7 of d in none
    assert doubles(overlaid(places, net((0, 1.7), (1, 4)))) == {(0, 1): Part((1,), 0)}
    assert gaps(overlaid(places, net((0.6, 4)))) == {0: 0}  # an office is named, whatever its block


def test_what_lies_in_two_grids_is_named_once_for_each_pair():
    atoms = drawn(ROW)
    places = homes(atoms, ("a", 25, 10), ("b", 25, 20), ("c", 25, 30), ("d", 25, 40))
    found = overlaid(places, net((0, 2), (1, 3), (1, 4)))
    assert doubles(found) == {(0, 1): Part((1,), 20), (0, 2): Part((1,), 20), (1, 2): Part((1, 2), 50)}
    # A place in several grids is in that of its block, so that crosswalks count it once.
    assert found.first.tolist() == [0, 0, 1, 2]


def test_nets_disagree_where_one_parts_what_the_other_keeps():
    atoms = drawn(ROW)
    one, two = np.array([0, 0, 1, 1], dtype=np.int32), np.array([0, 1, 1, NO_GRID], dtype=np.int32)
    parted = {pair for pair, differs in _pairs(atoms, disagreements(atoms, one, two)) if differs}
    assert parted == {("a", "b"), ("b", "c")}
    assert borders(atoms, two).sum() == 2  # a|b from both sides; d is in no grid
    assert not disagreements(atoms, one, one).any()


def _pairs(atoms, flags):
    keys = atoms.keys
    ends = zip(atoms.tail.tolist(), atoms.near.tolist(), strict=True)
    return zip((tuple(sorted((keys[tail], keys[near]))) for tail, near in ends), flags.tolist(), strict=True)


def test_a_net_is_kept_as_far_as_its_grids_stay_together():
    held = np.array([100, 100, 100, 50])
    grids = np.array([0, 0, 1, 1], dtype=np.int32)
    assert kept(grids, grids, held) == 1
    assert kept(grids, np.array([5, 5, 5, 5], dtype=np.int32), held) == 1  # joined is together, too
    assert kept(grids, np.array([0, 1, 2, 3], dtype=np.int32), held) == pytest.approx(200 / 350)
    assert kept(grids, np.array([0, 0, NO_GRID, NO_GRID], dtype=np.int32), held) == pytest.approx(200 / 350)
    assert kept(np.full(4, NO_GRID, dtype=np.int32), grids, held) == 1


def test_blocks_that_all_nets_keep_together_are_joined_where_one_can_walk_and_they_are_few_enough():
    atoms = drawn("abcdef", railways=[line((4, 0), (4, 1))])
    one = np.array([0, 0, 0, 0, 0, NO_GRID], dtype=np.int32)
    two = np.array([0, 0, 1, 1, 1, 1], dtype=np.int32)
    free = np.ones(6, dtype=np.bool_)
    groups = agreed(atoms, [one, two], 500, free)
    # e is across the railway
    assert [sorted(group) for group in groups] == [numbers(atoms, "ab"), numbers(atoms, "cd")]
    assert agreed(atoms, [one, two], 199, free) == ()
    free[0] = False
    assert [sorted(group) for group in agreed(atoms, [one, two], 500, free)] == [numbers(atoms, "cd")]


@given(
    st.lists(st.tuples(st.sampled_from(ROW), st.integers(1, 49), st.integers(0, 90)), max_size=12),
    st.lists(st.tuples(st.integers(0, 16), st.integers(1, 8)), max_size=6),
    st.lists(st.integers(-1, 2), min_size=4, max_size=4),
)
def test_no_net_loses_or_doubles_a_household(rows, spans, plan):
    atoms = drawn(ROW)
    places = homes(atoms, *rows)
    one = overlaid(places, net(*((west / 4, (west + wide) / 4) for west, wide in spans)))
    two = of_blocks(places, np.array(plan, dtype=np.int32))
    assert sum(row.households for row in crosswalk(one, two)) == sum(held for _, _, held in rows)
    assert sum(gaps(one).values()) == sum(row.households for row in crosswalk(one, two) if row.one == NO_GRID)
    assert ((one.share >= 0) & (one.share <= 1 + 1e-9)).all()
    assert ((one.of == NO_GRID) | (one.share > 0)).all()
