"""Resources in the order in which they arrive at a place, or are reached from it, with the way each takes."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from shapely import LineString

from gis.network import ModeNetwork, Places
from gis.reach import seeds_of
from gis.search import NEVER, STOPPED, CancelledError, Stop, borrowed
from gis.ways import first_goals, lines_of_steps, steps_to

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]


class Step(NamedTuple):
    """A part of a way: `edge` from one fraction to another."""

    edge: int
    begin: float
    end: float


@dataclass(frozen=True)
class Arrival:
    """Resource number `which` with its seconds and metres, and its way as points and parts of road."""

    which: int
    seconds: float
    metres: float
    xy: Floats  # (k, 2) local metres, as it is travelled
    parts: tuple[Ints, Floats, Floats]  # edges, and the fractions where each is entered and left

    @cached_property
    def line(self) -> LineString:
        """The way in local metres, drawn as it is travelled."""
        return LineString(self.xy)

    @cached_property
    def steps(self) -> Sequence[Step]:
        """The parts of road on the way, in the order in which they are travelled."""
        return [Step(*step) for step in zip(*(column.tolist() for column in self.parts), strict=True)]


def nearest(
    network: ModeNetwork,
    place: Places,
    resources: Places,
    *,
    count: int,
    limit: float = np.inf,
    toward: bool = True,
    stop: Stop = NEVER,
) -> list[Arrival]:
    """The first `count` of `resources` by arrival at the one `place` (or from it), at most `limit` seconds away.

    Walks between road and points are included. Those with equal seconds stand in their own order; nothing is missed,
    since the search goes on until `count` have arrived or nothing is left. CancelledError where stop[0] is set.
    """
    searched = network.reverse if toward else network
    roads, cost, goals = network.roads, searched.seconds, len(resources.edge)
    edge, at = np.ascontiguousarray(resources.edge, np.int32), np.ascontiguousarray(resources.fraction, np.float64)
    own, own_at, own_access = int(place.edge[0]), float(place.fraction[0]), float(place.access[0])
    order, best, entry = np.empty(goals, np.int32), np.empty(goals), np.empty(goals, np.int32)
    with borrowed(len(roads.node_xy)) as lent:
        found = first_goals(
            *searched.rows, *seeds_of(searched, place), roads.tail, roads.head, cost, edge, at, resources.access,
            own, own_at, own_access, count, limit, stop,
            lent.seconds, lent.via, lent.stamp, lent.chain, lent.chained, lent.generation, order, best, entry,
        )  # fmt: skip
        if found == STOPPED:
            raise CancelledError
        first = order[:found]
        ways = steps_to(first, entry, edge, at, roads.tail, roads.head, cost, roads.length, lent.via, own, own_at)
    return _arrivals(network, place, resources, first, best[first], *ways, toward=toward)


def _arrivals(
    network: ModeNetwork,
    place: Places,
    resources: Places,
    first: Ints,
    seconds: Floats,
    start: Ints,
    edge: Ints,
    begin: Floats,
    end: Floats,
    metres: Floats,
    *,
    toward: bool,
) -> list[Arrival]:
    """The resources `first` with their ways, turned round where the search ran toward its origin."""
    roads = network.roads
    xy, line_start = lines_of_steps(
        start, edge, begin, end, roads.xy, roads.line_start, place.xy[0], resources.xy[first]
    )
    length = metres + resources.offset[first] + place.offset[0]
    if toward:
        begin, end = end, begin
    turn = -1 if toward else 1
    rows = zip(first.tolist(), seconds.tolist(), length.tolist(), strict=True)
    parts, points = pairwise(start.tolist()), pairwise(line_start.tolist())
    return [
        Arrival(*row, xy[low:high][::turn], (edge[a:b][::turn], begin[a:b][::turn], end[a:b][::turn]))
        for row, (a, b), (low, high) in zip(rows, parts, points, strict=True)
    ]
