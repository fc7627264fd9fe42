"""Loading the demo district and OpenStreetMap files, and checking what is there."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from sqlalchemy import select

from app.areas.models import Area
from app.db import Session
from app.errors import Invalid
from app.imports.check import Finding, check
from app.imports.loader import Loaded, Progress, already_loaded, load_city
from app.sealing import Sealer
from gis.city import City
from gis.osm import Box, OsmFileError, Report, area_key, city_of

CHUNK = 1 << 20  # bytes hashed at once
MADE = 0.6  # share of the work that is done when the city is made, and the database's part begins
ENDINGS = (".osm", ".osm.gz", ".osm.bz2", ".osm.pbf")


@dataclass(frozen=True, slots=True)
class Source:
    """OpenStreetMap files and how they are to be read."""

    files: tuple[Path, ...]
    area: str
    box: Box | None
    invent: bool

    @classmethod
    def of(cls, files: Sequence[Path], *, area: str | None, bbox: str | None, invent: bool) -> "Source":
        """The source that a command line names; Invalid with the field where it cannot be one."""
        for file in files:
            if not file.name.lower().endswith(ENDINGS):
                raise Invalid(f"{file.name} is not an OpenStreetMap file ({', '.join(ENDINGS)}).", field="files")
        name = (area if area is not None else files[0].name.split(".")[0]).strip()
        if not name or not name.isprintable():
            raise Invalid("--area needs a name.", field="area")
        return cls(tuple(files), name, None if bbox is None else _box(bbox), invent)

    def digest(self) -> str:
        """SHA-256 in hex over the files' bytes and the options."""
        digest = hashlib.sha256(json.dumps([self.area, self.box, self.invent]).encode())
        for file in self.files:
            with file.open("rb") as stream:
                while chunk := stream.read(CHUNK):
                    digest.update(chunk)
        return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an import did, or would do."""

    changed: bool
    district_id: int | None
    rows: dict[str, int]
    code: str = ""  # of the district, for `wangge user add --area`
    report: dict[str, Any] = field(default_factory=dict)
    report_text: str = ""

    def as_dict(self) -> dict[str, Any]:
        """The outcome as JSON takes it."""
        return {
            "changed": self.changed,
            "district_id": self.district_id,
            "code": self.code,
            "rows": self.rows,
            "report": self.report,
        }


def load_demo(*, seed: int, scale: float, sealer: Sealer, progress: Progress) -> Loaded:
    """Make the demo district and load it, in a transaction of its own."""
    from gis.demo import demo_city  # noqa: PLC0415 (only this needs it)

    progress("making", 0.0)
    city = demo_city(seed=seed, scale=scale)
    with Session.begin() as session:
        source = f"demo seed={seed} scale={scale:g}"
        return load_city(session, city, sealer=sealer, source=source, progress=_later(progress, MADE))


def read_osm(source: Source, progress: Progress) -> Outcome:
    """What importing the source would load; touches no database."""
    city, report = _city(source, progress)
    return _outcome(
        Loaded(0, changed=False, rows={part.name: len(getattr(city, part.name)) for part in fields(city)}), report
    )


def import_osm(source: Source, sealer: Sealer, progress: Progress) -> Outcome:
    """Import the source in a transaction of its own; Conflict where its name stands for something else already."""
    digest, key = source.digest(), area_key(source.area)
    with Session.begin() as session:
        known = already_loaded(session, key=key, name=source.area, digest=digest)
        if known is not None:
            return Outcome(changed=False, district_id=known, rows={}, code=session.get_one(Area, known).code)
    city, report = _city(source, _earlier(progress, MADE))
    name = ", ".join(file.name for file in source.files)
    with Session.begin() as session:
        loaded = load_city(
            session,
            city,
            sealer=sealer,
            source=name,
            digest=digest,
            report=report.as_dict(),
            progress=_later(progress, MADE),
        )
        return _outcome(loaded, report, code=session.get_one(Area, loaded.district_id).code)


def check_database(sealer: Sealer, progress: Progress, *, serving: str | None = None) -> Finding:
    """Everything that is wrong with the data, read in one transaction, and with the wall before the role `serving`."""
    with Session.begin() as session:
        return check(session, progress, keys=sealer.keys.ids(), serving=serving)


def is_empty() -> bool:
    """Whether no area is in the database yet."""
    with Session.begin() as session:
        return session.scalar(select(Area.id).limit(1)) is None


def _city(source: Source, progress: Progress) -> tuple[City, Report]:
    """The city in the source; Invalid where there is none."""
    try:
        return city_of(source.files, area=source.area, box=source.box, invent=source.invent, progress=progress)
    except OsmFileError as error:
        raise Invalid(str(error), field="files") from error


def _outcome(loaded: Loaded, report: Report, *, code: str = "") -> Outcome:
    return Outcome(loaded.changed, loaded.district_id or None, loaded.rows, code, report.as_dict(), report.as_text())


def _earlier(progress: Progress, share: float) -> Progress:
    """Progress of the part before `share`."""
    return lambda step, done: progress(step, done * share)


def _later(progress: Progress, share: float) -> Progress:
    """Progress of the part after `share`."""
    return lambda step, done: progress(step, share + done * (1 - share))


def _box(text: str) -> Box:
    """The box written as W,S,E,N degrees; Invalid where it is none."""
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError:
        raise Invalid("--bbox needs four numbers: W,S,E,N in degrees.", field="bbox") from None
    if not (-180 <= west < east <= 180 and -85 <= south < north <= 85):  # noqa: PLR2004 (degrees)
        raise Invalid("--bbox needs W < E within ±180 and S < N within ±85 degrees.", field="bbox")
    return Box(west, south, east, north)
