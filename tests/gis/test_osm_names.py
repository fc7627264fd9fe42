"""The names of an import in every language that is mapped."""

import pytest

from gis.osm.names import LONGEST_OTHER, MOST_OTHERS, names_of, other_names
from tests.gis.osm_text import Osm


def test_every_language_is_kept_as_it_is_mapped():
    tags = {
        "name": "南京路",
        "name:zh": "南京路",
        "name:zh-Hant": "南京路",
        "name:zh_pinyin": "Nánjīng Lù",
        "name:nan-Latn": "Lâm-kiaⁿ Lō͘",
        "name:ja": "南京\n路",
        "building": "yes",
    }
    assert dict(names_of(tags)) == {
        "zh": "南京路",
        "zh-Hant": "南京路",
        "zh_pinyin": "Nánjīng Lù",
        "nan-Latn": "Lâm-kiaⁿ Lō͘",
        "ja": "南京 路",
    }


def test_other_sorts_of_names_are_kept_too():
    tags = {"alt_name": "一;二", "old_name:en": "Old", "short_name": "短", "official_name": "全", "loc_name": "x"}
    assert other_names(tags) == (
        (("alt_name", "一;二"), ("official_name", "全"), ("old_name:en", "Old"), ("short_name", "短")),
        0,
    )


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("name:etymology:wikidata", "Q1"),
        ("name:1915-1943", "Avenue"),
        ("name:", "empty"),
        ("name:EN", "upper"),
        ("name:en'; DROP TABLE areas", "x"),
        ("name:ja", " \n "),
        ("name:ja", "長" * (LONGEST_OTHER + 1)),
    ],
)
def test_what_is_in_no_language_or_too_long_is_left_out_and_counted(key, text):
    assert other_names({"name": "南京路", key: text}) == ((), 1)


def test_a_name_may_have_200_characters():
    assert names_of({"name:ja": "長" * LONGEST_OTHER}) == (("ja", "長" * LONGEST_OTHER),)


def test_of_a_name_in_very_many_languages_forty_are_kept_chinese_and_english_first():
    languages = [f"{one}{two}" for one in "abcdef" for two in "abcdefghij"]
    tags = {f"name:{language}": language for language in [*languages, "en", "zh", "zh-Hans"]}
    kept, skipped = other_names(tags)
    assert (len(kept), skipped) == (MOST_OTHERS, 63 - MOST_OTHERS)
    assert [key for key, _ in kept][:4] == ["en", "zh", "zh-Hans", "aa"]


def test_everything_of_an_import_carries_its_names_and_the_report_counts_what_was_left_out(tmp_path):
    osm = Osm()
    middle = osm.node(5, 5)
    named = {"name": "名", "name__ja": "名前"}
    road = osm.way([(-1, 5), middle, (11, 5)], highway="tertiary", name__etymology="x", **named)
    osm.way([(5, -1), middle, (5, 11)], highway="tertiary", name="南北路")
    osm.ring([(1, 1), (1.3, 1), (1.3, 1.1), (1, 1.1)], building="apartments", **named)
    osm.ring([(6, 6), (9, 6), (9, 9), (6, 9)], landuse="residential", **named)
    osm.ring([(1, 8), (2, 8), (2, 9), (1, 9)], natural="water", **named)
    osm.ring([(3, 8), (4, 8), (4, 9), (3, 9)], leisure="park", **named)
    osm.way([(-2, 2), (12, 2)], railway="rail", **named)
    osm.node(2, 4.8, amenity="police", **named)
    city, report = osm.city(tmp_path)
    for records in (city.buildings, city.compounds, city.waters, city.greens, city.railways, city.stations):
        assert [record.names for record in records] == [(("ja", "名前"),)]
    assert {edge.name: edge.names for edge in city.road_edges} == {"名": (("ja", "名前"),), "南北路": ()}
    reason = "a name in no language, over 200 characters, or past the 40th"
    assert report.stages["skipped"][reason].examples == [f"way/{road}"]
    assert all(area.names == () for area in city.areas)
