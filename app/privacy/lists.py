"""An approved list of households as a file, with who got it, when and for which export written on every page."""

from typing import NamedTuple

from flask_babel import LazyString, format_datetime, gettext
from flask_babel import lazy_gettext as _
from sqlalchemy import RowMapping

from app import sheets
from app.privacy.contacts import contact
from app.privacy.models import ExportColumn, ExportFormat
from app.privacy.service import Listed
from app.register.kinds import STYLES
from app.sealing import Sealer

HEADS: dict[ExportColumn, LazyString] = {
    ExportColumn.GRID: _("Grid"),
    ExportColumn.ADDRESS: _("Address"),
    ExportColumn.DWELLING: _("Dwelling"),
    ExportColumn.SIZE: _("Persons"),
    ExportColumn.NAME: _("Name"),
    ExportColumn.PHONE: _("Phone"),
    ExportColumn.FLAGS: _("Flags"),
}
FLAGS = {style.kind.value: style.label for style in STYLES}


class File(NamedTuple):
    """A file to send."""

    name: str
    media_type: str
    content: bytes


def file(listed: Listed, sealer: Sealer) -> File:
    """The list as its export wants it, in the language of the request."""
    export = listed.export
    columns = [ExportColumn(column) for column in export.columns]
    heads = [str(HEADS[column]) for column in columns]
    rows = [[_cell(column, row, sealer, unmasked=export.unmasked) for column in columns] for row in listed.households]
    name = f"wangge-export-{export.id}.{export.format}"
    if export.format == ExportFormat.CSV:
        return File(name, sheets.CSV_TYPE, sheets.csv_bytes(heads, rows, watermark(listed)))
    title = gettext("Households, export %(number)d", number=export.id)
    return File(name, sheets.XLSX_TYPE, sheets.xlsx_bytes(title, heads, rows, watermark(listed)))


def watermark(listed: Listed) -> str:
    """What stands on every page: the export's number, who got it, when, and that it goes no further."""
    mark: str = gettext(
        "Export no. %(number)d for %(display_name)s (%(name)s), %(at)s. Personal data: not to be passed on.",
        number=listed.export.id,
        display_name=listed.who.display_name,
        name=listed.who.name,
        at=format_datetime(listed.at, "yyyy-MM-dd HH:mm"),
    )
    return mark


def _cell(column: ExportColumn, row: RowMapping, sealer: Sealer, *, unmasked: bool) -> sheets.Cell:
    match column:
        case ExportColumn.DWELLING:
            return f"{row['label']} {row['number']}".strip()
        case ExportColumn.NAME:
            return contact(row, sealer, unmasked=unmasked).name
        case ExportColumn.PHONE:
            return contact(row, sealer, unmasked=unmasked).phone
        case ExportColumn.FLAGS:
            return str(gettext(", ")).join(str(FLAGS[kind]) for kind in row["flags"])
    value: str | int = row[column.value]
    return value
