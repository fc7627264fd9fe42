"""`wangge plan suggest`: grids suggested for a community or everywhere, and what they are worth."""

import json
import sys
from typing import TYPE_CHECKING, Any

import click

from app.counts import counted
from app.settings import Settings

if TYPE_CHECKING:
    from gis.seeds import SeedKind

BAR = 1000  # steps of the progress bar


def _kinds(_context: click.Context, _option: click.Parameter, value: str) -> "dict[SeedKind, float]":
    """The kinds of a list with commas, each with the size in m² from which on one counts."""
    from gis.seeds import USUAL_SIZE, SeedKind  # noqa: PLC0415

    found = {}
    for word in filter(None, (one.strip() for one in value.split(","))):
        name, colon, size = word.partition(":")
        if name not in set(SeedKind):
            raise click.BadParameter(f"there is no {name!r}; there are {', '.join(SeedKind)}")
        if colon and not (size.isascii() and size.isdigit()):
            raise click.BadParameter(f"say from how many m² on, like {name}:{USUAL_SIZE[SeedKind(name)]:.0f}")
        found[SeedKind(name)] = float(size) if colon else USUAL_SIZE[SeedKind(name)]
    return found


def _counts(_context: click.Context, _option: click.Parameter, value: str | None) -> tuple[int, int] | None:
    """Two numbers with a comma between."""
    if value is None:
        return None
    words = [word.strip() for word in value.split(",")]
    if len(words) != 2 or not all(word.isascii() and word.isdigit() for word in words):  # noqa: PLR2004
        raise click.BadParameter("say two numbers, like 25,9")
    return int(words[0]), int(words[1])


@click.group()
def plan() -> None:
    """Suggest how to redraw the grids, and bring approved plans into force."""


@plan.command()
@click.option("--community", metavar="CODE", help="A community; a subdistrict or district is all of its communities.")
@click.option("--all", "everywhere", is_flag=True, help="Every community.")
@click.option("--least-change", "least", is_flag=True, help="Repair today's grids with the fewest blocks moved.")
@click.option(
    "--seed", type=click.IntRange(1, 1_000_000), default=1, show_default=True, help="Another seed, another plan."
)
@click.option(
    "--favour",
    type=click.Choice(["even", "roads", "compounds"]),
    default="even",
    show_default=True,
    help="What counts eight times as much: no main road, railway or water inside a grid, or compounds left whole.",
)
@click.option(
    "--dedicated",
    "kinds",
    metavar="KINDS",
    default="",
    callback=_kinds,
    help="Make dedicated grids first of what stands there: school,hospital,mall,office,park; of those from a size on"
    " in m² of floors, for a park of its ground: school:3000,park:20000 (else 5000 for schools and hospitals, 10000 for"
    " malls and office towers, 50000 for parks).",
)
@click.option(
    "--levels",
    metavar="MIDDLE,UPPER",
    callback=_counts,
    help="Make two more levels of whole grids, like 25,9: how many grids the middle and the upper one have.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def suggest(
    settings: Settings,
    *,
    community: str | None,
    everywhere: bool,
    least: bool,
    seed: int,
    favour: str,
    kinds: "dict[SeedKind, float]",
    levels: tuple[int, int] | None,
    as_json: bool,
) -> None:
    """Suggest new grids of 300 to 500 households, compact and on one side of main roads, and print their scores.

    Nothing is changed. Dedicated grids stay, and no grid crosses the boundary of a community.
    """
    if (community is None) != everywhere:
        raise click.ClickException("Say either --community CODE or --all.")
    if least and favour != "even":
        raise click.ClickException("The least change favours nothing: leave out --least-change or --favour.")
    from app.cluster import opened  # noqa: PLC0415
    from app.cluster.database import text_of  # noqa: PLC0415
    from app.db import Session, connect  # noqa: PLC0415
    from app.migrate import is_current  # noqa: PLC0415
    from app.plans.service import suggested  # noqa: PLC0415
    from gis.annealing import Favour  # noqa: PLC0415
    from gis.suggest import FAIR  # noqa: PLC0415

    with opened(settings) as database:
        if not is_current(database.app):
            raise click.ClickException("The database has another schema than this Wangge: run 'wangge up' once.")
        engine = connect(text_of(database.app))
        try:
            with (
                Session.begin() as session,
                click.progressbar(length=BAR, label="Suggesting grids", file=sys.stderr) as bar,
            ):

                def progress(share: float) -> None:
                    bar.update(max(0, round(share * BAR) - bar.pos))

                weights = FAIR.favouring(Favour(favour))
                result = suggested(
                    session,
                    community,
                    seed=seed,
                    least=least,
                    weights=weights,
                    progress=progress,
                    kinds=kinds,
                    levels=levels,
                )
        finally:
            engine.dispose()
    _say(result, as_json=as_json)


def _say(result: dict[str, Any], *, as_json: bool) -> None:
    """Print the scores beside today's, and what is impossible."""
    if as_json:
        click.echo(json.dumps(result, ensure_ascii=False))
        return
    today = result["today"]
    click.echo(f"{'':>28}  {'today':>10}  {'suggested':>10}")
    for name, form in ROWS.items():
        click.echo(f"{name.replace('_', ' '):>28}  {form.format(today[name]):>10}  {form.format(result[name]):>10}")
    for reason in result["impossible"]:
        click.echo(f"{reason['community']}: {reason['text']}")
    for site in result["seeds"]:
        what = f"{site['kind']} {site['name'] or 'without a name'}, {counted(len(site['blocks']), 'block')}"
        click.echo(f"{what}: {site['why'] or 'a dedicated grid.'}")
    for level, rows in result.get("levels", {}).items():
        click.echo(f"{level} level: {counted(len(rows), 'grid')}")
        for row in rows:
            grids, households = counted(row["grids"], "grid"), counted(row["households"], "household")
            click.echo(f"{row['number']:>8}  {grids:>10}  {households:>18}")
    click.echo(f"{result['seconds']:.2f} s.")


ROWS = {
    "grids": "{:,}",
    "dedicated": "{:,}",
    "in_range": "{:.1%}",
    "contiguous": "{:.1%}",
    "polsby_popper": "{:.3f}",
    "reock": "{:.3f}",
    "major_roads": "{:,}",
    "railways": "{:,}",
    "water": "{:,}",
    "compounds_cut": "{:,}",
    "compounds_cut_needlessly": "{:,}",
    "households_moved": "{:,}",
    "workers": "{:,}",
}
