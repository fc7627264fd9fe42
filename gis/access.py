"""Where one gets in: the ways that are walked at ground level, and compounds, whose gates are often not mapped."""

from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString, Polygon
from shapely.geometry.base import BaseGeometry

TOUCH = 1.0  # metres from a way within which a block lies on it
SHARE = 0.5  # of a block inside a compound that makes it the compound's
INSET = 2.0  # metres from the outline of a block that a way keeps to be an inner one

Bools = NDArray[np.bool_]


class Access:
    """Ways in local metres, and the walls of compounds: what lies inside one is come to through its gate."""

    def __init__(self, ways: Sequence[LineString], walls: Sequence[Polygon] = ()) -> None:
        """Index the ways and the walls."""
        self._ways = shapely.STRtree(np.asarray(ways, dtype=object))
        self._walls = shapely.STRtree(np.asarray(walls, dtype=object))

    def of(self, blocks: Sequence[BaseGeometry]) -> Bools:
        """For each block whether it lies on a way, or in a compound."""
        shapes = np.asarray(blocks, dtype=object)
        reached = np.zeros(len(shapes), dtype=bool)
        if len(shapes):
            reached[self._ways.query(shapes, predicate="dwithin", distance=TOUCH)[0]] = True
            lost = np.flatnonzero(~reached)
            block, wall = self._walls.query(shapes[lost], predicate="intersects")
            inside = shapely.area(shapely.intersection(shapes[lost][block], self._walls.geometries[wall]))
            reached[lost[block[inside > SHARE * shapely.area(shapes[lost][block])]]] = True
        return reached

    def within(self, block: Polygon) -> list[BaseGeometry]:
        """The parts inside a block of the ways that lead through it, not along its outline."""
        inner = shapely.buffer(block, -INSET, quad_segs=2)
        if inner.is_empty or not len(self._ways.geometries):
            return []
        ways = self._ways.geometries[self._ways.query(inner, predicate="intersects")]
        return [way for way in shapely.intersection(ways, block) if not way.is_empty]
