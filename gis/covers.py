"""Which doors each of many places reaches on its own within a time: one bounded search a place, in one compiled loop.

The searches share their scratch and clear only what they touched, so a place costs what lies within its time, whatever
the size of the city.
"""

from heapq import heappop, heappush
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gis.kernel import INTS, LONGS, OUT_LONGS, OUT_REALS, REAL, REALS, REALS2, inlined, kernel, several
from gis.network import ModeNetwork, Places

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
MOST_ARRIVALS = 12_000_000  # places times doors that are held: 200 MB


class TooMuchError(OverflowError):
    """The places reach so much, each of them, that it does not fit."""


class Arrivals(NamedTuple):
    """Compressed rows, one a place: `door[start[i]:start[i + 1]]` are reached in `seconds`, walks to roads included."""

    start: Ints  # (places + 1,)
    door: Ints  # rising in each row
    seconds: Floats

    @property
    def place(self) -> Ints:
        """The place of every entry."""
        return np.repeat(np.arange(len(self.start) - 1), np.diff(self.start))


def arrivals(network: ModeNetwork, places: Places, doors: Places, limit: float) -> Arrivals:
    """What each of `places` reaches of `doors` within `limit` seconds; exact, one-ways respected. TooMuchError."""
    roads, rows = network.roads, network.rows
    order = np.argsort(doors.edge, kind="stable")
    on_edge = np.searchsorted(doors.edge[order], np.arange(len(roads.tail) + 1))
    start, door, reached = _all_arrivals(
        (rows.start, rows.half, roads.tail, roads.head, np.ascontiguousarray(network.seconds)),
        (np.ascontiguousarray(places.edge, np.int32), places.fraction, places.access),
        (on_edge, order, doors.fraction, doors.access),
        float(limit),
    )
    if len(door) > MOST_ARRIVALS:
        raise TooMuchError
    return Arrivals(start, door, reached)


@inlined
def _settle(roads: Any, edge: int, fraction: float, access: float, limit: float, node_seconds: Any) -> Any:
    """Dijkstra's search from one place into `node_seconds`; the nodes it touched."""
    rows, half_edges, tail, head, cost = roads
    touched = [tail[edge]]
    touched.pop()
    queue = [(0.0, tail[edge])]
    queue.pop()
    for direction in range(2):
        share = 1 - fraction if direction == 0 else fraction
        node = head[edge] if direction == 0 else tail[edge]
        seconds = access + cost[edge, direction] * share
        if np.isfinite(cost[edge, direction]) and seconds <= limit and seconds < node_seconds[node]:
            if node_seconds[node] == np.inf:
                touched.append(node)
            node_seconds[node] = seconds
            heappush(queue, (seconds, node))
    while queue:
        seconds, node = heappop(queue)
        if seconds > node_seconds[node]:
            continue
        for at in range(rows[node], rows[node + 1]):
            edge, direction = half_edges[at] >> 1, half_edges[at] & 1
            end = head[edge] if direction == 0 else tail[edge]
            later = seconds + cost[edge, direction]
            if later <= limit and later < node_seconds[end]:
                if node_seconds[end] == np.inf:
                    touched.append(end)
                node_seconds[end] = later
                heappush(queue, (later, end))
    return touched


@inlined
def _doors_of(roads: Any, doors: Any, nodes: Any, node_seconds: Any, limit: float, door_seconds: Any) -> Any:
    """The doors reached by way of `nodes`, their seconds in `door_seconds`."""
    rows, half_edges, _, _, cost = roads
    on_edge, order, fraction, access = doors
    found = [np.int64(0)]
    found.pop()
    for node in nodes:
        for at in range(rows[node], rows[node + 1]):
            edge, direction = half_edges[at] >> 1, half_edges[at] & 1
            for place in range(on_edge[edge], on_edge[edge + 1]):
                door = order[place]
                share = fraction[door] if direction == 0 else 1 - fraction[door]
                seconds = node_seconds[node] + cost[edge, direction] * share + access[door]
                if seconds <= limit and seconds < door_seconds[door]:
                    if door_seconds[door] == np.inf:
                        found.append(door)
                    door_seconds[door] = seconds
    return found


@inlined
def _on_own_edge(
    cost: Any, doors: Any, edge: int, at: float, access: float, limit: float, door_seconds: Any, found: Any
) -> None:
    """Add the doors reached without a junction, on the place's own edge."""
    on_edge, order, fraction, walk = doors
    for place in range(on_edge[edge], on_edge[edge + 1]):
        door = order[place]
        ahead = fraction[door] - at
        own = 0.0 if ahead == 0 else cost[edge, 0 if ahead > 0 else 1] * abs(ahead)
        seconds = access + own + walk[door]
        if seconds <= limit and seconds < door_seconds[door]:
            if door_seconds[door] == np.inf:
                found.append(door)
            door_seconds[door] = seconds


@kernel(
    several(OUT_LONGS, OUT_LONGS, OUT_REALS),
    several(INTS, INTS, INTS, INTS, REALS2),
    several(INTS, REALS, REALS),
    several(LONGS, LONGS, REALS, REALS),
    REAL,
)
def _all_arrivals(roads: Any, places: Any, doors: Any, limit: float) -> Any:
    """The compressed rows of `arrivals`."""
    edge, fraction, access = places
    rows = roads[0]
    node_seconds = np.full(len(rows) - 1, np.inf)
    door_seconds = np.full(len(doors[1]), np.inf)
    start = np.zeros(len(edge) + 1, dtype=np.int64)
    door, seconds = np.empty(1024, dtype=np.int64), np.empty(1024)
    for place in range(len(edge)):
        touched_nodes = _settle(roads, edge[place], fraction[place], access[place], limit, node_seconds)
        found = _doors_of(roads, doors, touched_nodes, node_seconds, limit, door_seconds)
        _on_own_edge(roads[4], doors, edge[place], fraction[place], access[place], limit, door_seconds, found)
        begin = start[place]
        end = begin + len(found)
        while end > len(door):
            door = np.concatenate((door, np.empty_like(door)))
            seconds = np.concatenate((seconds, np.empty_like(seconds)))
        door[begin:end] = np.sort(np.array(found))
        for at in range(begin, end):
            seconds[at] = door_seconds[door[at]]
            door_seconds[door[at]] = np.inf
        for node in touched_nodes:
            node_seconds[node] = np.inf
        start[place + 1] = end
        if end > MOST_ARRIVALS:
            break
    return start, door[: start.max()].copy(), seconds[: start.max()].copy()
