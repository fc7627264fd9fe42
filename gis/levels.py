"""Grids in nested levels (三级网格): each grid of a level is made of whole grids of the level below.

A level is searched as a plan is, with the grids below as its blocks: it is contiguous and compact, keeps to one side of
main roads, and its grids hold about the same number of households each.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from gis.atoms import Atoms
from gis.plan import NO_GRID, Plan
from gis.plan_scores import Size
from gis.suggest import suggest

Ints = NDArray[np.int32]

UNEVEN = 0.25  # how far a grid's households may lie from the mean of its level
SWEEPS = 2000  # flips tried for each grid below
TRIES = 8  # seeds


def levels(plan: Plan, counts: Sequence[int], *, seed: int = 1) -> Iterator[Plan]:
    """A plan for each count, the lowest level first, each made of whole grids of the one before (`plan` at first).

    Parts that cannot be walked between are never in one grid, so that there may be more than asked for; ValueError
    where a level is not to have fewer than the one below.
    """
    below = plan
    for count in counts:
        if not 0 < count < len(below.grids):
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
    """The grid above of each grid: of some plans the best of those whose number of grids is nearest."""
    mean = max(float(atoms.households.sum()) / count, 1.0)
    size = Size(round(mean * (1 - UNEVEN)), round(mean * (1 + UNEVEN)))
    found = []
    for turn in range(TRIES):
        *_, last = suggest(atoms, size=size, seed=seed + turn, stages=(SWEEPS,), anew=())
        found.append(last)
    best = min(found, key=lambda one: (abs(len(one.plan.grids) - count), one.cost))
    return np.unique(best.plan.of, return_inverse=True)[1].astype(np.int32)
