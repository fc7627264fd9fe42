"""An edit of a plan: compared with what is stored, then applied; nothing of the plan is changed here.

Where somebody else was faster the edit still holds as long as everything that it changes is as its author saw it, or
is by now as they want it. So an edit that is sent twice is made once, and planners who are in different places never
meet.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple, TypeAlias

from flask_babel import lazy_gettext as _

from app.errors import Invalid
from app.plans.schemas import FIRST_NEW, LAST_NEW
from gis.plan import NO_GRID

Blocks: TypeAlias = Mapping[str, int]
Grid: TypeAlias = dict[str, Any]
Grids: TypeAlias = Mapping[str, Grid]
KEPT = ("grid", "code", "community")  # what no edit changes of a grid


class Changes(NamedTuple):
    """What an edit changes, each as (before, after), None where there is none: a split takes a block and brings two."""

    blocks: Mapping[str, tuple[int | None, int | None]]
    grids: Mapping[str, tuple[Grid | None, Grid | None]]

    def __bool__(self) -> bool:
        """Whether it changes anything."""
        return bool(self.blocks or self.grids)


class Area(NamedTuple):
    """What a plan may hold: the community of each block that is edited, and today's grids of the whole area."""

    blocks: Mapping[str, int]
    today: Grids
    communities: frozenset[int]


class Refused(Invalid):
    """An edit that makes no sense; `number` and `block` are what it is about."""

    def __init__(self, message: Any, *, block: str | None = None, number: str | None = None) -> None:
        """Name the field."""
        self.block, self.number = block, number
        super().__init__(message, field=f"grids.{number}" if block is None else f"blocks.{block}")


def clash(blocks: Blocks, grids: Grids, wanted: Changes) -> tuple[list[str], list[str]]:
    """The blocks and the grids that are neither as the author of the edit saw them, nor as they want them."""
    return (
        [block for block, ends in wanted.blocks.items() if blocks.get(block, NO_GRID) not in ends],
        [number for number, ends in wanted.grids.items() if grids.get(number) not in ends],
    )


def applied(blocks: Blocks, grids: Grids, wanted: Changes, area: Area) -> Changes:
    """What the edit really changes, with the grids that it leaves without a block taken away. Refused."""
    moved = {b: (blocks.get(b, NO_GRID), after) for b, (_, after) in wanted.blocks.items()}
    moved = {b: ends for b, ends in moved.items() if ends[0] != ends[1]}
    changed = {n: (grids.get(n), after) for n, (_, after) in wanted.grids.items() if grids.get(n) != after}
    for number, (before, after) in changed.items():
        _check_grid(number, before, after, area)
    gone = {number for number, (_, after) in changed.items() if after is None}
    then = {n: grid for n, grid in {**grids, **{n: ends[1] for n, ends in changed.items()}}.items() if n not in gone}
    for block, ends in moved.items():
        _check_move(block, str(ends[1]), then, area)
        for number in map(str, ends):
            _check_lock(block, grids.get(number), then.get(number))
    used = {str(number) for number in {**blocks, **{block: ends[1] for block, ends in moved.items()}}.values()}
    for number in gone & used:
        raise Refused(_("This grid still has blocks."), number=number)
    left = {str(before) for before, _ in moved.values()} - used - {str(NO_GRID)}
    changed |= {number: (grids.get(number), None) for number in left if number in grids}
    return Changes(moved, changed)


def _check_grid(number: str, before: Grid | None, after: Grid | None, area: Area) -> None:
    """Refuse a grid that is neither new nor today's, and a change of what it is today."""
    if after is None:
        return
    if after["community"] not in area.communities:
        raise Refused(_("This community is not in the area of the plan."), number=number)
    then = before or area.today.get(number)
    if then is None and not FIRST_NEW <= int(number) <= LAST_NEW:
        raise Refused(
            _("The number of a new grid must be from %(low)d to %(high)d.", low=FIRST_NEW, high=LAST_NEW), number=number
        )
    for name in KEPT:
        if after[name] != (then or {"community": after["community"]}).get(name):
            raise Refused(_("The community, the code and the grid of today cannot be changed."), number=number)


def _check_move(block: str, number: str, then: Mapping[str, Grid | None], area: Area) -> None:
    """Refuse a block of elsewhere, and a grid that is not there or lies in another community."""
    if block not in area.blocks:
        raise Refused(_("There is no such block in the area of the plan."), block=block)
    if number == str(NO_GRID):
        return
    grid = then.get(number)
    if grid is None:
        raise Refused(_("There is no such grid in this plan."), block=block)
    if grid["community"] != area.blocks[block]:
        raise Refused(_("A grid never crosses the boundary of its community."), block=block)


def _check_lock(block: str, before: Grid | None, after: Grid | None) -> None:
    """Refuse to change the blocks of a grid that was locked and still is."""
    if before is not None and before["locked"] and (after is None or after["locked"]):
        raise Refused(_("%(name)s is locked: it stays as it is.", name=before["name"]), block=block)
