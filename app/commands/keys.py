"""`wangge keys`: the keys that seal personal data."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from app.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy import URL, Engine

BAR = 1000  # steps of a progress bar


@click.group()
def keys() -> None:
    """Show and change the keys that seal phones and second factors.

    They lie in the file data_keys of WANGGE_HOME, or come from the program that WANGGE_KEY_COMMAND names. They are in
    no backup of the database: keep a copy of them, but not beside it.
    """


@keys.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def rotate(settings: Settings, *, as_json: bool) -> None:
    """Seal everything with a new key, then remove the old one; the server may run meanwhile.

    An interrupted rotation leaves both keys, loses nothing, and is finished by calling this again.
    """
    from app.cluster import ready  # noqa: PLC0415
    from app.rotation import rotate as rotate_keys  # noqa: PLC0415
    from app.sealing import Sealer  # noqa: PLC0415

    with (
        ready(settings) as database,
        _engine(database.owner) as engine,
        click.progressbar(length=BAR, label="Keys", file=sys.stderr, item_show_func=lambda step: step or "") as bar,
    ):
        done = rotate_keys(
            engine, Sealer.of(settings), lambda step, share: bar.update(max(0, round(share * BAR) - bar.pos), step)
        )
    if as_json:
        click.echo(json.dumps(done._asdict()))
        return
    for column, count in done.resealed.items():
        click.echo(f"{count:>9,}  {column} sealed anew")
    click.echo(f"Everything is sealed with the key {done.key}{' (an earlier rotation is finished)' * done.resumed}.")
    if done.removed:
        click.echo(
            f"The key {', '.join(done.removed)} is removed. Backups of the database made until now still need it: make "
            "a new one, and a new copy of data_keys, which is in none of them."
        )


@keys.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def status(settings: Settings, *, as_json: bool) -> None:
    """Say which keys there are, the newest first, and how many texts each seals."""
    from app.cluster import ready  # noqa: PLC0415
    from app.rotation import sealed_with  # noqa: PLC0415
    from app.sealing import Sealer  # noqa: PLC0415

    known = Sealer.of(settings).keys.ids()
    with ready(settings) as database, _engine(database.owner) as engine, engine.connect() as connection:
        counts = sealed_with(connection)
    rows = [(key, counts.get(key, 0), key in known) for key in (*known, *sorted(counts.keys() - set(known)))]
    if as_json:
        click.echo(json.dumps([{"key": key, "sealed": count, "here": here} for key, count, here in rows]))
        return
    for key, count, here in rows:
        click.echo(f"{key}  {count:>9,} sealed{'' if here else '  THIS KEY IS NOT HERE'}")


@keys.command()
def new() -> None:
    """Print new keys in the form that a key service has to print; nothing is stored."""
    from app.keys import new_keys  # noqa: PLC0415

    click.echo(new_keys().text(), nl=False)


@contextmanager
def _engine(url: "URL") -> Iterator["Engine"]:
    """An engine of the database that keeps no connection."""
    from sqlalchemy import create_engine  # noqa: PLC0415
    from sqlalchemy.pool import NullPool  # noqa: PLC0415

    engine = create_engine(url, poolclass=NullPool)
    try:
        yield engine
    finally:
        engine.dispose()
