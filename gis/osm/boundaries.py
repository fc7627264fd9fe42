"""Communities as a file's own boundaries draw them, where these assemble and cover the box."""

from collections.abc import Sequence
from typing import NamedTuple

import shapely
from shapely import MultiPolygon, Polygon

from gis.city import Names
from gis.osm.names import name_en_of, name_of, names_of
from gis.osm.plane import Plane
from gis.osm.reader import Extract, OsmRelation
from gis.osm.report import Report
from gis.osm.shapes import closed_rings, polygons_of

LEVELS = ("10", "9")  # admin_level of a community (社区、村), the usual one first
COVERED = 0.9  # of the box: with less, communities are made along the main roads
ENDINGS = ("社区居民委员会", "居民委员会", "社区居委会", "居委会", "社区")


class Boundary(NamedTuple):
    """A community in local metres; its name without 社区."""

    name: str
    name_en: str
    metres: MultiPolygon
    names: Names


def boundaries_of(extract: Extract, *, box: Polygon, frame: Plane, report: Report) -> list[Boundary]:
    """The named community boundaries that meet `box` (lon/lat); none where what assembles covers too little of it."""
    for level in LEVELS:
        relations = [r for r in extract.boundaries.values() if r.tags.get("admin_level") == level and name_of(r.tags)]
        drawn = [(relation, _assembled(relation, extract, report)) for relation in sorted(relations)]
        inside = [(relation, shape) for relation, shape in drawn if shape and shape.intersects(box)]
        covered = shapely.intersection(shapely.unary_union([shape for _, shape in inside]), box).area
        if inside and covered >= COVERED * box.area:
            report.note("kept", f"boundaries of admin_level {level} as communities", count=len(inside))
            return _once_each([_boundary(relation, frame.to_metres(shape)) for relation, shape in inside])
    return []


def _assembled(relation: OsmRelation, extract: Extract, report: Report) -> MultiPolygon | None:
    """The surface of a boundary whose every way is in the file and whose rings all close."""
    name = f"relation/{relation.id}"
    rings, loose = [], 0
    complete = all(way in extract.ways for way, _ in relation.members)
    for is_hole in (False, True):
        ways = [way for way, role in relation.members if (role == "inner") == is_hole]
        closed, left = closed_rings(extract.ways[way] for way in ways) if complete else ([], 1)
        rings.append([places for _, places in closed])
        loose += left
    if loose or not rings[0]:
        report.note("skipped", "a boundary that does not assemble", name)
        return None
    return polygons_of(rings[0], rings[1], name, report)


def _boundary(relation: OsmRelation, metres: MultiPolygon) -> Boundary:
    name = name_of(relation.tags)
    ending = next((ending for ending in ENDINGS if name.endswith(ending) and name != ending), "")
    english = name_en_of(relation.tags).removesuffix(" Community").removesuffix(" Residential District")
    return Boundary(name.removesuffix(ending), english, metres, names_of(relation.tags))


def _once_each(boundaries: Sequence[Boundary]) -> list[Boundary]:
    """The boundaries, those of one name numbered from the second on."""
    seen: dict[str, int] = {}
    named = []
    for boundary in boundaries:
        seen[boundary.name] = number = seen.get(boundary.name, 0) + 1
        suffix = "" if number == 1 else str(number)
        english = f"{boundary.name_en} {suffix}".strip()
        named.append(boundary._replace(name=boundary.name + suffix, name_en=english))
    return named
