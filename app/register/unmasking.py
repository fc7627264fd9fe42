"""Showing a household's name and phone for a reason, and finding households by the last four digits of a phone."""

import re
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

from flask_babel import lazy_gettext as _
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts.audit import record
from app.accounts.identity import Identity
from app.errors import Invalid, NotFound
from app.register.models import Act
from app.register.phones import masked_contact, tail_hash
from app.register.quota import Blocked, take
from app.sealing import Sealer

if TYPE_CHECKING:
    from app.areas.scope import Scope

SHORTEST_NOTE, LONGEST_NOTE = 6, 200  # characters of the reason that is none of the list
MOST_FOUND = 50  # households
NUMBER = re.compile(r"\d{7}|1[3-9]\d[\s-]?\d{4}[\s-]?\d{4}")  # a phone; a date is none

_IN_SCOPE = """
    FROM households h
      JOIN dwellings d ON d.id = h.dwelling_id
      JOIN entrances e ON e.id = d.entrance_id
      JOIN buildings b ON b.id = e.building_id
      JOIN blocks bl ON bl.id = b.block_id
    WHERE (CAST(:communities AS int[]) IS NULL OR bl.community_id = ANY(CAST(:communities AS int[])))
      AND (CAST(:grids AS int[]) IS NULL OR bl.grid_id = ANY(CAST(:grids AS int[])))
"""
_CONTACT = text(f"SELECT h.contact_name AS name, h.contact_phone AS phone {_IN_SCOPE} AND h.id = :id")
_FIND = text(f"""
    SELECT h.id, h.contact_name AS name, h.contact_phone AS phone, b.id AS building_id, b.name AS building_name,
           b.name_en AS building_name_en, b.address, e.label AS entrance, d.floor, d.id AS dwelling_id, d.number,
           ST_X(e.geom) AS lon, ST_Y(e.geom) AS lat
    {_IN_SCOPE} AND h.contact_phone_tail = :tail ORDER BY h.id LIMIT :most
""")


class Reason(StrEnum):
    """Why somebody wants to see a name and a phone."""

    EMERGENCY = "emergency"
    VISIT = "visit"
    CARE = "care"
    REQUEST = "request"
    CORRECTION = "correction"
    OTHER = "other"


class Contact(NamedTuple):
    """Whom to call in a household."""

    name: str
    phone: str


def unmask(
    session: Session,
    sealer: Sealer,
    scope: "Scope",
    who: Identity,
    household_id: int,
    *,
    reason: Reason,
    note: str = "",
) -> Contact | Blocked:
    """The name and phone of a household, on record; Blocked where the user has seen too many. NotFound, Invalid."""
    bound = {"id": household_id, "communities": scope.communities, "grids": scope.grids}
    found = session.execute(_CONTACT, bound).one_or_none()
    if found is None:
        raise NotFound(_("There is no such household in your area."))
    _check(reason, note, found.name)
    if blocked := take(session, who, Act.UNMASK):
        return blocked
    more = {"note": note} if note else {}
    record(session, who, "household.unmasked", "household", household_id, reason=reason, **more)
    return Contact(found.name, sealer.unseal(found.phone))


def find(
    session: Session, sealer: Sealer, scope: "Scope", who: Identity, digits: str
) -> tuple[list[dict[str, Any]], bool] | Blocked:
    """Visible households whose phone ends in the four digits, masked, and whether there are more; on record."""
    if blocked := take(session, who, Act.FIND):
        return blocked
    bound = {"communities": scope.communities, "grids": scope.grids, "tail": tail_hash(sealer, digits)}
    rows = session.execute(_FIND, {**bound, "most": MOST_FOUND + 1}).all()
    shown = rows[:MOST_FOUND]
    # The digits are a part of somebody's phone: the audit holds whom they led to.
    record(session, who, "household.found", "search", "phone_tail", households=[row.id for row in shown])
    return [_found(row, sealer) for row in shown], len(rows) > MOST_FOUND


def _found(row: Any, sealer: Sealer) -> dict[str, Any]:
    names = {"name": row.building_name, "name_en": row.building_name_en, "address": row.address}
    return {
        "id": row.id,
        **masked_contact(sealer, row.name, row.phone),
        "building": {"id": row.building_id, **names},
        "entrance": row.entrance,
        "floor": row.floor,
        "dwelling": {"id": row.dwelling_id, "number": row.number},
        "lon": row.lon,
        "lat": row.lat,
    }


def _check(reason: Reason, note: str, name: str) -> None:
    """Invalid where the words are missing, or say what the audit must not hold."""
    if reason is Reason.OTHER and len(note) < SHORTEST_NOTE:
        raise Invalid(_("Say the reason in a few words."), field="note")
    if NUMBER.search(note) or (name and name in note):
        raise Invalid(_("A reason names no person and no number: it is kept in the audit."), field="note")
