"""Reads of the stations."""

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.features import BBox
from app.register.queries import Feature, box, feature
from app.stations.hours import is_open

if TYPE_CHECKING:
    from app.areas.scope import Scope

_STATIONS = text("""
    SELECT s.id, s.kind, s.name, s.name_en, s.names, s.address, s.open_hours, s.capacity, s.phone,
           json_build_object('id', a.id, 'name', a.name, 'name_en', a.name_en) AS community,
           ST_AsGeoJSON(s.geom, 7) AS geometry
    FROM stations s JOIN areas a ON a.id = s.community_id
    WHERE s.id > :after
      AND (CAST(:id AS int) IS NULL OR s.id = :id)
      AND (CAST(:kind AS text) IS NULL OR s.kind = :kind)
      AND (CAST(:communities AS int[]) IS NULL OR s.community_id = ANY(CAST(:communities AS int[])))
      AND (CAST(:west AS float) IS NULL OR s.geom && ST_MakeEnvelope(:west, :south, :east, :north, 4326))
    ORDER BY s.id LIMIT :limit
""")


def stations(
    session: Session,
    scope: "Scope",
    *,
    at: datetime,
    bbox: BBox | None = None,
    kind: str | None = None,
    after: int = 0,
    limit: int = 100,
    station_id: int | None = None,
) -> list[Feature]:
    """Up to `limit` visible stations with an id above `after`, by id, with `open_now` as of the instant `at`."""
    bound = {
        "after": after,
        "limit": limit,
        "kind": kind,
        "id": station_id,
        "communities": scope.communities,
        **box(bbox),
    }
    found = [feature(row) for row in session.execute(_STATIONS, bound).mappings()]
    for one in found:
        one["properties"]["open_now"] = is_open(one["properties"]["open_hours"], at)
    return found


def station(session: Session, scope: "Scope", station_id: int, at: datetime) -> Feature | None:
    """A visible station as a GeoJSON feature, or None."""
    return next(iter(stations(session, scope, at=at, station_id=station_id, limit=1)), None)
