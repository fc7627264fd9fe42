"""Names of mapped things, in Chinese and in English."""

import re
from collections.abc import Mapping
from functools import lru_cache

LONGEST = 120  # characters of a name
CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029\ufeff]+")
CHINESE = re.compile(r"[\u3400-\u9fff]")
LATIN = ("name:en", "int_name", "name:zh_pinyin", "name:zh-Latn-pinyin", "name:zh-Latn")
NATIVE = ("name", "name:zh", "name:zh-Hans", "official_name", "name:zh-Hant")

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


def clean(text: str) -> str:
    """One line of at most `LONGEST` characters."""
    return CONTROL.sub(" ", text).strip()[:LONGEST].strip()


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
