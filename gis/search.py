"""The search: shortest times on compressed rows, bounded by a limit, by a number of goals, or by who cancels it.

Nothing here takes time in proportion to the network: scratch arrays are lent out and never cleared (a generation
stamp tells old values from new), and all later work starts from the nodes and edges that a search touched.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray

from gis.kernel import BYTES, COUNT, INT, INTS, OUT_INTS, OUT_REALS, REAL, REALS, REALS2, inlined, kernel, several

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]
Stop = NDArray[np.uint8]

NEVER: Stop = np.zeros(1, dtype=np.uint8)
"""The flag of a search that nobody cancels."""
CHECKED = 2048  # settled nodes between two looks at the flag
STOPPED = -1  # what a kernel returns when the flag was set
HEAP = 1024  # entries a heap starts with
FARTHEST = 1e300  # seconds; a closed road is infinitely far, whatever the limit
LAST_STAMP = 2**31 - 2
DENSE = 32  # marks looked at for each edge; sorting takes as long


class CancelledError(Exception):
    """The search was told to stop."""


class Scratch:
    """Arrays over all nodes for one search at a time; a node's values count where its stamp is `generation`."""

    def __init__(self, n: int) -> None:
        """Room for `n` nodes."""
        self.seconds = np.empty(n)
        self.via = np.empty(n, dtype=np.int32)
        self.stamp = np.zeros(n, dtype=np.int32)
        self.order = np.empty(n, dtype=np.int32)
        self.chain = np.empty(n, dtype=np.int32)
        self.chained = np.zeros(n, dtype=np.int32)
        self.generation = 0


_idle: list[Scratch] = []
IDLE_KEPT = 4


@contextmanager
def borrowed(n: int) -> Iterator[Scratch]:
    """Scratch for at least `n` nodes with a fresh generation, for one search in one thread."""
    try:
        scratch = _idle.pop()
    except IndexError:
        scratch = Scratch(n)
    if len(scratch.stamp) < n or scratch.generation >= LAST_STAMP:
        scratch = Scratch(n)
    scratch.generation += 1
    try:
        yield scratch
    finally:
        if len(_idle) < IDLE_KEPT:
            _idle.append(scratch)


@inlined
def rise(keys: Floats, items: Ints, at: int, key: float, item: int) -> None:
    """Put an entry at the end `at` of the heap and let it rise to its place."""
    while at > 0:
        above = (at - 1) >> 1
        if keys[above] <= key:
            break
        keys[at] = keys[above]
        items[at] = items[above]
        at = above
    keys[at] = key
    items[at] = item


@inlined
def sink(keys: Floats, items: Ints, size: int) -> None:
    """Take the first entry out of a heap of `size` entries; afterwards it has one less."""
    size -= 1
    key, item, at = keys[size], items[size], 0
    while True:
        below = 2 * at + 1
        if below >= size:
            break
        if below + 1 < size and keys[below + 1] < keys[below]:
            below += 1
        if keys[below] >= key:
            break
        keys[at] = keys[below]
        items[at] = items[below]
        at = below
    keys[at] = key
    items[at] = item


@inlined
def roomy(keys: Floats, items: Ints, size: int, more: int) -> tuple[Floats, Ints]:
    """The heap of `size` entries with room for `more`."""
    if size + more <= len(keys):
        return keys, items
    wide_keys, wide_items = np.empty(2 * (size + more)), np.empty(2 * (size + more), dtype=np.int32)
    wide_keys[:size], wide_items[:size] = keys[:size], items[:size]
    return wide_keys, wide_items


@inlined
def sow(
    keys: Floats,
    items: Ints,
    size: int,
    seed: Ints,
    seed_seconds: Floats,
    seed_via: Ints,
    limit: float,
    seconds: Floats,
    via: Ints,
    stamp: Ints,
    generation: int,
) -> int:
    """Put the seeds within `limit` on the heap; returns its size."""
    for row in range(len(seed)):
        node, then = seed[row], seed_seconds[row]
        if then <= min(limit, FARTHEST) and (stamp[node] != generation or then < seconds[node]):
            stamp[node], seconds[node], via[node] = generation, then, seed_via[row]
            rise(keys, items, size, then, node)
            size += 1
    return size


@inlined
def relax(
    keys: Floats,
    items: Ints,
    size: int,
    now: float,
    low: int,
    high: int,
    end: Ints,
    cost: Floats,
    half: Ints,
    limit: float,
    seconds: Floats,
    via: Ints,
    stamp: Ints,
    generation: int,
) -> int:
    """Follow half-edges `low` to `high` from a node settled at `now`; returns the size of the heap."""
    for at in range(low, high):
        other, then = end[at], now + cost[at]
        if then <= limit and (stamp[other] != generation or then < seconds[other]):
            stamp[other], seconds[other], via[other] = generation, then, half[at]
            rise(keys, items, size, then, other)
            size += 1
    return size


@kernel(
    COUNT,
    *(INTS, INTS, REALS, INTS),  # rows
    *(INTS, REALS, INTS),  # seeds
    *(REAL, BYTES),
    *(OUT_REALS, OUT_INTS, OUT_INTS, OUT_INTS, INT),  # scratch
)
def bounded(
    start: Ints,
    end: Ints,
    cost: Floats,
    half: Ints,
    seed: Ints,
    seed_seconds: Floats,
    seed_via: Ints,
    limit: float,
    stop: Stop,
    seconds: Floats,
    via: Ints,
    stamp: Ints,
    order: Ints,
    generation: int,
) -> int:
    """Number of nodes within `limit` of the seeds, which stand in `order` as they are reached; STOPPED."""
    keys, items = roomy(np.empty(HEAP), np.empty(HEAP, dtype=np.int32), 0, len(seed))
    size = sow(keys, items, 0, seed, seed_seconds, seed_via, limit, seconds, via, stamp, generation)
    count = 0
    while size > 0:
        now, node = keys[0], items[0]
        sink(keys, items, size)
        size -= 1
        if now > seconds[node]:
            continue
        order[count] = node
        count += 1
        if count % CHECKED == 0 and stop[0]:
            return STOPPED
        low, high = start[node], start[node + 1]
        keys, items = roomy(keys, items, size, high - low)
        size = relax(keys, items, size, now, low, high, end, cost, half, limit, seconds, via, stamp, generation)
    return count


@inlined
def _edges_from(
    start: Ints,
    half: Ints,
    cost: Floats,
    tail: Ints,
    head: Ints,
    order: Ints,
    stamp: Ints,
    generation: int,
    own: Ints,
) -> Ints:
    """The edges that lead on from the reached nodes in `order`, and those in `own`, each once, sorted."""
    room = len(own)
    for node in order:
        room += start[node + 1] - start[node]
    edges, count = np.empty(room, dtype=np.int32), 0
    for node in order:
        for at in range(start[node], start[node + 1]):
            edge = half[at] >> 1
            # From its tail where that is possible, else from its head: never twice.
            if half[at] & 1 == 0 or stamp[tail[edge]] != generation or cost[edge, 0] == np.inf:
                edges[count] = edge
                count += 1
    for edge in own:
        by_tail = stamp[tail[edge]] == generation and cost[edge, 0] < np.inf
        by_head = stamp[head[edge]] == generation and cost[edge, 1] < np.inf
        if not (by_tail or by_head):
            edges[count] = edge
            count += 1
    return _sorted_once(edges[:count])


@inlined
def _sorted_once(edges: Ints) -> Ints:
    """Each of `edges` once, sorted: marked in a row where they lie together, as they do in space order."""
    if len(edges) == 0:
        return edges.copy()
    first, last = edges.min(), edges.max()
    kept = 0
    if last - first < DENSE * len(edges):
        marked = np.zeros(last - first + 1, dtype=np.uint8)
        for edge in edges:
            marked[edge - first] = 1
        for at in range(len(marked)):
            if marked[at]:
                edges[kept] = first + at
                kept += 1
    else:
        edges = np.sort(edges)
        for row in range(len(edges)):
            if row == 0 or edges[row] != edges[row - 1]:
                edges[kept] = edges[row]
                kept += 1
    return edges[:kept].copy()


@inlined
def _end_seconds(
    edges: Ints, cost: Floats, tail: Ints, head: Ints, seconds: Floats, stamp: Ints, generation: int
) -> tuple[Floats, Floats]:
    """Seconds at tails and heads of `edges`, infinite where not reached or where the edge is closed from there."""
    at_tail, at_head = np.full(len(edges), np.inf), np.full(len(edges), np.inf)
    for row in range(len(edges)):
        edge = edges[row]
        if stamp[tail[edge]] == generation and cost[edge, 0] < np.inf:
            at_tail[row] = seconds[tail[edge]]
        if stamp[head[edge]] == generation and cost[edge, 1] < np.inf:
            at_head[row] = seconds[head[edge]]
    return at_tail, at_head


@kernel(
    several(OUT_INTS, OUT_REALS, OUT_REALS),
    *(INTS, INTS, REALS2, INTS, INTS, INTS, OUT_REALS, OUT_INTS, INT, INTS),
)
def touched_from(
    start: Ints,
    half: Ints,
    cost: Floats,
    tail: Ints,
    head: Ints,
    order: Ints,
    seconds: Floats,
    stamp: Ints,
    generation: int,
    own: Ints,
) -> tuple[Ints, Floats, Floats]:
    """The edges of which something may be reached, sorted, and the seconds at their tails and heads."""
    edges = _edges_from(start, half, cost, tail, head, order, stamp, generation, own)
    at_tail, at_head = _end_seconds(edges, cost, tail, head, seconds, stamp, generation)
    return edges, at_tail, at_head


@kernel(several(OUT_INTS, OUT_REALS, OUT_INTS), INTS, REALS, REALS, INTS, INTS, REALS2)
def seeds_from(
    edge: Ints, fraction: Floats, access: Floats, tail: Ints, head: Ints, cost: Floats
) -> tuple[Ints, Floats, Ints]:
    """Both ends of the edges on which places stand, seconds until there, infinite where closed, and -1 - its number."""
    count = len(edge)
    node, seconds = np.empty(2 * count, dtype=np.int32), np.full(2 * count, np.inf)
    number = np.empty(2 * count, dtype=np.int32)
    for row in range(count):
        forward, backward = cost[edge[row], 0], cost[edge[row], 1]
        node[row], node[count + row] = head[edge[row]], tail[edge[row]]
        number[row], number[count + row] = -1 - row, -1 - row
        if forward < np.inf:
            seconds[row] = access[row] + (1 - fraction[row]) * forward
        if backward < np.inf:
            seconds[count + row] = access[row] + fraction[row] * backward
    return node, seconds, number
