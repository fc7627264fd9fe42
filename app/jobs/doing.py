"""Doing a job: taking it up, calling its function, and writing down what came of it."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask_babel import force_locale, gettext, ngettext
from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app.accounts.identity import Identity
from app.accounts.queries import by_id
from app.accounts.rights import Capability
from app.accounts.sessions import rights_of
from app.errors import DomainError
from app.i18n import DEFAULT
from app.jobs import queue
from app.jobs.kinds import Kind, Result, Sessions, Task, kind_of
from app.jobs.queries import as_worker
from app.jobs.reporting import Reporter, Superseded, Update

LONGEST_NOTE = 200  # characters
LONGEST_ERROR = 500
MOST_ATTEMPTS = 2

log = logging.getLogger(__name__)

_TAKE = text("""
    UPDATE jobs SET state = 'running', attempts = attempts + 1, started_at = coalesce(started_at, now()),
        seen_at = now(), progress = 0, note = '' WHERE id = :job AND state = 'waiting'
    RETURNING id, parent_id, kind, question, asked_by, rights, scopes, area_id, attempts
""")
# A job that has been given to another worker meanwhile, or cancelled, is nobody's to write to.
_HELD = "id = :job AND state = 'running' AND attempts = :attempt"
_TELL = text(f"""
    UPDATE jobs SET progress = :progress, note = coalesce(:note, note), seen_at = now(),
        result = coalesce(CAST(:result AS jsonb), result), revision = revision + (:result IS NOT NULL)::int
    WHERE {_HELD} RETURNING id
""")  # noqa: S608 (our own words; so below)
_DONE = text(f"""
    UPDATE jobs SET state = 'done', progress = 1, note = '', result = CAST(:result AS jsonb), revision = revision + 1,
        finished_at = now() WHERE {_HELD} RETURNING id
""")  # noqa: S608
_FAILED = text(f"""
    UPDATE jobs SET state = 'failed', error = :error, finished_at = now() WHERE {_HELD} RETURNING id
""")  # noqa: S608
_BATCH = text("SELECT kind, attempts FROM jobs WHERE id = :batch AND state IN ('waiting', 'running') FOR UPDATE")
_BEGIN_BATCH = text("""
    UPDATE jobs SET state = 'running', started_at = now(), seen_at = now() WHERE id = :batch AND state = 'waiting'
""")
_PARTS = text(
    "SELECT count(*) AS whole, count(*) FILTER (WHERE state = 'done') AS done FROM jobs WHERE parent_id = :batch"
)
_RESULTS = text("SELECT result FROM jobs WHERE parent_id = :batch ORDER BY id")
_EMPTY = text("UPDATE jobs SET result = NULL WHERE parent_id = :batch")
_TELL_BATCH = text("UPDATE jobs SET progress = :progress, note = :note, seen_at = now() WHERE id = :batch")
_END_BATCH = text("""
    UPDATE jobs SET state = :state, error = :error, result = CAST(:result AS jsonb), revision = revision + 1, note = '',
        progress = CASE WHEN :state = 'done' THEN 1 ELSE progress END, finished_at = now() WHERE id = :batch
""")
_DROP_PARTS = text("""
    UPDATE jobs SET state = 'cancelled', finished_at = now()
    WHERE parent_id = :batch AND state IN ('waiting', 'running') RETURNING queue_id
""")


def perform(sessions: Sessions, job_id: int) -> None:
    """Do the job where it waits, as the user who asked; nothing where it does not wait any more.

    In an application's context, so that what people read is in their language.
    """
    with _books(sessions) as session:
        row = session.execute(_TAKE, {"job": job_id}).one_or_none()
        if row is None:
            return
        if row.parent_id is not None:
            session.execute(_BEGIN_BATCH, {"batch": row.parent_id})
        who = _asker(session, row)
    with force_locale(who.language if who else DEFAULT):
        try:
            _finish(sessions, row, _done(sessions, row, who))
        except Superseded:
            return
        except DomainError as error:
            _fail(sessions, row, str(error.message))
        except Exception:
            log.exception("job %d (%s) failed", job_id, row.kind)
            _fail(sessions, row, gettext("Something went wrong in this computation. It has been written down."))


def _done(sessions: Sessions, row: Row[Any], who: Identity | None) -> Result:
    """The result of the job's function; DomainError where it may not or cannot be done."""
    kind = _kind(row, who)

    def write(update: Update) -> bool:
        with _books(sessions) as session:
            found = session.execute(_TELL, {**_held(row), **update._asdict()}).one_or_none()
        return found is not None

    with Reporter(write, longest_note=LONGEST_NOTE) as report:
        return kind.work(sessions, Task(row.id, row.question, who, row.area_id), report)


def _kind(row: Row[Any], who: Identity | None) -> Kind:
    """The kind of a job that may be done; DomainError where its user has changed since, or nothing defines it."""
    if row.attempts > MOST_ATTEMPTS:
        raise DomainError(gettext("The computation ended before its time twice, perhaps for lack of memory."))
    kind = kind_of(row.kind)
    if kind is None:
        raise DomainError(gettext("This server does not know this kind of computation."))
    if row.asked_by is not None and (who is None or rights_of(who) != row.rights or not who.may(kind.needs)):
        raise DomainError(gettext("Your posts have changed since you asked. Please ask again."))
    return kind


def _asker(session: Session, row: Row[Any]) -> Identity | None:
    """The user who asked as they are now, with no more than the token that asked was for."""
    who = by_id(session, row.asked_by) if row.asked_by is not None else None
    if who is None or row.scopes is None:
        return who
    return who.with_token(frozenset(one for one in Capability if one in row.scopes))


def _finish(sessions: Sessions, row: Row[Any], result: Result) -> None:
    """Write down the result; with the last part of a batch, the whole."""
    with _books(sessions) as session:
        batch = _locked_batch(session, row)
        if session.execute(_DONE, {**_held(row), "result": _as_text(result)}).one_or_none() is None or batch is None:
            return
        whole, done = session.execute(_PARTS, {"batch": row.parent_id}).one()
        if done < whole:
            note = ngettext(
                "%(done)d of %(whole)d parts is done",
                "%(done)d of %(whole)d parts are done",
                done,
                done=done,
                whole=whole,
            )
            session.execute(_TELL_BATCH, {"batch": row.parent_id, "progress": done / whole, "note": note})
            return
        kind = kind_of(row.kind)
        results = list(session.scalars(_RESULTS, {"batch": row.parent_id}))
        merged = kind.merge(results) if kind and kind.merge else {"parts": results}
        end = {"batch": row.parent_id, "state": "done", "error": "", "result": _as_text(merged)}
        session.execute(_END_BATCH, end)
        session.execute(_EMPTY, {"batch": row.parent_id})  # all of it is in the whole


def _fail(sessions: Sessions, row: Row[Any], sentence: str) -> None:
    """Write down why it failed; a batch fails with its first part."""
    error = sentence[:LONGEST_ERROR]
    with _books(sessions) as session:
        batch = _locked_batch(session, row)
        if session.execute(_FAILED, {**_held(row), "error": error}).one_or_none() is None or batch is None:
            return
        end = {"batch": row.parent_id, "state": "failed", "error": error, "result": None}
        session.execute(_END_BATCH, end)
        dropped = session.scalars(_DROP_PARTS, {"batch": row.parent_id})
        queue.take_out(session, [number for number in dropped if number is not None])


def _locked_batch(session: Session, row: Row[Any]) -> Row[Any] | None:
    """The batch of a part, before its part: whoever ends one waits for whoever ends another."""
    return session.execute(_BATCH, {"batch": row.parent_id}).one_or_none() if row.parent_id is not None else None


def _held(row: Row[Any]) -> dict[str, int]:
    return {"job": row.id, "attempt": row.attempts}


def _as_text(result: Result | None) -> str | None:
    return None if result is None else json.dumps(result, ensure_ascii=False, allow_nan=False)


@contextmanager
def _books(sessions: Sessions) -> Iterator[Session]:
    """A short transaction that keeps the books of all jobs."""
    with sessions.begin() as session:
        as_worker(session)
        yield session
