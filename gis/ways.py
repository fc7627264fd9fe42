"""The search for goals: the first few of many places by arrival, and the ways to them.

It settles nodes and goals in one heap and ends with the last goal that is wanted, however far that is; ways are then
followed back through the scratch that the search left, before it is lent to another.
"""

import numpy as np
from numpy.typing import NDArray

from gis.kernel import (
    BYTES,
    COUNT,
    INT,
    INTS,
    OUT_INTS,
    OUT_REALS,
    OUT_REALS2,
    REAL,
    REALS,
    REALS2,
    inlined,
    kernel,
    several,
)
from gis.search import CHECKED, FARTHEST, HEAP, STOPPED, Stop, relax, rise, roomy, sink, sow

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]

BY_TAIL, BY_HEAD, DIRECT = 0, 1, 2
"""How a goal is reached: by an end of its edge, or without leaving the edge where the search begins."""


@inlined
def _hang(
    after: Ints,
    tail: Ints,
    head: Ints,
    edge_cost: Floats,
    goal_edge: Ints,
    chain: Ints,
    chained: Ints,
    generation: int,
) -> None:
    """Hang goals on the nodes from which they are reached: 2 * goal by its tail, one more by its head."""
    for name in range(2 * len(goal_edge)):
        edge, side = goal_edge[name >> 1], name & 1
        if edge_cost[edge, side] < np.inf:
            node = head[edge] if side else tail[edge]
            after[name] = chain[node] if chained[node] == generation else -1
            chain[node], chained[node] = name, generation


@inlined
def _along(edge_cost: Floats, edge: int, ahead: float) -> float:
    """Seconds over a share of an edge, against it where below 0; none on the spot, be the road closed there."""
    return 0.0 if ahead == 0 else abs(ahead) * edge_cost[edge, 0 if ahead > 0 else 1]


@inlined
def _order(found: Ints, best: Floats, count: int) -> None:
    """Put goals with equal seconds, which stand together, into their own order."""
    for row in range(1, count):
        goal, at = found[row], row
        while at > 0 and best[found[at - 1]] == best[goal] and found[at - 1] > goal:
            found[at] = found[at - 1]
            at -= 1
        found[at] = goal


@kernel(
    COUNT,
    *(INTS, INTS, REALS, INTS),  # rows
    *(INTS, REALS, INTS),  # seeds
    *(INTS, INTS, REALS2, INTS, REALS, REALS),  # goals
    *(INT, REAL, REAL),  # the place where the search begins
    *(COUNT, REAL, BYTES),
    *(OUT_REALS, OUT_INTS, OUT_INTS, OUT_INTS, OUT_INTS, INT),  # scratch
    *(OUT_INTS, OUT_REALS, OUT_INTS),
)
def first_goals(
    start: Ints,
    end: Ints,
    cost: Floats,
    half: Ints,
    seed: Ints,
    seed_seconds: Floats,
    seed_via: Ints,
    tail: Ints,
    head: Ints,
    edge_cost: Floats,
    goal_edge: Ints,
    goal_at: Floats,
    goal_access: Floats,
    own: int,
    own_at: float,
    own_access: float,
    wanted: int,
    limit: float,
    stop: Stop,
    seconds: Floats,
    via: Ints,
    stamp: Ints,
    chain: Ints,
    chained: Ints,
    generation: int,
    found: Ints,
    best: Floats,
    entry: Ints,
) -> int:
    """Number of goals in `found` by arrival, `wanted` where so many arrive within `limit`; STOPPED.

    Those with equal seconds stand in their own order. Fills `best`, seconds to each goal, and `entry`, how it is
    reached.
    """
    after = np.empty(2 * len(goal_edge), dtype=np.int32)
    room = HEAP + len(goal_edge) + len(seed)
    keys, items, size = np.empty(room), np.empty(room, dtype=np.int32), 0
    _hang(after, tail, head, edge_cost, goal_edge, chain, chained, generation)
    for goal in range(len(goal_edge)):
        along = _along(edge_cost, own, goal_at[goal] - own_at) if goal_edge[goal] == own else np.inf
        best[goal], entry[goal] = own_access + along + goal_access[goal], DIRECT
        if best[goal] <= min(limit, FARTHEST):
            rise(keys, items, size, best[goal], -1 - goal)
            size += 1
    size = sow(keys, items, size, seed, seed_seconds, seed_via, limit, seconds, via, stamp, generation)
    count, settled, last = 0, 0, np.inf
    while size > 0 and (count < wanted or keys[0] == last):
        now, node = keys[0], items[0]
        sink(keys, items, size)
        size -= 1
        if node < 0:
            if now == best[-1 - node]:
                found[count], last = -1 - node, now
                count += 1
        elif now <= seconds[node]:
            settled += 1
            if settled % CHECKED == 0 and stop[0]:
                return STOPPED
            low, high = start[node], start[node + 1]
            keys, items = roomy(keys, items, size, high - low + len(after))
            at = chain[node] if chained[node] == generation else -1
            while at >= 0:
                goal = at >> 1
                share = 1 - goal_at[goal] if at & 1 else goal_at[goal]
                then = now + share * edge_cost[goal_edge[goal], at & 1] + goal_access[goal]
                if then <= limit and then < best[goal]:
                    best[goal], entry[goal] = then, at & 1
                    rise(keys, items, size, then, -1 - goal)
                    size += 1
                at = after[at]
            size = relax(keys, items, size, now, low, high, end, cost, half, limit, seconds, via, stamp, generation)
    _order(found, best, count)
    return min(count, wanted)


@inlined
def _node_before(half: int, tail: Ints, head: Ints) -> int:
    """The node from which a half-edge leads."""
    return int(head[half >> 1] if half & 1 else tail[half >> 1])


@kernel(
    several(OUT_INTS, OUT_INTS, OUT_REALS, OUT_REALS, OUT_REALS),
    *(INTS, INTS, INTS, REALS, INTS, INTS, REALS2, REALS, OUT_INTS, INT, REAL),
)
def steps_to(
    goals: Ints,
    entry: Ints,
    goal_edge: Ints,
    goal_at: Floats,
    tail: Ints,
    head: Ints,
    edge_cost: Floats,
    length: Floats,
    via: Ints,
    own: int,
    own_at: float,
) -> tuple[Ints, Ints, Floats, Floats, Floats]:
    """The ways from the place at `own_at` of `own` to `goals`: where each begins; edge, begin and end of steps; metres.

    Metres are those on roads.
    """
    start = np.zeros(len(goals) + 1, dtype=np.int32)
    for row in range(len(goals)):
        goal, count = goals[row], 1
        if entry[goal] != DIRECT:
            node = tail[goal_edge[goal]] if entry[goal] == BY_TAIL else head[goal_edge[goal]]
            count += 1
            while via[node] >= 0:
                node = _node_before(via[node], tail, head)
                count += 1
        start[row + 1] = start[row] + count
    edge = np.empty(start[-1], dtype=np.int32)
    begin, end = np.empty(start[-1]), np.empty(start[-1])
    for row in range(len(goals)):
        goal, at = goals[row], start[row + 1] - 1
        edge[at], begin[at], end[at] = goal_edge[goal], own_at, goal_at[goal]
        if entry[goal] == DIRECT:
            continue
        begin[at] = 0.0 if entry[goal] == BY_TAIL else 1.0
        node = tail[goal_edge[goal]] if entry[goal] == BY_TAIL else head[goal_edge[goal]]
        while via[node] >= 0:
            at -= 1
            turned = float(via[node] & 1)
            edge[at], begin[at], end[at] = via[node] >> 1, turned, 1 - turned
            node = _node_before(via[node], tail, head)
        by_head = edge_cost[own, 0] * (1 - own_at) if head[own] == node and edge_cost[own, 0] < np.inf else np.inf
        by_tail = edge_cost[own, 1] * own_at if tail[own] == node and edge_cost[own, 1] < np.inf else np.inf
        edge[at - 1], begin[at - 1], end[at - 1] = own, own_at, 1.0 if by_head <= by_tail else 0.0
    metres = np.zeros(len(goals))
    for row in range(len(goals)):
        for at in range(start[row], start[row + 1]):
            metres[row] += abs(end[at] - begin[at]) * length[edge[at]]
    return start, edge, begin, end, metres


@inlined
def _add(xy: Floats, count: int, x: float, y: float, first: int) -> int:
    """Append a point unless it is the one before; returns how many there are."""
    if count > first and xy[count - 1, 0] == x and xy[count - 1, 1] == y:
        return count
    xy[count, 0], xy[count, 1] = x, y
    return count + 1


@inlined
def _part(
    points: Floats, count: int, first: int, xy: Floats, line_start: Ints, edge: int, begin: float, end: float
) -> int:
    """Append the part of an edge from `begin` to `end`, drawn in that direction; returns how many points there are."""
    low, high, metres = line_start[edge], line_start[edge + 1] - 1, 0.0
    for at in range(low, high):
        metres += np.hypot(xy[at + 1, 0] - xy[at, 0], xy[at + 1, 1] - xy[at, 1])
    one, two = min(begin, end) * metres, max(begin, end) * metres
    ahead = begin <= end
    run = 0.0 if ahead else metres
    if begin in (0.0, 1.0):
        count = _add(points, count, xy[low if begin == 0 else high, 0], xy[low if begin == 0 else high, 1], first)
    for step in range(high - low):
        at = low + step if ahead else high - 1 - step
        dx, dy = xy[at + 1, 0] - xy[at, 0], xy[at + 1, 1] - xy[at, 1]
        length = np.hypot(dx, dy)
        before, after = (run, run + length) if ahead else (run - length, run)
        run = after if ahead else before
        if after <= one or before >= two or length == 0:
            continue
        for turn in range(2):
            near = (turn == 0) == ahead
            share = max((one - before) / length, 0.0) if near else min((two - before) / length, 1.0)
            x, y = xy[at, 0] + share * dx, xy[at, 1] + share * dy
            if share == 1:
                x, y = xy[at + 1, 0], xy[at + 1, 1]
            count = _add(points, count, x, y, first)
    return count


@kernel(several(OUT_REALS2, OUT_INTS), *(INTS, INTS, REALS, REALS, REALS2, INTS, REALS, REALS2))
def lines_of_steps(
    start: Ints, edge: Ints, begin: Floats, end: Floats, xy: Floats, line_start: Ints, origin: Floats, goal: Floats
) -> tuple[Floats, Ints]:
    """Points of each way from `origin` along its steps to its `goal` (k, 2), and where each way's points begin."""
    room = 3 * len(goal)
    for e in edge:  # where rounding parts them, each straight part of it brings both its ends
        room += 2 * (line_start[e + 1] - line_start[e])
    points, first, count = np.empty((room, 2)), np.zeros(len(goal) + 1, dtype=np.int32), 0
    for row in range(len(goal)):
        first[row] = count
        count = _add(points, count, origin[0], origin[1], first[row])
        for at in range(start[row], start[row + 1]):
            count = _part(points, count, first[row], xy, line_start, edge[at], begin[at], end[at])
        count = _add(points, count, goal[row, 0], goal[row, 1], first[row])
        if count == first[row] + 1:
            points[count] = points[count - 1]
            count += 1
    first[-1] = count
    return points[:count].copy(), first
