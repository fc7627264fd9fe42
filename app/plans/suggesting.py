"""Suggestions for a draft, in the background: alternatives that grow better side by side, until each is at its best."""

import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from sqlalchemy.orm import Session

from app.accounts.rights import Capability
from app.errors import Invalid
from app.jobs import service as jobs
from app.jobs.kinds import Report, Result, Sessions, Task, define
from app.plans import drafts, queries, seeding, stored
from app.plans.faults import Numbered, numbered
from app.plans.ground import ground_of, worth
from app.plans.queries import Ground
from app.plans.schemas import SuggestionIn, Way, WeightsIn
from app.plans.stored import Reader
from gis.annealing import Favour, Weights
from gis.least_change import least_change
from gis.plan import NO_GRID, Plan
from gis.plan_scores import USUAL
from gis.seeds import SeedKind, Site, Use, with_dedicated
from gis.suggest import FAIR, Impossible, InPieces, Locks, impossible, linked, suggest

KIND = "plans.suggest"
PAUSE = 0.5  # seconds between two answers that are told
MOVED = 0.01  # what a block that moves costs at the weight 1: all of a grid about as much as a main road in it

Longs = NDArray[np.int64]
Answers: TypeAlias = Iterator[tuple[Plan, float]]
"""Better and better plans, each with the share of the search that is done."""


def start(session: Session, asks: Reader, plan_id: uuid.UUID, question: SuggestionIn) -> int:
    """The id of the job that suggests. NotFound, Forbidden, Conflict, Invalid; TooMany."""
    kept = drafts.held(session, asks, plan_id, "edit")
    named = {str(block) for group in (*question.together, *question.dedicated) for block in group}
    here = stored.blocks_in(session, named, stored.communities(session, kept.area_id))
    _check(kept.blocks, kept.grids, here, question)
    asked = {"plan": str(plan_id), "question": question.model_dump(mode="json")}
    return jobs.start(session, asks.who, KIND, asked, area_id=kept.area_id)


def _check(
    blocks: Mapping[str, int], grids: Mapping[str, Any], community: Mapping[str, int], question: SuggestionIn
) -> None:
    """Refuse grids and blocks that the plan does not have, and wishes that contradict each other."""
    for name, numbers in (("grids", question.grids), ("stay", question.stay)):
        if lost := [number for number in numbers if str(number) not in grids]:
            raise Invalid(_("There is no grid %(number)d in this plan.", number=lost[0]), field=name)
    if question.stay & question.grids:
        raise Invalid(_("A grid cannot both stay and be made anew."), field="stay")
    fixed, taken = _fixed(grids, question), set[int]()
    for name, groups in (("together", question.together), ("dedicated", question.dedicated)):
        for at, group in enumerate(groups):
            where = f"{name}.{at}"
            if lost := [block for block in group if str(block) not in community]:
                raise Invalid(_("There is no block %(number)d in this plan.", number=lost[0]), field=where)
            if len({community[str(block)] for block in group}) > 1:
                raise Invalid(_("A grid never crosses the boundary of its community."), field=where)
            held = {blocks.get(str(block), NO_GRID) for block in group}
            if name == "together" and held & fixed and len(held) > 1:
                raise Invalid(_("Blocks that are to stay together are in different grids that stay."), field=where)
            if name == "dedicated" and (taken & group or held & fixed):
                raise Invalid(_("A block of a dedicated grid is in another grid that stays."), field=where)
            taken |= group if name == "dedicated" else set()


def _fixed(grids: Mapping[str, Any], question: SuggestionIn) -> set[int]:
    """The numbers of the grids that stay: what is locked, dedicated or to stay, and what is not among the chosen."""
    stays = {
        int(number)
        for number, grid in grids.items()
        if grid["locked"] or grid["kind"] == "dedicated" or int(number) in question.stay
    }
    if question.way is not Way.CHOSEN:
        return stays
    locked = {int(number) for number, grid in grids.items() if grid["locked"]}
    return {int(number) for number in grids} - (question.grids - locked)


@define(KIND, needs=Capability.REDRAW_GRIDS)
def work(sessions: Sessions, task: Task, report: Report) -> Result:
    """Suggest for the plan of the task; the result grows with every answer."""
    question = SuggestionIn.model_validate(task.question["question"])
    with sessions.begin() as session:
        if task.who is None:
            raise drafts.not_found()
        plan = drafts.shown(session, stored.reader(session, task.who), uuid.UUID(task.question["plan"]))
        ground = ground_of(session, plan["area"]["id"]).ground
        here = dict(zip(ground.atoms.keys, ground.community.tolist(), strict=True))
        _check(plan["blocks"], plan["grids"], here, question)
        names = queries.communities(session, np.unique(ground.community).tolist())
        least = seeding.sizes(question.least)
        known = seeding.uses(session, ground, least) if question.seeds else []
    sites = _sites(ground, plan, question, known, least)
    asked = Asked(ground, plan, question, {n: (row["name"], row["name_en"]) for n, row in names.items()}, tuple(sites))
    return _searched(asked, report)


def _sites(
    ground: Ground, plan: Mapping[str, Any], question: SuggestionIn, known: list[Use], least: Mapping[SeedKind, float]
) -> list[Site]:
    """What becomes a dedicated grid beside the wishes, and what does not."""
    return seeding.chosen(
        ground,
        known,
        question.seeds,
        plan["blocks"],
        plan["grids"],
        stay=_fixed(plan["grids"], question),
        wished=frozenset[int]().union(*question.together, *question.dedicated),
        left_out=question.left_out,
        least=least,
    )


@dataclass(frozen=True)
class Asked:
    """A question about a plan on its ground."""

    ground: Ground
    plan: Mapping[str, Any]
    question: SuggestionIn
    communities: Mapping[int, tuple[str, str]]
    sites: tuple[Site, ...] = ()

    @property
    def dedicated(self) -> tuple[frozenset[int], ...]:
        """The blocks of each dedicated grid to make, by place: those asked for, then the sites."""
        return (*self.places(self.question.dedicated), *(site.blocks for site in self.sites if site.bar is None))

    def places(self, groups: Sequence[frozenset[int]]) -> tuple[frozenset[int], ...]:
        """Where the blocks of each group stand on the ground."""
        place = {int(key): at for at, key in enumerate(self.ground.atoms.keys)}
        return tuple(frozenset(place[block] for block in group) for group in groups)

    def told(self, answer: Plan, done: float, base: "Base") -> dict[str, Any]:
        """An answer as the result holds it."""
        numbers, grids = self._numbers(answer, base)
        of = [numbers[grid] for grid in answer.of.tolist()]
        return {
            "done": round(done, 3),
            "scores": worth(self.ground, answer),
            "blocks": dict(zip(self.ground.atoms.keys, of, strict=True)),
            "grids": grids,
        }

    def _numbers(self, answer: Plan, base: "Base") -> tuple[dict[int, int], dict[str, Any]]:
        """The number in the plan of each grid of an answer, and the grids: each the one whose homes it keeps most."""
        now = base.draft
        same = {NO_GRID: NO_GRID, **{grid: now.numbers[grid] for grid in answer.grids if grid in base.stay}}
        new = [grid for grid in answer.grids if grid not in base.stay]
        base_grids = np.array([grid for grid in new if grid not in answer.dedicated], dtype=np.int64)
        old = np.array([g for g in now.plan.grids if g not in base.stay | now.plan.dedicated], dtype=np.int64)
        for at, heir in _heirs(answer, now.plan, base_grids, old):
            same[int(base_grids[at])] = now.numbers[int(old[heir])]
        grids = {str(n): self.plan["grids"][str(n)] for n in same.values() if n != NO_GRID}
        taken = {int(number) for number in self.plan["grids"]}
        used = {grid["name"] for grid in self.plan["grids"].values()}
        for grid in new:
            if grid not in same:
                same[grid] = drafts.free_number(taken)
                grids[str(same[grid])] = self._new(answer, grid, used)
        return same, grids

    def _new(self, answer: Plan, grid: int, used: set[str]) -> dict[str, Any]:
        """A new grid with a name that none has yet: that of its site, or of its community with a number."""
        first = int(np.argmax(answer.of == grid))
        community = int(self.ground.community[first])
        site = next((site for site in self.sites if site.bar is None and first in site.blocks), None)
        name, name_en = seeding.title(site, self.communities[community]) if site else ("", "")
        if not name or name in used:
            called, called_en = self.communities[community]
            at = next(at for at in range(1, len(used) + 2) if f"{called}第{at}网格" not in used)
            name, name_en = f"{called}第{at}网格", f"{called_en} Grid {at}".strip()
        used.add(name)
        return {
            "name": name,
            "name_en": name_en,
            "kind": "dedicated" if grid in answer.dedicated else "base",
            "locked": False,
            "community": community,
            "grid": None,
            "code": None,
        }


class Run(NamedTuple):
    """One of the searches of a question: each favours something else."""

    seed: int
    favour: Favour


class Base(NamedTuple):
    """What a search begins with: the draft, which of its grids stay, and the plan whose moves count."""

    draft: Numbered
    stay: frozenset[int]
    home: Plan


def _heirs(answer: Plan, before: Plan, new: Longs, old: Longs) -> list[tuple[int, int]]:
    """Which new grid is which old one, by position, so that most households stay; only where a block does."""
    if not len(new) or not len(old):
        return []
    rows = np.flatnonzero(np.isin(answer.of, new) & np.isin(before.of, old))
    shared = np.zeros((len(new), len(old)))
    at = np.searchsorted(new, answer.of[rows]), np.searchsorted(old, before.of[rows])
    np.add.at(shared, at, 1 + answer.atoms.households[rows])
    row, column = linear_sum_assignment(shared, maximize=True)
    return [(int(r), int(c)) for r, c in zip(row, column, strict=True) if shared[r, c] > 0]


def base_of(asked: Asked) -> Base:
    """The plan to begin with: what stays as the draft has it, the rest as it is today, so that moves count from there.

    Today's grids are numbered on from those of the draft.
    """
    ground, grids = asked.ground, asked.plan["grids"]
    draft = numbered(ground, asked.plan["blocks"], grids)
    fixed = _fixed(grids, asked.question)
    stay = frozenset(at for at, number in enumerate(draft.numbers) if number in fixed)
    kept = np.isin(draft.plan.of, sorted(stay))
    count = len(draft.numbers)
    of = np.where(kept, draft.plan.of, count + np.unique(ground.today.of, return_inverse=True)[1])
    home = Plan(ground.atoms, of.astype(np.int32), draft.plan.dedicated & stay)
    return Base(draft, stay, home)


def _searched(asked: Asked, report: Report) -> Result:
    """The best answers; those on the way are told at most every PAUSE."""
    base = base_of(asked)
    result: Result = {
        "alternatives": [],
        "impossible": _impossible(asked, base),
        "seeds": seeding.told(asked.ground, asked.sites),
        "version": asked.plan["version"],
    }
    count = 1 if asked.question.way is Way.LEAST else asked.question.alternatives
    runs = [Run(asked.question.seed + at, favour) for at, favour in enumerate([*Favour][:count])]
    going: list[Answers | None] = [_answers(asked, base, run) for run in runs]
    best: list[tuple[Plan, float] | None] = [None] * len(runs)
    last = 0.0
    while any(answers is not None for answers in going):
        for at, answers in enumerate(going):
            if answers is not None and (found := next(answers, None)) is not None:
                best[at] = found
            elif answers is not None:
                going[at] = None
        if time.monotonic() - last > PAUSE:
            last = time.monotonic()
            result = {**result, "alternatives": _told(asked, base, runs, best)}
            done = sum(found[1] for found in best if found) / len(best)
            report(done, note=gettext("Looking for better grids"), result=result)
    return {**result, "alternatives": _told(asked, base, runs, best)}


def _told(
    asked: Asked, base: Base, runs: Sequence[Run], best: Sequence[tuple[Plan, float] | None]
) -> list[dict[str, Any]]:
    return [
        {"seed": run.seed, "favours": run.favour, **asked.told(*found, base)}
        for run, found in zip(runs, best, strict=True)
        if found is not None
    ]


def _answers(asked: Asked, base: Base, run: Run) -> Answers:
    """Better and better plans for the question."""
    question = asked.question
    together, dedicated = asked.places(question.together), asked.dedicated
    if question.way is Way.LEAST:
        found = _least(base, together, dedicated)
    else:
        locks, weights = Locks(base.stay, together, dedicated), _weights(question.weights).favouring(run.favour)
        plans = suggest(asked.ground.atoms, weights=weights, locks=locks, today=base.home, seed=run.seed)
        found = ((one.plan, one.done) for one in plans)
    try:
        first = next(found)
    except InPieces:
        raise Invalid(gettext("Blocks that are to be in one grid cannot be walked between.")) from None
    except ValueError:
        raise Invalid(gettext("Blocks that are to stay together are in different grids that stay.")) from None
    return chain([first], found)


def _least(base: Base, together: tuple[frozenset[int], ...], dedicated: tuple[frozenset[int], ...]) -> Answers:
    """The draft with one fault after another mended; blocks that stay together move as one."""
    draft = with_dedicated(base.draft.plan, dedicated)
    free = np.flatnonzero(~np.isin(draft.of, [*base.stay, *range(base.draft.plan.numbers, draft.numbers)]))
    group = _grouped(len(draft.of), linked(draft.atoms, free, together))
    first = np.unique(group, return_index=True)[1]
    joined = Plan(draft.atoms.joined(group), draft.of[first], draft.dedicated, base.stay, draft.numbers)
    for repair in least_change(joined):
        plan = repair.plan
        whole = Plan(draft.atoms, plan.of[group], plan.dedicated, plan.locked, plan.numbers)
        yield whole, 1 - len(repair.left) / (1 + len(plan.grids))


def _grouped(count: int, together: tuple[frozenset[int], ...]) -> NDArray[np.int32]:
    """A number for each block, the same for blocks that stay together."""
    lead = np.arange(count)
    for members in together:
        roots = lead[list(members)]
        lead[np.isin(lead, roots)] = roots.min()
    return np.unique(lead, return_inverse=True)[1].astype(np.int32)


def _weights(wanted: WeightsIn) -> Weights:
    """The weights as the search takes them: it misses the range for nothing, so `households` divides the others."""
    rest = 1 / max(wanted.households, 0.05)
    return Weights(
        compactness=FAIR.compactness * wanted.compact * rest,
        roads=FAIR.roads * wanted.roads * rest,
        railways=FAIR.railways * wanted.roads * rest,
        water=FAIR.water * wanted.roads * rest,
        compounds=FAIR.compounds * wanted.compounds * rest,
        moved=MOVED * wanted.moved * rest,
    )


def _impossible(asked: Asked, base: Base) -> list[dict[str, Any]]:
    """Why some blocks can be in no grid of the range, each with its community."""
    free = np.setdiff1d(
        np.flatnonzero(~np.isin(base.draft.plan.of, sorted(base.stay))),
        sorted(frozenset[int]().union(*asked.dedicated)),
    )
    return [
        {
            "kind": reason.kind,
            "community": int(asked.ground.community[free[reason.blocks[0]]]),
            "blocks": [int(asked.ground.atoms.keys[free[block]]) for block in reason.blocks],
            "households": reason.households,
            "text": _why(reason, asked.ground.atoms.keys[free[reason.blocks[0]]]),
        }
        for reason in impossible(asked.ground.atoms.within(free))
    ]


def _why(reason: Impossible, block: str) -> str:
    """The reason in the reader's language."""
    low, high = USUAL
    if reason.kind == "large":
        sentence = gettext(
            "Block %(block)s alone has %(households)d households, more than %(high)d: at best it is a grid.",
            block=block,
            households=reason.households,
            high=high,
        )
    elif reason.kind == "few":
        sentence = ngettext(
            "Only %(households)d household can be walked to: at best it is one grid.",
            "Only %(households)d households can be walked to from each other: at best they are one grid.",
            reason.households,
            households=reason.households,
        )
    else:
        few = max(1, reason.households // high)
        sentence = gettext(
            "%(households)d households are too many for %(few)d grids of %(high)d and too few for %(more)d of %(low)d.",
            households=reason.households,
            few=few,
            high=high,
            more=few + 1,
            low=low,
        )
    return str(sentence)
