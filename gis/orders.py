"""Orders of stops: a short closed tour through a symmetric matrix of distances, by local moves and kicks."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]
Places = NDArray[np.intp]

KICKS = 40  # double bridges tried after the first local optimum
LONGEST_RUN = 3  # stops that an Or-opt move carries at most
GAIN = 1e-7  # metres: smaller gains are rounding


def short_order(distance: Floats, *, kicks: int = KICKS, seed: int = 1) -> Ints:
    """The order (k,) of a short closed tour that starts at 0; exact up to three stops."""
    tour = _by_nearest(distance)
    if len(tour) <= 3:  # noqa: PLR2004 - all tours of three stops are one
        return tour
    tour, best = _improved(distance, tour)
    random = np.random.default_rng(seed)
    for _ in range(kicks if len(tour) >= 8 else 0):  # noqa: PLR2004 - a double bridge needs four runs of two
        candidate, length = _improved(distance, _kicked(tour, random))
        if length < best - GAIN:
            tour, best = candidate, length
    return np.roll(tour, -int(np.argmin(tour)))


def tour_length(distance: Floats, tour: Ints) -> float:
    """The length of a closed tour."""
    return float(distance[tour, np.roll(tour, -1)].sum())


def _by_nearest(distance: Floats) -> Ints:
    """The tour that always goes to the nearest stop not seen yet."""
    left = np.ones(len(distance), dtype=bool)
    tour = [0]
    left[0] = False
    while left.any():
        tour.append(int(np.argmin(np.where(left, distance[tour[-1]], np.inf))))
        left[tour[-1]] = False
    return np.array(tour, dtype=np.int32)


def _improved(distance: Floats, tour: Ints) -> tuple[Ints, float]:
    """The tour after the best 2-opt or Or-opt move again and again until none shortens it, and its length."""
    while True:
        matrix = distance[tour][:, tour]
        gain, reverse = _best_reversal(matrix)
        if gain > GAIN:
            tour = _reversed(tour, *reverse)
            continue
        gain, move = _best_run(matrix)
        if gain <= GAIN:
            return tour, tour_length(distance, tour)
        tour = _carried(tour, *move)


class Positions(NamedTuple):
    """Positions in a tour of n stops as arrays, and which of them no Or-opt move may join (infinite)."""

    before: Places  # (n,) of each position, the one before
    after: Places  # (n,)
    last: list[Places]  # by run - 1: where a run that begins here ends
    barred: list[Floats]  # by run - 1: (n, n), infinite where the target lies in the run or right before it
    apart: Floats  # (n, n), infinite unless the second stop lies two or more behind the first


@lru_cache(maxsize=128)
def _positions(n: int) -> Positions:
    place = np.arange(n)
    offset = (place[np.newaxis, :] - place[:, np.newaxis]) % n
    runs = range(1, min(LONGEST_RUN, n - 3) + 1)
    barred = [np.where((offset < run) | (offset == n - 1), np.inf, 0.0) for run in runs]
    last = [(place + run - 1) % n for run in runs]
    apart = np.where(place[np.newaxis, :] - place[:, np.newaxis] >= 2, 0.0, np.inf)  # noqa: PLR2004
    return Positions((place - 1) % n, (place + 1) % n, last, barred, apart)


def _best_reversal(matrix: Floats) -> tuple[float, tuple[int, int]]:
    """The gain of the best 2-opt move and the first and last position that it reverses; `matrix` in tour order."""
    n = len(matrix)
    at = _positions(n)
    step = matrix[np.arange(n), at.after]
    gain = step[:, np.newaxis] + step - matrix - matrix[at.after][:, at.after] - at.apart
    i, j = divmod(int(gain.argmax()), n)
    return float(gain[i, j]), (i + 1, j)


def _best_run(matrix: Floats) -> tuple[float, tuple[int, int, int, bool]]:
    """The gain of the best Or-opt move as (first position, run, position after which it goes, turned round)."""
    n = len(matrix)
    at = _positions(n)
    place = np.arange(n)
    shifted = matrix[:, at.after]
    step = shifted.diagonal()
    best: tuple[float, tuple[int, int, int, bool]] = (0.0, (0, 1, 0, False))
    for run, (last, barred) in enumerate(zip(at.last, at.barred, strict=True), 1):
        following = at.after[last]
        freed = matrix[at.before, place] + matrix[last, following] - matrix[at.before, following]
        straight, turned = matrix + shifted[last], matrix[last] + shifted
        gain = freed[:, np.newaxis] + step - np.minimum(straight, turned) - barred
        i, j = divmod(int(gain.argmax()), n)
        if gain[i, j] > best[0]:
            best = float(gain[i, j]), (i, run, j, bool(turned[i, j] < straight[i, j]))
    return best


def _reversed(tour: Ints, first: int, last: int) -> Ints:
    """The tour with the positions `first` to `last` turned round."""
    tour = tour.copy()
    tour[first : last + 1] = tour[first : last + 1][::-1]
    return tour


def _carried(tour: Ints, first: int, run: int, target: int, turned: bool) -> Ints:
    """The tour with `run` stops from position `first` carried behind the stop at position `target`."""
    rolled = np.roll(tour, -first)
    carried, rest = rolled[:run], rolled[run:]
    at = (target - first) % len(tour) - run + 1
    return np.concatenate([rest[:at], carried[::-1] if turned else carried, rest[at:]])


def _kicked(tour: Ints, random: np.random.Generator) -> Ints:
    """The tour after a double bridge within a random window: three neighbouring runs change places."""
    n = len(tour)
    rolled = np.roll(tour, -int(random.integers(n)))
    a, b, c = np.sort(random.choice(np.arange(1, min(n, 50)), 3, replace=False))
    return np.concatenate([rolled[:a], rolled[b:c], rolled[a:b], rolled[c:]])
