"""`wangge demo`, `wangge import osm` and `wangge check`."""

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from app.counts import counted
from app.settings import Settings

if TYPE_CHECKING:
    from app.cluster import Database
    from app.sealing import Sealer

BAR = 1000  # steps of a progress bar
BROKEN_CODE = 1


class Opened(NamedTuple):
    """A database in use, and what seals and unseals its personal data."""

    database: "Database"
    sealer: "Sealer"


@click.command()
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="Another seed, another district.")
@click.option(
    "--scale",
    type=click.FloatRange(0.04, 2),
    default=1.0,
    show_default=True,
    help="Size: 1 is 33 km² and 117,700 households.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def demo(settings: Settings, *, seed: int, scale: float, as_json: bool) -> None:
    """Load the demo district: a city that does not exist, with invented people."""
    from app.imports.service import load_demo  # noqa: PLC0415

    with _database(settings) as opened, _bar("Demo district") as progress:
        loaded = load_demo(seed=seed, scale=scale, sealer=opened.sealer, progress=progress)
    _say_loaded(loaded._asdict(), as_json=as_json)


@click.group("import")
def import_() -> None:
    """Load a real city from a file."""


@import_.command()
@click.argument(
    "files", metavar="FILE…", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option("--area", metavar="NAME", help="What the district is called; the file's name where it is left out.")
@click.option("--bbox", metavar="W,S,E,N", help="Degrees; the file's own box, or where it is dense, where left out.")
@click.option("--invent-households", is_flag=True, help="Fill the dwellings with invented households.")
@click.option("--dry-run", is_flag=True, help="Read and report, and load nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def osm(
    settings: Settings,
    *,
    files: tuple[Path, ...],
    area: str | None,
    bbox: str | None,
    invent_households: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Load OpenStreetMap data (.osm, .osm.gz, .osm.bz2, .osm.pbf) as a district.

    Loading the same files with the same options again changes nothing.
    """
    from app.imports.service import Source, import_osm, read_osm  # noqa: PLC0415

    source = Source.of(files, area=area, bbox=bbox, invent=invent_households)
    if dry_run:
        with _bar(source.area) as progress:
            outcome = read_osm(source, progress)
    else:
        with _database(settings) as opened, _bar(source.area) as progress:
            outcome = import_osm(source, opened.sealer, progress)
    if not as_json and outcome.report:
        click.echo(outcome.report_text)
    _say_loaded(outcome.as_dict(), as_json=as_json, dry_run=dry_run)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def check(settings: Settings, *, as_json: bool) -> None:
    """Verify the data: every building in one block, every block in one grid, no gap, no overlap, and so on.

    Ends with code 1 where an invariant is broken; a target that is missed is listed and does not fail.
    """
    from app.imports.service import check_database  # noqa: PLC0415

    with _database(settings) as opened, _bar("Check") as progress:
        finding = check_database(opened.sealer, progress, serving=opened.database.app.username)
    violations = [violation._asdict() for violation in finding.violations]
    if as_json:
        facts = {"counts": finding.counts, "connected": finding.connected, "sound": finding.sound}
        click.echo(json.dumps(facts | {"violations": violations}, ensure_ascii=False))
    else:
        _say_finding(finding.counts, finding.connected, violations)
    if not finding.sound:
        sys.exit(BROKEN_CODE)


def _say_finding(counts: Mapping[str, int], connected: Mapping[str, float], violations: list[dict[str, Any]]) -> None:
    """Print counts, then every violation with its id, then how many there are."""
    for table, count in counts.items():
        click.echo(f"{count:>9,}  {table}")
    for district, share in connected.items():
        click.echo(f"{share:>9.1%}  of the road network of {district} hangs together")
    for violation in violations:
        ids = ", ".join(map(str, violation["ids"]))
        click.echo(f"{violation['severity']}: {violation['kind']}: {violation['table']} {ids}: {violation['text']}")
    broken = sum(violation["severity"] == "broken" for violation in violations)
    missed = counted(len(violations) - broken, "missed target")
    click.echo(f"{counted(broken, 'broken invariant')}, {missed}.")


def _say_loaded(outcome: Mapping[str, Any], *, as_json: bool, dry_run: bool = False) -> None:
    """Print what a load did."""
    if as_json:
        click.echo(json.dumps(outcome, ensure_ascii=False))
        return
    rows = ", ".join(f"{count:,} {table}" for table, count in outcome["rows"].items() if count)
    if dry_run:
        click.echo(f"Nothing was loaded (--dry-run). It would be: {rows}.")
    elif outcome["changed"]:
        click.echo(f"Loaded: {rows}.")
    else:
        click.echo("It was loaded before: nothing has changed.")
    if code := outcome.get("code"):
        click.echo(f"Its code is {code}. Somebody who sees it: wangge user add NAME --role coordinator --area {code}")


@contextmanager
def _database(settings: Settings) -> Iterator[Opened]:
    """A migrated database to which `app.db.Session` is bound, as its owner, while the block lasts."""
    from app.cluster import ready  # noqa: PLC0415
    from app.cluster.database import text_of  # noqa: PLC0415
    from app.db import connect  # noqa: PLC0415
    from app.sealing import Sealer  # noqa: PLC0415

    with ready(settings) as database:
        engine = connect(text_of(database.owner))
        try:
            yield Opened(database, Sealer.of(settings))
        finally:
            engine.dispose()


@contextmanager
def _bar(label: str) -> Iterator[Callable[[str, float], None]]:
    """A progress bar on standard error, as a function that takes the step in hand and the share done."""
    with click.progressbar(length=BAR, label=label, file=sys.stderr, item_show_func=lambda step: step or "") as bar:

        def progress(step: str, share: float) -> None:
            bar.update(max(0, round(share * BAR) - bar.pos), step)

        yield progress
