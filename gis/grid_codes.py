"""Codes of grids: patterns for several schemes. A code that was ever given is never given to another grid.

What is known of the schemes: fifteen digits are the twelve of the community (six of the district, three of the
subdistrict, three of the community) and three of the grid; CJ/T 349-2010 puts six digits of what is managed before the
twelve, and two of the grid behind them. Neither text was at hand in full: conformity is not claimed, and whoever needs
it checks a code against the standard of the place.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

AREA = re.compile(r"\d{12}", re.ASCII)
OBJECT = re.compile(r"\d{6}", re.ASCII)
PLACE = re.compile(r"\{(district|subdistrict|community|area12|kind|n)(?::0?([1-9]))?\}")
LONGEST = 60  # characters of a pattern
MOST_DIGITS = 6  # of a number whose pattern does not say how many
KINDS = {"base": "J", "dedicated": "Z"}  # 基础 and 专属


class NoCodeLeftError(ValueError):
    """Every number that the scheme has for this community was given before."""


class Scheme(NamedTuple):
    """A way of making codes: the name that is kept beside each code, and the pattern."""

    name: str
    pattern: str

    def code(self, community: str, kind: str, n: int) -> str:
        """The code of grid number `n` of a community, which has a code of twelve digits."""
        parts = _parts(community) | {"kind": KINDS[kind]}
        return PLACE.sub(lambda place: f"{n:0{place[2] or 1}d}" if place[1] == "n" else parts[place[1]], self.pattern)

    def next(self, community: str, kind: str, used: Iterable[str]) -> str:
        """The code after the last one that was ever used; ValueError for a strange community, NoCodeLeftError.

        A number that was left out stays free, for it may stand on paper.
        """
        if not AREA.fullmatch(community):
            raise ValueError(f"the code of a community has twelve digits, not {community!r}")
        known = re.compile(self._known(community))
        given = [int(found[1]) for code in used if (found := known.fullmatch(code))]
        n = max(given, default=0) + 1
        width = next(width for place, width in PLACE.findall(self.pattern) if place == "n")
        if len(str(n)) > int(width or MOST_DIGITS):
            raise NoCodeLeftError(f"{self.name} has no code left for {community}")
        return self.code(community, kind, n)

    def _known(self, community: str) -> str:
        """A regular expression of the codes of a community, the number in its group."""
        parts = _parts(community) | {"kind": f"[{''.join(KINDS.values())}]"}
        made, at, seen = "", 0, False
        for place in PLACE.finditer(self.pattern):
            number = (r"(?:\d+)" if seen else r"(\d+)") if place[1] == "n" else parts[place[1]]
            seen = seen or place[1] == "n"
            made += re.escape(self.pattern[at : place.start()]) + number
            at = place.end()
        return made + re.escape(self.pattern[at:])


SCHEMES = {
    "area12+3": "{area12}{n:03}",
    "beijing15": "{area12}{n:03}",
    "cjt349": "{object}{area12}{n:02}",
}


def scheme(name: str) -> Scheme:
    """The scheme of this name; ValueError where there is none.

    area12+3        the community's twelve digits and three of the grid: how imported grids are numbered
    beijing15       the same fifteen digits, where the codes of the areas are the official ones
    cjt349          twenty digits, those of what is managed being 000000
    cjt349:010200   the same with digits for what is managed
    local:PATTERN   a pattern of one's own with {n} or {n:03} (the number in the community), {kind} (J base, Z
                    dedicated), {area12} or its parts {district} {subdistrict} {community}
    """
    kind, _, rest = name.partition(":")
    if kind == "local":
        return Scheme(kind, _checked(rest))
    managed = rest or "000000"
    if kind not in SCHEMES or (rest and kind != "cjt349") or name.endswith(":") or not OBJECT.fullmatch(managed):
        raise ValueError(f"{name!r} is no scheme of grid codes: area12+3, beijing15, cjt349, cjt349:DDDDDD, local:…")
    return Scheme(kind, SCHEMES[kind].replace("{object}", managed))


def _checked(pattern: str) -> str:
    """A pattern of one's own, where two grids of a city cannot get the same code by it."""
    places = [place for place, _ in PLACE.findall(pattern)]
    if "n" not in places or not ("area12" in places or {"district", "subdistrict", "community"} <= set(places)):
        raise ValueError(f"local:{pattern} needs {{n}} and {{area12}}, or two grids would share a code")
    rest = PLACE.sub("", pattern)
    if not rest.isprintable() or "{" in rest or "}" in rest or len(pattern) > LONGEST:
        raise ValueError(f"local:{pattern} has a place that is unknown, or is longer than {LONGEST} characters")
    return pattern


def _parts(community: str) -> dict[str, str]:
    """What the places of a pattern stand for."""
    return {
        "area12": community,
        "district": community[:6],
        "subdistrict": community[6:9],
        "community": community[9:],
    }
