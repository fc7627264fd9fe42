"""Nested levels of grids: each made of whole grids of the level below."""

import numpy as np
import pytest
from shapely import LineString

from gis.levels import Nested, held, levels, nested
from gis.plan import NO_GRID, Plan
from gis.plan_scores import by_grid, scores
from gis.suggest import suggest
from tests.gis.plan_drawing import drawn, line, planned, town, words


def fifty_six():
    """A town in 56 grids."""
    *_, last = suggest(town(20, 14, seed=3), stages=(200,), anew=())
    assert len(last.plan.grids) == 56
    return last.plan


def test_three_levels_are_nested_contiguous_and_even():
    lowest = fifty_six()
    middle, highest = levels(lowest, (25, 9))
    for level, count in ((middle, 25), (highest, 9)):
        each = by_grid(level)
        assert len(each.grid) == count
        assert scores(level).contiguous == 1
        mean = each.households.mean()
        assert each.households.min() >= 0.7 * mean
        assert each.households.max() <= 1.3 * mean
    for below, above in ((lowest, middle), (middle, highest)):
        pairs = np.unique(np.stack([below.of, above.of]), axis=1)
        assert len(pairs[0]) == len(below.grids)  # each grid below is in one above


@pytest.mark.parametrize("count", [2, 5, 12])
def test_a_few_grids_of_very_many_are_compact_and_even(count):
    roads = [LineString([(80 * x, 0), (80 * x, 60 * 14)]) for x in range(4, 20, 4)]
    roads += [LineString([(0, 60 * y), (80 * 20, 60 * y)]) for y in range(3, 14, 3)]
    atoms = town(20, 14, seed=3, roads=roads)
    (above,) = levels(Plan(atoms, np.arange(len(atoms), dtype=np.int32)), (count,))
    told, each = scores(above), by_grid(above)
    assert (told.grids, told.contiguous) == (count, 1)
    assert told.polsby_popper > 0.5  # a square has 0.79, a thread a few hundredths
    assert each.households.max() <= 1.3 * each.households.mean()


def test_a_level_never_joins_what_cannot_be_walked_between():
    atoms = drawn("abcd efgh", 100, railways=[line((0, 1), (4, 1))])
    (above,) = levels(planned(atoms, "ab cd ef gh"), (1,))
    assert words(above) == ["abcd", "efgh"]


def test_blocks_in_no_grid_are_in_none_above():
    (above,) = levels(planned(drawn("abcdef", 100), "ab cd"), (1,))
    assert words(above) == ["abcd"]
    assert (above.of[4:] == NO_GRID).all()


def test_a_level_has_no_more_grids_than_the_one_below():
    plan = Plan(drawn("abcd"), np.arange(4, dtype=np.int32))
    assert words(*levels(plan, (4,))) == list("abcd")
    for count in (0, 5):
        with pytest.raises(ValueError, match="cannot be made of 4"):
            list(levels(plan, (count,)))


def test_parts_share_a_level_by_their_households():
    atoms = drawn("abcdefgh ijkl....", 100).apart([0] * 8 + [1] * 4)
    (above,) = levels(Plan(atoms, np.arange(12, dtype=np.int32)), (3,))
    first, second, third = words(above)
    assert (first + second, third) == ("abcdefgh", "ijkl")


def test_each_grid_has_its_place_numbered_from_the_north():
    lowest = fifty_six()
    places = nested(lowest, 25, 9)
    assert places.keys() == set(lowest.grids)
    assert {place.upper for place in places.values()} == set(range(1, 10))
    assert len(set(places.values())) == 25
    for upper in range(1, 10):
        within = {place.middle for place in places.values() if place.upper == upper}
        assert within == set(range(1, len(within) + 1))
    north = max(range(len(lowest.atoms)), key=lambda block: lowest.atoms.shapes[block].centroid.y)
    south = min(range(len(lowest.atoms)), key=lambda block: lowest.atoms.shapes[block].centroid.y)
    assert places[int(lowest.of[north])].upper < places[int(lowest.of[south])].upper
    assert places == nested(lowest, 25, 9)


def test_the_grids_of_higher_levels_add_up():
    places = {7: Nested(1, 1), 8: Nested(1, 2), 9: Nested(1, 2), 4: Nested(2, 1)}
    upper, middle = held(places, {7: 100, 8: 200, 9: 300, 4: 400})
    assert upper == [("1", "", 3, 600), ("2", "", 1, 400)]
    assert middle == [("1-1", "1", 1, 100), ("1-2", "1", 2, 500), ("2-1", "2", 1, 400)]
