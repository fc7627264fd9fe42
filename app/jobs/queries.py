"""Reads of jobs: one's own, while one still holds the posts under which one asked.

A token is for less than its user: it reads what was asked with no more than it is for.
"""

from typing import Any

from sqlalchemy import RowMapping, text
from sqlalchemy.orm import Session

from app.accounts.identity import Identity
from app.accounts.sessions import rights_of
from app.jobs.kinds import kind_of

MOST_LISTED = 100
ALIVE = 20  # seconds since the last sign of life of a worker

_COLUMNS = """id, kind, question, area_id, state, progress, note, revision, error, asked_at, started_at, finished_at"""
_MINE = """
    asked_by = :user AND rights = :rights AND parent_id IS NULL
    AND (CAST(:scopes AS text[]) IS NULL OR scopes <@ CAST(:scopes AS text[]))
"""
_LIST = text(f"SELECT {_COLUMNS} FROM jobs WHERE {_MINE} ORDER BY id DESC LIMIT {MOST_LISTED}")  # noqa: S608
_ONE = text(f"SELECT {_COLUMNS}, result FROM jobs WHERE {_MINE} AND id = :job")  # noqa: S608
_OF_COMMAND = text(f"SELECT {_COLUMNS}, result FROM jobs WHERE asked_by IS NULL AND id = :job")  # noqa: S608
_WORKERS = text(f"""
    SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > now() - interval '{ALIVE} seconds'
""")  # noqa: S608
_AS_OWNER = text("SELECT set_config('wangge.user_id', CAST(:user AS text), true)")
_AS_WORKER = text("SELECT set_config('wangge.jobs', 'work', true)")


def mine(session: Session, who: Identity) -> list[RowMapping]:
    """The jobs of the user, newest first, without their results."""
    as_owner_of_jobs(session, who)
    rows = session.execute(_LIST, _own(who)).mappings()
    return [row for row in rows if _may(who, row["kind"])]


def one(session: Session, who: Identity | None, job_id: int) -> RowMapping | None:
    """A job of the user with its result so far; None where it is not theirs. `who` None: of the commands."""
    if who is None:
        as_worker(session)
        return session.execute(_OF_COMMAND, {"job": job_id}).mappings().one_or_none()
    as_owner_of_jobs(session, who)
    row = session.execute(_ONE, _own(who) | {"job": job_id}).mappings().one_or_none()
    return row if row is not None and _may(who, row["kind"]) else None


def workers(session: Session) -> int:
    """How many workers are alive, on all hosts."""
    return int(session.scalars(_WORKERS).one())


def as_owner_of_jobs(session: Session, who: Identity) -> None:
    """Tell the database's wall whose jobs this transaction is about."""
    session.execute(_AS_OWNER, {"user": who.id})


def as_worker(session: Session) -> None:
    """Tell the database's wall that this transaction keeps the books of all jobs."""
    session.execute(_AS_WORKER)


def as_json(row: RowMapping) -> dict[str, Any]:
    """A job as the API answers it."""
    values = dict(row)
    for name in ("asked_at", "started_at", "finished_at"):
        values[name] = values[name] and values[name].isoformat()
    return values


def _own(who: Identity) -> dict[str, Any]:
    """What _MINE asks for."""
    return {"user": who.id, "rights": rights_of(who), "scopes": None if who.scopes is None else sorted(who.scopes)}


def _may(who: Identity, kind: str) -> bool:
    """Whether the user may have what this kind of job tells; a token is for less than its user."""
    found = kind_of(kind)
    return found is None or who.may(found.needs)
