"""The doors that a zone reaches, as a table: where they are, when somebody stands before them, how many live there."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import numpy as np
from flask_babel import gettext
from sqlalchemy import text
from sqlalchemy.orm import Session

from app import sheets
from app.accounts.audit import record
from app.accounts.identity import Identity
from app.areas.scope import Scope
from app.days import CHINA
from app.response.zone import MINUTE, Found, ZoneAsked, searched
from gis.travel import Mode

_NAMES = text("""
    SELECT e.id, e.label AS entrance, b.id AS building_id, b.name, b.name_en, b.address, g.code AS grid
    FROM entrances e JOIN buildings b ON b.id = e.building_id JOIN blocks bl ON bl.id = b.block_id
      JOIN grids g ON g.id = bl.grid_id
    WHERE e.id = ANY(CAST(:ids AS int[]))
""")


class Doors(NamedTuple):
    """Doors by arrival, as many as were asked for, and how many there are."""

    rows: list[dict[str, Any]]
    total: int


class File(NamedTuple):
    """A table as a file."""

    name: str
    content: bytes
    media_type: str


def reached_doors(session: Session, scope: Scope, asked: ZoneAsked, most: int | None = None) -> Doors:
    """The first `most` doors (all) that the zone reaches, with seconds, households and how many of them in time."""
    found = searched(session, scope, asked, now=datetime.now(UTC))
    doors, households = found.origins.ground.homes.doors, found.origins.ground.homes.households
    arrival = np.where(found.origins.ground.homes.visible, found.doors, np.inf)
    reached = np.flatnonzero(np.isfinite(arrival))
    order = reached[np.argsort(arrival[reached], kind="stable")]
    inside = arrival[households.door] + households.climb <= asked.minutes[-1] * MINUTE
    every, within = (
        np.bincount(households.door, households.count * mask, minlength=len(doors.id)).astype(int)
        for mask in (np.ones(len(inside)), inside)
    )
    shown = order[:most]
    names = {row["id"]: row for row in session.execute(_NAMES, {"ids": doors.id[shown].tolist()}).mappings()}
    rows = [
        {
            **names[number],
            "seconds": round(float(arrival[at]), 1),
            "minutes": _band(found, asked.minutes, at),
            "households": int(every[at]),
            "households_inside": int(within[at]),
        }
        for at, number in zip(shown, doors.id[shown].tolist(), strict=True)
        if number in names
    ]
    return Doors(rows, len(order))


def _band(found: Found, minutes: Sequence[float], door: Any) -> float:
    """The first of the minutes within which the door is reached."""
    return next(minute for minute in minutes if found.doors[door] <= minute * MINUTE)


def doors_file(session: Session, scope: Scope, who: Identity, asked: ZoneAsked, *, xlsx: bool) -> File:
    """All reached doors as XLSX or CSV, without a word about who lives there; on record as an export."""
    found = reached_doors(session, scope, asked)
    columns = [
        gettext("Grid"),
        gettext("Building"),
        gettext("Address"),
        gettext("Entrance"),
        gettext("Seconds to the entrance"),
        gettext("Within minutes"),
        gettext("Households"),
        gettext("Households inside, with the climb"),
    ]
    keys = ("grid", "name", "address", "entrance", "seconds", "minutes", "households", "households_inside")
    rows = [[row[key] for key in keys] for row in found.rows]
    record(session, who, "zone.exported", "zone", asked.mode.value, doors=found.total, minutes=list(asked.minutes))
    if xlsx:
        return File(
            "zone.xlsx", sheets.xlsx_bytes(gettext("Response zone"), columns, rows, _made(asked)), sheets.XLSX_TYPE
        )
    return File("zone.csv", sheets.csv_bytes(columns, rows, _made(asked)), sheets.CSV_TYPE)


def _made(asked: ZoneAsked) -> str:
    """The line above the table: what was asked, and when."""
    modes = {
        Mode.FOOT: gettext("on foot"),
        Mode.EBIKE: gettext("by e-bike"),
        Mode.CAR: gettext("by car"),
        Mode.EMERGENCY: gettext("by emergency vehicle"),
    }
    return str(
        gettext(
            "Response zone %(how)s, %(minutes)s min, %(way)s; as of %(at)s",
            how=modes[asked.mode],
            minutes=", ".join(f"{minute:g}" for minute in asked.minutes),
            way=gettext("toward the place") if asked.direction == "toward" else gettext("out from the place"),
            at=datetime.now(CHINA).isoformat(sep=" ", timespec="minutes"),
        )
    )
