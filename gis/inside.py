"""What stands behind doors that are reached, counted by limit in one pass."""

import numpy as np
from numpy.typing import NDArray

from gis.kernel import FLAGS, LONGS, NOTHING, OUT_LONGS2, OUT_REALS, REALS, kernel

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Longs = NDArray[np.int64]


@kernel(NOTHING, REALS, FLAGS, LONGS, REALS, LONGS, LONGS, REALS, OUT_LONGS2)
def count_inside(
    arrival: Floats,
    shown: Bools,
    door: Longs,
    climb: Floats,
    count: Longs,
    kind: Longs,
    limits: Floats,
    counts: Longs,
) -> None:
    """Add to `counts` (limits, kinds) every `count` behind a shown door whose arrival and climb are within a limit.

    `limits` rise.
    """
    for row in range(len(door)):
        if not shown[door[row]]:
            continue
        seconds = arrival[door[row]] + climb[row]
        for at in range(len(limits) - 1, -1, -1):
            if not seconds <= limits[at]:
                break
            counts[at, kind[row]] += count[row]


@kernel(NOTHING, REALS, FLAGS, LONGS, OUT_REALS)
def first_doors(arrival: Floats, shown: Bools, building: Longs, first: Floats) -> None:
    """Lower `first` to the arrival at the first shown door of each building."""
    for door in range(len(building)):
        if shown[door]:
            first[building[door]] = min(first[building[door]], arrival[door])
