"""A plan comes into force: all of it in the caller's transaction, or nothing.

enacted.connect(receiver)                 # receiver(session, communities=[…]): what later slices do then
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

from blinker import Signal
from flask_babel import lazy_gettext as _
from geoalchemy2.shape import from_shape
from sqlalchemy import func, insert, text
from sqlalchemy.orm import Session

from app.accounts.audit import record
from app.accounts.identity import Identity
from app.areas.models import Grid
from app.errors import Conflict
from app.geo import LONLAT
from app.plans import stored
from app.plans.models import GridParent, GridPlan, PlanState
from app.publication import moving, queries
from app.publication.change import Change, change_of
from app.publication.following import follow
from gis.blocks import shared_edges
from gis.grid_codes import Scheme
from gis.grids import tints

enacted = Signal("A plan of grids comes into force.")

_END = text("UPDATE grids SET valid_to = :day WHERE id = ANY(:ids)")
_BLOCKS = text("""
    UPDATE blocks b SET grid_id = m.grid FROM unnest(CAST(:blocks AS int[]), CAST(:grids AS int[])) m(block, grid)
    WHERE b.id = m.block AND b.grid_id <> m.grid
""")
_TINTS = text("""
    UPDATE grids g SET tint = m.tint FROM unnest(CAST(:grids AS int[]), CAST(:tints AS int[])) m(grid, tint)
    WHERE g.id = m.grid AND g.tint <> m.tint
""")


class Enacted(NamedTuple):
    """What a publication did: the grids that ended, and the new ones by the number that they had in the plan."""

    ended: list[int]
    begun: dict[int, int]


def enact(session: Session, plan: GridPlan, scheme: Scheme, by: Identity | None) -> Enacted:
    """Bring an approved plan into force from its date on; Conflict where its ground does not carry it (any more).

    `by` is None for the clock and for a command. The caller holds blocks and plan
    (`blocks_today.hold` first).
    """
    change = change_of(session, plan, scheme, lock=True)
    refuse_twice(plan, change)
    ended = change.succession.ended
    begun = _written(session, plan, change, by) if ended else {}
    _finish(session, plan, change, begun)
    follow(session, plan, change, begun)
    enacted.send(session, communities=sorted(change.communities))
    record(session, by, "plan.enacted", "grid_plan", plan.id, area=plan.area_id, grids=sorted(begun.values()))
    return Enacted(ended, begun)


def _written(session: Session, plan: GridPlan, change: Change, by: Identity | None) -> dict[int, int]:
    """The ids of the grids that begin, by number, once all of the change but the plan itself is written."""
    session.execute(_END, {"ids": change.succession.ended, "day": plan.valid_from})
    begun = _begin(session, plan, change)
    _move_blocks(session, change, begun)
    heirs = {old: begun[number] for old, number in change.succession.heirs.items()}
    _move_what_hangs_on_them(session, by, change, begun, heirs)
    moving.routes(session, change, begun, plan.valid_from)
    _lineage(session, plan, change, begun)
    _tint(session, change, begun)
    return begun


def refuse_twice(plan: GridPlan, change: Change) -> None:
    """Conflict where a grid would end on the day on which it begins, or before."""
    if plan.valid_from is None:
        raise Conflict(_("This plan has no date from which it is in force."))
    late = [
        change.today[old].code for old in change.succession.ended if change.today[old].valid_from >= plan.valid_from
    ]
    if late:
        raise Conflict(
            _("Grids of this plan begin on that day or later themselves: %(codes)s. Choose a later day.",
              codes=", ".join(late[:3])),
            field="valid_from",
        )  # fmt: skip


def _begin(session: Session, plan: GridPlan, change: Change) -> dict[int, int]:
    """The ids of the grids that begin, by number."""
    made = {}
    for number in change.begun:
        planned, code = change.planned[number], change.codes[number]
        name, name_en = named(change, number)
        made[number] = Grid(
            key=f"plan:{plan.id}:{number}",
            community_id=planned.community_id,
            kind=planned.kind,
            level=1,
            code=code.code,
            code_scheme=code.scheme,
            name=name,
            name_en=name_en,
            valid_from=plan.valid_from,
            geom=from_shape(change.shapes[number], LONLAT),
        )
    session.add_all(made.values())
    session.flush()
    return {number: grid.id for number, grid in made.items()}


def named(change: Change, number: int) -> tuple[str, str]:
    """The names of a grid that begins: the plan's, else its own of before, else those that its code gives it."""
    planned = change.planned[number]
    heir_of = change.succession.heir_of.get(number)
    row = change.returned.get(number) or (change.today[heir_of] if heir_of is not None else None)
    running = re.search(r"\d{1,3}$", change.codes[number].code)
    n = int(running[0]) if running else number
    name = planned.name or (row.name if row else f"第{n}网格")
    return name, planned.name_en or (row.name_en if row and not planned.name else f"Grid {n}" if not row else "")


def _move_blocks(session: Session, change: Change, begun: Mapping[int, int]) -> None:
    """Put the blocks into the grids that begin; households and flags follow by triggers."""
    moved = [(block, begun[number]) for block, number in change.after.items() if number in begun]
    session.execute(_BLOCKS, {"blocks": [block for block, _ in moved], "grids": [grid for _, grid in moved]})


def _move_what_hangs_on_them(
    session: Session, by: Identity | None, change: Change, begun: Mapping[int, int], heirs: Mapping[int, int]
) -> None:
    """Posts and appointments go to the heirs; a grid that comes back finds its own posts again."""
    inherited = set(heirs.values())
    own = {row.id: begun[number] for number, row in change.returned.items() if begun[number] not in inherited}
    moving.posts(session, {**heirs, **own}, list(begun.values()))
    moving.appointments(session, by, change.succession.ended, heirs)


def _lineage(session: Session, plan: GridPlan, change: Change, begun: Mapping[int, int]) -> None:
    """Keep from where each new grid has its households."""
    rows = [
        {"child_id": begun[number], "parent_id": old, "households": households, "plan_id": plan.id}
        for number, parents in change.succession.parents.items()
        for old, households in parents.items()
    ]
    session.execute(insert(GridParent), rows)


def _tint(session: Session, change: Change, begun: Mapping[int, int]) -> None:
    """Colour the new grids so that neighbours differ: beside grids that keep theirs, where that can be."""
    found = queries.around(session, change.communities)
    ids = list(found)
    place = {grid: at for at, grid in enumerate(ids)}
    shapes = [shape for _, shape in found.values()]
    heir_of = change.succession.heir_of
    wished = {place[begun[number]]: change.today[old].tint for number, old in heir_of.items()}
    new = {place[grid] for grid in begun.values()}
    own = {place[grid] for grid in change.succession.kept.values()}
    edges = shared_edges(shapes)
    colours: list[int] = []
    for free in (new, new | own, set(place.values())):
        fixed = {at: found[grid][0] for grid, at in place.items() if at not in free}
        colours = tints(shapes, fixed=fixed, wished=wished)
        if all(colours[at] != colours[beside] for at in free for beside in edges[at]):
            break
    session.execute(_TINTS, {"grids": ids, "tints": colours})


def _finish(session: Session, plan: GridPlan, change: Change, begun: Mapping[int, int]) -> None:
    """Write down that the plan is in force, and which grids its own have become."""
    grids = {number: dict(grid) for number, grid in plan.grids.items()}
    rows = {number: change.today[old] for number, old in change.succession.kept.items()}
    for number, row in rows.items():
        grids[str(number)] |= {"grid": row.id, "code": row.code}
    for number, grid_id in begun.items():
        grids[str(number)] |= {"grid": grid_id, "code": change.codes[number].code}
    plan.grids = grids
    plan.state, plan.enacted_at = PlanState.IN_FORCE.value, func.now()
    plan.version += 1
    session.flush()
    stored.tell(session, Identity(plan.approved_by or plan.owner_id, "", "", (), ""), plan.id)
