"""The public streets of a terrain: names, classes, dual carriageways, bridges and underpasses."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import shapely
from shapely import LineString, MultiPolygon, Polygon
from shapely.ops import linemerge

from gis.city import RoadClass
from gis.demo.names import Namer
from gis.demo.network import Way, split_levels
from gis.demo.parcels import largest
from gis.demo.terrain import Band, Terrain

DUAL_OFFSET = 9.0  # metres from the middle of a dual carriageway to each side
OVERSHOOT = 15.0  # metres a carriageway is drawn past its last crossing, trimmed later
BRIDGE_MARGIN = 7.0
TUNNEL_HALF = 20.0  # metres on each side of the railway


@dataclass(frozen=True, slots=True)
class Ground:
    """What the streets run over: the faces between lines, and the surfaces they must cross by bridge or tunnel."""

    faces: list[Polygon]
    bands: list[Band]
    cells: list[tuple[int, int]]
    water: Polygon
    rail: LineString


def _cell_polygon(terrain: Terrain, i: int, b: int) -> Polygon:
    """The cell in column `i` and band `b`."""
    south, north = terrain.along(i, b), terrain.along(i, b + 1)
    west, east = terrain.across(i, b), terrain.across(i + 1, b)
    ring = [*south.coords, *east.coords[1:], *north.reverse().coords[1:], *west.reverse().coords[1:]]
    return Polygon(ring)


def _cross_kept(terrain: Terrain, i: int, b: int) -> bool:
    """Whether cross line `i` bounds a cell in band `b`."""
    return terrain.has(i - 1, b) or terrain.has(i, b)


def _long_kept(terrain: Terrain, i: int, j: int) -> bool:
    """Whether long line `j` bounds a cell in column `i`."""
    return terrain.has(i, j - 1) or terrain.has(i, j)


def boundary_lines(terrain: Terrain) -> list[LineString]:
    """All lines that bound faces, meeting at shared vertices."""
    lines = [
        terrain.across(i, b)
        for i in range(terrain.columns + 1)
        for b in range(terrain.bands)
        if _cross_kept(terrain, i, b) and ("cross", i, b) not in terrain.dropped
    ]
    lines += [
        terrain.along(i, j)
        for i in range(terrain.columns)
        for j in range(terrain.bands + 1)
        if _long_kept(terrain, i, j)
    ]
    return lines + list(_diagonal_pieces(terrain))


def _diagonal_pieces(terrain: Terrain) -> Iterator[LineString]:
    """The avenue that runs slantwise, crossing by crossing."""
    for a, b in pairwise(terrain.diagonal):
        yield terrain.between(a, b)


def make_ground(terrain: Terrain) -> Ground:
    """The faces of a terrain with their bands, its river and its railway."""
    faces = [f for f in shapely.polygonize(boundary_lines(terrain)).geoms if isinstance(f, Polygon)]
    keys = [(i, b) for i in range(terrain.columns) for b in range(terrain.bands) if terrain.has(i, b)]
    tree = shapely.STRtree([_cell_polygon(terrain, i, b) for i, b in keys])
    points = shapely.point_on_surface(np.array(faces))
    found = dict(tree.query(points, predicate="intersects").T.tolist())
    cells = [keys[found[k]] for k in range(len(faces))]
    bands = [terrain.lines[b].above for _, b in cells]
    river = shapely.coverage_union_all([f for f, band in zip(faces, bands, strict=True) if band is Band.WATER])
    rail_j = next(j for j, line in enumerate(terrain.lines) if line.above is Band.RAIL) + 1
    tracks = _runs([terrain.along(i, rail_j) for i in range(terrain.columns) if _long_kept(terrain, i, rail_j)])
    return Ground(faces, bands, cells, largest(river), tracks[0])


def _runs(pieces: list[LineString]) -> list[LineString]:
    """The pieces of one line merged where they follow each other."""
    merged = linemerge(pieces) if len(pieces) > 1 else pieces[0]
    return [merged] if isinstance(merged, LineString) else list(merged.geoms)


def _carriageways(way: Way) -> list[Way]:
    """Two one-way carriageways of a main road; traffic keeps to the right."""
    sides = []
    for offset in (-DUAL_OFFSET, DUAL_OFFSET):
        side = LineString(shapely.get_coordinates(way.line.offset_curve(offset, join_style="mitre")))
        line = _lengthened(side, OVERSHOOT)
        line = line if offset < 0 else line.reverse()
        sides.append(replace(way, line=line, oneway=True, loose_ends=True))
    return sides


def _lengthened(line: LineString, by: float) -> LineString:
    """The line drawn on straight at both ends by `by` metres."""
    xy = shapely.get_coordinates(line)
    start, end = xy[0] - xy[1], xy[-1] - xy[-2]
    first = xy[0] + start / np.hypot(*start) * by
    last = xy[-1] + end / np.hypot(*end) * by
    return LineString([first, *xy, last])


def _cross_ways(terrain: Terrain, namer: Namer) -> Iterator[Way]:
    """The streets on the cross lines; only arterials pass the river and the railway."""
    for i in range(terrain.columns + 1):
        name = "新桥路|Xinqiao Road" if i == terrain.main_cross else namer.street("路|Road")
        pieces = [
            terrain.across(i, b)
            for b in range(terrain.bands)
            if _cross_kept(terrain, i, b)
            and ("cross", i, b) not in terrain.dropped
            and (terrain.lines[b].above is Band.LAND or terrain.arterial(i))
        ]
        for run in _runs(pieces):
            yield Way(run, terrain.cross_class(i), name)


def _long_ways(terrain: Terrain, namer: Namer) -> Iterator[Way]:
    """The streets on the long lines."""
    for j, line in enumerate(terrain.lines):
        if line.road is None:
            continue
        main = line.road is RoadClass.SECONDARY and line.free
        name = line.name or ("示范大道|Shifan Avenue" if j == main_line(terrain) else "")
        name = name or namer.street("大街|Main Street" if main else "街|Street")
        pieces = [terrain.along(i, j) for i in range(terrain.columns) if _long_kept(terrain, i, j)]
        road = RoadClass.PRIMARY if j == main_line(terrain) else line.road
        for run in _runs(pieces):
            yield Way(run, road, name)


def main_line(terrain: Terrain) -> int:
    """The long line of the town's main avenue: the first inner line north of the riverside street, else that street."""
    north = next(j for j, line in enumerate(terrain.lines) if line.name.startswith("滨河北路"))
    return north + 2 if terrain.diagonal else north


def public_streets(terrain: Terrain, ground: Ground, namer: Namer) -> list[Way]:
    """Every street on the terrain's lines, with bridges and underpasses, main roads as dual carriageways."""
    ways = [*_cross_ways(terrain, namer), *_long_ways(terrain, namer)]
    if terrain.diagonal:
        avenue = _runs(list(_diagonal_pieces(terrain)))
        ways += [Way(run, RoadClass.SECONDARY, "迎宾大道|Yingbin Avenue") for run in avenue]
    if terrain.diagonal:
        ways = [part for w in ways for part in (_carriageways(w) if w.road_class is RoadClass.PRIMARY else [w])]
    water, rail = ground.water.buffer(BRIDGE_MARGIN), ground.rail.buffer(TUNNEL_HALF, cap_style="flat")
    crossed = MultiPolygon([water])
    return [part for way in ways for part in split_levels(way, bridged=crossed, tunnelled=rail)]


def greenways(terrain: Terrain) -> list[Way]:
    """Cycle paths along both banks of the river, with steps of path down from the riverside streets."""
    ways = []
    for b, line in enumerate(terrain.lines[:-1]):
        if line.above is not Band.BANK:
            continue
        middle = (terrain.nodes_uv[:, b] + terrain.nodes_uv[:, b + 1]) / 2
        street = b if line.road is not None else b + 1
        places = np.concatenate([np.linspace(a, c, 9)[:-1] for a, c in pairwise(middle)])
        path = LineString(terrain.warp(np.vstack([places, middle[-1:]])))
        ways.append(Way(path, RoadClass.CYCLEWAY, "滨河绿道|Riverside Greenway"))
        ways += [
            Way(LineString(terrain.warp(np.array([terrain.nodes_uv[i, street], middle[i]]))), RoadClass.FOOTWAY)
            for i in range(terrain.columns + 1)
            if not terrain.arterial(i)
        ]
    return ways
