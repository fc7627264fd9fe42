"""The queue: procrastinate's, in our own database. A job stands in it once the transaction that asks is committed."""

from procrastinate import App
from procrastinate.contrib.sqlalchemy import SQLAlchemyPsycopg2Connector
from sqlalchemy import text
from sqlalchemy.orm import Session

QUEUE = "jobs"
TASK = "do"
SOON, LATER = 0, -1
"""Priorities: what somebody waits for goes before the parts of a batch."""

_sender = App(connector=SQLAlchemyPsycopg2Connector())
_TAKE_OUT = text("SELECT procrastinate_cancel_job_v1(id, true, true) FROM procrastinate_jobs WHERE id = ANY(:ids)")


def put(session: Session, job_id: int, *, priority: int = SOON) -> int:
    """The job's number in the queue, where it now stands."""
    sent = _sender.configure_task(TASK, queue=QUEUE, priority=priority, connection=session.connection())
    return int(sent.defer(job_id=job_id))


def take_out(session: Session, queue_ids: list[int]) -> None:
    """Take what waits out of the queue, and let the workers drop what they have in hand."""
    session.execute(_TAKE_OUT, {"ids": queue_ids})
