"""Drafts of plans: begin one from today's grids or from another plan, rename and delete it."""

import random
import uuid
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from flask_babel import lazy_gettext as _
from sqlalchemy import delete as delete_
from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.accounts.audit import record
from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.plans import stored
from app.plans.blocks_today import carried, hold, levels_carried, of_today
from app.plans.may import may
from app.plans.models import ON_THE_WAY, GridPlan
from app.plans.schemas import FIRST_NEW, LAST_NEW, PlanIn
from app.plans.stored import Reader
from gis.plan import NO_GRID

INTERNAL = ("owner_id", "submitter_id", "edited", "area_id")


def listed(session: Session, asks: Reader) -> list[dict[str, Any]]:
    """The plans that somebody sees, without their blocks and grids, those changed last first."""
    return [_told(row, asks) for row in stored.heads(session, asks)]


def shown(session: Session, asks: Reader, plan_id: uuid.UUID) -> dict[str, Any]:
    """A plan with its content and what may be done with it. NotFound.

    What happened to blocks since is carried over, so that a plan of any time fits the ground of now.
    """
    row = stored.whole(session, asks, plan_id)
    if row is None:
        raise not_found()
    if row["state"] not in ON_THE_WAY:
        today = of_today(session, stored.communities(session, row["area_id"]))
        row["blocks"] = carried(session, row["blocks"], today.blocks)
    return _told(row, asks)


def area_of(session: Session, asks: Reader, plan_id: uuid.UUID) -> int:
    """The area of a plan that the reader sees. NotFound."""
    area: int | None = session.scalar(select(GridPlan.area_id).where(GridPlan.id == plan_id))
    if area not in asks.areas:
        raise not_found()
    return area


def _told(row: Mapping[str, Any], asks: Reader) -> dict[str, Any]:
    told = {
        name: value.isoformat() if isinstance(value, datetime | date) else value
        for name, value in row.items()
        if name not in INTERNAL
    }
    return {**told, "may": may(row, asks)}


def not_found() -> NotFound:
    """There is no such plan for this reader."""
    return NotFound(_("There is no such plan in your area."), field="plan")


def create(session: Session, asks: Reader, wanted: PlanIn) -> dict[str, Any]:
    """The draft that was begun; the same one sent again begins nothing. NotFound, Invalid, Conflict."""
    if wanted.area_id not in asks.redraws:
        raise NotFound(_("You do not redraw the grids of the whole of this area."), field="area_id")
    hold(session, shared=True)
    known = stored.whole(session, asks, wanted.id)
    if known is None:
        blocks, grids, levels = _begun(session, asks, wanted)
        values = {
            "id": wanted.id,
            "name": wanted.name,
            "area_id": wanted.area_id,
            "parent_id": wanted.parent,
            "owner_id": asks.who.id,
            "changed_by": asks.who.id,
            "blocks": blocks,
            "grids": grids,
            "levels": levels,
        }
        added = session.scalar(insert(GridPlan).values(values).on_conflict_do_nothing().returning(GridPlan.id))
        if added is not None:
            record(session, asks.who, "plan.made", "grid_plan", wanted.id, area=wanted.area_id, blocks=len(blocks))
            stored.tell(session, asks.who, wanted.id)
            return shown(session, asks, wanted.id)
        known = stored.whole(session, asks, wanted.id)  # begun meanwhile by the same request sent twice
    parent = None if wanted.parent is None else str(wanted.parent)
    if known is None or (known["owner_id"], known["name"], known["area_id"], known["parent"]) != (
        asks.who.id,
        wanted.name,
        wanted.area_id,
        parent,
    ):
        raise Conflict(_("A plan with this id is kept already."), field="id")
    return _told(known, asks)


def _begun(
    session: Session, asks: Reader, wanted: PlanIn
) -> tuple[dict[str, int], dict[str, Any], dict[str, Any] | None]:
    """The blocks, grids and levels of a new draft: today's grids, or those of the plan that is copied."""
    today = of_today(session, stored.communities(session, wanted.area_id))
    if not today.blocks:
        raise Invalid(_("This area has no blocks yet."), field="area_id")
    grids = stored.todays_grids(session, sorted(set(today.community.values())))
    if wanted.parent is None:
        used = {str(number) for number in today.blocks.values()}
        return today.blocks, {number: grid for number, grid in grids.items() if number in used}, None
    parent = stored.whole(session, asks, wanted.parent)
    if parent is None:
        raise NotFound(_("There is no such plan in your area."), field="parent")
    if parent["area_id"] != wanted.area_id:
        raise Invalid(_("The plan to copy is one of another area."), field="parent")
    before = carried(session, parent["blocks"], today.blocks)
    blocks, kept = copied(before, parent["grids"], today.blocks, grids)
    return blocks, kept, levels_carried(parent["levels"], before, blocks)


def copied(
    blocks: Mapping[str, int], grids: Mapping[str, Any], today: Mapping[str, int], todays: Mapping[str, Any]
) -> tuple[dict[str, int], dict[str, Any]]:
    """The content of a plan, its blocks carried over to those of today, on the grids of today.

    A grid that has come into force as it was planned is the one of today; one that has ended is new.
    """
    numbers = _renumbered(blocks, today, todays)
    used = set(blocks.values())
    taken, made = {*used, *numbers.values()}, {}
    for number, grid in grids.items():
        if int(number) not in used:
            continue
        if int(number) not in numbers and int(number) < FIRST_NEW and number not in todays:
            numbers[int(number)] = free_number(taken)
        new = numbers.get(int(number), int(number))
        known = todays.get(str(new), {"grid": None, "code": None})
        made[str(new)] = {**grid, "grid": known["grid"], "code": known["code"]}
    return {block: numbers.get(number, number) for block, number in blocks.items()}, made


def _renumbered(then: Mapping[str, int], today: Mapping[str, int], todays: Mapping[str, Any]) -> dict[int, int]:
    """The number of today of each grid that has just the blocks of one of today's and another number."""
    mine, theirs = _by_grid(then), {blocks: number for number, blocks in _by_grid(today).items()}
    same = {number: theirs.get(blocks, number) for number, blocks in mine.items()}
    return {old: new for old, new in same.items() if old != new and str(new) in todays and new not in mine}


def _by_grid(blocks: Mapping[str, int]) -> dict[int, frozenset[str]]:
    members: dict[int, set[str]] = {}
    for block, number in blocks.items():
        if number != NO_GRID:
            members.setdefault(number, set()).add(block)
    return {number: frozenset(of) for number, of in members.items()}


def free_number(taken: set[int]) -> int:
    """A number for a new grid that is not among those that are taken; it is taken now."""
    number = random.randint(FIRST_NEW, LAST_NEW)  # noqa: S311 (no secret)
    while number in taken:
        number = random.randint(FIRST_NEW, LAST_NEW)  # noqa: S311
    taken.add(number)
    return number


def held(session: Session, asks: Reader, plan_id: uuid.UUID, act: str) -> GridPlan:
    """The plan, locked until the end of the transaction, where the reader may do this `act` of `may`.

    NotFound; Forbidden or Conflict with the sentence that says why not.
    """
    kept = session.scalars(
        select(GridPlan).where(GridPlan.id == plan_id).with_for_update().execution_options(populate_existing=True)
    ).one_or_none()
    row = None if kept is None else stored.brief(session, asks, plan_id)
    if kept is None or row is None:
        raise not_found()
    allowed = may(row, asks)[act]
    if allowed is not True:
        outside = kept.area_id not in (asks.approves if act in {"return", "approve"} else asks.redraws)
        raise (Forbidden if outside else Conflict)(allowed, field="plan")
    return kept


def rename(session: Session, asks: Reader, plan_id: uuid.UUID, name: str) -> dict[str, Any]:
    """The draft under its new name. NotFound, Forbidden, Conflict."""
    kept = held(session, asks, plan_id, "edit")
    if kept.name != name:
        kept.name, kept.changed_by, kept.changed_at = name, asks.who.id, func.clock_timestamp()
        session.flush()
        stored.tell(session, asks.who, plan_id)
    return shown(session, asks, plan_id)


def delete(session: Session, asks: Reader, plan_id: uuid.UUID) -> None:
    """Delete a draft, or a plan that was withdrawn; its copies forget it. NotFound, Forbidden, Conflict."""
    hold(session, shared=True)  # its copies are locked after it, which a publication may have locked before
    kept = held(session, asks, plan_id, "delete")
    stored.tell(session, asks.who, plan_id)
    session.execute(update(GridPlan).where(GridPlan.parent_id == plan_id).values(parent_id=None))
    session.execute(delete_(GridPlan).where(GridPlan.id == plan_id))
    record(session, asks.who, "plan.deleted", "grid_plan", plan_id, name=kept.name, area=kept.area_id)
