"""`wangge up` and `wangge serve`."""

import click

from app.settings import Settings


@click.command()
@click.option("--demo/--no-demo", default=True, help="Load the demo district where the database is empty.")
@click.option("--scale", default=1.0, type=click.FloatRange(0.01, 4), help="The size of that demo district.")
@click.pass_obj
def up(settings: Settings, *, demo: bool, scale: float) -> None:
    """Start everything: database, schema, demo district where the database is empty, server."""
    from app.cluster import ready  # noqa: PLC0415
    from app.commands import first_start  # noqa: PLC0415
    from app.serve import address, check_port, serve  # noqa: PLC0415

    check_port(settings)
    with ready(settings) as database:
        if demo:
            first_start.load_demo_if_empty(database, scale)
        logins = first_start.logins(settings, database)

        def announce() -> None:
            click.echo(f"\nWangge is at http://{address(settings)}\n")
            if logins:
                click.echo(logins)
            click.echo("Ctrl-C stops it.")

        serve(settings, database, when_ready=announce)


@click.command(name="serve")
@click.pass_obj
def serve(settings: Settings) -> None:
    """Serve a database that is up to date, and change nothing in it."""
    from app.cluster import opened  # noqa: PLC0415
    from app.serve import address  # noqa: PLC0415
    from app.serve import serve as serve_until_stopped  # noqa: PLC0415

    with opened(settings) as database:
        serve_until_stopped(
            settings, database, when_ready=lambda: click.echo(f"Wangge is at http://{address(settings)}")
        )
