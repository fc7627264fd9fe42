"""About how far a round through each grid is: by a tree of short ways, and there and back where no way leads."""

import numpy as np
import pytest

from gis.plan_walks import ASTRAY, ROUND, rounds, ways_between

#   a---b---c---d       100 m each; a house beside every node, each in a block of its own
NODES = np.array([[0.0, 0], [100, 0], [200, 0], [300, 0]])
TAIL, HEAD = np.array([0, 1, 2]), np.array([1, 2, 3])
HOUSES = NODES + np.array([0, 5])
STEP = 100


def row(houses=HOUSES, block=None, tail=TAIL, head=HEAD):
    block = np.arange(len(houses)) if block is None else np.array(block)
    metres = np.hypot(*(NODES[tail] - NODES[head]).T)
    return ways_between(block, np.array(houses, dtype=float).reshape(-1, 2), NODES, tail, head, metres)


def test_a_round_goes_along_the_ways_between_the_houses_of_a_grid():
    found = rounds(row(), np.array([0, 0, 1, 1], dtype=np.int32))
    assert found == pytest.approx([ROUND * STEP] * 2, rel=1e-3)
    assert rounds(row(), np.array([0, 0, 0, 0], dtype=np.int32)) == pytest.approx([ROUND * 3 * STEP], rel=1e-3)


def test_houses_in_no_grid_are_not_walked_to():
    assert rounds(row(), np.array([0, 0, 0, -1], dtype=np.int32)) == pytest.approx([ROUND * 2 * STEP], rel=1e-3)


def test_a_grid_in_pieces_is_walked_between_there_and_back():
    found = rounds(row(), np.array([0, 1, 1, 0], dtype=np.int32))
    assert found == pytest.approx([2 * ASTRAY * 300, ROUND * STEP], rel=1e-3)


def test_houses_at_the_same_node_are_one_stop():
    found = rounds(row([[0, 5], [0, -7], [100, 5]], block=[0, 0, 0]), np.array([0], dtype=np.int32))
    assert found == pytest.approx([ROUND * STEP], rel=1e-3)


def test_a_detour_is_as_long_as_the_way():
    """Houses at a and d; b and c have none: the way between them leads past both."""
    found = rounds(row(HOUSES[[0, 3]]), np.array([0, 0], dtype=np.int32))
    assert found == pytest.approx([ROUND * 300], rel=1e-3)


@pytest.mark.parametrize("of", [[0, 0, 0, 0], [-1, -1, -1, -1]])
def test_without_a_way_it_is_as_the_crow_flies_and_without_a_grid_nothing(of):
    nothing = np.empty(0, dtype=np.int64)
    found = rounds(row(tail=nothing, head=nothing), np.array(of, dtype=np.int32))
    assert found.sum() == pytest.approx(2 * ASTRAY * 600 if of[0] == 0 else 0)
    assert len(rounds(row([]), np.array([], dtype=np.int32))) == 0
