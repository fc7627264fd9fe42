"""A worker: takes jobs from the queue and hands them to processes of its own, as many at once as it has hands.

It computes nothing itself, so that it hears at once when a job is cancelled, and goes on giving signs of life.
"""

import asyncio
import logging
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from procrastinate import App, JobContext, PsycopgConnector
from procrastinate.exceptions import ConnectorException
from procrastinate.job_context import AbortReason
from psycopg import Error

from app.cluster.database import Database, libpq, text_of
from app.jobs import rescue
from app.jobs.hands import Hand, HandDied
from app.jobs.queue import QUEUE, TASK
from app.jobs.rescue import Pool

GRACE = 0.2  # seconds that jobs get to end by themselves when the worker stops
HEARTBEAT = 5.0  # seconds
PAUSE = 3.0  # seconds before a database that was away is tried again

HAND = (sys.executable, "-m", "app.cli", "worker", "--hand")

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pace:
    """How often a worker looks after the jobs, in seconds; all workers of a database keep the same."""

    sign_of_life: float = 2.0  # between two of a worker that has a job in hand
    lost: float = 10.0  # without one, after which the worker is gone
    between_rescues: float = 3.0


PACE = Pace()


def work_for(database: Database, hands: int) -> None:
    """Work on a database as the role that serves, until a signal."""
    work(libpq(database.app), hands, HAND, text_of(database.app))


def work(address: str, hands: int, command: Sequence[str], first_line: str, pace: Pace = PACE) -> None:
    """Work until a signal, through whatever the database does; `address` is libpq's."""
    while True:
        try:
            asyncio.run(_work(address, [Hand(command, first_line) for _ in range(hands)], pace))
        except (ConnectorException, Error, OSError) as error:
            sys.stderr.write(f"The worker cannot reach the database, and tries again: {type(error).__name__}\n")
            with suppress(KeyboardInterrupt):
                asyncio.run(asyncio.sleep(PAUSE))
                continue
        return


async def _work(address: str, hands: list[Hand], pace: Pace) -> None:
    connector = PsycopgConnector(conninfo=address, min_size=1, max_size=len(hands) + 2)
    app = App(connector=connector)
    free = list(hands)

    @app.task(name=TASK, queue=QUEUE, pass_context=True)
    async def do(context: JobContext, job_id: int) -> None:
        hand = free.pop()
        try:
            await _do(connector.pool, hand, context, job_id, pace.sign_of_life)
        finally:
            free.append(hand)

    async with app.open_async():
        for hand in hands:
            await hand.begin()
        rescuing = asyncio.create_task(_keep_rescuing(connector.pool, pace))
        try:
            await app.run_worker_async(
                queues=[QUEUE],
                concurrency=len(hands),
                shutdown_graceful_timeout=GRACE,
                delete_jobs="always",
                update_heartbeat_interval=HEARTBEAT,
                stalled_worker_timeout=2 * HEARTBEAT,
            )
        finally:
            rescuing.cancel()
            for hand in hands:
                await hand.end()


async def _do(pool: Pool, hand: Hand, context: JobContext, job_id: int, sign_of_life: float) -> None:
    """Have one job done; put it back where the hand dies over it, or the worker stops."""
    await rescue.seen(pool, job_id)
    signs = asyncio.create_task(_give_signs(pool, job_id, sign_of_life))
    try:
        await hand.do(job_id)
    except HandDied:
        log.warning("a process of this worker died over job %d", job_id)
        await rescue.give_back(pool, job_id, counted=True)
    except asyncio.CancelledError:
        if context.abort_reason() is AbortReason.SHUTDOWN:
            await rescue.give_back(pool, job_id, counted=False)
        raise
    finally:
        signs.cancel()


async def _give_signs(pool: Pool, job_id: int, every: float) -> None:
    while True:
        await asyncio.sleep(every)
        with suppress(Error):
            await rescue.seen(pool, job_id)


async def _keep_rescuing(pool: Pool, pace: Pace) -> None:
    while True:
        with suppress(Error):
            for job in await rescue.rescue(pool, pace.lost):
                log.warning("job %d was lost with its worker, and is put back", job)
        await asyncio.sleep(pace.between_rescues)
