"""Many nets into one: grids that others drew, laid over the blocks, compared by households.

Nothing is cut: each building is a place with its households, a block without buildings is looked at in a few places,
and a place is in a grid or not. So a line that was drawn ten metres beside a road moves no household. Which grid a
place lies in is asked elsewhere, where what takes too long can be ended: here are numbers, and no shape of a net.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from gis.atoms import Atoms, summed
from gis.flips import pieces
from gis.plan import NO_GRID

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]
Longs = NDArray[np.int64]
Flags = NDArray[np.bool_]

SIDE = 6  # places across a block without buildings, and as many along it
LEAST = 0.5  # of a block that a net covers, from which on it is in one of its grids


@dataclass(frozen=True, eq=False)
class Places:
    """Where blocks are looked at: `weight` adds up to what a block weighs, `households` to what lives in it.

    The first `buildings` of them are buildings, the others lie in blocks that have none.
    """

    blocks: int  # how many there are
    buildings: int
    block: Longs
    xy: Floats
    weight: Floats
    households: Longs

    @cached_property
    def whole(self) -> Floats:
        """What each block weighs."""
        return summed(self.block, self.weight, self.blocks)

    @property
    def everywhere(self) -> Flags:
        """All of them."""
        return np.ones(len(self.block), dtype=np.bool_)


def places_of(shapes: NDArray[np.object_], block: Longs, xy: Floats, households: Longs) -> Places:
    """Blocks looked at in their buildings; `block` is where each building is, -1 for none of these.

    A block weighs what its households do; without any, its buildings; without any, its ground.
    """
    here = np.flatnonzero(block >= 0)
    block, xy, households = block[here], xy[here], households[here]
    lived_in = summed(block, households, len(shapes)) > 0
    weight = np.where(lived_in[block], households, 1).astype(np.float64)
    bare = np.flatnonzero(np.bincount(block, minlength=len(shapes)) == 0)
    of, ground = _lattice(shapes[bare])
    none = np.zeros(len(of), dtype=np.int64)
    return Places(
        len(shapes),
        len(block),
        np.r_[block, bare[of]].astype(np.int64),
        np.r_[xy, ground],
        np.r_[weight, np.ones(len(of))],
        np.r_[households, none].astype(np.int64),
    )


def _lattice(shapes: NDArray[np.object_]) -> tuple[Longs, Floats]:
    """Places in each shape, and its number; at least one in each."""
    if not len(shapes):
        return np.empty(0, dtype=np.int64), np.empty((0, 2))
    west, south, east, north = shapely.bounds(shapes).T[:, :, np.newaxis, np.newaxis]
    part = (np.arange(SIDE) + 0.5) / SIDE
    x = np.broadcast_to(west + (east - west) * part[:, np.newaxis], (len(shapes), SIDE, SIDE)).reshape(len(shapes), -1)
    y = np.broadcast_to(south + (north - south) * part, (len(shapes), SIDE, SIDE)).reshape(len(shapes), -1)
    inside = shapely.contains_xy(shapes[:, np.newaxis], x, y)
    of, at = np.nonzero(inside)
    lost = np.flatnonzero(~inside.any(axis=1))
    rest = shapely.get_coordinates(shapely.point_on_surface(shapes[lost]))
    return np.r_[of, lost].astype(np.int64), np.r_[np.column_stack([x[of, at], y[of, at]]), rest]


@dataclass(frozen=True, eq=False)
class Overlay:
    """A net over the blocks: `of` is the grid (by position) that has the largest share of each block, NO_GRID for none.

    `place` and `grid` are pairs of a place and a grid that it lies in; a place may lie in none, or in several. Of what
    lies outside of the area that the net was drawn for, nothing is `asked`: there it neither has grids nor leaves gaps.
    """

    places: Places
    grids: int  # how many there are
    of: Ints
    share: Floats
    place: Longs
    grid: Longs
    asked: Flags

    @cached_property
    def first(self) -> Ints:
        """The grid of each place, where it lies in several the one of its block; NO_GRID where it lies in none."""
        found = np.full(len(self.places.block), NO_GRID, dtype=np.int32)
        found[self.place[::-1]] = self.grid[::-1]
        own = self.grid == self.of[self.places.block[self.place]]
        found[self.place[own]] = self.grid[own]
        return found

    @cached_property
    def times(self) -> Longs:
        """In how many grids each place lies."""
        return np.bincount(self.place, minlength=len(self.places.block))


def of_blocks(places: Places, of: Ints) -> Overlay:
    """The net of a plan: `of` is the grid of each block, from 0, or NO_GRID."""
    grid = of[places.block].astype(np.int64)
    place = np.flatnonzero(grid != NO_GRID)
    return overlay_of(places, int(of.max(initial=NO_GRID)) + 1, place, grid[place], places.everywhere)


def overlay_of(places: Places, count: int, place: Longs, grid: Longs, asked: Flags) -> Overlay:
    """The net of which so many grids hold these places, in pairs of a place and a grid."""
    order = np.lexsort((grid, place))
    place, grid = place[order], grid[order]
    pairs, at = np.unique(np.stack([places.block[place], grid]), axis=1, return_inverse=True)
    held = summed(at.ravel(), places.weight[place], pairs.shape[1])
    of = np.full(places.blocks, NO_GRID, dtype=np.int32)
    most = np.zeros(places.blocks)
    rank = np.lexsort((-pairs[1], held, pairs[0]))  # the last of each block is the largest, among equals the first
    of[pairs[0][rank]] = pairs[1][rank]
    most[pairs[0][rank]] = held[rank]
    covered = np.bincount(place, minlength=len(places.block)) > 0
    inside = summed(places.block[covered], places.weight[covered], places.blocks)
    of[inside < LEAST * places.whole] = NO_GRID
    return Overlay(places, count, of, most / np.maximum(places.whole, 1e-9), place, grid, asked)


class Shared(NamedTuple):
    """Households that a grid of one net and a grid of another have in common; NO_GRID: those that are in none."""

    one: int
    two: int
    households: int
    buildings: int


def crosswalk(one: Overlay, two: Overlay) -> list[Shared]:
    """Which grid of one net has how much of which grid of another, by building; every household stands once."""
    both = np.flatnonzero(one.asked & two.asked)
    pairs, at = np.unique(np.stack([one.first[both], two.first[both]]), axis=1, return_inverse=True)
    households = summed(at.ravel(), one.places.households[both], pairs.shape[1]).astype(int)
    buildings = np.bincount(at.ravel()[both < one.places.buildings], minlength=pairs.shape[1])
    rows = zip(pairs[0].tolist(), pairs[1].tolist(), households.tolist(), buildings.tolist(), strict=True)
    return [Shared(*row) for row in rows if row[2]]


class Part(NamedTuple):
    """Blocks, and the households of them that are meant."""

    blocks: tuple[int, ...]
    households: int


def _told(places: Places, some: Flags) -> Flags:
    """Which of some places are worth a word: buildings, and of a block without any those that are most of it.

    Lines drawn ten metres off leave, or cover twice, a strip of every park.
    """
    held = summed(places.block[some], places.weight[some], places.blocks)
    most = held > LEAST * places.whole
    return np.asarray(some & ((np.arange(len(some)) < places.buildings) | most[places.block]), dtype=np.bool_)


def gaps(overlay: Overlay) -> dict[int, int]:
    """The blocks that have places in no grid, and the households of these."""
    lost = _told(overlay.places, (overlay.times == 0) & overlay.asked)
    held = summed(overlay.places.block[lost], overlay.places.households[lost], overlay.places.blocks)
    return {int(block): int(held[block]) for block in np.unique(overlay.places.block[lost])}


def doubles(overlay: Overlay) -> dict[tuple[int, int], Part]:
    """Pairs of grids that have places in common, the lower number first."""
    twice = _told(overlay.places, overlay.times > 1)
    kept = twice[overlay.place]
    place, grid = overlay.place[kept], overlay.grid[kept]
    # Pairs of a place and a grid stand by place: those a few steps apart that are of one place make pairs of grids.
    found = [np.empty((3, 0), dtype=np.int64)]
    for step in range(1, int(overlay.times.max(initial=0))):
        near = np.flatnonzero(place[step:] == place[:-step])
        found.append(np.stack([grid[near], grid[near + step], place[near]]))
    one, two, at = np.concatenate(found, axis=1)
    pair, of = np.unique(one * overlay.grids + two, return_inverse=True)
    held = summed(of, overlay.places.households[at], len(pair)).astype(int).tolist()
    blocks: list[list[int]] = [[] for _ in held]
    for number in np.unique(of * overlay.places.blocks + overlay.places.block[at]).tolist():
        blocks[number // overlay.places.blocks].append(number % overlay.places.blocks)
    parts = (Part(tuple(members), count) for members, count in zip(blocks, held, strict=True))
    return dict(zip((divmod(number, overlay.grids) for number in pair.tolist()), parts, strict=True))


def borders(atoms: Atoms, of: Ints) -> Flags:
    """Which pairs of neighbours (as the atoms list them) a net has in two grids; no pair of which one is in none."""
    mine, theirs = of[atoms.tail], of[atoms.near]
    return np.asarray((mine != theirs) & (mine != NO_GRID) & (theirs != NO_GRID), dtype=np.bool_)


def disagreements(atoms: Atoms, one: Ints, two: Ints) -> Flags:
    """Which pairs of neighbours, all in grids of both nets, one net parts and the other does not."""
    lodged = (one != NO_GRID) & (two != NO_GRID)
    both = lodged[atoms.tail] & lodged[atoms.near]
    return np.asarray(both & (borders(atoms, one) != borders(atoms, two)), dtype=np.bool_)


def kept(net: Ints, plan: Ints, households: Longs) -> float:
    """The share of a net's households that stay with most of their grid in a plan; 1 where it has none."""
    lodged = net != NO_GRID
    whole = households[lodged].sum()
    if not whole:
        return 1.0
    pairs, at = np.unique(np.stack([net[lodged], plan[lodged]]), axis=1, return_inverse=True)
    held = summed(at.ravel(), households[lodged], pairs.shape[1])
    held[pairs[1] == NO_GRID] = 0
    most = np.zeros(int(net.max()) + 1)
    np.maximum.at(most, pairs[0], held)
    return float(most.sum() / whole)


def agreed(atoms: Atoms, nets: Sequence[Ints], most: int, free: Flags) -> tuple[frozenset[int], ...]:
    """Blocks that all nets keep together, that can be walked between and hold at most so many households.

    Only `free` blocks that are in a grid of every net; a group has two blocks or more.
    """
    inside = free & np.all([of != NO_GRID for of in nets], axis=0)
    _, same = np.unique(np.stack(nets), axis=1, return_inverse=True)
    of = np.where(inside, same.ravel(), NO_GRID).astype(np.int32)
    part = pieces(atoms.start, atoms.near, atoms.passable, of)[1]
    groups = (np.flatnonzero(part == number) for number in np.unique(part[inside]))
    return tuple(frozenset(one.tolist()) for one in groups if len(one) > 1 and atoms.households[one].sum() <= most)


def within(shapes: Iterable[object], xy: Floats, metres: float) -> Flags:
    """Which points are within so many metres of some shape."""
    tree = shapely.STRtree(np.array(list(shapes), dtype=object))
    found = np.zeros(len(xy), dtype=np.bool_)
    found[tree.query(_points(xy), predicate="dwithin", distance=metres)[0]] = True
    return found


def _points(xy: Floats) -> NDArray[np.object_]:
    return np.asarray(shapely.points(xy), dtype=object)
