"""The two roles of a private cluster: one owns the tables and migrates, the other serves and owns nothing."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from app.cluster.database import ADMIN, APP, NAME, OWNER, Database
from app.errors import Unavailable

EXTENSIONS = ("postgis", "pgrouting")


def prepare(database: Database) -> None:
    """Make the roles, the database and its extensions where they are missing."""
    try:
        with administration(database.renamed(ADMIN)) as connection:
            _make_roles(connection, database)
            if not connection.scalar(text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": NAME}):
                make_database(connection, NAME, owner=OWNER)
    except OperationalError as error:
        raise Unavailable(f"The private cluster does not accept its own password: {error.orig}") from error
    add_extensions(database)
    equip(database)


@contextmanager
def administration(database: Database) -> Iterator[Connection]:
    """A connection of the administrator, each statement a transaction of its own."""
    engine = create_engine(database.admin, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as connection:
        yield connection


def make_database(connection: Connection, name: str, *, owner: str) -> None:
    """Make an empty database that nobody but `owner` and the app's role may enter."""
    connection.execute(text(f'CREATE DATABASE "{name}" OWNER "{owner}"'))
    connection.execute(text(f'REVOKE ALL ON DATABASE "{name}" FROM PUBLIC'))
    if owner == OWNER:
        connection.execute(text(f'GRANT CONNECT, TEMPORARY ON DATABASE "{name}" TO {APP}'))


def add_extensions(database: Database) -> None:
    """Give the database PostGIS, and pgRouting where the server has it."""
    with administration(database) as connection:
        there = set(connection.scalars(text("SELECT name FROM pg_available_extensions")))
        for extension in EXTENSIONS:
            if extension in there:
                connection.execute(text(f"CREATE EXTENSION IF NOT EXISTS {extension}"))


def equip(database: Database) -> None:
    """Let the owner make tables, and the app's role read and write every table to come."""
    with administration(database) as connection:
        # Before PostgreSQL 15 anybody may make tables in the schema public.
        connection.execute(text("REVOKE CREATE ON SCHEMA public FROM PUBLIC"))
        connection.execute(text(f"GRANT ALL ON SCHEMA public TO {OWNER}"))
        connection.execute(text(f"GRANT USAGE ON SCHEMA public TO {APP}"))
        change = f"ALTER DEFAULT PRIVILEGES FOR ROLE {OWNER} IN SCHEMA public GRANT"
        connection.execute(text(f"{change} SELECT, INSERT, UPDATE, DELETE ON TABLES TO {APP}"))
        connection.execute(text(f"{change} USAGE, SELECT ON SEQUENCES TO {APP}"))


def grant(database: Database) -> None:
    """Give the app's role its rights on tables that were restored without any."""
    with administration(database) as connection:
        connection.execute(text(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {APP}"))
        connection.execute(text(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {APP}"))
        connection.execute(text(f"REVOKE UPDATE, DELETE, TRUNCATE ON audit FROM {APP}"))


def _make_roles(connection: Connection, database: Database) -> None:
    """Make the two roles with the passwords of their URLs."""
    known = set(connection.scalars(text("SELECT rolname FROM pg_roles")))
    for role, url in ((OWNER, database.owner), (APP, database.app)):
        if role not in known:
            password = str(url.password).replace("'", "''")
            connection.execute(text(f"CREATE ROLE {role} LOGIN PASSWORD '{password}'"))
