"""A parcel inside its streets: the lot behind the pavement, the drive around it, and its gates."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString, MultiPolygon, Point, Polygon, STRtree
from shapely.geometry.base import BaseGeometry

from gis.city import BuildingKind, RoadClass
from gis.demo.landuse import Parcel
from gis.demo.network import Way
from gis.demo.parcels import largest, long_axis

G = TypeVar("G", bound=BaseGeometry)

WALL = 2.5  # metres from the edge of the parcel to the wall
DRIVE = 6.5  # metres from the wall to the middle of the drive inside it
GATE_STEP = 21.0  # metres between the places where a gate may be
PIECE = 4  # vertices
SOUTHWARD = 18.0  # degrees up to which buildings follow their street rather than face due south


class DoesNotFitError(ValueError):
    """The land that was drawn has no room for what was asked of it; another draw may have."""


@dataclass(slots=True)
class House:
    """A building of any use; dwellings that its size has room for and that are missing are on the ground floor."""

    footprint: Polygon
    kind: BuildingKind
    floors: int
    entrances: list[Point]
    doors: int = 0  # dwellings on each floor at each entrance
    dwellings: int = 0
    name: str = ""
    row: int = 0

    @property
    def has_lift(self) -> bool:
        """Seven floors and more have a lift, and so have large public buildings."""
        return self.floors >= 7 or (self.kind is not BuildingKind.RESIDENTIAL and self.floors >= 4)


@dataclass(slots=True)
class Site:
    """A parcel as it is built: `lot` behind the pavement, `drive` the ring way inside, `frame` degrees of its rows."""

    parcel: Parcel
    lot: Polygon
    drive: Polygon
    frame: float
    middle: NDArray[np.float64]
    houses: list[House] = field(default_factory=list)
    ways: list[Way] = field(default_factory=list)
    gates: list[Point] = field(default_factory=list)
    greens: list[tuple[str, Polygon | MultiPolygon]] = field(default_factory=list)
    waters: list[Polygon] = field(default_factory=list)
    blocks: list[tuple[BaseGeometry, int]] = field(default_factory=list)  # piece of the parcel, base grid
    cuts: list[LineString] = field(default_factory=list)
    age: str = ""

    def straight(self, geometry: G) -> G:
        """A geometry turned so that the rows of this site run along x, about the middle of the lot."""
        return self._turned(geometry, -self.frame)

    def turned(self, geometry: G) -> G:
        """The opposite of `straight`."""
        return self._turned(geometry, self.frame)

    def _turned(self, geometry: G, degrees: float) -> G:
        """The geometry turned to the left."""
        cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
        return shapely.transform(
            geometry, lambda xy: (xy - self.middle) @ np.array([[cos, sin], [-sin, cos]]) + self.middle
        )


def _frame(lot: Polygon) -> float:
    """The degrees by which rows on the lot are turned: along its street where that still faces south."""
    (x, y), _ = long_axis(lot)
    angle = (np.degrees(np.arctan2(y, x)) + 45.0) % 90.0 - 45.0
    return float(angle) if abs(angle) <= SOUTHWARD else 0.0


class Streetscape:
    """The public streets, to be asked which are near."""

    def __init__(self, ways: Sequence[Way]) -> None:
        """Index the streets and the land they take, in short pieces."""
        pieces = [replace(way, line=line) for way in ways for line in _short(way.line)]
        self._land = np.array([way.land() for way in pieces], dtype=object)
        self._tree = STRtree(self._land)
        self._level = [way for way in pieces if way.level == 0]
        self._ground = np.array([way.line for way in self._level], dtype=object)
        self._lines = STRtree(self._ground)

    def lot(self, polygon: Polygon) -> Polygon:
        """What streets and pavements leave of a parcel."""
        near = self._tree.query(polygon)
        free = polygon.buffer(-WALL, join_style="mitre").difference(shapely.union_all(self._land[near]))
        return largest(largest(free).buffer(-1.0, quad_segs=2).buffer(1.0, join_style="mitre").simplify(0.4))

    def links(self, points: NDArray[np.object_], parcel: Polygon) -> list[LineString]:
        """The shortest lines from points to streets, those that stay on the parcel."""
        lines = shapely.shortest_line(points, self._ground[self._lines.nearest(points)])
        around = parcel.buffer(0.5, quad_segs=2)
        shapely.prepare(around)
        return [line for line in lines[shapely.covers(around, lines)] if isinstance(line, LineString)]

    def nearest(self, point: Point) -> Way:
        """The street nearest to a point, a short piece of it."""
        return self._level[int(self._lines.nearest(point))]


def _short(line: LineString) -> list[LineString]:
    """The line in pieces of a few vertices, so that an index finds what is near."""
    xy = shapely.get_coordinates(line)
    return [LineString(xy[k : k + PIECE + 1]) for k in range(0, len(xy) - 1, PIECE)]


def make_site(parcel: Parcel, streets: Streetscape) -> Site:
    """The site of a parcel, still without buildings."""
    lot = streets.lot(parcel.polygon)
    drive = largest(lot.buffer(-DRIVE, join_style="mitre").simplify(1.0))
    return Site(parcel, lot, drive, _frame(lot), shapely.get_coordinates(lot.centroid)[0])


def open_gates(site: Site, streets: Streetscape, gates: int, rng: np.random.Generator) -> None:
    """Give the site its drive and join it to the streets by up to `gates` gates, far from each other."""
    ring = site.drive.exterior
    steps = np.arange(0.0, ring.length, GATE_STEP) + float(rng.uniform(0.0, GATE_STEP))
    links = streets.links(shapely.line_interpolate_point(ring, steps), site.parcel.polygon)
    if not links:
        raise DoesNotFitError(f"no street reaches the parcel around {site.lot.centroid}")
    shortest = min(link.length for link in links)
    links = [link for link in links if link.length < shortest + 14.0]
    chosen = [links[int(rng.integers(len(links)))]]
    while len(chosen) < gates:
        further = max(links, key=lambda link: min(link.distance(other) for other in chosen))
        if min(further.distance(other) for other in chosen) < 70.0:
            break
        chosen.append(further)
    site.ways.append(Way(LineString(ring.coords), RoadClass.SERVICE))
    for k, link in enumerate(chosen):
        road = RoadClass.FOOTWAY if k == 2 else RoadClass.SERVICE
        site.ways.append(Way(link, road))
        gate = link.intersection(site.lot.exterior)
        site.gates.append(Point(shapely.get_coordinates(gate)[0]))
