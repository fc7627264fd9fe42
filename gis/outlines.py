"""Outlines of zones: rings for each limit around all that is reached, from a raster of its own.

Each corner of the raster takes the arrival at the road that runs past it, reached or not, and further in the time of
its nearest road plus the walk from there: the time that a door at that spot would have. So a zone fills the yards
behind reached roads, stops at roads that are not and at walls; all that is reached lies inside, whatever the cells.
"""

import numpy as np
from numpy.typing import NDArray

from gis.extents import extent
from gis.fields import enclose, levels_of
from gis.kernel import INTS, OUT_LONGS, OUT_REALS2, REAL, REALS, REALS2, inlined, kernel, several
from gis.rings import Longs, rings
from gis.strokes import draw_own, draw_roads, draw_walks, draw_walls

GROWTH = 0.6  # power of the metres across a zone with which its cells grow: small zones are crisp, large ones quick

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]


@inlined
def _follow_on(start: Longs, more: Longs) -> Longs:
    """Where things begin, and behind them where more begin that stand after all of those."""
    return np.concatenate((start, more[1:] + start[-1]))


@kernel(
    several(OUT_REALS2, OUT_LONGS, OUT_LONGS, OUT_LONGS),
    *(REALS2, REALS2, REALS, REALS, INTS, REALS2, REALS2),  # the straight parts of all edges, and boxes of them
    *(REALS2, INTS, REALS, REALS),  # seconds of edges, and those touched
    *(INTS, REALS, REALS),  # the edges of origins
    *(REALS2, REALS2, REALS),  # walks from origins
    *(REALS2, REALS2, REALS2, REALS2),  # walls
    REALS,
    *(REAL, REAL, REAL, REAL, REAL, REAL),
)
def outlined(
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
    own: Ints,
    own_at: Floats,
    own_access: Floats,
    origin: Floats,
    snapped: Floats,
    access: Floats,
    wall_start: Floats,
    wall_end: Floats,
    wall_low: Floats,
    wall_high: Floats,
    limits: Floats,
    walk: float,
    off_road: float,
    finest: float,
    grain: float,
    most_cells: float,
    speck: float,
) -> tuple[Floats, Longs, Longs, Longs]:
    """Points (k, 2) in metres, where rings begin among them, polygons among rings, and zones among polygons."""
    parts = start, end, begin, stop, part_start
    points, nothing = np.empty((0, 2)), np.zeros(1, dtype=np.int64)
    ring_start, polygon_start, zone_start = nothing, nothing, nothing
    inner, inner_west, inner_south, inner_cell = np.empty((0, 0)), 0.0, 0.0, 1.0
    for limit in limits:
        box = np.array([np.inf, np.inf, -np.inf, -np.inf])
        extent(*parts, cost, edges, at_tail, at_head, own, own_at, own_access, origin, limit, box)
        extent(*parts, cost, edges[:0], at_tail, at_head, own[:0], own_at, own_access, snapped, limit, box)
        span = max(box[2] - box[0], box[3] - box[1])
        cell = max(max(finest, grain * span**GROWTH), span / most_cells)
        # Corners inside lie a cell beyond the roads and `off_road` at most, those of an inner zone two.
        margin = off_road + 4 * cell
        west, south = box[0] - margin, box[1] - margin
        columns = int(np.ceil((box[2] + margin - west) / cell)) + 1
        rows = int(np.ceil((box[3] + margin - south) / cell)) + 1
        cells = np.full((rows - 1, columns - 1), np.inf)
        draw_roads(cells, west, south, cell, *parts, low, high, cost, edges, at_tail, at_head)
        draw_own(cells, west, south, cell, *parts, cost, own, own_at, own_access)
        draw_walks(cells, west, south, cell, origin, snapped, access)
        walled = len(wall_start) > 0
        links = np.zeros((rows, columns) if walled else (1, 1), dtype=np.uint8)
        if walled:
            walled = draw_walls(links, west, south, cell, wall_start, wall_end, wall_low, wall_high) > 0
        field = levels_of(cells, cell, limit, walk, off_road, links, walled)
        if len(inner):
            enclose(field, west, south, cell, inner, inner_west, inner_south, inner_cell)
        found, found_ring, found_polygon = rings(field, speck)
        for at in range(len(found)):
            found[at, 0], found[at, 1] = west + cell * found[at, 0], south + cell * found[at, 1]
        points = np.concatenate((points, found))
        ring_start, polygon_start = _follow_on(ring_start, found_ring), _follow_on(polygon_start, found_polygon)
        zone_start = np.append(zone_start, len(polygon_start) - 1)
        inner, inner_west, inner_south, inner_cell = field, west, south, cell
    return points, ring_start, polygon_start, zone_start
