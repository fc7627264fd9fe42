"""Roads closed by a flood, a barrier or an order: the network that is left, and where doors stand on it.

What is closed is cut out exactly: of a road that is partly under water only that part goes, and each dry rest stays
joined to its own end. A barrier cuts every road that it crosses or touches, bridges and tunnels too: whoever draws it
sees one plane. Roads that nothing touches keep their positions; rests are appended as roads of their own.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString, MultiPolygon, Polygon, STRtree
from shapely.geometry.base import BaseGeometry

from gis.network import ModeNetwork, NoRoadError, Places, line_part
from gis.roads import BLOCK, Boxes, Roads, boxes_of

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]
Bools = NDArray[np.bool_]

MOST_VERTICES = 5000  # of all closures together; counted before GEOS sees any of them
PIECE_NEAR = 30.0  # metres from the point that names a piece of road to that road
SAME = 1e-8  # of a road's length: two cuts as near as this are one
NO_ROW = -1  # the id of a node that stands in no database
TOUCH = 1e-6  # metres from a barrier at which a road lies on it
SLICE = 500  # straight parts of roads that are held against the borders at a time
MOST_MEETINGS = 2_000_000  # pairs of a part of a road and one of a border whose boxes meet: more are a scribble
MOST_CUTS = 50_000


class ClosureError(ValueError):
    """A closure that closes nothing in particular: it crosses itself, is empty, or has too many vertices."""


class TooManyCutsError(ValueError):
    """Closures that cross roads so often that what is left of these could not be reckoned with."""


@dataclass(frozen=True, slots=True)
class Closures:
    """What is closed, local metres: `barriers` across roads, `areas`, and `pieces` (k, 2): points on whole roads."""

    barriers: Sequence[LineString] = ()
    areas: Sequence[Polygon | MultiPolygon] = ()
    pieces: Floats = field(default_factory=lambda: np.empty((0, 2)))

    def __post_init__(self) -> None:
        """Refuse what cannot be reckoned with: ClosureError."""
        shapes: list[BaseGeometry] = [*self.barriers, *self.areas]
        if shapely.get_num_coordinates(shapes).sum() + len(self.pieces) > MOST_VERTICES:
            raise ClosureError(f"closures may have at most {MOST_VERTICES} vertices together")
        if any(shape.is_empty for shape in shapes) or not all(np.isfinite(shape.bounds).all() for shape in shapes):
            raise ClosureError("a closure is empty or lies nowhere")
        if not all(area.is_valid for area in self.areas):
            raise ClosureError("a closed area crosses itself")

    def holds(self, xy: Floats) -> Bools:
        """Which of the points `xy` (k, 2) lie in a closed area, its border included."""
        inside = np.zeros(len(xy), dtype=bool)
        for area in self.areas:
            shapely.prepare(area)
            inside |= shapely.intersects_xy(area, xy[:, 0], xy[:, 1])
        return inside


class Stretches(NamedTuple):
    """Parts of roads, from one fraction of `edge` to another, sorted; `shut` where they are closed.

    `apart` holds whether each end (begin, end) is cut off from what comes there.
    """

    edge: Ints
    begin: Floats
    end: Floats
    shut: Bools
    apart: Bools  # (k, 2)

    def take(self, chosen: Bools) -> "Stretches":
        """Those that the mask names."""
        return Stretches(self.edge[chosen], self.begin[chosen], self.end[chosen], self.shut[chosen], self.apart[chosen])


@dataclass(frozen=True, slots=True)
class Closed:
    """A network after closures. `gone` (e,) are the roads of `before` that no longer stand as they were.

    What is left of them are the roads of `network` from number e on, in the order of `rests`.
    """

    before: ModeNetwork
    network: ModeNetwork
    closures: Closures
    gone: Bools
    rests: Stretches
    shut: Stretches

    def places(self, places: Places) -> Places:
        """Places of `before` as they stand now; cut off (`offset` infinite) in a closed area, or without any road.

        Who stood at a part that is closed goes to the nearest road that is open, straight, as everybody does.
        """
        edge, fraction, offset = places.edge.copy(), places.fraction.copy(), places.offset.copy()
        drowned = self.closures.holds(places.xy)
        offset[drowned] = np.inf
        moved = np.flatnonzero(self.gone[edge] & ~drowned)
        if len(moved):
            rest = self._rest_at(edge[moved], fraction[moved])
            kept, lost = moved[rest >= 0], moved[rest < 0]
            rest = rest[rest >= 0]
            begin, end = self.rests.begin[rest], self.rests.end[rest]
            fraction[kept] = np.clip((fraction[kept] - begin) / (end - begin), 0.0, 1.0)
            edge[kept] = len(self.gone) + rest
            try:
                found = self.network.attach(places.xy[lost])
                edge[lost], fraction[lost], offset[lost] = found.edge, found.fraction, found.offset
            except NoRoadError:
                offset[lost] = np.inf
        return Places(places.xy, edge, fraction, offset)

    def _rest_at(self, edge: Ints, fraction: Floats) -> Ints:
        """The rest on which each place of a road that is gone stands; -1 where it is closed there."""
        rests = self.rests
        # Each road has a range of its own, so one search serves all.
        at = np.searchsorted(rests.edge * 2.0 + rests.begin, edge * 2.0 + fraction + SAME, side="right") - 1
        near = np.maximum(at, 0)
        if not len(rests.edge):
            return np.full(len(edge), -1, dtype=np.int32)
        on = (at >= 0) & (rests.edge[near] == edge) & (fraction <= rests.end[near] + SAME)
        return np.where(on, near, -1).astype(np.int32)

    def lines(self) -> list[LineString]:
        """The closed stretches of road, to be drawn."""
        shut = self.shut
        return [
            line_part(self.before.roads.line(int(edge)), begin, end)
            for edge, begin, end in zip(shut.edge, shut.begin, shut.end, strict=True)
        ]


def closed(network: ModeNetwork, closures: Closures) -> Closed:
    """The network without what is closed; equal to one that is built anew without it. TooManyCutsError."""
    roads = network.roads
    stretches = _stretches(*_parts(roads, closures), closures)
    gone = np.zeros(len(roads.tail), dtype=bool)
    gone[stretches.edge[stretches.shut | stretches.apart.any(axis=1)]] = True
    rests, shut = stretches.take(gone[stretches.edge] & ~stretches.shut), stretches.take(stretches.shut)
    changed = ModeNetwork(_rest_of(roads, gone, rests), _seconds(network.seconds, gone, rests))
    # Points attach to what they attached to before, so an islet between two barriers keeps its doors: they are not
    # reached, and it is not what a new network would take it for, a scrap that was drawn by mistake.
    attachable = np.zeros(len(gone), dtype=bool)
    attachable[network.attachable] = True
    after = np.concatenate([attachable & ~gone, attachable[rests.edge]])
    changed.__dict__["attachable"] = np.flatnonzero(after).astype(np.int32)
    return Closed(network, changed, closures, gone, rests, shut)


def _parts(roads: Roads, closures: Closures) -> tuple[Ints, "_Parts"]:
    """The roads whose box meets a closure's, and all their straight parts."""
    parts = roads.segments
    boxes = boxes_of(parts.start, parts.end, roads.segment_start[:-1])
    shapes = [*closures.barriers, *closures.areas]
    margin = np.array([-TOUCH, -TOUCH, TOUCH, TOUCH])
    windows = list(shapely.bounds(shapes).reshape(-1, 4) + margin)
    windows += [np.concatenate([point - PIECE_NEAR, point + PIECE_NEAR]) for point in closures.pieces]
    met = np.zeros(len(roads.tail), dtype=bool)
    for window in windows:  # by blocks first: there may be thousands of windows
        within = (roads.boxes.meet(window)[:, np.newaxis] * BLOCK + np.arange(BLOCK)).ravel()
        within = within[within < len(met)]
        met[within[Boxes(boxes.low[within], boxes.high[within]).meet(window)]] = True
    near = np.flatnonzero(met).astype(np.int32)
    parts = parts.take(met[parts.edge])
    return near, _Parts(np.searchsorted(near, parts.edge), *parts[1:])


def _stretches(near: Ints, parts: "_Parts", closures: Closures) -> Stretches:
    """The roads at `near` cut into parts that are open or closed from end to end, neighbours of one kind joined."""
    road, fraction, barred = _cuts(parts, closures, len(near))
    joined = road[:-1] == road[1:]
    begin, end = fraction[:-1][joined], fraction[1:][joined]
    whose = road[:-1][joined]
    middle = parts.at(whose, (begin + end) / 2)
    shut = closures.holds(middle) | _along(middle, closures.barriers) | _named(parts, closures.pieces)[whose]
    apart = np.column_stack([barred[:-1][joined], barred[1:][joined]])
    cut = Stretches(near[whose], begin, end, shut, apart)
    return _merged(cut)


def _merged(cut: Stretches) -> Stretches:
    """Neighbours on a road that are both open, or both closed, as one, unless they are apart."""
    one = (cut.edge[1:] == cut.edge[:-1]) & (cut.shut[1:] == cut.shut[:-1]) & (cut.shut[1:] | ~cut.apart[1:, 0])
    fresh = np.flatnonzero(np.concatenate([[True], ~one])[: len(cut.edge)])
    last = np.append(fresh[1:], len(cut.edge))[: len(fresh)] - 1
    apart = np.column_stack([cut.apart[fresh, 0], cut.apart[last, 1]])
    return Stretches(cut.edge[fresh], cut.begin[fresh], cut.end[last], cut.shut[fresh], apart)


class _Parts(NamedTuple):
    """The straight parts of roads: `start` to `end` (m, 2), from fraction `begin` to `stop` of the road `owner`."""

    owner: NDArray[np.intp]
    start: Floats
    end: Floats
    begin: Floats
    stop: Floats

    def at(self, road: NDArray[np.intp], fraction: Floats) -> Floats:
        """Where `fraction` of each of these roads lies, (k, 2)."""
        part = np.searchsorted(self.owner * 2.0 + self.begin, road * 2.0 + fraction, side="right") - 1
        width = self.stop[part] - self.begin[part]
        share = np.divide(fraction - self.begin[part], width, out=np.zeros(len(part)), where=width > 0)[:, np.newaxis]
        placed: Floats = self.start[part] * (1 - share) + self.end[part] * share
        return placed


def _cuts(parts: _Parts, closures: Closures, roads: int) -> tuple[NDArray[np.intp], Floats, Bools]:
    """Where roads are cut, as (road, fraction, by a barrier), both ends of each included; sorted, each place once."""
    ends = np.arange(roads)
    found = [(ends, np.zeros(roads), np.zeros(roads, dtype=bool)), (ends, np.ones(roads), np.zeros(roads, dtype=bool))]
    for borders, bars in ((_rings(closures.areas), False), (list(closures.barriers), True)):
        part, share = _crossings(parts, borders)
        fraction = parts.begin[part] * (1 - share) + parts.stop[part] * share
        found.append((parts.owner[part], fraction, np.full(len(part), bars)))
    road, fraction, barred = (np.concatenate(columns) for columns in zip(*found, strict=True))
    order = np.lexsort((fraction, road))
    road, fraction, barred = road[order], fraction[order], barred[order]
    fresh = np.flatnonzero(np.diff(road * 2.0 + fraction, prepend=-1.0) > SAME)
    if not len(fresh):
        return road, fraction, barred
    barred = np.logical_or.reduceat(barred, fresh)
    fraction = np.where(fraction[fresh] > 1 - SAME, 1.0, fraction[fresh])
    return road[fresh], fraction, barred


def _rings(areas: Iterable[Polygon | MultiPolygon]) -> list[LineString]:
    """The rings that bound the areas, holes included."""
    return [LineString(ring.coords) for area in areas for ring in shapely.get_rings(area)]


def _crossings(parts: _Parts, borders: Sequence[LineString]) -> tuple[NDArray[np.intp], Floats]:
    """Which parts meet the borders, and at which share (0–1) of each; of a shared stretch both its ends.

    TooManyCutsError.
    """
    if not borders or not len(parts.owner):
        return np.empty(0, dtype=np.intp), np.empty(0)
    xy, owner = shapely.get_coordinates(list(borders), return_index=True)
    joined = owner[:-1] == owner[1:]
    start, end = xy[:-1][joined], xy[1:][joined]
    tree = STRtree(np.asarray(shapely.linestrings(np.stack([start, end], axis=1))))
    boxes = np.asarray(shapely.box(*(_corner(parts, low=True) - TOUCH).T, *(_corner(parts, low=False) + TOUCH).T))
    met, meetings, cuts = [], 0, 0
    for first in range(0, len(boxes), SLICE):  # a scribble over a city would fill the memory with pairs
        part, border = tree.query(boxes[first : first + SLICE])
        part += first
        met.append(_met(part, parts.start[part], parts.end[part], start[border], end[border]))
        meetings, cuts = meetings + len(part), cuts + len(met[-1][0])
        if meetings > MOST_MEETINGS or cuts > MOST_CUTS:
            raise TooManyCutsError
    return np.concatenate([part for part, _ in met]), np.concatenate([share for _, share in met])


def _corner(parts: _Parts, *, low: bool) -> Floats:
    return np.minimum(parts.start, parts.end) if low else np.maximum(parts.start, parts.end)


def _met(part: NDArray[np.intp], a: Floats, b: Floats, c: Floats, d: Floats) -> tuple[NDArray[np.intp], Floats]:
    """The pairs of a straight part from `a` to `b` and one from `c` to `d` that meet, and the shares of the first."""
    along, border, across = b - a, d - c, c - a
    turn, size = _cross(along, border), np.hypot(*along.T) * np.hypot(*border.T)
    slanted = np.abs(turn) > SAME * size
    with np.errstate(divide="ignore", invalid="ignore"):
        share, other = _cross(across, border) / turn, _cross(across, along) / turn
    met = slanted & (share >= -SAME) & (share <= 1 + SAME) & (other >= -SAME) & (other <= 1 + SAME)
    shares = [np.clip(share[met], 0.0, 1.0)]
    which = [part[met]]
    flat = ~slanted
    for point, of_border in ((a, True), (b, True), (c, False), (d, False)):
        # Side by side: they meet where an end of one lies on the other.
        on = flat & (_gap(point, c, d) <= TOUCH if of_border else _gap(point, a, b) <= TOUCH)
        which.append(part[on])
        shares.append(_share(point[on], a[on], b[on]) if point is not b else np.ones(on.sum()))
    return np.concatenate(which), np.concatenate(shares)


def _cross(u: Floats, v: Floats) -> Floats:
    product: Floats = u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0]
    return product


def _share(point: Floats, a: Floats, b: Floats) -> Floats:
    """How far along from `a` to `b` each point lies, 0 to 1."""
    along = b - a
    square = (along**2).sum(axis=1)
    done = ((point - a) * along).sum(axis=1)
    share: Floats = np.clip(np.divide(done, square, out=np.zeros(len(a)), where=square > 0), 0.0, 1.0)
    return share


def _gap(point: Floats, a: Floats, b: Floats) -> Floats:
    """Metres from each point to the straight part from `a` to `b`."""
    nearest = a + _share(point, a, b)[:, np.newaxis] * (b - a)
    gap: Floats = np.hypot(*(point - nearest).T)
    return gap


def _along(xy: Floats, barriers: Sequence[LineString]) -> Bools:
    """Which points lie on a barrier: a road that runs along it is closed there."""
    on = np.zeros(len(xy), dtype=bool)
    for barrier in barriers:
        shapely.prepare(barrier)
        on |= shapely.dwithin(barrier, shapely.points(xy), TOUCH)
    return on


def _named(parts: _Parts, points: Floats) -> Bools:
    """Which roads are closed as a whole: for each point the nearest one, and those that lie exactly over it."""
    named = np.zeros(int(parts.owner.max(initial=-1)) + 1, dtype=bool)
    if not len(points) or not len(parts.owner):
        return named
    tree = STRtree(np.asarray(shapely.linestrings(np.stack([parts.start, parts.end], axis=1))))
    point, part = tree.query(shapely.points(points), predicate="dwithin", distance=PIECE_NEAR + TOUCH)
    gap, nearest = _gap(points[point], parts.start[part], parts.end[part]), np.full(len(points), np.inf)
    np.minimum.at(nearest, point, gap)
    named[parts.owner[part[(gap <= nearest[point] + TOUCH) & (nearest[point] <= PIECE_NEAR)]]] = True
    return named


def _rest_of(roads: Roads, gone: Bools, rests: Stretches) -> Roads:
    """The roads, those that are gone closed for every mode, and behind them their rests with nodes of their own."""
    whose = rests.edge
    loose_tail = rests.apart[:, 0] | (rests.begin > 0)
    loose_head = rests.apart[:, 1] | (rests.end < 1)
    lines = [
        np.array(line_part(roads.line(int(edge)), begin, end).coords)
        for edge, begin, end in zip(whose, rests.begin, rests.end, strict=True)
    ]
    ends = np.array([(line[0], line[-1]) for line in lines]).reshape(-1, 2, 2)
    first = len(roads.node_xy)
    tail = np.where(loose_tail, first + np.cumsum(loose_tail) - 1, roads.tail[whose])
    head = np.where(loose_head, first + loose_tail.sum() + np.cumsum(loose_head) - 1, roads.head[whose])
    loose = int(loose_tail.sum() + loose_head.sum())
    permitted = roads.permitted.copy()
    permitted[gone] = False
    return replace(
        roads,
        node_id=np.concatenate([roads.node_id, np.full(loose, NO_ROW)]),
        edge_id=np.concatenate([roads.edge_id, roads.edge_id[whose]]),
        node_xy=np.concatenate([roads.node_xy, ends[loose_tail, 0], ends[loose_head, 1]]),
        tail=np.concatenate([roads.tail, tail]).astype(np.int32),
        head=np.concatenate([roads.head, head]).astype(np.int32),
        length=np.concatenate([roads.length, roads.length[whose] * (rests.end - rests.begin)]),
        road_class=np.concatenate([roads.road_class, roads.road_class[whose]]),
        permitted=np.concatenate([permitted, roads.permitted[whose]]),
        maxspeed_kph=np.concatenate([roads.maxspeed_kph, roads.maxspeed_kph[whose]]),
        xy=np.concatenate([roads.xy, *lines]),
        line_start=np.append(roads.line_start, roads.line_start[-1] + np.cumsum(list(map(len, lines)))).astype(
            np.int32
        ),
    )


def _seconds(seconds: Floats, gone: Bools, rests: Stretches) -> Floats:
    """Seconds of the half-edges that `_rest_of` has, (e + rests, 2)."""
    before = seconds.copy()
    before[gone] = np.inf
    share = (rests.end - rests.begin)[:, np.newaxis]
    return np.concatenate([before, seconds[rests.edge] * share])
