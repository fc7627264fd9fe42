"""Buildings with floors and entrances. What the map does not say is assumed by stated rules, and reported."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import shapely
from shapely import LineString, MultiPolygon, Point, Polygon
from shapely.geometry.base import BaseGeometry

from gis.city import BuildingKind, Names, RoadEdge
from gis.osm.names import clean, name_en_of, name_of, names_of
from gis.osm.plane import Plane
from gis.osm.reader import Box, OsmNode
from gis.osm.report import Report
from gis.osm.shapes import Shape
from gis.osm.tags import building_kind_of, number_of, site_kind_of

SMALLEST = 10.0  # m²: a smaller footprint is no building
STOREY = 3.0  # metres from floor to floor, where a height is stated and floors are not, or the other way round
HIGHEST, TALLEST = 200, 900.0  # floors, metres
LIFT_FROM = 7  # floors: the code asks for a lift above six
RESIDENTIAL_UP_TO = 1500.0  # m²: an unmarked footprint of this size is taken for housing, a larger one for shops
HUT = 60.0  # m²: smaller ones are taken for sheds
FACADE = 22.0  # metres of a residential building's long side for one entrance
MOST_ENTRANCES = 12
ADDRESS_WITHIN = 200.0  # metres to the road that gives a building its address

FLOORS = {  # assumed where neither levels nor a height are stated
    BuildingKind.RESIDENTIAL: 6,
    BuildingKind.COMMERCIAL: 4,
    BuildingKind.OFFICE: 10,
    BuildingKind.INDUSTRIAL: 2,
    BuildingKind.SCHOOL: 4,
    BuildingKind.HOSPITAL: 6,
    BuildingKind.PUBLIC: 3,
    BuildingKind.OTHER: 1,
}


class House(NamedTuple):
    """A building in local metres, with the places of its entrances."""

    id: str
    kind: BuildingKind
    name: str
    name_en: str
    address: str
    floors: int
    floors_assumed: bool
    height: float
    has_lift: bool
    lonlat: MultiPolygon
    footprint: MultiPolygon
    entrances: tuple[Point, ...]
    names: Names


class Roadside:
    """The roads, to be asked which is nearest; in local metres."""

    def __init__(self, edges: Sequence[RoadEdge], frame: Plane) -> None:
        """Index the roads, and those with a name apart."""
        self._lines = [frame.to_metres(edge.geometry) for edge in edges]
        self._tree = shapely.STRtree(self._lines)
        self._named = [i for i, edge in enumerate(edges) if edge.name]
        self._named_tree = shapely.STRtree([self._lines[i] for i in self._named])
        self._names = [(edges[i].name, edges[i].name_en) for i in self._named]

    def nearest(self, geometry: BaseGeometry) -> LineString | None:
        """The road nearest to a geometry."""
        found = self._tree.nearest(geometry)
        return None if found is None else self._lines[int(found)]

    def name_near(self, geometry: BaseGeometry, within: float = ADDRESS_WITHIN) -> tuple[str, str]:
        """The name of the nearest named road in Chinese and English; "" where none is within so many metres."""
        found = self._named_tree.query_nearest(geometry, max_distance=within, all_matches=False)
        return self._names[int(found[0])] if len(found) else ("", "")


def houses_of(
    shapes: Sequence[Shape],
    nodes: Mapping[int, OsmNode],
    *,
    box: Box,
    frame: Plane,
    roadside: Roadside,
    report: Report,
) -> list[House]:
    """The buildings whose middle lies in the box."""
    sites = _Sites(shapes)
    houses: list[House] = []
    for shape in shapes:
        if shape.tags.get("building", "no") in {"no", "entrance"}:
            continue
        middle = shapely.point_on_surface(shape.geometry)
        if not box.holds(np.array([[middle.x, middle.y]]))[0]:
            report.note("skipped", "a building outside the box", shape.id)
            continue
        footprint = frame.to_metres(shape.geometry)
        if footprint.area < SMALLEST:
            report.note("skipped", f"a building under {SMALLEST:.0f} m²", shape.id)
            continue
        kind = _kind(shape, footprint, sites, report)
        entrances = _mapped_entrances(shape, nodes, frame)
        if entrances:
            report.note("kept", "buildings with mapped entrances", shape.id)
        else:
            entrances = made_entrances(footprint, kind, roadside)
        houses.append(_house(shape, footprint, kind, roadside, report)._replace(entrances=entrances))
    report.note("kept", "buildings", count=len(houses))
    return houses


class _Sites:
    """Areas whose land use says what the buildings on them are for; the smallest one around a building counts."""

    def __init__(self, shapes: Iterable[Shape]) -> None:
        found = [(kind, shape.geometry) for shape in shapes if (kind := _site_kind(shape))]
        found.sort(key=lambda site: -site[1].area)
        self.kinds = [kind for kind, _ in found]
        self.tree = shapely.STRtree([geometry for _, geometry in found])

    def kind_at(self, point: Point) -> BuildingKind | None:
        """The use of the smallest area around a point."""
        around = self.tree.query(point, predicate="intersects")
        return self.kinds[int(max(around))] if len(around) else None


def _site_kind(shape: Shape) -> BuildingKind | None:
    return None if "building" in shape.tags else site_kind_of(shape.tags)


def _kind(shape: Shape, footprint: MultiPolygon, sites: _Sites, report: Report) -> BuildingKind:
    """The use of a building: stated, else that of the area around it, else assumed by its size."""
    stated = building_kind_of(shape.tags) or sites.kind_at(shapely.point_on_surface(shape.geometry))
    if stated:
        return stated
    if footprint.area < HUT:
        kind = BuildingKind.OTHER
    else:
        kind = BuildingKind.RESIDENTIAL if footprint.area <= RESIDENTIAL_UP_TO else BuildingKind.COMMERCIAL
    report.note("assumed", f"a building of unstated use: {kind} by its size", shape.id)
    return kind


def _house(
    shape: Shape,
    footprint: MultiPolygon,
    kind: BuildingKind,
    roadside: Roadside,
    report: Report,
) -> House:
    """The building without its entrances."""
    floors, assumed, height = _floors(shape, kind, footprint, report)
    return House(
        id=shape.id,
        kind=kind,
        name=name_of(shape.tags),
        name_en=name_en_of(shape.tags),
        address=_address(shape, footprint, roadside),
        floors=floors,
        floors_assumed=assumed,
        height=height,
        has_lift={"yes": True, "no": False}.get(shape.tags.get("elevator", ""), floors >= LIFT_FROM),
        lonlat=shape.geometry,
        footprint=footprint,
        entrances=(),
        names=names_of(shape.tags),
    )


def _floors(shape: Shape, kind: BuildingKind, footprint: MultiPolygon, report: Report) -> tuple[int, bool, float]:
    """Floors, whether they are assumed, and the height in metres."""
    levels, height = number_of(shape.tags.get("building:levels")), number_of(shape.tags.get("height"))
    if levels is None and height is None:
        report.note("assumed", f"floors of a building: {FLOORS[kind]} ({kind})", shape.id)
        floors = 1 if footprint.area < HUT else FLOORS[kind]
        return floors, True, floors * STOREY
    if levels is None:
        report.note("assumed", "floors of a building: height / 3 m", shape.id)
    floors = max(1, min(HIGHEST, round(levels if levels is not None else (height or 0) / STOREY)))
    return floors, levels is None, min(TALLEST, height or floors * STOREY)


def _address(shape: Shape, footprint: MultiPolygon, roadside: Roadside) -> str:
    """Street and number as mapped; else the name of the nearest road."""
    full = clean(shape.tags.get("addr:full", ""))
    street, number = clean(shape.tags.get("addr:street", "")), clean(shape.tags.get("addr:housenumber", ""))
    if full or (street and number):
        return full or f"{street}{number}{'' if number.endswith('号') else '号'}"
    return street or roadside.name_near(footprint)[0]


def _mapped_entrances(shape: Shape, nodes: Mapping[int, OsmNode], frame: Plane) -> tuple[Point, ...]:
    """The entrances that the map shows on the outline, those of the household first."""
    found = [nodes[ref] for ref in dict.fromkeys(shape.refs) if ref in nodes]
    found = [node for node in found if node.tags.get("entrance", "no") not in {"no", "emergency", "garage"}]
    places = np.array([(node.lon, node.lat) for node in found], dtype=np.float64).reshape(-1, 2)
    return tuple(Point(place) for place in frame.metres(places)) if found else ()


def made_entrances(footprint: MultiPolygon, kind: BuildingKind, roadside: Roadside) -> tuple[Point, ...]:
    """Entrances on the outline of a footprint: towards the nearest road, of housing one every 22 m of its length."""
    part = max(footprint.geoms, key=lambda polygon: polygon.area)
    sides = _long_sides(part)
    count = 1
    if kind is BuildingKind.RESIDENTIAL and sides:
        count = max(1, min(MOST_ENTRANCES, math.floor(sides[0].length / FACADE + 0.5)))
    road = roadside.nearest(part)
    if count == 1 or not sides:
        towards = road if road is not None else part.centroid
        return (_on_outline(part, towards),)
    front = sides[0] if road is None else min(sides, key=lambda side: side.centroid.distance(road))
    steps = (front.interpolate((i + 0.5) / count, normalized=True) for i in range(count))
    return tuple(_on_outline(part, step) for step in steps)


def _long_sides(part: Polygon) -> list[LineString]:
    """The two long sides of the smallest rectangle around a footprint."""
    corners = shapely.get_coordinates(shapely.minimum_rotated_rectangle(part))
    sides = [LineString(corners[i : i + 2]) for i in range(len(corners) - 1)]
    return sorted(sides, key=lambda side: -side.length)[:2]


def _on_outline(part: Polygon, towards: BaseGeometry) -> Point:
    """The point of the outline nearest to something."""
    return Point(shapely.get_coordinates(shapely.shortest_line(part.exterior, towards))[0])
