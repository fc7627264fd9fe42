"""`wangge wallmap`: the wall map of a community as a file."""

import getpass
from datetime import datetime
from pathlib import Path

import click

from app.counts import counted
from app.settings import Settings


@click.command()
@click.option("--community", "code", required=True, metavar="CODE", help="The community's area code, 12 digits.")
@click.option("--zone", "zone_text", metavar="LON,LAT,MODE,MINUTES", help="A response zone, e.g. 121.47,31.23,foot,5.")
@click.option("-o", "--output", required=True, type=click.Path(dir_okay=False, writable=True, path_type=Path))
@click.option("--lang", "language", type=click.Choice(["zh", "en"]), default="zh", show_default=True)
@click.option("--made-by", metavar="NAME", help="Who made it; the log-in name of this machine where left out.")
@click.pass_obj
def wallmap(
    settings: Settings, *, code: str, zone_text: str | None, output: Path, language: str, made_by: str | None
) -> None:
    """Write a community's grids, buildings, stations and patrol routes as one self-contained HTML file."""
    from flask_babel import force_locale  # noqa: PLC0415

    from app import create_app  # noqa: PLC0415
    from app.areas.scope import EVERYTHING  # noqa: PLC0415
    from app.cluster import ready  # noqa: PLC0415
    from app.cluster.database import text_of  # noqa: PLC0415
    from app.db import Session  # noqa: PLC0415
    from app.pages.wallmap import draw  # noqa: PLC0415
    from app.pages.wallmap_data import read  # noqa: PLC0415
    from app.pages.wallmap_zone import read_zone  # noqa: PLC0415
    from app.stations.hours import CHINA  # noqa: PLC0415

    with ready(settings) as database:
        app = create_app(settings, database_url=text_of(database.owner))  # the machine's owner sees everything
        try:
            with app.app_context(), force_locale(language), Session.begin() as session:
                data = read(session, EVERYTHING, code)
                page = draw(
                    data,
                    language=language,
                    made_by=made_by or getpass.getuser(),
                    made_on=datetime.now(CHINA).date(),
                    zone=read_zone(session, EVERYTHING, zone_text) if zone_text else None,
                )
        finally:
            app.extensions["engine"].dispose()
    output.write_text(page, encoding="utf-8")
    what = f"{counted(len(data.grids), 'grid')}, {counted(len(data.buildings), 'building')}"
    click.echo(f"{output}: {what}, {len(page) / 1e6:.1f} MB.")
