"""The rows of the audit as the page shows them: by day, in sentences, with links to more of the same."""

import json
from datetime import datetime
from typing import Any, NamedTuple

from flask_babel import format_date, format_datetime
from sqlalchemy.orm import Session

from app.audit import queries
from app.audit.acts import Names, sentence, subject, title
from app.audit.queries import Row
from app.days import CHINA


class Shown(NamedTuple):
    """A row in words."""

    row: Row
    time: str
    title: str
    sentence: str
    subject: str
    detail: list[tuple[str, str]]


class Day(NamedTuple):
    """The rows of one day, newest first."""

    name: str
    rows: list[Shown]


def days(session: Session, rows: list[Row]) -> list[Day]:
    """The rows under the names of their days."""
    details = [_detail(row) for row in rows]
    names = _names(session, rows, details)
    made: list[Day] = []
    for row, detail in zip(rows, details, strict=True):
        day = format_date(row.at.astimezone(CHINA), "full")
        if not made or made[-1].name != day:
            made.append(Day(day, []))
        made[-1].rows.append(_shown(row, detail, names))
    return made


def moment(at: datetime) -> str:
    """An instant to the second, in China's time."""
    return str(format_datetime(at, "yyyy-MM-dd HH:mm:ss"))


def _shown(row: Row, detail: dict[str, Any], names: Names) -> Shown:
    return Shown(
        row,
        format_datetime(row.at, "HH:mm:ss"),
        title(row.act),
        sentence(row.act, row.subject_type, row.subject_id, detail, names),
        subject(row.subject_type, row.subject_id, names),
        [(name, _text(value)) for name, value in detail.items()],
    )


def _names(session: Session, rows: list[Row], details: list[dict[str, Any]]) -> Names:
    """What the users and areas are called that the rows are about."""
    users = {row.subject_id for row in rows if row.subject_type == "user"}
    areas = {row.subject_id for row in rows if row.subject_type == "area"}
    for detail in details:
        users |= {str(detail["user"])} if "user" in detail else set()
        areas |= {str(detail["area"])} if "area" in detail else set()
    return queries.names(session, users, areas)


def _detail(row: Row) -> dict[str, Any]:
    """The detail by its parts; something else that was put there by hand is one part without a name."""
    detail = json.loads(row.detail)
    return detail if isinstance(detail, dict) else {"": detail}


def _text(value: object) -> str:
    """A part of the detail as it stands on record."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
