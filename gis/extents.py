"""The box of what is reached: where a raster has to be."""

import numpy as np
from numpy.typing import NDArray

from gis.kernel import INTS, NOTHING, OUT_REALS, REAL, REALS, REALS2, inlined, kernel

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]


@inlined
def _widen(box: Floats, x: float, y: float) -> None:
    box[0], box[1], box[2], box[3] = min(box[0], x), min(box[1], y), max(box[2], x), max(box[3], y)


@inlined
def _hold(
    box: Floats,
    start: Floats,
    end: Floats,
    begin: Floats,
    stop: Floats,
    first: int,
    last: int,
    low: float,
    high: float,
) -> None:
    """Widen `box` to hold what of the straight parts from `first` to `last` lies between two shares of their edge."""
    for part in range(first, last):
        share = stop[part] - begin[part]
        if low > stop[part] or high < begin[part]:
            continue
        one = max((low - begin[part]) / share, 0.0) if share > 0 else 0.0
        two = min((high - begin[part]) / share, 1.0) if share > 0 else 1.0
        x, y, dx, dy = start[part, 0], start[part, 1], end[part, 0] - start[part, 0], end[part, 1] - start[part, 1]
        _widen(box, x + one * dx, y + one * dy)
        _widen(box, x + two * dx, y + two * dy)


@inlined
def _done(left: float, seconds: float) -> float:
    """The share of a half-edge that is done in the seconds that are left; below 0 where none are."""
    if left < 0:
        return -1.0
    return left / seconds if seconds > 0 else 1.0


@kernel(NOTHING, REALS2, REALS2, REALS, REALS, INTS, REALS2, INTS, REALS, REALS, INTS, REALS, REALS, REALS2, REAL,
        OUT_REALS)  # fmt: skip
def extent(
    start: Floats,
    end: Floats,
    begin: Floats,
    stop: Floats,
    part_start: Ints,
    cost: Floats,
    edges: Ints,
    at_tail: Floats,
    at_head: Floats,
    own: Ints,
    own_at: Floats,
    own_access: Floats,
    points: Floats,
    limit: float,
    box: Floats,
) -> None:
    """Widen `box` (west, south, east, north) to hold `points` and all that is reached within `limit` seconds."""
    for row in range(len(points)):
        _widen(box, points[row, 0], points[row, 1])
    for row in range(len(edges)):
        if min(at_tail[row], at_head[row]) > limit:
            continue
        edge = edges[row]
        forward, backward = cost[edge, 0], cost[edge, 1]
        first, last = part_start[edge], part_start[edge + 1]
        ahead = _done(limit - at_tail[row], forward)
        behind = 1 - _done(limit - at_head[row], backward)
        if ahead >= behind:  # met from both ends: all of it
            ahead, behind = 1.0, 2.0
        if ahead >= 0:
            _hold(box, start, end, begin, stop, first, last, 0.0, ahead)
        if behind <= 1:
            _hold(box, start, end, begin, stop, first, last, behind, 1.0)
    for row in range(len(own)):
        forward, backward, left = cost[own[row], 0], cost[own[row], 1], limit - own_access[row]
        if left >= 0:
            ahead, behind = own_at[row] + _done(left, forward), own_at[row] - _done(left, backward)
            _hold(box, start, end, begin, stop, part_start[own[row]], part_start[own[row] + 1], behind, ahead)
