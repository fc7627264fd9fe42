"""Surfaces from closed ways and multipolygon relations, however badly they are drawn.

GEOS cannot be interrupted, and repairing a shape takes time with the square of its crossings: shapes are measured
before they are repaired, and those beyond the limits are skipped.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import shapely
from shapely import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from gis.osm.reader import Extract, OsmRelation, OsmWay
from gis.osm.report import Report
from gis.osm.tags import Tags

MOST_VERTICES = 50_000  # of a shape that is taken at all
MOST_REPAIRED = 5_000  # vertices of a shape that is repaired where it crosses itself
MOST_CROSSINGS = 500  # of a shape that is repaired: random scribble has more
POINTS_OF_RING = 4
LEAST_AREA = 1e-11  # square degrees, about 0.1 m²


class Shape(NamedTuple):
    """A surface in lon/lat: its id ("way/1"), its tags, and the node ids of its outline."""

    id: str
    tags: Tags
    geometry: MultiPolygon
    refs: tuple[int, ...]


def shapes_of(extract: Extract, report: Report) -> list[Shape]:
    """Every surface of the extract: multipolygon relations, then closed ways that are of use by their own tags."""
    shapes: list[Shape] = []
    spoken_for: set[int] = set()
    for relation in sorted(extract.relations.values()):
        shape = _of_relation(relation, extract, report)
        if shape:
            shapes.append(shape)
            spoken_for |= _repeats(relation, extract)
    for way in sorted(extract.ways.values(), key=lambda way: way.id):
        if not way.tags or way.id in spoken_for or not _is_surface(way, report):
            continue
        geometry = polygons_of([way.places], [], f"way/{way.id}", report)
        if geometry:
            shapes.append(Shape(f"way/{way.id}", way.tags, geometry, way.refs))
    return shapes


def polygons_of(
    outer: Sequence[np.ndarray], inner: Sequence[np.ndarray], name: str, report: Report
) -> MultiPolygon | None:
    """The valid surface between closed rings of places (n, 2); None where nothing of it can be saved."""
    vertices = sum(map(len, outer)) + sum(map(len, inner))
    if vertices > MOST_VERTICES:
        report.note("skipped", f"a surface with over {MOST_VERTICES:,} vertices", name)
        return None
    rings = [Polygon(ring) for ring in outer if len(ring) >= POINTS_OF_RING]
    holes = [Polygon(ring) for ring in inner if len(ring) >= POINTS_OF_RING]
    surface = shapely.unary_union(_sound(rings, name, report))
    if holes:
        surface = shapely.difference(surface, shapely.unary_union(_sound(holes, name, report)))
    return _surface(surface, name, report)


def _sound(rings: Sequence[Polygon], name: str, report: Report) -> list[BaseGeometry]:
    """The rings as valid shapes; what crosses itself too often is left out."""
    kept: list[BaseGeometry] = []
    for ring in rings:
        if ring.is_valid:
            kept.append(ring)
        elif _repairable(ring):
            report.note("repaired", "a surface whose outline crosses itself: the parts it encloses are kept", name)
            kept.append(shapely.make_valid(ring, method="structure"))
        else:
            report.note("skipped", "a surface whose outline crosses itself too often", name)
    return kept


def _repairable(ring: Polygon) -> bool:
    """Whether a repair is sure to end soon."""
    places = shapely.get_coordinates(ring)
    return len(places) <= MOST_REPAIRED and _crossings(places) <= MOST_CROSSINGS


def _crossings(places: np.ndarray) -> int:
    """How many pairs of segments meet that are not neighbours; stops counting beyond the limit."""
    segments = np.asarray(shapely.linestrings(np.stack([places[:-1], places[1:]], axis=1)), dtype=object)
    tree = shapely.STRtree(segments)
    total = 0
    for start in range(0, len(segments), 256):
        one, two = tree.query(segments[start : start + 256], predicate="intersects")
        total += int(np.count_nonzero(np.abs(one + start - two) > 1)) // 2
        if total > MOST_CROSSINGS:
            break
    return total


def _surface(geometry: BaseGeometry, name: str, report: Report) -> MultiPolygon | None:
    """The polygons of a geometry that have an area, as one MultiPolygon; None where there are none."""
    parts = [p for p in shapely.get_parts(geometry) if isinstance(p, Polygon) and p.area > LEAST_AREA]
    whole = MultiPolygon(parts)
    if parts and whole.is_valid:
        return whole
    report.note("skipped", "a surface without an area", name)
    return None


def _is_surface(way: OsmWay, report: Report) -> bool:
    """Whether a way is meant as a surface; notes those that are and do not close."""
    meant = "building" in way.tags or any(key in way.tags for key in ("landuse", "leisure", "natural", "amenity"))
    meant = meant or way.tags.get("waterway") in {"riverbank", "dock"}
    lines = {"tree_row", "coastline", "cliff", "valley", "ridge", "track", "slipway"}
    if not meant or {way.tags.get("natural"), way.tags.get("leisure")} & lines or "highway" in way.tags:
        return False
    if way.closed:
        return True
    report.note("skipped", "a surface whose outline does not close", f"way/{way.id}")
    return False


def _of_relation(relation: OsmRelation, extract: Extract, report: Report) -> Shape | None:
    name = f"relation/{relation.id}"
    missing = sum(way not in extract.ways for way, _ in relation.members)
    if missing:
        report.note("repaired", "a relation refers to ways that the file does not hold: made of the others", name)
    outer, inner = ([], []) if not relation.members else _rings_by_role(relation, extract, report)
    if not outer:
        report.note("skipped", "a relation whose outline does not close", name)
        return None
    geometry = polygons_of([places for _, places in outer], [places for _, places in inner], name, report)
    if geometry is None:
        return None
    tags = {key: value for key, value in relation.tags.items() if key != "type"}
    return Shape(name, tags, geometry, tuple(ref for refs, _ in outer for ref in refs))


Ring = tuple[tuple[int, ...], np.ndarray]


def _rings_by_role(relation: OsmRelation, extract: Extract, report: Report) -> tuple[list[Ring], list[Ring]]:
    """The closed outer and inner rings of a relation."""
    rings: dict[bool, list[Ring]] = {}
    for is_hole in (False, True):
        ways = [extract.ways[way] for way, role in relation.members if way in extract.ways]
        roles = [role == "inner" for way, role in relation.members if way in extract.ways]
        chosen = [way for way, hole in zip(ways, roles, strict=True) if hole == is_hole]
        rings[is_hole], loose = closed_rings(chosen)
        if loose:
            what = "an inner ring" if is_hole else "an outer ring"
            report.note("repaired", f"a relation with {what} that does not close: left out", f"relation/{relation.id}")
    return rings[False], rings[True]


def closed_rings(ways: Iterable[OsmWay]) -> tuple[list[Ring], int]:
    """Rings made by joining ways end to end, as (node ids, places), and how many pieces were left over."""
    rings: list[Ring] = []
    pieces = [(way.refs, way.places) for way in ways if len(way.refs) > 1]
    loose = 0
    while pieces:
        refs, places = pieces.pop()
        while refs[0] != refs[-1]:
            index = next((i for i, (other, _) in enumerate(pieces) if refs[-1] in {other[0], other[-1]}), None)
            if index is None:
                break
            more, more_places = pieces.pop(index)
            if more[0] != refs[-1]:
                more, more_places = more[::-1], more_places[::-1]
            refs, places = refs + more[1:], np.concatenate([places, more_places[1:]])
        if refs[0] == refs[-1]:
            rings.append((refs, places))
        else:
            loose += 1
    return rings, loose


def _repeats(relation: OsmRelation, extract: Extract) -> set[int]:
    """The outer ways of a relation that bear its own building or land use tag: the same thing drawn twice."""
    keys = [key for key in ("building", "landuse", "natural", "leisure") if key in relation.tags]
    return {
        way
        for way, role in relation.members
        if role != "inner"
        and way in extract.ways
        and any(extract.ways[way].tags.get(key) == relation.tags[key] for key in keys)
    }
