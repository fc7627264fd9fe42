"""Zones to draw: polygons around everything that is reached, and nothing that they can leave out."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import GeometryType, MultiPolygon

from gis.fields import FURTHEST
from gis.local import LocalFrame
from gis.lonlat_text import multipolygon_text
from gis.outlines import outlined
from gis.reach import Reach
from gis.roads import BLOCK, boxes_of
from gis.travel import WALK

Floats = NDArray[np.float64]
Longs = NDArray[np.int64]

FINEST = 3.0  # metres, side of a cell
GRAIN = 0.22  # metres a cell for each metre across a zone to the power of GROWTH: 4 m at 150 m, 55 m at 10 km
MOST_CELLS = 2000  # across a zone, whatever its size
SPECK = 12.0  # cells: smaller holes are filled
OFF_ROAD = 50.0  # metres a zone extends beside a road at most

assert OFF_ROAD <= FURTHEST * FINEST, "a walk beside a road is longer than a field can tell"  # noqa: S101


@dataclass(frozen=True, slots=True)
class Zones:
    """Zones as columns, smallest first: points in local metres, and where each ring, polygon and zone begins."""

    xy: Floats  # (k, 2)
    ring_start: Longs  # among points
    polygon_start: Longs  # among rings
    zone_start: Longs  # among polygons

    def polygons(self) -> list[MultiPolygon]:
        """Each zone as a valid multipolygon in local metres."""
        starts = self.ring_start, self.polygon_start, self.zone_start
        return list(shapely.from_ragged_array(GeometryType.MULTIPOLYGON, self.xy, starts))

    def geojson(self, frame: LocalFrame) -> list[bytes]:
        """Each zone as a GeoJSON MultiPolygon in lon/lat, as a text."""
        points = frame.about_degrees(self.xy)
        return [
            b'{"type":"MultiPolygon","coordinates":'
            + multipolygon_text(points, self.ring_start, self.polygon_start[low : high + 1])
            + b"}"
            for low, high in pairwise(self.zone_start.tolist())
        ]


class Walls(NamedTuple):
    """Straight walls from `start` to `end` (k, 2), local metres, with boxes around every BLOCK of them."""

    start: Floats
    end: Floats
    low: Floats
    high: Floats


def walls_of(lines: Sequence[Floats]) -> Walls:
    """Walls along `lines` (each (k, 2), local metres; rings close themselves), as `zones` takes them."""
    start = np.concatenate([np.empty((0, 2)), *(line[:-1] for line in lines)])
    end = np.concatenate([np.empty((0, 2)), *(line[1:] for line in lines)])
    return Walls(start, end, *boxes_of(start, end, np.arange(0, len(start), BLOCK, dtype=np.int32)))


NO_WALLS = walls_of([])


def zones(reach: Reach, limits: Sequence[float], walls: Walls = NO_WALLS) -> Zones:
    """A zone for each of `limits` (seconds, rising); each contains the one before.

    Beside roads a zone does not spill over `walls`; a road that passes them, on a bridge, is inside all the same.
    ValueError where `limits` are none, do not rise or pass the search's own, and where that began nowhere.
    """
    if any(low >= high for low, high in pairwise(limits)) or not limits or limits[-1] > reach.limit:
        raise ValueError("limits must rise and stay within the search's own")
    if not len(reach.origins.edge):
        raise ValueError("a zone needs an origin")
    network, origins, roads = reach.network, reach.origins, reach.network.roads
    parts = roads.segments
    boxes = roads.boxes
    return Zones(
        *outlined(
            parts.start, parts.end, parts.begin, parts.stop, roads.segment_start, boxes.low, boxes.high,
            network.seconds, *reach.touched, *reach.own,
            origins.xy, network.snapped(origins), origins.access,
            walls.start, walls.end, walls.low, walls.high,
            np.array(limits, dtype=np.float64), WALK, OFF_ROAD, FINEST, GRAIN, MOST_CELLS, SPECK,
        )
    )  # fmt: skip
