"""Asking for jobs, alone or as a batch of parts, and cancelling them."""

import json
from collections.abc import Sequence
from typing import Any

from flask_babel import gettext
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts.identity import Identity
from app.accounts.sessions import rights_of
from app.errors import Conflict, NotFound, TooMany
from app.jobs import queries, queue
from app.jobs.kinds import kind_of
from app.jobs.models import JobState

MOST_OPEN = 3  # jobs of one user that are not over; a batch is one
RETRY_AFTER = 10  # seconds

_ONE_BY_ONE = text("SELECT pg_advisory_xact_lock(hashtext('jobs'), :user)")
_OPEN = text(
    "SELECT count(*) FROM jobs WHERE asked_by = :user AND parent_id IS NULL AND state IN ('waiting','running')"
)
_LOCK = text("SELECT state FROM jobs WHERE id = :job FOR UPDATE")
_INSERT = text("""
    INSERT INTO jobs (parent_id, kind, question, asked_by, rights, scopes, area_id)
    VALUES (:parent, :kind, CAST(:question AS jsonb), :user, :rights, :scopes, :area) RETURNING id
""")
_QUEUED = text("UPDATE jobs SET queue_id = :queued WHERE id = :job")
_CANCEL = text("""
    UPDATE jobs SET state = 'cancelled', finished_at = now()
    WHERE (id = :job OR parent_id = :job) AND state IN ('waiting', 'running') RETURNING queue_id
""")


def start(
    session: Session,
    who: Identity | None,
    kind: str,
    question: dict[str, Any],
    *,
    area_id: int | None = None,
) -> int:
    """The id of a new job, which a worker takes up after the commit; `who` None for a command of the machine's owner.

    TooMany where the user waits for as many as are allowed; KeyError where nothing defines the kind.
    """
    _enter(session, who, kind)
    job = _insert(session, who, kind, question, area_id=area_id)
    _queue(session, job, queue.SOON)
    return job


def start_batch(
    session: Session,
    who: Identity | None,
    kind: str,
    question: dict[str, Any],
    parts: Sequence[tuple[int | None, dict[str, Any]]],
    *,
    area_id: int | None = None,
) -> int:
    """The id of a new job that any number of workers do in `parts` (area id and question), and whose results `merge`.

    TooMany and KeyError as in `start`; ValueError without any part.
    """
    if not parts:
        raise ValueError("a batch needs a part")
    _enter(session, who, kind)
    batch = _insert(session, who, kind, question, area_id=area_id)
    for area, part in parts:
        _queue(session, _insert(session, who, kind, part, area_id=area, parent=batch), queue.LATER)
    return batch


def cancel(session: Session, who: Identity | None, job_id: int) -> None:
    """End a job of the user, parts and all; what works on it stops within a second. Once more changes nothing.

    NotFound where it is not theirs, Conflict where it is done or has failed.
    """
    if queries.one(session, who, job_id) is None:
        raise NotFound(gettext("There is no such job of yours."))
    # The batch before its parts, as the workers do: nobody waits for somebody who waits.
    state = session.scalar(_LOCK, {"job": job_id})
    if state in {JobState.DONE, JobState.FAILED}:
        raise Conflict(gettext("This job is over already."))
    queue.take_out(session, [number for number in session.scalars(_CANCEL, {"job": job_id}) if number is not None])


def _enter(session: Session, who: Identity | None, kind: str) -> None:
    """Tell the wall who asks, and count what they wait for."""
    if kind_of(kind) is None:
        raise KeyError(kind)
    if who is None:
        queries.as_worker(session)
        return
    queries.as_owner_of_jobs(session, who)
    session.execute(_ONE_BY_ONE, {"user": who.id})
    if session.scalars(_OPEN, {"user": who.id}).one() >= MOST_OPEN:
        sentence = gettext(
            "%(count)d of your computations are not over yet. Wait for one, or cancel one.", count=MOST_OPEN
        )
        raise TooMany(sentence, extra={"retry_after": RETRY_AFTER})


def _insert(
    session: Session,
    who: Identity | None,
    kind: str,
    question: dict[str, Any],
    *,
    area_id: int | None,
    parent: int | None = None,
) -> int:
    row = {
        "parent": parent,
        "kind": kind,
        "question": json.dumps(question, ensure_ascii=False, allow_nan=False),
        "user": who.id if who else None,
        "rights": rights_of(who) if who else "",
        "scopes": sorted(who.scopes) if who and who.scopes is not None else None,
        "area": area_id,
    }
    return int(session.scalars(_INSERT, row).one())


def _queue(session: Session, job: int, priority: int) -> None:
    session.execute(_QUEUED, {"job": job, "queued": queue.put(session, job, priority=priority)})
