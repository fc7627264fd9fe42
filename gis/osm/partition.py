"""The box divided: blocks between roads, communities along main roads, grids in communities. Local metres."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import shapely
from shapely import LineString, MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from gis.blocks import cut_blocks, owners, shared_edges
from gis.city import RoadClass, RoadEdge
from gis.grids import form_grids

MAIN = frozenset({RoadClass.MOTORWAY, RoadClass.TRUNK, RoadClass.PRIMARY, RoadClass.SECONDARY, RoadClass.TERTIARY})
CUTTING = MAIN | {RoadClass.UNCLASSIFIED, RoadClass.RESIDENTIAL, RoadClass.LIVING_STREET}
LIMIT = 120  # households of a block that is not split
COMMUNITY = (3000, 6000)  # households
GRID = (300, 500)
WIDE_WATER = 2000.0  # m²: a smaller pond cuts nothing
ACROSS = 0.25  # what a metre of edge along a main road counts for when grids are formed
ALONG = 15.0  # metres from a main road within which an edge lies along it


class Division(NamedTuple):
    """Blocks, and by index: the community of each block, and the blocks of each grid with its community."""

    blocks: list[Polygon]
    community_of: list[int]
    communities: list[list[int]]
    grids: list[tuple[int, tuple[int, ...]]]


class Ground(NamedTuple):
    """What cuts the box, in local metres."""

    box: Polygon
    edges: Sequence[RoadEdge]
    lines: Sequence[LineString]  # of the edges
    railways: Sequence[LineString]  # above ground
    waters: Sequence[MultiPolygon]
    walls: Sequence[MultiPolygon]
    communities: Sequence[MultiPolygon] = ()  # as the file draws them; made along main roads where it draws none


def divided(ground: Ground, buildings: Sequence[MultiPolygon], households: Sequence[int], density: float) -> Division:
    """The division of the box; `density` (households a m²) stands for the households where there are no buildings."""
    blocks = cut_blocks(
        ground.box,
        barriers=_barriers(ground, CUTTING),
        walls=[part for wall in (*ground.walls, *ground.communities) for part in wall.geoms],
        buildings=buildings,
        households=households,
        limit=LIMIT,
        ways=_ways(ground),
    )
    weights = _weights(blocks, buildings, households, density)
    edges = _edges_apart(blocks, shared_edges(blocks), _main_lines(ground))
    drawn = bool(ground.communities)
    communities = _drawn_communities(ground, blocks) if drawn else _communities(ground, blocks, weights, edges)
    grids = [
        (number, tuple(grid))
        for number, members in enumerate(communities)
        for grid in _divided(blocks, weights, edges, members, GRID)
    ]
    community_of = [0] * len(blocks)
    for number, members in enumerate(communities):
        for block in members:
            community_of[block] = number
    return Division(blocks, community_of, communities, grids)


def _barriers(ground: Ground, classes: frozenset[RoadClass]) -> list[LineString]:
    """The lines that cut: roads and railways above ground, and the edges of wide water."""
    lines = [
        line
        for edge, line in zip(ground.edges, ground.lines, strict=True)
        if edge.road_class in classes and not edge.tunnel
    ]
    shores = [LineString(part.exterior) for water in ground.waters for part in water.geoms if part.area > WIDE_WATER]
    return [*lines, *ground.railways, *shores]


def _ways(ground: Ground) -> list[LineString]:
    """The lines that are walked at ground level."""
    return [
        line
        for edge, line in zip(ground.edges, ground.lines, strict=True)
        if edge.foot and not edge.tunnel and not edge.bridge
    ]


def _main_lines(ground: Ground) -> list[LineString]:
    return [
        line
        for edge, line in zip(ground.edges, ground.lines, strict=True)
        if edge.road_class in MAIN and not edge.tunnel
    ]


def _weights(
    blocks: Sequence[Polygon], buildings: Sequence[MultiPolygon], households: Sequence[int], density: float
) -> list[int]:
    """Households of each block, by its buildings or by its size."""
    if density:
        return [max(1, round(block.area * density)) for block in blocks]
    weights = [0] * len(blocks)
    for block, count in zip(owners(buildings, blocks), households, strict=True):
        weights[block] += count
    return weights


def _edges_apart(
    blocks: Sequence[Polygon], edges: list[dict[int, float]], main: Sequence[LineString]
) -> list[dict[int, float]]:
    """Shared edges in which a metre along a main road counts less, so that grids lie on one side of it."""
    if not main:
        return edges
    tree = shapely.STRtree(main)
    for i, near in enumerate(edges):
        for j in near:
            if j > i:
                middle = _middle(shapely.intersection(blocks[i].boundary, blocks[j].boundary))
                if len(tree.query(middle, predicate="dwithin", distance=ALONG)):
                    edges[i][j] = edges[j][i] = near[j] * ACROSS
    return edges


def _middle(edge: BaseGeometry) -> BaseGeometry:
    """The middle of the longest line of a shared edge."""
    merged = shapely.line_merge(edge)
    lines = [part for part in shapely.get_parts(merged) if isinstance(part, LineString)]
    return max(lines, key=lambda line: line.length).interpolate(0.5, normalized=True)


def _drawn_communities(ground: Ground, blocks: Sequence[Polygon]) -> list[list[int]]:
    """The blocks of each community of the file: those that it has most of, and those outside all that are nearest."""
    inside: list[list[int]] = [[] for _ in ground.communities]
    for block, community in enumerate(owners(blocks, ground.communities)):
        inside[community].append(block)
    return [members for members in inside if members]


def _communities(
    ground: Ground, blocks: Sequence[Polygon], weights: Sequence[int], edges: list[dict[int, float]]
) -> list[list[int]]:
    """The blocks of each community: quarters between main roads, joined or divided until the households fit."""
    low, high = COMMUNITY
    quarters = cut_blocks(ground.box, barriers=_barriers(ground, MAIN), walls=[], buildings=[], households=[])
    inside: dict[int, list[int]] = {}
    for block, quarter in enumerate(owners(blocks, quarters)):
        inside.setdefault(quarter, []).append(block)
    units: list[list[int]] = []
    for _, members in sorted(inside.items()):
        for part in _contiguous(members, edges):
            heavy = sum(weights[i] for i in part) > high
            units += _divided(blocks, weights, edges, part, COMMUNITY) if heavy else [part]
    shapes = [shapely.unary_union([blocks[i] for i in unit]) for unit in units]
    held = [sum(weights[i] for i in unit) for unit in units]
    joined = form_grids(shapes, held, low=low, high=high)
    return [sorted(block for unit in group for block in units[unit]) for group in joined]


def _contiguous(members: Sequence[int], edges: Sequence[Mapping[int, float]]) -> list[list[int]]:
    """The parts of a set of blocks that hang together."""
    left, parts = set(members), []
    while left:
        waiting = [min(left)]
        left.discard(waiting[0])
        part = []
        while waiting:
            part.append(waiting.pop())
            near = [j for j in edges[part[-1]] if j in left]
            left.difference_update(near)
            waiting += near
        parts.append(sorted(part))
    return parts


def _divided(
    blocks: Sequence[Polygon],
    weights: Sequence[int],
    edges: list[dict[int, float]],
    members: list[int],
    size: tuple[int, int],
) -> list[list[int]]:
    """Some blocks formed into contiguous groups of a size in households."""
    place = {block: i for i, block in enumerate(members)}
    near = [{place[j]: metres for j, metres in edges[block].items() if j in place} for block in members]
    low, high = size
    groups = form_grids(
        [blocks[i] for i in members], [weights[i] for i in members], low=low, high=high, neighbours=near
    )
    return [[members[i] for i in group] for group in groups]
