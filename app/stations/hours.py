"""Opening hours in the common forms of OpenStreetMap's opening_hours ("24/7", "Mo-Fr 09:00-17:00", "Sa,Su off").

What is not understood gives None (unknown), never a guess. Rules for public holidays (PH, SH) are left out: the
register knows no calendar of holidays. Source: OpenStreetMap wiki, Key:opening_hours/specification.
"""

import re
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from typing import TypeAlias

CHINA = timezone(timedelta(hours=8))  # one zone for the whole country, without summer time
DAY = 24 * 60  # minutes
DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")

Spans: TypeAlias = list[tuple[int, int]]  # minutes since midnight; the end may lie past 24:00
_DAY_RANGE = re.compile(r"(Mo|Tu|We|Th|Fr|Sa|Su)(?:-(Mo|Tu|We|Th|Fr|Sa|Su))?")
_TIME_RANGE = re.compile(r"(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})")


def is_open(open_hours: str, at: datetime) -> bool | None:
    """Whether it is open at an instant (with a time zone), read in China's time; None where the hours are unknown."""
    week = _week(open_hours)
    if week is None:
        return None
    here = at.astimezone(CHINA)
    minute = here.hour * 60 + here.minute
    today, yesterday = week[here.weekday()], week[here.weekday() - 1]
    return any(start <= minute < end for start, end in today) or any(minute < end - DAY for _, end in yesterday)


@lru_cache(maxsize=4096)
def _week(open_hours: str) -> list[Spans] | None:
    """The open spans of Monday to Sunday; None where any rule is not understood."""
    if not open_hours.strip():
        return None
    week: list[Spans] = [[] for _ in DAYS]
    for rule in filter(None, (part.strip() for part in open_hours.split(";"))):
        if rule.startswith(("PH", "SH")):
            continue
        parsed = _rule(rule)
        if parsed is None:
            return None
        days, spans = parsed
        for day in days:
            week[day] = spans  # a later rule overrides the earlier ones on its days
    return week


def _rule(rule: str) -> tuple[list[int], Spans] | None:
    """The days of a rule and its spans of minutes; None where it is not understood."""
    if rule == "24/7":
        return list(range(7)), [(0, DAY)]
    first, _, rest = rule.partition(" ")
    days = _days(first)
    if days is None:
        days, rest = list(range(7)), rule
    rest = rest.strip()
    if rest in {"off", "closed"}:
        return days, []
    spans = _spans(rest)
    return None if spans is None else (days, spans)


def _days(text: str) -> list[int] | None:
    days: list[int] = []
    for part in text.split(","):
        if part in {"PH", "SH"}:
            continue
        found = _DAY_RANGE.fullmatch(part)
        if found is None:
            return None
        first = DAYS.index(found[1])
        last = DAYS.index(found[2] or found[1])
        days += [day % 7 for day in range(first, first + (last - first) % 7 + 1)]
    return days


def _spans(text: str) -> Spans | None:
    spans: Spans = []
    for part in text.split(","):
        found = _TIME_RANGE.fullmatch(part.strip())
        if found is None:
            return None
        h1, m1, h2, m2 = (int(group) for group in found.groups())
        start, end = h1 * 60 + m1, h2 * 60 + m2
        if start > DAY or end > 2 * DAY or m1 > 59 or m2 > 59:  # noqa: PLR2004 minutes of an hour
            return None
        spans.append((start, end if end > start else end + DAY))
    return spans
