"""A delay between failed attempts that grows, counted in the database so that it holds over all workers.

Three subjects wait, each for itself: the account at this address, the address, and the account wherever it is tried.
The last waits a few seconds at most, or strangers could lock somebody out. A browser in which the account has logged in
before waits for its own failures only, whatever strangers do.

An attempt counts as failed from its beginning until it has succeeded, so that many at once are no more than one by one.
Subjects are keyed hashes: no address is kept.
"""

import logging
import math
from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import NamedTuple

from flask import current_app, request
from flask_babel import ngettext
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts import devices
from app.errors import TooMany

log = logging.getLogger(__name__)

FORGOTTEN = timedelta(hours=1)  # after the last failure

COUNT = text("""
    INSERT INTO attempts (subject, failures, last_at) VALUES (:subject, 1, now())
    ON CONFLICT (subject) DO UPDATE SET last_at = now(), failures =
        CASE WHEN attempts.last_at > now() - :forgotten THEN attempts.failures + 1 ELSE 1 END
""")
UNCOUNT = text("UPDATE attempts SET failures = greatest(failures - 1, 0) WHERE subject = :subject")
# Rows that another attempt holds are left to the next one, so that no two wait for each other.
CLEAR_AWAY = text("""
    DELETE FROM attempts WHERE subject IN (
        SELECT subject FROM attempts WHERE last_at <= now() - :forgotten FOR UPDATE SKIP LOCKED)
""")
KNOWN = text("""
    SELECT subject, failures, extract(epoch FROM now() - last_at)::float FROM attempts
    WHERE subject = ANY(:subjects) AND last_at > now() - :forgotten
""")
ONE_BY_ONE = text("SELECT pg_advisory_xact_lock(hashtextextended(:subject, 0))")


class Growth(NamedTuple):
    """How a delay grows: none for `free` failures, then 1, 2, 4 … seconds, `longest` at most."""

    free: int
    longest: float  # seconds

    def delay(self, failures: int) -> float:
        """Seconds after the last of so many failures."""
        return 0.0 if failures < self.free else min(2.0 ** min(failures - self.free, 30), self.longest)


class Guess(StrEnum):
    """What is tried."""

    PASSWORD = "password"  # noqa: S105 (its name)
    CODE = "code"  # of an authenticator app, by somebody who knows the password
    ANSWER = "answer"  # of an identity provider


OWN = Growth(free=3, longest=60)
ADDRESS = Growth(free=30, longest=30)  # a whole office may share one
# Anybody may try a password, so it stays a few seconds. Six digits need more, and strangers do not come that far.
ACCOUNT = {Guess.PASSWORD: Growth(free=10, longest=5), Guess.CODE: Growth(free=5, longest=300)}


class Attempt(NamedTuple):
    """An attempt under way: what it counts for. The first subject is the attempt's own."""

    subjects: Mapping[str, Growth]

    @property
    def own(self) -> str:
        """The subject whose failures a success wipes out."""
        return next(iter(self.subjects))


def attempt(what: Guess, account: str) -> Attempt:
    """An attempt at the account's password or code, from the browser of this request."""
    hashed = current_app.extensions["sealer"].keyed_hash
    if device := devices.known(account):
        return Attempt({hashed(f"{what}, device {device}, {account}"): OWN})
    address = request.remote_addr or ""
    return Attempt(
        {
            hashed(f"{what}, {address}, {account}"): OWN,
            hashed(f"{what}, address {address}"): ADDRESS,
            hashed(f"{what}, account {account}"): ACCOUNT[what],
        }
    )


def from_here(what: Guess) -> Attempt:
    """An attempt from the address of this request that names no account."""
    hashed = current_app.extensions["sealer"].keyed_hash
    return Attempt({hashed(f"{what}, address {request.remote_addr or ''}"): ADDRESS})


def begin(session: Session, tried: Attempt) -> None:
    """Count the attempt as failed from now on; TooMany where it has to wait, which counts nothing."""
    session.execute(ONE_BY_ONE, {"subject": tried.own})
    rows = session.execute(KNOWN, {"subjects": list(tried.subjects), "forgotten": FORGOTTEN})
    wait = max((tried.subjects[subject].delay(failures) - ago for subject, failures, ago in rows), default=0.0)
    if wait > 0:
        seconds = math.ceil(wait)
        log.warning("an attempt to log in waits %d s; its subject is %s", seconds, tried.own[:12])
        sentence = ngettext(
            "Too many attempts. Please wait %(seconds)d second.",
            "Too many attempts. Please wait %(seconds)d seconds.",
            seconds,
            seconds=seconds,
        )
        raise TooMany(sentence, extra={"retry_after": seconds})
    session.execute(CLEAR_AWAY, {"forgotten": FORGOTTEN})
    for subject in sorted(tried.subjects):
        session.execute(COUNT, {"subject": subject, "forgotten": FORGOTTEN})


def succeed(session: Session, tried: Attempt) -> None:
    """Forget the attempt's own failures; for the others it has not happened."""
    session.execute(ONE_BY_ONE, {"subject": tried.own})
    session.execute(text("DELETE FROM attempts WHERE subject = :own"), {"own": tried.own})
    for subject in sorted(set(tried.subjects) - {tried.own}):
        session.execute(UNCOUNT, {"subject": subject})
