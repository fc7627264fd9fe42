"""Blocks split by drawn lines and merged: cases drawn by hand, and sequences of edits that may break nothing."""

import re
from collections import Counter

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely import LineString, Polygon, box

from gis.access import Access
from gis.block_edits import Ground, merge, split
from gis.blocks import cut_blocks, owners, shared_edges
from gis.drawn_lines import MOST_POINTS
from gis.osm.plane import Plane
from gis.refusals import SENTENCES, EditRefused, Reason
from gis.round_trip import RoundTrip

#   200 +-------+-------+
#       |       2       |
#   100 +-------+-------+
#       |   0   |   1   |
#     0 +-------+-------+
#       0      100     200
TOWN = [
    box(0, 0, 100, 100),
    box(100, 0, 200, 100),
    Polygon([(0, 100), (100, 100), (200, 100), (200, 200), (0, 200)]),
]


def refused(act, *args, **options):
    with pytest.raises(EditRefused) as caught:
        act(*args, **options)
    assert "%" not in str(caught.value)
    return caught.value


def applied(blocks, edit):
    """All blocks after an edit, those that are kept first, and where each stands now by its number."""
    numbers = [i for i in range(len(blocks)) if i not in edit.removed] + list(edit.added)
    shapes = [edit.added.get(i) or edit.touched.get(i) or blocks[i] for i in numbers]
    return shapes, {number: place for place, number in enumerate(numbers)}


def assert_covers(blocks, area):
    assert shapely.coverage_is_valid(blocks)
    assert shapely.is_valid(blocks).all()
    assert all(isinstance(block, Polygon) for block in blocks)
    assert sum(block.area for block in blocks) == pytest.approx(area.area, abs=1e-6)
    assert shapely.coverage_union_all(blocks).symmetric_difference(area).area < 1e-6


#   +-------+-------+
#   |       2       |
#   +-------+-------+
#   |   3   o   1   |
# - - - - - o - -   |      the neighbour on the right gets the vertex too
#   |   4   |       |
#   +-------+-------+
def test_a_split_gives_two_parts_and_the_neighbour_its_vertex():
    edit = split(TOWN, 0, [(-10, 40), (110, 40)])
    assert edit.removed == (0,)
    assert edit.parents == {3: (0,), 4: (0,)}
    assert [round(part.area) for part in edit.added.values()] == [6000, 4000]
    assert set(edit.touched) == {1}
    assert (100, 40) in edit.touched[1].exterior.coords
    blocks, _ = applied(TOWN, edit)
    assert blocks[0] is TOWN[1] or blocks[1] is TOWN[2]
    assert_covers(blocks, box(0, 0, 200, 200))


#   +-------+
#   |  :    |
#   |  :    |      2 m off the corner: it is meant to start there
#   +--o----+
def test_a_line_that_ends_near_a_corner_ends_on_it():
    edit = split(TOWN, 2, [(98, 90), (102, 210)])
    assert edit.touched == {}
    assert all((100, 100) in part.exterior.coords for part in edit.added.values())


def test_how_near_is_near_is_said_by_the_caller():
    assert split(TOWN, 2, [(98, 90), (102, 210)], within=0.5).touched.keys() == {0}
    with pytest.raises(ValueError, match="within"):
        split(TOWN, 2, [(98, 90), (102, 210)], within=float("nan"))


#   +---------------+
#   |    _----_     |      drawn from end to end with two points on it: the cut is the path
#  -----/      \-------
#   |               |
#   +---------------+
def test_a_line_along_a_path_takes_its_shape():
    path = LineString([(-20, 50), (20, 50), (50, 52), (80, 50), (120, 50)])
    edit = split(TOWN, 0, [(-10, 51), (110, 49)], Ground(guides=[path]))
    assert all({(20, 50), (50, 52), (80, 50)} <= set(part.exterior.coords) for part in edit.added.values())
    straight = split(TOWN, 0, [(-10, 51), (110, 49)], Ground(guides=[path]), within=1.5)
    assert not any((50, 52) in part.exterior.coords for part in straight.added.values())


def test_a_line_that_ends_just_short_of_the_edge_is_taken_to_it():
    edit = split(TOWN, 0, [(2, 40), (97.5, 41)])
    assert_covers(applied(TOWN, edit)[0], box(0, 0, 200, 200))


#   +-------+
#   | +---+ |      a ring drawn inside makes an island
#   | +---+ |
#   +-------+
def test_a_ring_cuts_out_an_island_and_merging_fills_the_hole():
    edit = split(TOWN, 0, [(30, 30), (70, 30), (70, 70), (30, 70), (30, 30)])
    around, island = edit.added.values()
    assert (len(around.interiors), island.area) == (1, 1600)
    blocks, place = applied(TOWN, edit)
    assert_covers(blocks, box(0, 0, 200, 200))
    again = merge(blocks, [place[3], place[4]])
    (whole,) = again.added.values()
    assert whole.normalize() == TOWN[0].normalize()


#   +-----------+
#   |   +---+   |
# - - - | x | - - -      across a block with a hole: the block in the hole gets nothing but two vertices
#   |   +---+   |
#   +-----------+
def test_a_line_across_a_block_with_an_island_splits_the_block_and_not_the_island():
    island = box(60, 60, 140, 140)
    blocks = [box(0, 0, 200, 200) - island, island]
    edit = split(blocks, 0, [(-10, 100), (210, 101)])
    assert len(edit.added) == 2
    assert len(edit.touched[1].exterior.coords) == 7
    assert_covers(applied(blocks, edit)[0], box(0, 0, 200, 200))
    assert refused(split, blocks, 0, [(-10, 100), (100, 100)]).reason == Reason.DIVIDES_NOTHING


#   +-+   +-+   +-+
#   | |   | |   | |      a straight line over a comb: every tooth is a part
# - - - - - - - - - -
#   | +---+ +---+ |
#   +-------------+
def test_a_line_may_leave_more_than_two_parts():
    comb = Polygon([(0, 0), (200, 0), (200, 100), (160, 100), (160, 30), (120, 30), (120, 100), (80, 100), (80, 30),
                    (40, 30), (40, 100), (0, 100)])  # fmt: skip
    edit = split([comb], 0, [(-5, 60), (205, 60)])
    assert sorted(round(part.area) for part in edit.added.values()) == [1600, 1600, 1600, comb.area - 4800]


@pytest.mark.parametrize(
    ("line", "reason", "place"),
    [
        ([(0, 0)], Reason.NOT_A_LINE, None),
        ([], Reason.NOT_A_LINE, None),
        ([(5, 5), (5, 5), (5, 5)], Reason.NOT_A_LINE, None),
        ([(0, 0), (float("nan"), 3)], Reason.NO_PLACE, None),
        ([(0, 0), (float("inf"), 3)], Reason.NO_PLACE, None),
        ([(0, 0), (1, 2, 3)], Reason.NO_PLACE, None),
        ([(0, 0), (1e300, 3)], Reason.TOO_FAR, None),
        ([(0, 0), (-1e7, 3)], Reason.TOO_FAR, None),
        ([(1, k) for k in range(MOST_POINTS + 1)], Reason.TOO_MANY_POINTS, None),
        ([(-10, 10), (90, 90), (90, 10), (10, 110)], Reason.CROSSES_ITSELF, (50.98, 58.78)),
        ([(-10, 50), (60, 50), (20, 50)], Reason.CROSSES_ITSELF, (60, 50)),
        ([(300, 0), (300, 100)], Reason.MISSES, None),
        ([(-50, 50), (-1, 50)], Reason.TOUCHES, (0, 50)),
        ([(-50, 50), (50, 150)], Reason.TOUCHES, (0, 100)),
        ([(-10, 0), (110, 0)], Reason.FOLLOWS_EDGE, (50, 0)),
        ([(-10, 2), (50, 2.5), (110, 2)], Reason.FOLLOWS_EDGE, (25, 0)),
        ([(-10, 50), (50, 50)], Reason.ENDS_INSIDE, (50, 50)),
        ([(40, 50), (60, 50)], Reason.ENDS_INSIDE, (60, 50)),
        ([(-10, 6), (110, 6)], Reason.SLIVER, (50, 3)),
        ([(-10, 20), (20, -10)], Reason.SLIVER, None),
    ],
)
def test_a_line_that_cannot_split_is_refused_with_the_reason_and_the_place(line, reason, place):
    error = refused(split, TOWN, 0, line)
    assert error.reason == reason
    if place:
        assert error.place == pytest.approx(place, abs=0.01)


def test_a_hostile_line_is_refused_at_once():
    zigzag = [(x / 5, 50 + 40 * (-1) ** x) for x in range(MOST_POINTS - 1)]
    assert refused(split, TOWN, 0, [(-10, 50), *zigzag, (110, 50)]).reason == Reason.TOO_MANY_POINTS
    assert refused(split, TOWN, 0, zigzag).reason == Reason.FOLLOWS_EDGE
    comb = Polygon([(0, 0), *((x / 10, 10 + 80 * (x % 2)) for x in range(1000)), (100, 0)])
    over_and_over = [(-5 if k % 2 else 105, 20 + k / 5) for k in range(99)]
    assert refused(split, [comb], 0, over_and_over).reason == Reason.TOO_MANY_PARTS
    rng = np.random.default_rng(1)
    assert refused(split, TOWN, 0, rng.uniform(-50, 150, (MOST_POINTS, 2))).reason == Reason.CROSSES_ITSELF


def test_a_block_drawn_in_far_too_many_points_is_not_split_by_hand():
    teeth = [(x / 100, 100 + 40 * (x % 2)) for x in range(10_000)]
    assert refused(split, [Polygon([(0, 0), *teeth, (100, 0)])], 0, [(50, -1), (50, 200)]).reason == Reason.TOO_DETAILED


#   +---------+
#   |  +--+   |
# - - -|##|- - -
#   |  +--+   |
#   +---------+
def test_a_line_through_a_building_is_refused_and_names_it():
    ground = Ground(buildings=[box(10, 10, 20, 20), box(40, 40, 60, 60)], homes=[0, 0])
    error = refused(split, TOWN, 0, [(-10, 50), (110, 50)], ground)
    assert (error.reason, error.building, error.place) == (Reason.CUTS_BUILDING, 1, (50, 50))
    assert split(TOWN, 0, [(-10, 60), (110, 60)], ground).homes == {0: 4, 1: 4}


def test_a_part_without_a_way_to_it_is_refused_unless_it_lies_in_a_compound():
    street = LineString([(0, 0), (200, 0)])
    line = [(-10, 50), (110, 50)]
    error = refused(split, TOWN, 0, line, Ground(access=Access([street])))
    assert error.reason == Reason.NO_ACCESS
    assert error.place[1] > 50
    assert split(TOWN, 0, line, Ground(access=Access([street], [box(0, 0, 100, 100)]))).added
    assert split(TOWN, 0, [(50, -10), (50, 110)], Ground(access=Access([street]))).added
    assert split(TOWN, 2, [(50, 90), (50, 210)], Ground(access=Access([street]))).added  # was out of reach before


def test_a_narrow_part_is_a_block_where_a_building_stands_in_it():
    line = [(-10, 10), (110, 10)]
    assert refused(split, TOWN, 0, line).reason == Reason.SLIVER
    assert split(TOWN, 0, line, Ground(buildings=[box(20, 2, 80, 8)], homes=[0])).homes == {0: 4}


def test_merged_blocks_keep_their_lineage_and_take_their_buildings_with_them():
    houses = [box(10, 10, 20, 20), box(96, 40, 104, 50), box(150, 150, 160, 160)]
    edit = merge(TOWN, [1, 0, 1], Ground(buildings=houses, homes=[0, 0, 2]))
    assert (edit.removed, edit.parents, edit.homes) == ((0, 1), {3: (0, 1)}, {0: 3, 1: 3})
    assert edit.added[3].area == 20_000


#   +-------+
#   |  a a  |     two fifths of the house stand in the north,
#   +--aaa--+     three tenths in each of the two below
#   |  a|a  |
#   +---+---+
def test_a_building_goes_to_the_merged_block_where_that_has_the_larger_share_of_it():
    house = box(90, 94, 110, 104)
    assert owners([house], TOWN) == [2]
    assert merge(TOWN, [0, 1], Ground([house], [2])).homes == {0: 3}


#   +---+
#   | 0 |
#   +---+---+
#       | 1 |      a common corner is no common edge
#       +---+
@pytest.mark.parametrize(
    ("chosen", "reason", "block"),
    [
        ([0, 1], Reason.APART, 1),
        ([0, 2, 3], Reason.APART, 3),
        ([0], Reason.TOO_FEW_BLOCKS, None),
        ([], Reason.TOO_FEW_BLOCKS, None),
        ([0, 7], Reason.NO_SUCH_BLOCK, 7),
        ([-1, 0], Reason.NO_SUCH_BLOCK, -1),
    ],
)
def test_blocks_that_share_no_edge_are_not_merged(chosen, reason, block):
    blocks = [box(0, 1, 1, 2), box(1, 0, 2, 1), box(1, 1, 2, 2), box(9, 9, 10, 10)]
    error = refused(merge, blocks, chosen)
    assert (error.reason, error.block) == (reason, block)


def test_blocks_that_do_not_fit_together_are_said_to_be_unsound():
    overlapping = [box(0, 0, 100, 100), box(90, 0, 200, 100)]
    assert refused(split, overlapping, 0, [(-10, 50), (110, 50)]).reason == Reason.UNSOUND
    assert refused(merge, overlapping, [0, 1]).reason == Reason.UNSOUND


def test_every_reason_has_a_sentence_whose_values_are_named():
    assert set(SENTENCES) == set(Reason)
    assert all(re.fullmatch(r"(%\(\w+\)d|[^%])+\.", sentence) for sentence in SENTENCES.values())


def test_an_edit_in_metres_comes_back_to_degrees_and_fits_what_was_not_edited():
    plane = Plane(118.78, 32.04)
    degrees = [plane.to_degrees(block) for block in slanted_town()[0]]
    trip = RoundTrip(degrees, plane)
    edits = 0
    for block, shape in enumerate(trip.metres):
        west, _, east, _ = shape.bounds
        middle = shape.representative_point()
        try:
            edit = split(trip.metres, block, [(west - 5, middle.y), (east + 5, middle.y)])
        except EditRefused:
            continue
        edits += 1
        changed = {**edit.added, **edit.touched}
        back = {i: trip.degrees(changed[i]) for i in changed}
        kept = [i for i in range(len(degrees)) if i not in edit.removed]
        assert shapely.coverage_is_valid([*(back.get(i, degrees[i]) for i in kept), *(back[i] for i in edit.added)])
    assert edits > 3


def slanted_town():
    """A town between slanted roads, with its area, and houses that stand across borders too."""
    area = Polygon([(0, 0), (310, 20), (290, 330), (-20, 300)])
    roads = [
        LineString([(-50, 97), (400, 121)]),
        LineString([(-50, 211), (400, 187)]),
        LineString([(103, -50), (97, 400)]),
    ]
    houses = [box(x, y, x + 9, y + 6) for x in range(25, 280, 70) for y in range(20, 300, 60)]
    blocks = cut_blocks(
        area, barriers=roads, walls=[box(190, 130, 250, 180)], buildings=houses, households=[9] * len(houses)
    )
    return blocks, shapely.coverage_union_all(blocks), houses  # rounded to a hundredth of a millimetre


share = st.integers(0, 999)
splits = st.tuples(st.just("split"), share, share, share, st.integers(-60, 60))
merges = st.tuples(st.just("merge"), share, share, st.just(0), st.just(0))
done = Counter()


def drawn(block, one, two, bend):
    """A line from one place of the outline to another over a bent middle, a little longer at both ends."""
    ends = [block.exterior.interpolate(place / 1000, normalized=True) for place in (one, two)]
    (ax, ay), (bx, by) = ((end.x, end.y) for end in ends)
    dx, dy = bx - ax, by - ay
    middle = ((ax + bx) / 2 - dy * bend / 100, (ay + by) / 2 + dx * bend / 100)
    return [(ax - dx / 20, ay - dy / 20), middle, (bx + dx / 20, by + dy / 20)]


def edited(kind, blocks, pick, one, two, bend, ground):
    """The edit that an example names, or None where it is refused."""
    block = pick % len(blocks)
    try:
        if kind == "split":
            return split(blocks, block, drawn(blocks[block], one, two, bend), ground)
        near = sorted(shared_edges(blocks)[block])
        return merge(blocks, [block, near[one % len(near)]], ground) if near else None
    except EditRefused as refusal:
        done[refusal.reason] += 1
        return None


@settings(deadline=None, max_examples=340, suppress_health_check=list(HealthCheck))
@given(st.lists(splits | splits | splits | merges, min_size=60, max_size=100))
def edit_in_sequence(acts):
    blocks, area, houses = slanted_town()
    homes = owners(houses, blocks)
    for kind, *act in acts:
        edit = edited(kind, blocks, *act, Ground(houses, homes))
        if edit is None:
            continue
        done[kind] += 1
        assert {parent for parents in edit.parents.values() for parent in parents} == set(edit.removed)
        blocks, place = applied(blocks, edit)
        homes = [place[edit.homes.get(house, home)] for house, home in enumerate(homes)]
        assert homes == owners(houses, blocks)
        assert_covers(blocks, area)


def test_no_sequence_of_10_000_edits_makes_a_gap_an_overlap_or_loses_or_doubles_a_building():
    edit_in_sequence()
    assert done["split"] + done["merge"] >= 10_000
