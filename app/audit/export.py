"""The audit as a file: CSV for a spreadsheet, JSON lines for a program, both made row by row."""

import json
from collections.abc import Iterable, Iterator
from datetime import UTC
from enum import StrEnum
from typing import Any

from flask_babel import gettext as _

from app.audit.acts import title
from app.audit.queries import Row
from app.days import CHINA
from app.sheets import Cell, csv_lines


class Format(StrEnum):
    """What a file is written in; the value is also its suffix."""

    CSV = "csv"
    JSON_LINES = "jsonl"


MEDIA_TYPES = {Format.CSV: "text/csv", Format.JSON_LINES: "application/x-ndjson"}


def lines(rows: Iterable[Row], form: Format) -> Iterator[str]:
    """The file, a line at a time."""
    return csv_lines(head(), map(cells, rows)) if form is Format.CSV else map(json_line, rows)


def head() -> list[str]:
    """What the columns of a CSV are called."""
    return [
        _("Number"), _("Time"), _("Person"), _("User name"), _("Act"), _("Code"), _("Subject"), _("Subject's number"),
        _("Details"), _("Hash"),
    ]  # fmt: skip


def cells(row: Row) -> list[Cell]:
    """A row of a CSV: China's time to the second, the act in words and by its code."""
    at = row.at.astimezone(CHINA).isoformat(" ", "seconds")
    said = (title(row.act), row.act, row.subject_type, row.subject_id, row.detail, row.hash)
    return [row.id, at, row.person, row.login, *said]


def json_line(row: Row) -> str:
    """A row as one line of JSON, with all that its hash is made of; `detail` as PostgreSQL writes it."""
    return f'{json.dumps(fields(row), ensure_ascii=False)[:-1]}, "detail": {row.detail}}}\n'


def fields(row: Row) -> dict[str, Any]:
    """The row for JSON, without its detail."""
    return {
        "id": row.id,
        "at": row.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "user_id": row.user_id,
        "user": row.login,
        "act": row.act,
        "subject_type": row.subject_type,
        "subject_id": row.subject_id,
        "previous_hash": row.previous_hash,
        "hash": row.hash,
    }
