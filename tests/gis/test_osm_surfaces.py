"""Buildings, stations, compounds and other surfaces of an import, however badly they are drawn."""

import random

import numpy as np
import pytest
import shapely

from gis.city import BuildingKind, StationKind
from gis.local import LocalFrame
from gis.osm import Report
from gis.osm.names import name_en_of, name_of, romanised
from gis.osm.shapes import polygons_of
from tests.gis.osm_text import LAT, LON, Osm

FRAME = LocalFrame(LON + 0.005, LAT + 0.005)


def square(x, y, width=0.3, height=0.1):
    """A closed outline of about 28 × 11 m."""
    return [(x, y), (x + width, y), (x + width, y + height), (x, y + height)]


@pytest.fixture
def osm():
    made = Osm()
    made.cross_roads()
    return made


def only_building(osm, folder, **options):
    city, report = osm.city(folder, **options)
    (building,) = city.buildings
    return building, city, report


@pytest.mark.parametrize(
    ("tags", "floors", "assumed", "height"),
    [
        ({"building__levels": "11"}, 11, False, 33.0),
        ({"building__levels": "11", "height": "40 m"}, 11, False, 40.0),
        ({"height": "30"}, 10, True, 30.0),
        ({}, 6, True, 18.0),
        ({"building__levels": "many"}, 6, True, 18.0),
        ({"building__levels": "0"}, 6, True, 18.0),
        ({"building__levels": "900"}, 200, False, 600.0),
    ],
)
def test_floors_are_stated_or_derived_or_assumed_and_marked(*, osm, tmp_path, tags, floors, assumed, height):
    osm.ring(square(2, 2), building="apartments", **tags)
    building, _, report = only_building(osm, tmp_path)
    assert (building.floors, building.floors_assumed, building.height) == (floors, assumed, height)
    assert bool(report.stages.get("assumed")) == assumed


@pytest.mark.parametrize(
    ("tags", "kind"),
    [
        ({"building": "yes"}, BuildingKind.RESIDENTIAL),
        ({"building": "yes", "name": "金陵饭店"}, BuildingKind.COMMERCIAL),
        ({"building": "office"}, BuildingKind.OFFICE),
        ({"building": "yes", "amenity": "school"}, BuildingKind.SCHOOL),
    ],
)
def test_the_use_of_a_building_is_stated_or_told_by_its_name_or_assumed(osm, tmp_path, tags, kind):
    osm.ring(square(2, 2), **tags)
    assert only_building(osm, tmp_path)[0].kind is kind


def test_a_building_on_a_school_ground_is_a_school_building(osm, tmp_path):
    osm.ring(square(1, 1, 3, 3), amenity="school", name="人民中学")
    osm.ring(square(2, 2), building="yes")
    assert only_building(osm, tmp_path)[0].kind is BuildingKind.SCHOOL


def test_a_building_with_a_court_is_made_of_its_relation(osm, tmp_path):
    outer = osm.ring(square(2, 2, 1, 1))
    inner = osm.ring(square(2.3, 2.3, 0.4, 0.4))
    osm.relation([(outer, "outer"), (inner, "inner")], building="yes")
    building, _, _ = only_building(osm, tmp_path)
    assert len(building.geometry.geoms[0].interiors) == 1


def test_a_building_drawn_as_way_and_as_relation_is_one(osm, tmp_path):
    outer = osm.ring(square(2, 2, 1, 1), building="yes")
    osm.relation([(outer, "outer")], building="yes")
    only_building(osm, tmp_path)


def test_an_outline_in_two_halves_is_joined(osm, tmp_path):
    a, b = osm.node(2, 2), osm.node(3, 3)
    one, two = osm.way([a, (3, 2), b]), osm.way([a, (2, 3), b])
    osm.relation([(one, "outer"), (two, "outer")], building="yes")
    building, _, _ = only_building(osm, tmp_path)
    assert FRAME.to_metres(building.geometry).area == pytest.approx(94.4 * 110.9, rel=0.01)


def test_an_outline_that_does_not_close_is_skipped_with_its_id(osm, tmp_path):
    way = osm.way([(2, 2), (3, 2), (3, 3)], building="yes")
    open_ring = osm.way([(4, 4), (4.5, 4), (4.5, 4.5)])
    relation = osm.relation([(open_ring, "outer"), (987654, "outer")], building="yes")
    city, report = osm.city(tmp_path)
    assert city.buildings == []
    skipped = report.stages["skipped"]
    assert skipped["a surface whose outline does not close"].examples == [f"way/{way}"]
    assert skipped["a relation whose outline does not close"].examples == [f"relation/{relation}"]


#   3---2
#    \ /
#     X      an outline that crosses itself encloses two triangles
#    / \
#   0---1
def test_an_outline_that_crosses_itself_is_repaired_and_reported(osm, tmp_path):
    way = osm.ring([(2, 2), (2.5, 2), (2, 2.5), (2.5, 2.5)], building="yes")
    building, _, report = only_building(osm, tmp_path)
    assert building.geometry.is_valid
    assert len(building.geometry.geoms) == 2
    repaired = report.stages["repaired"]["a surface whose outline crosses itself: the parts it encloses are kept"]
    assert repaired.examples == [f"way/{way}"]


def test_a_scribble_is_skipped_before_it_is_repaired():
    places = np.random.default_rng(1).random((3000, 2))
    report = Report()
    assert polygons_of([np.vstack([places, places[:1]])], [], "way/1", report) is None
    assert report.count("skipped", "a surface whose outline crosses itself too often") == 1


def test_an_outline_along_one_line_is_skipped(osm, tmp_path):
    osm.ring([(2, 2), (3, 2), (4, 2)], building="yes")
    city, report = osm.city(tmp_path)
    assert city.buildings == []
    assert report.count("skipped", "a surface without an area") == 1


def test_a_building_outside_the_box_is_skipped_and_one_across_its_edge_is_whole_or_not_there(osm, tmp_path):
    osm.ring(square(20, 20), building="yes")
    osm.ring(square(-0.1, 2), building="yes")
    osm.ring(square(-0.2, 3), building="yes")
    building, _, report = only_building(osm, tmp_path)
    assert FRAME.to_metres(building.geometry).area == pytest.approx(28.3 * 11.1, rel=0.01)
    assert report.count("skipped", "a building outside the box") == 2


def test_mapped_entrances_are_taken(osm, tmp_path):
    door = osm.node(2.1, 2, entrance="main")
    refs = [osm.node(2, 2), door, osm.node(2.3, 2), osm.node(2.3, 2.1), osm.node(2, 2.1)]
    osm.way([*refs, refs[0]], building="apartments")
    _, city, _ = only_building(osm, tmp_path)
    (entrance,) = city.entrances
    assert (entrance.geometry.x, entrance.geometry.y) == pytest.approx((LON + 0.0021, LAT + 0.002))


def test_entrances_are_made_along_the_side_towards_the_road_and_lie_on_the_footprint(osm, tmp_path):
    osm.ring(square(2, 4.6, 0.7, 0.12), building="apartments")  # 66 m long, 33 m south of a road
    building, city, _ = only_building(osm, tmp_path)
    assert len(city.entrances) == 3
    assert [entrance.label for entrance in city.entrances] == ["1", "2", "3"]
    for entrance in city.entrances:
        assert entrance.geometry.distance(building.geometry) < 1e-9
        assert entrance.geometry.y == pytest.approx(LAT + 0.00472)


def test_a_building_has_the_mapped_address_or_the_name_of_its_road(osm, tmp_path):
    osm.ring(square(2, 4.6), building="yes", addr__street="汉口路", addr__housenumber="22")
    osm.ring(square(3, 4.6), building="yes")
    city, _ = osm.city(tmp_path)
    assert [building.address for building in city.buildings] == ["汉口路22号", "东西路"]


def test_stations_come_from_amenities_and_nameless_ones_are_named_after_their_road(osm, tmp_path):
    osm.node(2, 4.8, amenity="police")
    osm.node(3, 3, amenity="fire_station", name="新街口消防救援站", opening_hours="24/7")
    osm.ring(square(7, 7, 1, 1), amenity="hospital", name="省人民医院", beds="800")
    osm.node(8, 2, amenity="bench")
    city, report = osm.city(tmp_path)
    stations = {station.kind: station for station in city.stations}
    assert set(stations) == {StationKind.POLICE, StationKind.FIRE, StationKind.HOSPITAL}
    assert stations[StationKind.POLICE].name == "派出所（东西路）"
    assert stations[StationKind.POLICE].name_en == "Police station (Dong West Road)"
    assert stations[StationKind.FIRE].open_hours == "24/7"
    assert stations[StationKind.HOSPITAL].capacity == 800
    assert report.count("assumed", "a station without a name: named after its kind and road") == 1


def test_a_station_mapped_as_point_and_as_area_is_one(osm, tmp_path):
    osm.ring(square(7, 7, 1, 1), amenity="hospital", name="省人民医院")
    osm.node(7.4, 7.6, amenity="hospital", name="省人民医院")
    osm.node(7.5, 7.5, amenity="hospital")
    city, report = osm.city(tmp_path)
    assert len(city.stations) == 1
    assert report.count("skipped", "a station that is mapped twice") == 2


def test_a_named_residential_area_is_a_compound_and_holds_its_buildings(osm, tmp_path):
    osm.ring(square(1, 1, 3, 3), landuse="residential", name="西王庄小区")
    osm.ring(square(6, 6, 3, 3), landuse="residential")
    osm.ring(square(2, 2), building="yes")
    building, city, report = only_building(osm, tmp_path)
    (compound,) = city.compounds
    assert (compound.name, compound.name_en) == ("西王庄小区", "Xiwangzhuang Compound")
    assert building.compound == compound.key
    assert report.count("skipped", "a residential area without a name: no compound") == 1
    inside = [block for block in city.blocks if block.compound == compound.key]
    assert shapely.unary_union([block.geometry for block in inside]).symmetric_difference(compound.geometry).area < 1e-9


def test_water_green_and_railways_are_clipped_to_the_box(osm, tmp_path):
    osm.ring(square(8, 8, 5, 1), natural="water", water="lake", name="玄武湖")
    osm.ring(square(1, 8, 1, 1), leisure="park")
    osm.way([(-2, 9.5), (12, 9.5)], railway="rail")
    osm.way([(-2, 9.7), (12, 9.7)], railway="subway")
    city, report = osm.city(tmp_path)
    assert (city.waters[0].kind, city.waters[0].name_en) == ("lake", "Xuanwu Lake")
    assert city.waters[0].geometry.bounds[2] == pytest.approx(LON + 0.01)
    assert city.greens[0].kind == "park"
    assert [railway.tunnel for railway in city.railways] == [False, True]
    assert report.count("clipped", "water or green that leaves the box") == 1


def test_names_are_of_the_place_first_and_of_one_line():
    assert name_of({"name:zh": "汉口\n路", "name:en": "Hankou Road"}) == "汉口 路"
    assert name_en_of({"name": "汉口路", "name:en": "Hankou Road"}) == "Hankou Road"
    assert name_en_of({"name": "汉口路", "name:zh_pinyin": "Hànkǒu Lù"}) == "Hànkǒu Lù"
    assert romanised("新街口") == "Xinjiekou"
    assert romanised("A座") == "A Zuo"
    assert name_of({"name": "长" * 500}) == "长" * 120


def test_random_dirt_never_stops_an_import(osm, tmp_path):
    draw = random.Random(5)  # noqa: S311
    tags = [{"building": "yes"}, {"landuse": "residential", "name": "园"}, {"natural": "water"}, {"highway": "footway"}]
    for _ in range(60):
        places = [(draw.uniform(-3, 13), draw.uniform(-3, 13)) for _ in range(draw.randrange(1, 9))]
        way = osm.way([*places, 10**9] if draw.random() < 0.2 else places, **draw.choice(tags))
        osm.ring(places, **draw.choice(tags))
        osm.relation([(way, draw.choice(["outer", "inner", ""])), (10**9, "outer")], **draw.choice(tags))
    city, _ = osm.city(tmp_path, invent=True)
    assert all(building.geometry.is_valid for building in city.buildings)
    assert shapely.coverage_is_valid([block.geometry for block in city.blocks])
