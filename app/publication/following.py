"""Open plans after another one came into force: what they leave as it was follows, what they draw stays theirs."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.identity import Identity
from app.plans import stored
from app.plans.blocks_today import levels_carried
from app.plans.drafts import free_number
from app.plans.editing import Changes
from app.plans.edits import keep
from app.plans.models import ON_THE_WAY, GridPlan
from app.publication.change import Change

Grids = dict[str, dict[str, Any]]


def follow(session: Session, plan: GridPlan, change: Change, begun: Mapping[int, int]) -> None:
    """Bring each open plan onto the grids of now; each change stands among its edits, under who approved the plan."""
    who = Identity(plan.approved_by or plan.owner_id, "", "", (), "")
    others = (
        select(GridPlan).where(GridPlan.state.in_(sorted(ON_THE_WAY)), GridPlan.id != plan.id).order_by(GridPlan.id)
    )
    todays = stored.todays_grids(session, sorted(change.communities))
    for other in session.scalars(others.with_for_update()).all():
        places = change.communities.keys() & stored.communities(session, other.area_id)
        made = followed(other.blocks, other.grids, _Moved(change, begun, todays, frozenset(places)))
        if made:
            after = other.blocks | {block: of[1] for block, of in made.blocks.items() if of[1] is not None}
            other.levels = levels_carried(other.levels, other.blocks, after)
            session.flush()
            keep(session, who, other.id, made, ground={"plan": str(plan.id)})
            session.expire(other)


class _Moved:
    """What has moved in some communities: the grid that each block was in and is in, and what numbers are now."""

    def __init__(self, change: Change, begun: Mapping[int, int], todays: Grids, places: frozenset[int]) -> None:
        """Read it from a change that is written."""
        self.places, self.todays, self.today = places, todays, change.today
        now = {**change.succession.kept, **begun}
        self.blocks = {
            str(block.id): (block.community_id, block.grid_id, now[change.after[block.id]])
            for block in change.blocks
            if block.community_id in places
        }
        self.heirs = {old: begun[number] for old, number in change.succession.heirs.items()}
        self.ended = frozenset(change.succession.ended)


def followed(blocks: Mapping[str, int], grids: Mapping[str, Any], moved: _Moved) -> Changes:
    """What changes in an open plan.

    A community that it left as it was is as it is now. Elsewhere a grid that ended has the number of its heir, or a
    new one, and the names that the plan gave it.
    """
    then = {block: blocks[block] for block in moved.blocks if block in blocks}
    untouched = moved.places - {moved.blocks[block][0] for block in then if then[block] != moved.blocks[block][1]}
    untouched -= {grid["community"] for number, grid in grids.items() if _renamed(number, grid, moved)}
    after = {block: moved.blocks[block][2] for block in then if moved.blocks[block][0] in untouched}
    numbers = _numbers(grids, moved, untouched)
    after |= {block: numbers[number] for block, number in then.items() if block not in after and number in numbers}
    used = {str(number) for number in after.values()}
    put = {number: moved.todays[number] for number in used if number in moved.todays and number not in grids}
    put |= {str(numbers[int(old)]): _taken_over(grids[old], numbers[int(old)], moved, int(old))
            for old in grids if int(old) in numbers and str(numbers[int(old)]) in used}  # fmt: skip
    left = {number for number in map(str, moved.ended) if number in grids}
    changed: dict[str, tuple[dict[str, Any] | None, dict[str, Any] | None]] = {
        number: (grids.get(number), grid) for number, grid in put.items() if grids.get(number) != grid
    }
    changed |= {number: (grids[number], None) for number in left}
    return Changes({block: (then[block], one) for block, one in after.items() if one != then[block]}, changed)


def _renamed(number: str, grid: Mapping[str, Any], moved: _Moved) -> bool:
    """Whether a plan gives a grid of today another name or kind."""
    row = moved.today.get(int(number))
    return row is not None and (grid["name"], grid["name_en"], grid["kind"]) != (row.name, row.name_en, row.kind)


def _numbers(grids: Mapping[str, Any], moved: _Moved, untouched: frozenset[int]) -> dict[int, int]:
    """The new number of each grid that has ended, in the communities that a plan redraws."""
    taken = {int(number) for number in grids} | set(moved.heirs.values())
    return {
        old: moved.heirs[old] if old in moved.heirs else free_number(taken)
        for old in sorted(moved.ended)
        if str(old) in grids and grids[str(old)]["community"] not in untouched
    }


def _taken_over(grid: Mapping[str, Any], number: int, moved: _Moved, old: int) -> dict[str, Any]:
    """A grid of a plan under its new number: as of today, but for what the plan itself says of it."""
    now = moved.todays.get(str(number), {"grid": None, "code": None})
    named: dict[str, Any] = (
        {} if _renamed(str(old), grid, moved) else {name: now[name] for name in ("name", "name_en") if name in now}
    )
    return {**grid, "grid": now["grid"], "code": now["code"], **named}
