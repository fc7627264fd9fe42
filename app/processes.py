"""Processes beside this one, which never outlive it."""

import ctypes
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import NoReturn

PR_SET_PDEATHSIG = 1
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
PAUSE = 2.0  # seconds before what has died is begun again


@contextmanager
def beside(work: Callable[[], None]) -> Iterator[None]:
    """Have `work` done in a process of its own, which ends with the block, and with this process however that ends."""
    child = _forked(work)
    try:
        yield
    finally:
        # gunicorn waits for every child of this process, so this one may be gone.
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGTERM)
        with suppress(ChildProcessError):
            os.waitpid(child, 0)


def again_and_again(work: Callable[[], None]) -> NoReturn:
    """Have `work` done in a process of its own, again whenever that ends; asked to end, let it end first."""
    child = 0

    def end(number: int, _: FrameType | None) -> NoReturn:
        if child:
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGTERM)
            with suppress(ChildProcessError):
                os.waitpid(child, 0)
        os._exit(128 + number)

    for number in ENDING:
        signal.signal(number, end)
    while True:
        # The handler has to know the child from its first moment on.
        signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
        child = _forked(work)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)
        with suppress(ChildProcessError):
            os.waitpid(child, 0)
        child = 0
        time.sleep(PAUSE)


def die_with_parent() -> None:
    """Let the kernel end this process when its parent is killed, streams and all, so that the port is free again."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _forked(work: Callable[[], None]) -> int:
    """The number of a new process that does `work` and nothing after it."""
    child = os.fork()
    if child:
        return child
    try:
        die_with_parent()
        for number in ENDING:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)
        work()
    except Exception:  # noqa: BLE001 (nobody above could tell it)
        sys.excepthook(*sys.exc_info())
    finally:
        os._exit(0)
