import numpy as np
import pytest
import shapely
from shapely import LineString, Point

from gis.city import RoadClass, RoadEdge, RoadNode
from gis.network import NoRoadError, line_part, network_of
from gis.travel import CLIMB, EMERGENCY, LIFT, LIFT_WAIT, SPEEDS, Mode, climb_seconds
from tests.gis.road_drawing import draw, network


def test_a_road_that_passes_over_another_is_not_joined_to_it():
    #            the bridge a–b crosses c–d without a junction
    drawn, at = draw("""
        .  c
           |
        a--+--b
           |
           d
    """)
    graph = drawn.by(Mode.FOOT).graph
    assert graph.nnz == 4
    assert graph[at["a"], at["b"]] == graph[at["b"], at["a"]] == 60.0
    assert graph[at["c"], at["d"]] == 40.0


def test_a_one_way_road_is_open_to_walkers_both_ways_and_to_cars_one_way():
    drawn, at = draw("a>>>b<<c")
    assert drawn.by(Mode.FOOT).graph[at["b"], at["a"]] == 40.0
    car = drawn.by(Mode.CAR).graph
    assert (car[at["a"], at["b"]], car[at["b"], at["a"]]) == (4.0, 0.0)
    assert (car[at["c"], at["b"]], car[at["b"], at["c"]]) == (3.0, 0.0)
    emergency = drawn.by(Mode.EMERGENCY).graph
    assert (emergency[at["a"], at["b"]], emergency[at["b"], at["a"]]) == (4.0 / EMERGENCY, 0.0)


def test_points_attach_in_the_middle_of_the_nearest_road():
    drawn, _ = draw("""
        a-----b
        |     |
        c-----d
    """)
    foot = drawn.by(Mode.FOOT)
    places = foot.attach(np.array([[15.0, 4.0], [70.0, -10.0]]))
    assert places.fraction.tolist() == [0.25, 0.5]
    assert places.offset.tolist() == [4.0, 10.0]
    assert places.access.tolist() == [3.2, 8.0]
    assert foot.snapped(places).tolist() == [[15.0, 0.0], [60.0, -10.0]]


def test_nothing_attaches_to_a_scrap_that_the_rest_does_not_reach():
    drawn, at = draw("""
        a---------------------------b
        |
        |    e-f
        |
        c---------------------------d
    """)
    places = drawn.by(Mode.FOOT).attach(np.array([[60.0, -20.0]]))
    assert {at["e"], at["f"]}.isdisjoint({int(drawn.roads.tail[places.edge[0]]), int(drawn.roads.head[places.edge[0]])})


def test_cars_do_not_attach_to_a_road_that_cannot_be_left_again():
    drawn, _ = draw("""
        a---b>>>e
        |   |
        c---d
    """)
    places = drawn.by(Mode.CAR).attach(np.array([[80.0, 0.0]]))
    assert drawn.by(Mode.CAR).snapped(places).tolist() == [[40.0, 0.0]]


def test_a_mode_without_roads_says_so():
    drawn = network(np.zeros((0, 2)), [])
    with pytest.raises(NoRoadError):
        drawn.by(Mode.CAR).attach(np.zeros((1, 2)))


def test_a_city_becomes_a_network_with_its_permissions_and_limits():
    nodes = [RoadNode("a", Point(121.5, 31.2)), RoadNode("b", Point(121.501, 31.2))]
    edge = _road("r", *nodes)._replace(
        road_class=RoadClass.PRIMARY, foot=False, bicycle_backward=False, maxspeed_kph=20.0
    )
    city = network_of(nodes, [edge])
    assert np.isinf(city.by(Mode.FOOT).seconds).all()
    assert np.isinf(city.by(Mode.EBIKE).seconds).tolist() == [[False, True]]
    assert city.by(Mode.CAR).seconds.tolist() == pytest.approx(np.array([[17.1, 17.1]]))
    # An emergency vehicle heeds one-ways and closed roads as cars do, and no posted limit: 40 km/h times 1.25.
    assert city.by(Mode.EMERGENCY).seconds.tolist() == pytest.approx(np.array([[6.84, 6.84]]))
    assert float(shapely.length(city.roads.line(0))) == pytest.approx(95.3, abs=0.3)


def _road(key, tail, head):
    return RoadEdge(
        key=key,
        tail=tail.key,
        head=head.key,
        road_class=RoadClass.RESIDENTIAL,
        name="",
        name_en="",
        length=95.0,
        foot=True,
        bicycle_forward=True,
        bicycle_backward=True,
        car_forward=True,
        car_backward=True,
        maxspeed_kph=None,
        layer=0,
        bridge=False,
        tunnel=False,
        geometry=LineString([tail.geometry, head.geometry]),
    )


def test_a_speed_of_zero_closes_a_class():
    drawn, _ = draw("a--b", {road_class: SPEEDS[road_class]._replace(car_kph=0) for road_class in RoadClass})
    assert drawn.by(Mode.CAR).graph.nnz == 0


def test_of_parallel_roads_the_quickest_counts():
    xy = np.array([[0.0, 0.0], [100.0, 0.0]])
    drawn = network(xy, [(0, 1, 0), (0, 1, 0), (0, 0, 0)], length=np.array([150.0, 120.0, 40.0]))
    assert drawn.by(Mode.FOOT).graph.toarray().tolist() == [[0.0, 120.0], [120.0, 0.0]]


def test_nodes_and_edges_stand_in_the_order_of_space_and_say_which_rows_they_are():
    grid = np.array([(x, y) for x in range(4) for y in range(4)], dtype=float) * 100
    nodes = [RoadNode(str(at), Point(121.5 + x * 1e-5, 31.2 + y * 1e-5)) for at, (x, y) in enumerate(grid)]
    pairs = [(a, b) for a in range(16) for b in range(16) if np.abs(grid[a] - grid[b]).sum() == 100 and a < b][::-1]
    edges = [_road(str(at), nodes[a], nodes[b]) for at, (a, b) in enumerate(pairs)]
    roads = network_of(nodes, edges).roads
    # Four by four in Morton's order: each quarter is whole before the next begins.
    quarters = (grid[roads.node_id] >= 200) @ (1, 2)
    assert quarters.tolist() == np.repeat([0, 1, 2, 3], 4).tolist()
    first, second = np.minimum(roads.tail, roads.head), np.maximum(roads.tail, roads.head)
    assert (np.diff(first * 16 + second) > 0).all()
    for edge, row in enumerate(roads.edge_id):
        ends = roads.node_id[[roads.tail[edge], roads.head[edge]]].tolist()
        assert ends == list(pairs[row])
        assert (
            np.abs(np.array(roads.line(edge).coords) - roads.node_xy[[roads.tail[edge], roads.head[edge]]]).max() < 1e-6
        )


def test_the_straight_parts_of_each_edge_are_one_stretch_and_cover_it():
    nodes = [
        RoadNode("a", Point(121.5, 31.2)),
        RoadNode("b", Point(121.501, 31.2)),
        RoadNode("c", Point(121.5, 31.201)),
    ]
    bent = _road("bent", nodes[0], nodes[1])._replace(
        geometry=LineString([(121.5, 31.2), (121.5, 31.2005), (121.501, 31.2005), (121.501, 31.2)])
    )
    roads = network_of(nodes, [bent, _road("straight", nodes[2], nodes[0])]).roads
    segments = roads.segments
    for edge, row in enumerate(roads.edge_id):
        own = slice(roads.segment_start[edge], roads.segment_start[edge + 1])
        assert segments.edge[own].tolist() == [edge] * (3 if row == 0 else 1)
        assert segments.begin[own][0] == 0.0
        assert segments.stop[own][-1] == 1.0
        assert (segments.begin[own][1:] == segments.stop[own][:-1]).all()
        ends = shapely.get_coordinates([roads.line(edge).interpolate(at, normalized=True) for at in segments.stop[own]])
        assert segments.end[own] == pytest.approx(ends, abs=1e-6)
    assert [line.equals(roads.line(edge)) for edge, line in enumerate(roads.lines_of([0, 1]))] == [True, True]
    assert roads.lines_of(np.array([False, True]))[0].equals(roads.line(1))
    assert len(roads.lines_of(np.zeros(2, dtype=bool))) == 0


def test_a_part_of_a_line_keeps_the_bends_between_and_its_direction():
    line = LineString([(0, 0), (10, 0), (10, 10)])
    assert line_part(line, 0.25, 0.75).equals(LineString([(5, 0), (10, 0), (10, 5)]))
    assert list(line_part(line, 1.0, 0.5).coords) == [(10, 10), (10, 0)]


def test_the_climb_takes_the_quicker_of_stairs_and_lift():
    assert climb_seconds([1, 2, 6, 30, -1], [False] * 5).tolist() == [0, CLIMB, 5 * CLIMB, 29 * CLIMB, 2 * CLIMB]
    assert climb_seconds([1, 2, 30], [True] * 3).tolist() == [0, CLIMB, LIFT_WAIT + 29 * LIFT]
