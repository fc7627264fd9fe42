"""OpenStreetMap files as a City: everything read, clipped to the box, divided, named and, if wished, peopled."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
import shapely
from shapely import LineString, MultiPolygon, Point, Polygon
from shapely import box as rectangle
from shapely.geometry.base import BaseGeometry

from gis.blocks import owners
from gis.city import (
    STAFF,
    Area,
    AreaLevel,
    Block,
    Building,
    City,
    Compound,
    Entrance,
    Grid,
    GridKind,
    Post,
    Station,
)
from gis.local import LocalFrame
from gis.osm.boundaries import Boundary, boundaries_of
from gis.osm.buildings import House, Roadside, houses_of
from gis.osm.names import romanised
from gis.osm.naming import Name, community_names, district_prefix
from gis.osm.partition import Division, Ground, divided
from gis.osm.people import dwellings_in, household_of, households_in
from gis.osm.places import Estate, Place, estates_of, greens_of, railways_of, stations_of, waters_of
from gis.osm.plane import Plane
from gis.osm.reader import Box, Extract, OsmFileError, Progress, read_extract
from gis.osm.report import Report
from gis.osm.roads import Streets, streets_of
from gis.osm.shapes import Shape, shapes_of

DENSITY = 8_000 / 1e6  # households a m², assumed where a file has roads and no buildings
CORE = (0.5, 99.5)  # percentiles of the places between which a file without a box counts as dense
MARGIN = 60.0  # metres around the core
LARGEST_BOX = 80_000.0  # metres a side
MOST_COMMUNITIES = 999  # of a subdistrict: their codes have three digits of their own


def area_key(area: str) -> str:
    """The key of the district that an import called `area` makes."""
    return f"osm:{area}"


def city_of(
    files: Sequence[Path],
    *,
    area: str,
    box: Box | None = None,
    invent: bool = False,
    progress: Progress | None = None,
) -> tuple[City, Report]:
    """The city in the files and the report; `invent` fills the dwellings with invented households.

    OsmFileError where a file cannot be read or holds nothing to draw a district from.
    """
    report = Report()
    tell = progress or _silent
    extract = read_extract(files, report, lambda step, share: tell(step, share * 0.3))
    tell("surfaces", 0.3)
    work = _Work.of(extract, area, box, report)
    tell("blocks and grids", 0.5)
    city = work.city(invent=invent)
    tell("", 1.0)
    return city, report


def _silent(step: str, share: float) -> None:
    """Progress that nobody watches."""
    del step, share


@dataclass(slots=True)
class _Work:
    """What is known of the city before it is divided; geometries in lon/lat except where it says metres."""

    prefix: str
    area: str
    frame: Plane
    box: Polygon
    streets: Streets
    houses: list[House]
    estates: list[Estate]
    places: list[Place]
    boundaries: list[Boundary]
    roadside: Roadside
    city_so_far: City
    report: Report

    @classmethod
    def of(cls, extract: Extract, area: str, box: Box | None, report: Report) -> "_Work":
        """Everything of an extract, clipped to the box."""
        shapes = shapes_of(extract, report)
        given = box or extract.box or _dense_box(extract, shapes)
        report.facts["box"] = ",".join(f"{degree:.6f}" for degree in given)
        report.facts["box from"] = "--bbox" if box else ("the file" if extract.box else "where the file is dense")
        frame, outline, prefix = Plane.around(rectangle(*given)), rectangle(*given), area_key(area)
        _check_size(frame.to_metres(outline))
        streets = streets_of(extract, given, LocalFrame(frame.lon0, frame.lat0), prefix, report)
        roadside = Roadside(streets.edges, frame)
        city = City(road_nodes=streets.nodes, road_edges=streets.edges)
        city.waters = waters_of(shapes, box=outline, prefix=prefix, report=report)
        city.greens = greens_of(shapes, box=outline, prefix=prefix, report=report)
        city.railways = railways_of(extract, box=outline, prefix=prefix, report=report)
        houses = houses_of(shapes, extract.nodes, box=given, frame=frame, roadside=roadside, report=report)
        estates = estates_of(shapes, box=outline, frame=frame, report=report)
        places = stations_of(extract, shapes, box=given, frame=frame, roadside=roadside, report=report)
        drawn = boundaries_of(extract, box=outline, frame=frame, report=report)
        return cls(prefix, area, frame, outline, streets, houses, estates, places, drawn, roadside, city, report)

    def city(self, *, invent: bool) -> City:
        """The city, divided and named."""
        lines = [self.frame.to_metres(edge.geometry) for edge in self.streets.edges]
        division = divided(self._ground(lines), *self._load())
        blocks = [self.frame.to_degrees(block) for block in division.blocks]
        city = self.city_so_far
        names = self._names(_unions(division.blocks, division.communities), lines)
        self._add_areas(city, blocks, division, names)
        self._add_compounds_and_blocks(city, division, blocks)
        self._add_grids(city, division, names)
        self._add_buildings(city, division)
        self._add_stations(city)
        if invent:
            self._add_people(city)
        self._note_division(city, division)
        return city

    def _names(self, communities: list[BaseGeometry], lines: list[LineString]) -> list[Name]:
        """The names of the communities: those of the file's boundaries, else made of roads and compounds."""
        if not self.boundaries:
            return community_names(communities, self.streets.edges, lines, self.estates)
        homes = owners(communities, [boundary.metres for boundary in self.boundaries])
        drawn = [self.boundaries[home] for home in homes]
        return [Name(boundary.name, boundary.name_en, boundary.names) for boundary in drawn]

    def _ground(self, lines: list[LineString]) -> Ground:
        metres = self.frame.to_metres
        rails = [metres(railway.geometry) for railway in self.city_so_far.railways if not railway.tunnel]
        waters = [metres(water.geometry) for water in self.city_so_far.waters]
        walls = [estate.metres for estate in self.estates]
        drawn = [boundary.metres for boundary in self.boundaries]
        return Ground(metres(self.box), self.streets.edges, lines, rails, waters, walls, drawn)

    def _load(self) -> tuple[list[MultiPolygon], list[int], float]:
        """Footprints, the households of each, and the density that stands for them where there are none."""
        households = [households_in(house) for house in self.houses]
        if sum(households):
            return [house.footprint for house in self.houses], households, 0.0
        self.report.note("assumed", f"no housing in the file: {DENSITY * 1e6:,.0f} households a km² to form grids")
        return [house.footprint for house in self.houses], households, DENSITY

    def _community_key(self, number: int) -> str:
        return f"{self.prefix}:community:{number + 1}"

    def _block_key(self, number: int) -> str:
        return f"{self.prefix}:block:{number + 1}"

    def _add_areas(self, city: City, blocks: list[Polygon], division: Division, names: list[Name]) -> None:
        """One district with one subdistrict, and the communities, each the union of its blocks."""
        if len(names) > MOST_COMMUNITIES:
            raise OsmFileError(f"It would have over {MOST_COMMUNITIES} communities: name a smaller box with --bbox.")
        prefix, english = district_prefix(self.area), romanised(self.area)
        shapes = [_multi(shape) for shape in _unions(blocks, division.communities)]
        whole = _multi(shapely.unary_union(shapes))
        subdistrict = self.area if self.area.endswith(("街道", "镇", "乡")) else f"{self.area}街道"
        root, sub_key = self.prefix, f"{self.prefix}:subdistrict"
        code = f"{prefix}001"
        city.areas = [
            Area(root, None, AreaLevel.DISTRICT, f"{prefix}000000", self.area, english, whole),
            Area(sub_key, root, AreaLevel.SUBDISTRICT, f"{code}000", subdistrict, romanised(subdistrict), whole),
        ]
        for number, (shape, name) in enumerate(zip(shapes, names, strict=True)):
            titles = (f"{code}{number + 1:03d}", f"{name.name}社区", f"{name.name_en} Community")
            key = self._community_key(number)
            city.areas.append(Area(key, sub_key, AreaLevel.COMMUNITY, *titles, shape, name.names))

    def _add_compounds_and_blocks(self, city: City, division: Division, blocks: list[Polygon]) -> None:
        """Compounds in the community that has most of them; a block is of the compound that covers most of it."""
        homes = owners([e.metres for e in self.estates], division.blocks)
        for estate, home in zip(self.estates, homes, strict=True):
            community = self._community_key(division.community_of[home])
            names = (estate.name, estate.name_en, estate.manager)
            key, shape = self._compound_key(estate), estate.lonlat
            city.compounds.append(
                Compound(key, community, *names, has_committee=False, geometry=shape, names=estate.names)
            )
        tree = shapely.STRtree([estate.metres for estate in self.estates])
        for number, (block, metres) in enumerate(zip(blocks, division.blocks, strict=True)):
            inside = [i for i in tree.query(metres) if _share(metres, self.estates[i].metres) > 0.5]  # noqa: PLR2004
            compound = self._compound_key(self.estates[inside[0]]) if inside else None
            community = self._community_key(division.community_of[number])
            city.blocks.append(Block(self._block_key(number), community, compound, block))

    def _compound_key(self, estate: Estate) -> str:
        return f"{self.prefix}:compound:{estate.id}"

    def _add_grids(self, city: City, division: Division, names: list[Name]) -> None:
        """Grids numbered within their community, each with its five vacant posts."""
        numbers: dict[int, int] = {}
        codes = {area.key: area.code for area in city.areas}
        for community, members in division.grids:
            number = numbers[community] = numbers.get(community, 0) + 1
            key = f"{self._community_key(community)}:grid:{number}"
            name, name_en, _ = names[community]
            code = f"{codes[self._community_key(community)]}{number:03d}"
            titles = (code, f"{name}第{number}网格", f"{name_en} Grid {number}")
            keys = tuple(self._block_key(i) for i in members)
            city.grids.append(Grid(key, self._community_key(community), GridKind.BASE, *titles, keys))
            city.posts += [Post(key, role, ordinal, None) for role, ordinal in STAFF]

    def _add_buildings(self, city: City, division: Division) -> None:
        """Buildings in their blocks, with entrances turned back into degrees."""
        homes = owners([house.footprint for house in self.houses], division.blocks)
        for house, home in zip(self.houses, homes, strict=True):
            key = f"{self.prefix}:building:{house.id}"
            building = Building(
                key=key,
                block=self._block_key(home),
                compound=self._compound_of(house),
                kind=house.kind,
                name=house.name,
                name_en=house.name_en,
                address=house.address,
                floors=house.floors,
                floors_assumed=house.floors_assumed,
                height=house.height,
                has_lift=house.has_lift,
                geometry=house.lonlat,
                names=house.names,
            )
            city.buildings.append(building)
            for number, point in enumerate(house.entrances, 1):
                lonlat = self.frame.to_degrees(point)
                city.entrances.append(Entrance(f"{key}:{number}", key, str(number), lonlat))

    def _compound_of(self, house: House) -> str | None:
        middle = shapely.point_on_surface(house.footprint)
        return next((self._compound_key(e) for e in self.estates if e.metres.intersects(middle)), None)

    def _add_stations(self, city: City) -> None:
        """Stations in their communities."""
        communities = [area for area in city.areas if area.level is AreaLevel.COMMUNITY]
        homes = owners([_dot(place.point) for place in self.places], [area.geometry for area in communities])
        for place, home in zip(self.places, homes, strict=True):
            names = (place.name, place.name_en, place.address, place.open_hours, place.capacity)
            key = f"{self.prefix}:station:{place.id}"
            city.stations.append(Station(key, communities[home].key, place.kind, *names, place.point, place.names))

    def _add_people(self, city: City) -> None:
        """Dwellings of every residential building, each with an invented household."""
        entrances: dict[str, list[str]] = {}
        for entrance in city.entrances:
            entrances.setdefault(entrance.building, []).append(entrance.key)
        for house in self.houses:
            city.dwellings += dwellings_in(house, entrances[f"{self.prefix}:building:{house.id}"])
        city.households = [household_of(dwelling, number) for number, dwelling in enumerate(city.dwellings, 1)]
        self.report.note("assumed", "an invented household: floors × (footprint / 95 m²)", count=len(city.households))

    def _note_division(self, city: City, division: Division) -> None:
        """Say in the report what the box was divided into."""
        self.report.note("kept", "blocks", count=len(city.blocks))
        self.report.note("kept", "communities", count=len(division.communities))
        self.report.note("kept", "grids", count=len(city.grids))
        made = "boundaries in the file" if self.boundaries else "made along the main roads"
        self.report.facts["communities"] = made


def _dense_box(extract: Extract, shapes: list[Shape]) -> Box:
    """The box around the core of the buildings, or of the roads where there are few; OsmFileError without either."""
    middles = [shapely.centroid(shape.geometry) for shape in shapes if "building" in shape.tags]
    if len(middles) > 50:  # noqa: PLR2004 (fewer say little of where the town is)
        places = shapely.get_coordinates(np.asarray(middles, dtype=object))
    else:
        roads = [way.places for way in extract.ways.values() if "highway" in way.tags and len(way.places)]
        if not roads:
            raise OsmFileError("There is neither a road nor a building in it: no district can be drawn.")
        places = np.concatenate(roads)
    (west, south), (east, north) = np.percentile(places, CORE, axis=0)
    frame = LocalFrame((west + east) / 2, (south + north) / 2)
    corners = frame.metres(np.array([[west, south], [east, north]])) + np.array([[-MARGIN], [MARGIN]])
    (west, south), (east, north) = frame.degrees(corners).tolist()
    return Box(west, south, east, north)


def _check_size(box: Polygon) -> None:
    west, south, east, north = box.bounds
    if max(east - west, north - south) > LARGEST_BOX:
        raise OsmFileError(f"The box is over {LARGEST_BOX / 1000:.0f} km wide: name a smaller one with --bbox.")


def _unions(blocks: Sequence[Polygon], groups: Sequence[Sequence[int]]) -> list[BaseGeometry]:
    """The union of the blocks of each group, no vertex moved."""
    return [shapely.unary_union([blocks[i] for i in group]) for group in groups]


def _multi(shape: BaseGeometry) -> MultiPolygon:
    return shape if isinstance(shape, MultiPolygon) else MultiPolygon([cast("Polygon", shape)])


def _share(block: Polygon, estate: BaseGeometry) -> float:
    """The share of a block that an estate covers."""
    return float(shapely.intersection(block, estate).area / block.area)


def _dot(point: Point) -> BaseGeometry:
    """A point with a little area, so that it lies in one community by largest share."""
    return shapely.buffer(point, 1e-7, quad_segs=1)
