"""Anchors: the head of the audit's chain, written outside the database, where its owner cannot change it.

A line is "id hash time". Lines are only ever added: once a line says that row 100 has a hash, a database in which it
has another one, or none, has been changed, and no line follows any more. Each line is added by whoever has just
committed a row to the audit, or finds at a start that the last one had no time to.
"""

import fcntl
import logging
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import NamedTuple
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError

FILE = "audit-head"
LINE = re.compile(rb"(\d{1,18}) ([0-9a-f]{64}) (\S{1,40})")
LARGEST = 2 * 2**20  # bytes of a file before it is thinned: some 20,000 lines
NEWEST = 1000  # lines that thinning leaves, beside the last one of each day
PRIVATE = 0o600
SINCE = text("SELECT id, hash, at, known_hash FROM audit_since(:known)")

log = logging.getLogger(__name__)


class Anchor(NamedTuple):
    """That row `id` of the audit has `hash`, told at `at` (ISO, UTC)."""

    id: int
    hash: str
    at: str

    @property
    def line(self) -> bytes:
        """The anchor as a line of a file."""
        return f"{self.id} {self.hash} {self.at}\n".encode()


class Bent(Exception):
    """The database does not hold the row that an anchor tells of."""


class Anchors:
    """The files that hold the anchors of one database, the first of them in the home."""

    def __init__(self, home: Path, second: Path | None = None) -> None:
        """The anchors of `home`, kept in a second place too where one is given."""
        self.places = (home / FILE, *((second,) if second else ()))
        self._lock_file = home / f"{FILE}.lock"
        self._thread = Lock()

    def read(self) -> list[Anchor]:
        """Every anchor of every place, those of low ids first; a line that was cut short counts for nothing."""
        return sorted({anchor for place in self.places for anchor in _read(place)})

    def newest(self) -> Anchor | None:
        """The anchor with the highest id, or None."""
        return max((found for place in self.places if (found := _last(place))), default=None)

    def keep_up(self, engine: Engine) -> None:
        """Add the head of the chain as it is committed now. Bent where the database is not what was anchored.

        Whoever waits here for the lock finds their row anchored by the one before: many commits need few lines.
        """
        # The connection comes after the lock, so that who waits keeps none from anybody.
        with self.locked(), engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            for place in self.places:
                _keep_up(place, connection)

    def replace(self, anchors: Iterable[Anchor], aside: str) -> list[Path]:
        """Put `anchors` in place of what there is, which is kept under the suffix `aside`; the files kept so."""
        kept = []
        lines = [anchor.line for anchor in anchors]
        with self.locked():
            for place in self.places:
                if place.exists():
                    kept.append(place.rename(place.with_name(f"{place.name}.{aside}")))
                _write(place, lines)
        return kept

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Alone among all threads and processes of the home."""
        with self._thread, self._lock_file.open("a") as stream:
            fcntl.flock(stream, fcntl.LOCK_EX)
            yield


_of: WeakKeyDictionary[Engine, Anchors] = WeakKeyDictionary()


def install(bind: object, anchors: Anchors) -> None:
    """Anchor from now on what sessions of the engine `bind` commit to the audit, and what was left over."""
    if isinstance(bind, Engine):
        _of[bind] = anchors
        keep_up(bind)


def of(engine: object) -> Anchors | None:
    """The anchors of an engine; None for a connection, whose transaction is somebody else's, or where none are kept."""
    return _of.get(engine) if isinstance(engine, Engine) else None


def keep_up(bind: object) -> None:
    """Anchor the head of the database behind `bind`. The act is done already: what goes wrong is logged, not raised."""
    anchors = of(bind)
    if anchors is None or not isinstance(bind, Engine):
        return
    try:
        anchors.keep_up(bind)
    except Bent as error:
        log.error("The audit was changed outside of Wangge: %s Run 'wangge audit verify'.", error)  # noqa: TRY400
    except (OSError, SQLAlchemyError):
        log.exception("The head of the audit could not be anchored; the next act makes up for it.")


def _keep_up(place: Path, connection: Connection) -> None:
    """Add the head to one file, unless it says it already."""
    last = _last(place)
    head = connection.execute(SINCE, {"known": last.id if last else 0}).one()
    if last and head.known_hash != last.hash:
        raise Bent(f"row {last.id} is not the one that {place.name} tells of.")
    if head.id and (last is None or head.id > last.id):
        _append(place, Anchor(head.id, head.hash, head.at))


def _append(place: Path, anchor: Anchor) -> None:
    descriptor = os.open(place, os.O_RDWR | os.O_CREAT | os.O_APPEND, PRIVATE)
    with os.fdopen(descriptor, "r+b", buffering=0) as stream:
        size = stream.seek(0, os.SEEK_END)
        cut_short = bool(size) and os.pread(descriptor, 1, size - 1) != b"\n"
        stream.write(b"\n" * cut_short + anchor.line)
        os.fsync(descriptor)
    if size > LARGEST:
        _write(place, [each.line for each in _thinned(_read(place))])


def _thinned(anchors: list[Anchor]) -> list[Anchor]:
    """The last anchor of each day, and the newest ones."""
    daily = {anchor.at[:10]: anchor for anchor in anchors[:-NEWEST]}
    return [*daily.values(), *anchors[-NEWEST:]]


def _write(place: Path, lines: list[bytes]) -> None:
    """The lines as the file, whole or not at all."""
    part = place.with_name(f"{place.name}.part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE), "wb") as stream:
        stream.writelines(lines)
        stream.flush()
        os.fsync(stream.fileno())
    part.replace(place)


def _read(place: Path) -> list[Anchor]:
    """The anchors of a file in its order."""
    if not place.exists():
        return []
    return [anchor for line in place.read_bytes().split(b"\n") if (anchor := _parsed(line))]


def _last(place: Path) -> Anchor | None:
    """The last anchor of a file."""
    if not place.exists():
        return None
    with place.open("rb") as stream:
        stream.seek(max(0, stream.seek(0, os.SEEK_END) - 1024))
        lines = stream.read().split(b"\n")
    return next((anchor for line in reversed(lines) if (anchor := _parsed(line))), None)


def _parsed(line: bytes) -> Anchor | None:
    found = LINE.fullmatch(line)
    return Anchor(int(found[1]), found[2].decode(), found[3].decode()) if found else None
