"""About how far a round through each grid of a plan is walked: by a tree of shortest ways between its buildings.

The tree that joins some places by shortest ways is found from the regions around all places of a network, which are
reckoned once (Mehlhorn 1988): after that, every plan takes milliseconds. All in local metres.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, dijkstra, minimum_spanning_tree
from scipy.spatial import cKDTree

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]
Longs = NDArray[np.int64]

ROUND = 2.0  # metres of a round for each one of the tree: for half of the demo's 291 rounds right within a fifth
ASTRAY = 1.3  # metres on foot for each one as the crow flies, where no way is known
SAME = 1e-3  # metres between places at the same spot


class Ways(NamedTuple):
    """Places, the block of each, and the short ways between them, each pair once."""

    block: Longs
    xy: Floats
    one: Longs
    two: Longs
    metres: Floats


def ways_between(block: Longs, xy: Floats, nodes: Floats, tail: Longs, head: Longs, metres: Floats) -> Ways:
    """The ways on a network of paths between places, each at its nearest node; `tail` and `head` by position."""
    used = np.unique(np.r_[tail, head])
    if not len(used) or not len(xy):
        nothing = np.empty(0, dtype=np.int64)
        return Ways(block, xy, nothing, nothing, np.empty(0))
    at = used[cKDTree(nodes[used]).query(xy)[1]]
    network = csr_array(
        (np.r_[metres, metres] + SAME, (np.r_[tail, head], np.r_[head, tail])), shape=(len(nodes), len(nodes))
    )
    away, _, source = dijkstra(network, indices=np.unique(at), min_only=True, return_predecessors=True)
    return _deduplicated(block, xy, *_met(at, tail, head, metres, away, source))


def _met(
    at: Longs, tail: Longs, head: Longs, metres: Floats, away: Floats, source: Ints
) -> tuple[Longs, Longs, Floats]:
    """Ways between places: along paths on which two regions meet, and between places at the same node."""
    taken, first, lead = np.unique(at, return_index=True, return_inverse=True)
    meet = np.flatnonzero((source[tail] != source[head]) & np.isfinite(away[tail]) & np.isfinite(away[head]))
    one, two = (first[np.searchsorted(taken, source[end[meet]])] for end in (tail, head))
    beside = np.flatnonzero(first[lead] != np.arange(len(at)))
    between = away[tail[meet]] + metres[meet] + away[head[meet]]
    return np.r_[one, beside], np.r_[two, first[lead[beside]]], np.r_[between, np.zeros(len(beside))]


def _deduplicated(block: Longs, xy: Floats, one: Longs, two: Longs, metres: Floats) -> Ways:
    """The shortest way of each pair."""
    low, high = np.minimum(one, two), np.maximum(one, two)
    order = np.lexsort((metres, high, low))
    low, high, metres = low[order], high[order], metres[order]
    new = np.r_[True, (np.diff(low) != 0) | (np.diff(high) != 0)][: len(low)]
    return Ways(block, xy, low[new], high[new], metres[new])


def rounds(ways: Ways, of: Ints) -> Floats:
    """About how many metres a round through each grid is, by number; `of` is the grid of each block, -1 for none."""
    grid = of[ways.block].astype(np.int64)
    count = int(of.max(initial=-1)) + 1
    inside = np.flatnonzero((grid[ways.one] == grid[ways.two]) & (grid[ways.one] >= 0))
    size = (len(grid), len(grid))
    graph = csr_array((ways.metres[inside] + SAME, (ways.one[inside], ways.two[inside])), shape=size)
    tree = minimum_spanning_tree(graph).tocoo()
    walked = np.bincount(grid[tree.row], tree.data, minlength=count)
    part = connected_components(graph, directed=False)[1]
    return np.asarray(ROUND * walked + _astray(ways.xy, grid, part, count), dtype=np.float64)


def _astray(xy: Floats, grid: Longs, part: Ints, count: int) -> Floats:
    """The metres there and back, for each grid, between its largest part and those that no way inside it leads to."""
    parts = int(part.max(initial=-1)) + 1
    held = np.maximum(np.bincount(part, minlength=parts), 1)
    middle = np.column_stack([np.bincount(part, xy[:, axis], minlength=parts) / held for axis in (0, 1)])
    home = np.full(parts, -1, dtype=np.int64)
    home[part] = grid
    order = np.lexsort((held, home))
    largest = np.full(count, -1, dtype=np.int64)
    kept = order[home[order] >= 0]
    largest[home[kept]] = kept
    gap = np.hypot(*(middle[kept] - middle[largest[home[kept]]]).T)
    return np.bincount(home[kept], 2 * ASTRAY * gap, minlength=count).astype(np.float64)
