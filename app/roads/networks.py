"""The road networks: one for each district, made anew when roads or speeds change, mapped by all processes alike."""

import hashlib
import json
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.kept import Kept, Stamp, part_of, stamp_of
from app.roads import queries
from app.roads.files import NetworkFiles
from gis.network import Network

DATASET = "roads"
FOLDER = "networks"
# A database that was made anew may count its versions like the one before.
_BASE = text("""
    SELECT oid, (SELECT system_identifier FROM pg_control_system()) FROM pg_database WHERE datname = current_database()
""")
_networks: Kept[Network] = Kept(8)
_files = NetworkFiles(None)


def keep_in(home: Path) -> None:
    """Keep the networks of this process in the home from now on, where other processes find them."""
    global _files  # noqa: PLW0603 (as `app.db.Session`, bound once when the application is made)
    _files = NetworkFiles(home / FOLDER)


def network_of(session: Session, district_id: int, stamp: Stamp | None = None) -> Network:
    """The network of a district as its roads and speeds are now; empty where it has no roads.

    `stamp` saves a look at the versions where the caller has one that knows the roads.
    """
    stamp = stamp_of(session, DATASET) if stamp is None else part_of(stamp, DATASET)
    return _networks.get((stamp[0][0], district_id), stamp, lambda: _kept(session, district_id, stamp))


def _kept(session: Session, district_id: int, stamp: Stamp) -> Network:
    """The network from its file, or from the database."""
    base = [str(part) for part in session.execute(_BASE).one()]
    name = f"{hashlib.sha256(json.dumps(base).encode()).hexdigest()[:12]}-{district_id}"
    return _files.get(
        name,
        json.dumps([base, district_id, stamp]),
        lambda: Network(queries.roads(session, district_id), queries.speeds(session)),
    )
