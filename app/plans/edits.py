"""Edits of drafts by many at once: compared and set under the lock of the plan, and kept so that others can follow."""

import json
import uuid
from collections.abc import Mapping
from typing import Any, NamedTuple

from flask_babel import lazy_gettext as _
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts.identity import Identity
from app.errors import Changed
from app.plans import drafts, stored
from app.plans.editing import Area, Changes, Refused, applied, clash
from app.plans.models import GridPlan
from app.plans.schemas import EditIn
from app.plans.stored import Reader

_APPLY = text("""
    UPDATE grid_plans SET blocks = (blocks || CAST(:blocks AS jsonb)) - CAST(:gone_blocks AS text[]),
        grids = (grids || CAST(:grids AS jsonb)) - CAST(:gone_grids AS text[]),
        version = version + 1, changed_by = :user, changed_at = clock_timestamp()
    WHERE id = :plan RETURNING version
""")
_KEEP = text("""
    INSERT INTO grid_plan_edits (plan_id, version, made_by, made_at, changes)
    VALUES (:plan, :version, :user, clock_timestamp(), CAST(:changes AS jsonb))
""")


class Lost(NamedTuple):
    """The blocks and grids in which an edit clashes with what others did."""

    blocks: list[str]
    grids: list[str]


def edit(session: Session, asks: Reader, plan_id: uuid.UUID, wanted: EditIn, *, seen: int) -> dict[str, Any]:
    """The version that the edit made, what it changed, and the edits of others since the version that was `seen`.

    NotFound, Forbidden, Conflict, Invalid; Changed where what it changes is not any more as its author saw it.
    """
    kept = drafts.held(session, asks, plan_id, "edit")
    since = stored.edits(session, plan_id, seen, kept.version) if seen < kept.version else []
    if seen > kept.version or len(since) < kept.version - seen:
        raise _changed(session, asks, kept, since, Lost([], []))
    changes = Changes(wanted.blocks, wanted.wanted_grids)
    if any(lost := Lost(*clash(kept.blocks, kept.grids, changes))):
        raise _changed(session, asks, kept, since, lost)
    try:
        made = applied(kept.blocks, kept.grids, changes, _area(session, kept, changes))
    except Refused as refused:
        if any(lost := _lost(refused, changes, since)):
            raise _changed(session, asks, kept, since, lost) from None
        raise
    version = keep(session, asks.who, kept.id, made) if made else kept.version
    return {"version": version, "changes": made._asdict(), "others": since}


def keep(session: Session, who: Identity, plan_id: uuid.UUID, made: Changes, **more: Any) -> int:
    """The version of a locked plan after changes, which stand among its edits with what `more` is to be known."""
    bound = {"plan": plan_id, "user": who.id}
    gone_blocks, blocks = _parted(made.blocks)
    gone_grids, grids = _parted(made.grids)
    version: int = session.execute(
        _APPLY, {**bound, "blocks": blocks, "gone_blocks": gone_blocks, "grids": grids, "gone_grids": gone_grids}
    ).scalar_one()
    changes = json.dumps({**made._asdict(), **more}, ensure_ascii=False)
    session.execute(_KEEP, {**bound, "version": version, "changes": changes})
    stored.tell(session, who, plan_id)
    return version


def _parted(changes: Mapping[str, tuple[Any, Any]]) -> tuple[list[str], str]:
    """What goes, and what is put in its place as JSON."""
    gone = [name for name, (_before, after) in changes.items() if after is None]
    put = {name: after for name, (_before, after) in changes.items() if after is not None}
    return gone, json.dumps(put, ensure_ascii=False)


def _area(session: Session, kept: GridPlan, changes: Changes) -> Area:
    """What the edit may be about."""
    communities = stored.communities(session, kept.area_id)
    blocks = stored.blocks_in(session, changes.blocks, communities)
    today = stored.todays_grids(session, communities) if changes.grids else {}
    return Area(blocks, today, frozenset(communities))


def _lost(refused: Refused, changes: Changes, since: list[dict[str, Any]]) -> Lost:
    """What a refused edit clashes in, where it makes no sense only for what others did meanwhile; nothing elsewhere."""
    moved = {block: ends for one in since for block, ends in one["changes"]["blocks"].items()}
    changed = {number for one in since for number in one["changes"]["grids"]}
    if refused.block is not None:
        about = {str(end) for end in changes.blocks[refused.block]}
        return Lost([refused.block] if refused.block in moved else [], sorted(about & changed))
    number = str(refused.number)
    came = [block for block, (_before, after) in moved.items() if str(after) == number]
    return Lost(came, [number] if number in changed else [])


def _changed(session: Session, asks: Reader, kept: GridPlan, since: list[dict[str, Any]], lost: Lost) -> Changed:
    """The refusal that says what others changed, in what the edit clashes with it, and how the plan is now."""
    return Changed(
        _("Others have changed the same blocks or grids meanwhile. Nothing of yours is lost."),
        field="If-Match",
        extra={
            "current": drafts.shown(session, asks, kept.id),
            "others": since,
            "clash": lost._asdict(),
        },
    )
