"""Telling how far a job is: the newest word at most four times a second, without holding the work up."""

import json
import logging
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, NamedTuple, Self

from sqlalchemy.exc import DBAPIError

PAUSE = 0.25  # seconds between two words

log = logging.getLogger(__name__)


class Superseded(Exception):
    """The job is not this worker's any more: cancelled, or given to another."""


class Update(NamedTuple):
    """What is written down: `note` and `result` None leave what is there."""

    progress: float
    note: str | None
    result: str | None  # JSON


class Reporter:
    """A Report that `write`s from a thread of its own; `write` answers False where the job is somebody else's."""

    def __init__(self, write: Callable[[Update], bool], *, longest_note: int, pause: float = PAUSE) -> None:
        """Nothing to tell yet."""
        self._write = write
        self._longest_note = longest_note
        self._pause = pause
        self._newest: Update | None = None
        self._lock = threading.Lock()
        self._told, self._over, self._lost = threading.Event(), threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="report", daemon=True)

    def __call__(self, progress: float, *, note: str | None = None, result: dict[str, Any] | None = None) -> None:
        """Tell the newest; Superseded where nobody waits for it any more."""
        if self._lost.is_set():
            raise Superseded
        text = None if result is None else json.dumps(result, ensure_ascii=False, allow_nan=False)
        with self._lock:
            before = self._newest
            self._newest = Update(
                min(max(float(progress), 0.0), 1.0),
                note[: self._longest_note] if note is not None else (before and before.note),
                text or (before and before.result),
            )
        self._told.set()

    def __enter__(self) -> Self:
        """The reporter, listening."""
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Stop: what follows is the end of the job, which tells more."""
        self._over.set()
        self._told.set()
        self._thread.join()

    def _run(self) -> None:
        while self._told.wait() and not self._over.is_set():
            self._told.clear()
            with self._lock:
                newest, self._newest = self._newest, None
            try:
                if newest is not None and not self._write(newest):
                    self._lost.set()
                    return
            except DBAPIError:
                log.warning("how far a job is could not be told")  # the next word may get through
            self._over.wait(self._pause)
