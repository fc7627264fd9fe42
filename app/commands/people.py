"""`wangge user` and `wangge token`: who may log in."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from app.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy.orm import Session as SqlSession

DAY = click.DateTime(["%Y-%m-%d"])
LARGEST_ID = 2**31 - 1


@click.group()
def user() -> None:
    """Add people, disable them, give them new passwords and posts."""


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


@user.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def list_(settings: Settings, *, as_json: bool) -> None:
    """List everybody with the posts that they hold now."""
    from app.accounts import people_queries  # noqa: PLC0415

    with _session(settings) as session:
        found = people_queries.people(session, None, limit=None).shown
    if as_json:
        click.echo(_json({"users": found}))
    for each in () if as_json else found:
        posts = "; ".join(_place(post) for post in each["posts"]) or "no post"
        click.echo(f"{each['name']}  {each['display_name']}  {each['state']}  {posts}")


@user.command()
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def disable(settings: Settings, *, name: str, as_json: bool) -> None:
    """Keep the user NAME out and end their sessions; posts stay on record."""
    from app.accounts import people, service  # noqa: PLC0415

    with _session(settings) as session:
        people.disable(session, None, service.named(session, name).id)
    click.echo(_json({"name": name, "state": "disabled"}) if as_json else f"{name} can no longer log in.")


@user.command()
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def enable(settings: Settings, *, name: str, as_json: bool) -> None:
    """Let the user NAME log in again."""
    from app.accounts import people, service  # noqa: PLC0415

    with _session(settings) as session:
        people.enable(session, None, service.named(session, name).id)
    click.echo(_json({"name": name, "state": "active"}) if as_json else f"{name} can log in again.")


@user.command("posts")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def list_posts(settings: Settings, *, name: str, as_json: bool) -> None:
    """List the posts of the user NAME: in force, to come and past, each with its ID."""
    from app.accounts import people_queries, service  # noqa: PLC0415

    with _session(settings) as session:
        number = service.named(session, name).id
        found = people_queries.posts_of(session, None, [number])[number]
    if as_json:
        click.echo(_json({"name": name, "posts": found}))
    elif not found:
        click.echo(f"{name} has never held a post: 'wangge user post grant {name} --role … --area …' grants one.")
    for post in () if as_json else found:
        click.echo(f"{post['id']}  {post['state'].replace('_', ' ')}  {_place(post)}  {_days(post)}")


@user.group()
def post() -> None:
    """Grant posts, and end them."""


@post.command()
@click.argument("name")
@click.option("--role", required=True, help="grid_worker, community_staff, coordinator …; a wrong one names all.")
@click.option("--area", required=True, help="The code of the area: 12 digits.")
@click.option("--grid", help="The code of a grid worker's or leader's own grid.")
@click.option("--from", "first", type=DAY, help="The first day, as 2026-05-01; from now where it is left out.")
@click.option("--to", "last", type=DAY, help="The last day; for good where it is left out.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def grant(
    settings: Settings,
    *,
    name: str,
    role: str,
    area: str,
    grid: str | None,
    first: datetime | None,
    last: datetime | None,
    as_json: bool,
) -> None:
    """Grant a post to the user NAME; it counts from their next click on."""
    from app.accounts import posts, service  # noqa: PLC0415

    with _session(settings) as session:
        number = service.named(session, name).id
        term = posts.term(first.date() if first else None, last.date() if last else None)
        made = posts.grant(session, None, number, role, area=area, grid=grid, term=term)
    click.echo(_json({"name": name, "id": made.id}) if as_json else f"{name} is {role}: post {made.id}.")


@post.command()
@click.argument("name")
@click.argument("number", metavar="ID", type=click.IntRange(1, LARGEST_ID))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def end(settings: Settings, *, name: str, number: int, as_json: bool) -> None:
    """End the post ID of the user NAME now; 'wangge user posts NAME' tells the IDs."""
    from app.accounts import posts, service  # noqa: PLC0415

    with _session(settings) as session:
        posts.end(session, None, service.named(session, name).id, number)
    click.echo(_json({"name": name, "id": number}) if as_json else f"Post {number} of {name} has ended.")


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


@user.command()
@click.argument("name")
@click.option(
    "--subject", required=True, help="What the user is called there: the claim 'sub', never an e-mail address."
)
@click.pass_obj
def connect(settings: Settings, *, name: str, subject: str) -> None:
    """Let the user NAME log in by the OpenID Connect provider of the settings."""
    from app.accounts import identities, service  # noqa: PLC0415

    issuer = identities.configured(settings.oidc).issuer
    with _session(settings) as session:
        identities.connect(session, None, service.named(session, name).id, issuer=issuer, subject=subject)
    click.echo(f"{name} logs in as {subject} of {issuer}.")


@user.command()
@click.argument("name")
@click.pass_obj
def disconnect(settings: Settings, *, name: str) -> None:
    """Let the user NAME no longer log in by the OpenID Connect provider, and end their sessions."""
    from app.accounts import identities, service  # noqa: PLC0415

    issuer = identities.configured(settings.oidc).issuer
    with _session(settings) as session:
        identities.disconnect(session, None, service.named(session, name).id, issuer=issuer)
    click.echo(f"{name} no longer logs in by {issuer}.")


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


def _json(content: dict[str, Any]) -> str:
    """The JSON text, with days and instants in ISO 8601."""
    return json.dumps(content, ensure_ascii=False, default=lambda value: value.isoformat())


def _place(post: dict[str, Any]) -> str:
    """A post as "planner in 310115000000 新城区"."""
    grid = f", grid {post['grid']['code']}" if post["grid"] else ""
    return f"{post['role']} in {post['area']['code']} {post['area']['name']}{grid}"


def _days(post: dict[str, Any]) -> str:
    """From when until when a post is held, as instants."""
    until = f"until {post['ends_at']:%Y-%m-%d %H:%M%z}" if post["ends_at"] else "for good"
    return f"from {post['starts_at']:%Y-%m-%d %H:%M%z} {until}"


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
