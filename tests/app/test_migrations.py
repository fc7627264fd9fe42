"""The migrations: up, down and up again, without loss, to just the schema that the models describe."""

import importlib
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from geoalchemy2 import alembic_helpers
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

import app
from app.db import Base
from app.migrate import configuration, is_ours
from app.register.sealed_phones import seal_plain_phones
from tests.fixtures.database import ask
from tests.fixtures.town import SEALER

COUNTED = (
    "areas", "grids", "blocks", "posts", "buildings", "entrances", "dwellings", "households", "flags", "stations",
    "incidents", "patrol_routes", "road_edges", "users", "audit", "search_entries",
)  # fmt: skip


@pytest.fixture
def migrate_to():
    """`migrate_to(url, revision, command.downgrade)` in one transaction."""

    def migrate(url, revision, move):
        with create_engine(url, poolclass=NullPool).begin() as connection:
            config = configuration()
            config.attributes["connection"] = connection
            move(config, revision)

    return migrate


def differences(url):
    """What autogenerate would change once all phones are sealed, compared as in migrations/env.py."""
    seal_plain_phones(url, SEALER)
    for models in sorted(Path(app.__path__[0]).glob("*/models.py")):
        importlib.import_module(f"app.{models.parent.name}.models")
    with create_engine(url, poolclass=NullPool).connect() as connection:
        options = {"include_object": is_ours, "render_item": alembic_helpers.render_item}
        context = MigrationContext.configure(connection, opts=options)
        return compare_metadata(context, Base.metadata)


def test_an_empty_database_goes_up_down_and_up_again(empty_database, migrate_to):
    url = empty_database.owner
    migrate_to(url, "head", command.upgrade)
    migrate_to(url, "base", command.downgrade)
    left = ask(url, "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE relkind = 'r' "
                    "AND nspname = 'public' AND relname NOT IN ('spatial_ref_sys', 'alembic_version')")  # fmt: skip
    assert left == 0
    assert ask(url, "SELECT count(*) FROM pg_proc WHERE pg_get_userbyid(proowner) = current_user") == 0
    migrate_to(url, "head", command.upgrade)
    assert differences(url) == []


def test_a_populated_town_goes_down_to_the_first_schema_and_comes_back_whole(fresh_database, migrate_to):
    def facts(url):
        with create_engine(url, poolclass=NullPool).connect() as connection:
            counts = {table: connection.scalar(text(f"SELECT count(*) FROM {table}")) for table in COUNTED}
            held = connection.execute(text("SELECT sum(households), count(*) FROM household_counts")).one()
            rows = connection.execute(text("SELECT dwelling_id, block_id, contact_name FROM households ORDER BY id"))
            return counts, held, rows.all()

    with fresh_database() as database:
        url = database.owner
        before = facts(url)
        migrate_to(url, "0001", command.downgrade)
        assert ask(url, "SELECT count(*) FROM pg_class WHERE relrowsecurity") == 0
        assert ask(url, "SELECT count(*) FROM households") == before[0]["households"]
        migrate_to(url, "head", command.upgrade)
        assert facts(url) == before
        assert ask(url, "SELECT count(*) FROM pg_class WHERE relrowsecurity AND relforcerowsecurity") > 0
        assert differences(url) == []
