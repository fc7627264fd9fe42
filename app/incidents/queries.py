"""Reads of the incidents."""

import uuid
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.features import BBox
from app.incidents.models import Incident, IncidentPhoto
from app.register.queries import Feature, box, feature

if TYPE_CHECKING:
    from app.areas.scope import Scope

_INCIDENTS = text("""
    SELECT i.id::text AS id, i.id::text AS uid, i.category, i.state, i.description AS text, i.is_exercise, i.address,
           i.reported_at, u.display_name AS reported_by,
           json_build_object('id', a.id, 'name', a.name, 'name_en', a.name_en) AS community,
           json_build_object('id', g.id, 'name', g.name, 'name_en', g.name_en, 'code', g.code) AS grid,
           CASE WHEN b.id IS NOT NULL THEN
             json_build_object('id', b.id, 'name', b.name, 'name_en', b.name_en, 'address', b.address) END AS building,
           CASE WHEN p.id IS NOT NULL THEN json_build_object('post', p.role, 'name', p.holder) END AS responsible,
           CASE WHEN f.incident_id IS NOT NULL THEN
             json_build_object('width', f.width, 'height', f.height, 'added_at', f.added_at) END AS photo,
           ST_AsGeoJSON(i.geom, 7) AS geometry
    FROM incidents i
      LEFT JOIN users u ON u.id = i.reported_by
      JOIN areas a ON a.id = i.community_id
      JOIN grids g ON g.id = i.grid_id
      LEFT JOIN buildings b ON b.id = i.building_id
      LEFT JOIN posts p ON p.id = i.responsible_post_id
      LEFT JOIN incident_photos f ON f.incident_id = i.id
    WHERE (CAST(:id AS uuid) IS NULL OR i.id = CAST(:id AS uuid))
      AND (CAST(:after AS uuid) IS NULL OR (i.reported_at, i.id) <
           (SELECT o.reported_at, o.id FROM incidents o WHERE o.id = CAST(:after AS uuid)))
      AND (CAST(:state AS text) IS NULL OR i.state = :state)
      AND (CAST(:category AS text) IS NULL OR i.category = :category)
      AND (CAST(:since AS timestamptz) IS NULL OR i.reported_at >= :since)
      AND (CAST(:communities AS int[]) IS NULL OR i.community_id = ANY(CAST(:communities AS int[])))
      AND (CAST(:west AS float) IS NULL OR i.geom && ST_MakeEnvelope(:west, :south, :east, :north, 4326))
    ORDER BY i.reported_at DESC, i.id DESC LIMIT :limit
""")


class Filters(NamedTuple):
    """Which incidents: in a box, in a state, of a category, reported at or after `since`."""

    bbox: BBox | None = None
    state: str | None = None
    category: str | None = None
    since: datetime | None = None


ANY = Filters()


def incidents(
    session: Session,
    scope: "Scope",
    filters: Filters = ANY,
    *,
    after: uuid.UUID | None = None,
    limit: int = 100,
    incident_id: uuid.UUID | None = None,
) -> list[Feature]:
    """Up to `limit` visible incidents, newest first, those reported before `after` where it is given."""
    bound = {
        "id": incident_id and str(incident_id),
        "after": after and str(after),
        "state": filters.state,
        "category": filters.category,
        "since": filters.since,
        "limit": limit,
        "communities": scope.communities,
        **box(filters.bbox),
    }
    found = [feature(row) for row in session.execute(_INCIDENTS, bound).mappings()]
    for one in found:
        one["properties"]["reported_at"] = one["properties"]["reported_at"].isoformat()
    return found


def incident(session: Session, scope: "Scope", incident_id: uuid.UUID) -> Feature | None:
    """A visible incident as a GeoJSON feature, or None."""
    return next(iter(incidents(session, scope, incident_id=incident_id, limit=1)), None)


def photo(session: Session, scope: "Scope", incident_id: uuid.UUID) -> IncidentPhoto | None:
    """The photo of a visible incident, or None."""
    wanted = select(IncidentPhoto).join(Incident).where(IncidentPhoto.incident_id == incident_id)
    if scope.community_ids is not None:
        wanted = wanted.where(Incident.community_id.in_(scope.community_ids))
    return session.scalar(wanted)
