"""What plans are made of: blocks as columns, and which of them are neighbours across what. All in local metres.

Blocks that share an edge are neighbours; they are joined only where one can walk from one to the other. A railway
parts them where no road crosses it, water where no bridge does. A block under water hangs on the land block with the
longest shore, so that it has a grid and joins nobody.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString
from shapely.geometry.base import BaseGeometry

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]
Longs = NDArray[np.int64]
Flags = NDArray[np.bool_]
Shapes = NDArray[np.object_]

ROAD, RAILWAY, WATER = 1, 2, 4  # what runs along an edge
NOWHERE = -1  # the compound of a block outside all compounds
ALONG = 15.0  # metres from the line of a road or railway within which an edge lies along it
SHORE = 3.0  # metres from water within which an edge lies along it
CROSSING = 25.0  # metres from a shore or railway's crossing within which an edge can be passed there
WIDE_WATER = 2000.0  # m²: a smaller pond is walked around
LOOKED_AT = (0.25, 0.5, 0.75)  # of an edge: something runs along it where most of these places are beside it


class Barriers(NamedTuple):
    """What lies between blocks: main roads, railways above ground, water, and where people walk and cross water."""

    roads: Sequence[LineString] = ()
    railways: Sequence[LineString] = ()
    waters: Sequence[BaseGeometry] = ()
    walks: Sequence[LineString] = ()
    bridges: Sequence[LineString] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Atoms:
    """Blocks by number, and their neighbours as compressed rows: those of block i stand from start[i] to start[i + 1].

    Every pair of neighbours stands twice, once from each side.
    """

    keys: tuple[str, ...]
    households: Longs
    area: Floats  # m²
    outline: Floats  # metres around
    compound: Ints  # a number, or NOWHERE
    start: Longs
    near: Ints
    metres: Floats  # of shared edge
    passable: Flags
    along: Ints  # of ROAD, RAILWAY, WATER, added
    shapes: Shapes

    def __len__(self) -> int:
        """How many blocks."""
        return len(self.keys)

    @property
    def tail(self) -> Ints:
        """The block from which each neighbour is seen."""
        return np.repeat(np.arange(len(self), dtype=np.int32), np.diff(self.start))

    @property
    def outside(self) -> Floats:
        """Metres of each block's outline that it shares with no other."""
        shared = summed(self.tail, self.metres, len(self))
        return np.maximum(self.outline - shared, 0.0)

    def within(self, members: Longs) -> "Atoms":
        """Some of the blocks, in this order, with the neighbours among them; outlines stay whole."""
        place = np.full(len(self), -1, dtype=np.int32)
        place[members] = np.arange(len(members), dtype=np.int32)
        tail, head = place[self.tail], place[self.near]
        kept = np.flatnonzero((tail >= 0) & (head >= 0) & (tail != head))
        edges = Edges(tail[kept], head[kept], self.metres[kept], self.passable[kept], self.along[kept])
        return _assembled(
            tuple(self.keys[i] for i in members.tolist()),
            self.households[members],
            (self.area[members], self.outline[members]),
            self.compound[members],
            edges,
            self.shapes[members],
        )

    def apart(self, group: Sequence[int] | Longs) -> "Atoms":
        """The same blocks where those of different groups (communities) are not neighbours."""
        groups, tail = np.asarray(group), self.tail
        kept = np.flatnonzero(groups[tail] == groups[self.near])
        edges = Edges(tail[kept], self.near[kept], self.metres[kept], self.passable[kept], self.along[kept])
        sizes = (self.area, self.outline)
        return _assembled(self.keys, self.households, sizes, self.compound, edges, self.shapes)

    def joined(self, group: Ints) -> "Atoms":
        """The blocks of each group, numbered from 0, as one; its compound is that of its first block."""
        count = int(group.max(initial=-1)) + 1
        tail, head = group[self.tail], group[self.near]
        inside = tail == head
        pairs, place = np.unique(np.stack([tail, head])[:, ~inside], axis=1, return_inverse=True)
        size, place = pairs.shape[1], place.ravel()
        along = np.zeros(size, dtype=np.int32)
        np.bitwise_or.at(along, place, self.along[~inside])
        passable = np.zeros(size, dtype=np.bool_)
        np.logical_or.at(passable, place, self.passable[~inside])
        metres = summed(place, self.metres[~inside], size)
        outline = summed(group, self.outline, count) - summed(tail[inside], self.metres[inside], count)
        first = np.unique(group, return_index=True)[1]
        return _assembled(
            tuple(self.keys[i] for i in first.tolist()),
            summed(group, self.households, count).astype(np.int64),
            (summed(group, self.area, count), outline),
            self.compound[first],
            Edges(pairs[0].astype(np.int32), pairs[1].astype(np.int32), metres, passable, along),
            self.shapes[first],
        )


def summed(of: NDArray[np.integer], values: NDArray[Any], count: int) -> Floats:
    """The sum of the values of each number from 0 to `count` - 1."""
    return np.bincount(of, values, minlength=count).astype(np.float64)


class Edges(NamedTuple):
    """Pairs of neighbours, each from both sides."""

    tail: Ints
    head: Ints
    metres: Floats
    passable: Flags
    along: Ints


def atoms_of(
    shapes: Sequence[BaseGeometry],
    households: Sequence[int],
    *,
    keys: Sequence[str] | None = None,
    compounds: Sequence[int] | None = None,
    barriers: Barriers | None = None,
) -> Atoms:
    """The blocks and what lies between them; ValueError where the columns differ in length."""
    names = tuple(keys) if keys is not None else tuple(str(i) for i in range(len(shapes)))
    estates = np.asarray(compounds if compounds is not None else [NOWHERE] * len(shapes), dtype=np.int32)
    if not len(shapes) == len(households) == len(names) == len(estates):
        raise ValueError("every block needs one household count, one key and one compound")
    blocks: Shapes = np.empty(len(shapes), dtype=object)
    blocks[:] = shapes
    one, two, borders = _borders(blocks)
    between = barriers or Barriers()
    along, passable = _between(borders, between)
    _hang_water(blocks, one, two, shapely.length(borders), passable, _wide(between.waters))
    metres = np.tile(shapely.length(borders), 2)
    edges = Edges(np.r_[one, two], np.r_[two, one], metres, np.tile(passable, 2), np.tile(along, 2))
    sizes = (np.asarray(shapely.area(blocks), dtype=np.float64), np.asarray(shapely.length(blocks), dtype=np.float64))
    return _assembled(names, np.asarray(households, dtype=np.int64), sizes, estates, edges, blocks)


def _assembled(
    keys: tuple[str, ...], households: Longs, sizes: tuple[Floats, Floats], compound: Ints, edges: Edges, shapes: Shapes
) -> Atoms:
    """The columns with their neighbours in compressed rows."""
    order = np.lexsort((edges.head, edges.tail))
    start = np.searchsorted(edges.tail[order], np.arange(len(keys) + 1)).astype(np.int64)
    return Atoms(
        keys,
        _column(households, np.int64),
        _column(sizes[0], np.float64),
        _column(sizes[1], np.float64),
        _column(compound, np.int32),
        _column(start, np.int64),
        _column(edges.head[order], np.int32),
        _column(edges.metres[order], np.float64),
        _column(edges.passable[order], np.bool_),
        _column(edges.along[order], np.int32),
        shapes,
    )


def _column(values: NDArray[Any], kind: Any) -> NDArray[Any]:
    """A column that nobody writes to: plans share it."""
    column = np.array(values, dtype=kind)
    column.setflags(write=False)
    return column


def _borders(blocks: Shapes) -> tuple[Ints, Ints, Shapes]:
    """Pairs of blocks that share more than corners, the lower number first, and what they share."""
    one, two = shapely.STRtree(blocks).query(blocks, predicate="intersects") if len(blocks) else np.empty((2, 0), int)
    one, two = one[one < two], two[one < two]
    outlines = shapely.boundary(blocks)
    shared = shapely.intersection(outlines[one], outlines[two])
    real = shapely.length(shared) > 0
    return one[real].astype(np.int32), two[real].astype(np.int32), np.asarray(shared[real], dtype=object)


def _between(borders: Shapes, barriers: Barriers) -> tuple[Ints, Flags]:
    """What runs along each border, and whether one can walk across it."""
    waters = _wide(barriers.waters)
    places = _places(borders)
    along = np.zeros(len(borders), dtype=np.int32)
    passable = np.ones(len(borders), dtype=np.bool_)
    for kind, lines, reach in (
        (ROAD, barriers.roads, ALONG),
        (RAILWAY, barriers.railways, ALONG),
        (WATER, waters, SHORE),
    ):
        along[_mostly_within(places, lines, reach)] |= kind
    shores = [shapely.boundary(water) for water in waters]
    for kind, lines, ways in (
        (RAILWAY, barriers.railways, barriers.walks),
        (WATER, shores, barriers.bridges),
    ):
        barred = np.flatnonzero(along & kind)
        passable[barred] &= _crossed(borders[barred], lines, ways)
    return along, passable


def _wide(waters: Iterable[BaseGeometry]) -> list[BaseGeometry]:
    """The waters that part blocks."""
    return [water for water in waters if water.area > WIDE_WATER]


def _places(borders: Shapes) -> Shapes:
    """Places along the longest line of each border, one row a border."""
    parts, of = shapely.get_parts(shapely.line_merge(borders), return_index=True)
    order = np.lexsort((shapely.length(parts), of))
    longest = parts[order][np.searchsorted(of[order], np.arange(len(borders)), side="right") - 1]
    return np.asarray(shapely.line_interpolate_point(longest[:, np.newaxis], LOOKED_AT, normalized=True), dtype=object)


def _mostly_within(places: Shapes, lines: Sequence[BaseGeometry], reach: float) -> Flags:
    """Whether most places of each row are within `reach` of some line."""
    near = np.zeros(places.size, dtype=np.bool_)
    if lines:
        near[shapely.STRtree(list(lines)).query(places.ravel(), predicate="dwithin", distance=reach)[0]] = True
    return np.asarray(near.reshape(places.shape).sum(axis=1) * 2 > places.shape[1], dtype=np.bool_)


def _crossed(borders: Shapes, lines: Sequence[BaseGeometry], ways: Sequence[LineString]) -> Flags:
    """Whether a way crosses each border, or crosses one of `lines` close to it."""
    crossed = np.zeros(len(borders), dtype=np.bool_)
    if not ways or not len(borders):
        return crossed
    walked: Shapes = np.empty(len(ways), dtype=object)
    walked[:] = ways
    tree = shapely.STRtree(walked)
    crossed[tree.query(borders, predicate="crosses")[0]] = True
    barriers: Shapes = np.empty(len(lines), dtype=object)
    barriers[:] = lines
    line, way = tree.query(barriers, predicate="intersects")
    points = shapely.get_parts(shapely.intersection(barriers[line], walked[way]))
    if len(points):
        crossed[shapely.STRtree(points).query(borders, predicate="dwithin", distance=CROSSING)[0]] = True
    return crossed


def _hang_water(
    blocks: Shapes, one: Ints, two: Ints, metres: Floats, passable: Flags, waters: Sequence[BaseGeometry]
) -> None:
    """Open, for each block mostly under water, the edge to the land block with the longest shore.

    A block with water all around hangs on another one under water that hangs already.
    """
    wet = _under_water(blocks, waters)
    while True:
        ready = ~wet
        open_ends = np.flatnonzero(ready[one] != ready[two])
        if not len(open_ends):
            return
        block = np.where(ready[one], two, one)[open_ends]
        order = np.lexsort((-open_ends, metres[open_ends], block))
        last = order[np.r_[block[order][1:] != block[order][:-1], True]]
        passable[open_ends[last]] = True
        wet[block[last]] = False


def _under_water(blocks: Shapes, waters: Sequence[BaseGeometry]) -> Flags:
    """Whether more than half of each block is water."""
    covered = np.zeros(len(blocks))
    if waters and len(blocks):
        wide: Shapes = np.empty(len(waters), dtype=object)
        wide[:] = waters
        block, water = shapely.STRtree(wide).query(blocks, predicate="intersects")
        np.add.at(covered, block, shapely.area(shapely.intersection(blocks[block], wide[water])))
    return np.asarray(covered * 2 > shapely.area(blocks), dtype=np.bool_)
