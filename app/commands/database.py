"""`wangge db`: the database's server, its backups, and its address."""

import json
from pathlib import Path

import click

from app.settings import Settings


@click.group()
def db() -> None:
    """Start, stop, back up and restore the database."""


@db.command()
@click.pass_obj
def start(settings: Settings) -> None:
    """Start the private cluster and leave it running."""
    from app.cluster.ready import keep  # noqa: PLC0415

    _private_only(settings)
    cluster = keep(settings)
    click.echo(f"PostgreSQL {cluster.programs.version} is running; its socket is in {cluster.places.socket}")


@db.command()
@click.pass_obj
def stop(settings: Settings) -> None:
    """Stop the private cluster."""
    from app.cluster.ready import release  # noqa: PLC0415

    _private_only(settings)
    release(settings)
    click.echo("PostgreSQL is stopped.")


@db.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def status(settings: Settings, *, as_json: bool) -> None:
    """Say where the database is and whether it runs."""
    from app.cluster import Cluster, opened  # noqa: PLC0415

    if settings.database_url:
        with opened(settings) as database:
            facts = {"private": False, "running": True, "url": str(database.owner)}
    else:
        cluster = Cluster.of(settings.home)
        facts = {
            "private": True,
            "running": cluster.running(),
            "url": str(cluster.database.owner),
            "version": cluster.programs.version,
            "data": str(cluster.places.data),
            "log": str(cluster.places.log),
        }
    if as_json:
        click.echo(json.dumps(facts))
        return
    for name, value in facts.items():
        click.echo(f"{name:8} {value}")


@db.command()
@click.pass_obj
def url(settings: Settings) -> None:
    """Print the address of the database, with its password, as psql takes it."""
    from app.cluster import Cluster, Database  # noqa: PLC0415
    from app.cluster.database import libpq  # noqa: PLC0415

    named = settings.database_url
    database = Database.external(named, settings.database_owner_url) if named else Cluster.of(settings.home).database
    click.echo(libpq(database.owner))


@db.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--yes", is_flag=True, help="Overwrite the file.")
@click.pass_obj
def backup(settings: Settings, file: Path, *, yes: bool) -> None:
    """Write everything the database holds into FILE; what is sealed stays sealed, and the keys are not in it."""
    from app.cluster import opened  # noqa: PLC0415
    from app.cluster.backup import write_backup  # noqa: PLC0415

    if file.exists() and not yes:
        raise click.ClickException(f"{file} exists: name another file, or add --yes to overwrite it.")
    with opened(settings) as database:
        write_backup(database, file)
    click.echo(f"{file}: {file.stat().st_size / 1e6:.1f} MB")
    where = "your key service" if settings.key_command else settings.home / "data_keys"
    click.echo(f"The phones in it are sealed; their keys are not in it. Keep a copy of {where}, but not beside it.")


@db.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--yes", is_flag=True, help="Replace what the database holds now.")
@click.pass_obj
def restore(settings: Settings, file: Path, *, yes: bool) -> None:
    """Put the backup FILE in the database's place; what it held is lost."""
    from sqlalchemy import create_engine  # noqa: PLC0415
    from sqlalchemy.pool import NullPool  # noqa: PLC0415

    from app.accounts.anchors import Anchors  # noqa: PLC0415
    from app.audit.restored import tell_restored  # noqa: PLC0415
    from app.cluster import opened  # noqa: PLC0415
    from app.cluster.backup import holds_data, restore_backup  # noqa: PLC0415
    from app.sealing import Sealer  # noqa: PLC0415

    with opened(settings) as database:
        if holds_data(database) and not yes:
            raise click.ClickException("The database holds data: add --yes to replace them by the backup.")
        restore_backup(database, file, Sealer.of(settings))
        engine = create_engine(database.owner, poolclass=NullPool)
        tell_restored(engine, Anchors(settings.home, settings.audit_head))
    click.echo(f"{file} is restored.")


def _private_only(settings: Settings) -> None:
    if settings.database_url:
        raise click.ClickException("WANGGE_DATABASE_URL names a server that is not ours to start or stop.")
