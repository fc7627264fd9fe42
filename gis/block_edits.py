"""Blocks split by a drawn line and merged, in local metres, so that they go on covering what they covered.

An edit is a value; nothing is changed. What is there stays where it is to the last bit: a split adds vertices, to the
neighbours that share the border too, and a merge takes away common edges. Blocks and buildings are named by their
index; new blocks are numbered on from the last.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from gis.access import Access
from gis.blocks import NARROW, SMALL, owners
from gis.drawn_lines import MOST_PARTS, Edge, Floats, checked, chords, snapped, with_vertices
from gis.refusals import EditRefused, Point, Reason
from gis.splits import GRAZE, without_walls

WITHIN = 3.0  # metres: what a hand draws as near as this to a corner, an edge, a road or a wall is meant to be on it
LEAST_WITHIN, MOST_WITHIN = 0.001, 50.0
THIN = 3.0  # metres: nothing narrower is a block even where a building stands in it
Shapes = NDArray[np.object_]


class Edit(NamedTuple):
    """What an edit changes: nothing else does.

    `parents` says for each new block which it came from; `touched` are neighbours that got vertices, and no other
    shape; `homes` names the block of each building that stands, wholly or partly, in a block that is new.
    """

    removed: tuple[int, ...]
    added: dict[int, Polygon]
    parents: dict[int, tuple[int, ...]]
    touched: dict[int, Polygon]
    homes: dict[int, int]


class Ground(NamedTuple):
    """What stands and runs on the blocks: buildings with the block of each, roads and walls, and where one gets in."""

    buildings: Sequence[BaseGeometry] = ()
    homes: Sequence[int] = ()
    guides: Sequence[BaseGeometry] = ()
    access: Access | None = None


def split(
    blocks: Sequence[Polygon],
    block: int,
    line: Sequence[Sequence[float]] | Floats,
    ground: Ground = Ground(),  # noqa: B008 (a value)
    *,
    within: float = WITHIN,
) -> Edit:
    """The edit that cuts a block along a drawn line, its points snapped by up to `within` metres.

    `blocks` are all that may share its border, those of the next community too. Parts are numbered from north to
    south. EditRefused with the reason and the place.
    """
    if not LEAST_WITHIN <= within <= MOST_WITHIN:
        raise ValueError(f"within has to be from {LEAST_WITHIN} to {MOST_WITHIN} metres")
    shape = _shape(blocks, block)
    drawn = snapped(checked(line, shape), shape, ground.guides, within)
    if len(drawn) < 2:  # noqa: PLR2004
        raise EditRefused(Reason.TOUCHES, place=(float(drawn[0, 0]), float(drawn[0, 1])), block=block)
    found = chords(drawn, shape, within)
    cut = shapely.multilinestrings(found.paths)
    _check_buildings(cut, ground)
    parts = _parts(with_vertices(shape, found.vertices) or shape, cut)
    near = _near(blocks, [block])
    touched = _touched(blocks, near, found.vertices)
    added = dict(enumerate(parts, len(blocks)))
    _check_cover(blocks, near, [block], parts, touched)
    homes = _homes(blocks, [block], added, ground)
    _check_parts(shape, added, homes, ground, within)
    return Edit((block,), added, dict.fromkeys(added, (block,)), touched, homes)


def merge(blocks: Sequence[Polygon], chosen: Collection[int], ground: Ground = Ground()) -> Edit:  # noqa: B008 (a value)
    """The edit that makes one block of several; EditRefused where they do not hang together by edges."""
    members = sorted(set(chosen))
    shapes = [_shape(blocks, member) for member in members]
    if len(shapes) < 2:  # noqa: PLR2004
        raise EditRefused(Reason.TOO_FEW_BLOCKS)
    near = _near(blocks, members)
    if not shapely.coverage_is_valid(shapes):
        raise EditRefused(Reason.UNSOUND, block=members[0])
    joined = _one(shapely.coverage_union_all(shapes))
    if joined is None:
        lost = _lost(shapes)
        raise EditRefused(Reason.APART, block=members[lost], place=_place(shapes[lost]))
    _check_cover(blocks, near, members, [joined], {})
    added = {len(blocks): joined}
    return Edit(tuple(members), added, {len(blocks): tuple(members)}, {}, _homes(blocks, members, added, ground))


def _shape(blocks: Sequence[Polygon], block: int) -> Polygon:
    if not 0 <= block < len(blocks):
        raise EditRefused(Reason.NO_SUCH_BLOCK, block=block)
    return blocks[block]


def _near(blocks: Sequence[Polygon], members: Sequence[int]) -> list[int]:
    """The blocks that touch some of `members` and are not of them."""
    shapes = np.asarray(blocks, dtype=object)
    _, found = shapely.STRtree(shapes).query(shapes[list(members)], predicate="intersects")
    return sorted(set(found.tolist()) - set(members))


def _touched(
    blocks: Sequence[Polygon], near: Sequence[int], vertices: Mapping[Edge, Sequence[Point]]
) -> dict[int, Polygon]:
    """The neighbours that get vertices on a common border."""
    longer = {i: with_vertices(blocks[i], vertices) for i in near} if vertices else {}
    return {i: shape for i, shape in longer.items() if shape is not None}


def _parts(shape: Polygon, cut: BaseGeometry) -> list[Polygon]:
    """The parts into which a cut divides a shape that has vertices where it ends, from north to south."""
    noded = shapely.unary_union([shape.boundary, cut])
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
    parts = faces[shapely.contains(shape, shapely.point_on_surface(faces))]
    place = _place(cut)
    if len(parts) < 2:  # noqa: PLR2004
        raise EditRefused(Reason.DIVIDES_NOTHING, place=place)
    if len(parts) > MOST_PARTS:
        raise EditRefused(Reason.TOO_MANY_PARTS, place=place, most=MOST_PARTS)
    if not _points(shape) <= set().union(*map(_points, parts)):
        raise EditRefused(Reason.TOO_FINE, place=place)
    return sorted(parts, key=_north_to_south)


def _north_to_south(part: Polygon) -> tuple[float, float]:
    west, _, _, north = part.bounds
    return -north, west


def _points(shape: BaseGeometry) -> set[tuple[float, float]]:
    return {(x, y) for x, y in shapely.get_coordinates(shape).tolist()}


def _check_cover(
    blocks: Sequence[Polygon],
    near: Sequence[int],
    removed: Sequence[int],
    added: Sequence[Polygon],
    touched: Mapping[int, Polygon],
) -> None:
    """Refuse what would not fit its neighbours, and say whether they fitted before."""
    around = [touched.get(i, blocks[i]) for i in near]
    if shapely.coverage_is_valid([*added, *around]) and shapely.is_valid([*added, *touched.values()]).all():
        return
    before = [blocks[i] for i in (*removed, *near)]
    reason = Reason.TOO_FINE if shapely.coverage_is_valid(before) else Reason.UNSOUND
    raise EditRefused(reason, block=removed[0], place=_place(blocks[removed[0]]))


def _check_buildings(cut: BaseGeometry, ground: Ground) -> None:
    """Refuse a cut that runs through a building rather than along its wall."""
    buildings = np.asarray(ground.buildings, dtype=object)
    if not len(buildings):
        return
    crossed = np.flatnonzero(shapely.intersects(buildings, cut))
    inside = shapely.intersection(without_walls(buildings[crossed]), cut)
    deep = np.flatnonzero(shapely.length(inside) > GRAZE)
    if len(deep):
        raise EditRefused(Reason.CUTS_BUILDING, building=int(crossed[deep[0]]), place=_place(inside[deep[0]]))


def _check_parts(
    shape: Polygon, added: Mapping[int, Polygon], homes: Mapping[int, int], ground: Ground, within: float
) -> None:
    """Refuse parts too narrow or too small for a block, and parts that nobody can come to."""
    stands = set(homes.values())
    for number, part in added.items():
        width, area = (THIN, 0.0) if number in stands else (NARROW, SMALL)
        if part.area < area or part.buffer(-width / 2, quad_segs=2).is_empty:
            thinner = part.buffer(-within / 2, quad_segs=2).is_empty
            reason = Reason.FOLLOWS_EDGE if thinner and part.length > 4 * within else Reason.SLIVER
            raise EditRefused(reason, place=_place(part), square_metres=part.area)
    if ground.access and ground.access.of([shape])[0]:
        for part, reached in zip(added.values(), ground.access.of(list(added.values())), strict=True):
            if not reached:
                raise EditRefused(Reason.NO_ACCESS, place=_place(part))


def _homes(
    blocks: Sequence[Polygon], removed: Sequence[int], added: Mapping[int, Polygon], ground: Ground
) -> dict[int, int]:
    """The block of each building that stood in a block that goes, by largest share."""
    if not len(ground.buildings):
        return {}
    footprints, shapes = np.asarray(ground.buildings, dtype=object), np.asarray(blocks, dtype=object)
    gone = shapely.STRtree(shapes[list(removed)])
    standing = gone.query(footprints, predicate="intersects")[0]
    standing = np.union1d(standing, np.flatnonzero(np.isin(ground.homes, removed)))
    around = np.unique(shapely.STRtree(shapes).query(footprints[standing], predicate="intersects")[1])
    numbers = [*np.setdiff1d(around, list(removed)).tolist(), *added]
    candidates = [added[i] if i in added else blocks[i] for i in numbers]
    found = owners(list(footprints[standing]), candidates)
    return {int(building): int(numbers[i]) for building, i in zip(standing, found, strict=True)}


def _one(joined: BaseGeometry) -> Polygon | None:
    """A union as one polygon; None where it is in several pieces."""
    parts = shapely.get_parts(joined) if isinstance(joined, MultiPolygon) else [joined]
    return parts[0] if len(parts) == 1 and isinstance(parts[0], Polygon) else None


def _lost(shapes: Sequence[Polygon]) -> int:
    """The first of some blocks that no chain of common edges joins to the first."""
    reached: BaseGeometry = shapes[0]
    left = list(range(1, len(shapes)))
    while near := [i for i in left if shapely.length(shapely.intersection(reached, shapes[i].boundary)) > 0]:
        reached = shapely.coverage_union_all([reached, *(shapes[i] for i in near)])
        left = [i for i in left if i not in near]
    return left[0] if left else 0


def _place(shape: BaseGeometry) -> Point:
    """A place on a shape to look at: of lines the middle of the longest."""
    longest = max(shapely.get_parts(shape).tolist(), key=lambda part: part.length)
    dot = (
        longest.interpolate(0.5, normalized=True) if shapely.get_dimensions(longest) == 1 else shape.point_on_surface()
    )
    return float(dot.x), float(dot.y)
