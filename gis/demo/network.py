"""Ways joined to a network: nodes where ways of one level meet, edges between them, all in local metres."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree
from shapely import LineString, Point, STRtree
from shapely.geometry.base import BaseGeometry
from shapely.ops import substring

from gis.city import RoadClass

TOUCH = 0.05  # metres within which an end lies on another way
MERGE = 0.6  # metres within which two junctions are one
STUB = 22.0  # metres up to which a loose end of a carriageway is cut off

# Metres from the middle of a road to the edge of its land (half the 红线 width).
HALF_WIDTHS = {
    RoadClass.PRIMARY: 25.0,
    RoadClass.SECONDARY: 19.0,
    RoadClass.TERTIARY: 14.0,
    RoadClass.RESIDENTIAL: 8.5,
}
SPEEDS_KPH = {
    RoadClass.PRIMARY: 60.0,
    RoadClass.SECONDARY: 50.0,
    RoadClass.TERTIARY: 40.0,
    RoadClass.RESIDENTIAL: 30.0,
    RoadClass.SERVICE: 15.0,
}
_CARS = set(SPEEDS_KPH)
_NO_BICYCLE = {RoadClass.FOOTWAY, RoadClass.STEPS}


@dataclass(frozen=True, slots=True)
class Way:
    """A street or path before it is cut at junctions; `loose_ends` may be trimmed back to the last junction."""

    line: LineString
    road_class: RoadClass
    name: str = ""
    oneway: bool = False
    bridge: bool = False
    tunnel: bool = False
    loose_ends: bool = False

    @property
    def level(self) -> int:
        """0 on the ground, 1 on a bridge, -1 in a tunnel."""
        return int(self.bridge) - int(self.tunnel)

    @property
    def public(self) -> bool:
        """Whether it is a street rather than an inner way."""
        return self.road_class in HALF_WIDTHS

    @property
    def car(self) -> bool:
        """Whether cars may use it."""
        return self.road_class in _CARS

    @property
    def bicycle(self) -> bool:
        """Whether bicycles may use it."""
        return self.road_class not in _NO_BICYCLE

    def land(self) -> BaseGeometry:
        """The surface that the street takes, or an empty one for an inner way."""
        width = HALF_WIDTHS.get(self.road_class, 0.0) * (0.62 if self.oneway else 1.0)
        return self.line.buffer(width, cap_style="square", join_style="mitre", mitre_limit=1.5)


class Piece(NamedTuple):
    """A way between two junctions `tail` and `head`."""

    way: Way
    tail: int
    head: int
    line: LineString


@dataclass(slots=True)
class JoinedWays:
    """Junctions, shape (n, 2), and the pieces between them."""

    nodes: NDArray[np.float64]
    pieces: list[Piece] = field(default_factory=list)


def split_levels(way: Way, *, bridged: BaseGeometry, tunnelled: BaseGeometry) -> list[Way]:
    """The way as a bridge inside `bridged`, a tunnel inside `tunnelled`, and on the ground elsewhere, in its order."""
    cuts = [0.0, way.line.length]
    for surface in (bridged, tunnelled):
        crossing = shapely.intersection(way.line, surface.boundary)
        cuts += [way.line.project(Point(xy)) for xy in shapely.get_coordinates(crossing)]
    pieces = []
    ordered = sorted(cuts)
    for a, b in pairwise(ordered):
        if b - a < 0.01:
            continue
        middle = way.line.interpolate((a + b) / 2)
        line = LineString(substring(way.line, a, b).coords)
        pieces.append(replace(way, line=line, bridge=bridged.contains(middle), tunnel=tunnelled.contains(middle)))
    return pieces


def _touching_ends(lines: NDArray[np.object_], tree: STRtree, cuts: list[list[float]]) -> None:
    """Cut every way where another ends on it."""
    for at in (0, -1):
        ends = shapely.get_point(lines, at)
        for k, other in tree.query(ends, predicate="dwithin", distance=TOUCH).T:
            if k != other:
                cuts[other].append(lines[other].project(ends[k]))


def _crossings(ways: Sequence[Way], lines: NDArray[np.object_], tree: STRtree, cuts: list[list[float]]) -> None:
    """Cut both ways where two of one level cross."""
    pairs = tree.query(lines, predicate="intersects").T
    levels = np.array([way.level for way in ways])
    pairs = pairs[(pairs[:, 0] < pairs[:, 1]) & (levels[pairs[:, 0]] == levels[pairs[:, 1]])]
    met = shapely.intersection(lines[pairs[:, 0]], lines[pairs[:, 1]])
    for (a, b), points in zip(pairs, met, strict=True):
        for xy in shapely.get_coordinates(points):
            cuts[a].append(lines[a].project(Point(xy)))
            cuts[b].append(lines[b].project(Point(xy)))


def _cluster(points: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The junction number of every point and one place for each junction; near points are one junction."""
    pairs = cKDTree(points).query_pairs(MERGE, output_type="ndarray")
    links = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(len(points), len(points)))
    _, labels = connected_components(links, directed=False)
    _, first = np.unique(labels, return_index=True)
    return labels.astype(np.int64), points[first]


def _trim(pieces: list[Piece]) -> list[Piece]:
    """The pieces without the short loose ends of carriageways, removed until none is left."""
    while True:
        degree: dict[int, int] = {}
        for piece in pieces:
            for node in (piece.tail, piece.head):
                degree[node] = degree.get(node, 0) + 1
        kept = [
            p
            for p in pieces
            if not (p.way.loose_ends and p.line.length < STUB and min(degree[p.tail], degree[p.head]) == 1)
        ]
        if len(kept) == len(pieces):
            return kept
        pieces = kept


def join(ways: Sequence[Way]) -> JoinedWays:
    """The ways cut at their ends upon each other and at crossings of one level; bridges join at their ends only."""
    lines = np.array([way.line for way in ways], dtype=object)
    tree = STRtree(lines)
    cuts: list[list[float]] = [[0.0, line.length] for line in lines]
    _touching_ends(lines, tree, cuts)
    _crossings(ways, lines, tree, cuts)
    spans = [(k, a, b) for k, own in enumerate(cuts) for a, b in pairwise(sorted(own)) if b - a > 1e-6]
    parts = [substring(lines[k], a, b) for k, a, b in spans]
    ends = np.array([[part.coords[0], part.coords[-1]] for part in parts]).reshape(-1, 2)
    labels, nodes = _cluster(ends)
    pieces = []
    for (k, _, _), part, (tail, head) in zip(spans, parts, labels.reshape(-1, 2), strict=True):
        if tail == head and part.length < 3 * MERGE:
            continue
        coords = [tuple(nodes[tail]), *part.coords[1:-1], tuple(nodes[head])]
        pieces.append(Piece(ways[k], int(tail), int(head), LineString(coords)))
    return JoinedWays(nodes, _trim(pieces))
