"""Measured runs out of a CSV file: every cell checked, and everything that is wrong told by row and column.

Excel in China writes GBK with commas or semicolons, others write UTF-8; headings may be Chinese or English. Notes are
read and not kept: they may name people.
"""

import csv
import io
import math
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import NamedTuple

from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _
from flask_babel.speaklater import LazyString

from app.days import today
from app.errors import Invalid, TooLarge
from gis.travel import Mode

LARGEST = 2**20  # bytes
MOST_RUNS = 2000
MOST_TOLD = 20  # problems that are named
LONGEST_CELL = 500  # characters
LONGEST_RUN = 4 * 3600.0  # seconds
EARTH = 6_371_000.0  # metres
FASTEST = {Mode.FOOT: 20.0, Mode.EBIKE: 60.0, Mode.CAR: 160.0}  # km/h, in a straight line
SLOWEST = 0.2  # km/h over the straight line, beyond SHORT
SHORT = 100.0  # metres

HEADINGS: dict[str, tuple[str, ...]] = {
    "origin_lon": ("起点经度", "origin_lon", "origin lon"),
    "origin_lat": ("起点纬度", "origin_lat", "origin lat"),
    "destination_lon": ("终点经度", "destination_lon", "destination lon"),
    "destination_lat": ("终点纬度", "destination_lat", "destination lat"),
    "mode": ("出行方式", "方式", "mode"),
    "seconds": ("用时(秒)", "用时（秒）", "用时", "实测用时", "measured_seconds", "measured seconds", "seconds"),
    "date": ("日期", "演练日期", "date"),
    "note": ("备注", "说明", "note"),
}
"""What each column may be called; the first of them in the example."""
OPTIONAL = {"note"}
MODES = {
    "步行": Mode.FOOT,
    "走路": Mode.FOOT,
    "foot": Mode.FOOT,
    "电动车": Mode.EBIKE,
    "电动自行车": Mode.EBIKE,
    "ebike": Mode.EBIKE,
    "e-bike": Mode.EBIKE,
    "汽车": Mode.CAR,
    "开车": Mode.CAR,
    "car": Mode.CAR,
}
DATES = ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日", "%Y%m%d")
EXAMPLE = (
    ("118.7812", "32.0431", "118.7853", "32.0467", "步行", "512", "2026-05-12", "消防演练"),
    ("118.7812", "32.0431", "118.7904", "32.0402", "电动车", "5:05", "2026-05-12", ""),
)
COLUMNS: dict[str, LazyString] = {
    "origin_lon": _("origin longitude"),
    "origin_lat": _("origin latitude"),
    "destination_lon": _("destination longitude"),
    "destination_lat": _("destination latitude"),
    "mode": _("mode"),
    "seconds": _("seconds"),
    "date": _("date"),
}


class Run(NamedTuple):
    """One measured run; `row` is its line in the file, the heading being 1."""

    row: int
    origin: tuple[float, float]  # lon/lat
    destination: tuple[float, float]
    mode: Mode
    seconds: float
    day: date


class Problem(NamedTuple):
    """What is wrong in a row, and in which column."""

    row: int
    column: str
    text: str

    def sentence(self) -> str:
        """It as one sentence."""
        column = str(COLUMNS.get(self.column, self.column))
        return str(
            gettext("Row %(row)d, column “%(column)s”: %(problem)s", row=self.row, column=column, problem=self.text)
        )


def refuse(problems: Sequence[Problem]) -> None:
    """Raise Invalid that names the problems, the first in its sentence; nothing where there is none."""
    if not problems:
        return
    first, more = problems[0].sentence(), len(problems) - 1
    if more:
        first += " " + ngettext("(and %(num)d more)", "(and %(num)d more)", more)
    named = [{**one._asdict(), "sentence": one.sentence()} for one in problems[:MOST_TOLD]]
    raise Invalid(first, field="runs", extra={"problems": named, "count": len(problems)})


def runs_of(content: bytes) -> list[Run]:
    """The runs in a file, in its order. Invalid with every row and column that cannot be, TooLarge."""
    if len(content) > LARGEST:
        raise TooLarge(gettext("The file may have at most %(most)d kB.", most=LARGEST // 1024), field="runs")
    rows = _rows(_text(content))
    heading = next(rows, None)
    if heading is None:
        raise Invalid(gettext("The file is empty."), field="runs")
    columns = _columns(heading[1])
    runs: list[Run] = []
    problems: list[Problem] = []
    for number, cells in rows:
        if len(runs) + len(problems) >= MOST_RUNS:
            raise TooLarge(gettext("A file may have at most %(most)d runs.", most=MOST_RUNS), field="runs")
        wrong = list(_read(number, cells, columns, runs))
        problems += wrong
    refuse(problems)
    if not runs:
        raise Invalid(gettext("There is no run below the headings."), field="runs")
    return runs


def _text(content: bytes) -> str:
    """The file's text: UTF-8 where it is that, else what Excel writes in China."""
    if b"\0" in content:
        raise Invalid(gettext("This is no CSV file. In Excel, save the table as CSV."), field="runs")
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Invalid(gettext("The file's text can be read neither as UTF-8 nor as GBK."), field="runs")


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """The rows with their numbers, empty ones left out; cells are parted by what the heading holds most of."""
    heading = text.lstrip().split("\n", 1)[0]
    part = max(",;\t，；", key=heading.count)
    if part in "，；":
        text, part = text.replace(part, ","), ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=part)
    try:
        for cells in reader:
            stripped = [cell.strip() for cell in cells]
            if any(stripped):
                yield reader.line_num, stripped
    except csv.Error:
        raise Invalid(gettext("Row %(row)d cannot be read as CSV.", row=reader.line_num), field="runs") from None


def _columns(heading: Sequence[str]) -> dict[str, int]:
    """Where each column stands. Invalid where one is missing or named twice."""
    names = {name: column for column, known in HEADINGS.items() for name in known}
    columns: dict[str, int] = {}
    for at, cell in enumerate(heading):
        column = names.get(cell.strip().strip("\ufeff").lower())
        if column in columns:
            raise Invalid(gettext("Two columns are called “%(name)s”.", name=cell[:50]), field="runs")
        if column is not None:
            columns[column] = at
    missing = [HEADINGS[column][0] for column in HEADINGS if column not in columns and column not in OPTIONAL]
    if missing:
        raise Invalid(gettext("The heading lacks: %(names)s.", names=gettext(", ").join(missing)), field="runs")
    return columns


def _read(number: int, cells: Sequence[str], columns: dict[str, int], runs: list[Run]) -> Iterator[Problem]:
    """Add the run of a row to `runs`, or yield what is wrong in it."""
    values: dict[str, object] = {}
    for column, at in columns.items():
        cell = cells[at] if at < len(cells) else ""
        try:
            values[column] = _value(column, cell)
        except ValueError as error:
            yield Problem(number, column, str(error))
    if len(values) == len(columns):
        run = Run(
            number,
            (values["origin_lon"], values["origin_lat"]),  # type: ignore[arg-type]
            (values["destination_lon"], values["destination_lat"]),  # type: ignore[arg-type]
            *(values[name] for name in ("mode", "seconds", "date")),  # type: ignore[arg-type]
        )
        too = _impossible(run)
        if too:
            yield Problem(number, "seconds", too)
        else:
            runs.append(run)


def _value(column: str, cell: str) -> object:
    """The value of a cell; ValueError with what is wrong."""
    if len(cell) > LONGEST_CELL:
        raise ValueError(gettext("the text is too long"))
    if column == "note":
        return ""
    if not cell:
        raise ValueError(gettext("it is empty"))
    if column == "mode":
        if cell.lower() not in MODES:
            raise ValueError(gettext("“%(text)s” is none of 步行, 电动车, 汽车 (foot, ebike, car)", text=cell[:20]))
        return MODES[cell.lower()]
    if column == "date":
        return _day(cell)
    if column == "seconds":
        return _seconds(cell)
    return _degrees(cell, 180.0 if column.endswith("lon") else 90.0)


def _number(cell: str) -> float:
    try:
        number = float(cell)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ValueError(gettext("“%(text)s” is no number", text=cell[:20]))
    return number


def _degrees(cell: str, most: float) -> float:
    degrees = _number(cell)
    if abs(degrees) > most:
        raise ValueError(gettext("%(value)s lies beyond %(most)d degrees", value=cell[:20], most=round(most)))
    return degrees


def _seconds(cell: str) -> float:
    """Seconds, also where they are written as minutes and seconds, 8:32."""
    parts = cell.replace("：", ":").split(":")
    seconds = 0.0
    for part in parts:
        seconds = seconds * 60 + _number(part)
    if len(parts) > len("hms") or any(part.startswith("-") for part in parts) or not 0 < seconds <= LONGEST_RUN:
        raise ValueError(gettext("a run takes more than 0 seconds and at most %(most)d", most=round(LONGEST_RUN)))
    return seconds


def _day(cell: str) -> date:
    for form in DATES:
        try:
            day = datetime.strptime(cell.split(" ", maxsplit=1)[0], form).date()  # noqa: DTZ007 (a day has no zone)
        except ValueError:
            continue
        if date(2000, 1, 1) <= day <= today():
            return day
        raise ValueError(gettext("the day lies in the future or before 2000"))
    raise ValueError(gettext("“%(text)s” is no day like 2026-05-12", text=cell[:20]))


def _impossible(run: Run) -> str:
    """Why nobody can have moved like this; empty where somebody can."""
    metres = straight(run.origin, run.destination)
    kph = metres / run.seconds * 3.6
    if kph > FASTEST[run.mode]:
        return str(
            gettext(
                "%(metres)d m in %(seconds)d s is %(kph)d km/h, faster than anybody moves like this",
                metres=round(metres),
                seconds=round(run.seconds),
                kph=round(kph),
            )
        )
    if metres > SHORT and kph < SLOWEST:
        return str(gettext("%(metres)d m took longer than any walk", metres=round(metres)))
    return ""


def straight(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Metres between two places in lon/lat, near enough for cities."""
    east = math.radians(other[0] - one[0]) * math.cos(math.radians((one[1] + other[1]) / 2))
    return EARTH * math.hypot(east, math.radians(other[1] - one[1]))


def example() -> list[tuple[str, ...]]:
    """The rows of an example file, heading first."""
    return [tuple(known[0] for known in HEADINGS.values()), *EXAMPLE]
