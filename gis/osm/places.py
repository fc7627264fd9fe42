"""Stations, compounds, water, green and railways of an extract, clipped to the box."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import shapely
from shapely import LineString, MultiPolygon, Point, Polygon
from shapely.geometry.base import BaseGeometry

from gis.city import Names, Railway, StationKind, Surface
from gis.osm.buildings import Roadside
from gis.osm.names import clean, name_en_of, name_of, names_of
from gis.osm.plane import Plane
from gis.osm.reader import Box, Extract
from gis.osm.report import Report
from gis.osm.shapes import Shape
from gis.osm.tags import Tags, green_kind_of, is_railway, is_set, number_of, station_kind_of, water_kind_of

TWICE = 80.0  # metres: an unnamed station this near to one of its kind is the same one, mapped as point and as area
ROAD_WITHIN = 1000.0  # metres to the road that a nameless station is named after
LARGEST_COMPOUND = 600_000.0  # m²: a larger residential area is a quarter of the town, not an estate
SMALLEST_COMPOUND = 1_000.0  # m²
KIND_NAMES = {
    StationKind.POLICE: ("派出所", "Police station"),
    StationKind.FIRE: ("消防站", "Fire station"),
    StationKind.HOSPITAL: ("医院", "Hospital"),
    StationKind.CLINIC: ("诊所", "Clinic"),
    StationKind.PHARMACY: ("药店", "Pharmacy"),
    StationKind.SCHOOL: ("学校", "School"),
    StationKind.TOWNHALL: ("政务机构", "Public office"),
    StationKind.COMMUNITY_CENTRE: ("社区中心", "Community centre"),
    StationKind.SOCIAL_FACILITY: ("社会服务设施", "Social facility"),
    StationKind.SHELTER: ("应急避难场所", "Emergency shelter"),
}


class Place(NamedTuple):
    """A station before it is known in which community it lies; in lon/lat."""

    id: str
    kind: StationKind
    name: str
    name_en: str
    address: str
    open_hours: str
    capacity: int | None
    point: Point
    names: Names


class Estate(NamedTuple):
    """A named residential area, in lon/lat and in local metres."""

    id: str
    name: str
    name_en: str
    manager: str
    lonlat: MultiPolygon
    metres: MultiPolygon
    names: Names


def stations_of(
    extract: Extract, shapes: Sequence[Shape], *, box: Box, frame: Plane, roadside: Roadside, report: Report
) -> list[Place]:
    """The stations in the box; one that is mapped twice is taken once, one without a name is named after its road."""
    found: list[tuple[str, Tags, Point]] = [
        (f"node/{node.id}", node.tags, Point(node.lon, node.lat)) for node in extract.nodes.values()
    ]
    found += [(shape.id, shape.tags, shapely.point_on_surface(shape.geometry)) for shape in shapes]
    found = [one for one in found if station_kind_of(one[1])]
    found.sort(key=lambda one: (not name_of(one[1]), one[0]))
    places: list[Place] = []
    seen: list[tuple[StationKind, str, Point]] = []
    for name, tags, point in found:
        kind = station_kind_of(tags)
        metres = frame.to_metres(point)
        if kind is None or not _holds(box, point):
            report.note("skipped", "a station outside the box", name)
        elif _is_twin(kind, name_of(tags), metres, seen):
            report.note("skipped", "a station that is mapped twice", name)
        else:
            seen.append((kind, name_of(tags), metres))
            road = roadside.name_near(metres, ROAD_WITHIN)
            if not name_of(tags):
                report.note("assumed", "a station without a name: named after its kind and road", name)
            places.append(_place(name, tags, kind, point, road))
    report.note("kept", "stations", count=len(places))
    return places


def _holds(box: Box, point: Point) -> bool:
    return bool(box.holds(np.array([[point.x, point.y]]))[0])


def _is_twin(kind: StationKind, name: str, point: Point, seen: Sequence[tuple[StationKind, str, Point]]) -> bool:
    """Whether a station is one of those seen: the same name within 300 m, or none and very near."""
    reach = TWICE * 4 if name else TWICE
    return any(
        kind is other and (not name or name == known) and point.distance(place) < reach for other, known, place in seen
    )


def _place(name: str, tags: Tags, kind: StationKind, point: Point, road: tuple[str, str]) -> Place:
    native, english = name_of(tags), name_en_of(tags)
    if not native:
        what, what_en = KIND_NAMES[kind]
        native = f"{what}（{road[0]}）" if road[0] else what
        english = english or (f"{what_en} ({road[1]})" if road[1] else what_en)
    capacity = number_of(tags.get("capacity") or tags.get("beds"))
    number = clean(tags.get("addr:housenumber", ""))
    street = clean(tags.get("addr:street", ""))
    address = clean(tags.get("addr:full", "")) or (f"{street}{number}" if street else road[0])
    hours = clean(tags.get("opening_hours", ""))
    places = None if capacity is None else int(capacity)
    return Place(name, kind, native, english, address, hours, places, point, names_of(tags))


def estates_of(shapes: Sequence[Shape], *, box: Polygon, frame: Plane, report: Report) -> list[Estate]:
    """The named residential areas of the size of an estate, clipped to the box and without overlap."""
    estates: list[Estate] = []
    taken: BaseGeometry = MultiPolygon()
    for shape in sorted(shapes, key=lambda shape: (shape.geometry.area, shape.id)):
        if shape.tags.get("landuse") != "residential":
            continue
        if not name_of(shape.tags):
            report.note("skipped", "a residential area without a name: no compound", shape.id)
            continue
        inside = _polygons(shapely.difference(shapely.intersection(shape.geometry, box), taken))
        metres = frame.to_metres(inside)
        if not metres.is_valid or not SMALLEST_COMPOUND <= metres.area <= LARGEST_COMPOUND:
            report.note("skipped", "a residential area too small or too large for a compound, or outside", shape.id)
            continue
        taken = shapely.union(taken, inside)
        names = (name_of(shape.tags), name_en_of(shape.tags), clean(shape.tags.get("operator", "")))
        estates.append(Estate(shape.id, *names, inside, metres, names_of(shape.tags)))
    report.note("kept", "compounds", count=len(estates))
    return estates


def surfaces_of(
    shapes: Sequence[Shape], kind_of: Callable[[Tags], str | None], *, box: Polygon, prefix: str, report: Report
) -> list[Surface]:
    """The water or green surfaces, clipped to the box; keys start with `prefix`."""
    surfaces: list[Surface] = []
    for shape in shapes:
        kind = kind_of(shape.tags)
        if kind is None or "building" in shape.tags:
            continue
        inside = _polygons(shapely.intersection(shape.geometry, box))
        if inside.is_empty:
            report.note("skipped", "water or green outside the box", shape.id)
            continue
        if inside.area < shape.geometry.area * (1 - 1e-9):
            report.note("clipped", "water or green that leaves the box", shape.id)
        names = (clean(kind) or "water", name_of(shape.tags), name_en_of(shape.tags))
        surfaces.append(Surface(f"{prefix}:{shape.id}", *names, inside, names_of(shape.tags)))
    return surfaces


def waters_of(shapes: Sequence[Shape], *, box: Polygon, prefix: str, report: Report) -> list[Surface]:
    """The water surfaces in the box."""
    waters = surfaces_of(shapes, water_kind_of, box=box, prefix=f"{prefix}:water", report=report)
    report.note("kept", "water surfaces", count=len(waters))
    return waters


def greens_of(shapes: Sequence[Shape], *, box: Polygon, prefix: str, report: Report) -> list[Surface]:
    """The green surfaces in the box."""
    greens = surfaces_of(shapes, green_kind_of, box=box, prefix=f"{prefix}:green", report=report)
    report.note("kept", "green surfaces", count=len(greens))
    return greens


def railways_of(extract: Extract, *, box: Polygon, prefix: str, report: Report) -> list[Railway]:
    """The railway lines in the box; one that leaves and comes back is two."""
    railways: list[Railway] = []
    for way in sorted(extract.ways.values(), key=lambda way: way.id):
        if not is_railway(way.tags) or len(way.refs) < 2:  # noqa: PLR2004 (ends of a line)
            continue
        tags = way.tags
        under = is_set(tags, "tunnel") or (tags["railway"] == "subway" and not is_set(tags, "bridge"))
        for number, line in enumerate(_lines(shapely.intersection(LineString(way.places), box))):
            key = f"{prefix}:railway:{way.id}:{number}"
            bridge = is_set(tags, "bridge")
            names = (name_of(tags), name_en_of(tags))
            railways.append(Railway(key, *names, bridge=bridge, tunnel=under, geometry=line, names=names_of(tags)))
    report.note("kept", "railway lines", count=len(railways))
    return railways


def _lines(geometry: BaseGeometry) -> Iterator[LineString]:
    return (part for part in shapely.get_parts(geometry) if isinstance(part, LineString) and part.length > 0)


def _polygons(geometry: BaseGeometry) -> MultiPolygon:
    """The polygons of a geometry as one MultiPolygon, possibly empty."""
    parts: list[Any] = []
    for part in shapely.get_parts(geometry):
        parts += part.geoms if isinstance(part, MultiPolygon) else [part]
    return MultiPolygon([part for part in parts if isinstance(part, Polygon) and part.area > 0])
