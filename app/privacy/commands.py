"""`wangge privacy`: what is held about a household, its erasure, and retention. Runs as the owner of the database."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from app.counts import counted
from app.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy.orm import Session as SqlSession


@click.group()
def privacy() -> None:
    """Tell what is held about a household, erase it, and let go what is no longer needed."""


@privacy.command()
@click.argument("words", metavar="TEXT")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array.")
@click.pass_obj
def find(settings: Settings, *, words: str, as_json: bool) -> None:
    """Find households by the key of their dwelling or by a part of the address."""
    from app.privacy import households  # noqa: PLC0415

    with _as_owner(settings) as session:
        found = households.find(session, words)
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
        return
    for one in found:
        click.echo(f"{one['id']:>8}  {one['community']} {one['grid']}  {_where(one)}  [{one['dwelling']}]")
    if not found:
        raise click.ClickException("No dwelling has this key, and no address holds these words.")
    if len(found) == households.MOST_FOUND:
        click.echo(f"These are the first {households.MOST_FOUND}: say more of the address.")


@privacy.command()
@click.argument("household_id", type=click.IntRange(0, 2**31 - 1))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def report(settings: Settings, *, household_id: int, as_json: bool) -> None:
    """Tell everything that is held about a household, and who looked when."""
    from app.privacy import households  # noqa: PLC0415
    from app.sealing import Sealer  # noqa: PLC0415

    with _as_owner(settings) as session:
        found = households.report(session, household_id, Sealer.of(settings))
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False, default=households.plain))
    else:
        _print_report(found)


@privacy.command()
@click.argument("household_id", type=click.IntRange(0, 2**31 - 1))
@click.option("--reason", required=True, help="Why, without a name: it goes into the audit.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def erase(settings: Settings, *, household_id: int, reason: str, as_json: bool) -> None:
    """Erase name, phone, flags and notes of a household; the dwelling stays."""
    from app.privacy import households  # noqa: PLC0415

    with _as_owner(settings) as session:
        erased = households.erase(session, household_id, reason)
    if as_json:
        click.echo(json.dumps(erased))
        return
    click.echo(
        f"Household {household_id}: name, phone and {counted(erased['flags'], 'flag')} with their notes are erased."
    )
    click.echo("What remains, and why:")
    click.echo("  the dwelling and how many persons live in it: places and numbers, counted for grids and response")
    click.echo(
        f"  {counted(erased['looks'], 'row')} of the audit: who looked when; they hold numbers, no name and no phone"
    )
    click.echo("  incidents at the building: they belong to the place, and lose their persons when they are old")
    click.echo("  backups made before today: they are deleted when their time is over")


@privacy.command()
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def retain(settings: Settings, *, dry_run: bool, as_json: bool) -> None:
    """Let go what has been kept long enough; a running server does this once a day.

    WANGGE_POSITION_HOURS (24), WANGGE_INCIDENT_DAYS (365) and WANGGE_FLAG_DAYS (90) say how long.
    """
    from app.privacy import retention  # noqa: PLC0415

    with _as_owner(settings) as session:
        gone = retention.retain(session, settings)
        if dry_run:
            session.rollback()  # the very run, undone: its counts are exact
    if gone is None:
        raise click.ClickException("Another run is at it at this moment.")
    if as_json:
        click.echo(json.dumps({"dry_run": dry_run, "gone": gone}))
        return
    click.echo("This would go:" if dry_run else "This has gone:")
    for kind, count in gone.items():
        click.echo(f"  {count:>6}  {kind}")


@contextmanager
def _as_owner(settings: Settings) -> Iterator["SqlSession"]:
    """A transaction on the newest schema, as the role that owns it."""
    import app.areas.models  # noqa: F401, PLC0415 (users stand in areas)
    from app.cluster import ready  # noqa: PLC0415
    from app.privacy.owner import owner_session  # noqa: PLC0415

    with ready(settings) as database, owner_session(database.owner, settings) as session:
        yield session


def _print_report(found: dict[str, Any]) -> None:
    home = found["household"]
    click.echo(f"Household {home['id']}: {home['community']} {home['grid']} {_where(home)} [{home['dwelling']}]")
    click.echo(f"  persons {home['size']}, name {home['contact_name'] or '–'}, phone {home['contact_phone'] or '–'}")
    click.echo(f"Flags: {len(found['flags'])}")
    for flag in found["flags"]:
        until = f", cleared {flag['cleared_at']:%Y-%m-%d} by {flag['cleared_by'] or '–'}" if flag["cleared_at"] else ""
        note = f" “{flag['note']}”" if flag["note"] else ""
        click.echo(f"  {flag['kind']}{note}, set {flag['set_at']:%Y-%m-%d} by {flag['set_by'] or 'an import'}{until}")
    click.echo(f"Exports that held it: {len(found['exports'])}")
    for export in found["exports"]:
        how = "in full" if export["unmasked"] else "masked"
        click.echo(f"  no. {export['id']} for {export['requested_by']}, {how}: {export['purpose']}")
    click.echo(f"Looks and acts on record: {len(found['looks'])}")
    for look in found["looks"]:
        click.echo(f"  {look['at']:%Y-%m-%d %H:%M}  {look['by'] or 'a command'}  {look['act']}")
    count = found["incidents_at_the_building"]
    click.echo(f"Incidents at the building: {count}. They belong to the place, to no household.")


def _where(one: dict[str, Any]) -> str:
    return f"{one['address']} {one['entrance']} {one['number']}"
