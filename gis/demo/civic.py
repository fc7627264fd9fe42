"""Everything that is no estate: schools with sports fields, hospitals, malls, offices, industry, parks."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import shapely
from shapely import LineString, Point, Polygon
from shapely.geometry.base import BaseGeometry

from gis.city import BuildingKind, RoadClass
from gis.demo.landuse import Use
from gis.demo.network import Way
from gis.demo.parcels import largest
from gis.demo.sites import House, Site

APART = 13.0  # metres between buildings
ROOM = 5.0  # metres from the drive to a building
LAKE_FROM = 170.0  # metres of the shorter side of a park with a lake
SHORE = 15.0  # metres at least between a lake and the path around the park


@dataclass(frozen=True, slots=True)
class Plan:
    """A building to place: length and depth in metres; `must` be there, or only where the count allows."""

    length: float
    depth: float
    floors: int
    kind: BuildingKind
    name: str
    must: bool = False


_B = BuildingKind
PLANS: dict[Use, tuple[Plan, ...]] = {
    Use.SCHOOL: (
        Plan(64, 15, 5, _B.SCHOOL, "教学楼|Teaching Building", must=True),
        Plan(64, 15, 5, _B.SCHOOL, "实验楼|Laboratory Building", must=True),
        Plan(48, 16, 4, _B.SCHOOL, "综合楼|Main Building"),
        Plan(36, 24, 2, _B.SCHOOL, "食堂|Canteen"),
    ),
    Use.HOSPITAL: (
        Plan(78, 26, 14, _B.HOSPITAL, "住院楼|Ward Building", must=True),
        Plan(70, 40, 5, _B.HOSPITAL, "门诊楼|Outpatient Building", must=True),
        Plan(54, 18, 6, _B.HOSPITAL, "医技楼|Diagnostics Building"),
        Plan(40, 16, 4, _B.HOSPITAL, "行政楼|Administration"),
    ),
    Use.MALL: (
        Plan(118, 72, 5, _B.COMMERCIAL, "购物中心|Shopping Centre", must=True),
        Plan(44, 26, 18, _B.COMMERCIAL, "酒店|Hotel", must=True),
        Plan(60, 22, 3, _B.COMMERCIAL, "商业街|Shopping Street"),
    ),
    Use.OFFICE: (
        Plan(40, 38, 28, _B.OFFICE, "A座|Tower A", must=True),
        Plan(40, 36, 24, _B.OFFICE, "B座|Tower B", must=True),
        Plan(46, 20, 9, _B.OFFICE, "C座|Tower C"),
    ),
    Use.INDUSTRY: (
        Plan(132, 60, 2, _B.INDUSTRIAL, "1号厂房|Works 1", must=True),
        Plan(54, 18, 5, _B.OFFICE, "办公楼|Office Building"),
        Plan(120, 54, 1, _B.INDUSTRIAL, "2号厂房|Works 2"),
        Plan(96, 42, 1, _B.INDUSTRIAL, "仓库|Warehouse"),
        Plan(84, 36, 1, _B.INDUSTRIAL, "3号厂房|Works 3"),
        Plan(40, 24, 1, _B.INDUSTRIAL, "配送中心|Depot"),
    ),
    Use.KINDERGARTEN: (Plan(42, 17, 3, _B.SCHOOL, "幼儿园|Kindergarten", must=True),),
    Use.MARKET: (
        Plan(64, 30, 2, _B.COMMERCIAL, "菜市场|Food Market", must=True),
        Plan(70, 14, 3, _B.COMMERCIAL, "商铺|Shops"),
    ),
    Use.POLICE: (Plan(38, 15, 5, _B.PUBLIC, "派出所|Police Station", must=True),),
    Use.FIRE: (Plan(46, 17, 3, _B.PUBLIC, "消防救援站|Fire Station", must=True),),
    Use.CENTRE: (Plan(38, 16, 3, _B.PUBLIC, "党群服务中心|Community Service Centre", must=True),),
    Use.TOWNHALL: (
        Plan(72, 20, 8, _B.PUBLIC, "政务服务中心|Government Service Centre", must=True),
        Plan(40, 16, 4, _B.PUBLIC, "档案馆|Archive"),
    ),
    Use.CARE: (Plan(54, 15, 5, _B.PUBLIC, "养老服务中心|Care Home", must=True),),
}


# Uses whose ground is paved.
PAVED = {Use.MALL, Use.MARKET, Use.INDUSTRY, Use.FIRE, Use.POLICE}


class _Yard:
    """The free room on a site, in the straightened frame."""

    def __init__(self, site: Site) -> None:
        self.free: BaseGeometry = largest(site.straight(site.drive).buffer(-ROOM, join_style="mitre"))

    def take(self, length: float, depth: float, *, from_south: bool = False) -> Polygon | None:
        """The northernmost (or southernmost) place for a box, which is then taken; None where there is none."""
        west, south, east, north = self.free.bounds if not self.free.is_empty else (0, 0, 0, 0)
        xs = np.linspace(west + 1, max(east - length - 1, west + 1), 12)
        ys = np.linspace(south + 1, max(north - depth - 1, south + 1), 16)
        yy, xx = (part.ravel() for part in np.meshgrid(ys if from_south else ys[::-1], xs, indexing="ij"))
        boxes = shapely.box(xx, yy, xx + length, yy + depth)
        shapely.prepare(self.free)
        fitting = np.flatnonzero(shapely.contains(self.free, boxes))
        if not len(fitting):
            return None
        found: Polygon = boxes[int(fitting[0])]
        self.free = self.free.difference(found.buffer(APART, join_style="mitre"))
        return found


def _oval(place: Polygon) -> Polygon:
    """A running track inside a box."""
    west, south, east, north = place.bounds
    radius = (north - south) / 2
    middle = LineString([(west + radius, south + radius), (east - radius, south + radius)])
    return middle.buffer(radius, quad_segs=6)


def _sports_field(site: Site, yard: _Yard) -> None:
    """A school's track or, on a small lot, a ball court."""
    for length, depth in ((176.0, 92.0), (128.0, 74.0), (92.0, 56.0), (28.0, 15.0)):
        place = yard.take(length, depth, from_south=True)
        if place is not None:
            site.greens.append(("pitch", site.turned(_oval(place) if length > 30 else place)))
            return


def build_civic(site: Site) -> list[bool]:
    """Place the buildings of the site's use; for each whether it must be there."""
    yard, use = _Yard(site), site.parcel.request.use
    placed: list[tuple[Plan, Polygon]] = []
    if use is Use.SCHOOL:
        _sports_field(site, yard)
    for plan in PLANS.get(use, ()):
        place = yard.take(plan.length, plan.depth)
        for shrink in (0.85, 0.7, 0.55, 0.45, 0.35, 0.25) if plan.must else ():
            place = place or yard.take(plan.length * shrink, plan.depth * max(shrink, 0.55))
        if place is not None:
            placed.append((plan, place))
    footprints = [site.turned(place) for _, place in placed]
    for (plan, _), footprint in zip(placed, footprints, strict=True):
        site.houses.append(House(footprint, plan.kind, plan.floors, [], name=plan.name))
    return [plan.must for plan, _ in placed]


def _lawn(site: Site, built: BaseGeometry) -> None:
    """Grass where neither buildings nor their forecourts nor the sports field are."""
    taken = shapely.union_all([built, *(green for _, green in site.greens)]).buffer(9.0, join_style="mitre")
    lawn = largest(site.drive.buffer(-6.0, join_style="mitre").difference(taken).buffer(-3.0).buffer(3.0))
    if lawn.area > 300.0:
        site.greens.append(("grass", lawn))


def _spur(house: House, built: BaseGeometry, ring: LineString) -> LineString:
    """The shortest path from the middle of a façade to the drive that passes through no building."""
    corners = shapely.get_coordinates(house.footprint)
    facades = [Point((a + b) / 2) for a, b in pairwise(corners)]
    straight = [shapely.shortest_line(p, ring) for p in facades]
    stops = [ring.interpolate(d) for d in np.arange(0.0, ring.length, 12.0)]
    for spurs in (straight, [LineString([p, stop]) for p in facades for stop in stops]):
        clear = [s for s in spurs if s.intersection(built).length < 0.005]
        if clear:
            return min(clear, key=lambda s: s.length)
    return min(straight, key=lambda s: s.length)


def open_doors(site: Site) -> None:
    """Give every building of a civic site its entrance, with a path from the drive, and the site its lawn."""
    built = shapely.union_all([h.footprint for h in site.houses]) if site.houses else Polygon()
    ring = site.drive.exterior
    for house in site.houses:
        spur = _spur(house, built, ring)
        house.entrances = [Point(spur.coords[0])]
        site.ways.append(Way(spur, RoadClass.FOOTWAY))
    if site.parcel.request.use not in PAVED:
        _lawn(site, built)


def lay_out_park(site: Site, rng: np.random.Generator) -> None:
    """A park: the whole lot green, a path around its lake or lawn, and paths from there to all sides."""
    site.greens.append(("park", site.lot))
    west, south, east, north = site.straight(site.drive).bounds
    middle = np.array([(west + east) / 2, (south + north) / 2])
    size = np.array([east - west, north - south])
    lake = site.turned(_lake(middle, size, rng)) if size.min() > LAKE_FROM else Polygon()
    if not lake.is_empty and site.drive.buffer(-SHORE).covers(lake):
        site.waters.append(lake)
        round_path = largest(lake.buffer(9.0).simplify(1.0)).exterior
    else:
        turn = np.linspace(0.0, 2 * np.pi, 25)[:-1]
        centre = shapely.get_coordinates(site.straight(site.drive).representative_point())[0]
        reach = min(0.23 * size.max(), 0.5 * site.drive.exterior.distance(site.turned(Point(centre))))
        oval = np.minimum(size * 0.23, 1.6 * reach)
        round_path = site.turned(Polygon(centre + np.column_stack([np.cos(turn), np.sin(turn)]) * oval)).exterior
    site.ways.append(Way(LineString(round_path.coords), RoadClass.FOOTWAY))
    for share in (0.07, 0.32, 0.55, 0.81):
        start = site.drive.exterior.interpolate(share, normalized=True)
        spoke = shapely.shortest_line(start, round_path)
        if site.drive.buffer(0.1).covers(spoke):
            site.ways.append(Way(spoke, RoadClass.FOOTWAY))


def _lake(middle: np.ndarray, size: np.ndarray, rng: np.random.Generator) -> Polygon:
    """A winding lake about `middle`, within 40 % of `size` on each side."""
    steps = np.linspace(-0.24, 0.24, 5)[:, None]
    along = np.array([1.0, 0.0]) if size[0] > size[1] else np.array([0.0, 1.0])
    across = along[::-1]
    sway = (rng.uniform(-0.10, 0.10, 5)[:, None] * across) * size
    centres = middle + steps * along * size + sway
    radii = rng.uniform(0.11, 0.2, 5) * size.min()
    pools = [Point(c).buffer(r) for c, r in zip(centres, radii, strict=True)]
    links = LineString(centres).buffer(0.09 * size.min())
    return largest(shapely.union_all([*pools, links]).buffer(12.0).buffer(-24.0).buffer(12.0).simplify(0.8))
