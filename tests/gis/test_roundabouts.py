"""Roundabouts on ways: told from the drawing, left by an exit that is counted."""

from dataclasses import replace

import numpy as np
import pytest

from gis.nearest import Step, nearest
from gis.network import Network
from gis.roundabouts import Exit, exits
from gis.steps import Turn, stages
from gis.travel import Mode
from tests.gis.road_drawing import WALKING, network

ALONG, BOTH = 1, 0


#              n
#              |
#            3 2 1          a ring of eight roads, against the clock as in China unless `turn` is -1,
#       w----4   0----e     and an arm of 100 m at every second corner
#            5 6 7
#              |
#              s
def ring(corners=8, radius=20.0, turn=1, arms=BOTH):
    """The network of a roundabout with four arms, and the ends of its arms, east first, against the clock."""
    angle = np.arange(corners) * 2 * np.pi / corners
    circle = radius * np.column_stack([np.cos(angle), np.sin(angle)])
    ends = np.array([(1, 0), (0, 1), (-1, 0), (0, -1)]) * (radius + 100.0)
    roads = [(at, (at + turn) % corners, ALONG) for at in range(corners)]
    roads += [(corners + arm, arm * corners // 4, arms) for arm in range(4)]
    return network(np.vstack([circle, ends]), roads), ends


def told(net, mode, start, goal):
    """The stages of the way from one place to another."""
    own = net.by(mode)
    (found,) = nearest(own, own.attach(start[np.newaxis]), own.attach(goal[np.newaxis]), count=1, toward=False)
    return stages(own, found.steps, [""] * len(found.steps))


@pytest.mark.parametrize(("goal", "number"), [("east", 1), ("north", 2), ("west", 3)])
def test_a_roundabout_is_left_by_the_exit_that_is_counted_from_where_it_is_entered(goal, number):
    net, (east, north, west, south) = ring()
    goal = {"east": east, "north": north, "west": west}[goal]
    made = told(net, Mode.CAR, south, goal)
    assert [(stage.turn, stage.exit) for stage in made] == [(Turn.DEPART, 0), (Turn.ROUNDABOUT, number)]
    side = 2 * 20 * np.sin(np.pi / 8)
    assert made[1].metres == pytest.approx(2 * number * side + 100)
    assert made[1].line.length == pytest.approx(made[1].metres)
    assert len(made[1].parts) == 1


def test_where_traffic_keeps_left_exits_are_counted_the_other_way_round():
    net, (east, north, west, south) = ring(turn=-1)
    assert [told(net, Mode.CAR, south, goal)[1].exit for goal in (west, north, east)] == [1, 2, 3]


def test_to_go_back_one_takes_the_last_exit():
    net, _ = ring()
    own = net.by(Mode.CAR)
    arm = edge_between(own, 11, 6)
    around = [edge_between(own, at % 8, (at + 1) % 8) for at in range(6, 14)]
    way = [Step(arm, 0.0, 1.0), *(Step(edge, 0.0, 1.0) for edge in around), Step(arm, 1.0, 0.0)]
    assert exits(own, way) == {1: Exit(8, 4)}


def edge_between(own, tail, head):
    """The edge from one node to another."""
    return int(np.flatnonzero((own.roads.tail == tail) & (own.roads.head == head))[0])


def test_ways_into_a_roundabout_are_no_exits():
    #  arms of two one-way roads: cars come in a corner after the one where others go out
    angle = np.arange(8) * np.pi / 4
    circle = 20 * np.column_stack([np.cos(angle), np.sin(angle)])
    inward = [(8 + at, at, ALONG) for at in (1, 3, 5, 7)]
    outward = [(at, 8 + at, ALONG) for at in (0, 2, 4, 6)]
    net = network(np.vstack([circle, 5 * circle]), [(at, (at + 1) % 8, ALONG) for at in range(8)] + inward + outward)
    own = net.by(Mode.CAR)
    around = [edge_between(own, at % 8, (at + 1) % 8) for at in range(7, 12)]
    edges = [edge_between(own, 15, 7), *around, edge_between(own, 4, 12)]
    assert exits(own, [Step(edge, 0.0, 1.0) for edge in edges]) == {1: Exit(5, 3)}


def test_exits_that_are_closed_to_the_mode_are_not_counted():
    net, (_, north, _, south) = ring()
    permitted = net.roads.permitted.copy()
    permitted[edge_between(net.by(Mode.CAR), 8, 0), 2] = False
    narrow = Network(replace(net.roads, permitted=permitted), WALKING)
    assert told(narrow, Mode.CAR, south, north)[1].exit == 1
    assert told(narrow, Mode.EBIKE, south, north)[1].exit == 2


def test_who_walks_the_way_of_the_traffic_hears_of_exits_and_who_walks_against_it_of_turns():
    net, (east, _, west, south) = ring()
    assert told(net, Mode.FOOT, south, east)[1].turn is Turn.ROUNDABOUT
    assert Turn.ROUNDABOUT not in [stage.turn for stage in told(net, Mode.FOOT, south, west)]


def test_of_two_exits_at_one_corner_the_outer_one_comes_first():
    net, ends = ring()
    xy = np.vstack([net.roads.node_xy, [(60.0, -60.0)]])
    edges = [*zip(net.roads.tail, net.roads.head, [ALONG] * 8 + [BOTH] * 4, strict=True), (0, 12, BOTH)]
    both = network(xy, edges)
    assert told(both, Mode.CAR, ends[3], xy[12])[1].exit == 1
    assert told(both, Mode.CAR, ends[3], ends[0])[1].exit == 2


def test_the_square_where_dual_carriageways_cross_is_no_roundabout():
    net, (_, north, _, south) = ring(corners=4)
    assert Turn.ROUNDABOUT not in [stage.turn for stage in told(net, Mode.CAR, south, north)]


def test_a_ring_road_is_no_roundabout():
    net, (_, north, _, south) = ring(radius=70.0)
    assert Turn.ROUNDABOUT not in [stage.turn for stage in told(net, Mode.CAR, south, north)]


def test_a_round_street_that_is_open_both_ways_is_no_roundabout():
    net, (_, north, _, south) = ring()
    permitted = np.ones_like(net.roads.permitted)
    street = Network(replace(net.roads, permitted=permitted), WALKING)
    assert Turn.ROUNDABOUT not in [stage.turn for stage in told(street, Mode.CAR, south, north)]


def test_a_way_that_begins_or_ends_on_a_roundabout_takes_no_exit_of_it():
    net, (_, north, _, south) = ring()
    on_it = np.array([17.0, 7.0])
    for start, goal in ((on_it, north), (south, on_it)):
        assert Turn.ROUNDABOUT not in [stage.turn for stage in told(net, Mode.CAR, start, goal)]
