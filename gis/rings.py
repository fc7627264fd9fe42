"""Rings around what is below 0 on a raster of levels, sorted into polygons with holes.

Marching squares: a boundary crosses the sides of cells where the levels of their ends say so, and is followed from cell
to cell with the inside on its left. Levels keep away from 0, so it crosses a side well between its ends, and the two
that may cross one cell do not meet: rings are simple and apart. What a ring lies in is told by the crossing before
its first one in the same row (Suzuki and Abe 1985).
"""

import numpy as np
from numpy.typing import NDArray

from gis.kernel import OUT_REALS2, REAL, inlined, kernel, several, types

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]
Longs = NDArray[np.int64]

OUT_LONGS = types.Array(types.int64, 1, "C")
NORTHWARD, WESTWARD, SOUTHWARD = 0, 1, 2  # ways a boundary may go; eastward is 3
STRAIGHT = 1e-9  # cells²; points closer to a straight line are left out


@inlined
def _level(levels: Floats, row: int, column: int, corner: int) -> float:
    """The level at a corner of a cell, counted from its south-west around it against the clock."""
    corner &= 3
    return float(levels[row + (corner >> 1), column + (1 if corner in (1, 2) else 0)])


@inlined
def _turned(levels: Floats, row: int, column: int, way: int) -> int:
    """The way in which a boundary that came into a cell going `way` leaves it."""
    right, left = _level(levels, row, column, way + 2) < 0, _level(levels, row, column, way + 3) < 0
    if right and not left:
        middle = levels[row, column] + levels[row, column + 1] + levels[row + 1, column] + levels[row + 1, column + 1]
        left = middle < 0
        return way - 1 & 3 if left else way + 1 & 3
    if right:
        return way - 1 & 3
    return way if left else way + 1 & 3


@inlined
def _append(xy: Floats, count: int, first: int, x: float, y: float) -> int:
    """Add a point to a ring; one between two others on a straight line goes. Returns how many points there are."""
    if count - first > 1:
        ax, ay = xy[count - 1, 0] - xy[count - 2, 0], xy[count - 1, 1] - xy[count - 2, 1]
        if abs(ax * (y - xy[count - 1, 1]) - ay * (x - xy[count - 1, 0])) < STRAIGHT:
            count -= 1
    xy[count, 0], xy[count, 1] = x, y
    return count + 1


@inlined
def _followed(levels: Floats, ring_at: Ints, name: int, row: int, column: int, way: int, xy: Floats, count: int) -> int:
    """Follow the ring that crosses the side east of a corner, and close it; returns how many points there are."""
    first, start_row, start_column, start_way = count, row, column, way
    while True:
        # Here the boundary crosses the side from (row, column) eastward, or northward, to the next corner.
        upright = way in (WESTWARD, WESTWARD + 2)
        one = levels[row, column]
        other = levels[row + 1, column] if upright else levels[row, column + 1]
        share = one / (one - other)
        if upright:
            count = _append(xy, count, first, float(column), row + share)
        else:
            ring_at[row, column] = name
            count = _append(xy, count, first, column + share, float(row))
        cell_row, cell_column = row - (way == SOUTHWARD), column - (way == WESTWARD)
        way = _turned(levels, cell_row, cell_column, way)
        row, column = cell_row + (way == NORTHWARD), cell_column + (way == WESTWARD + 2)
        if row == start_row and column == start_column and way == start_way:
            break
    xy[count, 0], xy[count, 1] = xy[first, 0], xy[first, 1]
    return count + 1


@inlined
def _area(xy: Floats, first: int, last: int) -> float:
    """Square cells inside the closed ring of the points before `last`, by Gauss's shoelace."""
    doubled = 0.0
    for at in range(first, last - 1):
        doubled += (xy[at, 0] - xy[first, 0]) * (xy[at + 1, 1] - xy[first, 1])
        doubled -= (xy[at + 1, 0] - xy[first, 0]) * (xy[at, 1] - xy[first, 1])
    return abs(doubled) / 2


@inlined
def _crossings(levels: Floats) -> int:
    """How many sides of cells have one end below 0."""
    rows, columns = levels.shape
    count = 0
    for row in range(rows - 1):
        for column in range(columns - 1):
            inside = levels[row, column] < 0
            count += (inside != (levels[row, column + 1] < 0)) + (inside != (levels[row + 1, column] < 0))
    return count


@inlined
def _sorted(xy: Floats, start: Ints, within: Ints, hole: Ints, kept: Ints, rings: int) -> tuple[Floats, Longs, Longs]:
    """The kept rings polygon by polygon, each with its holes after it."""
    holes, at = np.zeros(rings + 1, dtype=np.int64), 0
    for ring in range(rings):
        if kept[ring]:
            holes[within[ring] if hole[ring] else ring] += 1
    place, polygons = np.empty(rings, dtype=np.int64), 0
    for ring in range(rings):
        if kept[ring] and not hole[ring]:
            place[ring], at, polygons = at, at + holes[ring], polygons + 1
    order, polygon_start = np.empty(at, dtype=np.int64), np.empty(polygons + 1, dtype=np.int64)
    polygons = 0
    for ring in range(rings):
        if kept[ring] and not hole[ring]:
            polygon_start[polygons], polygons = place[ring], polygons + 1
        if kept[ring]:
            outer = within[ring] if hole[ring] else ring
            order[place[outer]] = ring
            place[outer] += 1
    polygon_start[polygons] = at
    ring_start, points = np.zeros(at + 1, dtype=np.int64), np.empty_like(xy)
    for row in range(at):
        low, high = start[order[row]], start[order[row] + 1]
        ring_start[row + 1] = ring_start[row] + high - low
        points[ring_start[row] : ring_start[row + 1]] = xy[low:high]
    return points[: ring_start[at]].copy(), ring_start, polygon_start


@kernel(several(OUT_REALS2, OUT_LONGS, OUT_LONGS), OUT_REALS2, REAL)
def rings(levels: Floats, speck: float) -> tuple[Floats, Longs, Longs]:
    """Points in cells, where each ring's begin, and where each polygon's rings begin; levels at the rim are above 0.

    Holes around less than `speck` cells are filled, with what stands in them; they are noise of the raster.
    """
    rows, columns = levels.shape
    crossings = _crossings(levels)
    # A ring has four points at least, and one more to close it.
    xy, room = np.empty((crossings + crossings // 4 + 1, 2)), crossings // 4 + 2
    start, within = np.zeros(room, dtype=np.int32), np.full(room, -1, dtype=np.int32)
    hole, kept = np.zeros(room, dtype=np.int32), np.zeros(room, dtype=np.int32)
    ring_at = np.full((rows, columns), -1, dtype=np.int32)
    count = 0
    for row in range(rows):
        before = -1
        for column in range(columns - 1):
            inside = levels[row, column] < 0
            if inside == (levels[row, column + 1] < 0):
                continue
            if ring_at[row, column] < 0:
                way = NORTHWARD if inside else SOUTHWARD
                hole[count] = inside
                # A hole lies in the outer ring before it, an island in the hole before it, or where those lie.
                if before >= 0:
                    within[count] = before if hole[before] != hole[count] else within[before]
                start[count + 1] = _followed(levels, ring_at, count, row, column, way, xy, start[count])
                kept[count] = within[count] < 0 or kept[within[count]]
                if hole[count] and _area(xy, start[count], start[count + 1]) < speck:
                    kept[count] = 0
                count += 1
            before = ring_at[row, column]
    return _sorted(xy, start, within, hole, kept, count)
