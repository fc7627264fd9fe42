"""Changes of the data, told to every open page: PostgreSQL's notifications as server-sent events.

One thread of the process listens on the channel `wangge` and hands each notification to the open streams. Where the
database was away, all streams are closed: the browsers connect again and compare GET /versions, so nothing is missed.
A change of the data is told to everybody, how far a job is to the user whose job it is, and a change of a plan of
grids to those who plan for all of its area.
"""

import json
import logging
import queue
import select
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

import psycopg2
from apiflask import APIFlask
from flask import Flask, Response
from flask_babel import gettext
from sqlalchemy import create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from app.errors import Unavailable
from app.slots import Slots

CHANNEL = "wangge"
STREAMS = Slots(200)  # of all workers together; each holds a thread
HEARTBEAT = 15.0  # seconds
LONGEST_QUEUE = 200  # changes that a slow reader may be behind
PAUSE = 1.0  # seconds before the database is tried again
WAKE = 500  # milliseconds between two looks at whether to stop

log = logging.getLogger(__name__)

Check = Callable[[], bool]
"""Whether the reader of a stream may still read it."""


def install(app: APIFlask) -> None:
    """Give the application its hub; it connects when the first stream opens."""
    app.extensions["events"] = Hub(app.extensions["database_url"])


def stream(app: Flask, allowed: Check, user_id: int, *, areas: frozenset[int] = frozenset()) -> Response:
    """The endless answer to a user who plans for `areas`; Unavailable where too many are open."""
    hub: Hub = app.extensions["events"]
    response = Response(Stream(hub, allowed, user_id=user_id, areas=areas), mimetype="text/event-stream")
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Accel-Buffering"] = "no"  # a proxy passes each event on at once
    return response


def close(app: Flask) -> None:
    """End all streams and stop listening, so that the process can end."""
    app.extensions["events"].close()


class Hub:
    """The open streams of a process, and the thread that feeds them."""

    def __init__(self, url: str, *, slots: Slots = STREAMS) -> None:
        """No stream, no thread, no connection yet."""
        self._url = url
        self._slots = slots
        self._readers: dict[queue.Queue[str | None], int] = {}  # each with its slot
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()
        self._listening = threading.Event()

    def open(self) -> "queue.Queue[str | None]":
        """A queue of changes as JSON texts, None at its end; Unavailable where there are too many."""
        with self._lock:
            slot = None if self._stop.is_set() else self._slots.take()
            if slot is None:
                raise Unavailable(gettext("Too many pages follow the changes at this moment. Please try again later."))
            reader: queue.Queue[str | None] = queue.Queue(LONGEST_QUEUE)
            self._readers[reader] = slot
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="events", daemon=True)
                self._thread.start()
        # What changes after the answer has begun is in the stream, so the thread has to listen by then.
        self._listening.wait(PAUSE)
        return reader

    def leave(self, reader: "queue.Queue[str | None]") -> None:
        """Forget a reader."""
        with self._lock:
            slot = self._readers.pop(reader, None)
            if slot is not None:
                self._slots.give_back(slot)

    def close(self) -> None:
        """End everything for good."""
        self._stop.set()
        self._end_all()
        if self._thread is not None:
            self._thread.join(timeout=2)

    @property
    def open_streams(self) -> int:
        """How many streams are open."""
        return len(self._readers)

    def _run(self) -> None:
        """Listen until the end, again and again; the log names the first failure of a row only."""
        told = False
        while not self._stop.is_set():
            try:
                self._listen()
            except (psycopg2.Error, DBAPIError, OSError) as error:
                told = told and not self._listening.is_set()
                if not told:
                    log.warning("the database does not tell changes at the moment: %s", type(error).__name__)
                told = True
            self._listening.clear()
            self._end_all()
            self._stop.wait(PAUSE)

    def _listen(self) -> None:
        """Pass notifications on until asked to stop; raises where the connection breaks."""
        raw = create_engine(self._url, poolclass=NullPool).raw_connection()
        try:
            connection = raw.driver_connection
            if connection is None:
                raise psycopg2.OperationalError
            connection.set_session(autocommit=True)
            with connection.cursor() as cursor:
                cursor.execute(f"LISTEN {CHANNEL}")
            self._listening.set()
            # poll, for select ends at file number 1023, and each stream holds one.
            waiting = select.poll()
            waiting.register(connection, select.POLLIN)
            while not self._stop.is_set():
                if waiting.poll(WAKE):
                    connection.poll()
                    self._tell([notice.payload for notice in connection.notifies])
                    connection.notifies.clear()
        finally:
            raw.close()

    def _tell(self, changes: list[str]) -> None:
        """Hand each change to each reader once; a reader that does not read is sent away, and comes back afresh."""
        with self._lock:
            readers = list(self._readers)
        for change in dict.fromkeys(changes):
            for reader in readers:
                try:
                    reader.put_nowait(change)
                except queue.Full:
                    self._end(reader)

    def _end_all(self) -> None:
        with self._lock:
            readers = list(self._readers)
        for reader in readers:
            self._end(reader)

    def _end(self, reader: "queue.Queue[str | None]") -> None:
        self.leave(reader)
        with suppress(queue.Empty):
            reader.get_nowait()  # room for the end
        with suppress(queue.Full):
            reader.put_nowait(None)


class Stream(Iterator[bytes]):
    """The bytes of one stream: changes, heartbeats, and from time to time the question whether it may go on."""

    def __init__(
        self,
        hub: Hub,
        allowed: Check,
        *,
        user_id: int | None = None,
        areas: frozenset[int] = frozenset(),
        heartbeat: float = HEARTBEAT,
    ) -> None:
        """Open it; Unavailable where too many are open."""
        self._hub = hub
        self._allowed = allowed
        self._user_id = user_id
        self._areas = areas
        self._heartbeat = heartbeat
        self._asked = time.monotonic()
        self._started = False
        self._reader = hub.open()

    def __next__(self) -> bytes:
        """The next event or heartbeat; StopIteration where the stream ends."""
        if not self._started:
            self._started = True
            return b"retry: 2000\n: connected\n\n"
        until = time.monotonic() + self._heartbeat
        while (left := until - time.monotonic()) > 0:
            if time.monotonic() - self._asked >= self._heartbeat and not self._may_go_on():
                raise StopIteration
            try:
                change = self._reader.get(timeout=left)
            except queue.Empty:
                break
            if change is None:
                raise StopIteration
            if event := self._event(json.loads(change)):
                return event
        return b": still here\n\n"

    def _event(self, change: dict[str, object]) -> bytes | None:
        """The change as it is sent; None where it is about somebody else's job, or a plan for elsewhere."""
        kind = "change"
        if "job" in change:
            kind = "job"
            if self._user_id is None or change.pop("user") != self._user_id:
                return None
        if "plan" in change:
            kind = "plan"
            if change.pop("area") not in self._areas:
                return None
        return f"event: {kind}\ndata: {json.dumps(change)}\n\n".encode()

    def close(self) -> None:
        """What the server calls when the answer ends or its reader is gone."""
        self._hub.leave(self._reader)

    def _may_go_on(self) -> bool:
        self._asked = time.monotonic()
        try:
            return self._allowed()
        except DBAPIError:  # the database is away: the browser comes back and is asked anew
            return False
