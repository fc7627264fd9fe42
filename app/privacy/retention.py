"""Retention: what is kept no longer than it is needed, and how it goes. One run is one transaction, and on record."""

import sys
import time
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app.accounts.audit import record
from app.days import TODAY_SQL, today
from app.privacy.owner import owner_session
from app.settings import Settings

LOCK = 0x4B454550  # "KEEP": one run at a time on a database
FIRST = 60  # seconds after the start of a server
BETWEEN = 3600  # seconds between two looks whether today's run is due
EXPORT_DAYS = 365
JOB_DAYS = 7  # for the results of computations in the background, and for what is sent and never taken
LOG_IN_DAYS = 30  # for what has ended: sessions, tokens, counted failures

_OLD = "i.state = 'closed' AND i.anonymised_at IS NULL AND i.reported_at < now() - :incident_days * interval '1 day'"


class Rule(NamedTuple):
    """What goes: the name under which it is counted, and the statement that lets it go."""

    kind: str
    statement: str


RULES = (
    Rule(
        "positions",
        "DELETE FROM duty_positions WHERE at < now() - :position_hours * interval '1 hour'",
    ),
    Rule(
        "duties",
        """DELETE FROM duties
           WHERE coalesce(ended_at, started_at + interval '12 hours') < now() - :position_hours * interval '1 hour'""",
    ),
    Rule(
        "photos of incidents",
        f"DELETE FROM incident_photos p USING incidents i WHERE i.id = p.incident_id AND {_OLD}",  # noqa: S608
    ),
    # Category, state, day, grid and building stay for statistics; who reported it, its words and the exact place go.
    Rule(
        "incidents anonymised",
        f"""UPDATE incidents i SET description = '', reported_by = NULL, anonymised_at = now(),
              address = CASE WHEN i.building_id IS NULL THEN i.address
                             ELSE (SELECT b.address FROM buildings b WHERE b.id = i.building_id) END,
              geom = coalesce((SELECT ST_PointOnSurface(b.geom) FROM buildings b WHERE b.id = i.building_id), i.geom)
            WHERE {_OLD}""",  # noqa: S608
    ),
    Rule(
        "flags",
        f"""DELETE FROM flags WHERE expires_on < {TODAY_SQL} - :flag_days
              OR cleared_at < now() - :flag_days * interval '1 day'""",  # noqa: S608 (our own words)
    ),
    Rule("exports", "DELETE FROM exports WHERE requested_at < now() - :export_days * interval '1 day'"),
    Rule("jobs", "DELETE FROM jobs WHERE parent_id IS NULL AND finished_at < now() - :job_days * interval '1 day'"),
    # The file of a net names people in columns that nobody keeps once it is read.
    Rule(
        "nets not taken",
        "DELETE FROM legacy_nets WHERE state <> 'taken' AND made_at < now() - :job_days * interval '1 day'",
    ),
    Rule(
        "tokens",
        "DELETE FROM tokens WHERE least(revoked_at, expires_at) < now() - :log_in_days * interval '1 day'",
    ),
    Rule(
        "sessions",
        "DELETE FROM sessions WHERE coalesce(ended_at, seen_at) < now() - :log_in_days * interval '1 day'",
    ),
    Rule("failed log-ins", "DELETE FROM attempts WHERE last_at < now() - interval '1 day'"),
    Rule("counted looks", "DELETE FROM unmaskings WHERE at < now() - interval '1 day'"),
)


def retain(session: Session, settings: Settings, *, once_today: bool = False) -> dict[str, int] | None:
    """How many rows of each kind went; None where another run is under way, or with `once_today` is on record.

    The caller commits, or rolls back.
    """
    if not session.scalar(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": LOCK}):
        return None
    if once_today and is_done(session):  # asked behind the lock, so that no run ends in between
        return None
    bound = {
        "position_hours": settings.position_hours,
        "incident_days": settings.incident_days,
        "flag_days": settings.flag_days,
        "export_days": EXPORT_DAYS,
        "job_days": JOB_DAYS,
        "log_in_days": LOG_IN_DAYS,
    }
    gone = {}
    for rule in RULES:
        known = {name: value for name, value in bound.items() if f":{name}" in rule.statement}
        gone[rule.kind] = len(session.execute(text(f"{rule.statement} RETURNING 1"), known).all())
    record(session, None, "retention.done", "retention", today().isoformat(), gone=gone)
    return gone


def is_done(session: Session) -> bool:
    """Whether a run is on record today."""
    on_record = "SELECT EXISTS (SELECT FROM audit WHERE subject_type = 'retention' AND subject_id = :today)"
    return bool(session.scalar(text(on_record), {"today": today().isoformat()}))


def retain_once_today(url: str, settings: Settings) -> dict[str, int] | None:
    """What a run let go; None where today's is done, or under way on another server."""
    with owner_session(url, settings) as session:
        return retain(session, settings, once_today=True)


def keep_retaining(url: str, settings: Settings) -> None:
    """Never return: one run a day, on whichever server comes first, told on standard output."""
    time.sleep(FIRST)
    while True:
        try:
            gone = retain_once_today(url, settings)
        except SQLAlchemyError as error:
            sys.stderr.write(f"Retention did not run, and is tried again in an hour: {type(error).__name__}\n")
        else:
            if gone and any(gone.values()):
                sys.stdout.write(f"Retention: {in_words(gone)}\n")
                sys.stdout.flush()
        time.sleep(BETWEEN)


def in_words(gone: dict[str, int]) -> str:
    """The counts that are not zero: "3 positions, 1 incidents anonymised"."""
    return ", ".join(f"{count} {kind}" for kind, count in gone.items() if count) or "nothing was due"
