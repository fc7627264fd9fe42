"""A part of a city by itself: which stations, wherever they stand, may come to it in time."""

import numpy as np
from numpy.typing import NDArray

from gis.network import ModeNetwork, Places
from gis.travel import WALK

MARGIN = 1.0  # metres, for what is rounded

Bools = NDArray[np.bool_]


def top_speed(network: ModeNetwork) -> float:
    """The metres a second, as drawn, of the quickest half-edge, or of a walk beside the road where that is quicker."""
    parts = network.roads.segments
    drawn = np.bincount(parts.edge, np.hypot(*(parts.end - parts.start).T), minlength=len(network.seconds))
    seconds = np.min(network.seconds, axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        speeds = drawn / seconds
    # 0 / 0 is an edge of no length, which brings nobody any further.
    return max(WALK, float(np.nan_to_num(speeds, nan=0.0, posinf=np.inf).max(initial=0.0)))


def may_come(network: ModeNetwork, stations: Places, doors: Places, limit: float) -> Bools:
    """Which of `stations` (k,) could be at any of `doors` within `limit` seconds; the others cannot, by no road.

    None goes faster than `top_speed` in a straight line, so who is further away than that from the doors' box is late.
    Searching from those alone answers the same for these doors as searching from all.
    """
    if not len(doors.xy) or not len(stations.xy):
        return np.zeros(len(stations.xy), dtype=bool)
    low, high = doors.xy.min(axis=0), doors.xy.max(axis=0)
    away = np.hypot(*np.maximum(np.maximum(low - stations.xy, stations.xy - high), 0.0).T)
    near: Bools = away <= limit * top_speed(network) + MARGIN
    return near
