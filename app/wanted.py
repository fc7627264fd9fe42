"""Whether anybody still waits for the answer of this request: who has gone away is not computed for.

Between two steps `still_wanted` looks; inside a search, which no Python runs in, a flag tells it to stop. One thread of
each process waits for the ends of all the connections that are searched for, and raises the flag of the one that ends.
"""

import os
import select
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache

import numpy as np
from flask import has_request_context, request

from app.errors import Abandoned
from gis.search import NEVER, CancelledError, Stop


def still_wanted() -> None:
    """Nothing where somebody waits, or where the server cannot tell; else it raises Abandoned."""
    connection = _connection()
    if connection is None:
        return
    try:
        readable, _, _ = select.select([connection], [], [], 0)
        gone = bool(readable) and connection.recv(1, socket.MSG_PEEK) == b""
    except ValueError:  # a connection that is encrypted here, or has too high a number, cannot be looked into
        return
    except OSError:
        gone = True
    if gone:
        raise Abandoned


@contextmanager
def while_wanted() -> Iterator[Stop]:
    """A flag for searches, set when nobody waits for this request any more; then it raises Abandoned at the end."""
    connection = _connection()
    if connection is None or connection.fileno() < 0:
        yield NEVER
        return
    watch, stop = _watch(os.getpid()), np.zeros(1, dtype=np.uint8)
    number = connection.fileno()
    watch.add(number, stop)
    try:
        yield stop
    except CancelledError:
        raise Abandoned from None
    finally:
        watch.remove(number)
    if stop[0]:  # a short search does not look at it
        raise Abandoned


class _Watch:
    """The connections that are searched for, and a thread that waits for their ends."""

    def __init__(self) -> None:
        self._flags: dict[int, Stop] = {}
        self._poll = select.epoll()
        threading.Thread(target=self._look, name="wanted", daemon=True).start()

    def add(self, number: int, stop: Stop) -> None:
        """Set `stop` when the connection of this number ends, be it already over."""
        self._flags[number] = stop
        with suppress(FileExistsError):
            self._poll.register(number, select.EPOLLRDHUP | select.EPOLLHUP | select.EPOLLERR | select.EPOLLONESHOT)

    def remove(self, number: int) -> None:
        """Wait for it no longer."""
        self._flags.pop(number, None)
        with suppress(OSError):
            self._poll.unregister(number)

    def _look(self) -> None:
        while True:
            for number, _ in self._poll.poll():
                if (stop := self._flags.get(number)) is not None:
                    stop[0] = 1


@cache
def _watch(_: int) -> _Watch:
    """The watch of this process: one that was forked has none of its threads."""
    return _Watch()


def _connection() -> socket.socket | None:
    """The connection that this request came by; None where the server does not say, or there is no request."""
    return request.environ.get("gunicorn.socket") if has_request_context() else None
