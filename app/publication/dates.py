"""The grids of a day, and the days on which grids began or ended."""

from datetime import date
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.areas.queries import IN_SCOPE
from app.areas.scope import Scope
from app.features import features

MOST = 100_000
_VISIBLE = IN_SCOPE.format(table="g")
# A parent or child tells its code and how many households came from it, or went to it.
_ON = f"""
    SELECT g.id, g.geom, g.kind, g.level, g.code, g.code_scheme, g.name, g.name_en, g.tint, g.valid_from, g.valid_to,
        g.community_id,
        coalesce((SELECT json_agg(json_build_object('id', o.id, 'code', o.code, 'name', o.name,
            'households', l.households) ORDER BY l.households DESC, o.id)
            FROM grid_parents l JOIN grids o ON o.id = l.parent_id WHERE l.child_id = g.id), '[]') AS parents,
        coalesce((SELECT json_agg(json_build_object('id', o.id, 'code', o.code, 'name', o.name,
            'households', l.households) ORDER BY l.households DESC, o.id)
            FROM grid_parents l JOIN grids o ON o.id = l.child_id WHERE l.parent_id = g.id), '[]') AS children
    FROM grids g
    WHERE g.valid_from <= CAST(:day AS date) AND (g.valid_to IS NULL OR g.valid_to > CAST(:day AS date)) AND {_VISIBLE}
"""  # noqa: S608 (our own words; so below)
_DATES = text(f"""
    WITH seen AS (SELECT g.id, g.valid_from, g.valid_to FROM grids g WHERE {_VISIBLE})
    SELECT d.date::text AS date,
        (SELECT min(l.plan_id::text) FROM grid_parents l JOIN seen s ON s.id = l.child_id WHERE s.valid_from = d.date)
            AS plan,
        (SELECT count(*) FROM seen s WHERE s.valid_from <= d.date AND (s.valid_to IS NULL OR s.valid_to > d.date))
            AS grids,
        (SELECT count(*) FROM seen s WHERE s.valid_from = d.date) AS begun,
        (SELECT count(*) FROM seen s WHERE s.valid_to = d.date) AS ended
    FROM (SELECT valid_from AS date FROM seen UNION SELECT valid_to FROM seen WHERE valid_to IS NOT NULL) d
    ORDER BY d.date
""")  # noqa: S608


def grids_on(session: Session, scope: Scope, day: date) -> list[str]:
    """The visible grids that were, or are, in force on a day, as GeoJSON texts with what they came from and became."""
    return features(session, _ON, bbox=None, after=0, limit=MOST, day=day.isoformat(), communities=scope.communities)


def dates(session: Session, scope: Scope) -> list[dict[str, Any]]:
    """The days on which visible grids began or ended: how many were in force from then on, and by which plan."""
    rows = session.execute(_DATES, {"communities": scope.communities}).mappings()
    return [dict(row) for row in rows]
