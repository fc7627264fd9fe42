"""Residential estates: rows of slabs or staggered towers that face south, a garden, lanes, and the cuts into blocks."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import shapely
from shapely import LineString, MultiPolygon, Point, Polygon, box
from shapely.geometry.base import BaseGeometry

from gis.city import BuildingKind, RoadClass
from gis.demo.network import Way
from gis.demo.parcels import largest
from gis.demo.sites import House, Site

Piece = tuple[BaseGeometry, list[House]]  # a part of a parcel and the buildings on it

BLOCK_LIMIT = 120  # households above which a block is cut again
ROOM = 6.5  # metres between the drive and the nearest building
LANE = 4.5  # metres from the façade to the lane before the entrances
SPREADS = (1.75, 1.55, 1.4, 1.28, 1.16, 1.05, 0.95)  # distances, as shares of a style's own


@dataclass(frozen=True, slots=True)
class Style:
    """A way to build: entrances side by side, metres of each, floors, doors on a floor, and distances."""

    age: str
    entrances: int
    width: float  # metres of one entrance
    depth: float
    floors: int
    doors: int
    sun: float  # distance between rows as a share of the height
    gap: float  # metres between neighbours in a row
    staggered: bool = False

    @property
    def length(self) -> float:
        """Metres from end to end."""
        return self.entrances * self.width

    @property
    def capacity(self) -> int:
        """Dwellings in one building."""
        return self.entrances * self.floors * self.doors

    @property
    def pitch(self) -> float:
        """Metres from row to row."""
        return self.depth + self.sun * self.floors * 3.0


STYLES = (
    Style("old", 3, 13.5, 11.4, 6, 2, 1.3, 9.0),
    Style("old", 4, 13.0, 11.4, 6, 2, 1.3, 9.0),
    Style("old", 5, 12.6, 11.0, 6, 2, 1.25, 10.0),
    Style("old", 3, 15.5, 11.0, 6, 3, 1.25, 10.0),
    Style("mid", 2, 16.5, 13.0, 11, 2, 1.2, 13.0),
    Style("mid", 3, 16.0, 13.0, 11, 2, 1.2, 13.0),
    Style("tower", 2, 18.5, 14.5, 18, 2, 0.85, 18.0, staggered=True),
    Style("tower", 1, 29.0, 20.0, 18, 4, 0.75, 26.0, staggered=True),
    Style("tower", 1, 29.0, 21.0, 26, 4, 0.6, 30.0, staggered=True),
    Style("tower", 2, 17.5, 14.5, 15, 2, 0.9, 17.0),
)
# Where a lot is too small for anything else.
LAST_RESORT = Style("tower", 1, 27.0, 19.0, 30, 6, 0.25, 14.0)
VILLAGE = Style("village", 1, 13.0, 11.0, 6, 3, 0.3, 3.5)


def _row(zone: Polygon, y: float, style: Style, spread: float, shift: float) -> list[Polygon]:
    """Footprints of one row with its south side at `y`, as many as fit into the zone."""
    strip = zone.intersection(box(-9999.0, y, 9999.0, y + style.depth))
    if strip.is_empty:
        return []
    west, _, east, _ = strip.bounds
    gap = style.gap * spread
    count = int((east - west + gap) // (style.length + gap))
    if count < 1:
        return []
    slack = east - west - count * style.length - (count - 1) * gap
    gap += 0.6 * slack / max(count - 1, 1) if count > 1 else 0.0
    start = west + (east - west - count * style.length - (count - 1) * gap) * (0.5 + shift)
    places = start + np.arange(count) * (style.length + gap)
    ends = places + style.length
    boxes = shapely.box(places, np.full(count, y), ends, np.full(count, y + style.depth))
    return list(boxes[shapely.contains(zone, boxes)])


def _slots(zone: Polygon, style: Style, spread: float) -> list[list[Polygon]]:
    """Rows of footprints from south to north that fit into the zone."""
    _, south, _, north = zone.bounds
    pitch = style.pitch * spread
    count = max(1, int((north - south - style.depth) // pitch) + 1)
    free = north - south - style.depth - (count - 1) * pitch
    pitch += 0.7 * free / (count - 1) if count > 1 else 0.0
    start = south + (north - south - style.depth - (count - 1) * pitch) / 2
    shifts = [0.0] * count if not style.staggered else [(-0.45, 0.45)[k % 2] for k in range(count)]
    rows = [_row(zone, start + k * pitch, style, spread, shift) for k, shift in enumerate(shifts)]
    return [row for row in rows if row]


def _fitting(zone: Polygon, style: Style, target: int) -> list[list[Polygon]] | None:
    """The widest spread rows of a style that have room for `target` dwellings; None where they have not."""
    needed = -(-target // style.capacity)
    spreads = (1.2, 1.0, 0.85) if style.age == "village" else SPREADS
    for spread in spreads:
        rows = _slots(zone, style, spread)
        if sum(map(len, rows)) >= needed:
            return rows
    return None


def _drop_for_garden(
    rows: list[list[Polygon]], surplus: int, middle: Point
) -> tuple[list[list[Polygon]], list[Polygon]]:
    """The rows without the `surplus` footprints nearest to the middle, and those footprints."""
    ranked = sorted((slot for row in rows for slot in row), key=lambda slot: slot.centroid.distance(middle))
    dropped = ranked[:surplus]
    gone = {id(slot) for slot in dropped}
    kept = [[slot for slot in row if id(slot) not in gone] for row in rows]
    return [row for row in kept if row], dropped


def _shape(slot: Polygon, style: Style) -> Polygon:
    """The footprint of a building: a slab with stair bays, or a tower with recessed corners."""
    west, south, east, north = slot.bounds
    if style.entrances > 1:
        bay, ring = 1.2, [(west, south), (east, south)]
        for k in reversed(range(style.entrances)):
            mid = west + (k + 0.5) * style.width
            ring += [(mid + 3.0, north - bay), (mid + 3.0, north), (mid - 3.0, north), (mid - 3.0, north - bay)]
        return Polygon([*ring[:2], (east, north - bay), *ring[2:], (west, north - bay)])
    if style.age == "village":
        return slot
    cut_x, cut_y = 0.22 * (east - west), 0.22 * (north - south)
    cross = box(west, south + cut_y, east, north - cut_y).union(box(west + cut_x, south, east - cut_x, north))
    return largest(cross)


def _entrances(slot: Polygon, style: Style) -> list[Point]:
    """The entrances on the north façade, from west to east."""
    west, _, _, north = slot.bounds
    return [Point(west + (k + 0.5) * style.width, north) for k in range(style.entrances)]


def _houses(rows: Sequence[Sequence[Polygon]], style: Style, target: int, rng: np.random.Generator) -> list[House]:
    """Buildings with `target` dwellings in all: some a floor lower, and a few doors that are not dwellings."""
    houses = [
        House(_shape(s, style), BuildingKind.RESIDENTIAL, style.floors, _entrances(s, style), style.doors, row=r)
        for r, row in enumerate(rows)
        for s in row
    ]
    for house in houses:
        house.dwellings = style.capacity
    surplus, floor = style.capacity * len(houses) - target, style.entrances * style.doors
    order = rng.permutation(len(houses))
    for turn in range(surplus // floor):
        house = houses[order[turn % len(houses)]]
        house.floors -= 1
        house.dwellings -= floor
    houses[order[-1]].dwellings -= surplus % floor
    return houses


def _cut_rows(site: Site, houses: Sequence[House]) -> list[Piece]:
    """The straightened parcel cut between rows, and inside rows with many households, each piece with its houses."""
    parcel = site.straight(site.parcel.polygon)
    rows: dict[int, list[House]] = {}
    for house in houses:
        rows.setdefault(house.row, []).append(house)
    groups: list[list[House]] = []
    for row in rows.values():
        full = sum(h.dwellings for h in row)
        if groups and sum(h.dwellings for h in groups[-1]) + full <= BLOCK_LIMIT:
            groups[-1] += row
        else:
            groups.append(list(row))
    edges = [
        (max(h.footprint.bounds[3] for h in a) + min(h.footprint.bounds[1] for h in b)) / 2 for a, b in pairwise(groups)
    ]
    site.cuts += _clipped([LineString([(-9999.0, y), (9999.0, y)]) for y in edges], parcel, site)
    pieces = []
    for group, south, north in zip(groups, [-9999.0, *edges], [*edges, 9999.0], strict=True):
        pieces += _cut_group(site, parcel, group, (south, north))
    return pieces


def _cut_group(site: Site, parcel: BaseGeometry, group: list[House], band: tuple[float, float]) -> list[Piece]:
    """One band of the parcel, cut from north to south where it holds too many households."""
    south, north = band
    ordered = sorted(group, key=lambda h: h.footprint.bounds[0])
    parts: list[list[House]] = [[]]
    total = sum(h.dwellings for h in ordered)
    share = total / -(-total // BLOCK_LIMIT)
    if len({h.row for h in group}) == 1:
        for house in ordered:
            held = sum(h.dwellings for h in parts[-1])
            if held and (held + house.dwellings / 2 > share or held + house.dwellings > BLOCK_LIMIT):
                parts.append([])
            parts[-1].append(house)
    else:
        parts = [ordered]
    edges = [(a[-1].footprint.bounds[2] + b[0].footprint.bounds[0]) / 2 for a, b in pairwise(parts)]
    strip = parcel.intersection(box(-9999.0, south, 9999.0, north))
    site.cuts += _clipped([LineString([(x, max(south, -9000.0)), (x, min(north, 9000.0))]) for x in edges], strip, site)
    return [
        (strip.intersection(box(west, -9999.0, east, 9999.0)), part)
        for part, west, east in zip(parts, [-9999.0, *edges], [*edges, 9999.0], strict=True)
    ]


def _clipped(lines: Sequence[LineString], area: BaseGeometry, site: Site) -> list[LineString]:
    """The parts of lines inside an area, turned back into the district's frame."""
    inside = shapely.get_parts(shapely.intersection(np.array(lines, dtype=object), area))
    return [site.turned(line) for line in inside if isinstance(line, LineString) and line.length > 0.5]


def _to_grids(pieces: Sequence[Piece], base: tuple[int, ...]) -> list[int]:
    """The base grid of every piece: all in the one, or the first pieces in the first of two."""
    if len(base) == 1:
        return [base[0]] * len(pieces)
    sums = np.cumsum([sum(h.dwellings for h in part) for _, part in pieces])
    turn = int(np.argmin(np.abs(sums - sums[-1] / 2)))
    return [base[0] if k <= turn else base[1] for k in range(len(pieces))]


def _lanes(site: Site, style: Style, houses: Sequence[House]) -> list[Way]:
    """The lanes along the entrances of every row, from drive to drive."""
    yard = site.straight(site.drive)
    road = RoadClass.LIVING_STREET if style.age == "village" else RoadClass.FOOTWAY
    ways = []
    for row in sorted({h.row for h in houses}):
        y = max(h.entrances[0].y for h in houses if h.row == row) + min(LANE, 0.3 * (style.pitch - style.depth))
        inside = yard.intersection(LineString([(-9999.0, y), (9999.0, y)]))
        lines = [g for g in shapely.get_parts(inside) if isinstance(g, LineString)]
        if lines:
            ways.append(Way(site.turned(max(lines, key=lambda g: g.length)), road))
    return ways


def _boxes(houses: Sequence[House]) -> MultiPolygon:
    """The boxes around buildings that stand straight."""
    return MultiPolygon([box(*h.footprint.bounds) for h in houses])


def _garden(site: Site, dropped: Sequence[Polygon], houses: Sequence[House], style: Style) -> None:
    """Lay out lawns between the rows, and a garden where footprints were left free."""
    built = _boxes(houses)
    yard = site.straight(site.drive).buffer(-3.5, join_style="mitre")
    garden = Polygon()
    if dropped:
        reach = min(16.0, style.gap)
        free = (
            shapely.union_all(list(dropped))
            .buffer(reach, join_style="mitre")
            .difference(built.buffer(7.0, join_style="mitre"))
        )
        garden = largest(free.intersection(yard).buffer(-2.0).buffer(2.0))
    if garden.area > 250.0:
        site.greens.append(("garden", site.turned(garden)))
    open_ground = shapely.intersection(shapely.union_all(_strips(houses)), yard)
    open_ground = open_ground.difference(garden.buffer(2.0)).difference(built.buffer(2.0, join_style="mitre"))
    lawns = MultiPolygon([g for g in shapely.get_parts(open_ground) if isinstance(g, Polygon) and g.area > 60.0])
    if not lawns.is_empty and style.age != "village":
        site.greens.append(("grass", site.turned(lawns)))


def _strips(houses: Sequence[House]) -> list[Polygon]:
    """The ground between the lane of each row and the façades of the next, and south of the first row."""
    rows = sorted({h.row for h in houses})
    south = {r: min(h.footprint.bounds[1] for h in houses if h.row == r) for r in rows}
    north = {r: max(h.footprint.bounds[3] for h in houses if h.row == r) for r in rows}
    edges = [(-9999.0, south[rows[0]])] + [(north[a] + LANE, south[b]) for a, b in pairwise(rows)]
    edges.append((north[rows[-1]] + LANE, 9999.0))
    return [box(-9999.0, low + 1.8, 9999.0, high - 2.0) for low, high in edges if high - low > 6.0]


def _axis(site: Site, houses: Sequence[House]) -> Way | None:
    """A path from the south drive to the north drive between the buildings, as near the middle as they let it be."""
    yard = site.straight(site.drive)
    built = _boxes(houses).buffer(1.6, join_style="mitre")
    west, south, east, north = yard.bounds
    for k in range(16):
        x = (west + east) / 2 + (1 if k % 2 else -1) * (k + 1) // 2 * 0.025 * (east - west)
        line = yard.intersection(LineString([(x, south - 1), (x, north + 1)]))
        if isinstance(line, LineString) and line.length > 40 and not line.intersects(built):
            return Way(site.turned(line), RoadClass.FOOTWAY)
    return None


def build_estate(site: Site, styles: Sequence[Style], rng: np.random.Generator) -> bool:
    """Build the site's estate in the first of `styles` that has room for its households; False where none has."""
    zone = largest(site.straight(site.drive).buffer(-ROOM, join_style="mitre"))
    target = site.parcel.request.target
    for style in styles:
        rows = _fitting(zone, style, target)
        if rows is None:
            continue
        surplus = sum(map(len, rows)) - -(-target // style.capacity)
        rows, dropped = _drop_for_garden(rows, surplus, zone.centroid)
        houses = _houses(rows, style, target, rng)
        pieces = _cut_rows(site, houses)
        site.blocks = [
            (site.turned(piece), grid)
            for (piece, _), grid in zip(pieces, _to_grids(pieces, site.parcel.request.base), strict=True)
        ]
        site.age = style.age
        site.ways += _lanes(site, style, houses)
        axis = _axis(site, houses)
        site.ways += [axis] if axis else []
        _garden(site, dropped, houses, style)
        site.houses = [
            replace(h, footprint=site.turned(h.footprint), entrances=[site.turned(p) for p in h.entrances])
            for h in houses
        ]
        return True
    return False
