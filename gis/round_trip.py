"""Polygons taken into local metres and back, where every vertex that was there comes back as it was to the last bit."""

from collections.abc import Sequence

import numpy as np
import shapely
from shapely import MultiPoint, Polygon

from gis.osm.plane import Floats, Plane


class RoundTrip:
    """lon/lat polygons in the metres of a plane, which keeps straight lines straight; `metres` in their order."""

    def __init__(self, polygons: Sequence[Polygon], plane: Plane) -> None:
        """Turn them all, and keep which vertex was which."""
        self._plane = plane
        self.metres: list[Polygon] = [plane.to_metres(polygon) for polygon in polygons]
        turned, known = (
            shapely.get_coordinates(np.asarray(shapes, dtype=object)) for shapes in (self.metres, polygons)
        )
        self._known = {(x, y): place for (x, y), place in zip(turned.tolist(), known.tolist(), strict=True)}

    def degrees(self, polygon: Polygon) -> Polygon:
        """A polygon in metres as lon/lat; the same new vertex comes out the same in each polygon that has it."""

        def back(metres: Floats) -> Floats:
            turned = shapely.get_coordinates(self._plane.to_degrees(MultiPoint(metres)))
            for i, (x, y) in enumerate(metres.tolist()):
                turned[i] = self._known.get((x, y), turned[i])
            return turned

        return shapely.transform(polygon, back)
