"""Grids in nested levels (三级网格): each grid of a level is made of whole grids of the level below.

A level is searched as a plan is, with the grids below as its blocks: it is contiguous and compact, keeps to one side of
main roads, and its grids hold about the same number of households each. Parts that cannot be walked between share the
number that is asked for by their households.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from gis.annealing import Problem, Search, started
from gis.atoms import Atoms
from gis.flips import pieces
from gis.plan import NO_GRID, Plan
from gis.plan_scores import Size
from gis.suggest import FAIR

Ints = NDArray[np.int32]

UNEVEN = 0.25  # how far a grid's households may lie from the mean of its level
SWEEPS = 500  # flips tried for each grid below, where there are few
MOST_FLIPS = 300_000  # in one try
TRIES = 3  # of annealing from the same start
STARTS = 2  # where there are few grids; where there are many, more changed nothing
FEW = 500  # grids below, of all parts: those of a district
TOGETHER = 12  # grids below in one above: of more, annealing leaves threads behind, so they are joined in steps


def levels(plan: Plan, counts: Sequence[int], *, seed: int = 1) -> Iterator[Plan]:
    """A plan for each count, the lowest level first, each made of whole grids of the one before (`plan` at first).

    Parts that cannot be walked between are never in one grid, so that there may be more than asked for; ValueError
    where a level is to have more than the one below.
    """
    below = plan
    for count in counts:
        if not 0 < count <= len(below.grids):
            raise ValueError(f"{count} grids cannot be made of {len(below.grids)}")
        below = _above(below, count, seed)
        yield below


def _above(below: Plan, count: int, seed: int) -> Plan:
    """The level above."""
    mine = np.flatnonzero(below.of != NO_GRID)
    grid = np.unique(below.of[mine], return_inverse=True)[1].astype(np.int32)
    joined = below.atoms.within(mine).joined(grid)
    of = below.of.copy()
    of[mine] = _grouped(joined, count, seed)[grid]
    return replace(below, of=of, dedicated=frozenset(), locked=frozenset(), parent=None, numbers=0)


def _grouped(atoms: Atoms, count: int, seed: int) -> Ints:
    """The grid above of each grid, part by part."""
    part = pieces(atoms.start, atoms.near, atoms.passable, np.zeros(len(atoms), dtype=np.int32))[1]
    sweeps = max(1, min(SWEEPS, MOST_FLIPS // len(atoms)))
    of, begun = np.empty(len(atoms), dtype=np.int32), 0
    for number, share in enumerate(_shares(part, atoms.households, count)):
        members = np.flatnonzero(part == number)
        found = _best(atoms.within(members), int(share), seed, sweeps, few=len(atoms) <= FEW)
        of[members] = begun + found
        begun += int(found.max()) + 1
    return of


def _best(atoms: Atoms, count: int, seed: int, sweeps: int, *, few: bool) -> Ints:
    """Of some plans the best of those whose number of grids is nearest.

    Few grids are mended where that makes it better still. Of many, in twos and threes, mending what is uneven took nine
    tenths of the time, and hardly anything got more even: there are few ways to add them up.
    """
    if count in {1, len(atoms)}:
        return np.arange(len(atoms), dtype=np.int32) * (count > 1)
    if len(atoms) > TOGETHER * count:
        step = _best(atoms, round(math.sqrt(len(atoms) * count)), seed, sweeps, few=few)
        return _best(atoms.joined(step), count, seed, SWEEPS, few=few)[step]
    mean = max(float(atoms.households.sum()) / count, 1.0)
    problem = Problem.of(atoms, Size(round(mean * (1 - UNEVEN)), round(mean * (1 + UNEVEN))), FAIR)
    starts = [started(problem, count, seed + turn) for turn in range(STARTS if few else 1)]
    found = [_tried(problem, start, seed + turn, sweeps) for start in starts for turn in range(TRIES)]
    best = min(found, key=lambda one: _worse(one, count))
    if few:
        mended = Search(problem, best.of)
        mended.mend(seed)
        best = min(best, mended, key=lambda one: _worse(one, count))
    return np.unique(best.of, return_inverse=True)[1].astype(np.int32)


def _tried(problem: Problem, start: Ints, seed: int, sweeps: int) -> Search:
    """One plan."""
    search = Search(problem, start)
    for _ in search.cooled(sweeps, seed):
        pass
    search.count()
    return search


def _worse(search: Search, count: int) -> tuple[int, float]:
    """How far a plan is from the number of grids that is asked for, then what it costs."""
    return abs(int((search.blocks > 0).sum()) - count), search.cost()


def _shares(part: Ints, households: NDArray[np.int64], count: int) -> Ints:
    """How many grids each part gets: one at least, the others one by one where most households share one."""
    blocks, held = np.bincount(part), np.bincount(part, households)
    shares = np.ones(len(blocks), dtype=np.int32)
    for _ in range(count - len(blocks)):
        open_ones = np.where(shares < blocks, held / (shares + 0.5), -1.0)
        shares[open_ones.argmax()] += 1
    return shares


class Nested(NamedTuple):
    """Where a grid stands: in which grid of the highest level, and in which of the middle one within that; from 1."""

    upper: int
    middle: int


def nested(plan: Plan, middle_count: int, upper_count: int, *, seed: int = 1) -> dict[int, Nested]:
    """The place of each grid in three levels, numbered from north to south; ValueError as of `levels`."""
    middle, upper = levels(plan, (middle_count, upper_count), seed=seed)
    mine = np.flatnonzero(plan.of != NO_GRID)
    first = mine[np.unique(plan.of[mine], return_index=True)[1]]  # a block of each grid
    north = {level: _north(level) for level in (middle, upper)}
    number = {one: at for at, one in enumerate(sorted(upper.grids, key=north[upper].__getitem__), 1)}
    above = {int(middle.of[block]): number[int(upper.of[block])] for block in first}
    within: dict[int, list[int]] = {}
    for one in sorted(above, key=north[middle].__getitem__):
        within.setdefault(above[one], []).append(one)
    own = {one: Nested(up, at) for up, ones in within.items() for at, one in enumerate(ones, 1)}
    return {int(plan.of[block]): own[int(middle.of[block])] for block in first}


class Held(NamedTuple):
    """A grid of a higher level: `number` is "3" of the upper and "3-1" of the middle one, and stands in `within`."""

    number: str
    within: str
    grids: int
    households: int


def held(places: Mapping[int, Nested], households: Mapping[int, int]) -> tuple[list[Held], list[Held]]:
    """The grids of the upper and of the middle level by number, with the grids below that they are made of."""
    levels_of: list[list[Held]] = []
    for depth in (1, 2):
        members: dict[tuple[int, ...], list[int]] = {}
        for grid, place in places.items():
            members.setdefault(tuple(place)[:depth], []).append(grid)
        levels_of.append(
            [
                Held(told(at), told(at[:-1]), len(grids), sum(households.get(grid, 0) for grid in grids))
                for at, grids in sorted(members.items())
            ]
        )
    return levels_of[0], levels_of[1]


def told(place: tuple[int, ...]) -> str:
    """A place as it is written, like 3 or 3-1."""
    return "-".join(map(str, place))


def _north(plan: Plan) -> dict[int, tuple[float, float]]:
    """What sorts the grids of a plan from north to south, then from west to east: the middle of their ground."""
    mine = np.flatnonzero(plan.of != NO_GRID)
    grids, grid = np.unique(plan.of[mine], return_inverse=True)
    x, y = shapely.get_coordinates(shapely.centroid(plan.atoms.shapes[mine])).T
    area = plan.atoms.area[mine]
    whole = np.bincount(grid, area)
    north, east = (np.bincount(grid, area * axis) / whole for axis in (y, x))
    return dict(zip(grids.tolist(), zip((-north).tolist(), east.tolist(), strict=True), strict=True))
