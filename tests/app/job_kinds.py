"""Kinds of jobs that only tests ask for; the hands of `tests.app.job_worker` know them."""

import os
import signal
import time

from sqlalchemy import text

from app.accounts.rights import Capability
from app.errors import Invalid
from app.jobs.kinds import define

NEEDS = Capability.PLAN_RESPONSE


def merged(results):
    return {"sum": sum(result["value"] for result in results), "pids": sorted({result["pid"] for result in results})}


@define("test.count", needs=NEEDS)
def count(sessions, task, report):
    """Counts to `to`, a step in `pause` seconds, telling each with a result that grows."""
    for at in range(task.question["to"]):
        report((at + 1) / task.question["to"], note=f"step {at + 1}", result={"counted": at + 1})
        time.sleep(task.question.get("pause", 0))
    return {"counted": task.question["to"], "pid": os.getpid()}


@define("test.households", needs=NEEDS)
def households(sessions, task, report):
    """How many households the wall shows: once without a scope, once with the asker's."""
    from app.areas.scope import scope_of

    seen = text("SELECT count(*) FROM households")
    with sessions.begin() as session:
        role = session.scalar(text("SELECT current_user"))
        before = session.scalar(seen)
        scope_of(session, task.who, Capability.PLAN_RESPONSE)
        return {"role": role, "without": before, "within": session.scalar(seen), "who": task.who.name}


@define("test.wrong", needs=NEEDS)
def wrong(sessions, task, report):
    if task.question["how"] == "told":
        raise Invalid("This cannot be computed.")
    if task.question["how"] == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    if task.question["how"] == "odd":
        return {"value": float("nan")}
    raise RuntimeError("secret detail")


@define("test.busy", needs=NEEDS)
def busy(sessions, task, report):
    """Computes in one call that nothing interrupts, and says first who does it."""
    report(0.1, result={"pid": os.getpid(), "worker": os.getppid()})
    time.sleep(0.6)
    while True:
        sum(range(10**7))


@define("test.part", needs=NEEDS, merge=merged)
def part(sessions, task, report):
    time.sleep(task.question.get("pause", 0))
    if task.question.get("wrong"):
        raise Invalid("This part cannot be computed.")
    return {"value": task.question["value"], "pid": os.getpid()}
