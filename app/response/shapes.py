"""Geometries and numbers as the answers about a response hold them."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from gis.local import LocalFrame
from gis.network import Places

Floats = NDArray[np.float64]

DECIMALS = 7  # of a degree, a centimetre; the rings of a zone stand further apart


def lonlat(frame: LocalFrame, geometry: BaseGeometry) -> dict[str, Any]:
    """A geometry in local metres as a GeoJSON object in lon/lat, its coordinates as arrays."""
    return lonlats(frame, [geometry])[0]


def lonlats(frame: LocalFrame, geometries: Sequence[BaseGeometry]) -> list[dict[str, Any]]:
    """Geometries of one type in local metres as GeoJSON objects in lon/lat, turned all at once.

    The innermost lists of their coordinates are arrays, which `app.strict_json` writes as they are.
    """
    kind, xy, offsets = shapely.to_ragged_array(list(geometries))
    parts: Any = np.ascontiguousarray(np.round(frame.degrees(xy), DECIMALS))
    for starts in offsets:
        parts = [parts[low:high] for low, high in pairwise(starts.tolist())]
    name = shapely.GeometryType(kind).name
    return [{"type": TYPES[name], "coordinates": part} for part in parts]


def lines(frame: LocalFrame, xys: Sequence[Floats]) -> list[dict[str, Any]]:
    """Lines of points (k, 2) in local metres as GeoJSON objects in lon/lat, turned all at once."""
    if not xys:
        return []
    points = np.round(frame.about_degrees(np.concatenate(xys)), DECIMALS)
    ends = np.cumsum([0, *map(len, xys)]).tolist()
    return [{"type": "LineString", "coordinates": points[low:high]} for low, high in pairwise(ends)]


TYPES = {
    "POINT": "Point",
    "LINESTRING": "LineString",
    "POLYGON": "Polygon",
    "MULTIPOINT": "MultiPoint",
    "MULTILINESTRING": "MultiLineString",
    "MULTIPOLYGON": "MultiPolygon",
}


def together(one: Places, other: Places) -> Places:
    """The places of both, one behind the other."""
    xy, edge, fraction, offset = (np.concatenate([a, b]) for a, b in zip(tuple(one), tuple(other), strict=True))
    return Places(xy, edge, fraction, offset)


def whole(number: float) -> float | int:
    """The number without a point where it needs none."""
    return int(number) if float(number).is_integer() else number
