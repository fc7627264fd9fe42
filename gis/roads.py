"""Roads as columns: nodes, edges, permissions and the bends of every line, in local metres, ordered by space.

An edge is a road between two nodes, drawn from its tail to its head. Edges meet at shared nodes only, so a bridge never
joins what it crosses. Nodes stand in Morton's order (along a Z through the plane) and edges in that of their nodes:
what is near on the ground is near in memory, where a random order made searches four times as slow. So positions are
not the order of ids: `node_id` and `edge_id` say which row of the database stands where.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from shapely import LineString

from gis.attach import Cells, cells_of
from gis.city import RoadClass, RoadEdge, RoadNode
from gis.local import LocalFrame

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]
Ids = NDArray[np.int64]
Bools = NDArray[np.bool_]
Lines = NDArray[np.object_]

CLASSES: Sequence[RoadClass] = tuple(RoadClass)
"""Road classes by the index that `Roads.road_class` holds."""
CURVE_BITS = 16  # of each coordinate in Morton's order: a city of 65 km in steps of a metre


BLOCK = 32  # straight parts, or edges, to a box


class Boxes(NamedTuple):
    """The boxes around every BLOCK things that stand together: where they lie together, a box says much."""

    low: Floats  # (b, 2)
    high: Floats  # (b, 2)

    def meet(self, window: Floats) -> NDArray[np.intp]:
        """The positions of the boxes that meet a window (west, south, east, north)."""
        return np.flatnonzero((self.low <= window[2:]).all(axis=1) & (self.high >= window[:2]).all(axis=1))


def boxes_of(start: Floats, end: Floats, first: Ints) -> Boxes:
    """Boxes around straight parts; each holds those from one of `first` up to the next."""
    if not len(start):
        return Boxes(np.empty((0, 2)), np.empty((0, 2)))
    return Boxes(np.minimum.reduceat(np.minimum(start, end), first), np.maximum.reduceat(np.maximum(start, end), first))


class Segments(NamedTuple):
    """The straight parts of edges, edge by edge: `start`, `end` (m, 2) in metres, from `begin` to `stop` of `edge`."""

    edge: Ints
    start: Floats
    end: Floats
    begin: Floats  # fractions of the edge
    stop: Floats

    def take(self, chosen: Bools) -> "Segments":
        """The segments that the mask names."""
        edge, start, end, begin, stop = self
        return Segments(edge[chosen], start[chosen], end[chosen], begin[chosen], stop[chosen])


@dataclass(frozen=True)
class Roads:
    """Roads without speeds: n nodes, e edges, p points of their lines; local metres. Immutable."""

    frame: LocalFrame
    node_id: Ids  # (n,) rows of the database, or positions in what the roads were made from
    node_xy: Floats  # (n, 2)
    edge_id: Ids  # (e,)
    tail: Ints  # (e,) node positions
    head: Ints  # (e,)
    length: Floats  # (e,) metres
    road_class: NDArray[np.int8]  # (e,) positions in CLASSES
    permitted: Bools  # (e, 3, 2) on foot, by e-bike and by car, each along the drawing and against it
    maxspeed_kph: Floats  # (e,) NaN where unknown
    xy: Floats  # (p, 2) the points of all lines, edge by edge, tail to head
    line_start: Ints  # (e + 1,) the points of edge i are xy[line_start[i]:line_start[i + 1]]

    def __post_init__(self) -> None:
        """Lay every column out in one piece, as compiled kernels take them; what lies so already is not copied."""
        for column in fields(self):
            value = getattr(self, column.name)
            if isinstance(value, np.ndarray):
                object.__setattr__(self, column.name, np.ascontiguousarray(value))

    def line(self, edge: int) -> LineString:
        """The line of an edge, local metres, tail to head."""
        return LineString(self.xy[self.line_start[edge] : self.line_start[edge + 1]])

    def lines_of(self, edges: ArrayLike) -> Lines:
        """The lines of edges, given by position or by a mask."""
        chosen = np.arange(len(self.tail), dtype=np.int64)[np.asarray(edges)]
        points, owner = self._points_of(chosen)
        if not len(chosen):
            return np.array([], dtype=object)
        return np.asarray(shapely.linestrings(self.xy[points], indices=owner), dtype=object)

    @cached_property
    def segments(self) -> Segments:
        """The straight parts of all edges; those of edge i stand from `segment_start[i]` on."""
        run = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(self.xy, axis=0).T))])[: len(self.xy)]
        owner = np.repeat(np.arange(len(self.tail), dtype=np.int32), np.diff(self.line_start))
        first, last = self.line_start[:-1], self.line_start[1:] - 1
        # The step from one line to the next is no part of either: it falls out, as only differences on a line are used.
        whole = np.maximum(run[last] - run[first], 1e-9)
        along = np.minimum((run - run[first[owner]]) / whole[owner], 1.0)
        along[last] = 1.0
        at = np.delete(np.arange(len(self.xy), dtype=np.int64), last)
        return Segments(owner[at], self.xy[at], self.xy[at + 1], along[at], along[at + 1])

    @cached_property
    def segment_start(self) -> Ints:
        """Where in `segments` the straight parts of each edge begin; (e + 1,)."""
        return (self.line_start - np.arange(len(self.line_start))).astype(np.int32)

    @cached_property
    def boxes(self) -> Boxes:
        """Boxes around the straight parts of every BLOCK edges."""
        return boxes_of(self.segments.start, self.segments.end, self.segment_start[:-1:BLOCK])

    @cached_property
    def cells(self) -> Cells:
        """The grid through which the nearest of `segments` are found."""
        return cells_of(self.segments.start, self.segments.end)

    def in_space_order(self) -> "Roads":
        """The same roads with nodes in Morton's order, and edges by the first of their nodes, then by the other."""
        nodes = np.argsort(_along_curve(self.node_xy), kind="stable")
        rank = np.empty(len(nodes), dtype=np.int32)
        rank[nodes] = np.arange(len(nodes), dtype=np.int32)
        tail, head = rank[self.tail], rank[self.head]
        edges = np.lexsort((np.maximum(tail, head), np.minimum(tail, head)))
        points, _ = self._points_of(edges)
        count = np.diff(self.line_start)[edges]
        return replace(
            self,
            node_id=self.node_id[nodes],
            node_xy=self.node_xy[nodes],
            edge_id=self.edge_id[edges],
            tail=tail[edges],
            head=head[edges],
            length=self.length[edges],
            road_class=self.road_class[edges],
            permitted=self.permitted[edges],
            maxspeed_kph=self.maxspeed_kph[edges],
            xy=self.xy[points],
            line_start=starts_of(count),
        )

    def _points_of(self, edges: Ids) -> tuple[Ids, Ids]:
        """The positions in `xy` of the points of edges, and for each which of the edges it belongs to."""
        first, count = self.line_start[:-1][edges].astype(np.int64), np.diff(self.line_start)[edges]
        owner = np.repeat(np.arange(len(edges)), count)
        before = np.cumsum(count) - count
        return np.arange(len(owner)) + (first - before)[owner], owner


def starts_of(counts: ArrayLike) -> Ints:
    """Where each of so many things begins when they stand one behind the other, and where the last one ends."""
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)


def roads_of(nodes: Iterable[RoadNode], edges: Iterable[RoadEdge]) -> Roads:
    """The roads of a city's lon/lat rows, ids being their positions; KeyError where an edge names no node of these."""
    nodes, edges = list(nodes), list(edges)
    points = np.array([(node.geometry.x, node.geometry.y) for node in nodes]).reshape(-1, 2)
    frame = LocalFrame.of_points(points)
    position = {node.key: at for at, node in enumerate(nodes)}
    lonlat, owner = shapely.get_coordinates([edge.geometry for edge in edges], return_index=True)
    return Roads(
        frame=frame,
        node_id=np.arange(len(nodes)),
        node_xy=frame.metres(points),
        edge_id=np.arange(len(edges)),
        tail=np.array([position[edge.tail] for edge in edges], dtype=np.int32),
        head=np.array([position[edge.head] for edge in edges], dtype=np.int32),
        length=np.array([edge.length for edge in edges], dtype=np.float64),
        road_class=np.array([CLASSES.index(edge.road_class) for edge in edges], dtype=np.int8),
        permitted=np.array([_permissions(edge) for edge in edges], dtype=bool).reshape(-1, 3, 2),
        maxspeed_kph=np.array([edge.maxspeed_kph or np.nan for edge in edges], dtype=np.float64),
        xy=frame.metres(lonlat),
        line_start=starts_of(np.bincount(owner, minlength=len(edges))),
    ).in_space_order()


def line_part(line: LineString, begin: float, end: float) -> LineString:
    """The part of `line` between two fractions, drawn from `begin` to `end`."""
    if (min(begin, end), max(begin, end)) == (0.0, 1.0):
        return line if begin < end else line.reverse()
    return LineString(_part(shapely.get_coordinates(line), begin, end))


def _part(xy: Floats, begin: float, end: float) -> Floats:
    """The points of the part of a line between two fractions, from `begin` to `end`."""
    low, high = min(begin, end), max(begin, end)
    if (low, high) == (0.0, 1.0):
        return xy if begin < end else xy[::-1]
    run = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(xy, axis=0).T))])
    at = np.array([low, high]) * run[-1]
    ends = np.column_stack([np.interp(at, run, xy[:, 0]), np.interp(at, run, xy[:, 1])])
    part = np.vstack([ends[:1], xy[(run > at[0]) & (run < at[1])], ends[1:]])
    return part if begin <= end else part[::-1]


def _permissions(edge: RoadEdge) -> tuple[tuple[bool, bool], ...]:
    """Foot, e-bike and car, each forward and backward."""
    return (
        (edge.foot, edge.foot),
        (edge.bicycle_forward, edge.bicycle_backward),
        (edge.car_forward, edge.car_backward),
    )


def _along_curve(xy: Floats) -> NDArray[np.uint64]:
    """The place of each point on Morton's curve through their box: the bits of x and y by turns."""
    low, high = xy.min(axis=0, initial=np.inf), xy.max(axis=0, initial=-np.inf)
    side = max(float((high - low).max(initial=0.0)), 1e-9) if len(xy) else 1.0
    steps = ((xy - low) / side * (2**CURVE_BITS - 1)).astype(np.uint64)
    column, row = (_spread(steps[:, axis]) for axis in (0, 1))
    return column | (row << np.uint64(1))


def _spread(bits: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The CURVE_BITS low bits, each followed by an empty one (Hacker's Delight, 7-2)."""
    for shift, mask in ((8, 0x00FF00FF), (4, 0x0F0F0F0F), (2, 0x33333333), (1, 0x55555555)):
        bits = (bits | (bits << np.uint64(shift))) & np.uint64(mask)
    return bits
