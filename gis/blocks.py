"""Blocks (划分单元): the faces that roads, railways, water and walls cut out of an area. All in local metres.

Every step works on noded lines, never on polygons one by one: neighbouring blocks share their vertices exactly, so that
the blocks cover the area without gap or overlap.
"""

from collections.abc import Iterable, Sequence
from typing import cast

import numpy as np
import shapely
from shapely import LineString, MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from gis.access import Access
from gis.splits import cuts_between

SNAP = 1e-5  # metres: lines are noded on this raster, far below what a survey can tell
NARROW = 14.0  # metres: an uninhabited face narrower than this is the middle of a road, not a block
ROUNDS = 3  # of cutting; a second one finds what joining a part without a way made too large
SMALL = 600.0  # square metres: an uninhabited face smaller than this is a traffic island


def cut_blocks(
    area: Polygon | MultiPolygon,
    *,
    barriers: Sequence[LineString],
    walls: Sequence[Polygon],
    buildings: Sequence[Polygon | MultiPolygon],
    households: Sequence[int],
    limit: int = 120,
    ways: Sequence[LineString] = (),
) -> list[Polygon]:
    """Blocks that cover `area` exactly; none holds over `limit` households unless one building does.

    `barriers` (roads, railways, water edges) and the outlines of `walls` (compounds) cut. A face too narrow or too
    small to be lived in joins the neighbour with the longest common edge. `households` counts those of each building.
    Where `ways` are given (all that are walked, cutting or not), splits follow those inside a block, and a block with
    a building lies on a way or in a compound.
    """
    if len(buildings) != len(households):
        raise ValueError("cut_blocks needs one household count for each building")
    shapely.prepare(area)
    lines = [area.boundary, *_clipped([*barriers, *(wall.boundary for wall in walls)], area)]
    access = Access(ways, walls) if ways else None
    blocks = _mended(_faces(lines, area), buildings, households, access)
    for _ in range(ROUNDS):
        cuts = _cuts(blocks, buildings, households, limit=limit, access=access)
        if not cuts:
            break
        blocks = _faces([*(block.boundary for block in blocks), *cuts], area)
        blocks = _mended(blocks, buildings, households, access)
    return sorted(blocks, key=_reading_order)


def owners(buildings: Sequence[BaseGeometry], blocks: Sequence[BaseGeometry]) -> list[int]:
    """For each building the index of the block with the largest share of it; the nearest one where none has any."""
    if not blocks:
        raise ValueError("no block to stand in")
    footprints = np.asarray(buildings, dtype=object)
    faces = np.asarray(blocks, dtype=object)
    if not len(footprints):
        return []
    tree = shapely.STRtree(faces)
    found, face = tree.query(footprints, predicate="intersects")
    share = shapely.area(shapely.intersection(footprints[found], faces[face]))
    owner = np.full(len(footprints), -1)
    order = np.lexsort((-face, share))  # the last written wins: largest share, then lowest index
    owner[found[order]] = face[order]
    for lost in np.flatnonzero(owner < 0):
        owner[lost] = tree.nearest(footprints[lost])
    return [int(index) for index in owner]


def shared_edges(polygons: Sequence[BaseGeometry]) -> list[dict[int, float]]:
    """For each polygon its neighbours and the metres of edge shared with each; a common corner is no neighbour."""
    shapes = np.asarray(polygons, dtype=object)
    neighbours: list[dict[int, float]] = [{} for _ in polygons]
    if not len(shapes):
        return neighbours
    one, two = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    one, two = one[one < two], two[one < two]
    outlines = shapely.boundary(shapes)
    metres = shapely.length(shapely.intersection(outlines[one], outlines[two]))
    for i, j, length in sorted(zip(one.tolist(), two.tolist(), metres.tolist(), strict=True)):
        if length > 0:
            neighbours[i][j] = neighbours[j][i] = length
    return neighbours


def _clipped(lines: Iterable[BaseGeometry], area: BaseGeometry) -> list[BaseGeometry]:
    """The parts of `lines` inside `area`."""
    shapes = np.asarray([line for line in lines if not line.is_empty], dtype=object)
    shapes = shapes[shapely.intersects(shapes, area)] if len(shapes) else shapes
    inside = shapely.covers(area, shapes)
    parts = np.where(inside, shapes, shapely.intersection(shapes, area))
    return [part for part in parts if not part.is_empty]


def _faces(lines: Iterable[BaseGeometry], area: BaseGeometry) -> list[Polygon]:
    """The faces inside `area` of the lines, noded against each other."""
    noded = shapely.unary_union(list(lines), grid_size=SNAP)
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
    inside = shapely.covers(area, shapely.point_on_surface(faces))
    return [face for face, kept in zip(faces, inside, strict=True) if kept]


def _mended(
    faces: list[Polygon], buildings: Sequence[BaseGeometry], households: Sequence[int], access: Access | None
) -> list[Polygon]:
    """Faces with slivers, then those with a building that nobody can come to, joined to a neighbour."""
    faces = _merged(faces, _slivers(faces, buildings, households))
    for _ in range(ROUNDS if access else 0):
        stands = set(owners(buildings, faces))
        lost = [i for i, reached in enumerate(access.of(faces)) if not reached and i in stands] if access else []
        if not lost:
            break
        faces = _merged(faces, lost)
    return faces


def _slivers(faces: list[Polygon], buildings: Sequence[BaseGeometry], households: Sequence[int]) -> list[int]:
    """The uninhabited faces that are too narrow or too small to be blocks."""
    held = _held(faces, buildings, households)
    shapes = np.asarray(faces, dtype=object)
    narrow = shapely.is_empty(shapely.buffer(shapes, -NARROW / 2, quad_segs=2)) | (shapely.area(shapes) < SMALL)
    return [i for i in range(len(faces)) if narrow[i] and not held[i]]


def _merged(faces: list[Polygon], unwanted: Sequence[int]) -> list[Polygon]:
    """Faces with each unwanted one joined to the neighbour with the longest shared edge, smallest first."""
    if not unwanted:
        return faces
    neighbours = shared_edges(faces)
    group = list(range(len(faces)))  # group[i]: the face that i was joined to, through a chain
    for i in sorted(unwanted, key=lambda i: (faces[i].area, i)):
        edges = _edges_of_group(i, group, neighbours)
        if edges:
            group[_root(i, group)] = max(edges, key=lambda j: (edges[j], -j))
    return _joined(faces, [_root(i, group) for i in range(len(faces))])


def _held(faces: Sequence[BaseGeometry], buildings: Sequence[BaseGeometry], households: Sequence[int]) -> list[int]:
    """Households of each face."""
    held = [0] * len(faces)
    for count, face in zip(households, owners(buildings, faces), strict=True):
        held[face] += count
    return held


def _root(i: int, group: list[int]) -> int:
    while group[i] != i:
        i = group[i] = group[group[i]]
    return i


def _edges_of_group(i: int, group: list[int], neighbours: list[dict[int, float]]) -> dict[int, float]:
    """Metres that the group of face i shares with each other group."""
    home = _root(i, group)
    edges: dict[int, float] = {}
    for member in range(len(group)):
        if _root(member, group) != home:
            continue
        for other, metres in neighbours[member].items():
            if (root := _root(other, group)) != home:
                edges[root] = edges.get(root, 0.0) + metres
    return edges


def _joined(faces: Sequence[Polygon], groups: Sequence[int]) -> list[Polygon]:
    """One polygon a group; faces that share their vertices are joined without moving any."""
    members: dict[int, list[Polygon]] = {}
    for face, group in zip(faces, groups, strict=True):
        members.setdefault(group, []).append(face)
    return [parts[0] if len(parts) == 1 else cast("Polygon", shapely.unary_union(parts)) for parts in members.values()]


def _cuts(
    blocks: Sequence[Polygon],
    buildings: Sequence[BaseGeometry],
    households: Sequence[int],
    *,
    limit: int,
    access: Access | None,
) -> list[BaseGeometry]:
    """The lines that split every block with over `limit` households between its buildings.

    What a building of another block has in this one is in the way of the lines too, without households.
    """
    footprints, counts = np.asarray(buildings, dtype=object), np.asarray(households)
    home = np.asarray(owners(buildings, blocks))
    held = np.bincount(home, weights=counts, minlength=len(blocks)) if len(home) else np.zeros(len(blocks))
    heavy = np.flatnonzero(held > limit)
    found, building = shapely.STRtree(footprints).query(np.asarray(blocks, dtype=object)[heavy], predicate="intersects")
    cuts: list[BaseGeometry] = []
    for i, block in enumerate(heavy.tolist()):
        near = building[found == i]
        own = near[home[near] == block]
        guests = shapely.intersection(footprints[near[home[near] != block]], blocks[block])
        guests = guests[shapely.area(guests) > 0]
        members = [*footprints[own], *guests]
        loads = [*counts[own].tolist(), *[0] * len(guests)]
        cuts += cuts_between(blocks[block], members, loads, limit=limit, access=access)
    return cuts


def _reading_order(block: Polygon) -> tuple[float, float]:
    """West to east, north to south: stable over runs."""
    west, _, _, north = block.bounds
    return (round(-north, 3), round(west, 3))
