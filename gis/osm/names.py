"""Names of mapped things: in Chinese, in English, and in every other language."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from gis.city import Names

LONGEST = 120  # characters of a name
LONGEST_OTHER = 200  # characters of a name in another language
MOST_OTHERS = 40  # names of one thing besides its own
FIRST = ("name:zh", "name:en")  # never among those that are left out for being too many
CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029\ufeff]+")
CHINESE = re.compile(r"[\u3400-\u9fff]")
LATIN = ("name:en", "int_name", "name:zh_pinyin", "name:zh-Latn-pinyin", "name:zh-Latn")
NATIVE = ("name", "name:zh", "name:zh-Hans", "official_name", "name:zh-Hant")
LANGUAGE = r"[a-z]{2,3}(?:[-_][A-Za-z0-9]{1,8}){0,3}"  # "ja", "zh-Hans", and as older maps have it "zh_pinyin"
OTHER = re.compile(rf"name:(?P<language>{LANGUAGE})|(?P<sort>(?:alt|old|short|official)_name(?::{LANGUAGE})?)")

ENDINGS = {  # the longest that fits comes first
    "派出所": "Police Station",
    "消防站": "Fire Station",
    "幼儿园": "Kindergarten",
    "街道": "Subdistrict",
    "社区": "Community",
    "小区": "Compound",
    "公园": "Park",
    "中学": "Middle School",
    "小学": "Primary School",
    "大学": "University",
    "医院": "Hospital",
    "大厦": "Building",
    "广场": "Plaza",
    "大桥": "Bridge",
    "大道": "Avenue",
    "大街": "Street",
    "胡同": "Hutong",
    "北路": "North Road",
    "南路": "South Road",
    "东路": "East Road",
    "西路": "West Road",
    "中路": "Middle Road",
    "北街": "North Street",
    "南街": "South Street",
    "东街": "East Street",
    "西街": "West Street",
    "路": "Road",
    "街": "Street",
    "巷": "Lane",
    "弄": "Lane",
    "桥": "Bridge",
    "河": "River",
    "湖": "Lake",
}


def name_of(tags: Mapping[str, str]) -> str:
    """The name in the language of the place, "" where it has none."""
    return next((text for key in NATIVE if (text := clean(tags.get(key, "")))), "")


def name_en_of(tags: Mapping[str, str]) -> str:
    """The English name; else pinyin; else the native name spelt by `romanised`."""
    found = next((text for key in LATIN if (text := clean(tags.get(key, ""))) and not CHINESE.search(text)), "")
    return found or romanised(name_of(tags))


class OtherNames(NamedTuple):
    """Names in other languages and of other sorts, those of `FIRST` first; and how many were left out."""

    kept: Names
    skipped: int


def names_of(tags: Mapping[str, str]) -> Names:
    """The names in every language that is mapped, and of every other sort ("old_name", "alt_name:en")."""
    return other_names(tags).kept


def other_names(tags: Mapping[str, str]) -> OtherNames:
    """See `names_of`. Left out are those in no language, those that are too long, and all past the fortieth."""
    kept: dict[str, str] = {}
    skipped = 0
    for key in sorted((key for key in tags if "name" in key), key=lambda key: (not key.startswith(FIRST), key)):
        match = OTHER.fullmatch(key)
        text = one_line(tags[key])
        if match and text and len(text) <= LONGEST_OTHER and len(kept) < MOST_OTHERS:
            kept[match["language"] or match["sort"]] = text
        elif match or key.startswith("name:"):
            skipped += 1
    return OtherNames(tuple(kept.items()), skipped)


def clean(text: str) -> str:
    """One line of at most `LONGEST` characters."""
    return one_line(text)[:LONGEST].strip()


def one_line(text: str) -> str:
    """The text without line ends and other signs that nobody sees."""
    return CONTROL.sub(" ", text).strip()


@lru_cache(maxsize=20_000)
def romanised(name: str) -> str:
    """A Chinese name as maps print it in English: the stem in pinyin, a known ending translated."""
    if not CHINESE.search(name):
        return name
    for ending, english in sorted(ENDINGS.items(), key=lambda pair: -len(pair[0])):
        if name.endswith(ending) and len(name) > len(ending):
            return f"{_pinyin(name.removesuffix(ending))} {english}"
    return _pinyin(name)


def _pinyin(text: str) -> str:
    from pypinyin import lazy_pinyin  # noqa: PLC0415 (its tables take 0.2 s to load)

    words = re.split(r"([^\u3400-\u9fff]+)", text)
    spelt = ["".join(lazy_pinyin(word)).capitalize() if CHINESE.search(word) else word for word in words]
    return " ".join(" ".join(spelt).split())
