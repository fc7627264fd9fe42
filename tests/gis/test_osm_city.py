"""Whole cities from OpenStreetMap files: what must hold of each, on the real files where they are at hand."""

import gzip
import os
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
import shapely

from gis.access import Access
from gis.city import AreaLevel, FlagKind
from gis.grids import tints
from gis.osm import OsmFileError, city_of
from gis.osm.naming import district_prefix
from gis.osm.plane import Plane
from tests.gis.osm_text import BOX, Osm

DATA = Path(os.environ.get("WANGGE_SHARED_DATA") or Path(__file__).resolve().parents[3] / "shared/data")
NANJING, BEIJING, SHANGHAI = "nanjing_xinjiekou.osm.pbf", "beijing_tsinghua.osm.gz", "shanghai_roads.osm.pbf"


@cache
def real_city(name, invent=True):
    file = DATA / name
    if not file.exists():
        pytest.skip(f"{name} is not beside the project (../shared/data)")
    return city_of([file], area="新街口", invent=invent)


def town(folder, **options):
    """A town of 36 slabs around a crossing."""
    osm = Osm()
    osm.cross_roads()
    for x in range(6):
        for y in range(6):
            west, south = 0.6 + 1.5 * x, 0.6 + 1.5 * y
            corners = [(west, south), (west + 0.5, south), (west + 0.5, south + 0.12), (west, south + 0.12)]
            osm.ring(corners, building="apartments")
    return osm.city(folder, **options)


def assert_sound(city):
    """The invariants that `wangge check` asks of the database, asked of the values."""
    blocks = {block.key: block.geometry for block in city.blocks}
    assert shapely.coverage_is_valid(list(blocks.values()))
    in_grids = Counter(key for grid in city.grids for key in grid.blocks)
    assert set(in_grids) == set(blocks)
    assert set(in_grids.values()) == {1}
    community_of = {block.key: block.community for block in city.blocks}
    for grid in city.grids:
        assert {community_of[key] for key in grid.blocks} == {grid.community}
    for area in city.areas:
        if area.level is AreaLevel.COMMUNITY:
            union = shapely.unary_union([blocks[key] for key in blocks if community_of[key] == area.key])
            assert union.symmetric_difference(area.geometry).area == 0
    footprints = {building.key: building.geometry for building in city.buildings}
    assert all(entrance.geometry.distance(footprints[entrance.building]) < 1e-8 for entrance in city.entrances)
    assert all(building.block in blocks for building in city.buildings)
    kinds = "areas blocks grids buildings entrances dwellings road_nodes road_edges stations waters greens railways"
    for records in (getattr(city, kind) for kind in kinds.split()):
        assert len({record.key for record in records}) == len(records)
    nodes = {node.key for node in city.road_nodes}
    assert all({edge.tail, edge.head} <= nodes and edge.length > 0 for edge in city.road_edges)


def test_a_town_has_blocks_grids_and_invented_people(tmp_path):
    city, report = town(tmp_path, invent=True)
    assert_sound(city)
    assert len(city.households) == len(city.dwellings) == 36 * 6 * 7
    assert report.count("assumed", "an invented household: floors × (footprint / 95 m²)") == len(city.dwellings)
    assert all(household.contact_phone.startswith("1990000") for household in city.households if household.size)
    held = Counter(household.flags for household in city.households)
    assert held[(FlagKind.VACANT,)] > 0
    assert all(post.holder is None for post in city.posts)
    assert len(city.posts) == 5 * len(city.grids)


def bounded_town(folder, east):
    """The town in two communities that share the way x = 4; the eastern one reaches to `east`, or is left open."""
    osm = Osm()
    osm.cross_roads()
    for x in range(6):
        for y in range(6):
            west, south = 0.6 + 1.5 * x, 0.6 + 1.5 * y
            corners = [(west, south), (west + 0.5, south), (west + 0.5, south + 0.12), (west, south + 0.12)]
            osm.ring(corners, building="apartments")
    low, high = osm.node(4, -2), osm.node(4, 12)
    middle = osm.way([low, high])
    left = osm.way([high, (-2, 12), (-2, -2), low])
    right = osm.way([high, (east, 12), (east, -2), low] if east else [high, (12, 12), (12, -2)])
    for way, name in ((left, "柳岸社区居委会"), (right, "春晓社区")):
        members = [(middle, "outer"), (way, "outer")]
        tags = {"name": name, "name__ja": f"{name}（日）"}
        osm.relation(members, type="boundary", boundary="administrative", admin_level="10", **tags)
    return osm.city(folder, invent=True)


def test_boundaries_that_assemble_are_the_communities(tmp_path):
    #   柳岸 | 春晓      the shared way runs at x = 4, beside no road
    city, report = bounded_town(tmp_path, east=12)
    assert_sound(city)
    west, east = sorted((a for a in city.areas if a.level is AreaLevel.COMMUNITY), key=lambda a: a.geometry.bounds)
    assert (west.name, east.name) == ("柳岸社区", "春晓社区")
    assert east.names == (("ja", "春晓社区（日）"),)
    assert west.geometry.bounds[2] == pytest.approx(BOX.west + 0.004, abs=1e-8)
    assert east.geometry.bounds[0] == pytest.approx(BOX.west + 0.004, abs=1e-8)
    assert report.facts["communities"] == "boundaries in the file"


@pytest.mark.parametrize("east", [None, 6], ids=["open", "short of the box"])
def test_boundaries_that_do_not_assemble_or_cover_too_little_are_left(tmp_path, east):
    city, report = bounded_town(tmp_path, east=east)
    assert_sound(city)
    assert "春晓社区" not in {area.name for area in city.areas}
    assert report.facts["communities"] == "made along the main roads"
    assert report.count("skipped", "a boundary that does not assemble") == (0 if east else 1)


def test_the_same_file_gives_the_same_city(tmp_path):
    assert town(tmp_path, invent=True)[0] == town(tmp_path, invent=True)[0]


def test_without_inventing_nobody_lives_there_and_the_grids_are_the_same(tmp_path):
    empty, peopled = town(tmp_path)[0], town(tmp_path, invent=True)[0]
    assert empty.households == empty.dwellings == []
    assert empty.grids == peopled.grids


def test_two_files_are_read_as_one(tmp_path):
    first, second = tmp_path / "1", tmp_path / "2"
    first.mkdir()
    second.mkdir()
    osm = Osm()
    osm.cross_roads()
    more = Osm()
    more.last = 1000
    more.way([(1, 1), (9, 1)], highway="residential", name="南一路")
    city, _ = city_of([osm.write(first), more.write(second), more.write(second)], area="测试", box=BOX)
    assert {edge.name for edge in city.road_edges} == {"东西路", "南北路", "南一路"}


def test_a_file_without_a_road_or_a_building_is_refused(tmp_path):
    osm = Osm()
    osm.node(1, 1, amenity="police")
    with pytest.raises(OsmFileError, match="neither a road nor a building"):
        osm.city(tmp_path, box=None)


# The file's own time would give the test another name in each process of a parallel run.
@pytest.mark.parametrize(
    "content", [b"", b"<osm", b"no map at all", gzip.compress(b"<osm version='0.6'><node", mtime=0)]
)
def test_a_damaged_file_is_refused_by_name(tmp_path, content):
    file = tmp_path / "broken.osm"
    file.write_bytes(content)
    with pytest.raises(OsmFileError, match=r"broken\.osm"):
        city_of([file], area="测试")


def test_a_box_without_anything_in_it_is_one_block(tmp_path):
    osm = Osm()
    osm.cross_roads()
    city, report = osm.city(tmp_path, box=BOX._replace(west=119.0, east=119.01))
    assert_sound(city)
    assert (len(city.blocks), len(city.grids), city.road_edges) == (1, 1, [])
    assert report.count("skipped", "a road outside the box") == 2


def test_a_district_code_is_made_up_and_never_that_of_the_demo():
    prefixes = {district_prefix(str(name)) for name in range(2000)}
    assert all(len(prefix) == 6 and prefix.startswith("99") for prefix in prefixes)
    assert "990101" not in prefixes


@pytest.mark.parametrize("name", [NANJING, BEIJING])
def test_a_real_city_is_sound_and_its_grids_fit(name):
    city, _ = real_city(name)
    assert_sound(city)
    entrance_of = {dwelling.key: dwelling.entrance for dwelling in city.dwellings}
    building_of = {entrance.key: entrance.building for entrance in city.entrances}
    block_of = {building.key: building.block for building in city.buildings}
    grid_of = {key: grid.key for grid in city.grids for key in grid.blocks}
    held = Counter(grid_of[block_of[building_of[entrance_of[h.dwelling]]]] for h in city.households)
    fitting = sum(300 <= held[grid.key] <= 500 for grid in city.grids)
    assert fitting >= 0.9 * len(city.grids)
    blocks = {block.key: block.geometry for block in city.blocks}
    assert len(set(tints([shapely.unary_union([blocks[key] for key in grid.blocks]) for grid in city.grids]))) > 3


@pytest.mark.parametrize(("name", "allowed"), [(NANJING, 12), (BEIJING, 2)])
def test_blocks_of_a_real_city_can_be_come_to_and_are_split_wherever_their_parts_can_be(name, allowed):
    city, _ = real_city(name)
    plane = Plane.around(city.areas[0].geometry)
    blocks = {block.key: plane.to_metres(block.geometry) for block in city.blocks}
    walls = [part for compound in city.compounds for part in plane.to_metres(compound.geometry).geoms]
    walked = [edge.geometry for edge in city.road_edges if edge.foot and not edge.tunnel and not edge.bridge]
    access = Access([plane.to_metres(line) for line in walked], walls)
    stands = Counter(building.block for building in city.buildings)
    assert access.of([blocks[key] for key in stands]).all()
    building_of = {entrance.key: entrance.building for entrance in city.entrances}
    homes = Counter(building_of[dwelling.entrance] for dwelling in city.dwellings)
    held, inhabited = Counter(), Counter()
    for building in city.buildings:
        held[building.block] += homes[building.key]
        inhabited[building.block] += homes[building.key] > 0
    assert sum(held[key] > 120 and inhabited[key] > 1 for key in blocks) <= allowed


def test_nanjing_keeps_its_buildings_police_and_schools():
    city, report = real_city(NANJING)
    kinds = Counter(station.kind for station in city.stations)
    assert len(city.buildings) > 1150
    assert kinds["police"] >= 2
    assert kinds["hospital"] >= 4
    assert kinds["school"] >= 15
    assert sum(not building.floors_assumed for building in city.buildings) > 100
    assert all(station.name for station in city.stations)
    assert report.count("repaired", "a relation refers to ways that the file does not hold: made of the others") > 0


def test_nanjing_keeps_the_names_of_every_language_that_is_mapped():
    city, report = real_city(NANJING)
    things = [*city.buildings, *city.stations, *city.road_edges, *city.waters, *city.greens, *city.railways]
    kept = {key for thing in things for key, _ in thing.names}
    assert {"en", "zh", "zh_pinyin", "zh-Hant", "ja", "alt_name"} <= kept
    assert not any("a name in no language" in reason for reason in report.stages["skipped"])


def test_beijing_keeps_its_named_compounds():
    city, _ = real_city(BEIJING)
    assert {"西王庄小区", "华清嘉园小区", "新林院"} <= {compound.name for compound in city.compounds}


def test_a_file_of_roads_gives_a_network_blocks_and_grids_without_households():
    city, report = real_city(SHANGHAI, invent=False)
    assert len(city.road_edges) > 6000
    assert len(city.grids) > 100
    assert city.households == city.buildings == []
    assert any("no housing in the file" in reason for reason in report.stages["assumed"])
    in_grids = Counter(key for grid in city.grids for key in grid.blocks)
    assert in_grids == Counter(block.key for block in city.blocks)
