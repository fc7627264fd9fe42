"""What is held about one household, who looked, and how it is erased: for the machine's owner, at a resident's wish.

The audit is read as the owner of the database; its rows hold numbers, never names, and are never changed.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts.audit import record
from app.errors import Invalid, NotFound
from app.privacy.contacts import contact, forget
from app.sealing import Sealer

MOST_FOUND = 50

_PLACE = """
    SELECT h.id, d.key AS dwelling, coalesce(nullif(b.address, ''), b.name) AS address, b.id AS building_id,
           e.label AS entrance, d.floor, d.number, h.size, h.contact_name, h.contact_phone,
           g.name AS grid, a.name AS community
    FROM households h
      JOIN dwellings d ON d.id = h.dwelling_id
      JOIN entrances e ON e.id = d.entrance_id
      JOIN buildings b ON b.id = e.building_id
      JOIN blocks k ON k.id = h.block_id
      JOIN grids g ON g.id = k.grid_id
      JOIN areas a ON a.id = g.community_id
"""
_ONE = text(f"{_PLACE} WHERE h.id = :id")
_FIND = text(f"""{_PLACE}
    WHERE d.key = :words OR strpos(lower(concat_ws(' ', b.address, b.name, e.label, d.number)), lower(:words)) > 0
    ORDER BY b.id, length(e.label), e.label, d.floor, length(d.number), d.number LIMIT :most
""")
_FLAGS = text("""
    SELECT f.kind, f.note, f.expires_on, f.set_at, s.name AS set_by, f.cleared_at, c.name AS cleared_by
    FROM flags f LEFT JOIN users s ON s.id = f.set_by LEFT JOIN users c ON c.id = f.cleared_by
    WHERE f.household_id = :id ORDER BY f.id
""")
# A row is about a household where it is its subject, or where it lists what was shown or handed out.
_LOOKS = text("""
    SELECT r.at, u.name AS by, r.act, r.subject_type, r.subject_id FROM audit r LEFT JOIN users u ON u.id = r.user_id
    WHERE (r.subject_type = 'household' AND r.subject_id = CAST(:id AS text))
       OR r.detail @> jsonb_build_object('households', jsonb_build_array(CAST(:id AS int)))
    ORDER BY r.id
""")
_EXPORTS = text("""
    SELECT x.id, u.name AS requested_by, x.purpose, x.unmasked, x.columns, x.requested_at FROM exports x
    JOIN users u ON u.id = x.requested_by WHERE x.id = ANY(CAST(:ids AS int[])) ORDER BY x.id
""")
_INCIDENTS = text("SELECT count(*) FROM incidents WHERE building_id = :building")


def find(session: Session, words: str) -> list[dict[str, Any]]:
    """Up to 50 households whose dwelling has this key, or whose address holds the words; without names and phones."""
    rows = session.execute(_FIND, {"words": words.strip(), "most": MOST_FOUND}).mappings()
    return [{name: value for name, value in row.items() if not name.startswith("contact_")} for row in rows]


def report(session: Session, household_id: int, sealer: Sealer) -> dict[str, Any]:
    """Everything that is held about a household, and who looked at it when. NotFound. The report is audited itself."""
    row = session.execute(_ONE, {"id": household_id}).mappings().one_or_none()
    if row is None:
        raise NotFound(f"There is no household {household_id}.")
    whole = dict(row)
    whole["contact_name"], whole["contact_phone"] = contact(row, sealer, unmasked=True)
    looks = [dict(look) for look in session.execute(_LOOKS, {"id": household_id}).mappings()]
    exported = [int(look["subject_id"]) for look in looks if look["act"] == "export.downloaded"]
    flags = session.execute(_FLAGS, {"id": household_id}).mappings()
    exports = session.execute(_EXPORTS, {"ids": exported}).mappings()
    found = {
        "household": whole,
        "flags": [dict(flag) for flag in flags],
        "exports": [dict(export) for export in exports],
        "looks": looks,
        "incidents_at_the_building": session.scalar(_INCIDENTS, {"building": row["building_id"]}),
    }
    record(session, None, "privacy.reported", "household", household_id)
    return found


def erase(session: Session, household_id: int, reason: str) -> dict[str, int]:
    """How many flags went and looks stay on record; name, phone, flags and notes are gone. NotFound, Invalid."""
    if not reason.strip():
        raise Invalid("Say why, without a name: the reason goes into the audit.", field="reason")
    if not session.scalar(text("SELECT id FROM households WHERE id = :id FOR UPDATE"), {"id": household_id}):
        raise NotFound(f"There is no household {household_id}.")
    forget(session, household_id)
    gone = session.execute(text("DELETE FROM flags WHERE household_id = :id RETURNING id"), {"id": household_id})
    erased = len(gone.all())
    looks = len(session.execute(_LOOKS, {"id": household_id}).all())
    record(session, None, "privacy.erased", "household", household_id, reason=reason.strip(), flags=erased)
    return {"flags": erased, "looks": looks}


def plain(value: object) -> str:
    """A date or an instant as JSON holds it."""
    if isinstance(value, date | datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is no JSON")
