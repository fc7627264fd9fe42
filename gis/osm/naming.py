"""What communities and grids are called: after their main road or a compound, each name once."""

from collections import Counter
from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import NamedTuple

import shapely
from shapely import LineString
from shapely.geometry.base import BaseGeometry

from gis.city import Names, RoadClass, RoadEdge
from gis.osm.names import romanised
from gis.osm.places import Estate

WEIGHT = {  # a metre of this class counts for so many when a community is named
    RoadClass.PRIMARY: 1.5,
    RoadClass.SECONDARY: 2.0,
    RoadClass.TERTIARY: 2.0,
    RoadClass.RESIDENTIAL: 1.2,
    RoadClass.LIVING_STREET: 1.0,
    RoadClass.UNCLASSIFIED: 1.0,
}
NEAR = 20.0  # metres: a road along the edge of a community belongs to it too
LARGE = 0.25  # a compound with this share of a community names it
DEMO_PREFIX = 990101
MADE_UP = 10_000  # district prefixes that begin with 99


class Name(NamedTuple):
    """A community's name in Chinese and English, and those that a map gives it besides."""

    name: str
    name_en: str
    names: Names = ()


def district_prefix(area: str) -> str:
    """Six digits for a district, from its name: 99 and four more, never those of the demo."""
    number = 990_000 + int.from_bytes(sha256(area.encode()).digest()[:4], "big") % MADE_UP
    return str(number + 1 if number == DEMO_PREFIX else number)


def community_names(
    communities: Sequence[BaseGeometry],
    edges: Sequence[RoadEdge],
    lines: Sequence[LineString],
    estates: Sequence[Estate],
) -> list[Name]:
    """A name in Chinese and English for each community, without 社区; largest first has first choice."""
    tree = shapely.STRtree(lines)
    named: dict[int, Name] = {}
    used: set[str] = set()
    for i in sorted(range(len(communities)), key=lambda i: (-communities[i].area, i)):
        choices = [*_estate_choices(communities[i], estates), *_road_choices(communities[i], edges, lines, tree)]
        chosen = next((name for name in choices if name.name not in used), None)
        if chosen is None:
            chosen = Name(f"第{i + 1}", f"No. {i + 1}")
        used.add(chosen.name)
        named[i] = chosen
    return [named[i] for i in range(len(communities))]


def _estate_choices(community: BaseGeometry, estates: Sequence[Estate]) -> Iterable[Name]:
    """The compounds large enough to name a community, the largest first."""
    shares = [(shapely.intersection(estate.metres, community).area, estate) for estate in estates]
    large = [(area, estate) for area, estate in shares if area > LARGE * community.area]
    return [Name(estate.name, estate.name_en) for _, estate in sorted(large, key=lambda pair: -pair[0])]


def _road_choices(
    community: BaseGeometry, edges: Sequence[RoadEdge], lines: Sequence[LineString], tree: shapely.STRtree
) -> Iterable[Name]:
    """The named roads in and along a community, by weighted metres."""
    around = shapely.buffer(community, NEAR, quad_segs=2)
    metres: Counter[Name] = Counter()
    for i in tree.query(around, predicate="intersects"):
        edge = edges[i]
        if edge.name and edge.road_class in WEIGHT and not edge.tunnel:
            part = shapely.intersection(lines[i], around).length
            name = Name(edge.name, edge.name_en or romanised(edge.name))
            metres[name] += round(part * WEIGHT[edge.road_class] * 100)
    return [name for name, _ in sorted(metres.items(), key=lambda pair: (-pair[1], pair[0]))]
