"""The road networks: one for each district, made anew when roads or speeds change, mapped by all processes alike.

A server makes a new one in the background: until it is there, for OLDEST at most, answers are reckoned on the old one.
"""

import hashlib
import json
import logging
import threading
import time
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session as SqlSession

from app.db import Session
from app.kept import Kept, Stamp, part_of, stamp_of
from app.roads import queries
from app.roads.files import NetworkFiles
from gis.network import Network

DATASET = "roads"
FOLDER = "networks"
OLDEST = 60.0  # seconds for which answers are reckoned on roads as they were; then they wait for the new network
# A database that was made anew may count its versions like the one before.
_BASE = text("""
    SELECT oid, (SELECT system_identifier FROM pg_control_system()) FROM pg_database WHERE datname = current_database()
""")

log = logging.getLogger(__name__)


class _Key(NamedTuple):
    """A district of a database."""

    base: str
    district_id: int


_networks: Kept[Network] = Kept(8)
_files = NetworkFiles(None)
_behind = False  # whether new networks are made in the background
_held: dict[_Key, Stamp] = {}  # the roads of the network that this process has made or found last
_late: dict[_Key, tuple[Stamp, float]] = {}  # which roads are waited for, and since when
_making: set[_Key] = set()
_lock = threading.Lock()


def keep_in(home: Path) -> None:
    """Keep the networks of this process in the home from now on, where other processes find them."""
    global _files  # noqa: PLW0603 (as `app.db.Session`, bound once when the application is made)
    _files = NetworkFiles(home / FOLDER)


def swap_in_background(*, so: bool = True) -> None:
    """Make new networks of this process in the background from now on."""
    global _behind  # noqa: PLW0603 (as above)
    _behind = so


def network_of(session: SqlSession, district_id: int, stamp: Stamp | None = None) -> Network:
    """The network of a district as its roads and speeds are now; empty where it has no roads.

    `stamp` saves a look at the versions where the caller has one that knows the roads, or says by `in_use` which.
    """
    stamp = stamp_of(session, DATASET) if stamp is None else part_of(stamp, DATASET)
    key = _Key(stamp[0][0], district_id)

    def make() -> Network:
        made = _files.get(*_file(session, district_id, stamp), lambda: _from_database(session, district_id))
        before = _held.get(key)
        _held[key] = stamp
        # Who reckons with the one before still may ask for it; older ones are let go.
        _networks.forget(lambda one: one[0] == key and one[1] not in (before, stamp))
        return made

    return _networks.get((key, stamp), stamp, make)


def in_use(session: SqlSession, district_id: int, stamp: Stamp) -> Stamp:
    """The stamp, with the roads that a district's answers are reckoned on while the network of newer ones is made."""
    wanted, key = part_of(stamp, DATASET), _Key(stamp[0][0], district_id)
    held = _held.get(key)
    if not _behind or held in (None, wanted) or _is_made(session, district_id, wanted) or not _patient(key, wanted):
        return stamp
    _renew_behind(key)
    return tuple(held[0] if row[1] == DATASET else row for row in stamp) if held else stamp


def renew() -> None:
    """Make the networks that this process holds anew where roads have changed: for who has changed them, and waits."""
    for key in list(_held) if _behind else ():
        _renew(key)


def _from_database(session: SqlSession, district_id: int) -> Network:
    return Network(queries.roads(session, district_id), queries.speeds(session))


def _file(session: SqlSession, district_id: int, stamp: Stamp) -> tuple[str, str]:
    """The name of a district's files, and the key of the one of these roads."""
    base = [str(part) for part in session.execute(_BASE).one()]
    name = f"{hashlib.sha256(json.dumps(base).encode()).hexdigest()[:12]}-{district_id}"
    return name, json.dumps([base, district_id, stamp])


def _is_made(session: SqlSession, district_id: int, stamp: Stamp) -> bool:
    """Whether the network of these roads waits in its file, which is read in no time."""
    return _files.has(*_file(session, district_id, stamp))


def _patient(key: _Key, wanted: Stamp) -> bool:
    """Whether these roads have not been waited for too long."""
    if _late.get(key, (None,))[0] != wanted:
        _late[key] = wanted, time.monotonic()
    return time.monotonic() - _late[key][1] < OLDEST


def _renew_behind(key: _Key) -> None:
    """Let a thread make the network, unless one does so already."""
    with _lock:
        if key in _making:
            return
        _making.add(key)
    threading.Thread(target=_renew, args=(key,), name="roads", daemon=True).start()


def _renew(key: _Key) -> None:
    """Make the network of a district's roads as they are now, or wait for the process that does."""
    try:
        with Session.begin() as session:
            session.connection(execution_options={"isolation_level": "REPEATABLE READ"})  # all of one version
            network_of(session, key.district_id)
    except SQLAlchemyError as error:
        log.warning("a road network could not be made: %s", type(error).__name__)
    finally:
        with _lock:
            _making.discard(key)
