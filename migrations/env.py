"""Alembic's environment: every slice's models, GeoAlchemy2's helpers, and one transaction for all migrations.

The database is, in this order: the open connection `config.attributes["connection"]` (how `app.migrate` calls it),
`alembic -x url=postgresql+psycopg2://…`, or WANGGE_DATABASE_URL. With `--sql` none is needed.
"""

import importlib
import os
from pathlib import Path
from typing import Any

from alembic import context
from geoalchemy2 import alembic_helpers
from sqlalchemy import Connection, create_engine

import app
from app.db import Base
from app.migrate import is_ours

for models in sorted(Path(app.__path__[0]).glob("*/models.py")):
    importlib.import_module(f"app.{models.parent.name}.models")

OPTIONS: dict[str, Any] = {
    "target_metadata": Base.metadata,
    "include_object": is_ours,
    "render_item": alembic_helpers.render_item,
    "process_revision_directives": alembic_helpers.writer,
}

# A table that somebody holds makes a migration fail and be tried again, rather than queue everybody behind it.
LIMITS = ("SET LOCAL lock_timeout = '10s'", "SET LOCAL statement_timeout = '30min'")


def run() -> None:
    with context.begin_transaction():
        for limit in LIMITS:
            context.execute(limit)
        context.run_migrations()


def migrate(connection: Connection) -> None:
    context.configure(connection=connection, **OPTIONS)
    run()


def migrate_by_url() -> None:
    url = context.get_x_argument(as_dictionary=True).get("url") or os.environ.get("WANGGE_DATABASE_URL")
    if not url:
        raise SystemExit("Name the database: alembic -x url=postgresql+psycopg2://… or WANGGE_DATABASE_URL.")
    with create_engine(url).connect() as connection:
        migrate(connection)


if context.is_offline_mode():
    context.configure(dialect_name="postgresql", literal_binds=True, dialect_opts={"paramstyle": "named"}, **OPTIONS)
    run()
elif (given := context.config.attributes.get("connection")) is not None:
    migrate(given)
else:
    migrate_by_url()
