"""Reads of what responds: the stations of a district."""

from datetime import datetime
from typing import Any, NamedTuple

import numpy as np
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.areas.scope import Scope
from app.roads.kept import Kept, Stamp, part_of
from app.roads.networks import network_of
from app.stations.hours import is_open
from gis.network import Places
from gis.travel import Mode

_STATIONS = text("""
    WITH RECURSIVE below AS (
        SELECT id FROM areas WHERE id = :district
        UNION ALL SELECT a.id FROM areas a JOIN below ON a.parent_id = below.id)
    SELECT s.id, s.kind, s.name, s.name_en, s.open_hours, s.capacity, s.address, s.phone, s.community_id,
           ST_X(s.geom) AS lon, ST_Y(s.geom) AS lat
    FROM stations s WHERE s.community_id IN (SELECT id FROM below) ORDER BY s.id
""")


class Stations(NamedTuple):
    """The stations of a district by id, and where they stand on the roads of one mode."""

    rows: tuple[dict[str, Any], ...]
    places: Places

    def chosen(self, scope: Scope, kind: str | None) -> "Stations":
        """Those that the scope shows, of one kind or of all."""
        kept = [
            at
            for at, row in enumerate(self.rows)
            if kind in (None, row["kind"])
            and (scope.community_ids is None or row["community_id"] in scope.community_ids)
        ]
        return Stations(tuple(self.rows[at] for at in kept), self.places.take(np.array(kept, dtype=np.int64)))


DATASETS = ("areas", "roads", "stations")
_stations: Kept[Stations] = Kept(24)


def stations_of(session: Session, district_id: int, mode: Mode, stamp: Stamp) -> Stations:
    """Every station of a district; `stamp` knows DATASETS. NoRoadError."""

    def load() -> Stations:
        rows = tuple(dict(row) for row in session.execute(_STATIONS, {"district": district_id}).mappings())
        lonlat = np.array([(row["lon"], row["lat"]) for row in rows], dtype=np.float64).reshape(-1, 2)
        network = network_of(session, district_id, stamp)
        return Stations(rows, network.by(mode).attach(network.frame.metres(lonlat)))

    return _stations.get((stamp[0][0], district_id, mode), part_of(stamp, *DATASETS), load)


def told(row: dict[str, Any], at: datetime) -> dict[str, Any]:
    """A station as it is answered, with `open_now` as of the instant `at`."""
    shown = {key: value for key, value in row.items() if key != "community_id"}
    return {**shown, "open_now": is_open(row["open_hours"], at)}
