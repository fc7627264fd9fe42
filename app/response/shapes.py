"""Geometries and numbers as the answers about a response hold them."""

import json
from collections.abc import Sequence
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
    return lonlats(frame, [geometry])[0]


def lonlats(frame: LocalFrame, geometries: Sequence[BaseGeometry]) -> list[dict[str, Any]]:
    """Geometries in local metres as GeoJSON objects in lon/lat, turned all at once."""
    turned = shapely.transform(np.array(geometries, dtype=object), lambda xy: np.round(frame.degrees(xy), DECIMALS))
    folded = ~shapely.is_valid(turned)
    turned[folded] = [polygons(shapely.make_valid(one)) for one in turned[folded]]
    # Written by GEOS and read again, which is quicker than nesting the points level by level here.
    return [json.loads(one) for one in shapely.to_geojson(turned)]


def together(one: Places, other: Places) -> Places:
    """The places of both, one behind the other."""
    xy, edge, fraction, offset = (np.concatenate([a, b]) for a, b in zip(tuple(one), tuple(other), strict=True))
    return Places(xy, edge, fraction, offset)


def whole(number: float) -> float | int:
    """The number without a point where it needs none."""
    return int(number) if float(number).is_integer() else number
