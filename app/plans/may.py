"""What somebody may do with a plan, or the sentence that says why not."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext

from app.plans.models import PlanState
from app.plans.stored import Reader

DRAFT, SUBMITTED, APPROVED, IN_FORCE, WITHDRAWN = PlanState


def may(plan: Mapping[str, Any], asks: Reader) -> dict[str, bool | str]:
    """For each act true, or why not; `plan` is a row of `stored`."""
    draws = asks.who.id in {plan["owner_id"], plan["submitter_id"]}
    redraws = _first(
        (
            plan["area_id"] not in asks.redraws,
            gettext("You do not redraw the grids of the whole of this area."),
        )
    )
    approves = _first(
        (plan["area_id"] not in asks.approves, gettext("You do not approve plans for the whole of this area.")),
        (draws or plan["edited"], gettext("Somebody else has to decide: you have drawn or submitted this plan.")),
    )
    return {
        "edit": redraws or _only(plan, gettext("Only a draft can be changed: copy the plan to go on."), DRAFT),
        "delete": redraws
        or _only(plan, gettext("Only drafts and plans that were withdrawn can be deleted."), DRAFT, WITHDRAWN),
        "submit": redraws or _only(plan, gettext("Only a draft can be submitted."), DRAFT),
        "return": approves or _only(plan, gettext("Only a plan that was submitted can be sent back."), SUBMITTED),
        "approve": approves or _only(plan, gettext("Only a plan that was submitted can be approved."), SUBMITTED),
        "withdraw": _may_withdraw(plan, asks, draws=draws),
        "undo": redraws or _only(plan, gettext("Only a plan that has come into force can be undone."), IN_FORCE),
    }


def _may_withdraw(plan: Mapping[str, Any], asks: Reader, *, draws: bool) -> bool | str:
    return (
        _first(
            (
                not draws and plan["area_id"] not in asks.approves,
                gettext("Only whoever has drawn or submitted the plan, or approves plans here, can withdraw it."),
            ),
            (
                plan["state"] not in {SUBMITTED, APPROVED},  # one that could not come into force on its day, too
                gettext("Only a plan that was submitted, or is not in force yet, can be withdrawn."),
            ),
        )
        or True
    )


def _only(plan: Mapping[str, Any], sentence: str, *states: PlanState) -> bool | str:
    """True in one of the states, else the sentence."""
    return plan["state"] in states or sentence


def _first(*reasons: tuple[bool, str]) -> str:
    """The sentence of the first reason that holds; empty where none does."""
    return next((str(sentence) for holds, sentence in reasons if holds), "")
