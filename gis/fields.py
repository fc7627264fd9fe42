"""Fields of arrival turned into levels: what each corner of a raster has to do with a time that ends.

Corners on roads take the road's own seconds; corners beside them those of their nearest road and the walk from there.
"""

import numpy as np
from numpy.typing import NDArray

from gis.kernel import NOTHING, OUT_BYTES2, OUT_REALS2, REAL, YES, inlined, kernel
from gis.strokes import EAST, NORTH

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]
Singles = NDArray[np.float32]
Bytes = NDArray[np.uint8]

ROAD = 5.0  # level of a road that is not reached
LEAST, MOST = 0.0204, 1.0  # what levels are kept between, on either side of 0
FURTHEST = 31  # cells to a road that a key can tell with enough of it left for the level
BARE = 1000  # the key of a corner without a road: more than FURTHEST squared, and so more before it is squared too


@inlined
def _cut(links: Bytes, row: int, column: int, dy: int, dx: int) -> bool:
    """Whether a wall parts a corner from its neighbour; round a corner of cells, both ways must be cut."""
    y, x, low, left = row + dy, column + dx, row + min(dy, 0), column + min(dx, 0)
    if dy == 0:
        return bool(links[row, left] & EAST)
    if dx == 0:
        return bool(links[low, column] & NORTH)
    first = links[row, left] & EAST or links[low, x] & NORTH
    second = links[low, column] & NORTH or links[y, left] & EAST
    return bool(first and second)


@inlined
def _sweep(distance: Ints, away_y: Ints, away_x: Ints, links: Bytes, most: int, row: int, back: int) -> None:
    """Let the corners of a row take the sources of the row at `back`, then of their neighbours on either side."""
    width = distance.shape[1]
    for turn in range(2):
        for step in range(1, width - 1):
            column = step if turn == 0 else width - 1 - step
            least = distance[row, column]
            if least == 0:
                continue
            dy, dx = (back, -1) if turn == 0 else (0, 1)
            for _ in range(4 if turn == 0 else 1):
                y, x = row + dy, column + dx
                if distance[y, x] <= most:
                    to_y, to_x = away_y[y, x] + dy, away_x[y, x] + dx
                    squared = to_y * to_y + to_x * to_x
                    if squared < least and not _cut(links, row - 1, column - 1, dy, dx):
                        least = squared
                        away_y[row, column], away_x[row, column] = to_y, to_x
                dy, dx = (dy, dx + 1) if dx < 1 else (0, -1)
            distance[row, column] = least


@inlined
def _spread_round_walls(keys: Singles, most: int, links: Bytes) -> None:
    """Give each corner the key of its nearest road round walls.

    Sources are passed on in two sweeps (Danielsson 1980), which errs by a part of a cell at most.
    """
    rows, columns = keys.shape
    # A rim all around spares the sweeps a look at the bounds.
    distance = np.full((rows + 2, columns + 2), most + 1, dtype=np.int32)
    away_y, away_x = (
        np.zeros((rows + 2, columns + 2), dtype=np.int32),
        np.zeros((rows + 2, columns + 2), dtype=np.int32),
    )
    for row in range(rows):
        for column in range(columns):
            if keys[row, column] < 1:
                distance[row + 1, column + 1] = 0
    for row in range(1, rows + 1):
        _sweep(distance, away_y, away_x, links, most, row, -1)
    for row in range(rows, 0, -1):
        _sweep(distance, away_y, away_x, links, most, row, 1)
    own = keys.copy()
    for row in range(rows):
        for column in range(columns):
            squared = distance[row + 1, column + 1]
            if 0 < squared <= most:
                y, x = row + away_y[row + 1, column + 1], column + away_x[row + 1, column + 1]
                keys[row, column] = squared + own[y, x]


@inlined
def _spread(keys: Singles, reach: int) -> None:
    """The same where nothing stands in the way: exact, along columns and then along rows (Meijster 2000)."""
    rows, columns = keys.shape
    one = np.float32(1)
    for row in range(1, rows):
        for column in range(columns):
            key = keys[row - 1, column] + one
            keys[row, column] = min(keys[row, column], key)
    for row in range(rows - 2, -1, -1):
        for column in range(columns):
            key = keys[row + 1, column] + one
            keys[row, column] = min(keys[row, column], key)
    upright = np.empty(columns, dtype=np.float32)
    for row in range(rows):
        least = keys[row]
        for column in range(columns):
            cells = np.float32(np.floor(least[column]))
            least[column] += cells * cells - cells
            upright[column] = least[column]
        for step in range(1, reach + 1):
            away = np.float32(step * step)
            for column in range(step, columns):
                key = upright[column - step] + away
                least[column] = min(least[column], key)
            for column in range(columns - step):
                key = upright[column + step] + away
                least[column] = min(least[column], key)


@inlined
def _corners(cells: Floats) -> Floats:
    """The least seconds of the cells around each corner."""
    rows, columns = cells.shape[0] + 1, cells.shape[1] + 1
    pairs, corners = np.full((rows, columns), np.inf), np.empty((rows, columns))
    for row in range(rows - 1):
        above, pair = cells[row], pairs[row]
        pair[0], pair[columns - 1] = above[0], above[columns - 2]
        for column in range(1, columns - 1):
            pair[column] = min(above[column], above[column - 1])
    corners[0] = pairs[0]
    for row in range(1, rows):
        above, pair, corner = pairs[row - 1], pairs[row], corners[row]
        for column in range(columns):
            corner[column] = min(pair[column], above[column])
    return corners


@kernel(OUT_REALS2, OUT_REALS2, REAL, REAL, REAL, REAL, OUT_BYTES2, YES)
def levels_of(
    cells: Floats, cell: float, limit: float, walk: float, off_road: float, links: Bytes, walled: bool
) -> Floats:
    """The levels of the corners of cells: below 0 within `limit` seconds, above 0 later, LEAST to MOST from 0.

    A corner of a cell with a road takes the least of its cells, so whatever is drawn from the corners holds the road.
    Others take the seconds of their nearest road within `off_road` metres and `walk`s (m/s) from there, round no wall.
    A key tells both: its whole part is the squared distance in cells, the rest the road's level.
    """
    field = _corners(cells)
    rows, columns = field.shape
    most, metres_apart = int((off_road / cell) ** 2), walk / cell
    reach = int(np.sqrt(most))
    # Levels further from 0 than the longest walk decide nothing, so a key holds only those between.
    half = reach + 2.0
    unit = 0.499 / half
    keys = np.empty((rows, columns), dtype=np.float32)
    for row in range(rows):
        for column in range(columns):
            level = min(max((field[row, column] - limit) * metres_apart, -half), half)
            keys[row, column] = BARE if field[row, column] == np.inf else 0.499 + unit * level
    if walled:
        _spread_round_walls(keys, most, links)
    else:
        _spread(keys, reach)
    for row in range(rows):
        for column in range(columns):
            own, key = field[row, column], keys[row, column]
            squared = np.floor(key)
            level = (key - squared) / unit - half + np.sqrt(squared)
            level = (own - limit) * metres_apart if squared == 0 else level
            level = MOST if squared > most else level
            inside = own <= limit if squared == 0 else level <= 0
            size = min(max(abs(level), LEAST), MOST)
            # Close round what is reached where another road runs there, which is not.
            outside = ROAD if squared == 0 else size
            field[row, column] = -size if inside else outside
    # A rim above 0 all around, so that every ring closes.
    field[0, :], field[rows - 1, :], field[:, 0], field[:, columns - 1] = MOST, MOST, MOST, MOST
    return field


@kernel(NOTHING, OUT_REALS2, REAL, REAL, REAL, OUT_REALS2, REAL, REAL, REAL)
def enclose(
    levels: Floats, west: float, south: float, cell: float, inner: Floats, inner_west: float, inner_south: float,
    inner_cell: float,
) -> None:  # fmt: skip
    """Take every cell of `levels` in that meets a cell of `inner` with a corner inside."""
    for row in range(inner.shape[0] - 1):
        low = int(np.floor((inner_south + row * inner_cell - south) / cell))
        high = int(np.floor((inner_south + (row + 1) * inner_cell - south) / cell))
        for column in range(inner.shape[1] - 1):
            if min(
                min(inner[row, column], inner[row, column + 1]), min(inner[row + 1, column], inner[row + 1, column + 1])
            ) < 0:  # fmt: skip
                left = int(np.floor((inner_west + column * inner_cell - west) / cell))
                right = int(np.floor((inner_west + (column + 1) * inner_cell - west) / cell))
                for y in range(max(low, 0), min(high + 2, levels.shape[0])):
                    for x in range(max(left, 0), min(right + 2, levels.shape[1])):
                        if levels[y, x] > 0:
                            levels[y, x] = -LEAST
