"""Fields of arrival: seconds at the corners of a raster, drawn from roads and filled in beside them.

A road gives its seconds to all four corners of every cell that it runs through, so whatever is drawn from the corners
holds the road. Corners without a road take the time of their nearest road plus the walk from there.
"""

import numpy as np
from numpy.typing import NDArray

from gis.kernel import (
    COUNT,
    INTS,
    NOTHING,
    OUT_BYTES2,
    OUT_REALS,
    OUT_REALS2,
    REAL,
    REALS,
    REALS2,
    YES,
    inlined,
    kernel,
    several,
)
from gis.rings import OUT_LONGS, Longs, rings
from gis.search import BLOCK

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]
Singles = NDArray[np.float32]
Bytes = NDArray[np.uint8]

LATE = 1e30  # seconds at a road that is not reached
ROAD = 5.0  # level of a road that is not reached
FAR = 1e6  # levels are kept between this and its negative
LEAST, MOST = 0.0204, 1.0  # what `levels` are kept between, on either side of 0
EAST, NORTH = 1, 2  # bits of links that a wall cuts


@inlined
def _lower(field: Floats, row: int, column: int, seconds: float) -> None:
    """Give the corners of a cell at most `seconds`."""
    rows, columns = field.shape
    if 0 <= row < rows - 1 and 0 <= column < columns - 1:
        field[row, column] = min(field[row, column], seconds)
        field[row, column + 1] = min(field[row, column + 1], seconds)
        field[row + 1, column] = min(field[row + 1, column], seconds)
        field[row + 1, column + 1] = min(field[row + 1, column + 1], seconds)


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
def _stroke(
    field: Floats,
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

    Walks from cell to cell (Amanatides and Woo). The less of two straight lines is least at an end of any stretch.
    """
    low, high = _clipped(x, y, dx, dy, field.shape[1] - 1.0, field.shape[0] - 1.0)
    if low > high:
        return
    x0, y0, x1, y1 = x + low * dx, y + low * dy, x + high * dx, y + high * dy
    column, row = int(np.floor(x0)), int(np.floor(y0))
    steps = abs(int(np.floor(x1)) - column) + abs(int(np.floor(y1)) - row)
    east, north = 1 if dx > 0 else -1, 1 if dy > 0 else -1
    share_x = 1 / abs(dx) if dx != 0 else np.inf
    share_y = 1 / abs(dy) if dy != 0 else np.inf
    next_x = ((column + (dx > 0)) - x) / dx if dx != 0 else np.inf
    next_y = ((row + (dy > 0)) - y) / dy if dy != 0 else np.inf
    entered = min(tail + low * tail_step, head + low * head_step)
    for _ in range(steps):
        share = min(next_x, next_y)
        left = min(tail + share * tail_step, head + share * head_step)
        _lower(field, row, column, min(entered, left))
        entered = left
        if next_x < next_y:
            column += east
            next_x += share_x
        else:
            row += north
            next_y += share_y
    _lower(field, row, column, min(entered, tail + high * tail_step, head + high * head_step))


@inlined
def _whole_length(xy: Floats, first: int, last: int) -> float:
    """Metres along the points from `first` to `last`."""
    metres = 0.0
    for at in range(first, last):
        metres += np.hypot(xy[at + 1, 0] - xy[at, 0], xy[at + 1, 1] - xy[at, 1])
    return max(metres, 1e-9)


@kernel(NOTHING, OUT_REALS2, REAL, REAL, REAL, REALS2, INTS, REALS2, REALS2, REALS2, INTS, REALS, REALS)
def draw_roads(
    field: Floats,
    west: float,
    south: float,
    cell: float,
    xy: Floats,
    line_start: Ints,
    low: Floats,
    high: Floats,
    cost: Floats,
    edges: Ints,
    at_tail: Floats,
    at_head: Floats,
) -> None:
    """Draw every open edge that runs through the raster: those touched with their seconds, the others LATE."""
    east, north = west + cell * (field.shape[1] - 1), south + cell * (field.shape[0] - 1)
    for block in range(len(low)):
        if low[block, 0] > east or low[block, 1] > north or high[block, 0] < west or high[block, 1] < south:
            continue
        row = np.searchsorted(edges, block * BLOCK)
        for edge in range(block * BLOCK, min((block + 1) * BLOCK, len(line_start) - 1)):
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
            first, last = line_start[edge], line_start[edge + 1] - 1
            metres, run = _whole_length(xy, first, last), 0.0
            for at in range(first, last):
                dx, dy = xy[at + 1, 0] - xy[at, 0], xy[at + 1, 1] - xy[at, 1]
                begin = run / metres
                run += np.hypot(dx, dy)
                part = run / metres - begin
                _stroke(
                    field,
                    *((xy[at, 0] - west) / cell, (xy[at, 1] - south) / cell, dx / cell, dy / cell),
                    *(tail + begin * forward, part * forward, head + (1 - begin) * backward, -part * backward),
                )


@kernel(NOTHING, OUT_REALS2, REAL, REAL, REAL, REALS2, INTS, REALS2, INTS, REALS, REALS)
def draw_own(
    field: Floats,
    west: float,
    south: float,
    cell: float,
    xy: Floats,
    line_start: Ints,
    cost: Floats,
    own: Ints,
    own_at: Floats,
    own_access: Floats,
) -> None:
    """Draw the edges on which origins stand, with the seconds of ways that never leave them."""
    for row in range(len(own)):
        edge, origin, access = own[row], own_at[row], own_access[row]
        first, last = line_start[edge], line_start[edge + 1] - 1
        metres, run = _whole_length(xy, first, last), 0.0
        for at in range(first, last):
            dx, dy = xy[at + 1, 0] - xy[at, 0], xy[at + 1, 1] - xy[at, 1]
            begin = run / metres
            run += np.hypot(dx, dy)
            done = run / metres
            if done <= begin:
                continue
            x, y = (xy[at, 0] - west) / cell, (xy[at, 1] - south) / cell
            dx, dy = dx / cell / (done - begin), dy / cell / (done - begin)
            for ahead in range(2):
                low, high = (max(begin, origin), done) if ahead else (begin, min(done, origin))
                seconds = cost[edge, 1 - ahead]
                if low <= high and seconds < np.inf:
                    start, step = access + abs(low - origin) * seconds, (high - low) * seconds
                    step = step if ahead else -step
                    share, length = low - begin, high - low
                    _stroke(field, x + share * dx, y + share * dy, length * dx, length * dy, start, step, LATE, 0.0)


@kernel(NOTHING, OUT_REALS2, REAL, REAL, REAL, REALS2, REALS2, REALS)
def draw_walks(
    field: Floats, west: float, south: float, cell: float, start: Floats, end: Floats, seconds: Floats
) -> None:
    """Draw straight walks from `start` at 0 to `end` at `seconds`."""
    for row in range(len(start)):
        x, y = (start[row, 0] - west) / cell, (start[row, 1] - south) / cell
        dx, dy = (end[row, 0] - start[row, 0]) / cell, (end[row, 1] - start[row, 1]) / cell
        _stroke(field, x, y, dx, dy, 0.0, seconds[row], LATE, 0.0)


@kernel(COUNT, OUT_BYTES2, REAL, REAL, REAL, REALS2, INTS, REALS2, REALS2)
def draw_walls(
    links: Bytes, west: float, south: float, cell: float, xy: Floats, line_start: Ints, low: Floats, high: Floats
) -> int:
    """Mark the links between neighbouring corners (EAST, NORTH of each) that walls cross; returns how many."""
    rows, columns = links.shape
    east, north = west + cell * (columns - 1), south + cell * (rows - 1)
    count = 0
    for block in range(len(low)):
        if low[block, 0] > east or low[block, 1] > north or high[block, 0] < west or high[block, 1] < south:
            continue
        for line in range(block * BLOCK, min((block + 1) * BLOCK, len(line_start) - 1)):
            for at in range(line_start[line], line_start[line + 1] - 1):
                x, y = (xy[at, 0] - west) / cell, (xy[at, 1] - south) / cell
                dx, dy = (xy[at + 1, 0] - xy[at, 0]) / cell, (xy[at + 1, 1] - xy[at, 1]) / cell
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
def _spread_round_walls(own: Singles, most: int, links: Bytes, squared: Ints, spread: Singles) -> None:
    """Fill in the squared distance (cells) to the nearest corner whose `own` is finite, round walls, and that `own`.

    Sources are passed on in two sweeps (Danielsson 1980), which errs by a part of a cell at most.
    """
    rows, columns = own.shape
    # A rim all around spares the sweeps a look at the bounds.
    distance = np.full((rows + 2, columns + 2), most + 1, dtype=np.int32)
    away_y, away_x = (
        np.zeros((rows + 2, columns + 2), dtype=np.int32),
        np.zeros((rows + 2, columns + 2), dtype=np.int32),
    )
    for row in range(rows):
        for column in range(columns):
            if own[row, column] < np.inf:
                distance[row + 1, column + 1] = 0
    for row in range(1, rows + 1):
        _sweep(distance, away_y, away_x, links, most, row, -1)
    for row in range(rows, 0, -1):
        _sweep(distance, away_y, away_x, links, most, row, 1)
    for row in range(rows):
        for column in range(columns):
            squared[row, column] = distance[row + 1, column + 1]
            if squared[row, column] <= most:
                y, x = row + away_y[row + 1, column + 1], column + away_x[row + 1, column + 1]
                spread[row, column] = own[y, x]


@inlined
def _spread(own: Singles, most: int, squared: Ints, spread: Singles) -> None:
    """The same where nothing stands in the way: exact, along columns and then along rows (Meijster 2000)."""
    rows, columns = own.shape
    reach = int(np.sqrt(most))
    for row in range(rows):
        for column in range(columns):
            bare = own[row, column] == np.inf
            above = row > 0
            squared[row, column] = (min(squared[row - 1, column] + 1, reach + 1) if above else reach + 1) if bare else 0
            spread[row, column] = (spread[row - 1, column] if above else np.float32(0)) if bare else own[row, column]
    for row in range(rows - 2, -1, -1):
        for column in range(columns):
            nearer = squared[row + 1, column] + 1 < squared[row, column]
            squared[row, column] = squared[row + 1, column] + 1 if nearer else squared[row, column]
            spread[row, column] = spread[row + 1, column] if nearer else spread[row, column]
    upright, beside = np.empty(columns, dtype=np.int32), np.empty(columns, dtype=np.float32)
    for row in range(rows):
        least, taken = squared[row], spread[row]
        for column in range(columns):
            least[column] *= least[column]
            upright[column], beside[column] = least[column], taken[column]
        for step in range(1, reach + 1):
            away = np.int32(step * step)
            for column in range(step, columns):
                one, nearer = upright[column - step] + away, upright[column - step] + away < least[column]
                least[column] = one if nearer else least[column]
                taken[column] = beside[column - step] if nearer else taken[column]
            for column in range(columns - step):
                one, nearer = upright[column + step] + away, upright[column + step] + away < least[column]
                least[column] = one if nearer else least[column]
                taken[column] = beside[column + step] if nearer else taken[column]


@kernel(NOTHING, OUT_REALS2, REAL, REAL, REAL, REAL, OUT_BYTES2, YES)
def fill(field: Floats, cell: float, limit: float, walk: float, off_road: float, links: Bytes, walled: bool) -> None:
    """Turn a field of roads into levels: below 0 within `limit` seconds, above 0 later, LEAST to MOST from 0.

    A corner without a road takes the seconds of its nearest road within `off_road` metres and `walk`s (m/s) from there,
    round no wall.
    """
    rows, columns = field.shape
    most, scale = int((off_road / cell) ** 2), cell / walk
    own = np.empty((rows, columns), dtype=np.float32)
    for row in range(rows):
        for column in range(columns):
            level = (field[row, column] - limit) / scale
            own[row, column] = level if level == np.inf else min(max(level, -FAR), FAR)
    squared, spread = np.empty((rows, columns), dtype=np.int32), np.empty((rows, columns), dtype=np.float32)
    if walled:
        _spread_round_walls(own, most, links, squared, spread)
    else:
        _spread(own, most, squared, spread)
    for row in range(rows):
        for column in range(columns):
            if squared[row, column] == 0:
                # Close round what is reached where another road runs there, which is not.
                field[row, column] = ROAD if field[row, column] > limit else max(-MOST, min(own[row, column], -LEAST))
            elif squared[row, column] > most:
                field[row, column] = MOST
            else:
                level = spread[row, column] + np.sqrt(np.float32(squared[row, column]))
                field[row, column] = min(max(level, LEAST), MOST) if level > 0 else max(min(level, -LEAST), -MOST)
    # A rim above 0 all around, so that every ring closes.
    field[0, :], field[rows - 1, :], field[:, 0], field[:, columns - 1] = MOST, MOST, MOST, MOST


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


@inlined
def _widen(box: Floats, x: float, y: float) -> None:
    box[0], box[1], box[2], box[3] = min(box[0], x), min(box[1], y), max(box[2], x), max(box[3], y)


@inlined
def _hold(box: Floats, xy: Floats, first: int, last: int, begin: float, end: float) -> None:
    """Widen `box` to hold the part of a line between two shares of it."""
    if begin > end:
        return
    metres, run = _whole_length(xy, first, last), 0.0
    for at in range(first, last):
        dx, dy = xy[at + 1, 0] - xy[at, 0], xy[at + 1, 1] - xy[at, 1]
        low = run / metres
        run += np.hypot(dx, dy)
        part = run / metres - low
        if part > 0 and begin <= low + part and end >= low:
            for share in (max((begin - low) / part, 0.0), min((end - low) / part, 1.0)):
                _widen(box, xy[at, 0] + share * dx, xy[at, 1] + share * dy)


@kernel(NOTHING, REALS2, INTS, REALS2, INTS, REALS, REALS, INTS, REALS, REALS, REALS2, REAL, OUT_REALS)
def extent(
    xy: Floats,
    line_start: Ints,
    cost: Floats,
    edges: Ints,
    at_tail: Floats,
    at_head: Floats,
    own: Ints,
    own_at: Floats,
    own_access: Floats,
    points: Floats,
    limit: float,
    box: Floats,
) -> None:
    """Widen `box` (west, south, east, north) to hold `points` and all that is reached within `limit` seconds."""
    for row in range(len(points)):
        _widen(box, points[row, 0], points[row, 1])
    for row in range(len(edges)):
        if min(at_tail[row], at_head[row]) > limit:
            continue
        forward, backward = cost[edges[row], 0], cost[edges[row], 1]
        ahead, behind = -1.0, 2.0
        if at_tail[row] <= limit:
            ahead = (limit - at_tail[row]) / forward if forward > 0 else 1.0
        if at_head[row] <= limit:
            behind = 1 - (limit - at_head[row]) / backward if backward > 0 else 0.0
        _hold(box, xy, line_start[edges[row]], line_start[edges[row] + 1] - 1, 0.0, ahead)
        _hold(box, xy, line_start[edges[row]], line_start[edges[row] + 1] - 1, behind, 1.0)
    for row in range(len(own)):
        forward, backward, left = cost[own[row], 0], cost[own[row], 1], limit - own_access[row]
        if left >= 0:
            ahead = own_at[row] + (left / forward if forward > 0 else 1.0)
            behind = own_at[row] - (left / backward if backward > 0 else 1.0)
            _hold(box, xy, line_start[own[row]], line_start[own[row] + 1] - 1, behind, ahead)


@kernel(
    several(OUT_REALS2, OUT_LONGS, OUT_LONGS, OUT_REALS2, OUT_REALS),
    *(REALS2, INTS, REALS2, REALS2),  # the drawing of the network
    *(REALS2, INTS, REALS, REALS),  # seconds of edges, and those touched
    *(INTS, REALS, REALS),  # the edges of origins
    *(REALS2, REALS2, REALS),  # walks from origins
    *(REALS2, INTS, REALS2, REALS2),  # walls
    *(REAL, OUT_REALS2, OUT_REALS),
    *(REAL, REAL, REAL, REAL, REAL, REAL),
)
def zone_of(
    xy: Floats,
    line_start: Ints,
    low: Floats,
    high: Floats,
    cost: Floats,
    edges: Ints,
    at_tail: Floats,
    at_head: Floats,
    own: Ints,
    own_at: Floats,
    own_access: Floats,
    origin: Floats,
    snapped: Floats,
    access: Floats,
    wall_xy: Floats,
    wall_start: Ints,
    wall_low: Floats,
    wall_high: Floats,
    limit: float,
    inner: Floats,
    inner_frame: Floats,
    walk: float,
    off_road: float,
    finest: float,
    grain: float,
    most_cells: float,
    speck: float,
) -> tuple[Floats, Longs, Longs, Floats, Floats]:
    """The zone of `limit` as points (k, 2) in metres, rings and polygons; its levels, and west, south and cell of them.

    It holds the zone whose levels are `inner`, which may have none.
    """
    box = np.array([np.inf, np.inf, -np.inf, -np.inf])
    extent(xy, line_start, cost, edges, at_tail, at_head, own, own_at, own_access, origin, limit, box)
    extent(xy, line_start, cost, edges[:0], at_tail, at_head, own[:0], own_at, own_access, snapped, limit, box)
    span = max(box[2] - box[0], box[3] - box[1])
    cell = max(max(finest, grain * np.sqrt(span)), span / most_cells)
    # Corners inside lie a cell beyond the roads and `off_road` at most, those of an inner zone two.
    margin = off_road + 4 * cell
    west, south = box[0] - margin, box[1] - margin
    columns = int(np.ceil((box[2] + margin - west) / cell)) + 1
    rows = int(np.ceil((box[3] + margin - south) / cell)) + 1
    field = np.full((rows, columns), np.inf)
    draw_roads(field, west, south, cell, xy, line_start, low, high, cost, edges, at_tail, at_head)
    draw_own(field, west, south, cell, xy, line_start, cost, own, own_at, own_access)
    draw_walks(field, west, south, cell, origin, snapped, access)
    walled = len(wall_xy) > 0
    links = np.zeros((rows, columns) if walled else (1, 1), dtype=np.uint8)
    if walled:
        walled = draw_walls(links, west, south, cell, wall_xy, wall_start, wall_low, wall_high) > 0
    fill(field, cell, limit, walk, off_road, links, walled)
    if len(inner):
        enclose(field, west, south, cell, inner, inner_frame[0], inner_frame[1], inner_frame[2])
    points, ring_start, polygon_start = rings(field, speck)
    for at in range(len(points)):
        points[at, 0], points[at, 1] = west + cell * points[at, 0], south + cell * points[at, 1]
    return points, ring_start, polygon_start, field, np.array([west, south, cell])
