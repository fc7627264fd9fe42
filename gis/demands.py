"""Who is covered by which candidate, as a small problem: demands behind doors, merged where the same candidates cover.

A demand is a weight on a floor of `climb` seconds above a door. Candidates cover it when they arrive at the door early
enough for the climb; demands of equal covers, in one staircase or in several, become one.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gis.covers import Arrivals, TooMuchError
from gis.kernel import INTS, LONGS, OUT_INTS, OUT_LONGS, REAL, REALS, kernel

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
MOST_COVERS = 40_000_000  # candidates times demands that are held


class Demands(NamedTuple):
    """Weights, whole numbers, `climb` seconds behind door number `door`: columns of equal length."""

    door: Ints
    climb: Floats
    weight: Ints

    def take(self, chosen: Any) -> "Demands":
        """The demands that a mask or an array of positions names."""
        return Demands(self.door[chosen], self.climb[chosen], self.weight[chosen])


class Covers(NamedTuple):
    """Compressed rows: candidate i covers the demands `item[start[i]:start[i + 1]]`, of `weight` each."""

    start: Ints  # (candidates + 1,)
    item: NDArray[np.int32]
    weight: Ints  # (demands,)


def covers(reached: Arrivals, demands: Demands, limit: float) -> Covers:
    """What each place of `reached` covers within `limit` seconds; demands that none covers are left out.

    Raises TooMuchError.
    """
    order = np.lexsort((demands.climb, demands.door))
    door, climb, weight = (np.ascontiguousarray(column[order]) for column in demands)
    highest = max(int(door.max(initial=-1)), int(reached.door.max(initial=-1)))
    first = np.searchsorted(door, np.arange(highest + 2))
    rank = _ranks(reached.door, reached.seconds, first, climb, float(limit))
    key = _keys(reached.start, reached.door, rank, first, _marks(len(reached.start) - 1))
    _, representative, group = np.unique(key, return_index=True, return_inverse=True)
    merged = np.bincount(group, weight, minlength=len(representative)).astype(np.int64)
    number = np.full(len(door), -1, dtype=np.int32)
    kept = np.flatnonzero((key[representative] != 0) & (merged > 0))
    number[representative[kept]] = np.arange(len(kept), dtype=np.int32)
    start = _row_starts(reached.start, reached.door, rank, first, number)
    if start[-1] > MOST_COVERS:
        raise TooMuchError
    return Covers(start, _row_items(start, reached.start, reached.door, rank, first, number), merged[kept])


def same_candidates(start: Ints, item: NDArray[np.int32], weight: Ints) -> Ints:
    """For each candidate a number that those with equal covers share, 0 where it covers nothing."""
    mark = _marks(len(weight))
    owner = np.repeat(np.arange(len(start) - 1), np.diff(start))
    key = np.zeros(len(start) - 1, dtype=np.int64)
    np.add.at(key, owner, mark[item])
    return key


def _marks(count: int) -> Ints:
    """A random number for each member of a set: sets with equal sums are equal, but once in 2**64 times."""
    return np.random.default_rng(20260501).integers(1, 2**63 - 1, count, dtype=np.int64)


@kernel(OUT_INTS, LONGS, REALS, LONGS, REALS, REAL)
def _ranks(door: Ints, seconds: Floats, first: Ints, climb: Any, limit: float) -> Any:
    """How many of its door's demands, lowest first, each arrival is early enough for."""
    rank = np.empty(len(door), dtype=np.int32)
    for at in range(len(door)):
        low, high = first[door[at]], first[door[at] + 1]
        end = low
        while end < high and seconds[at] + climb[end] <= limit:
            end += 1
        rank[at] = end - low
    return rank


@kernel(OUT_LONGS, LONGS, LONGS, INTS, LONGS, LONGS)
def _keys(start: Ints, door: Ints, rank: Any, first: Ints, mark: Ints) -> Any:
    """For each demand the sum of the marks of the candidates that cover it; 0 where none does."""
    key = np.zeros(first[-1], dtype=np.int64)
    for place in range(len(start) - 1):
        for at in range(start[place], start[place + 1]):
            if rank[at] > 0:
                key[first[door[at]] + rank[at] - 1] += mark[place]
    for one in range(len(first) - 1):  # who is early enough for a floor is so for the floors below
        for at in range(first[one + 1] - 2, first[one] - 1, -1):
            key[at] += key[at + 1]
    return key


@kernel(OUT_LONGS, LONGS, LONGS, INTS, LONGS, INTS)
def _row_starts(start: Ints, door: Ints, rank: Any, first: Ints, number: Any) -> Any:
    """Where the rows of `covers` begin."""
    before = np.zeros(first[-1] + 1, dtype=np.int64)  # numbered demands before each
    for at in range(first[-1]):
        before[at + 1] = before[at] + (number[at] >= 0)
    rows = np.zeros(len(start), dtype=np.int64)
    for place in range(len(start) - 1):
        rows[place + 1] = rows[place]
        for at in range(start[place], start[place + 1]):
            rows[place + 1] += before[first[door[at]] + rank[at]] - before[first[door[at]]]
    return rows


@kernel(OUT_INTS, LONGS, LONGS, LONGS, INTS, LONGS, INTS)
def _row_items(rows: Ints, start: Ints, door: Ints, rank: Any, first: Ints, number: Any) -> Any:
    """The items of the rows of `covers`."""
    item = np.empty(rows[-1], dtype=np.int32)
    end = 0
    for place in range(len(start) - 1):
        for at in range(start[place], start[place + 1]):
            for demand in range(first[door[at]], first[door[at]] + rank[at]):
                if number[demand] >= 0:
                    item[end] = number[demand]
                    end += 1
    return item
