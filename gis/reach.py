"""What is reached along a network within a time: nodes, pieces of road cut where time ends, and doors.

The search is Dijkstra's from a virtual node that stands at the exact places of the origins, so an origin in the middle
of an edge is exact, in both directions, with one-ways respected. Search `network.reverse` for ways toward the origin.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra
from shapely import LineString

from gis.network import ModeNetwork, Places, line_part

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Reach:
    """Seconds to every node from the first of `origins`, infinite past `limit`; `before` leads back (-1: origin)."""

    network: ModeNetwork
    origins: Places
    limit: float
    node_seconds: Floats  # (n,)
    before: Ints  # (n,)

    def seconds_on(self, edge: Ints, fraction: Floats) -> Floats:
        """Seconds to the points at `fraction` of `edge`; exact up to `limit`, larger or infinite past it."""
        roads, cost = self.network.roads, self.network.seconds
        by_tail = self.node_seconds[roads.tail[edge]] + _share(cost[edge, 0], fraction)
        by_head = self.node_seconds[roads.head[edge]] + _share(cost[edge, 1], 1 - fraction)
        best = np.minimum(by_tail, by_head)
        for own, at, access in zip(self.origins.edge, self.origins.fraction, self.origins.access, strict=True):
            here = np.flatnonzero(edge == own)
            ahead = fraction[here] - at
            direct = np.where(ahead > 0, _share(cost[own, 0], np.abs(ahead)), _share(cost[own, 1], np.abs(ahead)))
            direct[ahead == 0] = 0.0  # also where the road leads the other way only
            best[here] = np.minimum(best[here], access + direct)
        return best

    def door_seconds(self, doors: Places) -> Floats:
        """Seconds to each of `doors`, the walk from the road included; infinite where more than `limit`."""
        seconds = self.seconds_on(doors.edge, doors.fraction) + doors.access
        return np.where(seconds <= self.limit, seconds, np.inf)

    def pieces(self, limit: float | None = None) -> list[LineString]:
        """The parts of road reached within `limit` seconds (at most, and by default, the search's own), cut exactly."""
        edge, begin, end = self.spans(limit)
        lines = self.network.roads.lines_of(edge)
        return [line_part(line, b, s) for line, b, s in zip(lines, begin, end, strict=True)]

    def spans(self, limit: float | None = None) -> tuple[Ints, Floats, Floats]:
        """The reached parts of road as (edge, begin, end) with fractions, disjoint on each edge and sorted by it."""
        bound = self.limit if limit is None else min(limit, self.limit)
        roads, cost = self.network.roads, self.network.seconds
        from_tail = _progress(bound - self.node_seconds[roads.tail], cost[:, 0])
        from_head = _progress(bound - self.node_seconds[roads.head], cost[:, 1])
        forward, backward = np.flatnonzero(from_tail > 0), np.flatnonzero(from_head > 0)
        own, left = self.origins.edge, bound - self.origins.access
        ahead = self.origins.fraction + _progress(left, cost[own, 0])
        behind = self.origins.fraction - _progress(left, cost[own, 1])
        started = left >= 0
        edge = np.concatenate([forward, backward, own[started]]).astype(np.int32)
        begin = np.concatenate([np.zeros(len(forward)), 1 - from_head[backward], np.maximum(behind, 0)[started]])
        end = np.concatenate([from_tail[forward], np.ones(len(backward)), np.minimum(ahead, 1)[started]])
        return _merged(edge, begin, end)


def reach(network: ModeNetwork, origins: Places, limit: float) -> Reach:
    """What is reached from any of `origins` within `limit` seconds, the walk to the road included."""
    n = len(network.roads.node_xy)
    seconds, before = dijkstra(
        _with_origins(network, origins), directed=True, indices=np.array(n), limit=limit, return_predecessors=True
    )
    before = np.where((before == n) | (before < 0), -1, before).astype(np.int32)
    return Reach(network, origins, limit, seconds[:n], before[:n])


def _with_origins(network: ModeNetwork, origins: Places) -> csr_array:
    """The graph with one node more, from which half-edges lead to both ends of every origin's edge; (n+1, n+1)."""
    graph, roads = network.graph, network.roads
    n = graph.shape[0]
    cost = network.seconds[origins.edge]
    ends = np.concatenate([roads.head[origins.edge], roads.tail[origins.edge]])
    onward = np.concatenate([_share(cost[:, 0], 1 - origins.fraction), _share(cost[:, 1], origins.fraction)])
    onward += np.tile(origins.access, 2)
    open_ = np.isfinite(onward)
    return csr_array(
        (
            np.concatenate([graph.data, onward[open_]]),
            np.concatenate([graph.indices, ends[open_]]).astype(np.int32),
            np.append(graph.indptr, graph.indptr[-1] + open_.sum()).astype(np.int32),
        ),
        shape=(n + 1, n + 1),
    )


def _share(seconds: Floats, share: Floats) -> Floats:
    """`share` of `seconds`; a closed direction stays infinite, also for a share of nothing."""
    return np.where(np.isinf(seconds), np.inf, np.where(np.isinf(seconds), 0.0, seconds) * share)


def _progress(left: Floats, seconds: Floats) -> Floats:
    """The share (0–1) of half-edges of `seconds` that is done in `left` seconds; none where closed or none is left."""
    walkable = np.isfinite(seconds) & (left >= 0)
    share = np.divide(left, seconds, out=np.ones_like(seconds), where=walkable & (seconds > 0))
    return np.where(walkable, np.clip(share, 0.0, 1.0), 0.0)


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
