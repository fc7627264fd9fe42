"""The ground of the demo district in local metres: a street grid that bends with its river, and a railway.

Two families of lines run through the district: cross lines (roughly north–south, numbered i) and long lines (roughly
west–east, numbered j, among them the river's banks and the railway). A place is first given as (u, v), u along the
river and v across it; `warp` bends and turns this frame into metres.
"""

from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from shapely import LineString

from gis.city import RoadClass

Floats = NDArray[np.float64]
Cell = tuple[int, int]

SUPERBLOCK = 430.0  # metres between streets, on average
STEP = 45.0  # metres between the vertices of a curved street
TURN = np.radians(7.0)  # how far the whole grid is turned against north
RAIL_MARGIN = 42.0  # metres from the railway to the street along it
ARTERIAL_EVERY = 3


class Band(StrEnum):
    """What lies between two long lines."""

    LAND = "land"
    BANK = "bank"
    WATER = "water"
    RAIL = "rail"


@dataclass(frozen=True, slots=True)
class LongLine:
    """A long line at `v` metres across the river; `road` None where no street runs on it; `above` is north of it."""

    v: float
    road: RoadClass | None
    above: Band
    name: str = ""  # "" is named later
    free: bool = True  # may wander a little


@dataclass(slots=True)
class Terrain:
    """The lines of a district and their crossings: `nodes[i, j]` in local metres."""

    us: Floats
    lines: list[LongLine]
    nodes_uv: Floats
    bend: tuple[float, float, float]
    removed: set[Cell] = field(default_factory=set)
    dropped: set[tuple[str, int, int]] = field(default_factory=set)
    diagonal: list[tuple[int, int]] = field(default_factory=list)

    @property
    def columns(self) -> int:
        """The number of columns between cross lines."""
        return len(self.us) - 1

    @property
    def bands(self) -> int:
        """The number of bands between long lines."""
        return len(self.lines) - 1

    def has(self, i: int, b: int) -> bool:
        """Whether the cell in column `i` and band `b` belongs to the district."""
        return 0 <= i < self.columns and 0 <= b < self.bands and (i, b) not in self.removed

    def arterial(self, i: int) -> bool:
        """Whether cross line `i` is an arterial, which has bridges over the river and passes the railway."""
        return i % ARTERIAL_EVERY == 1 and i < self.columns

    def cross_class(self, i: int) -> RoadClass:
        """The road class of cross line `i`."""
        if self.arterial(i):
            return RoadClass.PRIMARY if i == self.main_cross else RoadClass.SECONDARY
        return RoadClass.SECONDARY if i in (0, self.columns) else RoadClass.TERTIARY

    @property
    def main_cross(self) -> int:
        """The cross line through the middle of the town: the arterial nearest to it."""
        arterials = [i for i in range(1, self.columns) if self.arterial(i)]
        return min(arterials, key=lambda i: abs(i - self.columns / 2))

    def warp(self, uv: Floats) -> Floats:
        """Local metres of (u, v) places, both of shape (n, 2)."""
        amplitude, wavelength, phase = self.bend
        near = np.exp(-((uv[:, 1] / 2300.0) ** 2))
        x = uv[:, 0] + 70.0 * np.sin(uv[:, 1] / 690.0 + phase)
        y = uv[:, 1] + amplitude * np.sin(2 * np.pi * uv[:, 0] / wavelength + phase) * near
        return np.column_stack([x * np.cos(TURN) - y * np.sin(TURN), x * np.sin(TURN) + y * np.cos(TURN)])

    def between(self, a: tuple[int, int], b: tuple[int, int]) -> LineString:
        """The street from crossing `a` to crossing `b` in local metres."""
        start, end = self.nodes_uv[a], self.nodes_uv[b]
        steps = max(1, int(np.ceil(np.hypot(*(end - start)) / STEP)))
        t = np.linspace(0.0, 1.0, steps + 1)[:, None]
        return LineString(np.round(self.warp(start * (1 - t) + end * t), 3))

    def across(self, i: int, b: int) -> LineString:
        """The piece of cross line `i` through band `b`, northward."""
        return self.between((i, b), (i, b + 1))

    def along(self, i: int, j: int) -> LineString:
        """The piece of long line `j` through column `i`, eastward."""
        return self.between((i, j), (i + 1, j))


def _spread(rng: np.random.Generator, start: float, end: float, variety: float = 0.16) -> Floats:
    """Positions from `start` to `end` about a superblock apart, irregular."""
    n = max(1, round(abs(end - start) / SUPERBLOCK))
    widths = np.clip(rng.normal(1.0, variety, n), 0.72, 1.35)
    return start + (end - start) * np.concatenate([[0.0], np.cumsum(widths) / widths.sum()])


def _land(vs: Floats, arterial_at: int) -> list[LongLine]:
    """Long lines with streets at `vs`, the one numbered `arterial_at` an arterial."""
    classes = [RoadClass.SECONDARY if k == arterial_at else RoadClass.TERTIARY for k in range(len(vs))]
    return [LongLine(float(v), c, Band.LAND) for v, c in zip(vs, classes, strict=True)]


def _river(half: float, bank: float) -> list[LongLine]:
    """The long lines of the river with its streets."""
    south = LongLine(-half - bank, RoadClass.SECONDARY, Band.BANK, "滨河南路|Riverside South Road", free=False)
    north = LongLine(half + bank, RoadClass.SECONDARY, Band.LAND, "滨河北路|Riverside North Road", free=False)
    return [
        south,
        LongLine(-half, None, Band.WATER, free=False),
        LongLine(0.0, None, Band.WATER, free=False),
        LongLine(half, None, Band.BANK, free=False),
        north,
    ]


def _rail(v: float) -> list[LongLine]:
    """The long lines of the railway with the streets along it."""
    return [
        LongLine(v - RAIL_MARGIN, RoadClass.TERTIARY, Band.RAIL, "铁路南街|Railway South Street", free=False),
        LongLine(v, None, Band.RAIL, free=False),
        LongLine(v + RAIL_MARGIN, RoadClass.TERTIARY, Band.LAND, "铁路北街|Railway North Street", free=False),
    ]


def _long_lines(rng: np.random.Generator, height: float, *, large: bool) -> list[LongLine]:
    """All long lines from south to north of a district `height` metres high."""
    half, bank = (40.0, 55.0) if large else (28.0, 32.0)
    edge = half + bank
    south = _spread(rng, -0.42 * height, -edge)
    lines = _land(south[:-1], len(south) // 2)
    lines += _river(half, bank)
    top = 0.58 * height
    rail = edge + 0.66 * (top - edge) if large else top - RAIL_MARGIN
    north = _spread(rng, edge, rail - RAIL_MARGIN)
    lines += _land(north[1:-1], max(0, len(north) // 2 - 1))
    lines += _rail(rail)
    if large:
        lines += _land(_spread(rng, rail + RAIL_MARGIN, top)[1:], 0)
    return lines


def _nodes(rng: np.random.Generator, us: Floats, lines: list[LongLine], *, large: bool) -> Floats:
    """(u, v) of every crossing, shape (len(us), len(lines), 2); free lines wander, the river and railway glide."""
    n, m = len(us), len(lines)
    nodes = np.empty((n, m, 2))
    nodes[:, :, 0] = us[:, None]
    nodes[:, :, 1] = [line.v for line in lines]
    wander = rng.uniform(-24.0, 24.0, (n, m, 2))
    for j, line in enumerate(lines):
        if line.free:
            nodes[:, j] += wander[:, j]
    tilt = 0.03 * (us - us.mean()) if large else np.zeros(n)
    for j, line in enumerate(lines):
        if line.above is Band.RAIL or (j and lines[j - 1].above is Band.RAIL):
            nodes[:, j, 1] += tilt
    if large:
        for j in (0, m - 1):
            nodes[:, j, 1] += 60.0 * np.sin(us / 900.0 + j)
    return nodes


def _corners(terrain: Terrain) -> set[Cell]:
    """Cells left out so that the district is no rectangle."""
    last, top = terrain.columns - 1, terrain.bands - 1
    southeast = {(last - k, 0) for k in range(max(2, last // 4))}
    return southeast | {(last, 1), (0, top), (1, top), (2, top), (0, top - 1)}


def _drop_edges(rng: np.random.Generator, terrain: Terrain) -> set[tuple[str, int, int]]:
    """Pieces of collector street left out, so that some superblocks are double; each cell is merged at most once."""
    dropped: set[tuple[str, int, int]] = set()
    merged = set(terrain.removed)
    for i, b in [(i, b) for i in range(1, terrain.columns) for b in range(terrain.bands)]:
        land = terrain.lines[b].above is Band.LAND
        if land and not terrain.arterial(i) and rng.random() < 0.13 and not {(i - 1, b), (i, b)} & merged:
            dropped.add(("cross", i, b))
            merged |= {(i - 1, b), (i, b)}
    return dropped


def _diagonal(terrain: Terrain) -> list[tuple[int, int]]:
    """Crossings of an avenue that runs slantwise from the river through the northern quarters."""
    riverside = next(j for j, line in enumerate(terrain.lines) if line.name.startswith("滨河北路"))
    i, path = terrain.main_cross, [(terrain.main_cross, riverside)]
    while terrain.has(i, path[-1][1]) and terrain.lines[path[-1][1]].above is Band.LAND and len(path) < 4:
        i += 1
        path.append((i, path[-1][1] + 1))
    return path


def make_terrain(rng: np.random.Generator, area: float, *, large: bool) -> Terrain:
    """The terrain of a district of about `area` square metres; only a `large` one has odd corners and an avenue."""
    height = np.sqrt(area * (1.05 if large else 1.0) / 1.34)
    width = 1.34 * height
    us = _spread(rng, -width / 2, width / 2)
    lines = _long_lines(rng, float(height), large=large)
    amplitude, wavelength = (210.0, 5200.0) if large else (45.0, 1900.0)
    bend = (amplitude, wavelength, float(rng.uniform(0.0, 2 * np.pi)))
    terrain = Terrain(us, lines, _nodes(rng, us, lines, large=large), bend)
    if large:
        terrain.removed = _corners(terrain)
        terrain.diagonal = _diagonal(terrain)
        terrain.dropped = _drop_edges(rng, terrain)
        cells = {(i, b) for i, b in terrain.diagonal}
        terrain.dropped = {d for d in terrain.dropped if not {(d[1], d[2]), (d[1] - 1, d[2])} & cells}
    return terrain
