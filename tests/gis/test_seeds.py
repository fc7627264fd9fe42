"""Dedicated grids begun from schools, hospitals, malls, office towers and parks."""

import pytest

from gis.plan import NO_GRID
from gis.seeds import Bar, SeedKind, Use, sites, with_dedicated
from tests.gis.plan_drawing import drawn, line, numbers, planned, words

SCHOOL, MALL, PARK = SeedKind.SCHOOL, SeedKind.MALL, SeedKind.PARK
TOWN = """
    abcd
    efgh
    ijkl
"""


def empty(word, households=200):
    """The households of the town where some blocks have none."""
    return {letter: 0 if letter in word else households for letter in "abcdefghijkl"}


def uses(atoms, kind, word, **more):
    return [Use(block, kind, **({"share": 1.0, "others": 0} | more)) for block in numbers(atoms, word)]


def told(atoms, found):
    """Each site as (kind, letters, what bars it)."""
    return [(one.kind, "".join(atoms.keys[block] for block in sorted(one.blocks)), one.bar) for one in found]


def test_blocks_of_one_kind_beside_each_other_are_one_site():
    atoms = drawn(TOWN, empty("abl"))
    found = sites(atoms, uses(atoms, SCHOOL, "abl"), [SCHOOL])
    assert told(atoms, found) == [(SCHOOL, "ab", None), (SCHOOL, "l", None)]


def test_a_main_road_between_two_blocks_makes_two_sites():
    atoms = drawn(TOWN, empty("ab"), roads=[line((1, 0), (1, 3))])
    assert told(atoms, sites(atoms, uses(atoms, SCHOOL, "ab"), [SCHOOL])) == [(SCHOOL, "a", None), (SCHOOL, "b", None)]


def test_only_the_kinds_that_are_asked_for_are_looked_at():
    atoms = drawn(TOWN, empty("ad"))
    every = [*uses(atoms, SCHOOL, "a"), *uses(atoms, PARK, "d")]
    assert told(atoms, sites(atoms, every, [PARK])) == [(PARK, "d", None)]


def test_a_site_smaller_than_asked_for_becomes_none_whatever_its_blocks_are():
    atoms = drawn(TOWN, empty("abdl"))
    every = [*uses(atoms, SCHOOL, "ab", size=2500.0), *uses(atoms, SCHOOL, "l", size=4999.0)]
    every += uses(atoms, PARK, "d", size=4000.0)
    found = sites(atoms, every, [SCHOOL, PARK], least={SCHOOL: 5000})
    assert [(one.size, one.bar) for one in found] == [(5000, None), (4000, None), (4999, Bar.SMALL)]


def test_what_bars_a_site_more_than_its_size_is_told_first():
    atoms = drawn(TOWN, empty("a"))
    (site,) = sites(atoms, uses(atoms, SCHOOL, "a", others=3, size=10.0), [SCHOOL], least={SCHOOL: 5000})
    assert site.bar is Bar.HOMES


def test_a_block_of_two_kinds_is_of_the_larger_and_its_site_has_the_name():
    atoms = drawn(TOWN, empty("a"))
    found = sites(
        atoms,
        [*uses(atoms, SCHOOL, "a", share=0.3, name="小学"), *uses(atoms, MALL, "a", share=0.6, name="商场")],
        list(SeedKind),
    )
    assert [(one.kind, one.name) for one in found] == [(MALL, "商场")]


@pytest.mark.parametrize(
    ("more", "bar"),
    [({"others": 3}, Bar.HOMES), ({"share": 0.4}, Bar.MIXED), ({"others": 3, "share": 0.4}, Bar.HOMES)],
)
def test_what_bars_a_block_is_told(more, bar):
    atoms = drawn(TOWN, empty("a"))
    (one,) = sites(atoms, uses(atoms, SCHOOL, "a", **more), [SCHOOL])
    assert (one.bar, one.households) == (bar, more.get("others", 0))


def test_blocks_that_are_held_otherwise_are_left_alone():
    atoms = drawn(TOWN, empty("ad"))
    found = sites(atoms, uses(atoms, SCHOOL, "adl"), [SCHOOL], dedicated=numbers(atoms, "a"), held=numbers(atoms, "l"))
    assert told(atoms, found) == [(SCHOOL, "d", None), (SCHOOL, "a", Bar.DEDICATED), (SCHOOL, "l", Bar.STAYS)]


def test_a_site_that_would_leave_a_few_households_alone_is_refused():
    """The corner d is reached through c and h only: the school on c leaves it a way, those on both do not."""
    atoms = drawn(TOWN, empty("ch"))
    found = sites(atoms, uses(atoms, SCHOOL, "c"), [SCHOOL])
    assert told(atoms, found) == [(SCHOOL, "c", None)]
    found = sites(atoms, [*uses(atoms, SCHOOL, "c"), *uses(atoms, PARK, "h")], list(SeedKind))
    assert told(atoms, found) == [(SCHOOL, "c", None), (PARK, "h", Bar.PARTS)]


def test_a_site_that_leaves_enough_households_on_each_side_is_taken():
    atoms = drawn("abcde", {"a": 300, "b": 100, "c": 0, "d": 200, "e": 200})
    assert told(atoms, sites(atoms, uses(atoms, PARK, "c"), [PARK])) == [(PARK, "c", None)]


def test_a_site_that_is_all_there_is_parts_nobody():
    atoms = drawn("ab", {"a": 0, "b": 0})
    assert told(atoms, sites(atoms, uses(atoms, PARK, "ab"), [PARK])) == [(PARK, "ab", None)]


def test_dedicated_grids_have_numbers_of_their_own():
    plan = planned(drawn(TOWN), "abcd efgh", dedicated=frozenset({1}))
    after = with_dedicated(plan, [numbers(plan.atoms, "ab"), numbers(plan.atoms, "l")])
    assert words(after) == ["ab", "cd", "efgh", "l"]
    assert after.dedicated == {1, 2, 3}
    assert after.numbers == 4
    assert (after.of == NO_GRID).sum() == 3


def test_a_grid_that_a_dedicated_one_parts_keeps_its_largest_piece():
    plan = planned(drawn("abcdef", 100), "abcde f")
    after = with_dedicated(plan, [numbers(plan.atoms, "b")])
    assert words(after) == ["b", "cde", "f"]
    assert after.of[0] == NO_GRID
