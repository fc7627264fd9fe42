"""The doors behind which households are reached too late: a list with counts of flags, and the same as a file.

Counts of needs point at people where a door has few households. So both leave a row in the audit; the list tells needs
where the scope knows the households, and the file, which no wall can follow, only where several behind a door have one.
"""

from datetime import UTC, datetime
from typing import Any

import numpy as np
from flask_babel import format_datetime, gettext
from flask_babel import lazy_gettext as _
from sqlalchemy.orm import Session

from app import sheets
from app.accounts.audit import record
from app.accounts.identity import Identity
from app.areas.scope import Scope
from app.coverage import queries
from app.coverage.schemas import CoverageQuery, OutsideQuery, Sort
from app.coverage.service import Answer, answer
from app.errors import TooLarge
from app.i18n import language
from app.register.kinds import STYLES
from app.response.homes import KINDS
from gis.city import FlagKind

MOST_ROWS = 20_000  # of a file
FEWEST = 3  # households behind one door with a need, for the file to tell it; as on a wall map
HEADS = (
    _("Community"),
    _("Grid"),
    _("Building"),
    _("Address"),
    _("Entrance"),
    _("Households outside"),
    _("Households behind the door"),
    _("Seconds to the door"),
)


def outside(session: Session, who: Identity, scope: Scope, question: OutsideQuery) -> dict[str, Any]:
    """A page of the doors with households outside, most first, and how many doors there are."""
    asked = answer(session, scope, question)
    rows = _rows(asked, question.sort)
    page = _named(session, rows[question.offset : question.offset + question.limit])
    record(session, who, "coverage.listed", "area", asked.area.id, households=_count(page), doors=len(page))
    return {"doors": page, "total": len(rows), "offset": question.offset, "limit": asked.found.limit}


def file(session: Session, who: Identity, scope: Scope, question: CoverageQuery) -> tuple[str, bytes]:
    """The name and content of the whole list as a workbook; TooLarge past MOST_ROWS doors."""
    asked = answer(session, scope, question)
    rows = _rows(asked, Sort.HOUSEHOLDS)
    if len(rows) > MOST_ROWS:
        sentence = gettext(
            "The list has %(count)d doors; at most %(most)d fit. Choose a smaller area.",
            count=len(rows),
            most=MOST_ROWS,
        )
        raise TooLarge(sentence, field="area")
    doors = _named(session, rows)
    record(session, who, "coverage.exported", "area", asked.area.id, households=_count(doors), doors=len(doors))
    kinds = [style for style in STYLES if any(_many(door, style.kind) for door in doors)]
    heads = [str(head) for head in HEADS] + [str(style.label) for style in kinds]
    cells = [[*_cells(door), *(_many(door, style.kind) for style in kinds)] for door in doors]
    content = sheets.xlsx_bytes(gettext("Households outside"), heads, cells, _watermark(asked, who))
    return f"wangge-coverage-{asked.area.code}.xlsx", content


def _rows(asked: Answer, sort: Sort) -> list[dict[str, Any]]:
    """Every door with households outside, sorted, without names yet; flags None where the scope knows none there."""
    found = asked.found
    homes = found.ground.homes
    doors, outside_, flags = found.doors_outside()
    seconds = np.where(np.isfinite(found.arrival[doors]), found.arrival[doors], np.inf)
    by = {Sort.HOUSEHOLDS: outside_, Sort.SECONDS: seconds, Sort.FLAGS: flags.sum(axis=1)}
    # Stable, so that what is equal stays in the order of the others.
    order = np.lexsort((homes.doors.id[doors], -seconds, -outside_, -by[sort]))
    behind = np.bincount(homes.households.door, homes.households.count, minlength=len(homes.doors.id))
    return [
        {
            "id": int(homes.doors.id[doors[at]]),
            "seconds": round(float(seconds[at]), 1) if np.isfinite(seconds[at]) else None,
            "households": int(behind[doors[at]]),
            "outside": int(outside_[at]),
            "flags": _by_kind(flags[at]) if found.known[doors[at]] else None,
        }
        for at in order
    ]


def _by_kind(row: np.ndarray[Any, np.dtype[np.int64]]) -> dict[str, int]:
    return {KINDS[at].value: int(row[at]) for at in np.flatnonzero(row)}


def _named(session: Session, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows with where their doors are and what these are called."""
    found = queries.doors(session, [row["id"] for row in rows])
    return [{**row, **found[row["id"]]} for row in rows]


def _count(doors: list[dict[str, Any]]) -> int:
    return sum(door["outside"] for door in doors)


def _many(door: dict[str, Any], kind: FlagKind) -> int | None:
    """How many behind the door have the need, where they are so many that nobody is pointed at."""
    count = (door["flags"] or {}).get(kind.value, 0)
    return count if count >= FEWEST else None


def _cells(door: dict[str, Any]) -> list[sheets.Cell]:
    english = language() == "en"

    def name(part: str) -> str:
        return str((english and door[f"{part}_en"]) or door[part])

    building = name("name") or door["address"]
    return [
        name("community"),
        name("grid"),
        building,
        door["address"],
        door["label"],
        door["outside"],
        door["households"],
        door["seconds"],
    ]


def _watermark(asked: Answer, who: Identity) -> str:
    mark: str = gettext(
        "Coverage within %(seconds)d seconds, for %(display_name)s (%(name)s), %(at)s.",
        seconds=round(asked.found.limit),
        display_name=who.display_name,
        name=who.name,
        at=format_datetime(datetime.now(UTC), "yyyy-MM-dd HH:mm"),
    )
    return mark
