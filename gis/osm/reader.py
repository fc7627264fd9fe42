"""OpenStreetMap files read in two passes that keep only what the city needs: relations first, then nodes and ways.

A way whose nodes are partly missing keeps those that are there: extracts cut objects at their edge.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
import osmium
from numpy.typing import NDArray
from osmium.filter import EmptyTagFilter

from gis.osm.names import LONGEST_OTHER, MOST_OTHERS, other_names
from gis.osm.report import Report
from gis.osm.tags import Tags, station_kind_of

RELEVANT = (
    "highway", "building", "building:part", "amenity", "healthcare", "landuse", "leisure", "natural", "water",
    "waterway", "railway", "emergency", "shop",
)  # fmt: skip
MULTIPOLYGONS = {"multipolygon", "boundary"}
MOST_NODES = 20_000  # of one way; OpenStreetMap itself allows 2,000
STEP = 5_000  # objects between two calls of progress
Progress = Callable[[str, float], None]
Floats = NDArray[np.float64]


class OsmFileError(ValueError):
    """The file is not OpenStreetMap data, or is damaged."""


class Box(NamedTuple):
    """A box in lon/lat degrees."""

    west: float
    south: float
    east: float
    north: float

    def holds(self, points: Floats) -> NDArray[np.bool_]:
        """Which points (n, 2) lie in the box."""
        x, y = points[:, 0], points[:, 1]
        return (self.west <= x) & (x <= self.east) & (self.south <= y) & (y <= self.north)


class OsmNode(NamedTuple):
    """A node with tags."""

    id: int
    tags: Tags
    lon: float
    lat: float


class OsmWay(NamedTuple):
    """A way: its node ids, and their places (n, 2) in lon/lat."""

    id: int
    tags: Tags
    refs: tuple[int, ...]
    places: Floats

    @property
    def closed(self) -> bool:
        """Whether it ends where it starts and has an inside."""
        return len(self.refs) > 3 and self.refs[0] == self.refs[-1]  # noqa: PLR2004 (a triangle)


class OsmRelation(NamedTuple):
    """A multipolygon: the ids of its member ways with their roles."""

    id: int
    tags: Tags
    members: tuple[tuple[int, str], ...]


@dataclass(slots=True)
class Extract:
    """What the files hold of use, by id; `box` as the first file's header states it."""

    box: Box | None = None
    nodes: dict[int, OsmNode] = field(default_factory=dict)
    ways: dict[int, OsmWay] = field(default_factory=dict)
    relations: dict[int, OsmRelation] = field(default_factory=dict)
    boundaries: dict[int, OsmRelation] = field(default_factory=dict)  # administrative ones


def read_extract(files: Sequence[Path], report: Report, progress: Progress | None = None) -> Extract:
    """The extract of one or several files; OsmFileError names a file that cannot be read."""
    extract = Extract()
    for number, file in enumerate(files):
        try:
            _read_relations(file, extract, report)
            relations = [*extract.relations.values(), *extract.boundaries.values()]
            wanted = {way for relation in relations for way, _ in relation.members}
            for share in _read_objects(file, extract, wanted, report):
                if progress:
                    progress("reading", (number + share) / len(files))
        except (RuntimeError, OSError, UnicodeDecodeError) as error:
            raise OsmFileError(f"{file.name} cannot be read as OpenStreetMap data: {error}") from error
    return extract


def _read_relations(file: Path, extract: Extract, report: Report) -> None:
    """Take the multipolygons that are of use, and the box of the header."""
    reader = osmium.FileProcessor(str(file), osmium.osm.RELATION)
    box = reader.header.box()
    if box.valid() and extract.box is None:
        low, high = box.bottom_left, box.top_right
        extract.box = Box(low.lon, low.lat, high.lon, high.lat)
    for relation in reader:
        if not isinstance(relation, osmium.osm.Relation):
            continue
        report.note("read", "relations")
        if relation.tags.get("type") not in MULTIPOLYGONS:
            continue
        members = tuple((member.ref, member.role) for member in relation.members if member.type == "w")
        taken = OsmRelation(relation.id, dict(relation.tags), members)
        if relation.tags.get("boundary") == "administrative":
            extract.boundaries.setdefault(relation.id, taken)
        elif _of_use(relation.tags):
            extract.relations.setdefault(relation.id, taken)
        else:
            continue
        _note_names(taken.tags, f"relation/{relation.id}", report)


def _of_use(tags: osmium.osm.TagList) -> bool:
    return any(key in tags for key in RELEVANT)


def _read_objects(file: Path, extract: Extract, wanted: set[int], report: Report) -> Iterator[float]:
    """Take nodes with tags and ways; yields the share of the file that is read, a guess that never reaches 1."""
    reader = osmium.FileProcessor(str(file), osmium.osm.NODE | osmium.osm.WAY).with_locations()
    untagged = EmptyTagFilter()
    untagged.enable_for(osmium.osm.NODE)
    reader.with_filter(untagged)
    expected = max(1.0, file.stat().st_size / 60)  # objects; about 60 bytes each when packed
    for count, item in enumerate(reader):
        if isinstance(item, osmium.osm.Node):
            report.note("read", "nodes with tags")
            _take_node(item, extract, report)
        elif isinstance(item, osmium.osm.Way):
            report.note("read", "ways")
            if _of_use(item.tags) or item.id in wanted:
                _take_way(item, extract, report)
        if count % STEP == 0:
            yield 1 - 1 / (1 + count / expected)


def _take_node(node: osmium.osm.Node, extract: Extract, report: Report) -> None:
    tags = dict(node.tags)
    kept = station_kind_of(tags) or "entrance" in tags or "barrier" in tags
    if not kept:
        return
    if not node.location.valid():
        report.note("skipped", "a node without a place on earth", f"node/{node.id}")
        return
    _note_names(tags, f"node/{node.id}", report)
    extract.nodes.setdefault(node.id, OsmNode(node.id, tags, node.location.lon, node.location.lat))


def _take_way(way: osmium.osm.Way, extract: Extract, report: Report) -> None:
    if way.id in extract.ways:
        report.note("skipped", "a way that another file holds too", f"way/{way.id}")
        return
    if len(way.nodes) > MOST_NODES:
        report.note("skipped", f"a way with over {MOST_NODES:,} nodes", f"way/{way.id}")
        return
    there = [(node.ref, node.location.lon, node.location.lat) for node in way.nodes if node.location.valid()]
    if len(there) < len(way.nodes):
        report.note(
            "repaired", "a way refers to nodes that the file does not hold: drawn without them", f"way/{way.id}"
        )
    places = np.array([place[1:] for place in there], dtype=np.float64).reshape(-1, 2)
    tags = dict(way.tags)
    _note_names(tags, f"way/{way.id}", report)
    extract.ways[way.id] = OsmWay(way.id, tags, tuple(place[0] for place in there), places)


def _note_names(tags: Tags, name: str, report: Report) -> None:
    if skipped := other_names(tags).skipped:
        reason = f"a name in no language, over {LONGEST_OTHER} characters, or past the {MOST_OTHERS}th"
        report.note("skipped", reason, name, count=skipped)
