"""Tables as files for Excel and its like, in which no cell is ever a formula and no code loses a digit.

What people write into the register comes back here, and a spreadsheet runs a cell that begins with =, +, - or @
("formula injection"). Such a text gets an apostrophe in CSV and is marked as text in XLSX; numbers and dates stay such.
"""

import csv
import io
import math
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from itertools import chain
from typing import Any, NamedTuple

from app.days import CHINA

CSV_TYPE = "text/csv; charset=utf-8"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

STARTS = frozenset("=+-@|%")  # of a formula, or of what old programs take for a command
MOST_DIGITS = 11  # that a spreadsheet shows as they are; past 15 it destroys them
LONGEST_CELL = 32_000  # characters; Excel takes 32,767
LONGEST_MARK = 200  # characters of a watermark: a page's header takes 255
LONGEST_TITLE = 31  # characters of a sheet's name
NOT_IN_TITLES = str.maketrans(dict.fromkeys("[]:*?/\\'", " "))
WIDTH = 18  # characters of a column

Cell = str | float | date | None


class Sheet(NamedTuple):
    """A table of a workbook."""

    title: str
    columns: Sequence[str]
    rows: Iterable[Sequence[Cell]]


def csv_bytes(columns: Sequence[str], rows: Iterable[Sequence[Cell]], watermark: str | None = None) -> bytes:
    """The table in UTF-8 with the mark by which Excel knows it; the watermark is a row before the heading."""
    return "".join(csv_lines(columns, rows, watermark)).encode()


def csv_lines(columns: Sequence[str], rows: Iterable[Sequence[Cell]], watermark: str | None = None) -> Iterator[str]:
    """The same a row at a time, for a table that is sent while it is read."""
    out = io.StringIO("\ufeff")
    out.seek(1)
    # All in quotes: where a spreadsheet parts cells by semicolons, "x;=1+1" stays one cell.
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    for row in chain([[watermark]] if watermark else [], [columns], rows):
        writer.writerow([_in_csv(cell) for cell in row])
        yield out.getvalue()
        out.seek(0)
        out.truncate()


def xlsx_bytes(
    title: str, columns: Sequence[str], rows: Iterable[Sequence[Cell]], watermark: str | None = None
) -> bytes:
    """The table as a workbook of one sheet; the watermark stands on every page, in the properties and in row 1."""
    return book_bytes([Sheet(title, columns, rows)], watermark)


def book_bytes(tables: Iterable[Sheet], watermark: str | None = None) -> bytes:
    """Tables as the sheets of one workbook, each as in `xlsx_bytes`."""
    # Imported here: only an export needs it.
    from openpyxl import Workbook  # noqa: PLC0415

    book = Workbook(write_only=True)
    mark = clean(watermark)[:LONGEST_MARK] if watermark else None
    if mark:
        book.properties.creator = book.properties.description = book.properties.keywords = mark
    for table in tables:
        _add(book, table, mark)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _add(book: Any, table: Sheet, mark: str | None) -> None:
    """A sheet more in a workbook."""
    from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415
    from openpyxl.styles import Font  # noqa: PLC0415
    from openpyxl.utils import get_column_letter  # noqa: PLC0415

    sheet = book.create_sheet(clean(table.title).translate(NOT_IN_TITLES).strip()[:LONGEST_TITLE] or "Sheet")
    sheet.freeze_panes = "A3" if mark else "A2"
    for number in range(1, len(table.columns) + 1):
        sheet.column_dimensions[get_column_letter(number)].width = WIDTH

    def written(value: Cell, font: Font | None = None) -> Any:
        safe = _plain(value)
        cell: Any = WriteOnlyCell(sheet, value=safe)  # type: ignore[arg-type]  # dates are taken too
        if isinstance(safe, str):
            cell.data_type = "s"  # openpyxl would make a formula of "=…"
            cell.number_format = "@"
            cell.quotePrefix = True  # stays text when somebody edits the cell
        if font:
            cell.font = font
        return cell

    if mark:
        for part in (sheet.oddHeader.center, sheet.oddFooter.center):
            part.text = mark.replace("&", "&&")  # a single one begins a code
        sheet.append([written(mark, Font(italic=True, color="808080"))])
    sheet.append([written(name, Font(bold=True)) for name in table.columns])
    for row in table.rows:
        sheet.append([written(cell) for cell in row])


def clean(text: str) -> str:
    """The text without control characters, invisible signs and half characters; line ends stay."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    return "".join(sign for sign in lines if sign == "\n" or unicodedata.category(sign) not in {"Cc", "Cf", "Cs"})


def is_formula(text: str) -> bool:
    """Whether a spreadsheet might run it: its first sign, full-width or not, begins a formula."""
    return unicodedata.normalize("NFKC", text.lstrip()[:1])[:1] in STARTS


def is_code(text: str) -> bool:
    """Whether a spreadsheet would take it for a number and lose digits: many of them, or zeros before."""
    return text.isdigit() and (len(text) > MOST_DIGITS or (len(text) > 1 and text[0] in "0０"))


def _plain(value: Cell) -> Cell:
    """The value as both files hold it: texts cleaned, times in China's, numbers that a spreadsheet can hold."""
    if isinstance(value, str):
        return clean(value)[:LONGEST_CELL]
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(CHINA).replace(tzinfo=None)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, int) and abs(value) >= 10**MOST_DIGITS:
        return str(value)
    return value


def _in_csv(value: Cell) -> str:
    """The cell of a CSV file."""
    match safe := _plain(value):
        case None:
            return ""
        case str():
            return f"'{safe}" if is_formula(safe) or is_code(safe.strip().lstrip("-")) else safe
        case datetime():
            return safe.isoformat(sep=" ", timespec="minutes")
    return str(safe)
