"""The command line `wangge`: which commands there are, and how they fail.

A command's module is imported when the command is called, or when its help is asked for; whatever is slow to import is
imported inside the command.
"""

import os
import signal
import sys
from importlib import import_module
from types import FrameType
from typing import Any

import click

from app.errors import DomainError
from app.settings import Settings

PRIVATE = 0o077
COMMANDS = {
    "up": "app.commands.server:up",
    "serve": "app.commands.server:serve",
    "worker": "app.commands.worker:worker",
    "batch": "app.commands.batch:batch",
    "db": "app.commands.database:db",
    "demo": "app.imports.commands:demo",
    "import": "app.imports.commands:import_",
    "check": "app.imports.commands:check",
    "plan": "app.commands.plans:plan",
    "wallmap": "app.pages.commands:wallmap",
    "user": "app.commands.people:user",
    "token": "app.commands.people:token",
    "keys": "app.commands.keys:keys",
    "privacy": "app.privacy.commands:privacy",
    "audit": "app.audit.commands:audit",
}


class Commands(click.Group):
    """The commands of COMMANDS; one that fails says why in a sentence and ends with code 1."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order in which somebody new needs them."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command `cmd_name`; None where there is none."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """What the command returns; everything foreseen that goes wrong becomes one sentence."""
        try:
            return super().invoke(ctx)
        except DomainError as error:
            raise click.ClickException(str(error.message)) from error
        except Exception as error:
            if (sentence := _database_trouble(error)) is not None:
                raise click.ClickException(sentence) from error
            raise


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="wangge")
@click.pass_context
def main(ctx: click.Context) -> None:
    """Wangge: maps for community grids and emergency response.

    Settings come from the environment: WANGGE_HOME (data and secrets), WANGGE_HOST and WANGGE_PORT (where the server
    listens), WANGGE_DATABASE_URL (an existing PostGIS instead of the private cluster), WANGGE_KEY_COMMAND (a program
    that prints the keys of personal data, instead of the home's file), WANGGE_HOSTS, WANGGE_PROXIES and WANGGE_HTTPS (a
    reverse proxy with TLS before it), WANGGE_OUTGOING (hosts that it may contact), WANGGE_IDLE_MINUTES and
    WANGGE_SESSION_HOURS (when a session ends), WANGGE_WORKERS (jobs at once beside the server), WANGGE_GRID_CODES (how
    new grids are numbered).
    """
    os.umask(PRIVATE)
    signal.signal(signal.SIGTERM, _leave)
    signal.signal(signal.SIGHUP, _leave)
    try:
        ctx.obj = Settings.from_environment()
    except ValueError as error:
        raise click.ClickException(str(error)) from error


def _leave(number: int, frame: FrameType | None) -> None:
    """End as if by an error, so that what is open is closed and a cluster that we started stops."""
    del frame
    sys.exit(128 + number)


def _database_trouble(error: Exception) -> str | None:
    """A sentence for what the database or the disk refused; None where the error is a bug of ours."""
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename}: {error.strerror}"
    if type(error).__module__.partition(".")[0] == "sqlalchemy":
        from sqlalchemy.exc import OperationalError  # noqa: PLC0415 (slow, and most commands do not fail)

        if isinstance(error, OperationalError):
            return f"The database did not answer: {str(error.orig).strip()}"
    return None


if __name__ == "__main__":
    main()
