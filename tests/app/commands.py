"""`wangge` in this process, where what is tested is what a command does and says, and not how a process begins."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from click.testing import CliRunner

from app.cli import main
from app.db import Session


class Done(NamedTuple):
    """What a finished command said, and its exit code."""

    returncode: int
    stdout: str
    stderr: str


def wangge(*arguments: str, **environment: str) -> Done:
    """What the command said and its exit code."""
    with _as_it_was():
        result = CliRunner().invoke(main, arguments, env=environment, catch_exceptions=False)
    return Done(result.exit_code, result.stdout, result.stderr)


@contextmanager
def _as_it_was() -> Iterator[None]:
    """Give this process back what a command changes of it for good."""
    mask = os.umask(0)
    os.umask(mask)
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)}
    bind = Session.kw.get("bind")
    try:
        yield
    finally:
        os.umask(mask)
        for number, handler in handlers.items():
            signal.signal(number, handler)
        Session.configure(bind=bind)
