"""`wangge user` and `wangge token`: who may log in."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from app.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy.orm import Session as SqlSession


@click.group()
def user() -> None:
    """Add people, and give them new passwords."""


@user.command()
@click.argument("name")
@click.option(
    "--role", required=True, help="grid_worker, community_staff, coordinator, planner …; a wrong one names all."
)
@click.option("--area", required=True, help="The code of the area they see: 12 digits.")
@click.option("--grid", help="The code of a grid worker's or leader's own grid.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def add(settings: Settings, *, name: str, role: str, area: str, grid: str | None, as_json: bool) -> None:
    """Add the user NAME and print their password, which is stored nowhere else."""
    from app.accounts.service import add_user  # noqa: PLC0415

    with _session(settings) as session:
        _, password = add_user(session, name=name, role=role, area_code=area, grid_code=grid)
    if as_json:
        click.echo(json.dumps({"name": name, "password": password}))
    elif password is None:
        click.echo(f"{name} does not log in: make a token with 'wangge token {name}'.")
    else:
        click.echo(f"{name} logs in with {password} and chooses another password then.")


@user.command()
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def password(settings: Settings, *, name: str, as_json: bool) -> None:
    """Give the user NAME a new password, to be changed at the next log-in, and end their sessions."""
    from app.accounts.service import set_password  # noqa: PLC0415

    with _session(settings) as session:
        secret = set_password(session, name)
    told = f"{name} logs in with {secret} and chooses another password then."
    click.echo(json.dumps({"name": name, "password": secret}) if as_json else told)


@user.command()
@click.argument("name")
@click.pass_obj
def reset_second_factor(settings: Settings, *, name: str) -> None:
    """Forget the authenticator app and the recovery codes of the user NAME, whose phone is lost."""
    from app.accounts.second_factor import reset  # noqa: PLC0415

    with _session(settings) as session:
        reset(session, name)
    click.echo(f"{name} logs in by password alone, and where the role needs it sets up a new app then.")


@click.command()
@click.argument("name")
@click.option("--scope", "scopes", multiple=True, help="What it is for, as 'map.see'; repeat it. Without: everything.")
@click.option("--days", default=365, type=click.IntRange(1, 366), show_default=True, help="How long it is valid.")
@click.option("--label", default="", help="What it is for, in words for its list.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def token(settings: Settings, *, name: str, scopes: tuple[str, ...], days: int, label: str, as_json: bool) -> None:
    """Print a bearer token with which a script acts as the user NAME; it is stored nowhere."""
    from app.accounts.service import issue_token  # noqa: PLC0415

    with _session(settings) as session:
        issued = issue_token(session, name, days=days, scopes=scopes or None, label=label)
    click.echo(json.dumps({"name": name, "token": issued}) if as_json else issued)


@contextmanager
def _session(settings: Settings) -> Iterator["SqlSession"]:
    """A transaction on the database, as the role that serves."""
    import app.areas.models  # noqa: F401, PLC0415 (a user stands in an area)
    from app.accounts import anchors  # noqa: PLC0415
    from app.cluster import ready  # noqa: PLC0415
    from app.cluster.database import text_of  # noqa: PLC0415
    from app.db import Session, connect  # noqa: PLC0415

    with ready(settings) as database:
        engine = connect(text_of(database.app), pool_size=1)
        anchors.install(engine, anchors.Anchors(settings.home, settings.audit_head))
        try:
            with Session.begin() as session:
                yield session
        finally:
            engine.dispose()
