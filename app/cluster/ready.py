"""Opening the database for as long as a command needs it."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from app.cluster import roles
from app.cluster.database import Database
from app.cluster.lifecycle import Cluster
from app.errors import Unavailable
from app.settings import Settings

OLDEST_SERVER = 14
OLDEST_POSTGIS = (3, 3)
KEEP = "keep-running"
"""A file of this name in the home says that `wangge db start` wants the cluster to outlive the commands."""


@contextmanager
def ready(settings: Settings) -> Iterator[Database]:
    """A database with the newest schema and nothing plain; its cluster stops at the end unless others use it."""
    from app.migrate import migrate  # noqa: PLC0415 (Alembic takes 0.3 s to import)
    from app.register.sealed_phones import seal_plain_phones  # noqa: PLC0415
    from app.sealing import Sealer  # noqa: PLC0415

    with opened(settings) as database:
        changed = migrate(database.owner)
        if settings.database_owner_url and (changed or not roles.is_granted(database)):
            roles.grant(database)
        seal_plain_phones(database.owner, Sealer.of(settings))
        yield database


@contextmanager
def opened(settings: Settings) -> Iterator[Database]:
    """The database as it is, its server running; Unavailable where it cannot be."""
    if settings.database_url:
        yield _checked(Database.external(settings.database_url, settings.database_owner_url))
        return
    cluster = Cluster.of(settings.home)
    with _lock(settings.home / "use.lock", fcntl.LOCK_SH) as use:
        with _lock(settings.home / "start.lock", fcntl.LOCK_EX):
            if not cluster.running():
                cluster.start()
        try:
            yield cluster.database
        finally:
            with _lock(settings.home / "start.lock", fcntl.LOCK_EX):
                if not (settings.home / KEEP).exists() and _alone(use):
                    cluster.stop()


def keep(settings: Settings) -> Cluster:
    """The home's cluster, running until `release`."""
    cluster = Cluster.of(settings.home)
    (settings.home / KEEP).touch()
    with _lock(settings.home / "start.lock", fcntl.LOCK_EX):
        if not cluster.running():
            cluster.start()
    return cluster


def release(settings: Settings) -> Cluster:
    """The home's cluster, stopped; Unavailable where another command is using it."""
    cluster = Cluster.of(settings.home)
    with _lock(settings.home / "start.lock", fcntl.LOCK_EX), _lock(settings.home / "use.lock", fcntl.LOCK_SH) as use:
        (settings.home / KEEP).unlink(missing_ok=True)
        if not _alone(use):
            raise Unavailable("Another command is using the cluster: stop 'wangge up' or 'make run' first.")
        cluster.stop()
    return cluster


@contextmanager
def _lock(file: Path, kind: int) -> Iterator[int]:
    """The descriptor of `file`, locked until the block ends; the kernel unlocks it when the process is killed."""
    with file.open("a") as stream:
        fcntl.flock(stream, kind)
        yield stream.fileno()


def _alone(use: int) -> bool:
    """Whether no other process holds the lock `use` with us."""
    try:
        fcntl.flock(use, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _checked(database: Database) -> Database:
    """`database` where its server is new enough; Unavailable with what to do where not."""
    try:
        with create_engine(database.app, poolclass=NullPool).connect() as connection:
            connection.scalar(text("SELECT 1"))
        with create_engine(database.owner, poolclass=NullPool).connect() as connection:
            server = int(connection.scalar(text("SHOW server_version_num")) or 0) // 10000
            postgis = connection.scalar(text("SELECT extversion FROM pg_extension WHERE extname = 'postgis'"))
    except OperationalError as error:
        raise Unavailable(f"WANGGE_DATABASE_URL cannot be reached: {str(error.orig).strip()}") from error
    if server < OLDEST_SERVER:
        raise Unavailable(f"WANGGE_DATABASE_URL is PostgreSQL {server}; Wangge needs {OLDEST_SERVER} or newer.")
    if postgis is None:
        raise Unavailable("WANGGE_DATABASE_URL has no PostGIS: run 'CREATE EXTENSION postgis' in it as a superuser.")
    if tuple(int(part) for part in postgis.split(".")[:2]) < OLDEST_POSTGIS:
        raise Unavailable(f"WANGGE_DATABASE_URL has PostGIS {postgis}; Wangge needs 3.3 or newer.")
    return database
