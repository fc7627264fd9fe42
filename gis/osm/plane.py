"""A flat frame in which straight lines stay straight: what is cut in it is still valid, and still fits, in degrees.

A transverse Mercator bends a long straight side by centimetres, enough to lay a point near it onto the wrong side.
"""

from dataclasses import dataclass, field
from math import cos, radians, sin, sqrt
from typing import TypeVar

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

G = TypeVar("G", bound=BaseGeometry)
Floats = NDArray[np.float64]
AXIS, ECCENTRICITY2 = 6_378_137.0, 0.00669437999014  # of WGS 84: metres, and the square of the eccentricity


@dataclass(frozen=True, slots=True)
class Plane:
    """Metres east and north of `lon0`, `lat0` by the scale that holds there: 0.1 % off 8 km away, enough to cut by."""

    lon0: float
    lat0: float
    _scale: Floats = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Take the metres of a degree at the origin."""
        bulge = 1 - ECCENTRICITY2 * sin(radians(self.lat0)) ** 2
        east = AXIS / sqrt(bulge) * cos(radians(self.lat0))
        north = AXIS * (1 - ECCENTRICITY2) / bulge**1.5
        object.__setattr__(self, "_scale", np.radians([east, north]))

    @classmethod
    def around(cls, geometry: BaseGeometry) -> "Plane":
        """The plane at the middle of the bounding box of a lon/lat geometry."""
        west, south, east, north = geometry.bounds
        return cls((west + east) / 2, (south + north) / 2)

    def to_metres(self, geometry: G) -> G:
        """A lon/lat geometry in metres."""
        return shapely.transform(geometry, lambda degrees: (degrees - [self.lon0, self.lat0]) * self._scale)

    def to_degrees(self, geometry: G) -> G:
        """A geometry in metres as lon/lat."""
        return shapely.transform(geometry, lambda metres: metres / self._scale + [self.lon0, self.lat0])

    def metres(self, coordinates: Floats) -> Floats:
        """Metres, shape (n, 2), of lon/lat coordinates of shape (n, 2)."""
        return (coordinates - [self.lon0, self.lat0]) * self._scale
