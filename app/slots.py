"""Counts that hold over all workers of a server together: so many at once, and no more.

A slot is a byte of a file in memory that whoever imports this module shares with all processes that it forks. Who takes
a slot locks its byte; the kernel gives it back when the process ends, however that ends, so nothing is lost by a kill.
"""

import fcntl
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

PAUSE = 0.005  # seconds between two looks for a free slot


class Slots:
    """So many slots; make it where a module is loaded, before the workers are forked."""

    def __init__(self, count: int) -> None:
        """All are free."""
        self.count = count
        self._file = os.memfd_create("slots", os.MFD_CLOEXEC)
        # The kernel tells processes apart and not threads, so those of this process are written down here.
        self._taken: set[int] = set()
        self._lock = threading.Lock()

    def take(self) -> int | None:
        """A slot that was free, to be given back; None where there is none."""
        with self._lock:
            for slot in range(self.count):
                if slot not in self._taken and self._locked(slot):
                    self._taken.add(slot)
                    return slot
        return None

    def give_back(self, slot: int) -> None:
        """Free a slot that was taken."""
        with self._lock:
            fcntl.lockf(self._file, fcntl.LOCK_UN, 1, slot)
            self._taken.remove(slot)

    @contextmanager
    def one(self) -> Iterator[None]:
        """A slot for as long as the block runs, once one is free."""
        while (slot := self.take()) is None:
            time.sleep(PAUSE)
        try:
            yield
        finally:
            self.give_back(slot)

    def _locked(self, slot: int) -> bool:
        try:
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, slot)
        except (BlockingIOError, PermissionError):
            return False
        return True
