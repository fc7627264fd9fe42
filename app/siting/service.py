"""Siting: ask where stations should stand, have the first answer at once, and look at an answer again."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from sqlalchemy import RowMapping
from sqlalchemy.orm import Session

from app.accounts.audit import record
from app.accounts.identity import Identity
from app.areas.queries import outside
from app.areas.scope import Scope
from app.errors import Invalid, NotFound
from app.kept import TODAY, part_of, stamp_of
from app.response.ground import DATASETS, ground_of
from app.response.origins import MAX_OFFSET
from app.response.zone import MINUTE
from app.scenarios.service import content_of
from app.siting import queries
from app.siting.models import Siting
from app.siting.queries import Area
from app.siting.reckoning import Wanted
from app.siting.schemas import MOST_CANDIDATES, SitingIn, Weight
from gis.covers import TooMuchError
from gis.network import NoRoadError, Places
from gis.siting import Plan, Task, first

DECIMALS = 7  # of a degree
NAMED = 3  # candidates in a sentence


@dataclass(frozen=True, slots=True)
class Asked:
    """A question on its ground."""

    question: SitingIn
    area: Area
    wanted: Wanted
    data: str  # differs when anything that the answer depends on does


@dataclass(frozen=True, slots=True)
class Candidates:
    """Where new stations may stand: rows as they are answered, and their places on the roads."""

    rows: list[dict[str, Any]]
    places: Places


def asked(session: Session, scope: Scope, question: SitingIn) -> Asked:
    """The question on its ground. NotFound outside the scope, Invalid where the mode has no road."""
    area = queries.area(session, scope, question.area)
    if area is None:
        raise NotFound(_("You do not plan for the whole of this area."), field="area")
    stamp = stamp_of(session, *DATASETS, "compounds")
    changes = question.scenario and content_of(session, scope, question.scenario)
    try:
        ground = ground_of(session, scope, area.district_id, question.mode, stamp, scenario=changes or None)
    except NoRoadError:
        raise Invalid(_("This district has no road for this way of travelling."), field="mode") from None
    standing = [at for at, row in enumerate(ground.stations.rows) if row["kind"] in question.kinds]
    wanted = Wanted(ground, scope, area.communities, question.minutes * MINUTE, np.array(standing, dtype=np.int64))
    # Where each household counts alike, neither the day nor flags nor who knows them makes a difference.
    personal = () if question.weight is Weight.VULNERABLE else ("flags", TODAY)
    counted = part_of(stamp, *({*DATASETS, "compounds"} - {*personal}))
    shown = [ground.stations.rows[at]["id"] for at in standing]
    told = repr((counted, shown, changes.key if changes else ""))
    return Asked(question, area, wanted, hashlib.sha256(told.encode()).hexdigest()[:32])


def candidates_of(session: Session, one: Asked) -> Candidates:
    """The candidates that a question names. Invalid where there are none, too many, or some are off the roads."""
    own = _own(one.question)
    _refuse_outside(session, one, own)
    rows = list(own)
    for source in dict.fromkeys(one.question.sources):
        rows += queries.candidates(session, source, one.area.communities, MOST_CANDIDATES + 1)
    if len(rows) > MOST_CANDIDATES:
        raise Invalid(
            _("There are more than %(most)d candidates here. Choose a smaller area or fewer.", most=MOST_CANDIDATES),
            field="sources",
        )
    if not rows:
        raise Invalid(_("There are no such candidates in this area."), field="sources")
    places = one.wanted.ground.attach(np.array([(row["lon"], row["lat"]) for row in rows]))
    _refuse_far(rows[: len(own)], places)
    near = np.flatnonzero(places.offset <= MAX_OFFSET)
    found = Candidates([rows[at] for at in near], places.take(near))
    if one.question.sites >= len(found.rows):
        count = len(found.rows)
        raise Invalid(
            _("Candidates near roads: %(count)d. Ask for fewer sites than that.", count=count),
            field="sites",
            extra={"candidates": count},
        )
    return found


def _own(question: SitingIn) -> list[dict[str, Any]]:
    """The places of one's own list as rows of candidates."""
    names = [*question.names, *[""] * len(question.places)]
    return [
        {"lon": lon, "lat": lat, "name": name, "name_en": name, "source": "list"}
        for (lon, lat), name in zip(question.places, names, strict=False)
    ]


def _refuse_outside(session: Session, one: Asked, own: list[dict[str, Any]]) -> None:
    """Invalid where places of one's own list lie outside the district."""
    lost = outside(session, one.area.district_id, [(row["lon"], row["lat"]) for row in own])
    if lost:
        raise Invalid(
            _("Outside the district: %(which)s.", which=_named(own, lost)),
            field=f"places.{lost[0]}",
            extra={"places": lost},
        )


def _refuse_far(own: list[dict[str, Any]], places: Places) -> None:
    """Invalid where places of one's own list are far from every road, or in a closed area."""
    offset = places.offset[: len(own)]
    far = [int(at) for at in np.flatnonzero(offset > MAX_OFFSET)]
    if not far:
        return
    metres = [None if np.isinf(offset[at]) else round(float(offset[at])) for at in far]
    which = _named(own, far, [gettext("in a closed area") if one is None else f"{one} m" for one in metres])
    raise Invalid(
        _("More than %(most)d m from any road that is open: %(which)s.", most=round(MAX_OFFSET), which=which),
        field=f"places.{far[0]}",
        extra={"places": far, "metres": metres},
    )


def _named(rows: list[dict[str, Any]], which: list[int], more: Sequence[str] = ()) -> str:
    """The first few of a list of places by row and name, and how many there are."""
    parts = []
    for number, at in enumerate(which[:NAMED]):
        name = " ".join(part for part in (f"{at + 1}", rows[at]["name"]) if part)
        parts.append(f"{name} ({more[number]})" if more else name)
    return ", ".join(parts) + (f" … ({len(which)})" if len(which) > NAMED else "")


def task_of(one: Asked, candidates: Candidates) -> Task:
    """The task to choose among candidates. Invalid where it is too large, or weighs by flags that nobody knows."""
    vulnerable = one.question.weight is Weight.VULNERABLE
    if vulnerable and not one.wanted.known.any():
        raise Invalid(_("Your posts show no flags here, so they cannot come first."), field="weight")
    try:
        return one.wanted.task(
            candidates.places, sites=one.question.sites, moves=one.question.moves, vulnerable=vulnerable
        )
    except TooMuchError:
        raise Invalid(
            _("The candidates reach more doors than can be weighed at once. Choose fewer of them or fewer minutes."),
            field="minutes",
        ) from None


def create(session: Session, scope: Scope, who: Identity, question: SitingIn) -> int:
    """The id of the siting with the first answer to a question. NotFound, Invalid."""
    one = asked(session, scope, question)
    candidates = candidates_of(session, one)
    task = task_of(one, candidates)
    plan = first(task)
    sites, moved = stored(one, candidates, task, plan)
    siting = Siting(
        made_by=who.id,
        area_id=one.area.id,
        question=question.model_dump(mode="json"),
        data=one.data,
        sites=sites,
        moved=moved,
        candidates=len(candidates.rows),
        covered=plan.covered,
        bound=plan.bound,
    )
    session.add(siting)
    session.flush()
    record(session, who, "siting.asked", "siting", siting.id, area=one.area.id, sites=len(sites))
    return siting.id


def stored(one: Asked, candidates: Candidates, task: Task, plan: Plan) -> tuple[list[dict[str, Any]], list[int]]:
    """The chosen places as they are kept, and the stations that give way to some of them."""
    sites = [{**candidates.rows[at], "at": int(at)} for at in plan.chosen if task.new[at]]
    if not one.question.moves:
        return sites, []
    stay = {int(at) - len(candidates.rows) for at in plan.chosen if not task.new[at]}
    gone = [number for at, number in enumerate(one.wanted.standing) if at not in stay]
    # A station that adds nothing beside the others does not move for nothing: only so many as there are sites too many.
    gone = gone[: max(len(sites) - one.question.sites, 0)]
    return sites, [int(one.wanted.ground.stations.rows[number]["id"]) for number in gone]


def siting(session: Session, scope: Scope, siting_id: int) -> RowMapping:
    """One siting as it is kept. NotFound."""
    row = queries.siting(session, scope, siting_id)
    if row is None:
        raise NotFound(_("There is no such siting in your area."), field="siting")
    return row
