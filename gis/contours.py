"""Zones to draw: polygons around everything that is reached, from a raster of arrival seconds.

Each corner of the raster takes the arrival at the road that runs past it, reached or not, and further in the time of
its nearest road plus the walk from there: the time that a door at that spot would have. So a zone fills the yards
behind reached roads and stops at roads that are not; all that is reached lies inside, whatever the size of the cells.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import contourpy
import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt
from shapely import MultiPolygon
from shapely.geometry.base import BaseGeometry

from gis.network import Segments
from gis.reach import Reach
from gis.travel import WALK

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

FINEST, COARSEST = 3.0, 40.0  # metres, sides of a cell
CELLS = 150  # across a zone, between those two
SPECK = 12.0  # cells: smaller holes are filled
OFF_ROAD = 50.0  # metres a zone extends beside a road at most


@dataclass(frozen=True, slots=True)
class Raster:
    """Corners `west + cell * column`, `south + cell * row` in local metres; `shape` is (rows, columns)."""

    west: float
    south: float
    cell: float
    shape: tuple[int, int]

    @classmethod
    def around(cls, xy: Floats) -> "Raster":
        """The raster whose cells suit the extent of the points `xy`."""
        low, high = xy.min(axis=0), xy.max(axis=0)
        cell = float(np.clip((high - low).max() / CELLS, FINEST, COARSEST))
        margin = OFF_ROAD + 2 * cell
        columns, rows = (np.ceil((high - low + 2 * margin) / cell).astype(int) + 1).tolist()
        return cls(float(low[0] - margin), float(low[1] - margin), cell, (rows, columns))

    def inside(self, segments: Segments) -> Segments:
        """The segments whose boxes meet the raster."""
        low = np.array([self.west, self.south])
        high = low + self.cell * np.array(self.shape[::-1])
        near = (np.maximum(segments.start, segments.end) >= low) & (np.minimum(segments.start, segments.end) <= high)
        chosen: Bools = near[:, 0] & near[:, 1]
        return segments.take(chosen)


def zones(reach: Reach, limits: Sequence[float]) -> list[MultiPolygon]:
    """A valid multipolygon in local metres for each of `limits` (seconds, rising); each contains the one before."""
    if any(low >= high for low, high in pairwise(limits)) or not limits or limits[-1] > reach.limit:
        raise ValueError("limits must rise and stay within the search's own")
    drawn: list[MultiPolygon] = []
    for limit in limits:
        zone = _zone(reach, limit)
        drawn.append(polygons(shapely.union(zone, drawn[-1])) if drawn else zone)
    return drawn


def _zone(reach: Reach, limit: float) -> MultiPolygon:
    """Everything reached within `limit` seconds, as drawn."""
    segments = reach.network.segments
    reached = _extent(reach, limit)
    raster = Raster.around(reached)
    field = _arrivals(reach, raster, raster.inside(segments), limit)
    return _contour(raster, field, limit)


def _extent(reach: Reach, limit: float) -> Floats:
    """The origins, the reached nodes and bends, and the places where time ends: their box holds all that is reached."""
    edge, begin, end = reach.spans(limit)
    roads = reach.network.roads
    touched = np.zeros(len(roads.tail), dtype=bool)
    touched[edge] = True
    segments = reach.network.segments
    segments = segments.take(touched[segments.edge])
    bends = segments.start[reach.seconds_on(segments.edge, segments.begin) <= limit]
    cut = (begin > 0) | (end < 1)
    at = np.concatenate([begin[cut], end[cut]])
    cuts = shapely.line_interpolate_point(np.tile(roads.lines_of(edge[cut]), 2), at, normalized=True)
    nodes = reach.network.roads.node_xy[reach.node_seconds <= limit]
    return np.vstack([reach.origins.xy, nodes, bends, shapely.get_coordinates(cuts)])


def _arrivals(reach: Reach, raster: Raster, segments: Segments, limit: float) -> Floats:
    """Seconds at every corner of the raster, shape `raster.shape`, capped at twice `limit`."""
    samples = [_road_samples(reach, segments, raster.cell / 2), _access_samples(reach, raster.cell / 2)]
    xy, seconds = (np.concatenate(parts) for parts in zip(*samples, strict=True))
    field = _corners(raster, xy, seconds)
    distance, (row, column) = distance_transform_edt(np.isinf(field), sampling=raster.cell, return_indices=True)
    filled = field[row, column] + distance / WALK
    filled[distance > OFF_ROAD] = np.inf
    capped: Floats = np.minimum(filled, 2 * limit + 1.0)
    return capped


def _corners(raster: Raster, xy: Floats, seconds: Floats) -> Floats:
    """The least of `seconds` in the cells around each corner, infinite where no sample lies; shape `raster.shape`."""
    rows, columns = raster.shape
    column, row = ((xy - (raster.west, raster.south)) / raster.cell).T
    held = (column >= 0) & (row >= 0) & (column < columns - 1) & (row < rows - 1)
    # A rim of cells without samples all around, so that every corner has four cells.
    cells = np.full((rows + 1) * (columns + 1), np.inf)
    at = (row[held].astype(np.intp) + 1) * (columns + 1) + column[held].astype(np.intp) + 1
    np.minimum.at(cells, at, seconds[held])
    square = cells.reshape(rows + 1, columns + 1)
    across = np.minimum(square[:, :-1], square[:, 1:])
    corners: Floats = np.minimum(across[:-1], across[1:])
    return corners


def _road_samples(reach: Reach, segments: Segments, spacing: float) -> tuple[Floats, Floats]:
    """Points (k, 2) at most `spacing` apart along `segments`, with the least seconds up to the neighbours on each.

    Taking the neighbours' least puts a whole stretch inside as soon as any of it is reached, wherever its time ends.
    """
    steps = np.ceil(np.hypot(*(segments.end - segments.start).T) / spacing).astype(int).clip(1)
    first = np.concatenate([[0], np.cumsum(steps + 1)[:-1]]) if len(steps) else steps
    owner = np.repeat(np.arange(len(steps)), steps + 1)
    share = ((np.arange(len(owner)) - first[owner]) / steps[owner])[:, np.newaxis]
    xy = segments.start[owner] * (1 - share) + segments.end[owner] * share
    fraction = segments.begin[owner] * (1 - share[:, 0]) + segments.stop[owner] * share[:, 0]
    seconds = reach.seconds_on(segments.edge[owner], fraction)
    least = seconds.copy()
    joined = owner[:-1] == owner[1:]
    np.minimum(least[:-1], seconds[1:], out=least[:-1], where=joined)
    np.minimum(least[1:], seconds[:-1], out=least[1:], where=joined)
    return xy, least


def _access_samples(reach: Reach, spacing: float) -> tuple[Floats, Floats]:
    """The same for the walks from the origins to their roads."""
    origins = reach.origins
    ends = reach.network.snapped(origins)
    share = np.linspace(0, 1, int(np.ceil(origins.offset.max(initial=0) / spacing)) + 1)
    xy = origins.xy[:, np.newaxis] + (ends - origins.xy)[:, np.newaxis] * share[:, np.newaxis]
    earlier = np.maximum(origins.access[:, np.newaxis] * share - spacing / WALK, 0)
    return xy.reshape(-1, 2), earlier.ravel()


def _contour(raster: Raster, field: Floats, limit: float) -> MultiPolygon:
    """Where `field` is at most `limit`, in local metres."""
    rows, columns = raster.shape
    x, y = raster.west + raster.cell * np.arange(columns), raster.south + raster.cell * np.arange(rows)
    lines = contourpy.contour_generator(x, y, field, fill_type=contourpy.FillType.OuterOffset)
    filled: Any = lines.filled(-np.inf, np.nextafter(limit, np.inf))
    speck = SPECK * raster.cell**2
    parts = [
        shapely.Polygon(points[own[0] : own[1]], _holes([points[low:high] for low, high in pairwise(own[1:])], speck))
        for points, own in zip(filled[0], filled[1], strict=True)
    ]
    zone = shapely.MultiPolygon(parts)
    return zone if zone.is_valid else polygons(shapely.make_valid(zone))


def _holes(rings: list[Floats], least: float) -> list[Floats]:
    """The rings around at least `least` square metres; smaller ones are noise of the raster."""
    return [ring for ring in rings if _area(ring) >= least]


def _area(ring: Floats) -> float:
    """Square metres inside a closed ring, by Gauss's shoelace; a Polygon for each of hundreds of holes takes longer."""
    x, y = ring.T
    return abs(float(x[:-1] @ y[1:] - x[1:] @ y[:-1])) / 2


def polygons(geometry: BaseGeometry) -> MultiPolygon:
    """The surfaces of `geometry`, lines and points left out."""
    parts = shapely.get_parts(shapely.get_parts([geometry]))
    return shapely.MultiPolygon([part for part in parts if part.geom_type == "Polygon" and part.area > 0])
