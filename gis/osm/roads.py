"""The routable network: ways cut where they share a node, and nowhere else.

OpenStreetMap joins two roads only by a node that both refer to. A bridge crosses without such a node, so what is not
joined in the data is never joined here; geometry plays no part in it.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from shapely import LineString, Point

from gis.city import RoadClass, RoadEdge, RoadNode
from gis.local import LocalFrame
from gis.osm.names import name_en_of, name_of, names_of
from gis.osm.reader import Box, Extract, Floats, OsmWay
from gis.osm.report import Report
from gis.osm.tags import is_set, layer_of, maxspeed_of, permissions_of, road_class_of

SHORTEST = 0.01  # metres: a road between two nodes at one place is none
ENDS = 2
METRES_A_DEGREE = 111_000.0  # roughly
POST = 0.5  # metres of road that a bollard takes
PAST = ".past"  # names the point past a bollard
BLOCKING = {"block", "bollard", "cycle_barrier", "debris", "jersey_barrier", "log", "planter", "chain"}


class Piece(NamedTuple):
    """A stretch of a way inside the box: the names of its points, and their places (n, 2)."""

    way: OsmWay
    road: RoadClass
    points: tuple[str, ...]
    places: Floats


class Streets(NamedTuple):
    """The network, and each edge's way by the edge's key."""

    nodes: list[RoadNode]
    edges: list[RoadEdge]


def streets_of(extract: Extract, box: Box, frame: LocalFrame, prefix: str, report: Report) -> Streets:
    """The network inside the box; keys start with `prefix`."""
    posts = {str(n.id) for n in extract.nodes.values() if n.tags.get("barrier") in BLOCKING}
    pieces = [_with_posts(p, posts) for way in _roads(extract, report) for p in _inside(way, box, report)]
    junctions = _junctions(pieces)
    nodes: dict[str, RoadNode] = {}
    edges: list[RoadEdge] = []
    for piece in pieces:
        for first, last in _stretches(piece, junctions):
            edge = _edge(piece, first, last, frame, prefix)
            if edge is None:
                report.note("skipped", "a road without length", f"way/{piece.way.id}")
                continue
            edges.append(edge)
            ends = edge.geometry.coords
            for key, place in ((edge.tail, ends[0]), (edge.head, ends[-1])):
                nodes.setdefault(key, RoadNode(key, Point(place)))
    report.note("kept", "road edges", count=len(edges))
    report.note("kept", "road nodes", count=len(nodes))
    return Streets(list(nodes.values()), edges)


def _roads(extract: Extract, report: Report) -> Iterator[tuple[OsmWay, RoadClass]]:
    """The ways that somebody may use, in order of their ids."""
    for way in sorted(extract.ways.values(), key=lambda way: way.id):
        if "highway" not in way.tags:
            continue
        road = road_class_of(way.tags)
        if road is None:
            report.note("skipped", f"highway={way.tags['highway']} is no road in use", f"way/{way.id}")
        elif len(way.refs) < ENDS:
            report.note("skipped", "a road with fewer than two nodes", f"way/{way.id}")
        elif not permissions_of(way.tags, road).any:
            report.note("skipped", "a road that nobody may use", f"way/{way.id}")
        else:
            yield way, road


def _inside(road: tuple[OsmWay, RoadClass], box: Box, report: Report) -> Iterator[Piece]:
    """The stretches of a road inside the box, cut at its edge."""
    way, kind = road
    within = box.holds(way.places)
    if within.all():
        yield Piece(way, kind, tuple(map(str, way.refs)), way.places)
        return
    found = False
    for points, places in _clipped(way, box):
        found = True
        yield Piece(way, kind, points, places)
    if found:
        report.note("clipped", "a road that leaves the box", f"way/{way.id}")
    else:
        report.note("skipped", "a road outside the box", f"way/{way.id}")


def _clipped(way: OsmWay, box: Box) -> Iterator[tuple[tuple[str, ...], Floats]]:
    """The stretches of a way inside the box; an end at the edge is named after the way and the segment."""
    points: list[str] = []
    places: list[tuple[float, float]] = []
    for i in range(len(way.refs) - 1):
        part = _segment_inside(way.places[i], way.places[i + 1], box)
        if part is None:
            continue
        start, end = part
        if not points:
            points.append(str(way.refs[i]) if start == 0 else f"{way.id}.{i}.in")
            places.append(_between(way, i, start))
        points.append(str(way.refs[i + 1]) if end == 1 else f"{way.id}.{i}.out")
        places.append(_between(way, i, end))
        if end < 1:
            yield tuple(points), np.array(places)
            points, places = [], []
    if points:
        yield tuple(points), np.array(places)


def _between(way: OsmWay, i: int, share: float) -> tuple[float, float]:
    x, y = way.places[i] + (way.places[i + 1] - way.places[i]) * share
    return float(x), float(y)


def _segment_inside(one: Floats, two: Floats, box: Box) -> tuple[float, float] | None:
    """The shares 0 to 1 of a segment between which it lies in the box (Liang and Barsky 1984); None where it misses."""
    start, end = 0.0, 1.0
    dx, dy = float(two[0] - one[0]), float(two[1] - one[1])
    x, y = float(one[0]), float(one[1])
    for step, room in ((-dx, x - box.west), (dx, box.east - x), (-dy, y - box.south), (dy, box.north - y)):
        if step == 0:
            if room < 0:
                return None
        elif step < 0:
            start = max(start, room / step)
        else:
            end = min(end, room / step)
    return (start, end) if start < end else None


def _with_posts(piece: Piece, posts: set[str]) -> Piece:
    """The piece with a second point just past each bollard on it: cars reach either side, and do not pass between."""
    points, places = list(piece.points), list(piece.places)
    for i in reversed(range(1, len(points) - 1)):
        if points[i] in posts:
            step = places[i + 1] - places[i]
            share = min(0.5, POST / (METRES_A_DEGREE * float(np.hypot(*step)) + 1e-9))
            points.insert(i + 1, points[i] + PAST)
            places.insert(i + 1, places[i] + step * share)
    return piece._replace(points=tuple(points), places=np.array(places))


def _junctions(pieces: Iterable[Piece]) -> set[str]:
    """The points at which roads are cut: where two meet, where one meets itself, and all ends."""
    uses: Counter[str] = Counter()
    ends: set[str] = set()
    for piece in pieces:
        uses.update(piece.points)
        ends |= {piece.points[0], piece.points[-1]}
    beside_posts = {p for point in uses if point.endswith(PAST) for p in (point, point.removesuffix(PAST))}
    return ends | beside_posts | {point for point, count in uses.items() if count > 1}


def _stretches(piece: Piece, junctions: set[str]) -> Iterator[tuple[int, int]]:
    """The stretches of a piece from junction to junction, as first and last index; a loop is cut in two."""
    cuts = [i for i, point in enumerate(piece.points) if point in junctions]
    for first, last in pairwise(cuts):
        if piece.points[first] == piece.points[last] and last - first > 1:
            middle = (first + last) // 2
            yield first, middle
            yield middle, last
        else:
            yield first, last


def _edge(piece: Piece, first: int, last: int, frame: LocalFrame, prefix: str) -> RoadEdge | None:
    """The edge of a stretch; None where it has no length."""
    places = piece.places[first : last + 1]
    metres = frame.metres(places)
    length = float(np.hypot(*np.diff(metres, axis=0).T).sum())
    tail, head = piece.points[first], piece.points[last]
    if length < SHORTEST or tail == head:
        return None
    tags = piece.way.tags
    may = permissions_of(tags, piece.road)
    open_to_cars = head != tail + PAST
    # Two stretches of one way can have the same ends only where it crosses itself, so the first point tells them apart.
    key = f"{prefix}:road:{piece.way.id}:{tail}:{piece.points[first + 1]}"
    return RoadEdge(
        key=key,
        tail=f"{prefix}:node:{tail}",
        head=f"{prefix}:node:{head}",
        road_class=piece.road,
        name=name_of(tags),
        name_en=name_en_of(tags),
        length=length,
        foot=may.foot,
        bicycle_forward=may.bicycle_forward,
        bicycle_backward=may.bicycle_backward,
        car_forward=may.car_forward and open_to_cars,
        car_backward=may.car_backward and open_to_cars,
        maxspeed_kph=maxspeed_of(tags),
        layer=layer_of(tags),
        bridge=is_set(tags, "bridge"),
        tunnel=is_set(tags, "tunnel"),
        geometry=LineString(places),
        names=names_of(tags),
    )
