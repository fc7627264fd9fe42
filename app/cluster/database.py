"""How to reach one database, as each of the roles that do."""

from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import URL, make_url

NAME = "wangge"
OWNER = "wangge_owner"
APP = "wangge_app"
ADMIN = "postgres"
PORT = 5432
"""Only a part of the socket file's name: the cluster listens on no TCP port."""


@dataclass(frozen=True, slots=True)
class Database:
    """SQLAlchemy URLs of one database: `admin` creates databases, `owner` migrates, `app` serves and owns nothing."""

    admin: URL
    owner: URL
    app: URL

    @classmethod
    def private(cls, socket: Path, passwords: dict[str, str]) -> "Database":
        """The database `wangge` of the cluster that listens in the folder `socket`."""

        def url(role: str) -> URL:
            return URL.create(
                "postgresql+psycopg2",
                username=role,
                password=passwords[role],
                database=NAME,
                query={"host": str(socket), "port": str(PORT)},
            )

        return cls(admin=url(ADMIN), owner=url(OWNER), app=url(APP))

    @classmethod
    def external(cls, text: str, owner_text: str | None = None) -> "Database":
        """The database of WANGGE_DATABASE_URL, whose role serves, as WANGGE_DATABASE_OWNER_URL's owns and migrates it.

        Without the latter one role does both, and row-level security is no wall for it. ValueError.
        """
        app = _postgresql("WANGGE_DATABASE_URL", text)
        owner = _postgresql("WANGGE_DATABASE_OWNER_URL", owner_text) if owner_text else app
        if owner.database != app.database:
            raise ValueError("WANGGE_DATABASE_OWNER_URL and WANGGE_DATABASE_URL must name the same database.")
        return cls(admin=owner, owner=owner, app=app)

    @property
    def roles_differ(self) -> bool:
        """Whether the role that serves is another than the owner."""
        return self.app.username != self.owner.username

    def renamed(self, name: str) -> "Database":
        """The same roles on the database `name` of the same server."""
        return replace(
            self,
            admin=self.admin.set(database=name),
            owner=self.owner.set(database=name),
            app=self.app.set(database=name),
        )


def _postgresql(variable: str, text: str) -> URL:
    """The URL in an environment variable, with our driver."""
    url = make_url(text)
    if url.get_backend_name() not in {"postgresql", "postgres"}:
        raise ValueError(f"{variable} must begin with postgresql://, not {url.drivername}://")
    return url.set(drivername="postgresql+psycopg2")


def text_of(url: URL) -> str:
    """The SQLAlchemy URL with its password, as `create_engine` and Settings take it."""
    return url.render_as_string(hide_password=False)


def libpq(url: URL) -> str:
    """The URL as psql and pg_dump take it, with its password."""
    return text_of(url.set(drivername="postgresql"))
