"""Geometries and numbers as the answers about a response hold them."""

from itertools import pairwise
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from gis.contours import polygons
from gis.local import LocalFrame
from gis.network import Places

DECIMALS = 8  # of a degree, a millimetre: coarser rounding folds rings


def lonlat(frame: LocalFrame, geometry: BaseGeometry) -> dict[str, Any]:
    """A geometry in local metres as a GeoJSON object in lon/lat."""
    turned = shapely.transform(geometry, lambda xy: np.round(frame.degrees(xy), DECIMALS))
    sound = turned if turned.is_valid else polygons(shapely.make_valid(turned))
    return {"type": sound.geom_type, "coordinates": _coordinates(sound)}


def _coordinates(geometry: BaseGeometry) -> list[Any]:
    """The coordinates of a geometry, nested as GeoJSON nests them; made level by level, for points are many."""
    _, xy, levels = shapely.to_ragged_array([geometry])
    nested: list[Any] = xy.tolist()
    for starts in levels:
        nested = [nested[first:last] for first, last in pairwise(starts.tolist())]
    return list(nested[0])


def together(one: Places, other: Places) -> Places:
    """The places of both, one behind the other."""
    xy, edge, fraction, offset = (np.concatenate([a, b]) for a, b in zip(tuple(one), tuple(other), strict=True))
    return Places(xy, edge, fraction, offset)


def whole(number: float) -> float | int:
    """The number without a point where it needs none."""
    return int(number) if float(number).is_integer() else number
