"""Resources in the order in which they arrive at a place, or are reached from it, with the way each takes."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from shapely import LineString

from gis.network import ModeNetwork, Places
from gis.reach import Reach, reach

FIRST_LIMIT = 120.0  # seconds; tripled until enough resources are found
LAST_LIMIT = 3600.0  # seconds; past it the search takes the whole network


class Step(NamedTuple):
    """A part of a way: `edge` from one fraction to another."""

    edge: int
    begin: float
    end: float


class Arrival(NamedTuple):
    """Resource number `which` with its seconds and metres and its way in local metres, drawn as it is travelled.

    `steps` are the parts of road on the way, in the order in which they are travelled.
    """

    which: int
    seconds: float
    metres: float
    line: LineString
    steps: Sequence[Step] = ()


def nearest(
    network: ModeNetwork,
    place: Places,
    resources: Places,
    *,
    count: int,
    limit: float = np.inf,
    toward: bool = True,
) -> list[Arrival]:
    """The first `count` of `resources` by arrival at the one `place` (or from it), at most `limit` seconds away.

    Walks between road and points are included. Those with equal seconds stand in their own order; nothing is missed,
    since the search widens until `count` are found or the whole network was searched.
    """
    searched = network.reverse if toward else network
    bound = min(limit, FIRST_LIMIT)
    found = reach(searched, place, bound)
    seconds = found.door_seconds(resources)
    while np.isfinite(seconds).sum() < min(count, len(seconds)) and bound < limit:
        bound = limit if bound >= LAST_LIMIT else min(limit, bound * 3)
        found = reach(searched, place, bound)
        seconds = found.door_seconds(resources)
    order = np.argsort(seconds, kind="stable")[:count]
    return [
        _arrival(found, resources, int(index), float(seconds[index]), toward=toward)
        for index in order
        if np.isfinite(seconds[index])
    ]


def _arrival(found: Reach, resources: Places, index: int, seconds: float, *, toward: bool) -> Arrival:
    """One resource with its way, turned round where the search ran toward its origin."""
    roads = found.network.roads
    steps = _steps(found, int(resources.edge[index]), float(resources.fraction[index]))
    metres = sum(abs(step.end - step.begin) * float(roads.length[step.edge]) for step in steps)
    metres += float(resources.offset[index]) + float(found.origins.offset[0])
    drawn = [roads.part(step.edge, step.begin, step.end) for step in steps]
    xy = _without_repeats(np.vstack([found.origins.xy[:1], *drawn, resources.xy[[index]]]))
    travelled = [Step(edge, end, begin) for edge, begin, end in reversed(steps)] if toward else steps
    return Arrival(index, seconds, metres, LineString(xy[::-1] if toward else xy), travelled)


def _steps(found: Reach, edge: int, fraction: float) -> list[Step]:
    """The parts of road from the search's one origin to `fraction` of `edge`, in the order of the search."""
    network, origin = found.network, found.origins
    roads, own, at = network.roads, int(origin.edge[0]), float(origin.fraction[0])
    ends = []
    for node, entry, column in ((roads.tail[edge], 0.0, 0), (roads.head[edge], 1.0, 1)):
        cost = network.seconds[edge, column]
        if np.isfinite(cost):
            ends.append((float(found.node_seconds[node] + abs(fraction - entry) * cost), int(node), entry))
    best = min(ends, default=(np.inf, -1, 0.0))
    if own == edge:
        cost = 0.0 if fraction == at else network.seconds[own, 0 if fraction > at else 1]
        if np.isfinite(cost) and origin.access[0] + abs(fraction - at) * cost <= best[0]:
            return [Step(own, at, fraction)]
    _, node, entry = best
    steps = [Step(edge, entry, fraction)]
    while (earlier := int(found.before[node])) >= 0:
        steps.append(_between(network, earlier, node))
        node = earlier
    steps.append(_first(found, node))
    return steps[::-1]


def _between(network: ModeNetwork, start: int, end: int) -> Step:
    """The quickest half-edge from one node to the next."""
    rows = network.rows
    at = rows.start[start] + int(np.flatnonzero(rows.end[rows.start[start] : rows.start[start + 1]] == end)[0])
    edge, turned = divmod(int(rows.half[at]), 2)
    return Step(edge, 1.0, 0.0) if turned else Step(edge, 0.0, 1.0)


def _first(found: Reach, node: int) -> Step:
    """The part of the origin's own edge on which the search came to `node`."""
    origin, network = found.origins, found.network
    own, at = int(origin.edge[0]), float(origin.fraction[0])
    by_head = network.seconds[own, 0] * (1 - at) if network.roads.head[own] == node else np.inf
    by_tail = network.seconds[own, 1] * at if network.roads.tail[own] == node else np.inf
    return Step(own, at, 1.0 if by_head <= by_tail else 0.0)


def _without_repeats(xy: NDArray[np.float64]) -> NDArray[np.float64]:
    """The points without those that repeat the one before, at least two of them."""
    fresh = np.concatenate([[True], (np.diff(xy, axis=0) != 0).any(axis=1)])
    return xy[fresh] if fresh.sum() > 1 else xy[[0, 0]]
