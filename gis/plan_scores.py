"""What a plan is worth: households, contiguity, compactness, what runs through its grids, who moves, who works.

Sources: compactness by area and outline, Polsby and Popper 1991; by the smallest circle around, Reock 1961.
"""

from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from gis.atoms import NOWHERE, RAILWAY, ROAD, WATER, Atoms, summed
from gis.plan import NO_GRID, Plan
from gis.succession import succession

Floats = NDArray[np.float64]
Longs = NDArray[np.int64]
Flags = NDArray[np.bool_]

WORKER = 80  # households that one worker looks after


class Size(NamedTuple):
    """The households that a grid should hold, from `low` to `high`."""

    low: int = 300
    high: int = 500


USUAL = Size()


class GridScores(NamedTuple):
    """One entry for each grid, by number."""

    grid: Longs
    dedicated: Flags
    blocks: Longs
    households: Longs
    area: Floats  # m²
    outline: Floats  # metres
    polsby_popper: Floats  # 1 for a circle
    parts: Longs  # 1: contiguous
    roads: Longs  # edges inside, along a main road; each pair of neighbours once
    railways: Longs
    water: Longs
    workers: Longs  # at WORKER households each


class Scores(NamedTuple):
    """A whole plan; shares are of the grids, those in the range of the grids that are not dedicated."""

    grids: int
    dedicated: int
    unassigned: int  # blocks
    in_range: float
    contiguous: float
    polsby_popper: float  # mean
    reock: float  # mean
    major_roads: int  # edges inside grids that lie along one
    railways: int
    water: int
    compounds_cut: int
    compounds_cut_needlessly: int  # of them those that would fit into one grid
    households_moved: int
    blocks_moved: int
    workers: int
    largest_load: float  # households of a grid for each of its workers


def by_grid(plan: Plan) -> GridScores:
    """The scores of each grid."""
    atoms = plan.atoms
    grids, of = np.unique(plan.of[plan.of != NO_GRID], return_inverse=True)
    place = np.full(len(atoms), NO_GRID, dtype=np.int64)
    place[plan.of != NO_GRID] = of
    count = len(grids)
    mine = place >= 0
    inside, where = _inside(atoms, place)
    households = summed(of, atoms.households[mine], count).astype(np.int64)
    area = summed(of, atoms.area[mine], count)
    outline = summed(of, atoms.outline[mine], count) - summed(where, atoms.metres[inside], count)
    part = plan.parts()[mine]
    parts = np.bincount(np.unique(np.stack([of, part]), axis=1)[0].astype(np.int64), minlength=count)
    return GridScores(
        grids.astype(np.int64),
        np.isin(grids, list(plan.dedicated)),
        np.bincount(of, minlength=count),
        households,
        area,
        outline,
        4 * np.pi * area / np.maximum(outline, 1e-9) ** 2,
        parts,
        _pairs_along(atoms, ROAD, inside, where, count),
        _pairs_along(atoms, RAILWAY, inside, where, count),
        _pairs_along(atoms, WATER, inside, where, count),
        -(-households // WORKER),
    )


def scores(plan: Plan, *, today: Plan | None = None, size: Size = USUAL) -> Scores:
    """The scores of a plan; what moves, against the plan of `today`."""
    each = by_grid(plan)
    base = ~each.dedicated
    fits = (each.households >= size.low) & (each.households <= size.high)
    cut, needless = compounds_cut(plan, size)
    changed = moved(plan, today) if today is not None else np.zeros(len(plan.atoms), dtype=np.bool_)
    return Scores(
        grids=len(each.grid),
        dedicated=int(each.dedicated.sum()),
        unassigned=int((plan.of == NO_GRID).sum()),
        in_range=_share(fits[base]),
        contiguous=_share(each.parts == 1),
        polsby_popper=_mean(each.polsby_popper),
        reock=_mean(reock(plan)),
        major_roads=int(each.roads.sum()),
        railways=int(each.railways.sum()),
        water=int(each.water.sum()),
        compounds_cut=len(cut),
        compounds_cut_needlessly=len(needless),
        households_moved=int(plan.atoms.households[changed].sum()),
        blocks_moved=int(changed.sum()),
        workers=int(each.workers.sum()),
        largest_load=float((each.households / np.maximum(each.workers, 1)).max(initial=0.0)),
    )


def reock(plan: Plan) -> Floats:
    """The area of each grid as a share of the smallest circle around it."""
    atoms = plan.atoms
    mine = np.flatnonzero(plan.of != NO_GRID)
    order = mine[np.argsort(plan.of[mine], kind="stable")]
    grids, of = np.unique(plan.of[order], return_inverse=True)
    if not len(grids):
        return np.zeros(0)
    whole = shapely.geometrycollections(atoms.shapes[order], indices=of)
    circle = np.pi * shapely.minimum_bounding_radius(whole) ** 2
    return np.asarray(summed(of, atoms.area[order], len(grids)) / circle)


def compounds_cut(plan: Plan, size: Size = USUAL) -> tuple[list[int], list[int]]:
    """The compounds that stand in several grids, and those of them that would fit into one."""
    atoms = plan.atoms
    mine = (atoms.compound != NOWHERE) & (plan.of != NO_GRID)
    pairs = np.unique(np.stack([atoms.compound[mine], plan.of[mine]]), axis=1)
    compound, grids = np.unique(pairs[0], return_counts=True)
    cut = compound[grids > 1]
    held = summed(np.searchsorted(compound, atoms.compound[mine]), atoms.households[mine], len(compound))
    return cut.tolist(), compound[(grids > 1) & (held <= size.high)].tolist()


def moved(plan: Plan, other: Plan) -> Flags:
    """Which blocks are not in the grid that takes the place of theirs of `other`, by `gis.succession`."""
    both = np.flatnonzero((plan.of != NO_GRID) & (other.of != NO_GRID)).tolist()
    before, after, homes = other.of.tolist(), plan.of.tolist(), plan.atoms.households.tolist()
    heirs = succession(
        {block: before[block] for block in both},
        {block: after[block] for block in both},
        {block: homes[block] for block in both},
    ).heirs
    changed: Flags = (plan.of != NO_GRID) != (other.of != NO_GRID)
    changed[both] = [heirs.get(before[block]) != after[block] for block in both]
    return changed


def _inside(atoms: Atoms, place: Longs) -> tuple[Longs, Longs]:
    """The edges that lie inside a grid, and the place of this grid."""
    tail = place[atoms.tail]
    inside = np.flatnonzero((tail >= 0) & (tail == place[atoms.near]))
    return inside, tail[inside]


def _pairs_along(atoms: Atoms, kind: int, inside: Longs, where: Longs, count: int) -> Longs:
    """How many pairs of neighbours in each grid have something of this kind between them."""
    return np.bincount(where[(atoms.along[inside] & kind) > 0], minlength=count) // 2


def _share(flags: Flags) -> float:
    """The share that is true; 1 where there is none."""
    return float(flags.mean()) if len(flags) else 1.0


def _mean(values: Floats) -> float:
    return float(values.mean()) if len(values) else 0.0
