"""What is reached along a network within a time: nodes, pieces of road cut where time ends, and doors.

The search is Dijkstra's from the exact places of the origins, so an origin in the middle of an edge is exact, in both
directions, with one-ways respected. Search `network.reverse` for ways toward the origin.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from shapely import LineString

from gis.kernel import INTS, NOTHING, OUT_REALS, REAL, REALS, REALS2, inlined, kernel
from gis.network import ModeNetwork, Places, line_part
from gis.search import FARTHEST, NEVER, STOPPED, CancelledError, Stop, borrowed, bounded, seeds_from, touched_from

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]


class Own(NamedTuple):
    """The origins by their edge: where on it they stand, and the seconds until they are there."""

    edge: Ints
    at: Floats
    access: Floats


class Touched(NamedTuple):
    """Every edge of which something may be reached, sorted, with seconds at its ends (infinite: not from there)."""

    edge: Ints
    at_tail: Floats
    at_head: Floats


@dataclass(frozen=True)
class Reach:
    """The `nodes` reached within `limit` of the first of `origins`, in order of arrival, and the edges touched."""

    network: ModeNetwork
    origins: Places
    limit: float
    nodes: Ints  # (k,)
    seconds: Floats  # (k,)
    own: Own
    touched: Touched

    @cached_property
    def node_seconds(self) -> Floats:
        """Seconds to every node of the network, infinite past the limit; (n,)."""
        seconds = np.full(len(self.network.roads.node_xy), np.inf)
        seconds[self.nodes] = self.seconds
        return seconds

    def door_seconds(self, doors: Places) -> Floats:
        """Seconds to each of `doors`, the walk from the road included; infinite where more than `limit`; (k,)."""
        roads, best = self.network.roads, np.empty(len(doors.edge))
        _place_seconds(
            np.ascontiguousarray(doors.edge, np.int32),
            np.ascontiguousarray(doors.fraction, np.float64),
            doors.access,
            self.limit,
            roads.tail,
            roads.head,
            np.ascontiguousarray(self.network.seconds),
            self.node_seconds,
            *self.own,
            best,
        )
        return best

    def pieces(self, limit: float | None = None) -> list[LineString]:
        """The parts of road reached within `limit` seconds (at most, and by default, the search's own), cut exactly."""
        edge, begin, end = self.spans(limit)
        lines = self.network.roads.lines_of(edge)
        return [line_part(line, b, s) for line, b, s in zip(lines, begin, end, strict=True)]

    def spans(self, limit: float | None = None) -> tuple[Ints, Floats, Floats]:
        """The reached parts of road as (edge, begin, end) with fractions, disjoint on each edge and sorted by it."""
        bound = self.limit if limit is None else min(limit, self.limit)
        cost = self.network.seconds
        bound = min(bound, FARTHEST)  # what is infinitely far is further than any bound
        own, left = self.own.edge, bound - self.own.access
        ahead = self.own.at + _progress(left, cost[own, 0])
        behind = self.own.at - _progress(left, cost[own, 1])
        started = left >= 0
        edges, at_tail, at_head = self.touched
        from_tail = _progress(bound - at_tail, cost[edges, 0])
        from_head = _progress(bound - at_head, cost[edges, 1])
        forward, backward = np.flatnonzero(from_tail > 0), np.flatnonzero(from_head > 0)
        edge = np.concatenate([edges[forward], edges[backward], own[started]])
        begin = np.concatenate([np.zeros(len(forward)), 1 - from_head[backward], np.maximum(behind, 0)[started]])
        end = np.concatenate([from_tail[forward], np.ones(len(backward)), np.minimum(ahead, 1)[started]])
        return _merged(edge, begin, end)


def reach(network: ModeNetwork, origins: Places, limit: float, *, stop: Stop = NEVER) -> Reach:
    """What is reached from any of `origins` within `limit` seconds, the walk to the road included.

    CancelledError where stop[0] is set, by another thread, before the search ends.
    """
    rows, roads = network.rows, network.roads
    cost = np.ascontiguousarray(network.seconds)
    own = _own(origins)
    with borrowed(len(roads.node_xy)) as lent:
        count = bounded(*rows, *seeds_of(network, origins), limit, stop, lent.seconds, lent.via, lent.stamp,
                        lent.order, lent.generation)  # fmt: skip
        if count == STOPPED:
            raise CancelledError
        nodes = lent.order[:count].copy()
        touched = touched_from(rows.start, rows.half, cost, roads.tail, roads.head, nodes, lent.seconds, lent.stamp,
                               lent.generation, own.edge)  # fmt: skip
        return Reach(network, origins, limit, nodes, lent.seconds[nodes], own, Touched(*touched))


def seeds_of(network: ModeNetwork, origins: Places) -> tuple[Ints, Floats, Ints]:
    """Both ends of every origin's edge with the seconds until there, infinite where closed, and -1 - its number."""
    roads = network.roads
    edge, fraction = np.ascontiguousarray(origins.edge, np.int32), np.ascontiguousarray(origins.fraction, np.float64)
    found: tuple[Ints, Floats, Ints] = seeds_from(
        edge, fraction, origins.access, roads.tail, roads.head, np.ascontiguousarray(network.seconds)
    )
    return found


def _own(origins: Places) -> Own:
    order = np.argsort(origins.edge, kind="stable")
    edge = np.asarray(origins.edge, dtype=np.int32)
    return Own(edge[order], np.asarray(origins.fraction, dtype=np.float64)[order], origins.access[order])


def share(seconds: Floats, share: Floats) -> Floats:
    """`share` of `seconds`; a closed direction stays infinite, also for a share of nothing."""
    return np.where(np.isinf(seconds), np.inf, np.where(np.isinf(seconds), 0.0, seconds) * share)


@inlined
def by_road(at: float, from_tail: float, from_head: float, forward: float, backward: float) -> float:
    """Seconds to the share `at` of an edge whose ends are reached at the two times, and whose directions take two."""
    best = np.inf
    if forward < np.inf:
        best = from_tail + at * forward
    if backward < np.inf:
        best = min(best, from_head + (1 - at) * backward)
    return best


@inlined
def direct(
    edge: int, at: float, own: Ints, own_at: Floats, own_access: Floats, forward: float, backward: float
) -> float:
    """Seconds to the share `at` of `edge` from the origins that stand on it, infinite where none does."""
    best = np.inf
    row = np.searchsorted(own, edge) if len(own) > 1 else 0
    while row < len(own) and own[row] == edge:
        ahead = at - own_at[row]
        if ahead == 0:  # also where the road leads the other way only
            best = min(best, own_access[row])
        else:
            cost = forward if ahead > 0 else backward
            if cost < np.inf:
                best = min(best, own_access[row] + abs(ahead) * cost)
        row += 1
    return best


@kernel(NOTHING, INTS, REALS, REALS, REAL, INTS, INTS, REALS2, REALS, INTS, REALS, REALS, OUT_REALS)
def _place_seconds(
    edge: Ints,
    at: Floats,
    access: Floats,
    limit: float,
    tail: Ints,
    head: Ints,
    cost: Floats,
    node_seconds: Floats,
    own: Ints,
    own_at: Floats,
    own_access: Floats,
    best: Floats,
) -> None:
    """Fill `best` with seconds to places, `access` included; infinite where more than `limit`."""
    for row in range(len(edge)):
        e = edge[row]
        forward, backward = cost[e, 0], cost[e, 1]
        seconds = by_road(at[row], node_seconds[tail[e]], node_seconds[head[e]], forward, backward)
        seconds = min(seconds, direct(e, at[row], own, own_at, own_access, forward, backward)) + access[row]
        best[row] = seconds if seconds <= limit else np.inf


def _progress(left: Floats, seconds: Floats) -> Floats:
    """The share (0–1) of half-edges of `seconds` that is done in `left` seconds; none where closed or none is left."""
    walkable = np.isfinite(seconds) & (left >= 0)
    share = np.divide(np.minimum(left, seconds), seconds, out=np.ones_like(seconds), where=walkable & (seconds > 0))
    return np.where(walkable, share, 0.0)


def _merged(edge: Ints, begin: Floats, end: Floats) -> tuple[Ints, Floats, Floats]:
    """Spans joined where they overlap or touch on the same edge."""
    order = np.lexsort((begin, edge))
    edge, begin, end = edge[order], begin[order], end[order]
    # Shift every edge's spans to a range of its own: then one running maximum serves all edges.
    shifted_end = np.maximum.accumulate(edge * 2.0 + end)
    fresh = np.ones(len(edge), dtype=bool)
    fresh[1:] = edge[1:] * 2.0 + begin[1:] > shifted_end[:-1]
    last = np.append(np.flatnonzero(fresh)[1:] - 1, len(edge) - 1)[: fresh.sum()]
    return edge[fresh], begin[fresh], np.minimum(shifted_end[last] - edge[fresh] * 2.0, 1.0)
