"""Acts on plans drawn in ASCII: what they change, what they refuse, and that nothing is ever lost."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.plan import (
    NO_GRID,
    Emptied,
    Locked,
    Plan,
    Refused,
    Stranded,
    Torn,
    UnknownBlock,
    UnknownGrid,
    create,
    dissolve,
    flip,
    merge,
    plan_of,
)
from tests.gis.plan_drawing import drawn, line, numbers, planned, town, words

STREET = drawn("abcdef")


def blocks(word):
    return numbers(STREET, word)


def test_a_flip_moves_a_block_and_knows_where_it_was():
    plan = planned(STREET, "abc def")
    child = flip(plan, blocks("c"), 1)
    assert words(child) == ["ab", "cdef"]
    assert dict(child.flips) == {2: 0}
    assert child.parent is plan
    assert words(plan) == ["abc", "def"]


def test_undo_is_the_parent():
    plan = planned(STREET, "abc def")
    child = flip(flip(plan, blocks("c"), 1), blocks("b"), 1)
    assert [words(one) for one in child.history()] == [["a", "bcdef"], ["ab", "cdef"], ["abc", "def"]]


def test_a_flip_of_what_is_there_already_is_no_act():
    plan = planned(STREET, "abc def")
    assert flip(plan, blocks("ab"), 0) is plan


def test_a_flip_that_tears_the_grid_it_leaves_is_refused_by_name():
    with pytest.raises(Torn, match=r"^a could not be walked to") as refusal:
        flip(planned(drawn("abcde xxxxx"), "abcde x"), [1], 1)
    assert refusal.value.blocks == (0,)


def test_a_flip_to_a_grid_that_is_not_a_neighbour_is_refused_by_name():
    with pytest.raises(Torn, match=r"^a could not be walked to"):
        flip(planned(STREET, "ab cd ef"), blocks("a"), 2)


def test_a_stroke_of_several_blocks_is_judged_as_a_whole():
    assert words(flip(planned(STREET, "abcd ef"), blocks("cd"), 1)) == ["ab", "cdef"]


def test_a_railway_without_crossing_is_not_walked_over():
    atoms = drawn("ab cd", railways=[line((0, 1), (2, 1))])
    with pytest.raises(Torn):
        flip(planned(atoms, "ab cd"), numbers(atoms, "a"), 1)


def test_the_last_block_of_a_grid_is_not_flipped_away():
    with pytest.raises(Emptied, match="Merge or dissolve"):
        flip(planned(STREET, "a bcdef"), blocks("a"), 1)


def test_a_grid_that_is_torn_already_may_be_mended_step_by_step():
    plan = planned(STREET, "af bcde")
    assert words(flip(plan, blocks("a"), 1)) == ["abcde", "f"]
    with pytest.raises(Torn):
        flip(plan, blocks("c"), 0)


def test_merged_grids_have_the_number_of_the_first():
    plan = merge(planned(STREET, "ab cd ef"), [1, 0])
    assert words(plan) == ["abcd", "ef"]
    assert plan.grids == [1, 2]


def test_grids_apart_are_not_merged():
    with pytest.raises(Torn, match="could not be walked to"):
        merge(planned(STREET, "ab cd ef"), [0, 2])


def test_a_new_grid_gets_a_number_that_nobody_ever_had():
    plan = create(planned(STREET, "ab cd ef"), blocks("f"))
    assert plan.grids == [0, 1, 2, 3]
    assert create(dissolve(plan, 3), blocks("f")).grids == [0, 1, 2, 4]


def test_a_new_grid_takes_blocks_that_are_in_none():
    plan = create(planned(STREET, "ab cd"), blocks("ef"))
    assert words(plan) == ["ab", "cd", "ef"]


def test_a_new_grid_may_be_dedicated():
    assert create(planned(STREET, "abcde"), blocks("f"), dedicated=True).dedicated == {1}


def test_a_new_grid_of_blocks_apart_is_refused():
    with pytest.raises(Torn):
        create(planned(STREET, "abc def"), blocks("af"))


def test_a_dissolved_grid_goes_to_the_neighbours_with_the_longest_edges():
    plan = planned(drawn("abbbb accce dddde"), "a bc d e")
    assert words(dissolve(plan, 1)) == ["a", "bcd", "e"]


def test_a_grid_without_neighbours_is_not_dissolved():
    with pytest.raises(Stranded, match=r"from c, d\.") as refusal:
        dissolve(planned(drawn("ab.cd"), "ab cd"), 1)
    assert refusal.value.blocks == (2, 3)


def test_a_locked_grid_neither_gives_nor_takes():
    plan = planned(STREET, "ab cd ef", locked=frozenset({1}))
    for act in (
        lambda: flip(plan, blocks("c"), 0),
        lambda: flip(plan, blocks("b"), 1),
        lambda: merge(plan, [0, 1]),
        lambda: dissolve(plan, 1),
        lambda: create(plan, blocks("d")),
    ):
        with pytest.raises(Locked):
            act()


def test_what_does_not_exist_is_told():
    plan = planned(STREET, "abc def")
    with pytest.raises(UnknownBlock, match="no block 17"):
        flip(plan, [17], 0)
    with pytest.raises(UnknownBlock, match="at least one"):
        create(plan, [])
    with pytest.raises(UnknownGrid, match="no grid 7"):
        flip(plan, [0], 7)
    with pytest.raises(UnknownGrid, match="no grid -1"):
        flip(plan, [0], NO_GRID)


def test_a_plan_of_other_blocks_is_refused():
    with pytest.raises(ValueError, match="for each block"):
        Plan(STREET, np.zeros(3, dtype=np.int32))
    with pytest.raises(ValueError, match="block b is in two grids"):
        plan_of(STREET, [[0, 1], [1, 2]])


def test_nobody_can_change_a_plan():
    given_ = np.zeros(6, dtype=np.int32)
    plan = Plan(STREET, given_)
    given_[0] = 5
    assert plan.grids == [0]
    with pytest.raises(ValueError, match="read-only"):
        plan.of[0] = 5


TOWN = town(7, 6, seed=3)
ACTS = st.tuples(st.sampled_from(("flip", "create", "merge", "dissolve")), st.integers(0, 41), st.integers(0, 41))


def acted(plan, kind, one, two):
    """The plan after an act around two blocks."""
    here, there = int(plan.of[one]), int(plan.of[two])
    if kind == "flip":
        return flip(plan, {one}, there)
    if kind == "create":
        return create(plan, {one, two})
    return merge(plan, [here, there]) if kind == "merge" else dissolve(plan, here)


@settings(deadline=None, max_examples=60)
@given(st.lists(ACTS, max_size=60), st.integers(1, 6))
def test_no_sequence_of_acts_loses_doubles_or_tears_anything(acts, columns):
    start = plan = Plan(TOWN, (np.arange(42) % 7 // columns).astype(np.int32))
    made = 0
    for act in acts:
        before = plan.of.copy()
        try:
            plan = acted(plan, *act)
        except Refused:
            continue
        made += (changed := bool((plan.of != before).any()))
        members = sorted(block for grid in plan.grids for block in plan.blocks(grid))
        assert members == list(range(42))
        assert len(np.unique(plan.parts())) == len(plan.grids)
        assert not changed or {*plan.flips} == {*np.flatnonzero(plan.of != before).tolist()}
        assert not changed or all(before[block] == was for block, was in plan.flips.items())
    assert len(list(plan.history())) == made + 1
    *_, first = plan.history()
    assert first is start


@settings(deadline=None, max_examples=40)
@given(st.lists(ACTS, max_size=40))
def test_a_refusal_changes_nothing_and_says_why(acts):
    plan = Plan(TOWN, (np.arange(42) // 14).astype(np.int32))
    for act in acts:
        before = plan.of.tobytes()
        child, sentence = plan, "None."
        try:
            child = acted(plan, *act)
        except Refused as refusal:
            sentence = str(refusal)
        assert sentence.endswith(".")
        assert plan.of.tobytes() == before
        plan = child
