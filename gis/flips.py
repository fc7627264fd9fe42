"""Compiled loops over plans: which parts hang together, and annealing by single flips of blocks between grids.

Blocks and their neighbours stand in compressed rows, as in `gis.atoms`; `of` is the grid of each block. A flip takes a
block into the grid of a neighbour that one can walk to, never one without which its grid would fall into more parts:
this is looked at exactly, by walking through the grid that loses the block. A grid that loses its last block is gone.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gis.kernel import (
    COUNT,
    FLAGS,
    INTS,
    LONGS,
    NOTHING,
    OUT_INTS,
    OUT_LONGS,
    OUT_REALS,
    REAL,
    REALS,
    inlined,
    kernel,
    several,
)

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]
Longs = NDArray[np.int64]
Flags = NDArray[np.bool_]

FINE = 1 << 30  # how finely chances are told apart
NEAR_WORSE = 1e-9  # what counts as no worse
WINDOW = 4096  # flips tried one after the other among as many neighbouring edges: their blocks stay in the cache


@kernel(several(COUNT, OUT_INTS), LONGS, INTS, FLAGS, INTS)
def pieces(start: Longs, near: Ints, passable: Flags, of: Ints) -> Any:
    """How many parts the grids fall into, and the part of each block; -1 for blocks in no grid (of < 0)."""
    part = np.full(len(of), -1, dtype=np.int32)
    waiting = np.empty(len(of), dtype=np.int32)
    count = 0
    for first in range(len(of)):
        if part[first] >= 0 or of[first] < 0:
            continue
        part[first] = count
        waiting[0] = first
        left = 1
        while left:
            left -= 1
            block = waiting[left]
            for at in range(start[block], start[block + 1]):
                other = near[at]
                if passable[at] and part[other] < 0 and of[other] == of[block]:
                    part[other] = count
                    waiting[left] = other
                    left += 1
        count += 1
    return count, part


@inlined
def _stays_whole(
    start: Longs, near: Ints, passable: Flags, of: Ints, block: int, seen: Longs, stamp: int, waiting: Ints
) -> bool:
    """Whether the neighbours of a block in its grid reach each other without it; `stamp` is new in each call."""
    grid, wanted, left = of[block], 0, 0
    for at in range(start[block], start[block + 1]):
        if passable[at] and of[near[at]] == grid:
            wanted += 1
            if left == 0:
                waiting[0] = near[at]
                left = 1
            seen[near[at]] = -stamp  # to be reached
    if wanted == 0:
        return False
    found, seen[block] = 1, stamp
    seen[waiting[0]] = stamp
    while left and found < wanted:
        left -= 1
        here = waiting[left]
        for at in range(start[here], start[here + 1]):
            other = near[at]
            if passable[at] and of[other] == grid and seen[other] != stamp:
                found += seen[other] == -stamp
                seen[other] = stamp
                waiting[left] = other
                left += 1
    return found == wanted


@inlined
def _drawn(x: np.uint64) -> np.uint64:
    """The next state of a random number (xorshift, Marsaglia 2003)."""
    x ^= x << np.uint64(13)
    x ^= x >> np.uint64(7)
    return x ^ (x << np.uint64(17))


@inlined
def _below(x: np.uint64, count: int) -> int:
    """A number from 0 to `count` - 1 of a random state, count up to FINE."""
    return int((np.int64(x >> np.uint64(33)) * count) >> 31)


@inlined
def _cost(held: float, area: float, around: float, low: float, high: float, missing: float, round_: float) -> float:
    """What a grid costs: households by which it misses the range, and how far its Polsby–Popper is below the usual."""
    missed = max(low - held, held - high, 0.0)
    out = missing * (0.05 + missed / low) if missed > 0 else 0.0
    return float(out + round_ * (0.7 - 4 * np.pi * area / (around * around)))


@inlined
def _prices(
    size: Longs, held: Longs, covers: Floats, around: Floats, low: float, high: float, missing: float, round_: float
) -> Floats:
    """What each grid costs, 0 for those that are gone."""
    price = np.zeros(len(size))
    for grid in range(len(size)):
        if size[grid] > 0:
            price[grid] = _cost(held[grid], covers[grid], around[grid], low, high, missing, round_)
    return price


@kernel(
    several(REAL, COUNT),
    LONGS, INTS, INTS, FLAGS, LONGS, REALS, REALS, LONGS, REALS, REALS, INTS, REALS,
    OUT_INTS, OUT_LONGS, OUT_LONGS, OUT_REALS, OUT_REALS, OUT_LONGS,
    COUNT, COUNT, REAL, REAL, COUNT, REAL, REAL, COUNT,
)  # fmt: skip
def anneal(
    start: Longs, tail: Ints, near: Ints, passable: Flags, ways: Longs, metres: Floats, apart: Floats,
    households: Longs, area: Floats, outline: Floats, home: Ints, moved: Floats,
    of: Ints, size: Longs, held: Longs, covers: Floats, around: Floats, seen: Longs,
    low: int, high: int, missing: float, round_: float, proposals: int, hot: float, cold: float, seed: int,
) -> Any:  # fmt: skip
    """By how much `of` got cheaper, and how many flips were made, by simulated annealing from `hot` to `cold`.

    `ways` are the edges that can be walked, `tail` the block from which each edge is seen. `apart` is what an edge
    costs that lies inside a grid, less than nothing where it should; `moved` what a block costs in another grid than
    its `home`. `size`, `held`, `covers` and `around` are the blocks, households, area and outline of each grid; they
    are kept up to date as `of` is. `seen` is for looking, as long as `of`, its last entry the greatest stamp in it.
    """
    state = np.uint64(seed * 2654435761 + 88172645463325252)
    waiting = np.empty(len(of), dtype=np.int32)
    price = _prices(size, held, covers, around, low, high, missing, round_)
    stamp = seen[len(of)]
    gained, flips = 0.0, 0
    base, span = 0, min(len(ways), WINDOW)
    for turn in range(proposals if len(ways) else 0):
        heat = hot + (cold - hot) * turn / proposals
        state = _drawn(state)
        if turn % WINDOW == 0:
            base = _below(state, len(ways))
            state = _drawn(state)
        at = base + _below(state, span)
        at = ways[at - len(ways) * (at >= len(ways))]
        block = tail[at]
        old, new = of[block], of[near[at]]
        if new == old or new < 0 or old < 0:
            continue
        shared_old, shared_new = 0.0, 0.0
        change = moved[block] * ((new != home[block]) - (old != home[block])) - price[old] - price[new]
        for at in range(start[block], start[block + 1]):
            other = of[near[at]]
            if other == old:
                shared_old += metres[at]
                change -= apart[at]
            elif other == new:
                shared_new += metres[at]
                change += apart[at]
        less, more = held[old] - households[block], held[new] + households[block]
        area_old, area_new = covers[old] - area[block], covers[new] + area[block]
        around_old = around[old] - outline[block] + 2 * shared_old
        around_new = around[new] + outline[block] - 2 * shared_new
        price_old = _cost(less, area_old, around_old, low, high, missing, round_) if size[old] > 1 else 0.0
        price_new = _cost(more, area_new, around_new, low, high, missing, round_)
        change += price_old + price_new
        state = _drawn(state)
        if change > NEAR_WORSE and (heat <= 0 or _below(state, FINE) >= FINE * np.exp(-change / heat)):
            continue
        stamp += 1
        if size[old] > 1 and not _stays_whole(start, near, passable, of, block, seen, stamp, waiting):
            continue
        of[block] = new
        size[old] -= 1
        size[new] += 1
        held[old], held[new] = less, more
        covers[old], covers[new] = area_old, area_new
        around[old], around[new] = around_old, around_new
        price[old], price[new] = price_old, price_new
        gained -= change
        flips += 1
    seen[len(of)] = stamp
    return gained, flips


@kernel(NOTHING, LONGS, INTS, REALS, LONGS, REALS, REALS, INTS, OUT_LONGS, OUT_LONGS, OUT_REALS, OUT_REALS)
def measure(
    start: Longs, near: Ints, metres: Floats, households: Longs, area: Floats, outline: Floats, of: Ints,
    size: Longs, held: Longs, covers: Floats, around: Floats,
) -> None:  # fmt: skip
    """Write blocks, households, area and outline of each grid."""
    size[:], held[:] = 0, 0
    covers[:], around[:] = 0.0, 0.0
    for block in range(len(of)):
        grid = of[block]
        if grid < 0:
            continue
        size[grid] += 1
        held[grid] += households[block]
        covers[grid] += area[block]
        around[grid] += outline[block]
        for at in range(start[block], start[block + 1]):
            if of[near[at]] == grid:
                around[grid] -= metres[at]
