"""An exact model of the least change, written apart from ours: contiguity by flows from a root, solved by HiGHS."""

from dataclasses import replace

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import lil_array

from gis.plan import Plan
from gis.plan_scores import by_grid
from gis.suggest import suggest
from tests.gis.plan_drawing import town

INFEASIBLE = 2
GROWN = 650


def grown(seed):
    """A small town in the range, one of whose grids has grown to 650 households."""
    atoms = town(5, 5 + seed % 2, seed=seed, low=60, high=141)
    *_, last = suggest(atoms, seed=seed + 1, stages=(200,))
    grids = by_grid(last.plan)
    fits = np.flatnonzero((grids.households >= 300) & (grids.households <= 500) & (grids.blocks >= 3))
    members = last.plan.blocks(int(grids.grid[fits[seed % len(fits)]]))
    households = atoms.households.copy()
    more = GROWN - households[members].sum()
    households[members] += more // len(members)
    households[members[0]] += more - more // len(members) * len(members)
    return Plan(replace(atoms, households=households), last.plan.of)


def possible(today, most, *, low=300, high=500, seconds=60):
    """Whether some plan in the range moves at most `most` blocks; None where HiGHS does not know in time."""
    atoms, n = today.atoms, len(today.atoms)
    labels = today.grids
    k = len(labels) + 1
    tail, head = atoms.tail[atoms.passable], atoms.near[atoms.passable]
    m = len(tail)
    # x: block in grid; r: block is the root of a grid; f: flow along an edge for a grid; u: the grid is there
    x, r, f, u = 0, n * k, 2 * n * k, 2 * n * k + m * k
    width = u + k
    rows, lower, upper = [], [], []

    def rule(row, least, greatest):
        rows.append(row)
        lower.append(least)
        upper.append(greatest)

    for v in range(n):
        rule({x + v * k + g: 1 for g in range(k)}, 1, 1)
    for g in range(k):
        rule({r + v * k + g: 1 for v in range(n)} | {u + g: -1}, 0, 0)
        held = {x + v * k + g: int(atoms.households[v]) for v in range(n)}
        rule(held | {u + g: -low}, 0, np.inf)
        rule(held | {u + g: -high}, -np.inf, 0)
        for v in range(n):
            rule({r + v * k + g: 1, x + v * k + g: -1}, -np.inf, 0)
            # what flows in, and at the root a whole supply, is what flows out and one for the block itself
            comes = {f + e * k + g: 1 for e in np.flatnonzero(head == v)}
            goes = {f + e * k + g: -1 for e in np.flatnonzero(tail == v)}
            rule(comes | goes | {r + v * k + g: n, x + v * k + g: -1}, 0, np.inf)
        for e in range(m):
            rule({f + e * k + g: 1, x + tail[e] * k + g: -n}, -np.inf, 0)
            rule({f + e * k + g: 1, x + head[e] * k + g: -n}, -np.inf, 0)
    stays = {x + v * k + labels.index(int(today.of[v])): 1 for v in range(n)}
    rule(stays, n - most, np.inf)
    matrix = lil_array((len(rows), width))
    for number, row in enumerate(rows):
        for column, value in row.items():
            matrix[number, column] = value
    binary = (np.arange(width) < f) | (np.arange(width) >= u)
    result = milp(
        np.zeros(width),
        integrality=binary,
        bounds=Bounds(0, np.where(binary, 1, np.inf)),
        constraints=LinearConstraint(matrix.tocsr(), lower, upper),
        options={"time_limit": seconds},
    )
    return True if result.x is not None else False if result.status == INFEASIBLE else None
