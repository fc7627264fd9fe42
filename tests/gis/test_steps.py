"""A way in steps: turns from geometry, and one step for a road that goes on."""

from itertools import pairwise

import pytest
from shapely import LineString, Point

from gis.city import RoadClass, RoadEdge, RoadNode
from gis.nearest import Step
from gis.network import network_of
from gis.steps import Turn, stages, turned
from gis.travel import Mode

METRE = 1 / 111_195  # of a degree at the equator, where both directions are alike


def way(*corners, names=None):
    """Stages of a way from corner to corner (metres east, north), one edge each, the roads called `names`."""
    nodes = [RoadNode(str(i), Point(x * METRE, y * METRE)) for i, (x, y) in enumerate(corners)]
    edges = [
        RoadEdge(
            key=str(i),
            tail=str(i),
            head=str(i + 1),
            road_class=RoadClass.RESIDENTIAL,
            name="",
            name_en="",
            length=Point(a).distance(Point(b)),
            foot=True,
            bicycle_forward=True,
            bicycle_backward=True,
            car_forward=True,
            car_backward=True,
            maxspeed_kph=None,
            layer=0,
            bridge=False,
            tunnel=False,
            geometry=LineString([(a[0] * METRE, a[1] * METRE), (b[0] * METRE, b[1] * METRE)]),
        )
        for i, (a, b) in enumerate(pairwise(corners))
    ]
    net = network_of(nodes, edges).by(Mode.FOOT)
    position = {int(edge): at for at, edge in enumerate(net.roads.edge_id)}
    steps = [Step(position[i], 0.0, 1.0) for i in range(len(edges))]
    return stages(net, steps, names or [""] * len(edges))


#         2----3
#         |
#    0----1
def test_a_corner_is_a_turn_and_metres_are_those_of_each_road():
    made = way((0, 0), (100, 0), (100, 50), (150, 50))
    assert [stage.turn for stage in made] == [Turn.DEPART, Turn.LEFT, Turn.RIGHT]
    assert [round(stage.metres) for stage in made] == [100, 50, 50]
    assert made[0].heading == pytest.approx(90, abs=0.1)
    assert (made[1].heading + 180) % 360 == pytest.approx(180, abs=0.1)


def test_a_road_that_goes_on_under_its_name_is_one_step_even_where_it_bends():
    made = way((0, 0), (100, 0), (180, 60), (250, 130), names=["A", "A", "A"])
    assert len(made) == 1
    assert made[0].metres == pytest.approx(100 + 100 + 98.99, abs=0.1)
    assert made[0].parts == [0, 1, 2]


def test_another_name_begins_another_step_straight_on():
    made = way((0, 0), (100, 0), (200, 0), names=["A", "B"])
    assert [stage.turn for stage in made] == [Turn.DEPART, Turn.STRAIGHT]


def test_the_crossing_of_a_junction_is_no_step_of_its_own():
    made = way((0, 0), (100, 0), (110, 0), (200, 0), names=["A", "", "A"])
    assert [stage.turn for stage in made] == [Turn.DEPART]
    made = way((0, 0), (10, 0), (200, 0), names=["", "A"])
    assert len(made) == 1


def test_a_named_road_that_turns_a_corner_is_told_as_a_turn():
    made = way((0, 0), (100, 0), (100, -80), names=["A", "A"])
    assert [stage.turn for stage in made] == [Turn.DEPART, Turn.RIGHT]


def test_going_back_is_said_so():
    assert [stage.turn for stage in way((0, 0), (100, 0), (1, 0.5))] == [Turn.DEPART, Turn.BACK]


@pytest.mark.parametrize(
    ("degrees", "turn"),
    [
        (0, Turn.STRAIGHT),
        (-19, Turn.STRAIGHT),
        (30, Turn.SLIGHT_RIGHT),
        (-30, Turn.SLIGHT_LEFT),
        (90, Turn.RIGHT),
        (-90, Turn.LEFT),
        (270, Turn.LEFT),
        (140, Turn.SHARP_RIGHT),
        (-140, Turn.SHARP_LEFT),
        (180, Turn.BACK),
        (-179, Turn.BACK),
    ],
)
def test_a_change_of_heading_is_a_turn(degrees, turn):
    assert turned(degrees) is turn


def test_a_way_that_leads_nowhere_has_no_step():
    assert way((0, 0), (100, 0))[0].metres == pytest.approx(100, abs=0.1)
    nowhere = network_of([RoadNode("a", Point(0, 0))], []).by(Mode.FOOT)
    assert stages(nowhere, [], []) == []
