"""What was before a plan came into force, as the content of a new draft on the blocks and grids of now."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.plans import stored
from app.plans.blocks_today import of_today
from app.plans.drafts import free_number
from app.plans.models import GridPlan
from app.publication import queries

_ENDED = text("""
    SELECT id, community_id, kind, code, name, name_en FROM grids
    WHERE id IN (SELECT parent_id FROM grid_parents WHERE plan_id = :plan) ORDER BY id
""")


def before(session: Session, plan: GridPlan) -> tuple[dict[str, int], dict[str, Any]]:
    """Block → number and the grids: those that the plan ended stand where they stood, all else is as it is now.

    Blocks may have been split and merged since, so what decides is where most of each lies. A grid that came back
    under the code of one of now has its number: it takes its place.
    """
    ids = stored.communities(session, plan.area_id)
    now, grids = of_today(session, ids), stored.todays_grids(session, ids)
    ended = {row.id: row for row in session.execute(_ENDED, {"plan": plan.id})}
    homes = _homes(
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
    blocks = {block: numbers.get(homes.get(int(block), -1), number) for block, number in now.blocks.items()}
    used = {str(number) for number in blocks.values()}
    return blocks, {number: grid for number, grid in (grids | known).items() if number in used}


def _homes(blocks: Mapping[int, BaseGeometry], grids: Mapping[int, BaseGeometry]) -> dict[int, int]:
    """For each block the one of the grids in which most of it lies; none where most of it lies in no grid."""
    ids, places = list(grids), np.array(list(grids.values()), dtype=object)
    numbers, shapes = list(blocks), np.array(list(blocks.values()), dtype=object)
    at, which = shapely.STRtree(places).query(shapes, predicate="intersects")
    shares = shapely.area(shapely.intersection(shapes[at], places[which])) / shapely.area(shapes[at])
    return {
        numbers[block]: ids[grid]
        for block, grid, share in zip(at.tolist(), which.tolist(), shares.tolist(), strict=True)
        if share > 0.5  # noqa: PLR2004 (most of it)
    }
