"""What was before a plan came into force, as the content of a new draft on the blocks and grids of now."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from app.plans import stored
from app.plans.blocks_today import carried, levels_carried, of_today
from app.plans.drafts import free_number
from app.plans.models import GridPlan
from app.publication import queries
from app.publication.lineage import ended_by, homes


def levels(session: Session, plan: GridPlan, blocks: Mapping[str, int]) -> dict[str, Any] | None:
    """The levels of a plan, for the grids of the draft that undoes it: each stands where most of its blocks stand."""
    return None if plan.levels is None else levels_carried(plan.levels, carried(session, plan.blocks, blocks), blocks)


def before(session: Session, plan: GridPlan) -> tuple[dict[str, int], dict[str, Any]]:
    """Block → number and the grids: those that the plan ended stand where they stood, all else is as it is now.

    Blocks may have been split and merged since, so what decides is where most of each lies. A grid that came back
    under the code of one of now has its number: it takes its place.
    """
    ids = stored.communities(session, plan.area_id)
    now, grids = of_today(session, ids), stored.todays_grids(session, ids)
    ended = ended_by(session, plan.id)
    lies_in = homes(
        queries.block_shapes(session, [int(block) for block in now.blocks]), queries.grid_shapes(session, ended)
    )
    holders = {grid["code"]: number for number, grid in grids.items()}
    taken = {int(number) for number in grids}
    numbers, known = {}, {}
    for old, row in ended.items():
        holder = holders.get(row.code)
        number = free_number(taken) if holder is None else int(holder)
        rest = {"grid": None, "code": None, "locked": False, "community": row.community_id}
        numbers[old] = number
        known[str(number)] = {**rest, **grids.get(str(number), {})} | {
            "name": row.name,
            "name_en": row.name_en,
            "kind": row.kind,
        }
    blocks = {block: numbers.get(lies_in.get(int(block), -1), number) for block, number in now.blocks.items()}
    used = {str(number) for number in blocks.values()}
    return blocks, {number: grid for number, grid in (grids | known).items() if number in used}
