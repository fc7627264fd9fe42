"""Codes of grids by several schemes, never given twice."""

import pytest

from gis.grid_codes import NoCodeLeftError, scheme

PLACE = "370705001002"


@pytest.mark.parametrize(
    ("name", "kind", "code"),
    [
        ("area12+3", "base", "370705001002008"),
        ("beijing15", "dedicated", "370705001002008"),
        ("cjt349", "base", "00000037070500100208"),
        ("cjt349:010200", "base", "01020037070500100208"),
        ("local:{area12}-{kind}{n:04}", "dedicated", "370705001002-Z0008"),
        ("local:{district}.{subdistrict}.{community}/{n}", "base", "370705.001.002/8"),
    ],
)
def test_a_scheme_makes_the_next_code_of_a_community(name, kind, code):
    made = scheme(name)
    used = [made.code(PLACE, "base", n) for n in (1, 2, 7)] + [made.code("370705001003", "base", 50)]
    assert made.next(PLACE, kind, used) == code


def test_the_first_grid_is_number_one():
    assert scheme("area12+3").next(PLACE, "base", []) == f"{PLACE}001"


def test_a_number_that_was_left_out_stays_free():
    assert scheme("area12+3").next(PLACE, "base", [f"{PLACE}009"]) == f"{PLACE}010"


def test_a_number_counts_whichever_kind_had_it():
    made = scheme("local:{area12}{kind}{n}")
    assert made.next(PLACE, "base", [made.code(PLACE, "dedicated", 4)]) == f"{PLACE}J5"


def test_where_all_numbers_were_given_nothing_is_given_twice():
    with pytest.raises(NoCodeLeftError):
        scheme("cjt349").next(PLACE, "base", [f"000000{PLACE}99"])


def test_a_community_with_a_strange_code_gets_none():
    with pytest.raises(ValueError, match="twelve digits"):
        scheme("area12+3").next("12345", "base", [])


@pytest.mark.parametrize(
    "name",
    [
        "",
        "gb34300",
        "area12+3:1",
        "cjt349:",
        "cjt349:12",
        "local:",
        "local:{n}",
        "local:{area12}",
        "local:{community}{n}",
        "local:{area12}{n}{m}",
        "local:{area12}{n}\n",
        "local:{area12}{n}" + "x" * 60,
    ],
)
def test_what_is_no_scheme_is_refused_in_words(name):
    with pytest.raises(ValueError, match=r"scheme|local"):
        scheme(name)


def test_signs_of_a_pattern_stand_for_themselves():
    made = scheme("local:{area12}(+{n})")
    assert made.next(PLACE, "base", [f"{PLACE}(+3)", f"{PLACE}+9"]) == f"{PLACE}(+4)"
