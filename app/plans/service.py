"""Plans suggested for an area: new grids from nothing, or today's with the fewest moves; nothing is written."""

import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from sqlalchemy import RowMapping, text
from sqlalchemy.orm import Session

from app.errors import Invalid, NotFound
from app.plans import queries, seeding
from gis.annealing import Weights
from gis.least_change import least_change
from gis.levels import Held, held, nested
from gis.plan import Plan
from gis.plan_scores import USUAL, Scores, by_grid, scores
from gis.seeds import SeedKind, Site, sites, with_dedicated
from gis.suggest import FAIR, Locks, impossible, suggest

Progress = Callable[[float], None]
Names = dict[int, RowMapping]
NO_KINDS: Mapping[SeedKind, float] = {}


class Suggested(NamedTuple):
    """A plan for the communities of a district, beside the one in force."""

    ground: queries.Ground
    plan: Plan
    seconds: float  # of searching
    sites: list[Site]  # that were to become dedicated grids


def suggested(
    session: Session,
    code: str | None,
    *,
    seed: int,
    least: bool,
    weights: Weights = FAIR,
    progress: Progress,
    kinds: Mapping[SeedKind, float] = NO_KINDS,
    levels: tuple[int, int] | None = None,
) -> dict[str, Any]:
    """The scores of what is suggested for an area (None: everywhere), and of today; NotFound where it is none.

    What stands there of some `kinds`, from a size in m² on, becomes dedicated grids first. `levels` are how many grids
    the middle and the upper level are to have; Invalid where they cannot.
    """
    session.execute(text("SET TRANSACTION READ ONLY"))
    asked = queries.districts(session, code)
    if not asked:
        raise NotFound(f"There is no area with the code {code}." if code else "There is no district yet.")
    if levels and len(asked) > 1:
        raise Invalid("Levels are made within one district: say which by --community CODE.")
    found = []
    for number, (district, communities) in enumerate(asked):
        ground = queries.ground(session, district, communities)
        tell = _part(progress, number, len(asked))
        found.append(_searched(ground, _sites(session, ground, kinds), seed, weights, least=least, tell=tell))
    return {**_told(session, found), **(_levels(found[0].plan, *levels) if levels else {})}


def _levels(plan: Plan, middle: int, upper: int) -> dict[str, Any]:
    """The two levels above a plan."""
    try:
        places = nested(plan, middle, upper)
    except ValueError as error:
        raise Invalid(f"{str(error).capitalize()}.") from None
    each = by_grid(plan)
    households = dict(zip(each.grid.tolist(), each.households.tolist(), strict=True))

    def rows(level: list[Held]) -> list[dict[str, Any]]:
        return [one._asdict() for one in level]

    above = held(places, households)
    return {"levels": {"upper": rows(above[0]), "middle": rows(above[1])}}


def _part(progress: Progress, number: int, count: int) -> Progress:
    """The progress of one of several districts."""
    return lambda share: progress((number + share) / count)


def _sites(session: Session, ground: queries.Ground, kinds: Mapping[SeedKind, float]) -> list[Site]:
    """What becomes a dedicated grid, and what does not."""
    if not kinds:
        return []
    dedicated = np.flatnonzero(np.isin(ground.today.of, list(ground.today.dedicated)))
    least = seeding.sizes(kinds)
    return sites(ground.atoms, seeding.uses(session, ground, least), kinds, dedicated=dedicated.tolist(), least=least)


def _searched(
    ground: queries.Ground, found: list[Site], seed: int, weights: Weights, *, least: bool, tell: Progress
) -> Suggested:
    """The best plan for one district."""
    began = time.perf_counter()
    groups = tuple(site.blocks for site in found if site.bar is None)
    plan = with_dedicated(ground.today, groups)
    if least:
        for repair in least_change(plan):
            plan = repair.plan
            tell(1 - len(repair.left) / (1 + len(plan.grids)))
    else:
        locks = Locks(dedicated=groups)
        for suggestion in suggest(ground.atoms, weights=weights, locks=locks, today=ground.today, seed=seed):
            plan = suggestion.plan
            tell(suggestion.done)
    return Suggested(ground, plan, time.perf_counter() - began, found)


def _told(session: Session, found: list[Suggested]) -> dict[str, Any]:
    """What is printed: totals, today's totals, what is impossible, and each community."""
    after = [scores(one.plan, today=one.ground.today) for one in found]
    before = [scores(one.ground.today) for one in found]
    names = queries.communities(session, [int(i) for one in found for i in set(one.ground.community.tolist())])
    return {
        **_together(after),
        "seconds": round(sum(one.seconds for one in found), 3),
        "today": _together(before),
        "impossible": [reason for one in found for reason in _reasons(one, names)],
        "seeds": [site for one in found for site in seeding.told(one.ground, one.sites)],
        "communities": [row for one in found for row in _by_community(one, names)],
    }


def _together(parts: list[Scores]) -> dict[str, Any]:
    """The scores of districts as those of one: shares and means by grid."""
    base = [part.grids - part.dedicated for part in parts]
    grids = [part.grids for part in parts]

    def mean(values: list[float], weights: list[int]) -> float:
        return round(sum(v * w for v, w in zip(values, weights, strict=True)) / max(sum(weights), 1), 4)

    return {
        **{name: sum(getattr(part, name) for part in parts) for name in Scores._fields},
        "in_range": mean([part.in_range for part in parts], base),
        "contiguous": mean([part.contiguous for part in parts], grids),
        "polsby_popper": mean([part.polsby_popper for part in parts], grids),
        "reock": mean([part.reock for part in parts], grids),
        "largest_load": max((part.largest_load for part in parts), default=0.0),
    }


def _reasons(one: Suggested, names: Names) -> list[dict[str, Any]]:
    """Why some blocks can be in no grid of the range, each with its community."""
    base = np.flatnonzero(~np.isin(one.plan.of, list(one.plan.dedicated)))
    return [
        {
            "kind": reason.kind,
            "community": names[int(one.ground.community[base[reason.blocks[0]]])]["code"],
            "households": reason.households,
            "blocks": len(reason.blocks),
            "text": reason.sentence,
        }
        for reason in impossible(one.ground.atoms.within(base))
    ]


def _by_community(one: Suggested, names: Names) -> list[dict[str, Any]]:
    """Grids, households and the share in the range of each community."""
    each = by_grid(one.plan)
    home = dict(zip(one.plan.of.tolist(), one.ground.community.tolist(), strict=True))
    of = np.array([home[int(grid)] for grid in each.grid])
    fits = (each.households >= USUAL.low) & (each.households <= USUAL.high)
    return [
        {
            "code": names[number]["code"],
            "name": names[number]["name"],
            "grids": int((of == number).sum()),
            "households": int(each.households[of == number].sum()),
            "in_range": int((fits & ~each.dedicated)[of == number].sum()),
            "dedicated": int(each.dedicated[of == number].sum()),
        }
        for number in sorted(set(home.values()))
    ]
