"""Rows into PostgreSQL by COPY, with ids that are known before a row is sent."""

from collections.abc import Iterable, Sequence
from io import StringIO
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.geo import LONLAT

ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def reserved_ids(session: Session, table: str, count: int) -> list[int]:
    """`count` new ids of a table, taken from its sequence."""
    rows = session.execute(
        text("SELECT nextval(pg_get_serial_sequence(:table, 'id')) FROM generate_series(1, :count)"),
        {"table": table, "count": count},
    )
    return [int(row[0]) for row in rows]


def copy_rows(session: Session, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Send rows to a table; values are None, text, numbers, booleans, dates and EWKB in hex."""
    into, listed = table, ", ".join(columns)
    # PostgreSQL takes no COPY where row-level security holds, so there the rows arrive in a table beside it.
    walled = bool(session.scalar(text("SELECT row_security_active(:table)"), {"table": table}))
    if walled:
        into = "arriving"
        session.execute(text(f"CREATE TEMP TABLE {into} AS SELECT {listed} FROM {table} WITH NO DATA"))  # noqa: S608
    _copy(session, f"COPY {into} ({listed}) FROM STDIN", rows)
    if walled:
        session.execute(text(f"INSERT INTO {table} ({listed}) SELECT {listed} FROM {into}"))  # noqa: S608 (our names)
        session.execute(text(f"DROP TABLE {into}"))


def _copy(session: Session, statement: str, rows: Iterable[Sequence[Any]]) -> None:
    """Send rows to the COPY `statement`."""
    buffer = StringIO()
    for row in rows:
        buffer.write("\t".join(map(_field, row)) + "\n")
    buffer.seek(0)
    driver = session.connection().connection.driver_connection
    if driver is None:
        raise RuntimeError("the connection has gone")
    with driver.cursor() as cursor:
        cursor.copy_expert(statement, buffer)


def ewkb(geometries: Sequence[BaseGeometry]) -> list[str]:
    """lon/lat geometries as EWKB in hex, the form in which PostGIS reads them fastest."""
    if not geometries:
        return []
    shapes = shapely.set_srid(np.asarray(geometries, dtype=object), LONLAT)
    return [str(wkb) for wkb in shapely.to_wkb(shapes, hex=True, include_srid=True)]


def _field(value: object) -> str:
    """One value in COPY's text format."""
    if value is None:
        return "\\N"
    if isinstance(value, str):
        return value.translate(ESCAPES)
    return str(value)
