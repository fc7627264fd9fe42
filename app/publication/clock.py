"""Plans that come into force by the clock: those whose day has come, each in a transaction of its own."""

import logging
import sys
import time
import uuid
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import URL, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app.counts import counted
from app.days import CHINA, today
from app.errors import DomainError
from app.plans.blocks_today import hold
from app.plans.models import GridPlan, PlanState
from app.privacy.owner import owner_session
from app.publication.enacting import enact
from app.settings import Settings
from gis.grid_codes import Scheme, scheme

log = logging.getLogger(__name__)

LONGEST = 3600  # seconds between two looks: what failed is tried again


class Outcome(NamedTuple):
    """What became of a plan whose day had come: how many grids began, or why it could not come into force."""

    plan: uuid.UUID
    name: str
    grids: int
    why_not: str | None = None

    def __str__(self) -> str:
        """The outcome in a sentence."""
        if self.why_not is not None:
            return f"{self.name} ({self.plan}) is not in force: {self.why_not}"
        return f"{self.name} ({self.plan}) is in force, with {counted(self.grids, 'new grid')}."


def enact_due(url: URL | str, settings: Settings) -> list[Outcome]:
    """What became of each plan whose day has come; a plan that cannot be in force changes nothing, and goes on waiting.

    Where two servers try at once, one of them does it.
    """
    codes = scheme(settings.grid_codes)
    told: list[Outcome] = []
    while True:
        with owner_session(url, settings) as session:
            outcome = _next(session, codes, [one.plan for one in told])
        if outcome is None:
            return told
        told.append(outcome)


def _next(session: Session, codes: Scheme, tried: list[uuid.UUID]) -> Outcome | None:
    """What became of the plan that is due first, but for those that were tried; None where none is."""
    hold(session)
    due = GridPlan.state == PlanState.APPROVED.value, GridPlan.valid_from <= today(), GridPlan.id.not_in(tried)
    order = GridPlan.valid_from, GridPlan.approved_at, GridPlan.id
    plan = session.scalar(select(GridPlan).where(*due).order_by(*order).limit(1).with_for_update())
    if plan is None:
        return None
    number, name = plan.id, plan.name
    try:
        begun = enact(session, plan, codes, None).begun
    except DomainError as error:
        session.rollback()
        return Outcome(number, name, 0, str(error.message))
    except Exception:  # whatever is wrong with one plan, those behind it are not kept waiting
        session.rollback()
        log.exception("plan %s did not come into force", number)
        return Outcome(number, name, 0, "something went wrong, which is in the log.")
    return Outcome(number, name, len(begun))


def keep_enacting(url: str, settings: Settings) -> None:
    """Never return: plans come into force at the start, and when their day begins in China."""
    while True:
        try:
            for outcome in enact_due(url, settings):
                sys.stdout.write(f"{outcome}\n")
                sys.stdout.flush()
        except SQLAlchemyError as error:
            sys.stderr.write(f"No plan of grids came into force, which is tried again: {type(error).__name__}\n")
        time.sleep(min(LONGEST, until_tomorrow()))


def until_tomorrow() -> float:
    """Seconds until the next day begins in China."""
    now = datetime.now(CHINA)
    tomorrow = datetime.combine(now.date() + timedelta(days=1), datetime.min.time(), CHINA)
    return (tomorrow - now).total_seconds() + 1
