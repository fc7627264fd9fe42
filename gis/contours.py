"""Zones to draw: polygons around everything that is reached, from a raster of arrival seconds.

Each corner of the raster takes the arrival at the road that runs past it, reached or not, and further in the time of
its nearest road plus the walk from there: the time that a door at that spot would have. So a zone fills the yards
behind reached roads, stops at roads that are not and at walls; all that is reached lies inside, whatever the cells.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import contourpy
import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import GeometryType, MultiPolygon
from shapely.geometry.base import BaseGeometry

from gis.fields import Raster, draw_own, draw_roads, draw_walks, draw_walls, enclose, extent, fill, ring_areas
from gis.reach import Reach
from gis.search import Drawn, drawn_of
from gis.travel import WALK

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int32]

FINEST = 3.0  # metres, side of a cell
GRAIN = 0.35  # metres a cell for each root of a metre across a zone: 8 m at 500 m, 35 m at 10 km
MOST_CELLS = 2000  # across a zone, whatever its size
SPECK = 12.0  # cells: smaller holes are filled
OFF_ROAD = 50.0  # metres a zone extends beside a road at most
NO_WALLS = drawn_of(np.empty((0, 2)), np.zeros(1, dtype=np.int32))


def walls_of(lines: Sequence[Floats]) -> Drawn:
    """Walls along `lines` (each (k, 2), local metres; rings close themselves), as `zones` takes them."""
    start = np.concatenate([[0], np.cumsum([len(line) for line in lines])]).astype(np.int32)
    return drawn_of(np.ascontiguousarray(np.concatenate([np.empty((0, 2)), *lines]), np.float64), start)


def zones(reach: Reach, limits: Sequence[float], walls: Drawn = NO_WALLS) -> list[MultiPolygon]:
    """A valid multipolygon in local metres for each of `limits` (seconds, rising); each contains the one before.

    Beside roads a zone does not spill over `walls`; a road that passes them, on a bridge, is inside all the same.
    """
    if any(low >= high for low, high in pairwise(limits)) or not limits or limits[-1] > reach.limit:
        raise ValueError("limits must rise and stay within the search's own")
    drawn: list[MultiPolygon] = []
    inner: tuple[Raster, Floats] | None = None
    for limit in limits:
        raster = _raster(reach, limit)
        levels = _levels(reach, raster, limit, walls)
        if inner is not None:
            enclose(levels, *raster[:3], inner[1], *inner[0][:3])
        drawn.append(_contour(raster, levels))
        inner = raster, levels
    return drawn


def _raster(reach: Reach, limit: float) -> Raster:
    """The raster whose cells suit the extent of what is reached within `limit`."""
    drawn, cost = reach.network.drawn, reach.network.seconds
    box = np.array([np.inf, np.inf, -np.inf, -np.inf])
    points = np.vstack([reach.origins.xy, reach.network.snapped(reach.origins)])
    extent(drawn.xy, drawn.line_start, cost, *reach.touched, *reach.own, points, limit, box)
    low, high = box[:2], box[2:]
    span = float((high - low).max())
    cell = max(FINEST, GRAIN * span**0.5, span / MOST_CELLS)
    margin = OFF_ROAD + 2 * cell
    columns, rows = (np.ceil((high - low + 2 * margin) / cell).astype(int) + 1).tolist()
    return Raster(float(low[0] - margin), float(low[1] - margin), cell, rows, columns)


def _levels(reach: Reach, raster: Raster, limit: float, walls: Drawn) -> Floats:
    """Below 0 at the corners within `limit` seconds, above 0 at the others; (rows, columns)."""
    drawn, cost, frame = reach.network.drawn, reach.network.seconds, raster[:3]
    field = np.full((raster.rows, raster.columns), np.inf)
    draw_roads(field, *frame, drawn.xy, drawn.line_start, drawn.low, drawn.high, cost, *reach.touched)
    draw_own(field, *frame, drawn.xy, drawn.line_start, cost, *reach.own)
    draw_walks(field, *frame, reach.origins.xy, reach.network.snapped(reach.origins), reach.origins.access)
    links = np.zeros(field.shape if len(walls.xy) else (1, 1), dtype=np.uint8)
    walled = len(walls.xy) > 0 and draw_walls(links, *frame, walls.xy, walls.line_start, walls.low, walls.high) > 0
    fill(field, raster.cell, limit, WALK, OFF_ROAD, links, walled)
    return field


def _contour(raster: Raster, levels: Floats) -> MultiPolygon:
    """Where `levels` are below 0, in local metres.

    Valid by construction: levels keep away from 0, so a boundary crosses each side of a cell once, well between its
    ends, and the two that may cross one cell do not meet.
    """
    x = raster.west + raster.cell * np.arange(raster.columns)
    y = raster.south + raster.cell * np.arange(raster.rows)
    lines = contourpy.contour_generator(x, y, levels, fill_type=contourpy.FillType.ChunkCombinedOffsetOffset)
    filled: Any = lines.filled(-np.inf, 0.0)
    points, rings, outers = (chunks[0] for chunks in filled)
    if points is None:
        return shapely.MultiPolygon()
    return _assembled(points, rings, outers, SPECK * raster.cell**2)


def _assembled(points: Floats, rings: NDArray[np.uint32], outers: NDArray[np.uint32], speck: float) -> MultiPolygon:
    """The polygons of rings, holes around less than `speck` square metres filled; those are noise of the raster."""
    outer = np.zeros(len(rings) - 1, dtype=bool)
    outer[outers[:-1]] = True
    small = ring_areas(points, rings) < speck
    filled = small & ~outer
    if filled.any():
        # An island in a filled hole goes with it.
        kept = ~filled & ~_islands(points, rings, small & outer, filled)
        polygon = np.cumsum(outer) - 1
        kept &= (kept & outer)[np.flatnonzero(outer)][polygon]
        points = points[np.repeat(kept, np.diff(rings))]
        rings = np.concatenate([[0], np.cumsum(np.diff(rings)[kept])])
        outers = np.append(np.flatnonzero(outer[kept]), kept.sum())
    offsets = (rings.astype(np.int64), outers.astype(np.int64), np.array([0, len(outers) - 1]))
    zone: MultiPolygon = shapely.from_ragged_array(GeometryType.MULTIPOLYGON, points, offsets)[0]
    return zone


def _islands(points: Floats, rings: NDArray[np.uint32], islands: Bools, holes: Bools) -> Bools:
    """Which of the rings `islands` lie in one of the rings `holes`."""
    inside = np.zeros(len(islands), dtype=bool)
    if islands.any():
        around = [shapely.Polygon(points[rings[hole] : rings[hole + 1]]) for hole in np.flatnonzero(holes)]
        first = shapely.points(points[rings[:-1][islands]])
        inside[islands] = shapely.intersects(shapely.multipolygons(around), first)
    return inside


def polygons(geometry: BaseGeometry) -> MultiPolygon:
    """The surfaces of `geometry`, lines and points left out."""
    parts = shapely.get_parts(shapely.get_parts([geometry]))
    return shapely.MultiPolygon([part for part in parts if part.geom_type == "Polygon" and part.area > 0])
