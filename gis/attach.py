"""Where points meet the roads: the nearest straight part of a road, found exactly through a grid of cells.

A search looks at the cells around a point ring by ring, and ends when nothing in the next ring can be nearer than what
is found. However far the roads are, they are found: who asks says how far is too far.
"""

from typing import NamedTuple

import numpy as np
from numba import types
from numpy.typing import NDArray

from gis.kernel import BYTES, INT, INTS, OUT_INTS, OUT_REALS, OUT_REALS2, REAL, REALS, REALS2, inlined, kernel

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]
Bools = NDArray[np.bool_]

MOST_CELLS = 8  # that a straight part lies in on average; where it is more, the cells are made larger
FEW = 100  # points whose order costs more than it saves
NARROWEST = 1.0  # metres, side of a cell


class Cells(NamedTuple):
    """A grid over straight parts: those that touch cell (row, column) stand from start[row * columns + column] on."""

    west: float
    south: float
    side: float  # metres
    columns: int
    rows: int
    start: Ints  # (rows * columns + 1,)
    part: Ints


class Met(NamedTuple):
    """For each point the nearest part (-1: there is none), how far along it (0–1) and the metres to there."""

    part: Ints
    share: Floats
    metres: Floats


def cells_of(start: Floats, end: Floats) -> Cells:
    """The grid over the straight parts from `start` to `end`, (m, 2) in metres, about one cell for each part."""
    count = len(start)
    if not count:
        return Cells(0.0, 0.0, NARROWEST, 1, 1, np.zeros(2, dtype=np.int32), np.zeros(0, dtype=np.int32))
    low, high = np.minimum(start, end).min(axis=0), np.maximum(start, end).max(axis=0)
    width, height = (high - low).tolist()
    side = max(float(np.sqrt(width * height / count)), max(width, height) / count, NARROWEST)
    while True:
        columns, rows = int(width // side) + 1, int(height // side) + 1
        grid = (float(low[0]), float(low[1]), side, columns, rows)
        held = np.zeros(columns * rows, dtype=np.int32)
        _fill(start, end, *grid, held, np.zeros(0, dtype=np.int32))
        if held.sum(dtype=np.int64) <= MOST_CELLS * count or columns * rows == 1:
            break
        side *= 2
    first = np.concatenate([[0], np.cumsum(held)]).astype(np.int32)
    part = np.empty(first[-1], dtype=np.int32)
    _fill(start, end, *grid, first[:-1].copy(), part)
    return Cells(*grid, first, part)


def nearest_parts(cells: Cells, start: Floats, end: Floats, owner: Ints, wanted: Bools, xy: Floats) -> Met:
    """The nearest part to each of `xy` (k, 2) among those whose owner is `wanted`; of equal ones the first."""
    if not np.isfinite(xy).all():
        raise ValueError("points must be finite")
    found = Met(np.empty(len(xy), dtype=np.int32), np.empty(len(xy)), np.empty(len(xy)))
    points = np.ascontiguousarray(xy, dtype=np.float64)
    order = np.arange(len(points), dtype=np.int32)
    if len(points) > FEW:
        # Neighbours one after the other find the same cells at hand: three times as fast as a million in any order.
        column, row = ((points - (cells.west, cells.south)) // cells.side).T
        order = np.argsort(row * cells.columns + column, kind="stable").astype(np.int32)
    _search(*cells, start, end, owner, wanted.view(np.uint8), points, order, *found)
    return found


def places_on(start: Floats, end: Floats, stop: Floats, first: Ints, edge: Ints, fraction: Floats) -> Floats:
    """Where the points at `fraction` of `edge` lie, (k, 2); the parts of edge i stand from first[i] on."""
    xy = np.empty((len(edge), 2))
    at = np.ascontiguousarray(edge, dtype=np.int32), np.ascontiguousarray(fraction, dtype=np.float64)
    _along(start, end, stop, first, *at, xy)
    return xy


@inlined
def _cell(value: float, low: float, side: float, count: int) -> int:
    """The cell in which a coordinate lies, the nearest one where it lies in none."""
    return int(min(max((value - low) // side, 0.0), count - 1.0))


@kernel(types.void, REALS2, REALS2, REAL, REAL, REAL, INT, INT, OUT_INTS, OUT_INTS)
def _fill(
    start: Floats,
    end: Floats,
    west: float,
    south: float,
    side: float,
    columns: int,
    rows: int,
    at: Ints,
    part: Ints,
) -> None:
    """Count in `at` the parts that touch each cell; where `part` has room, put them there, `at` being the first place.

    Row by row a part touches the columns between where it enters the row and where it leaves it.
    """
    for number in range(len(start)):
        x, y, to_x, to_y = start[number, 0], start[number, 1], end[number, 0], end[number, 1]
        if y > to_y:
            x, y, to_x, to_y = to_x, to_y, x, y
        lowest, highest = _cell(y, south, side, rows), _cell(to_y, south, side, rows)
        for row in range(lowest, highest + 1):
            enters, leaves = x, to_x
            if row > lowest:
                enters = x + (to_x - x) * min(max((south + row * side - y) / (to_y - y), 0.0), 1.0)
            if row < highest:
                leaves = x + (to_x - x) * min(max((south + (row + 1) * side - y) / (to_y - y), 0.0), 1.0)
            # A hair wider, for rounding: a cell too many costs a look, one too few would cost exactness.
            slack = 1e-6 * side
            first = _cell(min(enters, leaves) - slack, west, side, columns)
            last = _cell(max(enters, leaves) + slack, west, side, columns)
            for column in range(first, last + 1):
                cell = row * columns + column
                if len(part) > 0:
                    part[at[cell]] = number
                at[cell] += 1


@inlined
def _gap(start: Floats, end: Floats, number: int, x: float, y: float) -> tuple[float, float]:
    """Squared metres from a point to a part, and how far along it the nearest spot is, 0–1."""
    across, up = end[number, 0] - start[number, 0], end[number, 1] - start[number, 1]
    from_x, from_y = x - start[number, 0], y - start[number, 1]
    square = across * across + up * up
    share = 0.0
    if square > 0:
        share = min(max((from_x * across + from_y * up) / square, 0.0), 1.0)
    from_x -= share * across
    from_y -= share * up
    return from_x * from_x + from_y * from_y, share


@kernel(
    types.void,
    *(REAL, REAL, REAL, INT, INT, INTS, INTS),  # cells
    *(REALS2, REALS2, INTS, BYTES, REALS2, INTS),
    *(OUT_INTS, OUT_REALS, OUT_REALS),
)
def _search(
    west: float,
    south: float,
    side: float,
    columns: int,
    rows: int,
    first: Ints,
    part: Ints,
    start: Floats,
    end: Floats,
    owner: Ints,
    wanted: NDArray[np.uint8],
    xy: Floats,
    order: Ints,
    found: Ints,
    shares: Floats,
    metres: Floats,
) -> None:
    """Write for each point what `Met` holds."""
    for point in order:
        x, y = xy[point, 0], xy[point, 1]
        middle_column, middle_row = _cell(x, west, side, columns), _cell(y, south, side, rows)
        beside = max(max(west - x, x - (west + columns * side)), 0.0)
        below = max(max(south - y, y - (south + rows * side)), 0.0)
        outside = beside * beside + below * below
        best, best_part, best_share = np.inf, -1, 0.0
        ring, widest = 0, max(columns, rows)
        while ring < widest:
            # What is in `ring` and beyond is at least `ring - 1` whole cells away, and from a point beside the grid
            # further by Pythagoras: it is seen at an angle of 90 degrees or more from where the grid is nearest.
            if best_part >= 0 and ring > 1 and best < outside + ((ring - 1) * side) ** 2:
                break
            for row in range(max(middle_row - ring, 0), min(middle_row + ring, rows - 1) + 1):
                step = 1 if abs(row - middle_row) == ring else max(2 * ring, 1)
                for column in range(middle_column - ring, middle_column + ring + 1, step):
                    if column < 0 or column >= columns:
                        continue
                    cell = row * columns + column
                    for at in range(first[cell], first[cell + 1]):
                        number = part[at]
                        if wanted[owner[number]] == 0:
                            continue
                        gap, share = _gap(start, end, number, x, y)
                        if gap < best or (gap == best and number < best_part):
                            best, best_part, best_share = gap, number, share
            ring += 1
        found[point], shares[point], metres[point] = best_part, best_share, np.sqrt(best)


@kernel(types.void, REALS2, REALS2, REALS, INTS, INTS, REALS, OUT_REALS2)
def _along(start: Floats, end: Floats, stop: Floats, first: Ints, edge: Ints, fraction: Floats, xy: Floats) -> None:
    """Write where each fraction of an edge lies."""
    for place in range(len(edge)):
        part, last = first[edge[place]], first[edge[place] + 1] - 1
        begin = 0.0
        while part < last and stop[part] < fraction[place]:
            begin = stop[part]
            part += 1
        share = 0.0
        if stop[part] > begin:
            share = min(max((fraction[place] - begin) / (stop[part] - begin), 0.0), 1.0)
        for axis in range(2):
            xy[place, axis] = start[part, axis] + share * (end[part, axis] - start[part, axis])
