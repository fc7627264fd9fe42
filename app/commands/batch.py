"""`wangge batch`: whole cities, reckoned by the workers area by area."""

import json
import sys
import time
from typing import TYPE_CHECKING, Any

import click

from app.counts import counted
from app.settings import Settings

if TYPE_CHECKING:
    from app.cluster import Database
    from app.coverage.schemas import CoverageQuery
    from app.jobs.kinds import Sessions

BAR = 1000  # steps of the progress bar
LOOK = 0.3  # seconds between two looks at how far it is
WORST = 10  # communities that are printed


@click.group()
def batch() -> None:
    """Reckon whole cities, area by area, by any number of workers on any number of hosts."""


@batch.command()
@click.option("--preset", default="response_1", show_default=True, help="A named view of coverage.")
@click.option("--minutes", type=click.FloatRange(0.25, 60), help="Other minutes than the view's.")
@click.option("--area", metavar="CODE", help="A district, subdistrict or community.")
@click.option("--all", "everywhere", is_flag=True, help="Every district.")
@click.option("--workers", type=click.IntRange(0, 256), help="Jobs at once on this host; WANGGE_WORKERS if left out.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def coverage(
    settings: Settings,
    *,
    preset: str,
    minutes: float | None,
    area: str | None,
    everywhere: bool,
    workers: int | None,
    as_json: bool,
) -> None:
    """How many households the stations of a named view reach in time.

    Workers elsewhere on the same database help; with --workers 0 they do all of it. Ctrl-C cancels it everywhere.
    """
    if (area is None) != everywhere:
        raise click.ClickException("Say either --area CODE or --all.")
    from app.cluster import opened  # noqa: PLC0415
    from app.migrate import is_current  # noqa: PLC0415
    from app.processes import again_and_again, beside  # noqa: PLC0415

    hands = settings.workers if workers is None else workers
    with opened(settings) as database:
        if not is_current(database.app):
            raise click.ClickException("The database has another schema than this Wangge: run 'wangge up' once.")

        def help_out() -> None:
            from app.jobs.worker import work_for  # noqa: PLC0415

            if hands:
                again_and_again(lambda: work_for(database, hands))

        with beside(help_out):
            result = _asked(database, preset=preset, minutes=minutes, area=area)
    _say(result, as_json=as_json)


def _asked(database: "Database", *, preset: str, minutes: float | None, area: str | None) -> dict[str, Any]:
    """The answer, once it is there."""
    from app.cluster.database import text_of  # noqa: PLC0415
    from app.coverage.batch import COMMAND, start  # noqa: PLC0415
    from app.db import Session, connect  # noqa: PLC0415

    engine = connect(text_of(database.app))
    try:
        with Session.begin() as session:
            question = _question(session, preset=preset, minutes=minutes, area=area)
            job = start(session, None, COMMAND, question)
        return _followed(Session, job)
    finally:
        engine.dispose()


def _question(session: Any, *, preset: str, minutes: float | None, area: str | None) -> "CoverageQuery":
    """The question that the options ask."""
    from sqlalchemy import text  # noqa: PLC0415

    from app.coverage.presets import BY_KEY  # noqa: PLC0415
    from app.coverage.schemas import CoverageQuery  # noqa: PLC0415

    if preset not in BY_KEY:
        raise click.ClickException(f"There is no view {preset}. There are: {', '.join(BY_KEY)}.")
    number = session.scalar(text("SELECT id FROM areas WHERE code = :code"), {"code": area}) if area else None
    if area and number is None:
        raise click.ClickException(f"There is no area with the code {area}.")
    return CoverageQuery.model_validate({"preset": preset, "minutes": minutes, "area": number})


def _followed(sessions: "Sessions", number: int) -> dict[str, Any]:
    """The result of the job, which is cancelled where we are told to end before."""
    from app.jobs import queries, service  # noqa: PLC0415

    over = False
    try:
        with click.progressbar(length=BAR, label="Coverage", file=sys.stderr) as bar:
            while True:
                with sessions.begin() as session:
                    job = queries.one(session, None, number)
                if job is None or job["finished_at"] is not None:
                    over = True
                    break
                bar.update(max(0, round(job["progress"] * BAR) - bar.pos))
                time.sleep(LOOK)
    finally:
        if not over:
            with sessions.begin() as session:
                service.cancel(session, None, number)
    if job is None or job["state"] != "done":
        raise click.ClickException((job and job["error"]) or "It was cancelled.")
    return {**job["result"], "seconds": (job["finished_at"] - job["asked_at"]).total_seconds()}


def _say(result: dict[str, Any], *, as_json: bool) -> None:
    """Print the result."""
    if as_json:
        click.echo(json.dumps(result, ensure_ascii=False))
        return
    totals = result["totals"]
    share = totals["inside"] / max(totals["households"], 1)
    whole = counted(totals["households"], "household")
    click.echo(f"{totals['inside']:,} of {whole} ({share:.1%}) within {result['limit']:g} s")
    for row in result["communities"][:WORST]:
        click.echo(
            f"{row['inside'] / row['households']:>8.1%}  {row['outside']:>8,} outside  {row['code']}  {row['name']}"
        )
    click.echo(f"{counted(result['parts'], 'part')} in {result['seconds']:.1f} s.")
