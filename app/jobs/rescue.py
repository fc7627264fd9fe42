"""The books that a worker keeps without waiting: signs of life, and putting jobs back whose worker is gone."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from app.jobs.queue import LATER, QUEUE, SOON, TASK

Pool = AsyncConnectionPool[AsyncConnection[Any]]

_SEEN = "UPDATE jobs SET seen_at = now() WHERE id = %(job)s AND state IN ('waiting', 'running')"
_AGAIN = f"""
    UPDATE jobs SET state = 'waiting', progress = 0, note = '', seen_at = now(),
        queue_id = (SELECT unnest(procrastinate_defer_jobs_v1(ARRAY[
            ROW('{QUEUE}', '{TASK}', CASE WHEN jobs.parent_id IS NULL THEN {SOON} ELSE {LATER} END, NULL, NULL,
                jsonb_build_object('job_id', jobs.id), NULL)]::procrastinate_job_to_defer_v1[])))
"""  # noqa: S608 (our own words; so below)
_GIVE_BACK = f"""
    {_AGAIN}, attempts = attempts - CASE WHEN state = 'running' THEN %(uncounted)s ELSE 0 END
    WHERE id = %(job)s AND state IN ('waiting', 'running')
"""
_RESCUE = f"""
    WITH lost AS (
        SELECT id, queue_id FROM jobs j
        WHERE state IN ('waiting', 'running') AND queue_id IS NOT NULL
            AND coalesce(seen_at, asked_at) < now() - make_interval(secs => %(lost)s)
            AND NOT EXISTS (SELECT FROM procrastinate_jobs q WHERE q.id = j.queue_id AND q.status = 'todo')
            AND NOT EXISTS (SELECT FROM procrastinate_events e WHERE e.job_id = j.queue_id AND e.type = 'started'
                AND e.at > now() - make_interval(secs => %(lost)s))
        FOR UPDATE SKIP LOCKED
    ), forgotten AS (DELETE FROM procrastinate_jobs q USING lost WHERE q.id = lost.queue_id)
    {_AGAIN} FROM lost WHERE jobs.id = lost.id RETURNING jobs.id
"""  # noqa: S608


async def seen(pool: Pool, job: int) -> None:
    """Write down that a worker has the job in hand."""
    async with _books(pool) as connection:
        await connection.execute(_SEEN, {"job": job})


async def give_back(pool: Pool, job: int, *, counted: bool) -> None:
    """Put a job back that its worker will not finish; `counted` as an attempt that failed."""
    async with _books(pool) as connection:
        await connection.execute(_GIVE_BACK, {"job": job, "uncounted": 0 if counted else 1})


async def rescue(pool: Pool, lost: float) -> list[int]:
    """The jobs that were put back since nobody has given a sign of life of them for `lost` seconds."""
    async with _books(pool) as connection:
        rows = await (await connection.execute(_RESCUE, {"lost": lost})).fetchall()
    return [int(row[0]) for row in rows]


@asynccontextmanager
async def _books(pool: Pool) -> AsyncIterator[AsyncConnection[Any]]:
    """A short transaction that keeps the books of all jobs."""
    async with pool.connection() as connection:
        await connection.execute("SELECT set_config('wangge.jobs', 'work', true)")
        yield connection
