"""`wangge audit`: verify the chain, export the rows."""

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.counts import counted
from app.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy.orm import Session as SqlSession

    from app.accounts.anchors import Anchors
    from app.audit.chain import Report

BENT_CODE = 1
DAY = click.DateTime(["%Y-%m-%d"])


@click.group()
def audit() -> None:
    """Verify the audit, or write it into a file."""


@audit.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def verify(settings: Settings, *, as_json: bool) -> None:
    """Find every row of the audit that was changed, removed, inserted or reordered, whoever did it.

    Ends with code 1 where there is one. What Wangge keeps of the chain outside the database, in WANGGE_HOME/audit-head
    and WANGGE_AUDIT_HEAD, shows where a chain is whole but not the one that was.
    """
    from app.accounts.anchors import install  # noqa: PLC0415
    from app.audit.service import note_verification  # noqa: PLC0415
    from app.audit.verify import verify as verify_all  # noqa: PLC0415

    with _anchors(settings) as (anchors, session):
        told = anchors.read()
        began = time.perf_counter()
        with session.begin():
            report = verify_all(session, told)
        seconds = time.perf_counter() - began
        install(session.get_bind(), anchors)
        with session.begin():
            note_verification(session, None, report)
    say = _say_json if as_json else _say
    say(report, seconds)
    if not report.sound:
        sys.exit(BENT_CODE)


@audit.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--from", "since", type=DAY, help="The first day, in China's time.")
@click.option("--to", "until", type=DAY, help="The last day.")
@click.option("--act", help="Only this act, e.g. household.seen.")
@click.option("--yes", is_flag=True, help="Overwrite the file.")
@click.pass_obj
def export(
    settings: Settings, file: Path, *, since: datetime | None, until: datetime | None, act: str | None, yes: bool
) -> None:
    """Write the audit into FILE, newest row first: CSV, or a JSON object a line where its name ends in .jsonl."""
    from app.accounts.anchors import install  # noqa: PLC0415
    from app.audit.export import Format, lines  # noqa: PLC0415
    from app.audit.queries import Filters, every  # noqa: PLC0415
    from app.audit.service import note_reading  # noqa: PLC0415

    form = next((form for form in Format if file.suffix == f".{form}"), None)
    if form is None:
        raise click.ClickException(f"{file.name} must end in .csv or .jsonl.")
    if file.exists() and not yes:
        raise click.ClickException(f"{file} exists: name another file, or add --yes to overwrite it.")
    filters = Filters(since and since.date(), until and until.date(), act=act)
    with _anchors(settings) as (anchors, session):
        install(session.get_bind(), anchors)
        with session.begin():
            note_reading(session, None, filters, "audit.exported")
        with session.begin(), file.open("w", encoding="utf-8", newline="") as stream:
            stream.writelines(lines(every(session, filters), form))
    click.echo(f"{file}: {file.stat().st_size / 1e6:.1f} MB")


@contextmanager
def _anchors(settings: Settings) -> Iterator[tuple["Anchors", "SqlSession"]]:
    """The anchors of the home, and a session of the database's owner to whom each transaction stands still."""
    from sqlalchemy import create_engine  # noqa: PLC0415
    from sqlalchemy.orm import Session  # noqa: PLC0415
    from sqlalchemy.pool import NullPool  # noqa: PLC0415

    from app.accounts import anchors  # noqa: PLC0415
    from app.cluster import opened  # noqa: PLC0415
    from app.migrate import is_current  # noqa: PLC0415

    with opened(settings) as database:
        if not is_current(database.owner):
            raise click.ClickException("The database has another schema than this Wangge: run 'wangge up' once.")
        engine = create_engine(database.owner, poolclass=NullPool, isolation_level="REPEATABLE READ")
        kept = anchors.Anchors(settings.home, settings.audit_head)
        with Session(engine) as session:
            yield kept, session


def _say(report: "Report", seconds: float) -> None:
    """Print the outcome for people."""
    from app.audit.service import describe  # noqa: PLC0415

    click.echo(f"{counted(report.rows, 'row')} in {seconds:.1f} s ({report.rows / max(seconds, 1e-9):,.0f} rows/s).")
    if not report.anchored:
        click.echo("No hash is kept outside the database: a chain written anew by its owner would look sound.")
    elif report.bare:
        after = counted(report.bare, "row")
        click.echo(f"{after} after the last hash kept outside the database, at row {report.anchored:,}.")
    if report.sound:
        click.echo("Sound: no row was changed, removed, inserted or reordered.")
        return
    for finding in report.findings:
        click.echo(f"BENT: {describe(finding)}.")
    first = report.findings[0]
    click.echo(f"The first bad row is {first.id:,} ({first.kind}); {counted(report.found, 'finding')}.")


def _say_json(report: "Report", seconds: float) -> None:
    """Print the outcome for programs."""
    first = report.findings[0] if report.findings else None
    facts = {
        "sound": report.sound,
        "rows": report.rows,
        "last": report.last,
        "anchored": report.anchored,
        "after_anchor": report.bare,
        "first_bad": first.id if first else None,
        "kind": first.kind if first else None,
        "found": report.found,
        "findings": [finding._asdict() for finding in report.findings],
        "seconds": round(seconds, 3),
    }
    click.echo(json.dumps(facts))
