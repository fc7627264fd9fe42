"""Arrival times on random networks equal those of a plain search, written out below for comparison.

The networks have one-ways, parallel edges, loops, islands, edges of no length and closed directions. `make bench`
compares the same with networkx and pgRouting on real roads.
"""

import heapq

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.local import LocalFrame
from gis.network import ModeNetwork, Places
from gis.reach import reach
from gis.roads import Roads

NEVER = float("inf")
SECONDS = st.one_of(st.just(0.0), st.just(NEVER), st.floats(0.1, 60), st.integers(1, 5).map(float))
FRACTIONS = st.one_of(st.sampled_from([0.0, 0.5, 1.0]), st.floats(0, 1))


@st.composite
def networks(draw):
    """A multigraph of a few nodes: edges between any two, also the same, each direction with seconds of its own."""
    n = draw(st.integers(1, 9))
    edges = draw(
        st.lists(
            st.tuples(st.integers(0, n - 1), st.integers(0, n - 1), SECONDS, st.one_of(st.none(), SECONDS)),
            min_size=1,
            max_size=22,
        )
    )
    xy = np.array(draw(st.lists(st.tuples(st.integers(0, 900), st.integers(0, 900)), min_size=n, max_size=n)), float)
    # None: the same seconds both ways, as most roads have.
    seconds = np.array([(there, there if back is None else back) for _, _, there, back in edges])
    return ModeNetwork(roads(xy, np.array([edge[:2] for edge in edges], dtype=np.int32)), seconds)


def roads(xy, ends):
    """Straight roads between nodes; a loop has no length on the drawing."""
    tail, head = np.ascontiguousarray(ends.T)
    drawn = np.stack([xy[tail], xy[head]], axis=1)
    return Roads(
        frame=LocalFrame(118.8, 32.05),
        node_id=np.arange(len(xy)),
        node_xy=xy,
        edge_id=np.arange(len(tail)),
        tail=tail,
        head=head,
        length=np.hypot(*(drawn[:, 1] - drawn[:, 0]).T),
        road_class=np.zeros(len(tail), dtype=np.int8),
        permitted=np.ones((len(tail), 3, 2), dtype=bool),
        maxspeed_kph=np.full(len(tail), np.nan),
        xy=drawn.reshape(-1, 2),
        line_start=np.arange(0, 2 * len(tail) + 1, 2, dtype=np.int32),
    )


def place(edge, fraction, offset=0.0):
    """One place on an edge."""
    return Places(np.zeros((1, 2)), np.array([edge], dtype=np.int32), np.array([fraction]), np.array([offset]))


def plainly(network, edge, at):
    """Seconds to every node from `at` of an edge: Dijkstra's search as it stands in textbooks."""
    tail, head, cost = network.roads.tail.tolist(), network.roads.head.tolist(), network.seconds.tolist()
    onward = [[] for _ in network.roads.node_xy]
    for start, end, (there, back) in zip(tail, head, cost, strict=True):
        onward[start].append((end, there))
        onward[end].append((start, back))
    settled = [NEVER] * len(onward)
    queue = [(part(cost[edge][0], 1 - at), head[edge]), (part(cost[edge][1], at), tail[edge])]
    heapq.heapify(queue)
    while queue:
        seconds, node = heapq.heappop(queue)
        if seconds < settled[node]:
            settled[node] = seconds
            for end, more in onward[node]:
                heapq.heappush(queue, (seconds + more, end))
    return np.array(settled)


def part(seconds, share):
    """A share of the seconds of a direction; a closed one stays closed."""
    return NEVER if seconds == NEVER else seconds * share


@settings(max_examples=300, deadline=None)
@given(networks(), st.data())
def test_nodes_are_reached_at_the_second_of_a_plain_search(network, data):
    edge = data.draw(st.integers(0, len(network.seconds) - 1))
    at = data.draw(FRACTIONS)
    found = reach(network, place(edge, at), 1e6).node_seconds
    np.testing.assert_allclose(found, plainly(network, edge, at), atol=1e-3)


@settings(max_examples=200, deadline=None)
@given(networks(), st.data())
def test_doors_are_reached_at_the_second_of_a_plain_search(network, data):
    edge, door = (data.draw(st.integers(0, len(network.seconds) - 1)) for _ in range(2))
    at, to = data.draw(FRACTIONS), data.draw(FRACTIONS)
    nodes, (there, back) = plainly(network, edge, at), network.seconds[door]
    by_tail = nodes[network.roads.tail[door]] + part(there, to)
    expected = min(by_tail, nodes[network.roads.head[door]] + part(back, 1 - to))
    if edge == door:
        expected = min(expected, 0.0 if at == to else part(there, to - at) if to > at else part(back, at - to))
    found = reach(network, place(edge, at), 1e6).door_seconds(place(door, to))
    np.testing.assert_allclose(found, [expected], atol=1e-3)


@settings(max_examples=200, deadline=None)
@given(networks(), st.data())
def test_a_search_against_the_roads_answers_who_comes(network, data):
    edge, door = (data.draw(st.integers(0, len(network.seconds) - 1)) for _ in range(2))
    at, to = data.draw(FRACTIONS), data.draw(FRACTIONS)
    out = reach(network, place(edge, at), 1e6).door_seconds(place(door, to))
    toward = reach(network.reverse, place(door, to), 1e6).door_seconds(place(edge, at))
    np.testing.assert_allclose(out, toward, atol=1e-3)


@settings(max_examples=200, deadline=None)
@given(networks(), st.data())
def test_what_is_closed_is_gone_as_if_it_never_was(network, data):
    edge = data.draw(st.integers(0, len(network.seconds) - 1))
    shut = data.draw(st.sets(st.integers(0, len(network.seconds) - 1)))
    closed = network.seconds.copy()
    closed[sorted(shut - {edge})] = NEVER
    at = data.draw(FRACTIONS)
    found = reach(ModeNetwork(network.roads, closed), place(edge, at), 1e6).node_seconds
    kept = [one for one in range(len(closed)) if one not in shut - {edge}]
    ends = np.column_stack([network.roads.tail, network.roads.head])[kept]
    left = ModeNetwork(roads(network.roads.node_xy, ends), network.seconds[kept])
    np.testing.assert_allclose(found, plainly(left, kept.index(edge), at), atol=1e-3)


@settings(max_examples=200, deadline=None)
@given(networks(), st.data())
def test_a_limit_takes_nothing_away_that_lies_within_it(network, data):
    edge = data.draw(st.integers(0, len(network.seconds) - 1))
    at, limit = data.draw(FRACTIONS), data.draw(st.floats(0.5, 120))
    found = reach(network, place(edge, at), limit).node_seconds
    expected = plainly(network, edge, at)
    within = expected <= limit - 1e-6
    np.testing.assert_allclose(found[within], expected[within], atol=1e-3)
    assert (found[~within] >= limit - 1e-3).all()
