"""Lines that split a block between its buildings, in local metres: straight through a gap where there is one."""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString, Polygon
from shapely.geometry.base import BaseGeometry

LOPSIDED = 0.2  # a straight cut leaves at least this share of the households on either side
BALANCE, LENGTH = 1.0, 0.35  # what an uneven and what a long cut cost
WALL_STEP = 6.0  # metres between the points of a wall from which the middle line between buildings is drawn
SMOOTH = 1.0  # metres: the middle line is straightened by up to this
DEEPEST = 12  # halvings of one block
Floats = NDArray[np.float64]


class _Part(NamedTuple):
    """A piece of a block, its buildings and their households."""

    shape: Polygon
    buildings: tuple[BaseGeometry, ...]
    households: tuple[int, ...]


def cuts_between(
    block: Polygon, buildings: Sequence[BaseGeometry], households: Sequence[int], *, limit: int
) -> list[BaseGeometry]:
    """Lines inside `block` that leave at most `limit` households in each piece, one building's own apart."""
    cuts: list[BaseGeometry] = []
    waiting = [(_Part(block, tuple(buildings), tuple(households)), 0)]
    while waiting:
        part, depth = waiting.pop()
        if sum(part.households) <= limit or sum(count > 0 for count in part.households) < 2 or depth == DEEPEST:  # noqa: PLR2004
            continue
        cut = _straight_cut(part, limit) or _middle_line(part, limit)
        if cut is None:
            continue
        pieces = _pieces(part, cut)
        if len(pieces) > 1:
            cuts.append(cut)
            waiting += [(piece, depth + 1) for piece in pieces]
    return cuts


def _straight_cut(part: _Part, limit: int) -> BaseGeometry | None:
    """The best straight line through a gap between buildings; None where every line hits one or is lopsided."""
    best: tuple[float, BaseGeometry] | None = None
    total = sum(part.households)
    size = part.shape.area**0.5
    for normal in _directions(part):
        low, high = _extents(part.buildings, normal)
        for position, left in _gaps(low, high, part.households):
            if not LOPSIDED * total <= left <= (1 - LOPSIDED) * total:
                continue
            line = shapely.intersection(_line(part.shape, normal, position), part.shape)
            cost = BALANCE * _uneven(left, total, limit) + LENGTH * line.length / size
            if best is None or cost < best[0] - 1e-9:
                best = (cost, line)
    return best[1] if best else None


def _uneven(left: float, total: float, limit: int) -> float:
    """0 where the cut leaves whole multiples of an even share on both sides, up to 1."""
    shares = int(-(-total // limit))
    ideal = [total * k / shares for k in range(1, shares)]
    return min(abs(left - k) for k in ideal) / total + abs(left / total - 0.5) / 2


def _directions(part: _Part) -> list[Floats]:
    """Unit normals to try: along and across the block, along and across its buildings."""
    normals: list[Floats] = []
    for shape in (part.shape, max(part.buildings, key=lambda b: b.area)):
        corners = shapely.get_coordinates(shapely.minimum_rotated_rectangle(shape))
        if len(corners) < 4:  # noqa: PLR2004 (a building drawn as a line has no sides)
            continue
        for start, end in ((0, 1), (1, 2)):
            side = corners[end] - corners[start]
            if (length := float(np.hypot(*side))) > 0:
                normals.append(side / length)
    return normals


def _extents(buildings: Sequence[BaseGeometry], normal: Floats) -> tuple[Floats, Floats]:
    """The least and the greatest metre of each building along `normal`."""
    along = [shapely.get_coordinates(building) @ normal for building in buildings]
    return np.array([a.min() for a in along]), np.array([a.max() for a in along])


def _gaps(low: Floats, high: Floats, households: Sequence[int]) -> list[tuple[float, int]]:
    """The middle of each gap between the extents, with the households before it."""
    gaps: list[tuple[float, int]] = []
    order = np.argsort(low, kind="stable")
    reached, before = -np.inf, 0
    for i, j in pairwise(order):
        reached = max(reached, float(high[i]))
        before += households[i]
        if low[j] > reached:
            gaps.append(((float(low[j]) + reached) / 2, before))
    return gaps


def _line(shape: Polygon, normal: Floats, position: float) -> LineString:
    """The line across the whole of `shape` at `position` metres along `normal`."""
    along = np.array([-normal[1], normal[0]])
    west, south, east, north = shape.bounds
    middle = np.array([(west + east) / 2, (south + north) / 2])
    foot = middle + normal * (position - float(middle @ normal))
    reach = float(np.hypot(east - west, north - south))
    return LineString([foot - along * reach, foot + along * reach])


def _middle_line(part: _Part, limit: int) -> BaseGeometry | None:
    """The line halfway between two halves of the buildings, for blocks that no straight line can divide."""
    middles = shapely.get_coordinates(shapely.centroid(np.asarray(part.buildings, dtype=object)))
    outline = shapely.get_coordinates(part.shape)
    along = max(_directions(part), key=lambda normal: float(np.ptp(outline @ normal)))
    order = np.argsort(middles @ along, kind="stable")
    first = _first_half([part.households[i] for i in order], limit)
    halves = [[part.buildings[i] for i in order[:first]], [part.buildings[i] for i in order[first:]]]
    return _between(part.shape, *halves)


def _first_half(households: Sequence[int], limit: int) -> int:
    """How many of the buildings in order make the first half; at least one stays on either side."""
    total = sum(households)
    shares = int(-(-total // limit))
    wanted = total * (shares // 2) / shares
    sums = np.cumsum(households)
    inhabited = np.flatnonzero(households)
    first = int(np.argmin(np.abs(sums - wanted))) + 1
    return int(min(max(first, inhabited[0] + 1), inhabited[-1]))


def _between(shape: Polygon, one: Sequence[BaseGeometry], two: Sequence[BaseGeometry]) -> BaseGeometry | None:
    """The edge inside `shape` between what is nearer to `one` and what is nearer to `two`."""
    points, side = _wall_points(one, two)
    frame = shapely.buffer(shapely.envelope(shape), 10.0)  # so that no cell ends on the outline of the shape
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(points), extend_to=frame, ordered=True))
    near_one = shapely.unary_union(cells[side == 0])
    middle = shapely.line_merge(shapely.intersection(near_one.boundary, shape))
    edge = shapely.intersection(shapely.simplify(middle, SMOOTH), shape)
    return None if edge.is_empty else edge


def _wall_points(one: Sequence[BaseGeometry], two: Sequence[BaseGeometry]) -> tuple[Floats, NDArray[np.int64]]:
    """Points on the walls, no two the same, and whether each belongs to `one` (0) or `two` (1)."""
    walls = shapely.segmentize(np.asarray([*one, *two], dtype=object), WALL_STEP)
    points, building = shapely.get_coordinates(walls, return_index=True)
    points = np.round(points, 3)
    points, kept = np.unique(points, axis=0, return_index=True)
    return points, (building[kept] >= len(one)).astype(np.int64)


def _pieces(part: _Part, cut: BaseGeometry) -> list[_Part]:
    """What `cut` leaves of the part, each piece with the buildings that lie in it by largest share."""
    noded = shapely.unary_union([part.shape.boundary, cut], grid_size=1e-5)
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
    faces = faces[shapely.covers(part.shape.buffer(1e-3), shapely.point_on_surface(faces))]
    pieces = [_Part(face, (), ()) for face in faces]
    for building, count in zip(part.buildings, part.households, strict=True):
        share = shapely.area(shapely.intersection(faces, building))
        i = int(np.argmax(share))
        pieces[i] = _Part(faces[i], (*pieces[i].buildings, building), (*pieces[i].households, count))
    return pieces
