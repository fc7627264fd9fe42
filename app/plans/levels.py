"""The levels of a plan (三级网格): its grids in groups, and these in groups, kept with it until they are formed anew.

They are kept, not found anew at every look: what was agreed on stays, however the grids within are bent. A grid that
was begun since is in no group: the page says so, and offers to form the levels anew.
"""

import uuid
from typing import Any

from flask_babel import lazy_gettext as _
from sqlalchemy import func
from sqlalchemy.orm import Session

from app.errors import Invalid
from app.plans import drafts, stored
from app.plans.faults import numbered
from app.plans.ground import ground_of
from app.plans.models import GridPlan
from app.plans.schemas import LevelsIn
from app.plans.stored import Reader
from gis.levels import nested


def form(session: Session, asks: Reader, plan_id: uuid.UUID, wanted: LevelsIn) -> dict[str, Any]:
    """The plan with its grids in levels. NotFound, Forbidden, Conflict; Invalid where there are too few grids.

    It takes about half a second for 2,500 grids, in which the plan stays as it is.
    """
    kept = drafts.held(session, asks, plan_id, "edit")
    one = numbered(ground_of(session, kept.area_id).ground, kept.blocks, kept.grids)
    _check(len(one.numbers), wanted)
    places = nested(one.plan, wanted.middle, wanted.upper)
    found = {str(one.numbers[grid]): list(place) for grid, place in sorted(places.items())}
    return _changed(session, asks, kept, {"middle": wanted.middle, "upper": wanted.upper, "grids": found})


def drop(session: Session, asks: Reader, plan_id: uuid.UUID) -> None:
    """Let the levels of a plan go. NotFound, Forbidden, Conflict."""
    kept = drafts.held(session, asks, plan_id, "edit")
    if kept.levels is not None:
        _changed(session, asks, kept, None)


def _check(count: int, wanted: LevelsIn) -> None:
    """Refuse numbers that rise from level to level."""
    if wanted.middle > count:
        raise Invalid(
            _("The middle level cannot have more grids than the %(count)d below it.", count=count), field="middle"
        )
    if wanted.upper > wanted.middle:
        raise Invalid(
            _("The upper level cannot have more grids than the %(count)d below it.", count=wanted.middle), field="upper"
        )


def _changed(session: Session, asks: Reader, kept: GridPlan, levels: dict[str, Any] | None) -> dict[str, Any]:
    """The plan, with other levels."""
    kept.levels, kept.changed_by, kept.changed_at = levels, asks.who.id, func.clock_timestamp()
    session.flush()
    stored.tell(session, asks.who, kept.id)
    return drafts.shown(session, asks, kept.id)
