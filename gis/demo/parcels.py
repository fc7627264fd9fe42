"""A superblock cut into parcels of wanted sizes by straight cuts; the larger cuts become branch streets."""

import heapq
import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import shapely
from shapely import LineString, Polygon
from shapely.geometry.base import BaseGeometry

STREET_AREA = 75_000.0  # square metres from which a cut region gets a street along its cut
STREET_SIDE = 12_000.0  # square metres that each side of such a street has at least
FRONTAGE = 25.0  # metres of street that every parcel needs
FAR = 5000.0  # metres, longer than any superblock


@dataclass(slots=True)
class Cut:
    """A straight cut; `parent` is the cut that made the region it divides."""

    line: LineString
    street: bool
    parent: "Cut | None" = None

    def open_street(self) -> None:
        """Make it a street, and every cut it may end on."""
        self.street = True
        if self.parent is not None:
            self.parent.open_street()


@dataclass(slots=True)
class Subdivision:
    """Parcels in the order of the wanted sizes, and the cuts between them."""

    parcels: list[Polygon]
    cuts: list[Cut] = field(default_factory=list)


Tree = int | tuple["Tree", "Tree"]


def _pairing(sizes: Sequence[float]) -> tuple[Tree, dict[int, float]]:
    """A binary tree over the sizes in which the smallest stand together, and the weight of each inner tree by id."""
    count = itertools.count()
    heap: list[tuple[float, int, Tree]] = [(size, next(count), k) for k, size in enumerate(sizes)]
    heapq.heapify(heap)
    weights: dict[int, float] = {}
    while len(heap) > 1:
        (a, _, left), (b, _, right) = heapq.heappop(heap), heapq.heappop(heap)
        joined: Tree = (left, right)
        weights[id(joined)] = a + b
        heapq.heappush(heap, (a + b, next(count), joined))
    return heap[0][2], weights


def largest(geometry: BaseGeometry) -> Polygon:
    """The largest polygon of a geometry, without holes."""
    polygons = [g for g in shapely.get_parts(geometry) if isinstance(g, Polygon) and not g.is_empty]
    return Polygon(max(polygons, key=lambda g: g.area).exterior) if polygons else Polygon()


def long_axis(polygon: Polygon) -> tuple[np.ndarray, np.ndarray]:
    """The unit vector along the longer side of the smallest box around a polygon, and the middle of that box."""
    box = shapely.get_coordinates(shapely.minimum_rotated_rectangle(polygon))
    sides = box[1:3] - box[:2]
    longer = sides[int(np.argmax(np.hypot(sides[:, 0], sides[:, 1])))]
    return longer / np.hypot(*longer), box[:4].mean(axis=0)


def _half(middle: np.ndarray, along: np.ndarray, offset: float) -> tuple[Polygon, LineString]:
    """The half plane before `offset` metres along the axis, and its edge."""
    side = np.array([-along[1], along[0]]) * FAR
    at = middle + along * offset
    back = at - along * FAR
    return Polygon([at + side, at - side, back - side, back + side]), LineString([at + side, at - side])


def bisect(polygon: Polygon, share: float) -> tuple[Polygon, Polygon, LineString]:
    """The polygon cut across its longer axis into `share` of its area and the rest, and the cut."""
    along, middle = long_axis(polygon)
    reach = (shapely.get_coordinates(polygon) - middle) @ along
    low, high = float(reach.min()), float(reach.max())
    offset = low + (high - low) * share
    for _ in range(12):
        half, _ = _half(middle, along, offset)
        excess = polygon.intersection(half).area / polygon.area - share
        if abs(excess) < 0.002:
            break
        offset -= excess * (high - low)
    half, edge = _half(middle, along, offset)
    first, second = largest(polygon.intersection(half)), largest(polygon.difference(half))
    pieces = [g for g in shapely.get_parts(polygon.intersection(edge)) if isinstance(g, LineString)]
    return first, second, max(pieces, key=lambda line: line.length)


def subdivide(polygon: Polygon, sizes: Sequence[float], rng: np.random.Generator) -> Subdivision:
    """The polygon cut into parcels in proportion to `sizes`, each with some frontage on a street."""
    tree, weights = _pairing(sizes)
    result = Subdivision([Polygon()] * len(sizes))

    def weight(node: Tree) -> float:
        return sizes[node] if isinstance(node, int) else weights[id(node)]

    def cut(region: Polygon, node: Tree, parent: Cut | None) -> None:
        if isinstance(node, int):
            result.parcels[node] = region
            return
        left, right = node if rng.random() < 0.5 else node[::-1]
        first, second, line = bisect(region, weight(left) / weight(node))
        street = region.area > STREET_AREA and min(first.area, second.area) > STREET_SIDE
        own = Cut(line, street and (parent is None or parent.street), parent)
        result.cuts.append(own)
        cut(first, left, own)
        cut(second, right, own)

    cut(polygon, tree, None)
    _open_landlocked(polygon, result)
    return result


def _open_landlocked(polygon: Polygon, division: Subdivision) -> None:
    """Open streets until every parcel has frontage."""
    border = polygon.exterior.buffer(0.5, quad_segs=1)
    near = [cut.line.buffer(0.5, quad_segs=1) for cut in division.cuts]
    for parcel in division.parcels:
        streets = [border, *(edge for cut, edge in zip(division.cuts, near, strict=True) if cut.street)]
        frontage = sum(float(parcel.exterior.intersection(street).length) for street in streets)
        if frontage >= FRONTAGE:
            continue
        touching = [
            cut
            for cut, edge in zip(division.cuts, near, strict=True)
            if not cut.street and parcel.exterior.intersection(edge).length > FRONTAGE
        ]
        if touching:
            max(touching, key=lambda cut: cut.line.length).open_street()
