"""Zones to draw: polygons around everything that is reached, from a raster of arrival seconds.

Each corner of the raster takes the arrival at the road that runs past it, reached or not, and further in the time of
its nearest road plus the walk from there: the time that a door at that spot would have. So a zone fills the yards
behind reached roads, stops at roads that are not and at walls; all that is reached lies inside, whatever the cells.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import GeometryType, MultiPolygon
from shapely.geometry.base import BaseGeometry

from gis.fields import zone_of
from gis.reach import Reach
from gis.search import Drawn, drawn_of
from gis.travel import WALK

Floats = NDArray[np.float64]

FINEST = 3.0  # metres, side of a cell
GRAIN = 0.35  # metres a cell for each root of a metre across a zone: 8 m at 500 m, 35 m at 10 km
MOST_CELLS = 2000  # across a zone, whatever its size
SPECK = 12.0  # cells: smaller holes are filled
OFF_ROAD = 50.0  # metres a zone extends beside a road at most
NO_WALLS = drawn_of(np.empty((0, 2)), np.zeros(1, dtype=np.int32))


def walls_of(lines: Sequence[Floats]) -> Drawn:
    """Walls along `lines` (each (k, 2), local metres; rings close themselves), as `zones` takes them."""
    pairs = [np.stack([line[:-1], line[1:]], axis=1) for line in lines]
    xy = np.concatenate([np.empty((0, 2, 2)), *pairs]).reshape(-1, 2)
    return drawn_of(xy, np.arange(0, len(xy) + 1, 2, dtype=np.int32))


def zones(reach: Reach, limits: Sequence[float], walls: Drawn = NO_WALLS) -> list[MultiPolygon]:
    """A valid multipolygon in local metres for each of `limits` (seconds, rising); each contains the one before.

    Beside roads a zone does not spill over `walls`; a road that passes them, on a bridge, is inside all the same.
    """
    if any(low >= high for low, high in pairwise(limits)) or not limits or limits[-1] > reach.limit:
        raise ValueError("limits must rise and stay within the search's own")
    network, origins, drawing = reach.network, reach.origins, reach.network.drawn
    snapped = network.snapped(origins)
    inner, frame = np.empty((0, 0)), np.empty(0)
    drawn: list[MultiPolygon] = []
    for limit in limits:
        xy, rings, parts, inner, frame = zone_of(
            drawing.xy, drawing.line_start, drawing.low, drawing.high, network.seconds,
            *reach.touched, *reach.own, origins.xy, snapped, origins.access,
            walls.xy, walls.line_start, walls.low, walls.high,
            limit, inner, frame, WALK, OFF_ROAD, FINEST, GRAIN, MOST_CELLS, SPECK,
        )  # fmt: skip
        offsets = rings, parts, np.array([0, len(parts) - 1])
        drawn.append(shapely.from_ragged_array(GeometryType.MULTIPOLYGON, xy, offsets)[0])
    return drawn


def polygons(geometry: BaseGeometry) -> MultiPolygon:
    """The surfaces of `geometry`, lines and points left out."""
    parts = shapely.get_parts(shapely.get_parts([geometry]))
    return shapely.MultiPolygon([part for part in parts if part.geom_type == "Polygon" and part.area > 0])
