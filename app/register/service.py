"""Tagging households: the whole wanted set of flags replaces the one in force, and every look or change is audited."""

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

from flask_babel import lazy_gettext as _
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.accounts.audit import record
from app.accounts.identity import Identity
from app.accounts.rights import Capability
from app.areas.scope import may_in_grid
from app.days import TODAY_SQL
from app.errors import Forbidden, Invalid, NotFound
from app.register.models import Building, Flag
from gis.city import FlagKind

if TYPE_CHECKING:
    from app.areas.scope import Scope

_BLOCK = text("SELECT community_id, grid_id FROM blocks WHERE id = :block")
MAX_NOTE = 500  # characters

# Locks the household, so that two people who tag it at once act one after the other.
_HOUSEHOLD = text("""
    SELECT h.id FROM households h JOIN blocks k ON k.id = h.block_id
    WHERE h.id = :id
      AND (CAST(:communities AS int[]) IS NULL OR k.community_id = ANY(CAST(:communities AS int[])))
      AND (CAST(:grids AS int[]) IS NULL OR k.grid_id = ANY(CAST(:grids AS int[])))
    FOR UPDATE OF h
""")


class Wanted(NamedTuple):
    """A flag as it shall be: kind, note, and the last day on which it holds."""

    kind: FlagKind
    note: str = ""
    expires_on: date | None = None


def set_flags(
    session: Session, scope: "Scope", who: Identity, household_id: int, wanted: Sequence[Wanted]
) -> dict[str, Any]:
    """Make `wanted` the flags of a household; return them and the previous ones, to undo with. NotFound, Invalid."""
    _lock(session, scope, household_id)
    today: date = session.execute(text(f"SELECT {TODAY_SQL}")).scalar_one()
    _check(wanted, today)
    open_rows = list(session.scalars(select(Flag).where(Flag.household_id == household_id, Flag.cleared_at.is_(None))))
    in_force = {_as_wanted(row) for row in open_rows if row.expires_on is None or row.expires_on >= today}
    fresh = set(wanted) - in_force
    gone = [row for row in open_rows if _as_wanted(row) not in set(wanted) or _as_wanted(row) not in in_force]
    for row in gone:
        row.cleared_at, row.cleared_by = func.now(), who.id
    session.flush()  # the old row of a kind has to be closed before the new one opens
    session.add_all(
        Flag(household_id=household_id, kind=f.kind, note=f.note, expires_on=f.expires_on, set_by=who.id) for f in fresh
    )
    if fresh or in_force - set(wanted):
        # Kinds only: a note may name a person, and the audit never does.
        kinds = {"set": sorted(f.kind for f in fresh), "cleared": sorted(f.kind for f in in_force - set(wanted))}
        record(session, who, "flags.set", "household", household_id, **kinds)
    session.flush()
    return {"household": household_id, "flags": _listed(wanted), "previous": _listed(in_force)}


def set_climb(
    session: Session, scope: "Scope", who: Identity, building_id: int, figures: dict[str, float | None]
) -> dict[str, float | None]:
    """Make `figures` (by the names in queries.CLIMB) those of a building; every zone from here on reckons with them.

    NotFound, Forbidden in another grid than one's own.
    """
    row = session.scalar(select(Building).where(Building.id == building_id).with_for_update())
    place = session.execute(_BLOCK, {"block": row.block_id}).one() if row else None
    if row is None or place is None or not (scope.community_ids is None or place.community_id in scope.community_ids):
        raise NotFound(_("There is no such building in your area."))
    if not may_in_grid(session, who, Capability.EDIT_CLIMBS, place.grid_id):
        raise Forbidden(_("Your role may not do this."))
    before = {name: getattr(row, name) for name in figures}
    if before != figures:
        for name, value in figures.items():
            setattr(row, name, value)
        record(session, who, "climb.set", "building", building_id, before=before, after=figures)
    session.flush()
    return figures


def audit_look(session: Session, who: Identity, building_id: int, entrances: list[dict[str, Any]]) -> None:
    """Leave a row that says whose households of a building this user was shown; none where there were none."""
    seen = [
        dwelling["household"]["id"]
        for entrance in entrances
        for floor in entrance["floors"]
        for dwelling in floor["dwellings"]
        if dwelling["household"]
    ]
    if seen:
        record(session, who, "household.seen", "building", building_id, households=seen)


def _lock(session: Session, scope: "Scope", household_id: int) -> None:
    bound = {"id": household_id, "communities": scope.communities, "grids": scope.grids}
    if session.execute(_HOUSEHOLD, bound).one_or_none() is None:
        raise NotFound(_("There is no such household in your area."))


def _check(wanted: Sequence[Wanted], today: date) -> None:
    kinds = [flag.kind for flag in wanted]
    if len(set(kinds)) < len(kinds):
        raise Invalid(_("A household carries each kind of flag once."), field="flags")
    for place, flag in enumerate(wanted):
        if len(flag.note) > MAX_NOTE:
            raise Invalid(_("A note has at most 500 characters."), field=f"flags.{place}.note")
        if flag.expires_on is not None and flag.expires_on < today:
            raise Invalid(_("This expiry date is in the past."), field=f"flags.{place}.expires_on")


def _as_wanted(row: Flag) -> Wanted:
    return Wanted(FlagKind(row.kind), row.note, row.expires_on)


def _listed(flags: Sequence[Wanted] | set[Wanted]) -> list[dict[str, Any]]:
    order = list(FlagKind)
    return [
        {"kind": f.kind.value, "note": f.note, "expires_on": f.expires_on.isoformat() if f.expires_on else None}
        for f in sorted(flags, key=lambda flag: order.index(flag.kind))
    ]
