"""Reads of the scenarios: those of areas over all of which somebody plans."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.areas.scope import Scope
from app.events import CHANNEL

# An area is planned for where the scope holds each of its communities, and there is one.
_PLANNED = """
    WITH RECURSIVE up(community, id) AS (
        SELECT id, id FROM areas WHERE level = 'community'
        UNION ALL SELECT up.community, a.parent_id FROM up JOIN areas a ON a.id = up.id WHERE a.parent_id IS NOT NULL
    ), planned AS (
        SELECT id FROM up GROUP BY id
        HAVING CAST(:communities AS int[]) IS NULL OR bool_and(community = ANY(CAST(:communities AS int[]))))
"""
_SCENARIOS = text(f"""{_PLANNED}
    SELECT s.id::text AS id, s.name, s.version, s.content, s.created_at, s.changed_at,
        o.display_name AS owner, c.display_name AS changed_by, s.owner_id,
        json_build_object('id', a.id, 'name', a.name, 'name_en', a.name_en) AS area
    FROM scenarios s JOIN planned p ON p.id = s.area_id JOIN areas a ON a.id = s.area_id
        JOIN users o ON o.id = s.owner_id JOIN users c ON c.id = s.changed_by
    WHERE CAST(:id AS uuid) IS NULL OR s.id = CAST(:id AS uuid)
    ORDER BY s.changed_at DESC, s.id LIMIT :limit
""")  # noqa: S608 (our own words; so below)
_TELL = text("SELECT pg_notify(:channel, json_build_object('dataset', CAST(:what AS text), 'version', :version)::text)")
_BELOW = """
    WITH RECURSIVE below AS (
        SELECT id, level FROM areas WHERE id = :area
        UNION ALL SELECT a.id, a.level FROM areas a JOIN below ON a.parent_id = below.id)
"""
_DISTRICT = text(f"""{_BELOW}, above AS (
        SELECT id, parent_id, level FROM areas WHERE id = :area
        UNION ALL SELECT a.id, a.parent_id, a.level FROM areas a JOIN above ON a.id = above.parent_id)
    SELECT above.id FROM above WHERE above.level = 'district' AND (
        SELECT CAST(:communities AS int[]) IS NULL OR bool_and(id = ANY(CAST(:communities AS int[])))
        FROM below WHERE level = 'community')
""")  # noqa: S608 (our own words; so below)
_KNOWN = text(f"""{_BELOW}
    SELECT s.id FROM stations s JOIN below ON below.id = s.community_id WHERE s.id = ANY(CAST(:stations AS int[]))
""")  # noqa: S608
_OUTSIDE = text("""
    SELECT place.number
    FROM unnest(CAST(:lons AS float[]), CAST(:lats AS float[])) WITH ORDINALITY place(lon, lat, number)
    WHERE NOT EXISTS (SELECT FROM areas a
        WHERE a.id = :area AND ST_Intersects(a.geom, ST_SetSRID(ST_MakePoint(place.lon, place.lat), 4326)))
    ORDER BY 1 LIMIT 1
""")
MOST = 200


def scenarios(session: Session, scope: Scope, *, scenario_id: UUID | None = None) -> list[dict[str, Any]]:
    """Up to MOST visible scenarios, those changed last first, or the one with this id."""
    bound = {"communities": scope.communities, "id": scenario_id and str(scenario_id), "limit": MOST}
    return [
        {name: value.isoformat() if isinstance(value, datetime) else value for name, value in row.items()}
        for row in session.execute(_SCENARIOS, bound).mappings()
    ]


def known_stations(session: Session, area_id: int, stations: Collection[int]) -> set[int]:
    """Those of the stations that stand in the area."""
    return set(session.scalars(_KNOWN, {"area": area_id, "stations": list(stations)}))


def first_outside(session: Session, area_id: int, places: list[tuple[float, float]]) -> int | None:
    """The position of the first of the places (lon, lat) that lies outside the area; None where none does."""
    lons, lats = [place[0] for place in places], [place[1] for place in places]
    number = session.scalar(_OUTSIDE, {"area": area_id, "lons": lons, "lats": lats})
    return None if number is None else int(number) - 1


def planned_district(session: Session, scope: Scope, area_id: int) -> int | None:
    """The district of an area that the scope holds all of; None for any other area."""
    found: int | None = session.scalar(_DISTRICT, {"communities": scope.communities, "area": area_id})
    return found


def tell_of_change(session: Session, scenario_id: UUID, version: int) -> None:
    """Tell the open pages, once this is committed, that the scenario is at `version`."""
    session.execute(_TELL, {"channel": CHANNEL, "what": f"scenario:{scenario_id}", "version": version})
