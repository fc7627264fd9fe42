"""Lines that split a block between its buildings, in local metres: straight through a gap where there is one."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import Voronoi
from shapely import LineString, Polygon
from shapely.geometry.base import BaseGeometry

from gis.access import Access

LOPSIDED = 0.2  # a straight cut leaves at least this share of the households on either side
BALANCE, LENGTH, ALONG_WAY = 1.0, 0.35, 0.2  # what an uneven cut, a long one, and a long one along a way cost
# Metres between the points of a wall from which the middle line between buildings is drawn, and by which that line is
# straightened: the first that clears the buildings.
FINENESS = ((6.0, 1.0), (1.5, 0.3), (0.5, 0.1))
WALL = 0.25  # metres: a cut no deeper in a building runs along its wall
GRAZE = 0.1  # metres of a cut deeper in a building that are rounding
OVERHANG = 1e-3  # metres by which a cut passes the line it ends at
MOST_TRIED = 40  # lines tried for one cut
MOST_FACES = 60  # between the ways of a block; of more, no line is made
BEYOND = 9  # the side of a point that belongs to neither
SNAP = 1e-5  # metres: lines are noded on this raster, far below what a survey can tell
DEEPEST = 12  # halvings of one block
Floats = NDArray[np.float64]
Faces = NDArray[np.object_]


class _Part(NamedTuple):
    """A piece of a block, its buildings and their households."""

    shape: Polygon
    buildings: tuple[BaseGeometry, ...]
    households: tuple[int, ...]


def cuts_between(
    block: Polygon,
    buildings: Sequence[BaseGeometry],
    households: Sequence[int],
    *,
    limit: int,
    access: Access | None = None,
) -> list[BaseGeometry]:
    """Lines inside `block` that leave at most `limit` households in each piece, one building's own apart.

    With `access`, lines follow inner ways where that is no worse, and each piece can be come to where the block can.
    """
    cuts: list[BaseGeometry] = []
    waiting = [(_Part(block, tuple(buildings), tuple(households)), 0)]
    while waiting:
        part, depth = waiting.pop()
        if sum(part.households) <= limit or sum(count > 0 for count in part.households) < 2 or depth == DEEPEST:  # noqa: PLR2004
            continue
        for cut in _choices(part, limit, access):
            pieces = _pieces(part, cut)
            if _sound(part, pieces, access):
                cuts.append(_overhanging(cut))
                waiting += [(piece, depth + 1) for piece in pieces]
                break
    return cuts


def _choices(part: _Part, limit: int, access: Access | None) -> Iterator[BaseGeometry]:
    """Lines that may cut the part, the best first: through gaps and along ways, then halfway between two halves."""
    found = [*_straight_cuts(part, limit), *(_cuts_along_ways(part, limit, access) if access else ())]
    for _, cut in sorted(found, key=lambda costed: round(costed[0], 9))[:MOST_TRIED]:
        yield cut
    yield from _middle_lines(part, limit)


def _sound(part: _Part, pieces: Sequence[_Part], access: Access | None) -> bool:
    """Whether the pieces are several with people in more than one, and as easy to come to as the part was."""
    if sum(sum(piece.households) > 0 for piece in pieces) < 2:  # noqa: PLR2004
        return False
    return access is None or bool(access.of([piece.shape for piece in pieces]).all() or not access.of([part.shape])[0])


def _overhanging(cut: BaseGeometry) -> BaseGeometry:
    """The cut a little longer at its ends, so that it meets the lines it ends at however those were rounded."""
    longer = []
    for line in shapely.get_parts(shapely.line_merge(cut)):
        xy = shapely.get_coordinates(line)
        if len(xy) > 1 and (xy[0] != xy[-1]).any():
            first, last = xy[0] - xy[1], xy[-1] - xy[-2]
            xy = np.vstack(
                [xy[0] + first / np.hypot(*first) * OVERHANG, xy, xy[-1] + last / np.hypot(*last) * OVERHANG]
            )
            longer.append(LineString(xy))
    return shapely.multilinestrings(longer) if longer else cut


def _straight_cuts(part: _Part, limit: int) -> Iterator[tuple[float, BaseGeometry]]:
    """Straight lines through gaps between buildings with their costs, none of them lopsided."""
    total = sum(part.households)
    size = part.shape.area**0.5
    for normal in _directions(part):
        low, high = _extents(part.buildings, normal)
        for position, left in _gaps(low, high, part.households):
            if _balanced(left, total):
                line = shapely.intersection(_line(part.shape, normal, position), part.shape)
                yield BALANCE * _uneven(left, total, limit) + LENGTH * line.length / size, line


def _cuts_along_ways(part: _Part, limit: int, access: Access) -> Iterator[tuple[float, BaseGeometry]]:
    """Lines along the ways inside the part with their costs, none of them lopsided or through a building."""
    faces = _faces(part.shape, access.within(part.shape))
    if not 2 <= len(faces) <= MOST_FACES:  # noqa: PLR2004
        return
    held = np.bincount(_homes(part.buildings, faces), weights=part.households, minlength=len(faces))
    middles = shapely.get_coordinates(shapely.centroid(faces))
    total, size, inner = sum(part.households), part.shape.area**0.5, without_walls(part.buildings)
    for normal in _directions(part):
        order = np.argsort(middles @ normal, kind="stable")
        for first, left in enumerate(np.cumsum(held[order])[:-1].tolist(), 1):
            if _balanced(left, total):
                one, two = (shapely.unary_union(faces[side]).boundary for side in (order[:first], order[first:]))
                cut = shapely.line_merge(shapely.intersection(one, two))
                if cut.length and not _hits(cut, inner):
                    yield BALANCE * _uneven(left, total, limit) + ALONG_WAY * cut.length / size, cut


def _balanced(left: float, total: float) -> bool:
    return LOPSIDED * total <= left <= (1 - LOPSIDED) * total


def _hits(cut: BaseGeometry, buildings: NDArray[np.object_]) -> bool:
    """Whether the cut runs through a building rather than along its wall; the buildings are `without_walls` ones."""
    return bool((shapely.length(shapely.intersection(buildings, cut)) > GRAZE).any())


def without_walls(buildings: Sequence[BaseGeometry] | Faces) -> NDArray[np.object_]:
    """The buildings without their walls, so that those that stand wall to wall come apart."""
    whole = np.asarray(buildings, dtype=object)
    inner = shapely.buffer(whole, -WALL, join_style="mitre")
    return np.where(shapely.is_empty(inner), whole, inner)


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


def _middle_lines(part: _Part, limit: int) -> Iterator[BaseGeometry]:
    """Lines halfway between two halves of the buildings, for blocks that no straight line can divide."""
    middles = shapely.get_coordinates(shapely.centroid(np.asarray(part.buildings, dtype=object)))
    outline = shapely.get_coordinates(part.shape)
    for along in sorted(_directions(part), key=lambda normal: -float(np.ptp(outline @ normal))):
        order = np.argsort(middles @ along, kind="stable")
        first = _first_half([part.households[i] for i in order], limit)
        halves = [[part.buildings[i] for i in order[:first]], [part.buildings[i] for i in order[first:]]]
        line = _between(part.shape, *halves)
        if line is not None:
            yield line


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
    """The edge inside `shape` between what is nearer to `one` and what is nearer to `two`; None through a building."""
    halves = without_walls(one), without_walls(two)
    for step, smooth in FINENESS:
        points, side = _wall_points(*halves, step)
        middle = _edges_apart(points, side)
        edge = shapely.intersection(shapely.simplify(middle, smooth), shape)
        if not edge.is_empty and not _hits(edge, np.concatenate(halves)):
            return edge
    return None


def _edges_apart(points: Floats, side: NDArray[np.int64]) -> BaseGeometry:
    """The edges of Voronoi cells between points of the two sides, joined where they go on."""
    middle, reach = points.mean(axis=0), 4 * float(np.ptp(points, axis=0).max()) + 1.0
    around = middle + reach * np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)])  # so that every edge has an end
    cells = Voronoi(np.vstack([points, around]))
    sides = np.append(side, np.full(len(around), BEYOND))
    apart = sides[cells.ridge_points].sum(axis=1) == 1
    ends = np.asarray(cells.ridge_vertices)[apart]
    edges = shapely.linestrings(cells.vertices[ends])
    joined: BaseGeometry = shapely.line_merge(shapely.multilinestrings(edges[shapely.length(edges) > 0]))
    return joined


def _wall_points(one: NDArray[np.object_], two: NDArray[np.object_], step: float) -> tuple[Floats, NDArray[np.int64]]:
    """Points on the walls, no two the same, and whether each belongs to `one` (0) or `two` (1)."""
    walls = shapely.segmentize(np.concatenate([one, two]), step)
    points, building = shapely.get_coordinates(walls, return_index=True)
    points = np.round(points, 3)
    points, kept = np.unique(points, axis=0, return_index=True)
    return points, (building[kept] >= len(one)).astype(np.int64)


def _pieces(part: _Part, cut: BaseGeometry) -> list[_Part]:
    """What `cut` leaves of the part, each piece with the buildings that lie in it by largest share."""
    faces = _faces(part.shape, [_overhanging(cut)])
    inside: list[list[int]] = [[] for _ in faces]
    for building, face in enumerate(_homes(part.buildings, faces)):
        inside[face].append(building)
    return [
        _Part(face, tuple(part.buildings[i] for i in members), tuple(part.households[i] for i in members))
        for face, members in zip(faces, inside, strict=True)
    ]


def _faces(shape: Polygon, lines: Sequence[BaseGeometry]) -> Faces:
    """The faces into which lines cut a shape."""
    noded = shapely.unary_union([shape.boundary, *lines], grid_size=SNAP)
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
    kept: Faces = faces[shapely.covers(shape.buffer(1e-3), shapely.point_on_surface(faces))]
    return kept


def _homes(buildings: Sequence[BaseGeometry], faces: Faces) -> list[int]:
    """For each building the face with the largest share of it."""
    return [int(np.argmax(shapely.area(shapely.intersection(faces, building)))) for building in buildings]
