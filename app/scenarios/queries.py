"""Reads of the scenarios: those of areas over all of which somebody plans."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.areas.queries import PLANNED
from app.areas.scope import Scope
from app.events import CHANNEL

_SCENARIOS = text(f"""{PLANNED}
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


def planned_district(session: Session, scope: Scope, area_id: int) -> int | None:
    """The district of an area that the scope holds all of; None for any other area."""
    found: int | None = session.scalar(_DISTRICT, {"communities": scope.communities, "area": area_id})
    return found


def tell_of_change(session: Session, scenario_id: UUID, version: int) -> None:
    """Tell the open pages, once this is committed, that the scenario is at `version`."""
    session.execute(_TELL, {"channel": CHANNEL, "what": f"scenario:{scenario_id}", "version": version})
