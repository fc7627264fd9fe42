"""Grids (网格) formed from blocks: contiguous, of 300 to 500 households where the blocks allow it, and compact.

Grids first grow from the rim inwards; then pairs of neighbours, one of which misses the range, are joined and cut again
along a spanning tree (the step of GerryChain's ReCom), three at a time where two do not do; and single blocks change
sides while that makes the plan better.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from heapq import heapify, heappop, heappush
from random import Random

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from gis.blocks import shared_edges

ROUNDS = 12  # passes of repair; they end early where all fits and nothing gets better
TREES = 8  # spanning trees tried for the same grids
TRIES = 2  # times that the same blocks are joined and cut anew
MOST_PAIRS = 8  # pairs of neighbours that a grid is joined with
MOST_JOINED = 150  # blocks that are cut anew together
RIPE = 0.85  # a branch breaks off with this share of what a grid should hold
GAIN = 1e-6  # what counts as better
COLOURS = 6
OUTSIDE = 2.0  # what a grid outside the range costs, in outlines of a circle
STRAY = 40.0  # and what it costs to be away from it by the whole of `low`

Neighbours = Sequence[Mapping[int, float]]
Floats = NDArray[np.float64]


def form_grids(
    blocks: Sequence[BaseGeometry],
    households: Sequence[int],
    *,
    low: int = 300,
    high: int = 500,
    target: int | None = None,
    neighbours: Neighbours | None = None,
) -> list[tuple[int, ...]]:
    """Grids as tuples of block indices: every block in exactly one grid, each grid contiguous by edges.

    Grids hold `low` to `high` households where the blocks allow it. `neighbours` (metres of edge shared with each other
    block, as `shared_edges` gives them) may be passed in, weighted to keep blocks apart.
    """
    if len(blocks) != len(households):
        raise ValueError("form_grids needs one household count for each block")
    if not 0 < low <= high:
        raise ValueError("form_grids needs 0 < low <= high")
    edges = neighbours if neighbours is not None else shared_edges(blocks)
    plan = _Plan(blocks, households, edges, low=low, high=high)
    for island in _components(range(len(blocks)), edges):
        _grow(plan, island, target or (low + high) // 2)
    _repair(plan)
    return sorted(tuple(sorted(members)) for members in plan.grids.values())


def tints(
    polygons: Sequence[BaseGeometry],
    *,
    fixed: Mapping[int, int] | None = None,
    wished: Mapping[int, int] | None = None,
) -> list[int]:
    """A colour index 0–5 for each polygon; polygons that share an edge differ wherever six colours can manage it.

    Those of `fixed` stay as they are, and those of `wished` get their wish where no neighbour has that colour.
    """
    edges = shared_edges(polygons)
    colour = [-1] * len(polygons)
    taken: list[set[int]] = [set() for _ in polygons]
    used = [0] * COLOURS
    for i, c in (fixed or {}).items():
        colour[i] = c
        used[c] += 1
        for j in edges[i]:
            taken[j].add(c)
    # The polygon with the fewest colours left comes first (Brélaz 1979); stale entries of the queue are skipped.
    queue = [(-len(taken[i]), -len(edges[i]), i) for i in range(len(polygons))]
    heapify(queue)
    while queue:
        _, _, i = heappop(queue)
        if colour[i] >= 0:
            continue
        free = set(range(COLOURS)) - taken[i] or set(range(COLOURS))
        wish = (wished or {}).get(i, -1)
        colour[i] = wish if wish in free else min(free, key=lambda c: (used[c], c))
        used[colour[i]] += 1
        for j in edges[i]:
            taken[j].add(colour[i])
            heappush(queue, (-len(taken[j]), -len(edges[j]), j))
    return colour


class _Plan:
    """An assignment of blocks to grids that knows its cost."""

    def __init__(
        self,
        blocks: Sequence[BaseGeometry],
        households: Sequence[int],
        edges: Neighbours,
        *,
        low: int,
        high: int,
    ) -> None:
        self.households, self.edges = households, edges
        self.low, self.high = low, high
        shapes = np.asarray(blocks, dtype=object)
        self.middles: Floats = shapely.get_coordinates(shapely.point_on_surface(shapes)).reshape(-1, 2)
        self.perimeter: Floats = np.asarray(shapely.length(shapes), dtype=np.float64)
        self.area: Floats = np.asarray(shapely.area(shapes), dtype=np.float64)
        self.grids: dict[int, set[int]] = {}
        self.of: dict[int, int] = {}
        self._next = 0

    def found(self, members: Collection[int]) -> int:
        """The number of a new grid made of `members`, taken from wherever they were."""
        self._next += 1
        self.grids[self._next] = set()
        for block in members:
            self.move(block, self._next)
        return self._next

    def move(self, block: int, grid: int) -> None:
        """Put a block into a grid; a grid left empty disappears."""
        old = self.of.get(block)
        if old is not None:
            self.grids[old].discard(block)
            if not self.grids[old]:
                del self.grids[old]
        self.of[block] = grid
        self.grids[grid].add(block)

    def held(self, members: Collection[int]) -> int:
        """Households of a set of blocks."""
        return sum(self.households[block] for block in members)

    def missed(self, members: Collection[int]) -> int:
        """Households by which a set of blocks misses the range."""
        held = self.held(members)
        return max(self.low - held, held - self.high, 0)

    def cost(self, members: Collection[int]) -> float:
        """What a grid costs: missing the range, then a ragged outline (1 for a circle)."""
        if not members:
            return 0.0
        inner = sum(metres for i in members for j, metres in self.edges[i].items() if j in members)
        outline = sum(self.perimeter[i] for i in members) - inner
        area = sum(self.area[i] for i in members)
        ragged = outline / (2 * np.sqrt(np.pi * area)) if area > 0 else 1.0
        missed = self.missed(members)
        return float((OUTSIDE + STRAY * missed / self.low if missed else 0.0) + ragged)

    def beside(self, grid: int) -> list[int]:
        """The grids that share an edge with a grid."""
        return sorted({self.of[j] for i in self.grids[grid] for j in self.edges[i]} - {grid})


def _components(members: Collection[int], edges: Neighbours) -> Iterator[set[int]]:
    """The contiguous parts of a set of blocks, first block first."""
    left = set(members)
    for start in sorted(left):
        if start in left:
            part = _reached(start, left, edges)
            left -= part
            yield part


def _reached(start: int, within: Collection[int], edges: Neighbours) -> set[int]:
    seen, waiting = {start}, [start]
    while waiting:
        for j in edges[waiting.pop()]:
            if j in within and j not in seen:
                seen.add(j)
                waiting.append(j)
    return seen


def _grow(plan: _Plan, island: set[int], target: int) -> None:
    """Cover a contiguous set of blocks by grids, each grown from the open block farthest out."""
    total = plan.held(island)
    wanted = total / max(1, round(total / target))
    centre = plan.middles[sorted(island)].mean(axis=0)
    left = set(island)
    while left:
        start = max(left, key=lambda i: (-_open_edges(plan, i, left), float(np.hypot(*(plan.middles[i] - centre))), -i))
        grid = {start}
        held = plan.households[start]
        while step := _next_block(plan, grid, left, wanted - held, plan.high - held):
            grid.add(step[0])
            held += plan.households[step[0]]
        left -= grid
        for orphan in list(_components(left, plan.edges)):
            lost = plan.held(orphan)
            if lost < plan.low / 2 and held + lost <= plan.high and _touches(plan, orphan, grid):
                grid |= orphan
                held += lost
                left -= orphan
        plan.found(grid)


def _open_edges(plan: _Plan, block: int, left: set[int]) -> int:
    """How many neighbours a block still has, at most 3: those about to be cut off come first."""
    return min(3, sum(j in left for j in plan.edges[block]))


def _touches(plan: _Plan, one: Collection[int], other: Collection[int]) -> bool:
    return any(j in other for i in one for j in plan.edges[i])


def _next_block(plan: _Plan, grid: set[int], left: set[int], wanted: float, room: int) -> tuple[int] | None:
    """The open neighbour that keeps the grid most compact; None where the grid is full."""
    near = {j for i in grid for j in plan.edges[i] if j in left and j not in grid}
    if wanted <= 0:
        return None
    fits = [j for j in near if plan.households[j] <= room and plan.households[j] <= 2 * wanted + 1]
    if not fits:
        return None
    middle = plan.middles[sorted(grid)].mean(axis=0)

    def hold(j: int) -> tuple[float, int]:
        shared = sum(metres for i, metres in plan.edges[j].items() if i in grid)
        rim = sum(metres for i, metres in plan.edges[j].items() if i not in left or i in grid)
        away = float(np.hypot(*(plan.middles[j] - middle))) / (float(np.sqrt(plan.area[j])) + 1.0)
        return (2 * shared + rim) / (plan.perimeter[j] + 1e-9) - 0.2 * away, -j

    return (max(fits, key=hold),)


def _repair(plan: _Plan) -> None:
    """Join, cut again and trade blocks while that makes the plan better; each pass tries other trees."""
    random = Random(1)  # noqa: S311 (the same blocks give the same grids)
    tries: Counter[frozenset[int]] = Counter()
    for _ in range(ROUNDS):
        before = sum(tries.values())
        better = _absorb(plan)
        better = _recut(plan, random, tries) or better
        better = _trade(plan) or better
        if not better and sum(tries.values()) == before:
            return


def _absorb(plan: _Plan) -> bool:
    """Whether a grid below the range could be joined whole to a neighbour without passing the upper end."""
    better = False
    for grid in sorted(plan.grids, key=lambda g: (plan.held(plan.grids[g]), g)):
        members = plan.grids.get(grid)
        if members is None or plan.held(members) >= plan.low:
            continue
        room = plan.high - plan.held(members)
        hosts = [g for g in plan.beside(grid) if plan.held(plan.grids[g]) <= room]
        if hosts:
            host = min(hosts, key=lambda g: (plan.cost(plan.grids[g] | members), g))
            for block in list(members):
                plan.move(block, host)
            better = True
    return better


def _recut(plan: _Plan, random: Random, tries: "Counter[frozenset[int]]") -> bool:
    """Whether joining a grid outside the range with one or two neighbours and cutting them anew helped."""
    better = False
    for grid in sorted(plan.grids):
        if grid not in plan.grids or not plan.missed(plan.grids[grid]) or _hopeless(plan, grid):
            continue
        partners = ({grid, *others} for others in _partners(plan, grid))
        better = any(_recut_with(plan, grids, random, tries) for grids in partners) or better
    return better


def _hopeless(plan: _Plan, grid: int) -> bool:
    """Whether a grid is one block that is too much by itself: no other cut can help it."""
    return len(plan.grids[grid]) == 1 and plan.held(plan.grids[grid]) > plan.high


def _partners(plan: _Plan, grid: int) -> Iterator[tuple[int, ...]]:
    """Whom to join a grid with: nobody (to cut it alone), each neighbour, each two around a neighbour."""
    beside = plan.beside(grid)
    yield ()
    yield from ((other,) for other in beside)
    further = {frozenset((other, third)) for other in beside for third in plan.beside(other) if third != grid}
    yield from sorted(map(tuple, map(sorted, further)), key=lambda pair: _off_target(plan, {grid, *pair}))[:MOST_PAIRS]


def _off_target(plan: _Plan, grids: Collection[int]) -> tuple[float, list[int]]:
    """How far the households of some grids together are from whole grids, and which they are."""
    held = sum(plan.held(plan.grids[g]) for g in grids)
    middle = (plan.low + plan.high) / 2
    return abs(held / middle - max(1, round(held / middle))), sorted(grids)


def _recut_with(plan: _Plan, grids: set[int], random: Random, tries: "Counter[frozenset[int]]") -> bool:
    """Whether some spanning tree over the joined grids falls into better grids; puts them in place if so."""
    if not grids <= plan.grids.keys() or not any(plan.missed(plan.grids[g]) for g in grids):
        return False
    joined = set().union(*(plan.grids[g] for g in grids))
    same = frozenset(joined)
    if tries[same] == TRIES or len(joined) > MOST_JOINED:
        return False
    tries[same] += 1
    held = plan.held(joined)
    counts = range(max(1, -(-held // plan.high)), max(1, held // plan.low, len(grids)) + 1)
    best, least = None, sum(plan.cost(plan.grids[g]) for g in grids) - GAIN
    for _ in range(TREES):
        tree = _tree(plan, joined, random)
        for count in counts:
            parts = _fallen(plan, tree, held / count)
            if (cost := sum(map(plan.cost, parts))) < least:
                best, least = parts, cost
    for part in best or ():
        plan.found(part)
    return best is not None


def _tree(plan: _Plan, joined: set[int], random: Random) -> list[tuple[int, int]]:
    """A random spanning tree: each block with the one it hangs on, the root (on itself) first."""
    root = random.choice(sorted(joined))
    tree, seen = [(root, root)], {root}
    rim = [(j, root) for j in plan.edges[root] if j in joined]
    while rim:
        block, parent = rim.pop(random.randrange(len(rim)))
        if block not in seen:
            seen.add(block)
            tree.append((block, parent))
            rim += [(j, block) for j in plan.edges[block] if j in joined and j not in seen]
    return tree


def _fallen(plan: _Plan, tree: Sequence[tuple[int, int]], wanted: float) -> list[set[int]]:
    """The parts into which a tree falls where every branch breaks off as soon as it holds about `wanted`."""
    below = {block: [block] for block, _ in tree}
    held = {block: plan.households[block] for block, _ in tree}
    parts: list[set[int]] = []
    for block, parent in reversed(tree):
        ripe = max(plan.low, RIPE * wanted) <= held[block] or held[block] > plan.high
        if parent == block or ripe:
            parts.append(set(below[block]))
        else:
            below[parent] += below[block]
            held[parent] += held[block]
    return parts


def _trade(plan: _Plan) -> bool:
    """Whether moving single blocks across a border made grids better."""
    better = False
    for block in sorted(plan.of):
        home = plan.of[block]
        members = plan.grids[home]
        for other in sorted({plan.of[j] for j in plan.edges[block]} - {home}):
            rest = members - {block}
            if not rest or len(list(_components(rest, plan.edges))) > 1:
                break
            host = plan.grids[other]
            gain = plan.cost(members) + plan.cost(host) - plan.cost(rest) - plan.cost(host | {block})
            if gain > GAIN:
                plan.move(block, other)
                better = True
                break
    return better
