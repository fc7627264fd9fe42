"""Suggesting patrol routes: the short walk from a grid's station past its entrances, on the network of its district."""

from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString

from app.patrols.queries import Walked
from gis.local import LocalFrame
from gis.network import Network, NoRoadError
from gis.rounds import STOP_SECONDS, UnreachableError, joined, patrol_round
from gis.travel import WALK, Mode

FAR_DOOR = 150.0  # metres from the nearest footway: such a door is left to the eye
PASSED = 60.0  # metres from the walk within which an entrance counts as a stop


class Measures(NamedTuple):
    """What a walk takes: metres, seconds with its stops, and the stops."""

    length: float
    seconds: float
    stops: int


class Suggestion(NamedTuple):
    """A closed walk in lon/lat; `left_out` entrances are on no way that joins the others."""

    line: LineString
    measures: Measures
    left_out: int


def suggestion(grid: Walked, network: Network) -> Suggestion | None:
    """The walk of a grid; None where no footway leads past any of its entrances."""
    if not len(grid.entrances):
        return None
    foot, frame = network.by(Mode.FOOT), network.frame
    start = [] if grid.station is None else [grid.station]
    try:
        stops = foot.attach(frame.metres(np.vstack([*start, grid.entrances])))
    except NoRoadError:
        return None
    near = stops.offset <= FAR_DOOR
    if not near[len(start) :].any():
        return None
    near[: len(start)] = True
    kept = np.flatnonzero(near)[joined(foot, stops.take(near))]
    try:
        walk = patrol_round(foot, stops.take(kept))
    except UnreachableError:
        return None
    if not walk.metres:
        return None
    line = shapely.transform(walk.line, lambda xy: np.round(frame.degrees(xy), 7))
    left_out = len(grid.entrances) - int((kept >= len(start)).sum())
    return Suggestion(line, measures(line, grid.entrances, frame), left_out)


def measures(line: LineString, entrances: NDArray[np.float64], frame: LocalFrame | None = None) -> Measures:
    """What walking a lon/lat line takes, with a stop at each of the lon/lat `entrances` (k, 2) that it passes."""
    frame = frame or LocalFrame.around(line)
    walked = frame.to_metres(line)
    length = float(walked.length)
    stops = 0
    if len(entrances):
        shapely.prepare(walked)
        stops = int(shapely.dwithin(walked, shapely.points(frame.metres(entrances)), PASSED).sum())
    return Measures(length, length / WALK + stops * STOP_SECONDS, stops)
