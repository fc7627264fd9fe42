"""A new key for everything that is sealed, while the server runs: it follows the keys, and reads old and new alike.

The old key goes when nothing is sealed with it any more. An interrupted rotation is finished by the next one.
"""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Column, Connection, Engine, func, select, text
from sqlalchemy.orm import Session

from app.db import Base
from app.errors import Conflict
from app.keys import ID_DIGITS, KeyFile
from app.sealing import FORM, LOCK, SEALED, Sealer

BATCH = 2000  # texts sealed anew in one transaction
ROTATION = 0x524F5441  # "ROTA": one rotation at a time on a database
_TEXTS = text("""
    SELECT c.table_name, c.column_name FROM information_schema.columns c
    JOIN information_schema.tables t USING (table_schema, table_name)
    WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE' AND c.data_type = 'text' ORDER BY 1, 2
""")
Progress = Callable[[str, float], None]
"""Told the table in hand and the share of the whole done, 0 to 1."""


class Rotated(NamedTuple):
    """What a rotation did: how many texts of each column it sealed anew, and which keys are left."""

    resealed: dict[str, int]
    key: str
    removed: tuple[str, ...]
    resumed: bool


def rotate(engine: Engine, sealer: Sealer, progress: Progress) -> Rotated:
    """Seal everything with a new key and remove the old ones; Conflict where a rotation is running already.

    With a key service, which alone can make and remove keys, the newest of its keys seals everything.
    """
    with engine.connect() as guard:
        if not guard.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": ROTATION}):
            raise Conflict("A rotation is running already: let it finish.")
        try:
            return _rotate(engine, sealer, progress)
        finally:
            guard.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": ROTATION})


def sealed_with(connection: Connection) -> dict[str, int]:
    """How many texts each key seals, by its id."""
    counts: dict[str, int] = {}
    for column in _present(connection):
        name = func.left(column, ID_DIGITS)
        for key, count in connection.execute(select(name, func.count()).where(column != "").group_by(name)):
            counts[key] = counts.get(key, 0) + count
    return counts


def sealed_columns() -> list[Column[str]]:
    """Every column that is marked as sealed, in the order of the tables."""
    for models in sorted(Path(__file__).parent.glob("*/models.py")):
        import_module(f"app.{models.parent.name}.models")
    return [column for table in Base.metadata.sorted_tables for column in table.columns if column.info == SEALED]


def _rotate(engine: Engine, sealer: Sealer, progress: Progress) -> Rotated:
    _check_nothing_is_forgotten(engine)
    source = sealer.source
    resumed = len(sealer.keys.data) > 1
    if isinstance(source, KeyFile) and not resumed:
        source.add()
    newest, *old = sealer.keys.ids()
    resealed: dict[str, int] = {}
    while True:
        _reseal_all(engine, sealer, newest, resealed, progress)
        with engine.begin() as connection:
            # Whoever has sealed something and not yet written it is waited for, and nobody begins to.
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
            if set(sealed_with(connection)) <= {newest}:
                removed = tuple(old) if isinstance(source, KeyFile) else ()
                if removed and isinstance(source, KeyFile):
                    source.keep_newest()
                return Rotated(resealed, newest, removed, resumed)


def _reseal_all(engine: Engine, sealer: Sealer, newest: str, resealed: dict[str, int], progress: Progress) -> None:
    """Seal with the newest key what is not; `resealed` is counted up."""
    with engine.connect() as connection:
        columns = _present(connection)
        todo = {column: _count(connection, column, newest) for column in columns}
    whole, done = sum(todo.values()), 0
    for column in columns:
        name = f"{column.table.name}.{column.name}"
        progress(name, done / whole if whole else 1.0)
        last = 0
        while found := _reseal_some(engine, sealer, column, newest, last):
            last = found[-1]
            done += len(found)
            resealed[name] = resealed.get(name, 0) + len(found)
            progress(name, min(1.0, done / whole) if whole else 1.0)
    progress("", 1.0)


def _reseal_some(engine: Engine, sealer: Sealer, column: Column[str], newest: str, after: int) -> list[int]:
    """The ids of the next rows that are sealed anew now; empty where there are none."""
    table = column.table
    key = table.primary_key.columns.values()[0]
    with Session(engine) as session, session.begin():
        rows = session.execute(
            select(key, column)
            .where(key > after, column != "", func.left(column, ID_DIGITS) != newest)
            .order_by(key)
            .limit(BATCH)
            .with_for_update()
        ).all()
        if rows:
            fresh = [sealer.seal(sealer.unseal(old)) for _, old in rows]
            session.execute(
                text(f"""
                    UPDATE {table.name} t SET {column.name} = s.fresh
                    FROM unnest(CAST(:ids AS bigint[]), CAST(:fresh AS text[])) AS s(id, fresh)
                    WHERE t.{key.name} = s.id
                """),  # noqa: S608 (names of ours)
                {"ids": [number for number, _ in rows], "fresh": fresh},
            )
    return [number for number, _ in rows]


def _check_nothing_is_forgotten(engine: Engine) -> None:
    """Conflict where a column holds sealed texts and is not marked: they would be lost with their key."""
    with engine.connect() as connection:
        marked = {(column.table.name, column.name) for column in sealed_columns()}
        for table, column in connection.execute(_TEXTS).all():
            found = text(f'SELECT EXISTS (SELECT FROM "{table}" WHERE "{column}" ~ :form)')  # noqa: S608 (of the catalogue)
            if (table, column) not in marked and connection.scalar(found, {"form": FORM}):
                raise Conflict(
                    f"{table}.{column} holds sealed texts, and the rotation does not know it. Nothing was done."
                )


def _count(connection: Connection, column: Column[str], newest: str) -> int:
    found = select(func.count()).where(column != "", func.left(column, ID_DIGITS) != newest)
    return connection.scalar(found) or 0


def _present(connection: Connection) -> list[Column[str]]:
    """The sealed columns whose table is in the database."""
    return [
        column
        for column in sealed_columns()
        if connection.scalar(text("SELECT to_regclass(:name)"), {"name": column.table.name})
    ]
