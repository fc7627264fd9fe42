"""The proof of a siting, in the background: better choices and lower bounds until nothing better can exist."""

import json
from typing import Any

import numpy as np
from flask_babel import gettext
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts.identity import Identity
from app.accounts.rights import Capability
from app.areas.scope import EVERYTHING, Scope, scope_of
from app.errors import Conflict, TooMany
from app.jobs import queries as jobs
from app.jobs.kinds import Report, Sessions, define
from app.jobs.kinds import Task as Job
from app.jobs.models import JobState
from app.jobs.service import start
from app.siting.models import Siting
from app.siting.schemas import SitingIn
from app.siting.service import asked, candidates_of, siting, stored, task_of
from app.siting.telling import gap
from gis.siting import Plan, prove

KIND = "siting.prove"

# Twice is once: a word that is older than what stands there changes nothing.
_IMPROVE = text("""
    UPDATE sitings SET sites = CAST(:sites AS jsonb), moved = :moved, covered = :covered, bound = :bound
    WHERE id = :id AND covered <= :covered AND bound >= :bound
""")


def begin(session: Session, scope: Scope, who: Identity, siting_id: int) -> int | None:
    """The id of the user's job that proves a siting, the one under way where there is one. NotFound.

    None where it is proven, or the user waits for too many.
    """
    row = siting(session, scope, siting_id)
    if row["bound"] <= row["covered"]:
        return None
    if (job := _under_way(session, who, row["job_id"])) is not None:
        return job
    try:
        job = start(session, who, KIND, {"siting": siting_id}, area_id=row["area_id"])
    except TooMany:
        return None
    session.get_one(Siting, siting_id).job_id = job
    session.flush()
    return job


def _under_way(session: Session, who: Identity, job: int | None) -> int | None:
    """The job, where it is the user's and not over."""
    found = None if job is None else jobs.one(session, who, job)
    return job if found is not None and found["state"] in {JobState.WAITING, JobState.RUNNING} else None


@define(KIND, needs=Capability.PLAN_RESPONSE)
def work(sessions: Sessions, job: Job, report: Report) -> dict[str, Any]:
    """Prove the siting of the job's question; what is known stands in its row and in the result as it grows."""
    number = int(job.question["siting"])
    with sessions.begin() as session:
        scope = _scope(session, job.who)
        row = siting(session, scope, number)
        one = asked(session, scope, SitingIn.model_validate(row["whole"]))
        if one.data != row["data"]:
            raise Conflict(gettext("The register or the roads have changed meanwhile. Please ask again."))
        candidates = candidates_of(session, one)
        task = task_of(one, candidates)
    chosen = _chosen(row["sites"], set(row["moved"]), [*one.wanted.standing], one.wanted.ground.stations.rows, task.new)
    begun = plan = Plan(chosen, row["covered"], row["bound"])
    for plan in prove(task, begun):
        sites, moved = stored(one, candidates, task, plan)
        with sessions.begin() as session:
            _scope(session, job.who)
            session.execute(_IMPROVE, _values(number, sites, moved, plan))
        report(1 - plan.gap / begun.gap if begun.gap else 1.0, note=_note(plan), result=_result(number, plan))
    return _result(number, plan)


def _scope(session: Session, who: Identity | None) -> Scope:
    return scope_of(session, who, Capability.PLAN_RESPONSE) if who else EVERYTHING


def _chosen(sites: list[dict[str, Any]], moved: set[int], standing: list[int], rows: Any, new: Any) -> Any:
    """The positions of a kept choice among the candidates of its task, the standing ones behind the new."""
    chosen = [int(site["at"]) for site in sites]
    count = int(np.sum(new))
    if count < len(new):
        chosen += [count + at for at, number in enumerate(standing) if rows[number]["id"] not in moved]
    return np.array(chosen, dtype=np.int64)


def _values(number: int, sites: list[dict[str, Any]], moved: list[int], plan: Plan) -> dict[str, Any]:
    return {
        "id": number,
        "sites": json.dumps(sites, ensure_ascii=False, allow_nan=False),
        "moved": moved,
        "covered": plan.covered,
        "bound": plan.bound,
    }


def _note(plan: Plan) -> str:
    if plan.proven:
        return str(gettext("Proven: nothing better exists."))
    return str(gettext("At most %(share)s %% could still be gained.", share=f"{plan.gap * 100:.2g}"))


def _result(number: int, plan: Plan) -> dict[str, Any]:
    return {"siting": number, "gap": gap(plan.covered, plan.bound), "proven": plan.proven}
