"""The two roles of a database: one owns the tables and migrates, the other serves and owns nothing."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from app.cluster.database import ADMIN, APP, NAME, OWNER, Database
from app.errors import Unavailable

EXTENSIONS = ("postgis", "pgrouting")
READ_ONLY = ("household_counts",)  # triggers of the owner keep them true
APPEND_ONLY = ("audit",)
CLOSED = ("audit_head",)  # to be read and written by a trigger of the owner alone


def prepare(database: Database) -> None:
    """Make the roles, the database and its extensions where they are missing."""
    try:
        with administration(database.renamed(ADMIN)) as connection:
            _make_roles(connection, database)
            if not connection.scalar(text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": NAME}):
                make_database(connection, database)
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


def make_database(connection: Connection, database: Database) -> None:
    """Make an empty database that nobody but its owner and the role that serves may enter."""
    name, owner, app = (f'"{part}"' for part in (database.owner.database, database.owner.username, _app(database)))
    connection.execute(text(f"CREATE DATABASE {name} OWNER {owner}"))
    connection.execute(text(f"REVOKE ALL ON DATABASE {name} FROM PUBLIC"))
    connection.execute(text(f"GRANT CONNECT, TEMPORARY ON DATABASE {name} TO {app}"))


def add_extensions(database: Database) -> None:
    """Give the database PostGIS, and pgRouting where the server has it."""
    with administration(database) as connection:
        there = set(connection.scalars(text("SELECT name FROM pg_available_extensions")))
        for extension in EXTENSIONS:
            if extension in there:
                connection.execute(text(f"CREATE EXTENSION IF NOT EXISTS {extension}"))


def equip(database: Database) -> None:
    """Let the owner make tables, and the role that serves read and write every table to come."""
    owner, app = f'"{database.owner.username}"', f'"{_app(database)}"'
    with administration(database) as connection:
        # Before PostgreSQL 15 anybody may make tables in the schema public.
        connection.execute(text("REVOKE CREATE ON SCHEMA public FROM PUBLIC"))
        connection.execute(text(f"GRANT ALL ON SCHEMA public TO {owner}"))
        connection.execute(text(f"GRANT USAGE ON SCHEMA public TO {app}"))
        change = f"ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public GRANT"
        connection.execute(text(f"{change} SELECT, INSERT, UPDATE, DELETE ON TABLES TO {app}"))
        connection.execute(text(f"{change} USAGE, SELECT ON SEQUENCES TO {app}"))


def grant(database: Database) -> None:
    """Give the role that serves its rights on the owner's tables, whatever it is called; on those of 0004 and later."""
    app = f'"{_app(database)}"'
    with administration(database) as connection:
        owned = ", ".join(_owned(connection, database))
        connection.execute(text(f"GRANT USAGE ON SCHEMA public TO {app}"))
        connection.execute(text(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {owned} TO {app}"))
        connection.execute(text(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {app}"))
        connection.execute(text(f"REVOKE UPDATE, DELETE, TRUNCATE ON {', '.join(APPEND_ONLY)} FROM {app}"))
        connection.execute(text(f"REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON {', '.join(READ_ONLY)} FROM {app}"))
        connection.execute(text(f"REVOKE ALL ON {', '.join(CLOSED)} FROM {app}"))


def is_granted(database: Database) -> bool:
    """Whether the role that serves may read every table of the owner that it is meant to."""
    with administration(database) as connection:
        return all(
            connection.scalar(
                text("SELECT has_table_privilege(:app, CAST(:table AS text), 'SELECT')"),
                {"app": _app(database), "table": table},
            )
            for table in _owned(connection, database)
            if table not in CLOSED
        )


def sees_everything(connection: Connection) -> bool:
    """Whether row-level security hides no row from the role of this connection."""
    return bool(
        connection.scalar(
            text("""
                SELECT rolsuper OR rolbypassrls OR NOT EXISTS (
                    SELECT FROM pg_class WHERE relrowsecurity AND pg_get_userbyid(relowner) <> current_user)
                FROM pg_roles WHERE rolname = current_user
            """)
        )
    )


def _owned(connection: Connection, database: Database) -> list[str]:
    """The owner's tables, quoted."""
    rows = connection.scalars(
        text("""SELECT quote_ident(relname) FROM pg_class WHERE relkind IN ('r', 'p', 'v')
                AND relnamespace = 'public'::regnamespace AND pg_get_userbyid(relowner) = :owner ORDER BY relname"""),
        {"owner": database.owner.username},
    )
    return list(rows)


def _app(database: Database) -> str:
    """The name of the role that serves."""
    return str(database.app.username)


def _make_roles(connection: Connection, database: Database) -> None:
    """Make the two roles with the passwords of their URLs."""
    known = set(connection.scalars(text("SELECT rolname FROM pg_roles")))
    for role, url in ((OWNER, database.owner), (APP, database.app)):
        if role not in known:
            password = str(url.password).replace("'", "''")
            connection.execute(text(f"CREATE ROLE {role} LOGIN PASSWORD '{password}'"))
