"""Backups: one file in pg_dump's own format, and putting one in the database's place."""

from pathlib import Path

from sqlalchemy import URL, Connection, text
from sqlalchemy.exc import DBAPIError

from app.cluster import roles
from app.cluster.database import ADMIN, Database
from app.cluster.programs import find_programs
from app.errors import Unavailable
from app.migrate import migrate
from app.register.sealed_phones import seal_plain_phones
from app.sealing import Sealer


def write_backup(database: Database, file: Path) -> None:
    """Write the whole database into `file`, whole or not at all; Unavailable where the role may not see all of it."""
    with roles.administration(database) as connection:
        if not roles.sees_everything(connection):
            raise Unavailable(
                f"{database.admin.username} does not see every row, so its backup would not be whole: "
                "name the owner of the tables in WANGGE_DATABASE_OWNER_URL."
            )
    part = file.with_name(f"{file.name}.part")
    # PostGIS brings its own table of coordinate systems.
    # Row-level security shows the owner everything, but pg_dump asks for a superuser unless it is told to heed it.
    options = ["--format=custom", "--enable-row-security", f"--file={part}", "--exclude-table-data=spatial_ref_sys"]
    part.unlink(missing_ok=True)
    part.touch(mode=0o600)  # it holds what the database holds
    try:
        find_programs().client("pg_dump", [*options, _address(database.admin)], password=database.admin.password)
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)


def holds_data(database: Database) -> bool:
    """Whether there is an area or a user that a restore would replace."""
    with roles.administration(database) as connection:
        known = [
            table for table in ("areas", "users") if connection.scalar(text("SELECT to_regclass(:t)"), {"t": table})
        ]
        return any(connection.scalar(text(f"SELECT EXISTS (SELECT FROM {table})")) for table in known)  # noqa: S608


def restore_backup(database: Database, file: Path, sealer: Sealer) -> None:
    """Put the backup `file` in the database's place once it is restored and migrated; until then nothing changes."""
    name = str(database.owner.database)
    fresh = database.renamed(f"{name}_restored")
    try:
        with roles.administration(database.renamed(ADMIN)) as connection:
            connection.execute(text(f'DROP DATABASE IF EXISTS "{fresh.owner.database}" WITH (FORCE)'))
            roles.make_database(connection, fresh)
        _fill(fresh, file, sealer, after=_newest_version(database))
        with roles.administration(database.renamed(ADMIN)) as connection:
            _swap(connection, name, str(fresh.owner.database))
    except DBAPIError as error:
        raise Unavailable(f"The backup cannot be restored: {str(error.orig).strip()}") from error


def _fill(fresh: Database, file: Path, sealer: Sealer, *, after: int) -> None:
    """Restore `file` into the empty database `fresh`; its data versions come after `after`."""
    roles.add_extensions(fresh)
    options = ["--exit-on-error", "--no-owner", "--no-privileges", "--no-comments", f"--role={fresh.owner.username}"]
    address = f"--dbname={_address(fresh.admin)}"
    find_programs().client("pg_restore", [*options, address, file], password=fresh.admin.password)
    if fresh.roles_differ:
        roles.equip(fresh)
    migrate(fresh.owner)
    if fresh.roles_differ:
        roles.grant(fresh)
    seal_plain_phones(fresh.owner, sealer)
    with roles.administration(fresh) as connection:
        # A running server keeps tiles and the network by version: none of the backup may equal one that it has.
        connection.execute(text("UPDATE data_versions SET version = version + :after"), {"after": after})


def _newest_version(database: Database) -> int:
    """The highest data version of the database; 0 where it has none."""
    with roles.administration(database) as connection:
        if not connection.scalar(text("SELECT to_regclass('data_versions')")):
            return 0
        return int(connection.scalar(text("SELECT coalesce(max(version), 0) FROM data_versions")) or 0)


def _swap(connection: Connection, name: str, fresh: str) -> None:
    """Give the database `fresh` the name `name`, and drop what had it."""
    old = f"{name}_replaced"
    connection.execute(text(f'DROP DATABASE IF EXISTS "{old}" WITH (FORCE)'))
    # One message is one transaction: there is no moment at which the name is nobody's.
    connection.execute(
        text(
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname IN ('{name}', '{fresh}'); "  # noqa: S608
            f'ALTER DATABASE "{name}" RENAME TO "{old}"; ALTER DATABASE "{fresh}" RENAME TO "{name}"'
        )
    )
    connection.execute(text(f'DROP DATABASE "{old}" WITH (FORCE)'))


def _address(url: URL) -> str:
    """The database's address for libpq, without the password, which travels in the environment."""
    bare = URL.create("postgresql", url.username, None, url.host, url.port, url.database, url.query)
    return bare.render_as_string()
