"""`wangge plan enact`, beside what suggests plans."""

import click

from app.plans.commands import plan
from app.settings import Settings

__all__ = ["plan"]


@plan.command()
@click.pass_obj
def enact(settings: Settings) -> None:
    """Bring the approved plans whose day has come into force; a running server does so by itself."""
    from app.cluster import opened  # noqa: PLC0415
    from app.cluster.database import text_of  # noqa: PLC0415
    from app.migrate import is_current  # noqa: PLC0415
    from app.publication.clock import enact_due  # noqa: PLC0415
    from app.search import found_anew  # noqa: PLC0415

    found_anew.install()
    with opened(settings) as database:
        if not is_current(database.app):
            raise click.ClickException("The database has another schema than this Wangge: run 'wangge up' once.")
        told = enact_due(text_of(database.owner), settings)
    for outcome in told:
        click.echo(str(outcome))
    if not told:
        click.echo("No plan waits for today.")
    if any(outcome.why_not for outcome in told):
        raise click.ClickException("Not every plan came into force.")
