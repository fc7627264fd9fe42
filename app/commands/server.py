"""`wangge up` and `wangge serve`."""

import click

from app.settings import Settings


@click.command()
@click.option("--demo/--no-demo", default=True, help="Load the demo district where the database is empty.")
@click.option("--scale", default=1.0, type=click.FloatRange(0.04, 2), help="The size of that demo district.")
@click.pass_context
def up(ctx: click.Context, *, demo: bool, scale: float) -> None:
    """Start everything: database, schema, demo district where the database is empty, server."""
    from app.cluster import ready  # noqa: PLC0415
    from app.commands import first_start  # noqa: PLC0415
    from app.serve import check_port, serve  # noqa: PLC0415

    settings: Settings = ctx.obj
    check_port(settings)
    with ready(settings) as database:
        if demo and first_start.is_empty(database):
            from app.imports.commands import demo as load_demo  # noqa: PLC0415

            ctx.invoke(load_demo, scale=scale)
        _warn(settings)
        logins = first_start.logins(settings, database)

        def announce() -> None:
            click.echo(f"\nWangge is at {settings.url}\n")
            if logins:
                click.echo(logins)
            click.echo("Ctrl-C stops it.")

        serve(settings, database, when_ready=announce)


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
