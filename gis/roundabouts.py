"""Roundabouts on a way, told from the drawing: round loops of one-way roads, and by which exit each is left.

Whether a road is a roundabout is not kept with it. One is a loop of roads that vehicles may go one way only, at most
LONGEST around and nearly round, found by going on along the innermost one-way road. The squares that dual carriageways
make where they cross are loops as well, but not round ones.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gis.nearest import Step
from gis.network import PERMISSION, ModeNetwork
from gis.travel import Mode

Floats = NDArray[np.float64]

LONGEST = 400.0  # metres around
ROUND = 0.85  # least 4 pi area / perimeter²: 1 for a circle, 0.91 for a hexagon, 0.785 for a square
LEFT, RIGHT = -1, 1  # the side on which the island lies


class Exit(NamedTuple):
    """A roundabout on a way: `steps` of it lie on the loop, which is left by the exit of this `number`, from 1."""

    steps: int
    number: int


class _Ring(NamedTuple):
    """The half-edges of a loop in their order, each leading to the next, and the side of the island."""

    halves: Sequence[int]
    side: int


def exits(network: ModeNetwork, steps: Sequence[Step]) -> dict[int, Exit]:
    """The roundabouts that a way of `steps` enters and leaves, by the position of the first step on each."""
    halves = [2 * step.edge + (step.begin > step.end) for step in steps]
    found, at = {}, 1
    while at < len(steps) - 1:
        ring = _ring(network, halves[at])
        count = next((k for k, half in enumerate(halves[at:]) if ring is None or half not in ring.halves), len(steps))
        if ring and at + count < len(steps) and halves[at - 1] not in ring.halves:
            found[at] = Exit(count, _number(network, ring, halves[at : at + count], halves[at + count]))
        at += max(count, 1)
    return found


def _number(network: ModeNetwork, ring: _Ring, around: Sequence[int], taken: int) -> int:
    """Which of the exits that are open to the mode is `taken` after the half-edges `around`."""
    edges = {half >> 1 for half in ring.halves}
    number = 0
    for half in around:
        ways = [way for way in _onward(network, half) if way >> 1 not in edges]
        if half == around[-1]:  # of several at one place those come first that lead further away from the island
            bends = {way: ring.side * _bend(network, half, way) for way in ways}
            ways = [way for way in ways if bends[way] <= bends.get(taken, math.inf)]
        number += len(ways)
    return number


def _ring(network: ModeNetwork, half: int) -> _Ring | None:
    """The round loop of one-way half-edges that one belongs to."""
    if _is_one_way(network, half):
        for side in (LEFT, RIGHT):
            halves = _loop(network, half, side)
            if halves and _roundness(network, halves) >= ROUND:
                return _Ring(halves, side)
    return None


def _loop(network: ModeNetwork, half: int, side: int) -> list[int]:
    """The half-edges that lead from one back to itself, at each node the one-way one furthest to a side; or none."""
    roads, halves, metres = network.roads, [half], 0.0
    origin = roads.node_xy[_end(network, half ^ 1)]
    while True:
        metres += float(roads.length[halves[-1] >> 1])
        if metres + math.dist(roads.node_xy[_end(network, halves[-1])], origin) > LONGEST:
            return []
        onward = [way for way in _onward(network, halves[-1]) if _is_one_way(network, way)]
        following = max(onward, key=lambda way: side * _bend(network, halves[-1], way), default=-1)
        if following == half:
            return halves
        if following < 0 or following in halves:
            return []
        halves.append(following)


def _onward(network: ModeNetwork, half: int) -> list[int]:
    """The open half-edges from where one ends."""
    node, rows = _end(network, half), network.rows
    ways: list[int] = rows.half[rows.start[node] : rows.start[node + 1]].tolist()
    return ways


def _end(network: ModeNetwork, half: int) -> int:
    roads = network.roads
    return int((roads.tail if half & 1 else roads.head)[half >> 1])


def _is_one_way(network: ModeNetwork, half: int) -> bool:
    """Whether vehicles may go along a half-edge and not against it; people on foot may go where they like."""
    vehicles = network.roads.permitted[half >> 1, PERMISSION[Mode.EBIKE] :]
    return bool(vehicles[:, half & 1].any() and not vehicles[:, ~half & 1].any())


def _drawn(network: ModeNetwork, half: int) -> Floats:
    """The points of a half-edge as it is travelled, (k, 2)."""
    roads, edge = network.roads, half >> 1
    xy = roads.xy[roads.line_start[edge] : roads.line_start[edge + 1]]
    return xy[::-1] if half & 1 else xy


def _bend(network: ModeNetwork, half: int, way: int) -> float:
    """The angle from the end of one half-edge to the beginning of the next, to the right positive; radians."""
    (ax, ay), (bx, by) = _drawn(network, half)[-2:].tolist()
    (cx, cy), (dx, dy) = _drawn(network, way)[:2].tolist()
    ux, uy, vx, vy = bx - ax, by - ay, dx - cx, dy - cy
    return math.atan2(uy * vx - ux * vy, ux * vx + uy * vy)


def _roundness(network: ModeNetwork, halves: Sequence[int]) -> float:
    """4 pi area / perimeter² of a loop as it is drawn (Cox 1927); 1 for a circle, less for anything else."""
    xy = np.concatenate([_drawn(network, half) for half in halves])
    xy, after = xy - xy[0], np.roll(xy - xy[0], -1, axis=0)
    perimeter = float(np.hypot(*(after - xy).T).sum())
    area = abs(float((xy[:, 0] * after[:, 1] - xy[:, 1] * after[:, 0]).sum())) / 2
    return 4 * math.pi * area / perimeter**2 if perimeter else 0.0
