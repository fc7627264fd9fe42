"""Reads of what responds: the stations of a district."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.areas.scope import Scope
from app.kept import Kept, Stamp, part_of
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


# The community of a station, or one below an area (below everything where none is named), and the district around it.
_DISTRICT = text("""
    WITH RECURSIVE below AS (
        SELECT id, level FROM areas WHERE id = :area OR (CAST(:area AS int) IS NULL AND parent_id IS NULL)
        UNION ALL SELECT a.id, a.level FROM areas a JOIN below ON a.parent_id = below.id
    ), start AS (
        SELECT community_id AS id FROM stations WHERE id = ANY(CAST(:stations AS int[]))
        UNION ALL SELECT id FROM below WHERE level = 'community' AND cardinality(CAST(:stations AS int[])) = 0
    ), first AS (
        SELECT id FROM start WHERE CAST(:communities AS int[]) IS NULL OR id = ANY(CAST(:communities AS int[]))
        ORDER BY id LIMIT 1
    ), up AS (
        SELECT a.id, a.parent_id, a.level FROM areas a JOIN first ON first.id = a.id
        UNION ALL SELECT a.id, a.parent_id, a.level FROM areas a JOIN up ON a.id = up.parent_id)
    SELECT id FROM up WHERE level = 'district'
""")
_BELOW = text("""
    WITH RECURSIVE below AS (
        SELECT id FROM areas WHERE id = :area UNION ALL SELECT a.id FROM areas a JOIN below ON a.parent_id = below.id)
    SELECT id FROM below
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


def district_of(session: Session, scope: Scope, stations: Sequence[int], area_id: int | None) -> int | None:
    """The district of a visible station, or of the visible part of an area; None where there is none."""
    bound = {"stations": list(stations), "area": area_id, "communities": scope.communities}
    found: int | None = session.scalar(_DISTRICT, bound)
    return found


def communities_below(session: Session, area_id: int) -> set[int]:
    """The ids of an area and of every area in it."""
    return set(session.scalars(_BELOW, {"area": area_id}))
