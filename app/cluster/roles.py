"""The two roles of a private cluster: one owns the tables and migrates, the other serves and owns nothing."""

from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from app.cluster.database import ADMIN, APP, NAME, OWNER, Database
from app.errors import Unavailable


def prepare(database: Database) -> None:
    """Make the roles, the database and its extensions where they are missing."""
    try:
        with _engine(database.renamed(ADMIN)).connect() as connection:
            _make_roles(connection, database)
            if not connection.scalar(text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": NAME}):
                make_database(connection, NAME)
    except OperationalError as error:
        raise Unavailable(f"The private cluster does not accept its own password: {error.orig}") from error
    equip(database)


def make_database(connection: Connection, name: str) -> None:
    """Make an empty database that the owner's role owns and nobody else may enter but the app's."""
    connection.execute(text(f"CREATE DATABASE {name} OWNER {OWNER}"))
    connection.execute(text(f"REVOKE ALL ON DATABASE {name} FROM PUBLIC"))
    connection.execute(text(f"GRANT CONNECT, TEMPORARY ON DATABASE {name} TO {APP}"))


def equip(database: Database) -> None:
    """Give the database its extensions, and the app's role its rights on every table to come."""
    with _engine(database).connect() as connection:
        for extension in ("postgis", "pgrouting"):
            connection.execute(text(f"CREATE EXTENSION IF NOT EXISTS {extension}"))
        connection.execute(text(f"GRANT ALL ON SCHEMA public TO {OWNER}"))
        connection.execute(text(f"GRANT USAGE ON SCHEMA public TO {APP}"))
        change = f"ALTER DEFAULT PRIVILEGES FOR ROLE {OWNER} IN SCHEMA public GRANT"
        connection.execute(text(f"{change} SELECT, INSERT, UPDATE, DELETE ON TABLES TO {APP}"))
        connection.execute(text(f"{change} USAGE, SELECT ON SEQUENCES TO {APP}"))


def _make_roles(connection: Connection, database: Database) -> None:
    """Make the two roles with the passwords of their URLs."""
    known = set(connection.scalars(text("SELECT rolname FROM pg_roles")))
    for role, url in ((OWNER, database.owner), (APP, database.app)):
        if role not in known:
            password = str(url.password).replace("'", "''")
            connection.execute(text(f"CREATE ROLE {role} LOGIN PASSWORD '{password}'"))


def _engine(database: Database) -> Engine:
    """An engine of the administrator, each statement a transaction of its own."""
    return create_engine(database.admin, isolation_level="AUTOCOMMIT", poolclass=NullPool)
