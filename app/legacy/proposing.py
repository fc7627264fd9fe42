"""One plan out of many nets, in the background.

In a first search all blocks that all nets keep together stay together, which may leave grids that nothing fills up to
the range. In the others each net in turn is the home: a block that leaves it costs. Of the plans found, that one is
taken which keeps most households with their neighbours, on the average of the nets, among those with most grids in the
range.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.identity import Identity
from app.accounts.rights import Capability
from app.errors import Conflict, NotFound
from app.jobs import service as jobs
from app.jobs.kinds import Report, Result, Sessions, Task, define
from app.legacy.comparing import Net, area_of, net_of
from app.legacy.schemas import ProposalIn
from app.plans import drafts, queries, stored, suggesting
from app.plans.blocks_today import of_today
from app.plans.edits import edit
from app.plans.models import GridPlan
from app.plans.queries import Ground
from app.plans.schemas import EditIn, PlanIn, SuggestionIn
from app.plans.stored import Reader
from gis.annealing import Weights
from gis.crosswalk import agreed, kept
from gis.plan import NO_GRID, Plan
from gis.plan_scores import USUAL, Scores, scores
from gis.suggest import Locks, suggest

KIND = "legacy.propose"
ASTRAY = 0.02  # what a block costs that is not where its net has it
WEIGHTS = replace(Weights(), moved=ASTRAY)

Ints = NDArray[np.int32]


def start(session: Session, asks: Reader, wanted: ProposalIn) -> int:
    """The id of the job that makes the draft. NotFound, Conflict, Invalid; TooMany."""
    area = area_of(session, asks, wanted.area_id)
    for number in wanted.nets:
        net_of(session, asks, area, number)
    if session.scalar(select(GridPlan.id).where(GridPlan.id == wanted.id)) is not None:
        raise Conflict(_("A plan with this id is kept already."), field="id")
    return jobs.start(session, asks.who, KIND, wanted.model_dump(mode="json"), area_id=wanted.area_id)


class Asked(NamedTuple):
    """The nets on the ground, and the question to a draft of today's grids, as `app.plans` asks it."""

    ground: Ground
    nets: list[Net]
    question: suggesting.Asked
    base: suggesting.Base


class Found(NamedTuple):
    """A plan, what it is worth, and which share of each net's households keeps its neighbours in it."""

    plan: Plan
    scores: Scores
    kept: list[float]

    @property
    def rank(self) -> tuple[float, float]:
        """The larger the better."""
        return round(self.scores.in_range, 2), sum(self.kept) / len(self.kept)


@define(KIND, needs=Capability.REDRAW_GRIDS)
def work(sessions: Sessions, task: Task, report: Report) -> Result:
    """Make the draft of the task; one that is made already is not made again."""
    wanted = ProposalIn.model_validate(task.question)
    if task.who is None:
        raise NotFound(gettext("There is no such net in your area."), field="nets")
    with sessions.begin() as session:
        asked = _asked(session, stored.reader(session, task.who), wanted)
    best: Found | None = None
    for found, done in _searched(asked, wanted.seed):
        best = found if best is None or found.rank > best.rank else best
        report(0.9 * done, note=gettext("Looking for the plan that satisfies most nets"), result=_told(asked, best))
    assert best is not None  # noqa: S101 (there is a net, and so a search)
    with sessions.begin() as session:
        plan = _written(session, task.who, wanted, asked, best.plan)
    return {**_told(asked, best), "plan": plan}


def _asked(session: Session, asks: Reader, wanted: ProposalIn) -> Asked:
    area = area_of(session, asks, wanted.area_id)
    names = queries.communities(session, np.unique(area.ground.community).tolist())
    nets = [net_of(session, asks, area, number) for number in dict.fromkeys(wanted.nets)]
    today = of_today(session, list(names))
    used, known = {str(number) for number in today.blocks.values()}, stored.todays_grids(session, list(names))
    draft = {"blocks": today.blocks, "grids": {number: known[number] for number in used}, "version": 1}
    called = {number: (row["name"], row["name_en"]) for number, row in names.items()}
    question = suggesting.Asked(area.ground, draft, SuggestionIn.model_validate({}), called)
    return Asked(area.ground, nets, question, suggesting.base_of(question))


def _searched(asked: Asked, seed: int) -> Iterator[tuple[Found, float]]:
    """The best plan of each search so far, and the share of all searches that is done."""
    atoms, of = asked.ground.atoms, [net.overlay.of for net in asked.nets]
    searches = _searches(asked, of)
    for number, (locks, home) in enumerate(searches):
        for found in suggest(atoms, weights=WEIGHTS, locks=locks, today=home, seed=seed + number):
            whole = Found(found.plan, scores(found.plan), [kept(one, found.plan.of, atoms.households) for one in of])
            yield whole, (number + found.done) / len(searches)


def _searches(asked: Asked, of: list[Ints]) -> list[tuple[Locks, Plan]]:
    """What each search holds on to, and the plan from which moves count in it."""
    today, stay = asked.base.home, asked.base.stay
    free = ~np.isin(today.of, sorted(stay))
    homes = [_home(today, net, free) for net in of]
    together = agreed(asked.ground.atoms, of, USUAL.high, free)
    return [(Locks(stay, together), homes[0]), *((Locks(stay), home) for home in homes)]


def _home(today: Plan, net: Ints, free: NDArray[np.bool_]) -> Plan:
    """A net as the plan from which moves count: what is in none of its grids, and what stays, is as today."""
    lodged = free & (net != NO_GRID)
    return replace(today, of=np.where(lodged, net + today.numbers, today.of).astype(np.int32), numbers=0)


def _told(asked: Asked, found: Found) -> Result:
    kept_of = zip(asked.nets, found.kept, strict=True)
    return {
        "scores": found.scores._asdict(),
        "nets": [{"id": net.id, "name": net.name, "kept": round(share, 4)} for net, share in kept_of],
    }


def _written(session: Session, who: Identity, wanted: ProposalIn, asked: Asked, plan: Plan) -> str:
    """The id of the draft with the plan in it. Conflict where today's grids are no more those that were looked at."""
    asks = stored.reader(session, who)
    draft = drafts.create(session, asks, PlanIn(id=wanted.id, name=wanted.name, area_id=wanted.area_id, parent=None))
    if draft["version"] > 1:
        return str(wanted.id)
    if draft["blocks"] != asked.question.plan["blocks"]:
        raise Conflict(_("Blocks or grids have changed while the plan was looked for. Please ask again."))
    told = asked.question.told(plan, 1.0, asked.base)
    edit(session, asks, wanted.id, EditIn.model_validate(_changes(draft, told)), seen=1)
    return str(wanted.id)


def _changes(draft: dict[str, Any], told: dict[str, Any]) -> dict[str, Any]:
    """What makes the plan of the draft."""
    blocks = {block: (draft["blocks"][block], after) for block, after in told["blocks"].items()}
    grids = {number: (draft["grids"].get(number), grid) for number, grid in told["grids"].items()}
    return {
        "blocks": {block: ends for block, ends in blocks.items() if ends[0] != ends[1]},
        "grids": {number: ends for number, ends in grids.items() if ends[0] != ends[1]},
    }
