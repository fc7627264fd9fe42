"""Lines drawn by hand across a block: checked before GEOS sees them, snapped, and cut where they meet its outline.

Nothing that is there moves: a line is bent to existing vertices, never the other way round.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString, Polygon
from shapely.geometry.base import BaseGeometry

from gis.refusals import EditRefused, Point, Reason

MOST_POINTS = 300
MOST_VERTICES = 10_000  # of a block that is split by hand
MOST_PARTS = 12  # into which a line cuts a block
MOST_CROSSINGS = 64  # of the line and the outline
MOST_PAIRS = 100_000  # of a point of the line and a vertex of the block: each may be a crossing
FARTHEST = 50_000.0  # metres from the block
SAME = 1e-6  # metres: nearer than this is the same place
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
NONE = -1  # no guide
Edge = tuple[Point, Point]  # a side of a ring, in its order


class Chords(NamedTuple):
    """The parts of a line that cross a block, from outline to outline, and the vertices that its sides get for them."""

    paths: list[LineString]
    vertices: dict[Edge, list[Point]]


class _Sides(NamedTuple):
    """The sides of all rings of a block."""

    start: Floats
    end: Floats

    def edge(self, side: int) -> Edge:
        return _point(self.start[side]), _point(self.end[side])

    def nearest(self, points: Floats) -> tuple[Ints, Floats]:
        """For each point the nearest side, and the nearest place on it."""
        along = self.end - self.start
        length2 = np.maximum((along**2).sum(axis=1), 1e-300)
        found, feet = np.zeros(len(points), dtype=np.int64), np.empty((len(points), 2))
        for i, point in enumerate(points):  # one by one: all at once takes memory by the product
            share = np.clip(((point - self.start) * along).sum(axis=1) / length2, 0.0, 1.0)
            near = self.start + share[:, np.newaxis] * along
            found[i] = np.argmin(((point - near) ** 2).sum(axis=1))
            feet[i] = near[found[i]]
        return found, feet

    def corner(self, point: Floats, within: float) -> Floats | None:
        """The nearest vertex within a distance."""
        away = np.hypot(*(self.start - point).T)
        nearest = int(np.argmin(away))
        return self.start[nearest] if away[nearest] <= within else None


class _Station(NamedTuple):
    """A point of the line, metres along it; `side` of the outline that it is put on, ON_CORNER, or OFF the outline."""

    along: float
    point: Point
    side: int


ON_CORNER, OFF = -1, -2


def checked(points: Sequence[Sequence[float]] | Floats, block: Polygon) -> Floats:
    """The points of a drawn line, shape (n, 2), no two in a row the same; EditRefused where it is no line."""
    vertices = int(shapely.get_num_coordinates(block))
    if vertices > MOST_VERTICES:
        raise EditRefused(Reason.TOO_DETAILED, most=MOST_VERTICES)
    most = min(MOST_POINTS, MOST_PAIRS // vertices)
    if len(points) > most:
        raise EditRefused(Reason.TOO_MANY_POINTS, most=most)
    for number, point in enumerate(points):
        if len(point) != 2 or not np.isfinite(np.asarray(point, dtype=np.float64)).all():  # noqa: PLR2004
            raise EditRefused(Reason.NO_PLACE, point=number)
    xy = np.asarray(points, dtype=np.float64).reshape(-1, 2)
    west, south, east, north = block.bounds
    away = np.maximum([west, south] - xy, xy - [east, north]).max(axis=1, initial=0.0)
    if (away > FARTHEST).any():
        raise EditRefused(Reason.TOO_FAR, point=int(np.argmax(away > FARTHEST)), kilometres=int(FARTHEST / 1000))
    xy = _without_repeats(xy)
    if len(xy) < 2:  # noqa: PLR2004
        raise EditRefused(Reason.NOT_A_LINE)
    if not shapely.is_simple(LineString(xy)):
        raise EditRefused(Reason.CROSSES_ITSELF, place=_crossing(xy))
    return xy


def snapped(xy: Floats, block: Polygon, guides: Sequence[BaseGeometry], within: float) -> Floats:
    """The line with its points moved by at most `within` metres to corners of the block, its outline or guides.

    Between two points on the same guide the line goes along it where it stays within that distance.
    """
    sides, lines = _sides(block), np.asarray(guides, dtype=object)
    if len(lines):
        lines = lines[shapely.dwithin(lines, LineString(xy), within)]
    moved: list[Floats] = []
    before = NONE
    for point, foot in zip(xy, sides.nearest(xy)[1], strict=True):
        place, guide = _snapped(point, foot, sides, lines, within)
        if guide == before != NONE:
            moved += _along(lines[guide], moved[-1], place, within)
        moved.append(place)
        before = guide
    return _without_repeats(np.array(moved))


def _snapped(
    point: Floats, foot: Floats, sides: _Sides, lines: NDArray[np.object_], within: float
) -> tuple[Floats, int]:
    """A point where it is snapped to, and the guide that it is put on, or NONE."""
    corner = sides.corner(point, within)
    if corner is not None:
        return corner, NONE
    dot = shapely.Point(point)
    away = shapely.distance(lines, dot) if len(lines) else np.array([np.inf])
    guide = int(np.argmin(away))
    if np.hypot(*(foot - point)) <= min(within, float(away[guide]) + SAME):
        return foot, NONE
    if away[guide] > within:
        return point, NONE
    return shapely.get_coordinates(lines[guide].interpolate(lines[guide].project(dot)))[0], guide


def chords(xy: Floats, block: Polygon, within: float) -> Chords:
    """The parts of the line across the block; EditRefused where there is none, with the reason."""
    stations = _stations(xy, block, within)
    closed = stations[0].point == stations[-1].point
    on = [i for i, station in enumerate(stations) if station.side != OFF]
    if closed and on:
        stations = [*stations[on[0] : -1], *stations[: on[0] + 1]]
        on = [i for i, station in enumerate(stations) if station.side != OFF]
    runs = [stations[one : two + 1] for one, two in pairwise(on)]
    if closed and not on:
        runs = [stations]
    inside = [run for run in runs if _is_inside(run, block)]
    if not inside:
        raise _reason(stations, runs, block)
    sides, vertices = _sides(block), dict[Edge, list[Point]]()
    for station in (end for run in inside for end in (run[0], run[-1]) if end.side >= 0):
        found = vertices.setdefault(sides.edge(station.side), [])
        if station.point not in found:
            found.append(station.point)
    return Chords([_path(run) for run in inside], vertices)


def with_vertices(polygon: Polygon, vertices: Mapping[Edge, Sequence[Point]]) -> Polygon | None:
    """The polygon with more vertices on its sides, whichever way round those are; None where it has none of them."""
    rings = [_ring_with(ring, vertices) for ring in (polygon.exterior, *polygon.interiors)]
    if all(ring is None for ring in rings):
        return None
    old = (polygon.exterior, *polygon.interiors)
    shell, *holes = [ring or known.coords for ring, known in zip(rings, old, strict=True)]
    return Polygon(shell, holes)


def _ring_with(ring: LineString, vertices: Mapping[Edge, Sequence[Point]]) -> list[Point] | None:
    """The points of a ring with those that its sides get; None where it gets none."""
    points: list[Point] = [_point(xy) for xy in shapely.get_coordinates(ring)]
    longer = points[:1]
    for one, two in pairwise(points):
        new = vertices.get((one, two)) or vertices.get((two, one)) or ()
        longer += sorted(new, key=lambda point, one=one: (point[0] - one[0]) ** 2 + (point[1] - one[1]) ** 2)  # type: ignore[misc]
        longer.append(two)
    return longer if len(longer) > len(points) else None


def _stations(xy: Floats, block: Polygon, within: float) -> list[_Station]:
    """The points of the line and where it crosses the outline, in order; those near a corner are put on it."""
    line, sides = LineString(xy), _sides(block)
    metres = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(xy, axis=0).T))])
    side, feet = sides.nearest(xy)
    away = np.hypot(*(feet - xy).T)
    stations = [
        _Station(float(along), *_placed(point, int(at), sides, within))
        if gap <= SAME
        else _Station(float(along), _point(point), OFF)
        for along, point, at, gap in zip(metres, xy, side, away, strict=True)
    ]
    known = np.array([station.point for station in stations if station.side != OFF]).reshape(-1, 2)
    crossings = shapely.get_coordinates(shapely.intersection(line, block.boundary))
    if len(crossings) > MOST_CROSSINGS:
        raise EditRefused(Reason.TOO_MANY_PARTS, place=_point(crossings[0]), most=MOST_PARTS)
    for point, at in zip(crossings, sides.nearest(crossings)[0] if len(crossings) else [], strict=True):
        if not len(known) or np.hypot(*(known - point).T).min() > 2 * SAME:
            along = float(line.project(shapely.Point(point)))
            stations.append(_Station(along, *_placed(point, int(at), sides, within)))
    stations.sort(key=lambda station: station.along)
    return [station for i, station in enumerate(stations) if not i or station.point != stations[i - 1].point]


def _placed(point: Floats, side: int, sides: _Sides, within: float) -> tuple[Point, int]:
    """A point of the outline as the corner it is near, or as itself on its side."""
    corner = sides.corner(point, within)
    return (_point(point), side) if corner is None else (_point(corner), ON_CORNER)


def _is_inside(run: Sequence[_Station], block: Polygon) -> bool:
    """Whether a part of the line runs inside the block, neither outside nor along its outline."""
    path = _path(run)
    middle = path.interpolate(0.5, normalized=True)
    return bool(path.length > SAME and block.contains(middle) and block.boundary.distance(middle) > SAME)


def _reason(stations: Sequence[_Station], runs: Sequence[Sequence[_Station]], block: Polygon) -> EditRefused:
    """Why no part of a line crosses the block."""
    for run in runs:
        middle = _path(run).interpolate(0.5, normalized=True)
        if _path(run).length > SAME and block.boundary.distance(middle) <= SAME:
            return EditRefused(Reason.FOLLOWS_EDGE, place=(middle.x, middle.y))
    for end in (stations[-1], stations[0]):
        if end.side == OFF and block.contains(shapely.Point(end.point)):
            return EditRefused(Reason.ENDS_INSIDE, place=end.point)
    met = [station.point for station in stations if station.side != OFF]
    return EditRefused(Reason.TOUCHES, place=met[0]) if met else EditRefused(Reason.MISSES)


def _path(run: Sequence[_Station]) -> LineString:
    return LineString([station.point for station in run])


def _sides(block: Polygon) -> _Sides:
    rings = [shapely.get_coordinates(ring) for ring in (block.exterior, *block.interiors)]
    return _Sides(np.concatenate([ring[:-1] for ring in rings]), np.concatenate([ring[1:] for ring in rings]))


def _along(guide: LineString, one: Floats, two: Floats, within: float) -> list[Floats]:
    """The vertices of a guide between two places on it; none where it strays from the straight line."""
    start, end = guide.project(shapely.Point(one)), guide.project(shapely.Point(two))
    corners = shapely.get_coordinates(guide)
    metres = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(corners, axis=0).T))])
    between = corners[(metres > min(start, end)) & (metres < max(start, end))]
    between = between if start <= end else between[::-1]
    straight = LineString([one, two])
    strays = len(between) and shapely.distance(shapely.points(between), straight).max() > within
    return [] if strays else list(between)


def _without_repeats(xy: Floats) -> Floats:
    kept = np.ones(len(xy), dtype=bool)
    kept[1:] = (np.diff(xy, axis=0) != 0).any(axis=1)
    return xy[kept]


def _crossing(xy: Floats) -> Point:
    """A place where a line crosses or touches itself."""
    parts = np.array([LineString(pair) for pair in pairwise(xy)], dtype=object)
    one, two = shapely.STRtree(parts).query(parts, predicate="intersects")
    closing = (one == 0) & (two == len(parts) - 1) & (xy[0] == xy[-1]).all()
    apart = np.flatnonzero((two - one > 1) & ~closing)
    if not len(apart):
        return _point(xy[1])
    place = shapely.intersection(parts[one[apart[0]]], parts[two[apart[0]]])
    return _point(shapely.get_coordinates(place)[0])


def _point(xy: Floats) -> Point:
    return float(xy[0]), float(xy[1])
