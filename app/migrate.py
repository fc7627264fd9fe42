"""Bringing a database to the newest schema, whoever else is about to do the same."""

from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, create_engine, text
from sqlalchemy.pool import NullPool

FOLDER = Path(__file__).resolve().parent.parent / "migrations"
LOCK = 0x57414E47  # "WANG": one migration at a time on a database
QUEUE = "procrastinate_"


def is_ours(item: Any, name: str | None, kind: str, *rest: Any) -> bool:
    """Whether autogenerate compares a thing of the database with the models: not PostGIS's own, not the queue's."""
    from geoalchemy2 import alembic_helpers  # noqa: PLC0415 (slow, and a server has no use for it)

    table = name if kind == "table" else getattr(getattr(item, "table", None), "name", None)
    ours: bool = alembic_helpers.include_object(item, name, kind, *rest)  # type: ignore[no-untyped-call]
    return ours and not str(table).startswith(QUEUE)


def configuration() -> Config:
    """Alembic's configuration without a file."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    return config


def is_current(url: URL) -> bool:
    """Whether the database at `url` has the newest schema."""
    with create_engine(url, poolclass=NullPool).connect() as connection:
        return _revision(connection) == _newest()


def migrate(url: URL) -> bool:
    """Whether something had to be done to bring the database at `url` to the newest schema."""
    with create_engine(url, poolclass=NullPool).begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
        if _revision(connection) == _newest():
            return False
        config = configuration()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    return True


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _newest() -> str | None:
    return ScriptDirectory.from_config(configuration()).get_current_head()
