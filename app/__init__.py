"""Wangge, the application."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from apiflask import APIFlask

    from app.settings import Settings


def create_app(
    settings: "Settings | None" = None,
    *,
    database_url: str | None = None,
    secret_key: str | None = None,
    connections: int = 32,
) -> "APIFlask":
    """The whole application, bound to a database that is up and migrated; ValueError where none is named.

    `settings` are read from the environment where they are not given; `database_url` stands for the one in `settings`,
    `secret_key` for the one kept in the home. It holds at most so many `connections` to its database.
    """
    # Imported here: every command imports this package, and only the server needs Flask and all slices.
    from app.factory import make_app  # noqa: PLC0415
    from app.settings import Settings  # noqa: PLC0415

    return make_app(
        settings or Settings.from_environment(),
        database_url=database_url,
        secret_key=secret_key,
        connections=connections,
    )
