"""`wangge up` and `wangge serve`."""

import subprocess
import sys

import click

from app.settings import Settings


@click.command()
@click.option("--demo/--no-demo", default=True, help="Load the demo district where the database is empty.")
@click.option("--scale", default=1.0, type=click.FloatRange(0.04, 2), help="The size of that demo district.")
@click.pass_obj
def up(settings: Settings, *, demo: bool, scale: float) -> None:
    """Start everything: database, schema, demo district where the database is empty, server."""
    from app.cluster import ready  # noqa: PLC0415
    from app.commands import first_start  # noqa: PLC0415
    from app.serve import check_port, serve  # noqa: PLC0415

    check_port(settings)
    with ready(settings) as database:
        if demo and first_start.is_empty(database):
            _load_demo(scale)
        _warn(settings)
        logins = first_start.logins(settings, database)

        def announce() -> None:
            click.echo(f"\nWangge is at {settings.url}\n")
            if logins:
                click.echo(logins)
            click.echo("Ctrl-C stops it.")

        serve(settings, database, when_ready=announce)


def _load_demo(scale: float) -> None:
    """Load the demo district in a process of its own: the workers that are forked later carry none of its memory."""
    done = subprocess.run([sys.executable, "-m", "app.cli", "demo", "--scale", str(scale)], check=False)
    if done.returncode:
        raise click.ClickException("The demo district could not be loaded.")


@click.command(name="serve")
@click.pass_obj
def serve(settings: Settings) -> None:
    """Serve a database that is up to date, and change nothing in it."""
    from app.cluster import opened  # noqa: PLC0415
    from app.migrate import is_current  # noqa: PLC0415
    from app.register.sealed_phones import are_sealed  # noqa: PLC0415
    from app.serve import serve as serve_until_stopped  # noqa: PLC0415

    with opened(settings) as database:
        if not is_current(database.app):
            raise click.ClickException("The database has another schema than this Wangge: run 'wangge up' once.")
        if not are_sealed(database.app):
            raise click.ClickException("The database holds phones that are not sealed: run 'wangge up' once.")
        _warn(settings)
        serve_until_stopped(settings, database, when_ready=lambda: click.echo(f"Wangge is at {settings.url}"))


def _warn(settings: Settings) -> None:
    """Say on standard error what the settings leave open."""
    from app.serve import warnings  # noqa: PLC0415

    for sentence in warnings(settings):
        click.secho(f"Warning: {sentence}", fg="yellow", err=True)
