"""What a plan ended and began, and which of the blocks of now lie where: they may have been split and merged since."""

import uuid
from collections.abc import Mapping

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.publication.queries import COLUMNS, GridRow

_ENDED = text(f"""
    SELECT {COLUMNS} FROM grids WHERE id IN (SELECT parent_id FROM grid_parents WHERE plan_id = :plan) ORDER BY id
""")  # noqa: S608 (our own words; so below)
_BEGUN = text(f"""
    SELECT {COLUMNS} FROM grids WHERE id IN (SELECT child_id FROM grid_parents WHERE plan_id = :plan) ORDER BY id
""")  # noqa: S608


def ended_by(session: Session, plan: uuid.UUID) -> dict[int, GridRow]:
    """The grids that ended when a plan came into force."""
    return {row.id: GridRow(*row) for row in session.execute(_ENDED, {"plan": plan})}


def begun_by(session: Session, plan: uuid.UUID) -> dict[int, GridRow]:
    """The grids that began when a plan came into force."""
    return {row.id: GridRow(*row) for row in session.execute(_BEGUN, {"plan": plan})}


def homes(blocks: Mapping[int, BaseGeometry], grids: Mapping[int, BaseGeometry]) -> dict[int, int]:
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
