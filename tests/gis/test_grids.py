"""Grids formed from blocks drawn in ASCII: one character is 50 × 50 m, equal letters are one block."""

from random import Random

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import box

from gis.blocks import shared_edges
from gis.grids import form_grids, tints


def drawn(picture):
    """The blocks of a drawing by letter."""
    cells = {}
    for y, row in enumerate(reversed(picture.split())):
        for x, letter in enumerate(row):
            if letter != ".":
                cells.setdefault(letter, []).append(box(50 * x, 50 * y, 50 * x + 50, 50 * y + 50))
    return {letter: shapely.unary_union(cells[letter]) for letter in sorted(cells)}


def formed(picture, households, **options):
    """The grids of a drawing as sorted words, e.g. ["ab", "cd"]."""
    blocks = drawn(picture)
    counts = [households] * len(blocks) if isinstance(households, int) else [households[b] for b in blocks]
    letters = list(blocks)
    return ["".join(letters[i] for i in grid) for grid in form_grids(list(blocks.values()), counts, **options)]


def contiguous(grid, edges):
    seen, waiting = {grid[0]}, [grid[0]]
    while waiting:
        for j in edges[waiting.pop()]:
            if j in grid and j not in seen:
                seen.add(j)
                waiting.append(j)
    return len(seen) == len(grid)


def test_four_blocks_of_two_hundred_make_two_grids():
    assert [len(grid) for grid in formed("aabbccdd", 200)] == [2, 2]


def test_blocks_that_touch_at_a_corner_only_are_not_one_grid():
    assert formed("aa.. aa.. ..bb ..bb", 200) == ["a", "b"]


def test_an_uninhabited_park_joins_a_grid():
    grids = formed("aappbb aappbb", {"a": 400, "b": 400, "p": 0})
    assert sorted(len(grid) for grid in grids) == [1, 2]


def test_a_block_over_the_range_stands_alone_and_is_not_lost():
    assert "b" in formed("aabbcc", {"a": 400, "b": 900, "c": 400})


def test_a_grid_too_small_joins_its_neighbour_where_both_fit():
    assert formed("aabb", {"a": 380, "b": 90}) == ["ab"]


def test_repair_finds_the_only_plan_that_fits():
    #  only "ab" + "cd" + "ef" puts all three into the range
    households = {"a": 100, "b": 300, "c": 150, "d": 250, "e": 350, "f": 100}
    assert formed("aabbccddeeff", households, low=380, high=460) == ["ab", "cd", "ef"]


def test_an_area_without_households_is_one_grid_a_contiguous_part():
    assert formed("aab.cc", 0) == ["ab", "c"]


def test_no_blocks_make_no_grids():
    assert form_grids([], []) == []


def test_a_range_upside_down_is_refused():
    with pytest.raises(ValueError, match="low <= high"):
        form_grids([box(0, 0, 1, 1)], [1], low=5, high=4)


def test_the_same_blocks_give_the_same_grids():
    picture, counts = city(12, 9, seed=5)
    assert form_grids(picture, counts) == form_grids(picture, counts)


def city(width, height, *, seed):
    """A chequered town with 40 to 120 households a block."""
    random = Random(seed)  # noqa: S311
    blocks = [box(80 * x, 60 * y, 80 * x + 80, 60 * y + 60) for y in range(height) for x in range(width)]
    return blocks, [random.randrange(40, 121) for _ in blocks]


@pytest.mark.parametrize("seed", range(4))
def test_a_town_of_even_blocks_is_wholly_in_the_range_and_compact(seed):
    blocks, counts = city(18, 14, seed=seed)
    grids = form_grids(blocks, counts)
    held = [sum(counts[i] for i in grid) for grid in grids]
    assert all(300 <= h <= 500 for h in held)
    outlines = [shapely.unary_union([blocks[i] for i in grid]) for grid in grids]
    compactness = [4 * 3.14159 * o.area / o.length**2 for o in outlines]
    assert sum(compactness) / len(compactness) > 0.5


def test_neighbours_are_tinted_differently():
    blocks, _ = city(9, 9, seed=1)
    colour = tints(blocks)
    assert set(colour) <= set(range(6))
    assert all(colour[i] != colour[j] for i, near in enumerate(shared_edges(blocks)) for j in near)
    assert len(set(colour)) > 3  # spread over the palette


@settings(deadline=None, max_examples=30)
@given(st.lists(st.lists(st.integers(0, 260), min_size=6, max_size=6), min_size=1, max_size=6), st.integers(0, 3))
def test_every_block_is_in_exactly_one_contiguous_grid(rows, shift):
    blocks = [
        box(50 * x + 20 * shift * (y % 2), 50 * y, 50 * x + 20 * shift * (y % 2) + 50, 50 * y + 50)
        for y, row in enumerate(rows)
        for x, _ in enumerate(row)
    ]
    counts = [count for row in rows for count in row]
    grids = form_grids(blocks, counts)
    assert sorted(i for grid in grids for i in grid) == list(range(len(blocks)))
    edges = shared_edges(blocks)
    assert all(contiguous(grid, edges) for grid in grids)
