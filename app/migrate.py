"""Bringing a database to the newest schema, whoever else is about to do the same."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, create_engine, text
from sqlalchemy.pool import NullPool

FOLDER = Path(__file__).resolve().parent.parent / "migrations"
LOCK = 0x57414E47  # "WANG": one migration at a time on a database


def configuration() -> Config:
    """Alembic's configuration without a file."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    return config


def migrate(url: URL) -> bool:
    """Whether something had to be done to bring the database at `url` to the newest schema."""
    config = configuration()
    newest = ScriptDirectory.from_config(config).get_current_head()
    with create_engine(url, poolclass=NullPool).begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
        if MigrationContext.configure(connection).get_current_revision() == newest:
            return False
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    return True
