"""The road network: roads with the seconds that each mode takes, in compressed rows of half-edges.

An edge is a road between two nodes; a half-edge is one direction of it, column 0 from tail to head, column 1 back.
Edges meet at shared nodes only, so a bridge never joins what it crosses.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from gis.attach import nearest_parts, places_on
from gis.city import RoadClass, RoadEdge, RoadNode
from gis.roads import CLASSES, Roads, Segments, line_part, roads_of, starts_of
from gis.travel import KPH, SPEEDS, WALK, Mode, Speeds

__all__ = ["CLASSES", "MODES", "ModeNetwork", "Network", "NoRoadError", "Places", "Roads", "Rows", "Segments",
           "line_part", "mode_seconds", "network_of"]  # fmt: skip

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]
Bools = NDArray[np.bool_]

MODES: Sequence[Mode] = tuple(Mode)
PERMISSION: Mapping[Mode, int] = {Mode.FOOT: 0, Mode.EBIKE: 1, Mode.CAR: 2, Mode.EMERGENCY: 2}
"""Which column of `Roads.permitted` opens a road to the mode: an emergency vehicle goes where cars may."""
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


class Rows(NamedTuple):
    """Open half-edges by their first node: node i's stand from start[i] on, by `end`, then `seconds`.

    A half-edge is named `2 * edge`, from tail to head, or `2 * edge + 1`, back. Parallel ones and loops are included.
    """

    start: Ints  # (n + 1,)
    end: Ints  # (h,) the node it leads to
    seconds: Floats  # (h,)
    half: Ints  # (h,)

    @property
    def quickest(self) -> Bools:
        """Which of them are the quickest from node to another node; (h,)."""
        first = np.repeat(np.arange(len(self.start) - 1), np.diff(self.start))
        apart = (np.diff(first, prepend=-1) != 0) | (np.diff(self.end, prepend=-1) != 0)
        kept: Bools = apart & (first != self.end)
        return kept


class Network:
    """Roads with speeds: one `ModeNetwork` for each mode. Immutable; safe to share between threads."""

    def __init__(self, roads: Roads, speeds: Mapping[RoadClass, Speeds] = SPEEDS) -> None:
        """Take `roads` at `speeds` (km/h); a road's own maxspeed caps cars."""
        self.roads = roads
        self.frame = roads.frame
        self.modes = {mode: ModeNetwork(roads, mode_seconds(roads, speeds, mode)) for mode in MODES}

    @classmethod
    def of_modes(cls, roads: Roads, modes: Mapping[Mode, "ModeNetwork"]) -> "Network":
        """The network of roads whose modes are reckoned already."""
        made = cls.__new__(cls)
        made.roads, made.frame, made.modes = roads, roads.frame, dict(modes)
        return made

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
    open_ = roads.permitted[:, PERMISSION[mode]] & (kph > 0)[:, np.newaxis]
    return np.where(open_, seconds[:, np.newaxis], np.inf)


@dataclass(frozen=True)
class ModeNetwork:
    """A network for one mode: `seconds` (e, 2) of each half-edge, infinite where it is closed."""

    roads: Roads
    seconds: Floats

    @property
    def open_edges(self) -> Bools:
        """Which edges the mode may use in a direction at least; (e,)."""
        return np.isfinite(self.seconds[:, 0]) | np.isfinite(self.seconds[:, 1])

    @cached_property
    def speeds_kph(self) -> tuple[float, float, float]:
        """The least, the greatest and the mean speed by length of the open half-edges; zeros where there is none."""
        open_ = np.isfinite(self.seconds) & (self.seconds > 0)
        length = np.broadcast_to(self.roads.length[:, np.newaxis], self.seconds.shape)[open_]
        seconds = self.seconds[open_]
        if not len(length):
            return 0.0, 0.0, 0.0
        kph = length / seconds / KPH
        return float(kph.min()), float(kph.max()), float(length.sum() / seconds.sum() / KPH)

    @cached_property
    def rows(self) -> Rows:
        """The open half-edges, as searches take them."""
        half = np.flatnonzero(np.isfinite(self.seconds).ravel()).astype(np.int32)
        ends = np.column_stack([self.roads.tail, self.roads.head]).ravel()
        first, last, seconds = ends[half], ends[half ^ 1], self.seconds.ravel()[half]
        order = np.lexsort((seconds, last, first))
        start = starts_of(np.bincount(first, minlength=len(self.roads.node_xy)))
        return Rows(start, last[order], seconds[order], half[order])

    @cached_property
    def graph(self) -> csr_array:
        """Seconds from node to node in compressed rows, (n, n): SciPy takes neither parallel half-edges nor loops."""
        n, rows = len(self.roads.node_xy), self.rows
        kept = rows.quickest
        starts = np.concatenate([[0], np.cumsum(kept)])[rows.start].astype(np.int32)
        return csr_array((rows.seconds[kept], rows.end[kept], starts), shape=(n, n))

    @cached_property
    def reverse(self) -> "ModeNetwork":
        """The same network with every half-edge turned round: searching it from a place answers who reaches it."""
        turned = ModeNetwork(self.roads, np.ascontiguousarray(self.seconds[:, ::-1]))
        turned.__dict__.update(attachable=self.attachable, takes=self.takes)
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
        inside = self.open_edges & (tail == head)
        length = np.bincount(tail[inside], self.roads.length[inside], minlength=label.max(initial=0) + 1)
        kept = inside & (length[tail] >= SCRAP * length.max(initial=0))
        return np.flatnonzero(kept).astype(np.int32)

    @cached_property
    def segments(self) -> Segments:
        """The straight parts of all open edges."""
        segments, open_ = self.roads.segments, self.open_edges
        return segments if open_.all() else segments.take(open_[segments.edge])

    @cached_property
    def takes(self) -> Bools:
        """Which edges points attach to, (e,)."""
        takes = np.zeros(len(self.seconds), dtype=bool)
        takes[self.attachable] = True
        return takes

    def attach(self, xy: Floats) -> Places:
        """The points `xy` (k, 2; local metres) on their nearest attachable edges; NoRoadError where there are none.

        Exact, whatever the distance: `Places.offset` tells how far each stands from its road.
        """
        if not len(self.attachable):
            raise NoRoadError("the network has no road for this mode")
        parts = self.roads.segments
        met = nearest_parts(self.roads.cells, parts.start, parts.end, parts.edge, self.takes, xy)
        begin = parts.begin[met.part]
        fraction = begin + met.share * (parts.stop[met.part] - begin)
        return Places(np.asarray(xy, dtype=np.float64), parts.edge[met.part], fraction, met.metres)

    def snapped(self, places: Places) -> Floats:
        """Where `places` stand on their roads, local metres, (k, 2)."""
        parts = self.roads.segments
        return places_on(parts.start, parts.end, parts.stop, self.roads.segment_start, places.edge, places.fraction)


def network_of(
    nodes: Iterable[RoadNode], edges: Iterable[RoadEdge], speeds: Mapping[RoadClass, Speeds] = SPEEDS
) -> Network:
    """The network of a city's lon/lat rows; KeyError where an edge names a node that is not there."""
    return Network(roads_of(nodes, edges), speeds)
