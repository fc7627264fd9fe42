"""Local metres: a transverse Mercator frame around a place, for distances and areas up to about 100 km from it."""

from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Transformer
from shapely.geometry.base import BaseGeometry

G = TypeVar("G", bound=BaseGeometry)
Floats = NDArray[np.float64]


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

    def to_metres(self, geometry: G) -> G:
        """A lon/lat geometry in local metres."""
        return shapely.transform(geometry, self.metres)

    def to_degrees(self, geometry: G) -> G:
        """A geometry in local metres as lon/lat."""
        return shapely.transform(geometry, self.degrees)
