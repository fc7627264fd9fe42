"""A plan on its way: submitted, sent back, approved by another person, withdrawn, undone by a new draft."""

import uuid
from datetime import date, timedelta
from typing import Any

from flask_babel import lazy_gettext as _
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.accounts.audit import record
from app.days import today
from app.errors import Conflict, Invalid
from app.plans import drafts, faults, stored
from app.plans.blocks_today import hold
from app.plans.ground import ground_of
from app.plans.models import GridPlan, PlanState
from app.plans.stored import Reader
from app.publication import queries, undoing
from app.publication.change import Change, change_of
from app.publication.enacting import enact, refuse_twice
from gis.grid_codes import Scheme

FURTHEST = timedelta(days=2 * 366)  # how far ahead a plan may come into force


def submit(session: Session, asks: Reader, plan_id: uuid.UUID, scheme: Scheme) -> dict[str, Any]:
    """The plan, which waits for somebody else to decide. NotFound, Forbidden; Conflict where it cannot stand."""
    hold(session, shared=True)
    plan = drafts.held(session, asks, plan_id, "submit")
    _some_change(session, plan, scheme)
    plan.state, plan.note = PlanState.SUBMITTED.value, ""
    plan.submitted_by, plan.submitted_at = asks.who.id, func.now()
    return _done(session, asks, plan, "plan.submitted")


def give_back(session: Session, asks: Reader, plan_id: uuid.UUID, note: str) -> dict[str, Any]:
    """The plan, which is a draft again. NotFound, Forbidden, Conflict."""
    plan = drafts.held(session, asks, plan_id, "return")
    plan.state, plan.note = PlanState.DRAFT.value, note
    plan.submitted_by = plan.submitted_at = None
    return _done(session, asks, plan, "plan.returned")


def approve(session: Session, asks: Reader, plan_id: uuid.UUID, day: date, scheme: Scheme) -> dict[str, Any]:
    """The plan, in force from `day` on: at once where that is today. NotFound, Forbidden, Invalid, Conflict.

    Approved a second time, for the answer was lost, it is as it was approved.
    """
    now = today()  # though it be midnight meanwhile
    if not now <= day <= now + FURTHEST:
        raise Invalid(_("A plan comes into force today or within two years."), field="valid_from")
    hold(session)
    if _has_approved(session, asks, plan_id, day):
        return drafts.shown(session, asks, plan_id)
    plan = drafts.held(session, asks, plan_id, "approve")
    plan.valid_from = day
    change = _some_change(session, plan, scheme)
    refuse_twice(plan, change)
    _refuse_beside(session, asks, plan, change, scheme)
    plan.state, plan.approved_by, plan.approved_at = PlanState.APPROVED.value, asks.who.id, func.now()
    record(session, asks.who, "plan.approved", "grid_plan", plan.id, area=plan.area_id, valid_from=day.isoformat())
    session.flush()
    if day == now:
        enact(session, plan, scheme, asks.who)
    else:
        stored.tell(session, asks.who, plan_id)
    return drafts.shown(session, asks, plan_id)


def _has_approved(session: Session, asks: Reader, plan_id: uuid.UUID, day: date) -> bool:
    """Whether this reader has approved the plan from that day on."""
    row = stored.brief(session, asks, plan_id)
    known = row is not None and row["approved_by"] is not None and row["state"] in {"approved", "in_force"}
    return row is not None and known and (row["approved_by"]["id"], row["valid_from"]) == (asks.who.id, day)


def withdraw(session: Session, asks: Reader, plan_id: uuid.UUID, note: str) -> dict[str, Any]:
    """The plan, which will never be in force. NotFound, Forbidden; Conflict where it has come into force."""
    hold(session, shared=True)  # a publication that is under way comes first
    plan = drafts.held(session, asks, plan_id, "withdraw")
    plan.state, plan.note = PlanState.WITHDRAWN.value, note
    return _done(session, asks, plan, "plan.withdrawn")


def undo(session: Session, asks: Reader, plan_id: uuid.UUID, new: uuid.UUID, name: str) -> dict[str, Any]:
    """The new draft that puts back what was before a plan. NotFound, Forbidden, Conflict."""
    hold(session, shared=True)
    known = stored.whole(session, asks, new)
    if known is None:
        plan = drafts.held(session, asks, plan_id, "undo")
        blocks, grids = undoing.before(session, plan)
        values = {"id": new, "name": name, "area_id": plan.area_id, "parent_id": plan.id, "blocks": blocks}
        values |= {"grids": grids, "levels": undoing.levels(session, plan, blocks)}
        people = {"owner_id": asks.who.id, "changed_by": asks.who.id}
        made = insert(GridPlan).values(**values, **people).on_conflict_do_nothing().returning(GridPlan.id)
        if session.scalar(made) is not None:
            record(session, asks.who, "plan.made", "grid_plan", new, area=plan.area_id, undoes=str(plan.id))
            stored.tell(session, asks.who, new)
            return drafts.shown(session, asks, new)
        known = stored.whole(session, asks, new)
    if known is None or (known["owner_id"], known["name"], known["parent"]) != (asks.who.id, name, str(plan_id)):
        raise Conflict(_("A plan with this id is kept already."), field="id")
    return drafts.shown(session, asks, new)


def before(session: Session, asks: Reader, plan_id: uuid.UUID) -> tuple[dict[str, int], dict[str, Any]]:
    """Blocks and grids as they were before a plan came into force. NotFound, Conflict."""
    hold(session, shared=True)
    plan = seen(session, asks, plan_id)
    if plan.state != PlanState.IN_FORCE.value:
        raise Conflict(_("This plan has not come into force: before it is what is in force today."))
    return undoing.before(session, plan)


def seen(session: Session, asks: Reader, plan_id: uuid.UUID) -> GridPlan:
    """A plan that the reader sees, to look at. NotFound.

    Who reads blocks and grids beside it holds them first (`hold`), or half of what is read is of after a publication.
    """
    drafts.area_of(session, asks, plan_id)
    return session.get_one(GridPlan, plan_id)


def _done(session: Session, asks: Reader, plan: GridPlan, act: str) -> dict[str, Any]:
    """The plan after a step that is put on record and told to whoever has it open."""
    plan.changed_by, plan.changed_at = asks.who.id, func.clock_timestamp()
    session.flush()
    record(session, asks.who, act, "grid_plan", plan.id, area=plan.area_id)
    stored.tell(session, asks.who, plan.id)
    return drafts.shown(session, asks, plan.id)


def _some_change(session: Session, plan: GridPlan, scheme: Scheme) -> Change:
    """What the plan changes; Conflict where it has a grave fault, or changes nothing."""
    if found := faults.grave(ground_of(session, plan.area_id).ground, plan.blocks, plan.grids):
        raise Conflict(
            _("This plan has faults with which it cannot be in force: mend them first."),
            field="plan",
            extra={"faults": found},
        )
    change = change_of(session, plan, scheme)
    if not change.begun:
        raise Conflict(_("This plan changes nothing: all grids are as it has them."), field="plan")
    return change


def _refuse_beside(session: Session, asks: Reader, plan: GridPlan, change: Change, scheme: Scheme) -> None:
    """Conflict where another approved plan waits to change one of the same communities."""
    waiting = select(GridPlan).where(GridPlan.state == PlanState.APPROVED.value, GridPlan.id != plan.id)
    for other in session.scalars(waiting.order_by(GridPlan.valid_from, GridPlan.id)):
        if not queries.communities(session, other.area_id).keys() & change.communities.keys():
            continue
        if _changed(session, other, scheme) & change.communities.keys():
            raise _taken(other, seen=other.area_id in asks.areas)


def _changed(session: Session, plan: GridPlan, scheme: Scheme) -> frozenset[int]:
    """The communities that a plan changes: any of its own, where it could not be in force as it is."""
    try:
        return frozenset(change_of(session, plan, scheme).communities)
    except Conflict:
        return frozenset(queries.communities(session, plan.area_id))


def _taken(other: GridPlan, *, seen: bool) -> Conflict:
    """Another plan has come first; it is named to whoever sees it."""
    day = f"{other.valid_from:%Y-%m-%d}"
    if not seen:
        return Conflict(
            _("A plan of a larger area changes grids of the same communities on %(day)s already.", day=day),
            field="plan",
        )
    return Conflict(
        _(
            "“%(name)s” changes grids of the same communities on %(day)s already. Withdraw one of the two.",
            name=other.name,
            day=day,
        ),
        field="plan",
        extra={"plan": str(other.id)},
    )
