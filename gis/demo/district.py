"""The demo district: the town of `town.py` written down as the records of a City, in lon/lat."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
import shapely
from shapely import LineString, MultiPolygon, Point, Polygon
from shapely.geometry.base import BaseGeometry

from gis.city import (
    Area,
    AreaLevel,
    Block,
    Building,
    BuildingKind,
    City,
    Compound,
    Entrance,
    Grid,
    GridKind,
    Railway,
    RoadEdge,
    RoadNode,
    Station,
    Surface,
)
from gis.demo.blocks import DraftBlock, grow_grids, make_blocks
from gis.demo.communities import gather
from gis.demo.figures import Figures, figures
from gis.demo.landuse import Use
from gis.demo.names import Namer, parts
from gis.demo.network import SPEEDS_KPH, join
from gis.demo.people import settle
from gis.demo.posts import staff
from gis.demo.sites import DoesNotFitError, House
from gis.demo.stations import make_stations
from gis.demo.streets import boundary_lines
from gis.demo.titles import community_names, numeral, site_names
from gis.demo.town import Town, build_town
from gis.local import LocalFrame

# Nobody's town: open country between real ones, far from the maps that tests and tours load.
ORIGIN = LocalFrame(120.60, 31.90)
DISTRICT = "示范区|Demo District"
DISTRICT_CODE = "990101"
ATTEMPTS = 8
FLOOR = 3.0  # metres
NOT_ASSUMED = False  # the demo knows its floors
ON_FOOT = True  # every street has its pavements
G = TypeVar("G", bound=BaseGeometry)


@dataclass(slots=True)
class _Draft:
    """A town with everything that its records refer to by number."""

    figures: Figures
    rng: np.random.Generator
    town: Town
    face_community: list[int]
    blocks: list[DraftBlock]
    site_titles: list[str]
    communities: list[str]
    city: City = field(default_factory=City)

    def community_of(self, site: int) -> int:
        """The community of a site."""
        return self.face_community[self.town.sites[site].parcel.face]


def degrees(geometries: Sequence[G]) -> list[G]:
    """Geometries in local metres as lon/lat."""
    if not geometries:
        return []
    return list(shapely.transform(np.array(geometries, dtype=object), ORIGIN.degrees))


def multi(geometry: BaseGeometry) -> MultiPolygon:
    """A polygon or several as one multipolygon."""
    return MultiPolygon([part for part in shapely.get_parts(geometry) if isinstance(part, Polygon)])


def _community_key(number: int) -> str:
    return f"demo:community:{number + 1}"


def _community_code(draft: _Draft, number: int) -> str:
    return f"{DISTRICT_CODE}{_subdistrict(draft, number) + 1:03d}{number + 1:03d}"


def _subdistrict(draft: _Draft, number: int) -> int:
    """The subdistrict of a community: one for the town, or two in a large one, parted by the river."""
    if not draft.figures.large:
        return 0
    face = draft.face_community.index(number)
    return int(draft.town.ground.cells[face][1] > _river_band(draft.town))


def _river_band(town: Town) -> int:
    """The southern of the two bands of water."""
    return next(b for b, line in enumerate(town.terrain.lines) if line.above.value == "water")


def _areas(draft: _Draft) -> None:
    """District, subdistricts and communities as unions of their blocks."""
    count = len(draft.communities)
    own = [[b.polygon for b in draft.blocks if b.community == c] for c in range(count)]
    shapes = [shapely.coverage_union_all(polygons) for polygons in own]
    quarters = sorted({_subdistrict(draft, c) for c in range(count)})
    quarter_shapes = [
        shapely.coverage_union_all([p for c in range(count) if _subdistrict(draft, c) == q for p in own[c]])
        for q in quarters
    ]
    whole = shapely.coverage_union_all([b.polygon for b in draft.blocks])
    placed = degrees([multi(g) for g in [whole, *quarter_shapes, *shapes]])
    add = draft.city.areas.append
    name, name_en = parts(DISTRICT)
    add(Area("demo:district", None, AreaLevel.DISTRICT, f"{DISTRICT_CODE}000000", name, name_en, placed[0]))
    titles = (
        ["滨南街道|Binnan Subdistrict", "滨北街道|Binbei Subdistrict"]
        if len(quarters) > 1
        else ["示范街道|Shifan Subdistrict"]
    )
    for k, q in enumerate(quarters):
        code = f"{DISTRICT_CODE}{q + 1:03d}000"
        level = AreaLevel.SUBDISTRICT
        add(Area(f"demo:subdistrict:{q + 1}", "demo:district", level, code, *parts(titles[k]), placed[1 + k]))
    for c, shape in enumerate(placed[1 + len(quarters) :]):
        parent = f"demo:subdistrict:{_subdistrict(draft, c) + 1}"
        title = parts(draft.communities[c])
        add(Area(_community_key(c), parent, AreaLevel.COMMUNITY, _community_code(draft, c), *title, shape))


def _compound_key(draft: _Draft, site: int) -> str | None:
    use = draft.town.sites[site].parcel.request.use
    return f"demo:compound:{site + 1}" if use is Use.ESTATE else None


def _compounds(draft: _Draft) -> None:
    """The walled estates, with their managers; each firm looks after about two."""
    sites = [k for k in range(len(draft.town.sites)) if _compound_key(draft, k)]
    committees = set(draft.rng.permutation(len(sites))[: draft.figures.committees].tolist())
    firms = draft.rng.permutation(np.arange(len(sites)) % draft.figures.firms)
    walls = degrees([multi(draft.town.sites[k].lot) for k in sites])
    for n, (k, wall) in enumerate(zip(sites, walls, strict=True)):
        key, community = f"demo:compound:{k + 1}", _community_key(draft.community_of(k))
        manager = f"示例物业{firms[n] + 1}公司"
        title = parts(draft.site_titles[k])
        draft.city.compounds.append(Compound(key, community, *title, manager, n in committees, wall))


def _blocks_and_grids(draft: _Draft) -> list[str]:
    """Write blocks and grids; returns the keys of the base grids, community by community."""
    polygons = degrees([b.polygon for b in draft.blocks])
    members: dict[int, list[int]] = {}
    for k, (block, polygon) in enumerate(zip(draft.blocks, polygons, strict=True)):
        key, community = f"demo:block:{k + 1}", _community_key(block.community)
        draft.city.blocks.append(Block(key, community, _compound_key(draft, block.site), polygon))
        members.setdefault(-1 if block.grid is None else block.grid, []).append(k)
    base_keys = []
    for c in range(len(draft.communities)):
        own = [g for g, ks in members.items() if draft.blocks[ks[0]].community == c]
        ordered = sorted(own, key=lambda g: (g >= draft.figures.base_grids, *_reading_order(draft, members[g])))
        for n, g in enumerate(ordered, 1):
            grid = _grid(draft, g, n, [f"demo:block:{k + 1}" for k in members[g]], members[g])
            draft.city.grids.append(grid)
            if grid.kind is GridKind.BASE:
                base_keys.append(grid.key)
    return base_keys


def _reading_order(draft: _Draft, members: Sequence[int]) -> tuple[float, float]:
    """From north to south in bands, then from west to east."""
    middle = shapely.union_all([draft.blocks[k].polygon for k in members]).centroid
    return -round(middle.y / 300.0), middle.x


def _grid(draft: _Draft, g: int, n: int, blocks: list[str], members: Sequence[int]) -> Grid:
    """Grid number `n` of its community."""
    community = draft.blocks[members[0]].community
    title, title_en = parts(draft.communities[community])
    name, name_en = f"{title}第{numeral(n)}网格", f"{title_en} Grid {n}"
    kind = GridKind.BASE if g < draft.figures.base_grids else GridKind.DEDICATED
    if kind is GridKind.DEDICATED:
        sites = [draft.blocks[k].site for k in members]
        own = next(k for k in sites if draft.town.sites[k].parcel.request.dedicated is not None)
        place, place_en = parts(draft.site_titles[own])
        name, name_en = f"{place}专属网格", f"{place_en} Dedicated Grid"
    code = f"{_community_code(draft, community)}{n:03d}"
    return Grid(f"demo:grid:{g + 1}", _community_key(community), kind, code, name, name_en, tuple(blocks))


def _buildings(draft: _Draft) -> None:
    """Buildings with entrances, dwellings and households."""
    housed = [(k, n, house) for k, site in enumerate(draft.town.sites) for n, house in enumerate(site.houses, 1)]
    blocks = shapely.STRtree([b.polygon for b in draft.blocks])
    middles = np.array([house.footprint.centroid for _, _, house in housed], dtype=object)
    block_of = dict(blocks.query(middles, predicate="intersects").T.tolist())
    shapes = degrees([multi(house.footprint) for _, _, house in housed])
    doors = iter(degrees([p for _, _, house in housed for p in house.entrances]))
    numbers: dict[str, int] = {}
    settled = []
    for b, (k, n, house) in enumerate(housed):
        key = f"demo:building:{b + 1}"
        name, name_en, address = _building_title(draft, k, n, house, numbers)
        draft.city.buildings.append(
            Building(
                key, f"demo:block:{block_of[b] + 1}", _compound_key(draft, k), house.kind, name, name_en, address,
                house.floors, NOT_ASSUMED, _height(house), house.has_lift, shapes[b],
            )
        )  # fmt: skip
        keys = [f"{key}:{e}" for e in range(1, len(house.entrances) + 1)]
        draft.city.entrances += [Entrance(own, key, own.rpartition(":")[2], next(doors)) for own in keys]
        settled.append((keys, house))
    homes = [(keys, house) for keys, house in settled if house.dwellings]
    draft.city.dwellings, draft.city.households = settle(homes, draft.figures.contact_households, draft.rng)


def _height(house: House) -> float:
    """Metres to the top of the roof."""
    storey = 6.0 if house.kind is BuildingKind.INDUSTRIAL else FLOOR
    return house.floors * storey + (1.5 if house.floors < 7 else 4.0)


def _building_title(draft: _Draft, k: int, n: int, house: House, numbers: dict[str, int]) -> tuple[str, str, str]:
    """Name, English name and address of building `n` of site `k`."""
    title, title_en = parts(draft.site_titles[k])
    if house.kind is BuildingKind.RESIDENTIAL:
        return f"{n}号楼", f"Building {n}", f"{title}{n}号楼"
    street = parts(draft.town.streets.nearest(house.footprint.centroid).name)[0]
    numbers[street] = numbers.get(street, 0) + 1
    own, own_en = parts(house.name)
    if own and not title.endswith(own):
        title, title_en = f"{title}{own}", f"{title_en} {own_en}"
    return title, title_en, f"{street}{numbers[street] * 6 + 2}号"


def _network(draft: _Draft) -> None:
    """Road nodes and edges."""
    joined = join(draft.town.ways)
    for n, point in enumerate(degrees([Point(xy) for xy in joined.nodes]), 1):
        draft.city.road_nodes.append(RoadNode(f"demo:node:{n}", point))
    for n, (piece, line) in enumerate(zip(joined.pieces, degrees([p.line for p in joined.pieces]), strict=True), 1):
        way = piece.way
        back = not way.oneway
        draft.city.road_edges.append(
            RoadEdge(
                f"demo:road:{n}", f"demo:node:{piece.tail + 1}", f"demo:node:{piece.head + 1}", way.road_class,
                *parts(way.name), piece.line.length,
                ON_FOOT, way.bicycle, way.bicycle and back, way.car, way.car and back,
                SPEEDS_KPH.get(way.road_class), way.level, way.bridge, way.tunnel, line,
            )
        )  # fmt: skip
    used = {key for edge in draft.city.road_edges for key in (edge.tail, edge.head)}
    draft.city.road_nodes = [node for node in draft.city.road_nodes if node.key in used]


def _surfaces(draft: _Draft) -> None:
    """River, lakes, greens and the railway."""
    town = draft.town
    waters = [("river", "示范河|Shifan River", town.ground.water)]
    waters += [("lake", "", lake) for site in town.sites for lake in site.waters]
    greens = [
        (kind, draft.site_titles[k] if kind == "park" else "", green)
        for k, site in enumerate(town.sites)
        for kind, green in site.greens
    ]
    for label, surfaces, target in (("water", waters, draft.city.waters), ("green", greens, draft.city.greens)):
        shapes = degrees([multi(g) for _, _, g in surfaces])
        for n, ((kind, title, _), shape) in enumerate(zip(surfaces, shapes, strict=True), 1):
            target.append(Surface(f"demo:{label}:{n}", kind, *parts(title), shape))
    (rail,) = degrees([town.ground.rail])
    draft.city.railways.append(
        Railway("demo:railway:1", "示范铁路", "Shifan Railway", bridge=False, tunnel=False, geometry=rail)
    )


def _stations(draft: _Draft) -> None:
    """Stations with the street they are nearest to as their address."""
    community_of = [draft.community_of(k) for k in range(len(draft.town.sites))]
    drafts = make_stations(
        draft.town.sites,
        names=draft.site_titles,
        community_of=community_of,
        communities=draft.communities,
        figures=draft.figures,
        rng=draft.rng,
    )
    for n, (station, place) in enumerate(zip(drafts, degrees([s.place for s in drafts]), strict=True), 1):
        street = parts(draft.town.streets.nearest(station.place).name)[0]
        draft.city.stations.append(
            Station(
                f"demo:station:{n}", _community_key(community_of[station.site]), station.kind, *parts(station.name),
                f"{street}{2 * n + 1}号", station.open_hours, station.capacity, place,
            )
        )  # fmt: skip


def _town(seed: int, wanted: Figures) -> tuple[np.random.Generator, Namer, Town]:
    """A town drawn by `seed`; drawn anew where the land has no room for its estates, which is rare."""
    for attempt in range(ATTEMPTS):
        rng = np.random.default_rng([seed, attempt])
        namer = Namer(rng)
        try:
            return rng, namer, build_town(wanted, namer, rng)
        except DoesNotFitError:
            if attempt + 1 == ATTEMPTS:
                raise
    raise AssertionError


def demo_city(*, seed: int = 1, scale: float = 1.0) -> City:
    """The invented demo district, the same for the same `seed`; `scale` shrinks its area and counts, not its houses.

    A vacant dwelling has a household of size 0 with the flag VACANT and no contact. ValueError for a scale outside
    0.04 to 2, or a negative seed.
    """
    wanted = figures(scale)
    rng, namer, town = _town(seed, wanted)
    faces = gather(town.ground, town.use, wanted.communities)
    borders: list[LineString] = [*boundary_lines(town.terrain), *(cut.line for cut in town.use.cuts)]
    blocks = make_blocks(borders, town.sites, faces, wanted.base_grids)
    grow_grids(blocks, town.sites, wanted.base_grids)
    titles = site_names(town.sites, namer, rng)
    draft = _Draft(wanted, rng, town, faces, blocks, titles, community_names(wanted, namer))
    _areas(draft)
    _compounds(draft)
    base_keys = _blocks_and_grids(draft)
    _buildings(draft)
    _network(draft)
    _surfaces(draft)
    _stations(draft)
    draft.city.posts = staff(base_keys, wanted, rng)
    return draft.city
