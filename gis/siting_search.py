"""Compiled loops of siting: greedy choice, swaps, and prices of demands that bound what any choice can cover.

Candidates are compressed rows (`start`, `item`) of the demands they cover. `depth` counts for each demand how many
chosen candidates cover it. At most `most` candidates are chosen, at most `newest` of them where `new` is true.
Sources: lazy greedy, Minoux 1978; swaps in one pass, Resende and Werneck 2004; prices by subgradients, Held, Wolfe and
Crowder 1974, with the memory of Camerini, Fratta and Maffioli 1975.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gis.kernel import COUNT, FLAGS, INTS, LONGS, OUT_LONGS, OUT_REALS, REAL, REALS, inlined, kernel, several

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MEMORY = 0.7  # share of the last direction in the next
PATIENCE, SHRINK = 20, 0.7  # rounds without progress, after which the steps shrink
SMALLEST = 1e-3  # of a step: nothing is to be gained any more
PROGRESS = 2e-5  # of the bound
TRIED = 10  # rounds between two choices that the prices suggest
WHOLE = 1 - 1e-6  # households: bounds closer than this to a choice prove it, since weights are whole


@kernel(OUT_LONGS, LONGS, INTS, COUNT, LONGS)
def depths(start: Ints, item: Any, demands: int, chosen: Ints) -> Any:
    """How many of `chosen` cover each demand."""
    depth = np.zeros(demands, dtype=np.int64)
    for j in chosen:
        for i in item[start[j] : start[j + 1]]:
            depth[i] += 1
    return depth


@kernel(COUNT, LONGS, INTS, LONGS, LONGS)
def covered(start: Ints, item: Any, weight: Ints, chosen: Ints) -> Any:
    """The weight that `chosen` covers."""
    return weight[depths(start, item, len(weight), chosen) > 0].sum()


@kernel(OUT_LONGS, LONGS, INTS, LONGS, FLAGS, LONGS, COUNT, COUNT)
def greedy(start: Ints, item: Any, weight: Ints, new: Any, chosen: Ints, most: int, newest: int) -> Any:
    """`chosen` and what adds most to it, one after the other, until nothing adds anything."""
    depth = depths(start, item, len(weight), chosen)
    gain = np.zeros(len(start) - 1, dtype=np.int64)
    for j in range(len(gain)):
        for i in item[start[j] : start[j + 1]]:
            gain[j] += weight[i]
    gain[chosen] = 0
    left = newest - new[chosen].sum()
    grown = [j for j in chosen]  # noqa: C416 (a compiled list needs its type from somewhere)
    while len(grown) < min(most, len(gain)):
        best = np.argmax(gain)
        if gain[best] <= 0:
            break
        fresh = 0
        if left > 0 or not new[best]:
            for i in item[start[best] : start[best + 1]]:
                if depth[i] == 0:
                    fresh += weight[i]
        if fresh < gain[best]:  # gains only fall: one that is still the greatest after a look is the greatest
            gain[best] = fresh
            continue
        gain[best] = 0
        grown.append(best)
        left -= new[best]
        for i in item[start[best] : start[best + 1]]:
            depth[i] += 1
    return np.array(grown)


@inlined
def _changes(row: Any, weight: Ints, depth: Ints, owner: Ints, change: Ints) -> int:
    """What a row adds that nobody covers; what only one choice covers is added to the change of that one."""
    gain = 0
    for i in row:
        if depth[i] == 0:
            gain += weight[i]
        elif depth[i] == 1:
            change[owner[i]] += weight[i]
    return gain


@inlined
def _best_swap(start: Ints, item: Any, weight: Ints, new: Any, chosen: Ints, depth: Ints, full: bool) -> Any:
    """Gain, position in `chosen` and the candidate of the exchange that covers most more; `full`: no more new ones."""
    taken = np.zeros(len(start) - 1, dtype=np.bool_)
    taken[chosen] = True
    owner = np.zeros(len(weight), dtype=np.int64)
    loss = np.zeros(len(chosen), dtype=np.int64)
    for at in range(len(chosen)):
        for i in item[start[chosen[at]] : start[chosen[at] + 1]]:
            if depth[i] == 1:
                owner[i] = at
                loss[at] += weight[i]
    best, out, entrant = 0, -1, -1
    change = np.empty(len(chosen), dtype=np.int64)
    for j in range(len(taken)):
        if taken[j]:
            continue
        change[:] = -loss
        gain = _changes(item[start[j] : start[j + 1]], weight, depth, owner, change)
        for at in range(len(chosen)):
            if gain + change[at] > best and not (full and new[j] and not new[chosen[at]]):
                best, out, entrant = gain + change[at], at, j
    return best, out, entrant


@kernel(OUT_LONGS, LONGS, INTS, LONGS, FLAGS, LONGS, COUNT)
def swapped(start: Ints, item: Any, weight: Ints, new: Any, chosen: Ints, newest: int) -> Any:
    """`chosen` after the best exchanges of one candidate, until none covers more."""
    kept = chosen.copy()
    depth = depths(start, item, len(weight), chosen)
    while True:
        gain, out, entrant = _best_swap(start, item, weight, new, kept, depth, new[kept].sum() >= newest)
        if gain <= 0:
            return kept
        for i in item[start[kept[out]] : start[kept[out] + 1]]:
            depth[i] -= 1
        for i in item[start[entrant] : start[entrant + 1]]:
            depth[i] += 1
        kept[out] = entrant


@kernel(OUT_REALS, LONGS, INTS, REALS)
def scores(start: Ints, item: Any, price: Any) -> Any:
    """The sum of the prices that each candidate covers."""
    score = np.zeros(len(start) - 1)
    for j in range(len(score)):
        for i in item[start[j] : start[j + 1]]:
            score[j] += price[i]
    return score


@kernel(OUT_LONGS, REALS, FLAGS, COUNT, COUNT)
def dearest(score: Any, new: Any, most: int, newest: int) -> Any:
    """The choice with the greatest sum of scores: the allowed choices are a matroid, so one by one."""
    chosen = np.empty(min(most, len(score)), dtype=np.int64)
    count, left = 0, newest
    for j in np.argsort(-score):
        if count == len(chosen):
            break
        if new[j] and left == 0:
            continue
        left -= new[j]
        chosen[count] = j
        count += 1
    return chosen[:count]


@inlined
def _moved(price: Any, weight: Ints, depth: Ints, direction: Floats, length: float) -> bool:
    """Whether the prices, dearer where nobody covers and cheaper where many do, could be moved."""
    square = 0.0
    for i in range(len(price)):
        slope = depth[i] - 1 + MEMORY * direction[i]
        if (price[i] <= 0 and slope > 0) or (price[i] >= weight[i] and slope < 0):
            slope = 0.0
        direction[i] = slope
        square += slope * slope
    if square == 0:
        return False
    for i in range(len(price)):
        price[i] = min(max(price[i] - length / square * direction[i], 0.0), weight[i])
    return True


@kernel(several(REAL, OUT_REALS, OUT_LONGS), LONGS, INTS, LONGS, FLAGS, LONGS, COUNT, COUNT, COUNT)
def priced(start: Ints, item: Any, weight: Ints, new: Any, chosen: Ints, most: int, newest: int, rounds: int) -> Any:
    """A bound that no choice exceeds, the prices that prove it, and the best choice met, `chosen` or better.

    Whoever pays the price of a demand for each cover, and keeps what a demand weighs above its price, covers no more
    than sum(weight - price) + the scores of the dearest choice: the Lagrangian bound, as low as prices make it.
    """
    depth = depths(start, item, len(weight), chosen)
    price = weight * np.where(depth == 0, 1.0, np.where(depth == 1, 0.5, 0.0))
    best_price, best = price.copy(), np.inf
    kept = chosen.copy()
    lower, total = covered(start, item, weight, chosen), weight.sum()
    direction = np.zeros(len(weight))
    step, stalled = 2.0, 0
    for turn in range(rounds):
        score = scores(start, item, price)
        top = dearest(score, new, most, newest)
        bound = total - price.sum() + score[top].sum()
        stalled = 0 if bound < best * (1 - PROGRESS) else stalled + 1
        if bound < best:
            best = bound
            best_price[:] = price
        if turn % TRIED == TRIED - 1:
            tried = swapped(start, item, weight, new, top, newest)
            if covered(start, item, weight, tried) > lower:
                kept, lower = tried, covered(start, item, weight, tried)
        if stalled >= PATIENCE:
            step, stalled = step * SHRINK, 0
        if best < lower + WHOLE or step < SMALLEST:
            break
        if not _moved(price, weight, depths(start, item, len(weight), top), direction, step * (bound - lower)):
            break
    return best, best_price, kept
