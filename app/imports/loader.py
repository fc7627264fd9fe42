"""A city into PostGIS: all of it in the caller's transaction, or nothing."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any, NamedTuple

import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.areas.models import Area
from app.errors import Conflict, Invalid
from app.imports.copying import copy_rows, reserved_ids
from app.imports.models import Import
from app.imports.tables import TABLES, Ids
from app.patrols.service import suggest_all
from app.sealing import Sealer, hold_keys
from app.search import service as search
from gis.city import City

LOCK = 0x4C4F4144  # "LOAD": one load at a time on a database
PREFIX = 6  # digits of an area code that name the district
FIRST_FREE, LAST_FREE = 990000, 999999  # district prefixes that no real district has
Progress = Callable[[str, float], None]
"""Told the table in hand and the share of the whole done, 0 to 1."""


class Loaded(NamedTuple):
    """What a load did: the district, whether anything changed, and the rows of each table."""

    district_id: int
    changed: bool
    rows: dict[str, int]


def load_city(
    session: Session,
    city: City,
    *,
    sealer: Sealer,
    source: str = "",
    digest: str | None = None,
    report: Mapping[str, Any] | None = None,
    progress: Progress | None = None,
) -> Loaded:
    """Load a city, or find it loaded already; Conflict where its district exists with other content.

    `digest` says what the content is made from (SHA-256 of a file and its options); the city's own where it is None.
    """
    if not city.areas:
        raise Invalid("There is no area in it: nothing was loaded.")
    digest = digest or digest_of(city)
    session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
    hold_keys(session)
    known = already_loaded(session, key=city.areas[0].key, name=city.areas[0].name, digest=digest)
    if known is not None:
        return Loaded(known, changed=False, rows={})
    city = _with_free_codes(session, city)
    ids = Ids(sealer)
    rows = _copy_all(session, city, ids, progress)
    session.add(Import(district_id=ids.district, source=source, digest=digest, report=dict(report or {})))
    session.flush()
    session.execute(text(f"ANALYZE {', '.join(rows)}"))
    search.rebuild(session, ids.district)
    rows["patrol_routes"] += suggest_all(session, ids.tables["areas"].values())
    return Loaded(ids.district, changed=True, rows=rows)


def already_loaded(session: Session, *, key: str, name: str, digest: str) -> int | None:
    """The id of the district where just this was loaded before; Conflict where it was something else."""
    found = session.execute(
        select(Area.id, Import.digest).outerjoin(Import, Import.district_id == Area.id).where(Area.key == key)
    ).first()
    if found is None:
        return None
    if found.digest != digest:
        raise Conflict(
            f"An area named {name} is here already, made from another source or with other options. "
            "Nothing was changed. To have both, give the new one another name.",
            field="area",
        )
    return int(found.id)


def digest_of(city: City) -> str:
    """SHA-256 in hex over every record of a city."""
    digest = hashlib.sha256()
    for collection in fields(city):
        digest.update(collection.name.encode())
        for record in getattr(city, collection.name):
            digest.update(repr([_plain(value) for value in record]).encode())
    return digest.hexdigest()


def _plain(value: object) -> object:
    """A value whose repr says all of it, on every run the same."""
    return shapely.to_wkb(value) if isinstance(value, BaseGeometry) else value


def _copy_all(session: Session, city: City, ids: Ids, progress: Progress | None) -> dict[str, int]:
    """How many rows of every table were sent; `ids` holds the ids given to them."""
    rows = {}
    for done, table in enumerate(TABLES):
        if progress:
            progress(table.name, done / len(TABLES))
        keys = table.keys(city)
        numbers = reserved_ids(session, table.name, len(keys))
        ids.tables[table.name] = dict(zip(keys, numbers, strict=True))
        records = ((number, *row) for number, row in zip(numbers, table.rows(city, ids), strict=True))
        copy_rows(session, table.name, ("id", *table.columns), records)
        rows[table.name] = len(keys)
    if progress:
        progress("", 1.0)
    return rows


def _with_free_codes(session: Session, city: City) -> City:
    """The city, under another district prefix where an area that is here has a code of its own one."""
    prefix = city.areas[0].code[:PREFIX]
    taken = set(session.scalars(select(Area.code)))
    used = {code[:PREFIX] for code in taken}
    if prefix not in used:
        return city
    free = next((p for p in _from(int(prefix)) if p not in used), None)
    if free is None:
        raise Conflict("Every area code that starts with 99 is taken: remove an area first.", field="area")
    return _recoded(city, prefix, free)


def _from(prefix: int) -> list[str]:
    """The prefixes of made-up districts, those after `prefix` first."""
    count = LAST_FREE - FIRST_FREE + 1
    return [str(FIRST_FREE + (prefix - FIRST_FREE + step) % count) for step in range(1, count)]


def _recoded(city: City, old: str, new: str) -> City:
    """The city with every code that starts with `old` starting with `new`."""

    def turn(code: str) -> str:
        return new + code[PREFIX:] if code.startswith(old) else code

    copy = City(**{collection.name: getattr(city, collection.name) for collection in fields(city)})
    copy.areas = [area._replace(code=turn(area.code)) for area in city.areas]
    copy.grids = [grid._replace(code=turn(grid.code)) for grid in city.grids]
    return copy
