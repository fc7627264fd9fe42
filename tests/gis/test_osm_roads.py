"""The routable network of an import, drawn by hand."""

import pytest

from gis.city import RoadClass
from gis.osm.tags import maxspeed_of, permissions_of, road_class_of
from tests.gis.osm_text import BOX, LAT, LON, Osm


def roads(osm, folder):
    """The edges of a file by the name of their road."""
    city, report = osm.city(folder)
    edges = {}
    for edge in city.road_edges:
        edges.setdefault(edge.name, []).append(edge)
    return edges, city, report


#      |
#  ----+----   a shared node joins
#      |
def test_roads_that_share_a_node_are_cut_and_joined_there(tmp_path):
    osm = Osm()
    middle = osm.cross_roads()
    edges, city, _ = roads(osm, tmp_path)
    assert [len(edges["东西路"]), len(edges["南北路"])] == [2, 2]
    key = f"osm:测试:node:{middle}"
    assert sum(key in {edge.tail, edge.head} for edge in city.road_edges) == 4


#      ‖
#  ----‖----   a bridge has no node in common with what it crosses
#      ‖
@pytest.mark.parametrize("tags", [{"bridge": "yes", "layer": "1"}, {"tunnel": "yes"}, {}])
def test_roads_that_only_cross_are_not_joined(tmp_path, tags):
    osm = Osm()
    osm.cross_roads()
    osm.way([(2, 1), (2, 9)], highway="primary", name="高架", **tags)
    edges, city, _ = roads(osm, tmp_path)
    (edge,) = edges["高架"]
    others = {end for other in city.road_edges if other.name != "高架" for end in (other.tail, other.head)}
    assert not {edge.tail, edge.head} & others
    assert (edge.bridge, edge.tunnel) == (tags.get("bridge") == "yes", tags.get("tunnel") == "yes")
    assert edge.layer == {"bridge": 1, "tunnel": -1}.get(next(iter(tags), ""), 0)


def may(road=RoadClass.TERTIARY, **tags):
    permissions = permissions_of({key.replace("__", ":"): value for key, value in tags.items()}, road)
    return "".join(letter for letter, allowed in zip("fbBcC", permissions, strict=True) if allowed)


@pytest.mark.parametrize(
    ("tags", "allowed"),  # f: foot; b, B: bicycle along, against; c, C: car along, against
    [
        ({}, "fbBcC"),
        ({"oneway": "yes"}, "fbc"),
        ({"oneway": "-1"}, "fBC"),
        ({"oneway": "no", "junction": "roundabout"}, "fbBcC"),
        ({"junction": "roundabout"}, "fbc"),
        ({"oneway": "yes", "oneway__bicycle": "no"}, "fbBc"),
        ({"oneway": "yes", "cycleway": "opposite_lane"}, "fbBc"),
        ({"oneway": "yes", "cycleway__left": "opposite"}, "fbBc"),
        ({"oneway": "-1", "oneway__bicycle": "yes"}, "fbC"),
        ({"access": "no"}, ""),
        ({"access": "no", "foot": "yes"}, "f"),
        ({"access": "permissive"}, "fbBcC"),
        ({"access": "private"}, "fbBcC"),
        ({"motor_vehicle": "no"}, "fbB"),
        ({"motor_vehicle": "private"}, "fbBcC"),
        ({"vehicle": "no"}, "f"),
        ({"vehicle": "no", "bicycle": "designated"}, "fbB"),
        ({"foot": "no", "bicycle": "no"}, "cC"),
    ],
)
def test_permissions_follow_the_tags(tags, allowed):
    assert may(**tags) == allowed


@pytest.mark.parametrize(
    ("road", "allowed"),
    [
        (RoadClass.MOTORWAY, "c"),
        (RoadClass.FOOTWAY, "f"),
        (RoadClass.STEPS, "f"),
        (RoadClass.CYCLEWAY, "fbB"),
        (RoadClass.PEDESTRIAN, "f"),
        (RoadClass.SERVICE, "fbBcC"),
    ],
)
def test_a_road_class_says_who_may_use_it_where_no_tag_does(road, allowed):
    assert may(road) == allowed


def test_a_footway_opened_to_bicycles_is_open_to_them():
    assert may(RoadClass.FOOTWAY, bicycle="yes") == "fbB"


def test_links_and_odd_classes_are_roads_and_what_is_being_built_is_none():
    assert road_class_of({"highway": "trunk_link"}) is RoadClass.TRUNK
    assert road_class_of({"highway": "bridleway"}) is RoadClass.PATH
    assert road_class_of({"highway": "construction"}) is None
    assert road_class_of({"highway": "proposed"}) is None


@pytest.mark.parametrize(
    ("text", "speed"), [("60", 60), ("40 km/h", 40), ("30 mph", 48.28), ("walk", None), ("0", None)]
)
def test_a_speed_limit_is_read_in_figures_only(text, speed):
    assert maxspeed_of({"maxspeed": text}) == pytest.approx(speed, abs=0.01)


def test_a_road_is_cut_where_it_leaves_the_box(tmp_path):
    osm = Osm()
    osm.cross_roads()
    _, city, report = roads(osm, tmp_path)
    lons = [node.geometry.x for node in city.road_nodes]
    assert min(lons) == pytest.approx(BOX.west)
    assert max(lons) == pytest.approx(BOX.east)
    assert report.count("clipped", "a road that leaves the box") == 2
    total = sum(edge.length for edge in city.road_edges)
    assert total == pytest.approx(943.6 + 1108.9, rel=0.01)


def test_a_road_that_leaves_and_comes_back_is_two_roads(tmp_path):
    osm = Osm()
    osm.cross_roads()
    osm.way([(8, 8), (8, 12), (9, 12), (9, 8)], highway="residential", name="弯路")
    edges, city, _ = roads(osm, tmp_path)
    assert len(edges["弯路"]) == 2
    assert len({node.key for node in city.road_nodes}) == len(city.road_nodes)


def test_a_way_that_refers_to_missing_nodes_is_drawn_without_them(tmp_path):
    osm = Osm()
    osm.cross_roads()
    osm.way([(1, 1), 987654, (3, 1)], highway="residential", name="残路")
    edges, _, report = roads(osm, tmp_path)
    assert len(edges["残路"]) == 1
    reason = "a way refers to nodes that the file does not hold: drawn without them"
    assert report.stages["repaired"][reason].examples == [f"way/{osm.last}"]


def test_a_road_with_one_node_or_none_is_skipped(tmp_path):
    osm = Osm()
    osm.cross_roads()
    osm.way([(1, 1)], highway="residential")
    osm.way([987654], highway="residential")
    _, _, report = roads(osm, tmp_path)
    assert report.count("skipped", "a road with fewer than two nodes") == 2


def test_a_loop_has_two_ends(tmp_path):
    osm = Osm()
    middle = osm.cross_roads()
    osm.way([middle, (6, 6), (7, 6), (6, 5.5), middle], highway="service", name="环路")
    edges, _, _ = roads(osm, tmp_path)
    assert all(edge.tail != edge.head for edge in edges["环路"])
    assert len({edge.key for edge in edges["环路"]}) == len(edges["环路"]) == 2


#  ----x----   cars reach the bollard from both sides, and people pass
def test_a_bollard_stops_cars_and_nobody_else(tmp_path):
    osm = Osm()
    osm.cross_roads()
    bollard = osm.node(2, 2, barrier="bollard")
    osm.way([(1, 2), bollard, (3, 2)], highway="service", name="里弄")
    edges, _, _ = roads(osm, tmp_path)
    shut = [edge for edge in edges["里弄"] if not edge.car_forward]
    assert len(edges["里弄"]) == 3
    assert len(shut) == 1
    assert shut[0].foot
    assert shut[0].length < 1


def test_names_are_kept_in_chinese_and_english(tmp_path):
    osm = Osm()
    osm.cross_roads()
    osm.way([(1, 1), (2, 1)], highway="residential", name="中山北路")
    osm.way([(1, 2), (2, 2)], highway="residential", name="汉口路", name__en="Hankou Rd")
    edges, _, _ = roads(osm, tmp_path)
    assert edges["中山北路"][0].name_en == "Zhongshan North Road"
    assert edges["汉口路"][0].name_en == "Hankou Rd"


def test_nodes_lie_where_the_file_says(tmp_path):
    osm = Osm()
    middle = osm.cross_roads()
    _, city, _ = roads(osm, tmp_path)
    node = next(node for node in city.road_nodes if node.key.endswith(f":{middle}"))
    assert (node.geometry.x, node.geometry.y) == pytest.approx((LON + 0.005, LAT + 0.005))
