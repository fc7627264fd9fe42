"""Roads drawn on a raster: each cell that a road runs through takes the least of the road's seconds within it."""

import numpy as np
from numpy.typing import NDArray

from gis.kernel import COUNT, INTS, NOTHING, OUT_BYTES2, OUT_REALS2, REAL, REALS, REALS2, inlined, kernel
from gis.roads import BLOCK

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]
Bytes = NDArray[np.uint8]

LATE = 1e30  # seconds at a road that is not reached
EAST, NORTH = 1, 2  # bits of links that a wall cuts


@inlined
def _lower(cells: Floats, row: int, column: int, seconds: float) -> None:
    """Give a cell at most `seconds`."""
    if 0 <= row < cells.shape[0] and 0 <= column < cells.shape[1] and seconds < cells[row, column]:
        cells[row, column] = seconds


@inlined
def _clipped(x: float, y: float, dx: float, dy: float, width: float, height: float) -> tuple[float, float]:
    """The shares between which (x, y) + share * (dx, dy) lies within the raster; the first is larger where nowhere."""
    low, high = 0.0, 1.0
    for at, step, most in ((x, dx, width), (y, dy, height)):
        if step == 0:
            if at < 0 or at > most:
                return 1.0, 0.0
        else:
            one, two = -at / step, (most - at) / step
            low, high = max(low, min(one, two)), min(high, max(one, two))
    return low, high


@inlined
def _walked(
    cells: Floats,
    x: float,
    y: float,
    dx: float,
    dy: float,
    tail: float,
    tail_step: float,
    head: float,
    head_step: float,
    entered: float,
    column: int,
    row: int,
    steps: int,
) -> tuple[float, int, int]:
    """Walk over so many borders of cells (Amanatides and Woo); the seconds at the last one, and the cell behind it."""
    east, north = 1 if dx > 0 else -1, 1 if dy > 0 else -1
    share_x = 1 / dx if dx != 0 else np.inf
    share_y = 1 / dy if dy != 0 else np.inf
    next_x = ((column + (dx > 0)) - x) * share_x if dx != 0 else np.inf
    next_y = ((row + (dy > 0)) - y) * share_y if dy != 0 else np.inf
    share_x, share_y = abs(share_x), abs(share_y)
    for _ in range(steps):
        share = min(next_x, next_y)
        left = min(tail + share * tail_step, head + share * head_step)
        _lower(cells, row, column, min(entered, left))
        entered = left
        if next_x < next_y:
            column += east
            next_x += share_x
        else:
            row += north
            next_y += share_y
    return entered, column, row


@inlined
def _stroke(
    cells: Floats,
    x: float,
    y: float,
    dx: float,
    dy: float,
    tail: float,
    tail_step: float,
    head: float,
    head_step: float,
) -> None:
    """Draw a straight stretch from (x, y), in cells, over (dx, dy); its seconds are the less of two straight lines.

    The less of two straight lines is least at an end of any stretch, so the borders of the cells are looked at.
    """
    width, height = float(cells.shape[1]), float(cells.shape[0])
    low, high, x1, y1 = 0.0, 1.0, x + dx, y + dy
    if min(x, x1) < 0 or min(y, y1) < 0 or max(x, x1) > width or max(y, y1) > height:
        low, high = _clipped(x, y, dx, dy, width, height)
        if low > high:
            return
        x1, y1 = x + high * dx, y + high * dy
    column, row = int(np.floor(x + low * dx)), int(np.floor(y + low * dy))
    steps = abs(int(np.floor(x1)) - column) + abs(int(np.floor(y1)) - row)
    entered = min(tail + low * tail_step, head + low * head_step)
    if steps > 0:
        entered, column, row = _walked(
            cells, x, y, dx, dy, tail, tail_step, head, head_step, entered, column, row, steps
        )
    _lower(cells, row, column, min(entered, tail + high * tail_step, head + high * head_step))


@kernel(NOTHING, OUT_REALS2, REAL, REAL, REAL, REALS2, REALS2, REALS, REALS, INTS, REALS2, REALS2, REALS2, INTS,
        REALS, REALS)  # fmt: skip
def draw_roads(
    cells: Floats,
    west: float,
    south: float,
    cell: float,
    start: Floats,
    end: Floats,
    begin: Floats,
    stop: Floats,
    part_start: Ints,
    low: Floats,
    high: Floats,
    cost: Floats,
    edges: Ints,
    at_tail: Floats,
    at_head: Floats,
) -> None:
    """Draw every open edge that runs through the raster: those touched with their seconds, the others LATE."""
    fine = 1 / cell
    east, north = west + cell * cells.shape[1], south + cell * cells.shape[0]
    for block in range(len(low)):
        if low[block, 0] > east or low[block, 1] > north or high[block, 0] < west or high[block, 1] < south:
            continue
        row = np.searchsorted(edges, block * BLOCK)
        for edge in range(block * BLOCK, min((block + 1) * BLOCK, len(cost))):
            tail, head = LATE, LATE
            if row < len(edges) and edges[row] == edge:
                tail, head = min(at_tail[row], LATE), min(at_head[row], LATE)
                row += 1
            forward, backward = cost[edge, 0], cost[edge, 1]
            if forward == np.inf and backward == np.inf:
                continue
            if forward == np.inf:
                forward, tail = 0.0, LATE
            if backward == np.inf:
                backward, head = 0.0, LATE
            first = part_start[edge]
            # Each part begins where the one before it has ended.
            x, y = (start[first, 0] - west) * fine, (start[first, 1] - south) * fine
            column, row0 = int(np.floor(x)), int(np.floor(y))
            tail0, head0 = tail + begin[first] * forward, head + (1 - begin[first]) * backward
            for part in range(first, part_start[edge + 1]):
                x1, y1 = (end[part, 0] - west) * fine, (end[part, 1] - south) * fine
                column1, row1 = int(np.floor(x1)), int(np.floor(y1))
                tail1, head1 = tail + stop[part] * forward, head + (1 - stop[part]) * backward
                if row0 == row1 and column == column1:  # most parts are short
                    _lower(cells, row0, column, min(min(tail0, tail1), min(head0, head1)))
                else:
                    _stroke(cells, x, y, x1 - x, y1 - y, tail0, tail1 - tail0, head0, head1 - head0)
                x, y, column, row0, tail0, head0 = x1, y1, column1, row1, tail1, head1


@kernel(NOTHING, OUT_REALS2, REAL, REAL, REAL, REALS2, REALS2, REALS, REALS, INTS, REALS2, INTS, REALS, REALS)
def draw_own(
    cells: Floats,
    west: float,
    south: float,
    cell: float,
    start: Floats,
    end: Floats,
    begin: Floats,
    stop: Floats,
    part_start: Ints,
    cost: Floats,
    own: Ints,
    own_at: Floats,
    own_access: Floats,
) -> None:
    """Draw the edges on which origins stand, with the seconds of ways that never leave them."""
    for row in range(len(own)):
        edge, origin, access = own[row], own_at[row], own_access[row]
        for part in range(part_start[edge], part_start[edge + 1]):
            first, last = begin[part], stop[part]
            if last <= first:
                continue
            x, y = (start[part, 0] - west) / cell, (start[part, 1] - south) / cell
            dx, dy = (end[part, 0] - start[part, 0]) / cell, (end[part, 1] - start[part, 1]) / cell
            dx, dy = dx / (last - first), dy / (last - first)
            for ahead in range(2):
                low, high = (max(first, origin), last) if ahead else (first, min(last, origin))
                seconds = cost[edge, 1 - ahead]
                if low <= high and seconds < np.inf:
                    entered, step = access + abs(low - origin) * seconds, (high - low) * seconds
                    step = step if ahead else -step
                    share, length = low - first, high - low
                    _stroke(cells, x + share * dx, y + share * dy, length * dx, length * dy, entered, step, LATE, 0.0)


@kernel(NOTHING, OUT_REALS2, REAL, REAL, REAL, REALS2, REALS2, REALS)
def draw_walks(
    cells: Floats, west: float, south: float, cell: float, start: Floats, end: Floats, seconds: Floats
) -> None:
    """Draw straight walks from `start` at 0 to `end` at `seconds`."""
    for row in range(len(start)):
        x, y = (start[row, 0] - west) / cell, (start[row, 1] - south) / cell
        dx, dy = (end[row, 0] - start[row, 0]) / cell, (end[row, 1] - start[row, 1]) / cell
        _stroke(cells, x, y, dx, dy, 0.0, seconds[row], LATE, 0.0)


@kernel(COUNT, OUT_BYTES2, REAL, REAL, REAL, REALS2, REALS2, REALS2, REALS2)
def draw_walls(
    links: Bytes, west: float, south: float, cell: float, start: Floats, end: Floats, low: Floats, high: Floats
) -> int:
    """Mark the links between neighbouring corners (EAST, NORTH of each) that walls cross; returns how many."""
    rows, columns = links.shape
    east, north = west + cell * (columns - 1), south + cell * (rows - 1)
    count = 0
    for block in range(len(low)):
        if low[block, 0] > east or low[block, 1] > north or high[block, 0] < west or high[block, 1] < south:
            continue
        for at in range(block * BLOCK, min((block + 1) * BLOCK, len(start))):
            x, y = (start[at, 0] - west) / cell, (start[at, 1] - south) / cell
            dx, dy = (end[at, 0] - start[at, 0]) / cell, (end[at, 1] - start[at, 1]) / cell
            one, two = max(min(x, x + dx), 0.0), min(max(x, x + dx), columns - 1.0)
            for column in range(int(np.ceil(one)), int(np.floor(two)) + 1):
                row = int(np.floor(y + (column - x) / dx * dy)) if dx != 0 else -1
                if 0 <= row < rows - 1:
                    links[row, column] |= NORTH
                    count += 1
            one, two = max(min(y, y + dy), 0.0), min(max(y, y + dy), rows - 1.0)
            for row in range(int(np.ceil(one)), int(np.floor(two)) + 1):
                column = int(np.floor(x + (row - y) / dy * dx)) if dy != 0 else -1
                if 0 <= column < columns - 1:
                    links[row, column] |= EAST
                    count += 1
    return count
