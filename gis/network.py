"""The road network as arrays: nodes, edges and half-edges in local metres, with seconds by mode in compressed rows.

An edge is a road between two nodes; a half-edge is one direction of it, column 0 from tail to head, column 1 back.
Edges meet at shared nodes only, so a bridge never joins what it crosses.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components
from shapely import LineString, MultiPoint, STRtree

from gis.city import RoadClass, RoadEdge, RoadNode
from gis.local import LocalFrame
from gis.search import Drawn, Rows, drawn_of, rows_of
from gis.travel import KPH, SPEEDS, WALK, Mode, Speeds

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]
Bools = NDArray[np.bool_]
Lines = NDArray[np.object_]

CLASSES: Sequence[RoadClass] = tuple(RoadClass)
"""Road classes by the index that `Roads.road_class` holds."""
MODES: Sequence[Mode] = tuple(Mode)
SCRAP = 0.1  # of the largest component's length: nothing attaches to a smaller component


class NoRoadError(LookupError):
    """The network has no road for the mode."""


class Places(NamedTuple):
    """Points attached to a network: each at `fraction` (0–1 from the tail) of `edge`, `offset` metres beside it."""

    xy: Floats  # (k, 2) the points themselves, local metres
    edge: Ints  # (k,)
    fraction: Floats  # (k,)
    offset: Floats  # (k,) metres, walked

    @property
    def access(self) -> Floats:
        """Seconds between each point and its road, walked straight."""
        return self.offset / WALK

    def take(self, index: ArrayLike) -> "Places":
        """The places at `index`, an array of positions or a mask."""
        chosen = np.asarray(index)
        return Places(self.xy[chosen], self.edge[chosen], self.fraction[chosen], self.offset[chosen])


@dataclass(frozen=True, slots=True)
class Roads:
    """Roads as columns, without speeds: what is read from a database or a city. n nodes, e edges, local metres."""

    frame: LocalFrame
    node_xy: Floats  # (n, 2)
    tail: Ints  # (e,) node positions
    head: Ints  # (e,)
    length: Floats  # (e,) metres
    road_class: NDArray[np.int8]  # (e,) positions in CLASSES
    permitted: Bools  # (e, 3, 2) by mode and direction
    maxspeed_kph: Floats  # (e,) NaN where unknown
    lines: Lines  # (e,) LineString in local metres, tail to head


class Segments(NamedTuple):
    """The straight parts of all edges: `start`, `end` (m, 2) in metres, at fractions `begin`, `stop` of `edge`."""

    edge: Ints
    start: Floats
    end: Floats
    begin: Floats
    stop: Floats

    def take(self, chosen: Bools) -> "Segments":
        """The segments that the mask names."""
        return Segments(self.edge[chosen], self.start[chosen], self.end[chosen], self.begin[chosen], self.stop[chosen])


class HalfEdges(NamedTuple):
    """Directions of edges as columns: nodes, seconds, the edge and whether it runs against its drawing."""

    start: Ints
    end: Ints
    seconds: Floats
    edge: Ints
    turned: Bools


class Network:
    """Roads with speeds: one `ModeNetwork` for each mode. Immutable; safe to share between threads."""

    def __init__(self, roads: Roads, speeds: Mapping[RoadClass, Speeds] = SPEEDS) -> None:
        """Take `roads` at `speeds` (km/h); a road's own maxspeed caps cars."""
        self.roads = roads
        self.frame = roads.frame
        self.modes = {mode: ModeNetwork(roads, mode_seconds(roads, speeds, mode)) for mode in MODES}

    def by(self, mode: Mode) -> "ModeNetwork":
        """The network of `mode`."""
        return self.modes[mode]


def mode_seconds(roads: Roads, speeds: Mapping[RoadClass, Speeds], mode: Mode) -> Floats:
    """Seconds of each half-edge by `mode`, shape (e, 2); infinite where the mode may not go or its speed is 0."""
    table = np.array([speeds[road_class].of(mode) for road_class in CLASSES])
    kph = table[roads.road_class]
    if mode is Mode.CAR:
        kph = np.fmin(kph, roads.maxspeed_kph)
    with np.errstate(divide="ignore", invalid="ignore"):
        seconds = roads.length / (kph * KPH)
    open_ = roads.permitted[:, MODES.index(mode)] & (kph > 0)[:, np.newaxis]
    return np.where(open_, seconds[:, np.newaxis], np.inf)


@dataclass(frozen=True)
class ModeNetwork:
    """A network for one mode: `seconds` (e, 2) of each half-edge, infinite where it is closed."""

    roads: Roads
    seconds: Floats

    @cached_property
    def half_edges(self) -> "HalfEdges":
        """The quickest open half-edge from node to node, sorted by start and end: the order of `graph`'s values."""
        forward, backward = (np.flatnonzero(np.isfinite(column)) for column in self.seconds.T)
        tail, head = self.roads.tail, self.roads.head
        rows = np.concatenate([tail[forward], head[backward]])
        columns = np.concatenate([head[forward], tail[backward]])
        seconds = np.concatenate([self.seconds[forward, 0], self.seconds[backward, 1]])
        edge = np.concatenate([forward, backward]).astype(np.int32)
        order = np.lexsort((seconds, columns, rows))
        turned = np.repeat([False, True], [len(forward), len(backward)])
        # SciPy's strong components never end on repeated entries, so slower parallel ones are left out.
        apart = (np.diff(rows[order], prepend=-1) != 0) | (np.diff(columns[order], prepend=-1) != 0)
        order = order[apart & (rows[order] != columns[order])]
        return HalfEdges(rows[order], columns[order], seconds[order], edge[order], turned[order])

    @cached_property
    def graph(self) -> csr_array:
        """Seconds from node to node in compressed rows; (n, n)."""
        n, half = len(self.roads.node_xy), self.half_edges
        starts = np.concatenate([[0], np.cumsum(np.bincount(half.start, minlength=n))]).astype(np.int32)
        return csr_array((half.seconds, half.end, starts), shape=(n, n))

    @cached_property
    def rows(self) -> Rows:
        """All open half-edges by their first node, as the search takes them."""
        return rows_of(len(self.roads.node_xy), self.roads.tail, self.roads.head, self.seconds)

    @cached_property
    def drawn(self) -> Drawn:
        """The drawing of every edge, open or not, with boxes to find them by."""
        xy, owner = shapely.get_coordinates(self.roads.lines, return_index=True)
        start = np.concatenate([[0], np.cumsum(np.bincount(owner, minlength=len(self.roads.lines)))])
        return drawn_of(xy, start.astype(np.int32))

    @cached_property
    def reverse(self) -> "ModeNetwork":
        """The same network with every half-edge turned round: searching it from a place answers who reaches it."""
        turned = ModeNetwork(self.roads, np.ascontiguousarray(self.seconds[:, ::-1]))
        turned.__dict__.update(attachable=self.attachable, _tree=self._tree, segments=self.segments, drawn=self.drawn)
        return turned

    @cached_property
    def component(self) -> Ints:
        """A label for each node, equal for nodes that roads join in whatever direction."""
        return connected_components(self.graph, directed=False)[1].astype(np.int32)

    @cached_property
    def attachable(self) -> Ints:
        """The edges that points attach to: open ones, both ends in one strong component that is not a scrap."""
        _, label = connected_components(self.graph, directed=True, connection="strong")
        tail, head = label[self.roads.tail], label[self.roads.head]
        inside = np.isfinite(self.seconds).any(axis=1) & (tail == head)
        length = np.bincount(tail[inside], self.roads.length[inside], minlength=label.max(initial=0) + 1)
        kept = inside & (length[tail] >= SCRAP * length.max(initial=0))
        return np.flatnonzero(kept).astype(np.int32)

    @cached_property
    def segments(self) -> Segments:
        """The straight parts of all open edges."""
        open_edges = np.flatnonzero(np.isfinite(self.seconds).any(axis=1)).astype(np.int32)
        xy, owner = shapely.get_coordinates(self.roads.lines[open_edges], return_index=True)
        joined = owner[:-1] == owner[1:]
        run = np.concatenate([[0.0], np.cumsum(np.where(joined, np.hypot(*np.diff(xy, axis=0).T), 0.0))])
        first = np.flatnonzero(np.concatenate([[True], ~joined]))[: len(open_edges)]
        last = np.concatenate([first[1:] - 1, [len(xy) - 1]])[: len(open_edges)]
        whole = np.maximum(run[last] - run[first], 1e-9)
        fraction = (run - run[first[owner]]) / whole[owner] if len(xy) else run[:0]
        at = np.flatnonzero(joined)
        return Segments(open_edges[owner[at]], xy[at], xy[at + 1], fraction[at], fraction[at + 1])

    @cached_property
    def _tree(self) -> STRtree:
        return STRtree(self.roads.lines[self.attachable])

    def attach(self, xy: Floats) -> Places:
        """The points `xy` (k, 2; local metres) on their nearest attachable edges; NoRoadError where there are none."""
        if not len(self.attachable):
            raise NoRoadError("the network has no road for this mode")
        points = shapely.points(xy)
        which, nearest = self._tree.query_nearest(points, all_matches=False)
        found = self.attachable[nearest[np.argsort(which)]]
        lines = self.roads.lines[found]
        fraction = np.clip(shapely.line_locate_point(lines, points, normalized=True), 0.0, 1.0)
        return Places(np.asarray(xy, dtype=np.float64), found, fraction, shapely.distance(lines, points))

    def snapped(self, places: Places) -> Floats:
        """Where `places` stand on their roads, local metres, (k, 2)."""
        lines = self.roads.lines[places.edge]
        return shapely.get_coordinates(shapely.line_interpolate_point(lines, places.fraction, normalized=True))


def network_of(
    nodes: Iterable[RoadNode], edges: Iterable[RoadEdge], speeds: Mapping[RoadClass, Speeds] = SPEEDS
) -> Network:
    """The network of a city's lon/lat rows; KeyError where an edge names a node that is not there."""
    nodes, edges = list(nodes), list(edges)
    points = np.array([(node.geometry.x, node.geometry.y) for node in nodes]).reshape(-1, 2)
    frame = LocalFrame.around(MultiPoint(points)) if len(points) else LocalFrame(0.0, 0.0)
    position = {node.key: at for at, node in enumerate(nodes)}
    lines = np.array([edge.geometry for edge in edges], dtype=object)
    roads = Roads(
        frame=frame,
        node_xy=frame.metres(points),
        tail=np.array([position[edge.tail] for edge in edges], dtype=np.int32),
        head=np.array([position[edge.head] for edge in edges], dtype=np.int32),
        length=np.array([edge.length for edge in edges], dtype=np.float64),
        road_class=np.array([CLASSES.index(edge.road_class) for edge in edges], dtype=np.int8),
        permitted=np.array([_permissions(edge) for edge in edges], dtype=bool).reshape(-1, 3, 2),
        maxspeed_kph=np.array([edge.maxspeed_kph or np.nan for edge in edges], dtype=np.float64),
        lines=shapely.transform(lines, frame.metres) if len(lines) else lines,
    )
    return Network(roads, speeds)


def _permissions(edge: RoadEdge) -> tuple[tuple[bool, bool], ...]:
    """Foot, e-bike and car, each forward and backward."""
    return (
        (edge.foot, edge.foot),
        (edge.bicycle_forward, edge.bicycle_backward),
        (edge.car_forward, edge.car_backward),
    )


def line_part(line: LineString, begin: float, end: float) -> LineString:
    """The part of `line` between two fractions, drawn from `begin` to `end`."""
    low, high = min(begin, end), max(begin, end)
    if (low, high) == (0.0, 1.0):
        return line if begin < end else line.reverse()
    xy = shapely.get_coordinates(line)
    run = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(xy, axis=0).T))])
    at = np.array([low, high]) * run[-1]
    ends = np.column_stack([np.interp(at, run, xy[:, 0]), np.interp(at, run, xy[:, 1])])
    between = xy[(run > at[0]) & (run < at[1])]
    part = np.vstack([ends[:1], between, ends[1:]])
    return LineString(part if begin <= end else part[::-1])
