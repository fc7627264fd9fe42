"""The blocks as columns: what lies between neighbours, and where one can walk."""

import numpy as np
import pytest
from shapely import box

from gis.atoms import RAILWAY, ROAD, WATER, atoms_of
from gis.flips import pieces
from tests.gis.plan_drawing import drawn, line, numbers

RIVER = "aabb wwww ccdd"


def between(atoms, one, two):
    """Metres, whether passable, and what runs along the edge of two blocks; None where they are no neighbours."""
    i, j = numbers(atoms, one + two)
    for at in range(atoms.start[i], atoms.start[i + 1]):
        if atoms.near[at] == j:
            return float(atoms.metres[at]), bool(atoms.passable[at]), int(atoms.along[at])
    return None


def parts(atoms):
    return pieces(atoms.start, atoms.near, atoms.passable, np.zeros(len(atoms), dtype=np.int32))[0]


def test_columns_hold_area_outline_and_what_faces_nobody():
    atoms = drawn("aab")
    assert atoms.area.tolist() == [5000, 2500]
    assert atoms.outline.tolist() == [300, 200]
    assert atoms.outside.tolist() == [250, 150]


def test_neighbours_share_an_edge_and_not_only_a_corner():
    atoms = drawn("ab cd")
    assert between(atoms, "a", "b") == (50.0, True, 0)
    assert between(atoms, "a", "d") is None
    assert between(atoms, "b", "a") == between(atoms, "a", "b")


def test_a_main_road_runs_along_an_edge_and_can_be_crossed():
    atoms = drawn("ab cd", roads=[line((1, 0), (1, 2))])
    assert between(atoms, "a", "b") == (50.0, True, ROAD)
    assert between(atoms, "a", "c") == (50.0, True, 0)


def test_a_railway_without_a_crossing_parts_blocks():
    atoms = drawn("aaaa bbbb", railways=[line((0, 1), (4, 1))])
    assert between(atoms, "a", "b") == (200.0, False, RAILWAY)
    assert parts(atoms) == 2


def test_a_road_over_a_railway_joins_the_blocks_beside_it_and_no_others():
    atoms = drawn("abcd efgh", railways=[line((0, 1), (4, 1))], walks=[line((1, 0), (1, 2))])
    assert between(atoms, "a", "e")[1]
    assert between(atoms, "b", "f")[1]
    assert not between(atoms, "c", "g")[1]


def test_a_river_without_a_bridge_joins_nobody_and_hangs_on_the_longest_shore():
    atoms = drawn("aaab wwww cccc", waters=[box(0, 50, 200, 100)])
    assert between(atoms, "w", "c") == (200.0, True, WATER)
    assert not between(atoms, "w", "a")[1]
    assert parts(atoms) == 2


def test_a_bridge_over_a_river_joins_both_banks():
    atoms = drawn(RIVER, waters=[box(0, 50, 200, 100)], bridges=[line((1, 0), (1, 3))])
    assert parts(atoms) == 1
    assert between(atoms, "w", "a")[1]
    assert between(atoms, "w", "c")[1]
    assert [between(atoms, "w", other)[1] for other in "bd"].count(True) <= 1


def test_a_road_that_only_runs_to_the_water_is_no_bridge():
    atoms = drawn(RIVER, waters=[box(0, 50, 200, 100)], walks=[line((1, 0), (1, 3))])
    assert parts(atoms) == 2


def test_water_amid_water_hangs_on_water():
    atoms = drawn("aaa aws aas", {"a": 1, "w": 0, "s": 0}, waters=[box(50, 0, 150, 100)])
    assert parts(atoms) == 1


def test_a_pond_is_walked_around():
    atoms = drawn("ab", waters=[box(40, 0, 60, 50)])
    assert between(atoms, "a", "b") == (50.0, True, 0)


def test_some_of_the_blocks_keep_their_outlines():
    atoms = drawn("abc").within(np.array([1, 0]))
    assert atoms.keys == ("b", "a")
    assert between(atoms, "a", "b") == (50.0, True, 0)
    assert atoms.outline.tolist() == [200, 200]


def test_joined_blocks_have_the_outline_of_their_union():
    atoms = drawn("abx cdx", {"a": 1, "b": 2, "c": 3, "d": 4, "x": 5}).joined(np.array([0, 0, 0, 0, 1], dtype=np.int32))
    assert atoms.households.tolist() == [10, 5]
    assert atoms.outline.tolist() == [400, 300]
    assert atoms.metres.tolist() == [100, 100]


def test_blocks_of_different_communities_are_no_neighbours():
    atoms = drawn("ab cd").apart([0, 0, 1, 1])
    assert between(atoms, "a", "b") == (50.0, True, 0)
    assert between(atoms, "a", "c") is None


def test_a_missing_count_is_refused():
    with pytest.raises(ValueError, match="household count"):
        atoms_of([box(0, 0, 1, 1)], [])


def test_no_blocks_are_no_atoms():
    atoms = atoms_of([], [])
    assert len(atoms) == 0
    assert parts(atoms) == 0
