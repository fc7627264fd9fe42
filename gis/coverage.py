"""Every door's first station and its seconds, and counts of households by group and band of time.

One search runs from all stations at once and carries the station along. It is Dijkstra's with buckets of equal width
for a queue (R. B. Dial, "Algorithm 360", 1969; with real seconds a bucket is searched until nothing in it improves,
as in Meyer and Sanders' delta-stepping, 2003), so it is exact.
"""

import numpy as np
from numpy.typing import NDArray

from gis.kernel import BYTES, COUNT, INTS, OUT_INTS, OUT_REALS, REAL, REALS, REALS2, inlined, kernel, several
from gis.network import ModeNetwork, Places
from gis.search import CHECKED, NEVER, CancelledError, Stop

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]

NOBODY = -1
MOST_BUCKETS = 1 << 16
CHUNK = 256  # nodes


def first_arrivals(
    network: ModeNetwork, stations: Places, doors: Places, limit: float, *, toward: bool = False, stop: Stop = NEVER
) -> tuple[Floats, Ints]:
    """Seconds from the first of `stations` to each of `doors` (k,) and which station it is (k,).

    Infinite and NOBODY where none comes within `limit` seconds; of stations that come at once the first in the list.
    The walks between roads and points are included. `toward` asks for the way from the doors to the stations.
    The last step is several times quicker where `doors` stand in the order of `by_edge`. CancelledError where stop[0]
    is set, by another thread, before the search ends.
    """
    searched = network.reverse if toward else network
    seconds, owner = _search(searched, stations, limit, stop)
    if stop[0]:
        raise CancelledError
    order = by_edge(stations)
    stood = stations.take(order)
    roads = searched.roads
    first_on = np.full(len(roads.tail), NOBODY, dtype=np.int32)
    first_on[stood.edge[::-1]] = np.arange(len(order) - 1, -1, -1, dtype=np.int32)
    found: tuple[Floats, Ints] = _at_doors(
        (seconds, owner, roads.tail, roads.head, searched.seconds),
        (first_on, *_columns(stood), order),
        _columns(doors),
        float(limit),
    )
    return found


def by_edge(places: Places) -> Ints:
    """The positions of `places` sorted by edge, and along it: the order in which they are answered quickest."""
    return np.lexsort((places.fraction, places.edge)).astype(np.int32)


def tally(group: NDArray[np.int64], seconds: Floats, count: NDArray[np.int64], limits: Floats) -> NDArray[np.int64]:
    """How many of `count` stand in each group (rows, numbered from 0) and band of time (columns).

    A band ends with its limit, which belongs to it; the last column is what comes later than all `limits`, or never.
    """
    band = np.searchsorted(limits, seconds, side="left")
    columns = len(limits) + 1
    rows = int(group.max(initial=-1)) + 1
    cells = np.bincount(group * columns + band, weights=count, minlength=rows * columns)
    return cells.reshape(rows, columns).astype(np.int64)


def _columns(places: Places) -> tuple[Ints, Floats, Floats]:
    """Edges, fractions and seconds of places, as kernels take them."""
    edge, fraction = np.ascontiguousarray(places.edge, np.int32), np.ascontiguousarray(places.fraction, np.float64)
    return edge, fraction, places.access


def _search(network: ModeNetwork, stations: Places, limit: float, stop: Stop) -> tuple[Floats, Ints]:
    """Seconds to every node from the first station, infinite past `limit`, and that station."""
    rows, roads = network.rows, network.roads
    cost, own = network.seconds[stations.edge], np.arange(len(stations.edge), dtype=np.int32)
    with np.errstate(invalid="ignore"):
        onward = np.concatenate([cost[:, 0] * (1 - stations.fraction), cost[:, 1] * stations.fraction])
    onward += np.tile(stations.access, 2)
    started = np.isfinite(np.concatenate([cost[:, 0], cost[:, 1]])) & np.isfinite(onward) & (onward <= limit)
    seeds = np.concatenate([roads.head[stations.edge], roads.tail[stations.edge]])[started]
    onward, whose = onward[started], np.tile(own, 2)[started]
    longest = max(float(rows.seconds.max(initial=0.0)), float(onward.max(initial=0.0)))
    width = max(float(rows.seconds.mean()) / 4 if len(rows.seconds) else 1.0, longest / MOST_BUCKETS, 1e-3)
    found: tuple[Floats, Ints] = _grow(
        (rows.start, rows.end, rows.seconds),
        (seeds, onward, whose),
        float(limit),
        width,
        1 << int(longest / width + 2).bit_length(),
        stop,
    )
    return found


@inlined
def _better(seconds: Floats, owner: Ints, node: int, reached: float, whose: int) -> bool:
    """Whether (reached, whose) is less than what `node` has; it has it then."""
    if reached > seconds[node] or (reached == seconds[node] and whose >= owner[node]):
        return False
    seconds[node], owner[node] = reached, whose
    return True


@inlined
def _with_room(chunks: Ints, wanted: int) -> Ints:
    """The chunks, at least so many."""
    if wanted <= len(chunks):
        return chunks
    more = np.empty((2 * wanted, CHUNK + 1), dtype=np.int32)
    more[: len(chunks)] = chunks
    return more


@inlined
def _put(top: Ints, chunks: Ints, free: Ints, bucket: int, node: int) -> None:
    """Let `node` wait in `bucket`."""
    if top[bucket, 1] == CHUNK:
        chunk = free[0]
        if chunk == NOBODY:
            chunk = free[1]
            free[1] += 1
        else:
            free[0] = chunks[chunk, CHUNK]
        chunks[chunk, CHUNK], top[bucket, 0], top[bucket, 1] = top[bucket, 0], chunk, 0
    chunks[top[bucket, 0], top[bucket, 1]] = node
    top[bucket, 1] += 1


@inlined
def _take(top: Ints, chunks: Ints, free: Ints, bucket: int) -> int:
    """The node that came last into `bucket`, taken out of it, or NOBODY."""
    chunk = top[bucket, 0]
    if chunk == NOBODY:
        return NOBODY
    top[bucket, 1] -= 1
    node: int = chunks[chunk, top[bucket, 1]]
    if top[bucket, 1] == 0:
        top[bucket, 0], top[bucket, 1] = chunks[chunk, CHUNK], CHUNK
        chunks[chunk, CHUNK], free[0] = free[0], chunk
    return node


@kernel(
    several(OUT_REALS, OUT_INTS),
    *(several(INTS, INTS, REALS), several(INTS, REALS, INTS)),  # graph and seeds
    *(REAL, REAL, COUNT, BYTES),
)
def _grow(
    graph: tuple[Ints, Ints, Floats],
    seeds: tuple[Ints, Floats, Ints],
    limit: float,
    width: float,
    buckets: int,
    stop: Stop,
) -> tuple[Floats, Ints]:
    """Seconds and owner of every node: the least pair (seconds, owner) that any seed brings to it.

    A node waits in the bucket of its seconds, again for each time it is bettered. `buckets`, a power of two, are used
    again as a ring, which is long enough since no half-edge and no seed is longer than it.
    """
    starts, ends, costs = graph
    seconds, owner = np.full(len(starts) - 1, np.inf), np.full(len(starts) - 1, NOBODY, dtype=np.int32)
    # The top chunk of each bucket and how full it is; the nodes in each chunk, then the chunk below it; the first chunk
    # that was given back, and how many were ever taken. Chunks keep together in memory what waits together.
    top = np.empty((buckets, 2), dtype=np.int32)
    top[:, 0], top[:, 1] = NOBODY, CHUNK
    chunks, free = np.empty((buckets, CHUNK + 1), dtype=np.int32), np.array([NOBODY, 0], dtype=np.int32)
    rate, waiting, turn, taken = 1 / width, 0, 0, 0
    for at in range(len(seeds[0])):
        chunks = _with_room(chunks, free[1] + 1)
        if _better(seconds, owner, seeds[0][at], seeds[1][at], seeds[2][at]):
            _put(top, chunks, free, int(seeds[1][at] * rate) & (buckets - 1), seeds[0][at])
            waiting += 1
    while waiting > 0:
        node = _take(top, chunks, free, turn & (buckets - 1))
        if node == NOBODY:
            turn += 1
            continue
        waiting, taken = waiting - 1, taken + 1
        if taken % CHECKED == 0 and stop[0] != 0:
            break
        if int(seconds[node] * rate) < turn:
            continue  # it was bettered since, and searched from an earlier bucket
        chunks = _with_room(chunks, free[1] + starts[node + 1] - starts[node])
        for arc in range(starts[node], starts[node + 1]):
            reached = seconds[node] + costs[arc]
            if reached <= limit and _better(seconds, owner, ends[arc], reached, owner[node]):
                _put(top, chunks, free, int(reached * rate) & (buckets - 1), ends[arc])
                waiting += 1
    return seconds, owner


@inlined
def _lesser(least: float, whose: int, other: float, others: int) -> tuple[float, int]:
    """The lesser of two pairs."""
    if other < least or (other == least and others < whose):
        return other, others
    return least, whose


@kernel(
    several(OUT_REALS, OUT_INTS),
    *(several(REALS, INTS, INTS, INTS, REALS2), several(INTS, INTS, REALS, REALS, INTS), several(INTS, REALS, REALS)),
    REAL,
)
def _at_doors(
    searched: tuple[Floats, Ints, Ints, Ints, Floats],
    stations: tuple[Ints, Ints, Floats, Floats, Ints],
    doors: tuple[Ints, Floats, Floats],
    limit: float,
) -> tuple[Floats, Ints]:
    """Seconds and owner of every door: by the tail, by the head or from a station on its own edge."""
    seconds, owner, tail, head, cost = searched
    first_on, own, fraction, access, number = stations
    k = len(doors[0])
    best, which = np.full(k, np.inf), np.full(k, NOBODY, dtype=np.int32)
    for door in range(k):
        edge, at = doors[0][door], doors[1][door]
        least, whose = np.inf, NOBODY
        if cost[edge, 0] < np.inf:
            least, whose = seconds[tail[edge]] + cost[edge, 0] * at, owner[tail[edge]]
        if cost[edge, 1] < np.inf:
            least, whose = _lesser(least, whose, seconds[head[edge]] + cost[edge, 1] * (1 - at), owner[head[edge]])
        station = first_on[edge]
        while 0 <= station < len(own) and own[station] == edge:
            ahead = at - fraction[station]
            # At the very place of a station nothing is travelled, also where the road leads the other way only.
            travelled = 0.0 if ahead == 0 else abs(ahead) * cost[edge, 0 if ahead > 0 else 1]
            least, whose = _lesser(least, whose, access[station] + travelled, number[station])
            station += 1
        arrival = least + doors[2][door]
        if arrival <= limit and arrival < np.inf:
            best[door], which[door] = arrival, whose
    return best, which
