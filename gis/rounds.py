"""Patrol rounds: a closed walk from a grid's station past every entrance, along the ways that people walk.

Distances are exact on the network; the order is found by Or-opt and 2-opt from the nearest neighbour, with kicks
(Lin and Kernighan's double bridge, as in Johnson and McGeoch 1997). The same input gives the same walk.
"""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra
from shapely import LineString

from gis.network import ModeNetwork, Places, line_part
from gis.orders import short_order
from gis.travel import WALK

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]

STOP_SECONDS = 30.0  # at each entrance: a look at the door, the stairs and the notice board
MARGIN = 150.0  # metres round the stops at first; widened until no shorter way can lie outside


class UnreachableError(LookupError):
    """No way on foot joins all the stops."""


class Round(NamedTuple):
    """A closed walk: `order` of the stops from the start, `line` in local metres, metres, seconds with the stops."""

    order: Ints
    line: LineString
    metres: float
    seconds: float


class Distances(NamedTuple):
    """Walks between stops: `metres` (k, k) and what is needed to draw them."""

    metres: Floats
    ends: Ints  # (k, 2) local positions of each stop's tail and head
    along: Floats  # (k, 2) metres from the stop to them
    between: Floats  # (u, n) metres between end nodes and all nodes near
    before: Ints  # (u, n)
    nodes: Ints  # (n,) network positions of the nodes near
    sources: Ints  # (u,) local positions of the rows of `between`


def patrol_round(
    network: ModeNetwork, stops: Places, *, stop_seconds: float = STOP_SECONDS, speed: float = WALK
) -> Round:
    """The short closed walk from stop 0 past all others and back; `speed` in metres a second, no stop at the start.

    Raises UnreachableError where the network does not join the stops, ValueError where there are none.
    """
    if not len(stops.edge):
        raise ValueError("a round needs at least a start")
    distances = walks(network, stops)
    order = short_order(distances.metres)
    legs = [_leg(network, stops, distances, int(a), int(b)) for a, b in zip(order, np.roll(order, -1), strict=True)]
    xy = np.vstack(legs)
    fresh = np.concatenate([[True], (np.diff(xy, axis=0) != 0).any(axis=1)])
    line = LineString(xy[fresh] if fresh.sum() > 1 else xy[[0, 0]])
    metres = float(distances.metres[order, np.roll(order, -1)].sum())
    return Round(order, line, metres, metres / speed + stop_seconds * (len(order) - 1))


def walks(network: ModeNetwork, stops: Places) -> Distances:
    """Exact walks between all stops, ways counted in metres and open in both directions."""
    margin = MARGIN
    while True:
        found = _walks_within(network, stops, margin)
        longest = float(found.metres.max(initial=0))
        # A walk that leaves the margin and comes back is longer than twice the margin.
        if longest <= 2 * margin or len(found.nodes) == len(network.roads.node_xy):
            break
        margin = longest / 2 if np.isfinite(longest) else margin * 4
    if not np.isfinite(longest):
        raise UnreachableError("no way on foot joins all the stops")
    return found


def _walks_within(network: ModeNetwork, stops: Places, margin: float) -> Distances:
    """Walks between stops by the nodes within `margin` metres of their box; infinite where they do not join."""
    roads = network.roads
    own = np.concatenate([roads.tail[stops.edge], roads.head[stops.edge]])
    low = np.minimum(stops.xy.min(axis=0), roads.node_xy[own].min(axis=0)) - margin
    high = np.maximum(stops.xy.max(axis=0), roads.node_xy[own].max(axis=0)) + margin
    nodes = np.flatnonzero(((roads.node_xy >= low) & (roads.node_xy <= high)).all(axis=1)).astype(np.int32)
    graph = _metres_graph(network)[nodes][:, nodes]
    ends = np.searchsorted(nodes, np.column_stack([roads.tail[stops.edge], roads.head[stops.edge]])).astype(np.int32)
    sources, row = np.unique(ends, return_inverse=True)
    between, before = dijkstra(graph, directed=False, indices=sources, return_predecessors=True)
    length = roads.length[stops.edge]
    along = np.column_stack([stops.fraction * length, (1 - stops.fraction) * length])
    row = row.reshape(ends.shape)
    ways = [
        between[row[:, a]][:, ends[:, b]] + along[:, a, np.newaxis] + along[np.newaxis, :, b]
        for a in (0, 1)
        for b in (0, 1)
    ]
    same = stops.edge[:, np.newaxis] == stops.edge
    direct = np.abs(stops.fraction[:, np.newaxis] - stops.fraction) * length[:, np.newaxis]
    metres = np.minimum.reduce([*ways, np.where(same, direct, np.inf)])
    np.fill_diagonal(metres, 0.0)
    return Distances(metres, ends, along, between, before.astype(np.int32), nodes, sources.astype(np.int32))


def _metres_graph(network: ModeNetwork) -> csr_array:
    """The network's nodes joined by metres instead of seconds, kept with the network."""
    kept = network.__dict__.get("metres_graph")
    if kept is None:
        graph = network.graph
        edges = network.rows.half[network.rows.quickest] >> 1
        kept = csr_array((network.roads.length[edges], graph.indices, graph.indptr), shape=graph.shape)
        network.__dict__["metres_graph"] = kept
    return kept


def _leg(network: ModeNetwork, stops: Places, found: Distances, start: int, end: int) -> Floats:
    """The drawn walk from one stop to another, (p, 2)."""
    roads = network.roads
    own, other = int(stops.edge[start]), int(stops.edge[end])
    at, to = float(stops.fraction[start]), float(stops.fraction[end])
    if own == other and abs(at - to) * roads.length[own] <= found.metres[start, end] + 1e-9:
        return shapely.get_coordinates(line_part(roads.line(own), at, to))
    a, b, chain = _chain(found, start, end)
    parts = [line_part(roads.line(own), at, float(a))]
    parts += [_road_between(network, int(u), int(v)) for u, v in pairwise(chain)]
    parts.append(line_part(roads.line(other), float(b), to))
    return np.vstack([shapely.get_coordinates(part) for part in parts])


def _chain(found: Distances, start: int, end: int) -> tuple[int, int, list[int]]:
    """The ends (0 tail, 1 head) by which the walk leaves and arrives, and the network nodes between."""
    rows = np.searchsorted(found.sources, found.ends[start])
    total = [
        found.between[rows[a], found.ends[end, b]] + found.along[start, a] + found.along[end, b]
        for a in (0, 1)
        for b in (0, 1)
    ]
    a, b = divmod(int(np.argmin(total)), 2)
    node, chain = int(found.ends[end, b]), [int(found.ends[end, b])]
    while node != found.ends[start, a]:
        node = int(found.before[rows[a], node])
        chain.append(node)
    return a, b, [int(found.nodes[local]) for local in reversed(chain)]


def _road_between(network: ModeNetwork, start: int, end: int) -> LineString:
    """The road of the quickest half-edge between two neighbouring nodes, drawn from `start` to `end`."""
    rows = network.rows
    for first, last in ((start, end), (end, start)):
        at = np.flatnonzero(rows.end[rows.start[first] : rows.start[first + 1]] == last)
        if len(at):
            edge, turned = divmod(int(rows.half[rows.start[first] + at[0]]), 2)
            line = network.roads.line(edge)
            return line.reverse() if bool(turned) == (first == start) else line
    raise KeyError((start, end))


def joined(network: ModeNetwork, stops: Places) -> NDArray[np.bool_]:
    """Which stops can be walked between: those in the component of the network that holds most of them."""
    if not len(stops.edge):
        return np.zeros(0, dtype=bool)
    component = network.component[network.roads.tail[stops.edge]]
    labels, counts = np.unique(component, return_counts=True)
    found: NDArray[np.bool_] = component == labels[np.argmax(counts)]
    return found
