"""Reporting an incident: the place decides community, grid, building, address and who is responsible."""

import uuid
from typing import TYPE_CHECKING, NamedTuple

from flask_babel import lazy_gettext as _
from geoalchemy2.shape import to_shape
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.accounts.audit import record
from app.accounts.identity import Identity
from app.errors import Conflict, Forbidden, NotFound
from app.geo import LONLAT
from app.incidents.models import Incident, IncidentCategory, IncidentPhoto
from app.incidents.photos import Photo
from app.register.queries import place_at

if TYPE_CHECKING:
    from app.areas.scope import Scope


MAX_TEXT = 2000  # characters


class Report(NamedTuple):
    """What a reporter sends: an id made on the phone, the place in degrees, category and text."""

    id: uuid.UUID
    lon: float
    lat: float
    category: IncidentCategory
    text: str


def report_incident(session: Session, scope: "Scope", who: Identity, report: Report) -> bool:
    """Keep a report; whether it is new. The same report sent again changes nothing. NotFound, Conflict."""
    known = session.get(Incident, report.id)
    if known is not None:
        return _same(known, who, report)
    place = place_at(session, scope, report.lon, report.lat)
    if place is None:
        raise NotFound(_("This place lies outside your area."), field="lon")
    values = {
        "id": report.id,
        "category": report.category,
        "description": report.text,
        "community_id": place.community["id"],
        "grid_id": place.grid["id"],
        "building_id": place.building and place.building["id"],
        "address": place.address,
        "responsible_post_id": place.post_id,
        "reported_by": who.id,
        "geom": _ewkt(report),
    }
    added = session.scalar(insert(Incident).values(values).on_conflict_do_nothing().returning(Incident.id))
    if added is None:  # the same phone sent it twice at the same moment, or somebody out of sight has this id
        return _same(session.get(Incident, report.id), who, report)
    record(session, who, "incident.reported", "incident", report.id)
    return True


def own_incident(session: Session, scope: "Scope", who: Identity, incident_id: uuid.UUID) -> Incident:
    """The visible incident that `who` reported. NotFound, Forbidden."""
    incident = session.scalar(select(Incident).where(Incident.id == incident_id))
    visible = scope.community_ids
    if incident is None or (visible is not None and incident.community_id not in visible):
        raise NotFound(_("There is no such incident in your area."))
    if incident.reported_by != who.id:
        raise Forbidden(_("Only who reported an incident adds its photo."))
    return incident


def add_photo(session: Session, scope: "Scope", who: Identity, incident_id: uuid.UUID, photo: Photo) -> None:
    """Keep the photo of one's own incident in place of an earlier one. NotFound, Forbidden."""
    own_incident(session, scope, who, incident_id)
    new = {**photo._asdict(), "added_at": func.now()}
    put = insert(IncidentPhoto).values(incident_id=incident_id, **new)
    session.execute(put.on_conflict_do_update(index_elements=[IncidentPhoto.incident_id], set_=new))
    record(session, who, "incident.photo", "incident", incident_id)


def _same(known: Incident | None, who: Identity, report: Report) -> bool:
    """False (nothing new) where `known` is this very report; Conflict where the id carries something else."""
    if known is None:
        raise Conflict(_("An incident with this id was reported with other content."), field="id")
    at = (known.category, known.description, known.reported_by)
    place = to_shape(known.geom).bounds[:2]
    if (*at, *place) != (report.category, report.text, who.id, report.lon, report.lat):
        raise Conflict(_("An incident with this id was reported with other content."), field="id")
    return False


def _ewkt(report: Report) -> str:
    return f"SRID={LONLAT};POINT({report.lon!r} {report.lat!r})"
