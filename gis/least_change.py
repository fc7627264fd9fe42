"""Today's plan repaired with the fewest blocks moved, exactly: an integer program around each fault, solved by HiGHS.

A grid that misses the range is solved together with its neighbours, then with theirs, until no plan with fewer moves
could reach farther than what was looked at. Contiguity is asked for where an answer lacks it: two blocks of a grid need
one of those that separate them (Carvajal et al. 2013).
"""

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from gis.atoms import Atoms, summed
from gis.flips import pieces
from gis.plan import NO_GRID, Plan
from gis.plan_scores import USUAL, Size

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]
Longs = NDArray[np.int64]
Flags = NDArray[np.bool_]
Row = dict[int, float]

SECONDS = 10.0  # for one region
MOST = 260  # blocks that are solved together
SHORT = 10.0  # blocks that may move to bring one household more into the range, where not all can be
HALF = 0.5


class Repair(NamedTuple):
    """A plan on its way from today's; `proven` where no plan in the range moves fewer blocks for the faults mended."""

    plan: Plan
    moved: int
    proven: bool
    left: tuple[int, ...]  # grids that still miss the range


def least_change(today: Plan, size: Size = USUAL) -> Iterator[Repair]:
    """The plan of today with one fault after another mended; the last has none that can be mended.

    Blocks in no grid are put into one; dedicated and locked grids stay. Grids may be dissolved and new ones made.
    """
    homeless: Flags = today.of == NO_GRID
    plan, proven, given_up = _lodged(today), True, set[int]()
    if not faulty(plan, size):
        yield Repair(plan, int(homeless.sum()), proven, ())
    while faults := [fault for fault in faulty(plan, size) if fault not in given_up]:
        fault = faults[0]
        found, sure = _mended(plan, fault, homeless, size)
        proven = proven and sure
        if found is None:
            given_up.add(fault)
        else:
            plan = _told(today, found)
        if fault in faulty(plan, size):
            given_up.add(fault)
        yield Repair(plan, int((plan.of != today.of).sum()), proven, tuple(faulty(plan, size)))


def faulty(plan: Plan, size: Size = USUAL) -> list[int]:
    """The grids that miss the range, the farthest first; NO_GRID where blocks are in none."""
    free = np.flatnonzero(~np.isin(plan.of, [*plan.dedicated, *plan.locked, NO_GRID]))
    grids, of = np.unique(plan.of[free], return_inverse=True)
    held = summed(of, plan.atoms.households[free], len(grids))
    missed = np.maximum(size.low - held, held - size.high)
    worst = np.argsort(-missed, kind="stable")
    return [NO_GRID] * bool((plan.of == NO_GRID).any()) + [int(grid) for grid in grids[worst[missed[worst] > 0]]]


def _lodged(today: Plan) -> Plan:
    """The plan where blocks in no grid are a grid for each part of them that hangs together."""
    atoms, of = today.atoms, today.of.copy()
    homeless = np.flatnonzero(of == NO_GRID)
    apart = atoms.within(homeless)
    of[homeless] = today.numbers + pieces(apart.start, apart.near, apart.passable, of[homeless] * 0)[1]
    return _told(today, of)


def _told(today: Plan, of: Ints) -> Plan:
    """The plan as one act from today's."""
    before = {int(block): int(today.of[block]) for block in np.flatnonzero(of != today.of)}
    return replace(today, of=of, parent=today, flips=before) if before else today


def _mended(plan: Plan, fault: int, homeless: Flags, size: Size) -> tuple[Ints | None, bool]:
    """The plan without a fault, fewest blocks moved, and whether this is proven; None where nothing helps.

    Blocks that were `homeless` do not count as moved.
    """
    around, best, moves = np.array([fault]), None, np.inf
    for radius in range(1, len(plan.atoms) + 1):
        wider = _beside(plan, around)
        blocks = np.flatnonzero(np.isin(plan.of, wider))
        if len(blocks) > MOST and radius > 1:
            sure = False
            break
        members, grown, around = blocks, len(wider) > len(around), wider
        found, sure = _Region(plan, members, homeless, size).solved(moves - 1)
        if found is not None:
            best, moves = found, int(((found != plan.of) & ~homeless).sum())
        if moves <= radius + 1 or not grown:
            break
    if best is None:  # as few households as can be outside the range, where some must be
        return _Region(plan, members, homeless, size, soft=True).solved(np.inf)[0], False
    return best, sure


def _beside(plan: Plan, grids: Longs) -> Longs:
    """Some grids and those that can be walked to from them, but for dedicated and locked ones."""
    atoms = plan.atoms
    reached = plan.of[atoms.near[np.isin(plan.of[atoms.tail], grids) & atoms.passable]]
    kept = ~np.isin(reached, [*plan.dedicated, *plan.locked])
    return np.unique(np.r_[grids, reached[kept]]).astype(np.int64)


class _Region:
    """Some whole grids as an integer program: whether block v is in grid g, and whether grid g is there.

    Variables: v * grids + g, then one for each grid, then (`soft`) the households by which each misses the range.
    """

    def __init__(self, plan: Plan, members: Longs, homeless: Flags, size: Size, *, soft: bool = False) -> None:
        """Number the grids of the region, those of today first, then new ones as many as could be needed."""
        self.plan, self.members, self.size, self.soft = plan, members, size, soft
        self.atoms: Atoms = plan.atoms.within(members)
        today = np.unique(plan.of[members])
        held = int(self.atoms.households.sum())
        new = max(1, -(-held // size.high) - len(today))
        self.labels: Longs = np.r_[today, plan.numbers + np.arange(new)].astype(np.int64)
        self.home: Longs = np.where(homeless[members], -1, np.searchsorted(today, plan.of[members]))
        self.blocks, self.grids = len(members), len(self.labels)
        self.width = self.blocks * self.grids + self.grids * (2 if soft else 1)

    def solved(self, most: float) -> tuple[Ints | None, bool]:
        """The grid of each block of the whole plan with at most `most` moves, None where there is none; if proven."""
        if most < 0:
            return None, True
        rows = [*self._rules(), *self._no_block_alone(), *self._at_most(most)]
        until = time.monotonic() + SECONDS
        while (left := until - time.monotonic()) > 0:
            values, status = self._answer(rows, left)
            if values is None:
                return None, status == 2  # noqa: PLR2004 (HiGHS by SciPy: infeasible)
            of = values[: self.blocks * self.grids].reshape(self.blocks, self.grids).argmax(axis=1).astype(np.int32)
            cuts = list(self._cuts(of))
            if not cuts:
                whole = self.plan.of.copy()
                whole[self.members] = self.labels[of]
                return whole, status == 0
            rows += cuts
        return None, False

    def _answer(self, rows: list[tuple[Row, float, float]], seconds: float) -> tuple[Floats | None, int]:
        """The best values found in time, and SciPy's status."""
        at = [(number, column, value) for number, (row, _, _) in enumerate(rows) for column, value in row.items()]
        number, column, value = zip(*at, strict=True)
        matrix = csr_array((value, (number, column)), shape=(len(rows), self.width))
        lower, upper = np.array([low for _, low, _ in rows]), np.array([high for _, _, high in rows])
        binary = np.arange(self.width) < self.blocks * self.grids + self.grids
        result = milp(
            self._prices(),
            integrality=binary.astype(np.int64),
            bounds=Bounds(0, np.where(binary, 1.0, np.inf)),
            constraints=LinearConstraint(matrix, lower, upper),
            options={"time_limit": seconds, "mip_rel_gap": 0.0},
        )
        return (result.x, result.status) if result.x is not None else (None, result.status)

    def _prices(self) -> Floats:
        """One for each block that moves, and a little for its households; SHORT for each household out of range."""
        price = np.zeros(self.width)
        each = 1 + HALF * self.atoms.households / (1 + self.atoms.households.sum())
        table = price[: self.blocks * self.grids].reshape(self.blocks, self.grids)
        table[:] = each[:, np.newaxis]
        lodged = np.flatnonzero(self.home >= 0)
        table[self.home < 0] = 0
        table[lodged, self.home[lodged]] = 0
        if self.soft:
            price[-self.grids :] = SHORT
        return price

    def _rules(self) -> Iterator[tuple[Row, float, float]]:
        """Every block in one grid; every grid in the range, or empty and not there."""
        there = self.blocks * self.grids
        for v in range(self.blocks):
            yield {v * self.grids + g: 1.0 for g in range(self.grids)}, 1, 1
        for g in range(self.grids):
            held: Row = {v * self.grids + g: float(h) for v, h in enumerate(self.atoms.households.tolist()) if h}
            miss: Row = {there + self.grids + g: 1.0} if self.soft else {}
            yield {**held, there + g: -float(self.size.low), **miss}, 0, np.inf
            yield {**held, there + g: -float(self.size.high), **dict.fromkeys(miss, -1.0)}, -np.inf, 0
            for v in range(self.blocks):
                yield {v * self.grids + g: 1.0, there + g: -1.0}, -np.inf, 0

    def _no_block_alone(self) -> Iterator[tuple[Row, float, float]]:
        """A block that is no grid by itself stands beside another of its grid."""
        if self.soft:
            return
        for v in np.flatnonzero(self.atoms.households < self.size.low).tolist():
            near = self._near(v)
            for g in range(self.grids):
                yield {v * self.grids + g: -1.0, **{n * self.grids + g: 1.0 for n in near}}, 0, np.inf

    def _at_most(self, most: float) -> Iterator[tuple[Row, float, float]]:
        """No more than so many moves."""
        if np.isfinite(most):
            yield (
                {
                    v * self.grids + g: 1.0
                    for v in np.flatnonzero(self.home >= 0).tolist()
                    for g in range(self.grids)
                    if g != self.home[v]
                },
                0,
                most,
            )

    def _near(self, v: int) -> list[int]:
        """The neighbours that can be walked to."""
        part = slice(int(self.atoms.start[v]), int(self.atoms.start[v + 1]))
        return [int(n) for n in self.atoms.near[part][self.atoms.passable[part]]]

    def _cuts(self, of: Ints) -> Iterator[tuple[Row, float, float]]:
        """For each part that is cut off from its grid, what brings it together or takes it away.

        A part too small for a grid needs a block of those around it; another one needs it to be with the rest.
        """
        part = pieces(self.atoms.start, self.atoms.near, self.atoms.passable, of)[1]
        for g in np.unique(of).tolist():
            numbers, sizes = np.unique(part[of == g], return_counts=True)
            main = np.flatnonzero(part == numbers[sizes.argmax()]).tolist()
            for number in np.delete(numbers, sizes.argmax()):
                lost = np.flatnonzero(part == number).tolist()
                around = {n for b in lost for n in self._near(b)} - set(lost)
                small = not self.soft and self.atoms.households[lost].sum() < self.size.low
                row = {n * self.grids + g: -1.0 for n in (around if small else self._met(set(main), around))}
                for b in lost:
                    if small:
                        yield {**row, b * self.grids + g: 1.0}, -np.inf, 0
                    else:
                        yield {**row, b * self.grids + g: 1.0, main[0] * self.grids + g: 1.0}, -np.inf, 1

    def _met(self, main: set[int], rim: set[int]) -> set[int]:
        """The blocks of a rim that somebody who walks from `main` comes to first."""
        seen, waiting, met = set(main), list(main), set[int]()
        while waiting:
            for n in self._near(waiting.pop()):
                if n in rim:
                    met.add(n)
                elif n not in seen:
                    seen.add(n)
                    waiting.append(n)
        return met
