"""Heirs and lineage of grids that are cut anew."""

from hypothesis import given
from hypothesis import strategies as st

from gis.succession import succession

NEW = 1_000_000_000


def drawn(row):
    """Block → grid of a street of blocks, one letter each."""
    return {block: ord(letter) for block, letter in enumerate(row)}


def became(today, tomorrow, households, **named):
    """What becomes of a street's grids, in letters."""
    found = succession(drawn(today), drawn(tomorrow), dict(enumerate(households)), **named)
    return {chr(old): chr(new) for old, new in found.heirs.items()}


SAME = {ord(letter): ord(letter) for letter in "ABC"}


def test_a_grid_with_the_same_blocks_is_kept():
    found = succession(drawn("AABB"), drawn("AABB"), dict.fromkeys(range(4), 1), same=SAME)
    assert found.kept == {ord("A"): ord("A"), ord("B"): ord("B")}
    assert (found.heirs, found.ended) == ({}, [])


def test_a_grid_with_the_same_blocks_and_another_name_is_its_own_heir():
    assert became("AABB", "AABB", [1] * 4) == {"A": "A", "B": "B"}


def test_the_larger_part_of_a_split_grid_is_its_heir():
    assert became("AAAA", "xxxy", [10, 10, 10, 40]) == {"A": "y"}


def test_of_two_that_merge_the_larger_one_has_the_heir_and_the_other_none():
    assert became("AABB", "xxxx", [10, 10, 30, 30]) == {"B": "x"}


def test_a_block_that_changes_sides_leaves_both_their_heirs():
    assert became("AAABBB", "AAAABB", [10] * 6) == {"A": "A", "B": "B"}


def test_without_households_the_blocks_decide():
    assert became("AAAB", "xxyy", [0] * 4) == {"A": "x", "B": "y"}


def test_lineage_says_how_many_households_came_from_where():
    found = succession(drawn("AABB"), drawn("AxxB"), {0: 1, 1: 20, 2: 300, 3: 4000})
    assert found.parents == {ord("A"): {65: 1}, ord("x"): {65: 20, 66: 300}, ord("B"): {66: 4000}}
    assert found.ended == [65, 66]


def test_a_grid_that_comes_back_takes_its_place_from_a_larger_one():
    split = succession(drawn("CCC"), drawn("abb"), {0: 1, 1: 9, 2: 9}, back={ord("a"): ord("C")})
    assert split.heirs == {ord("C"): ord("a")}


@given(st.lists(st.tuples(st.integers(1, 4), st.integers(NEW, NEW + 4), st.integers(0, 9)), min_size=1, max_size=30))
def test_nobody_has_two_heirs_nobody_inherits_twice_and_no_household_is_lost(blocks):
    today = {n: old for n, (old, _, _) in enumerate(blocks)}
    tomorrow = {n: new for n, (_, new, _) in enumerate(blocks)}
    households = {n: count for n, (_, _, count) in enumerate(blocks)}
    found = succession(today, tomorrow, households)
    assert len(set(found.heirs.values())) == len(found.heirs)
    assert all(old in found.parents[new] for old, new in found.heirs.items())
    assert sum(sum(shares.values()) for shares in found.parents.values()) == sum(households.values())
    assert set(found.ended) == set(today.values())
