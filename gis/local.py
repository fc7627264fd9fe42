"""Local metres: a transverse Mercator frame around a place, for distances and areas up to about 100 km from it."""

from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Transformer
from shapely.geometry.base import BaseGeometry

from gis.kernel import NOTHING, OUT_REALS2, REAL, REALS2, REALS3, kernel, several

G = TypeVar("G", bound=BaseGeometry)
Floats = NDArray[np.float64]

FEW = 60  # points that PROJ turns sooner than a polynomial is made
WIDE = 60_000.0  # metres across which the polynomial errs by less than a hundredth of a millimetre
DEGREE = 4  # of the polynomial, in each direction
NODES = np.cos(np.pi * (np.arange(DEGREE + 1) + 0.5) / (DEGREE + 1))  # Chebyshev's
BLOCK = 64  # points that are reckoned together
TO_POWERS = np.linalg.inv(np.vander(NODES, increasing=True))


@kernel(several(REAL, REAL, REAL, REAL), REALS2)
def _box(xy: Floats) -> tuple[float, float, float, float]:
    """The box around points: west, south, east, north."""
    west, south, east, north = np.inf, np.inf, -np.inf, -np.inf
    for at in range(len(xy)):
        west, south = min(west, xy[at, 0]), min(south, xy[at, 1])
        east, north = max(east, xy[at, 0]), max(north, xy[at, 1])
    return west, south, east, north


@kernel(NOTHING, REALS2, REAL, REAL, REAL, REAL, REALS3, OUT_REALS2)
def _evaluate(xy: Floats, x0: float, y0: float, wide: float, high: float, terms: Floats, found: Floats) -> None:
    """Polynomials with `terms` (2, i, j) of u^i v^j; u and v run from -1 to 1 across a box around (x0, y0)."""
    u, v, outer, inner = np.empty(BLOCK), np.empty(BLOCK), np.empty(BLOCK), np.empty(BLOCK)
    for first in range(0, len(xy), BLOCK):
        count = min(BLOCK, len(xy) - first)
        for at in range(count):
            u[at], v[at] = (xy[first + at, 0] - x0) / wide, (xy[first + at, 1] - y0) / high
        for axis in range(2):
            outer[:] = 0
            for i in range(DEGREE, -1, -1):
                inner[:] = terms[axis, i, DEGREE]
                for j in range(DEGREE - 1, -1, -1):
                    for at in range(BLOCK):
                        inner[at] = inner[at] * v[at] + terms[axis, i, j]
                for at in range(BLOCK):
                    outer[at] = outer[at] * u[at] + inner[at]
            for at in range(count):
                found[first + at, axis] = outer[at]


@dataclass(frozen=True, slots=True)
class LocalFrame:
    """Metres east (x) and north (y) of `lon0`, `lat0` (degrees, EPSG:4326); scale error below 1e-4 within 90 km."""

    lon0: float
    lat0: float
    _transformer: Transformer = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Build the projection once."""
        local = f"+proj=tmerc +lat_0={self.lat0} +lon_0={self.lon0} +k=1 +x_0=0 +y_0=0 +ellps=WGS84 +units=m"
        object.__setattr__(self, "_transformer", Transformer.from_crs("EPSG:4326", local, always_xy=True))

    @classmethod
    def around(cls, geometry: BaseGeometry) -> "LocalFrame":
        """The frame at the middle of the bounding box of a lon/lat geometry."""
        west, south, east, north = geometry.bounds
        return cls((west + east) / 2, (south + north) / 2)

    @classmethod
    def of_points(cls, coordinates: Floats) -> "LocalFrame":
        """The frame at the middle of the box of lon/lat points, shape (n, 2); at 0, 0 where there are none."""
        if not len(coordinates):
            return cls(0.0, 0.0)
        lon, lat = (coordinates.min(axis=0) + coordinates.max(axis=0)) / 2
        return cls(float(lon), float(lat))

    def metres(self, coordinates: Floats) -> Floats:
        """Local metres, shape (n, 2), of lon/lat coordinates of shape (n, 2)."""
        x, y = self._transformer.transform(coordinates[:, 0], coordinates[:, 1])
        return np.column_stack([x, y])

    def degrees(self, coordinates: Floats) -> Floats:
        """lon/lat, shape (n, 2), of local metres of shape (n, 2)."""
        lon, lat = self._transformer.transform(coordinates[:, 0], coordinates[:, 1], direction="INVERSE")
        return np.column_stack([lon, lat])

    def about_degrees(self, coordinates: Floats) -> Floats:
        """The same to a hundredth of a millimetre and several times as fast: for what is only looked at."""
        if len(coordinates) > FEW:
            points = np.ascontiguousarray(coordinates, dtype=np.float64)
            west, south, east, north = _box(points)
            if max(east - west, north - south, abs(west), abs(south)) <= WIDE:
                half = max(east - west, 2.0) / 2, max(north - south, 2.0) / 2
                return self._degrees_within(points, (west + east) / 2, (south + north) / 2, *half)
        return self.degrees(coordinates)

    def _degrees_within(self, points: Floats, x: float, y: float, wide: float, high: float) -> Floats:
        """The same by a polynomial through exact points of a box around (x, y)."""
        nodes = np.empty((len(NODES), len(NODES), 2))
        nodes[:, :, 0], nodes[:, :, 1] = (x + wide * NODES)[:, np.newaxis], y + high * NODES
        exact = self.degrees(nodes.reshape(-1, 2)).reshape(nodes.shape)
        terms = np.ascontiguousarray(TO_POWERS @ exact.transpose(2, 0, 1) @ TO_POWERS.T)
        found = np.empty((len(points), 2))
        _evaluate(points, x, y, wide, high, terms, found)
        return found

    def to_metres(self, geometry: G) -> G:
        """A lon/lat geometry in local metres."""
        return shapely.transform(geometry, self.metres)

    def to_degrees(self, geometry: G) -> G:
        """A geometry in local metres as lon/lat."""
        return shapely.transform(geometry, self.degrees)
