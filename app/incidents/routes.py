"""Incidents: report one, add its photo, list them, read one."""

from uuid import UUID

from apiflask import APIBlueprint
from flask import Response, jsonify, request
from flask_babel import gettext

from app.accounts.access import identity, needs
from app.accounts.pace import paced
from app.accounts.rights import Capability
from app.areas.scope import scope_of
from app.db import Session
from app.errors import Invalid, NotFound
from app.features import (
    etag,
    feature_collection,
    geojson,
    not_modified,
    revalidated,
    untouched_by_disk,
    versions,
)
from app.incidents import queries
from app.incidents.categories import STYLES
from app.incidents.photos import clean
from app.incidents.schemas import IncidentPage, ReportIn
from app.incidents.service import add_photo, own_incident, report_incident
from app.register.queries import Feature

bp = APIBlueprint("incidents", __name__, url_prefix="/api/v1", tag="Incidents")


@bp.get("/incidents")
@needs(Capability.SEE_INCIDENTS)
@bp.input(IncidentPage, location="query")
@bp.doc(summary="Incidents, newest first")
def incidents(query_data: IncidentPage) -> Response:
    """Incidents as GeoJSON, by state, category, box and time of report."""
    page = query_data
    with Session.begin() as session:
        scope = scope_of(session, identity(), Capability.SEE_INCIDENTS)
        tag = etag(versions(session, "incidents", "areas", "grids"), scope.key)
        if unchanged := not_modified(tag):
            return untouched_by_disk(unchanged)
        filters = queries.Filters(page.bbox, page.state, page.category, page.since)
        found = queries.incidents(session, scope, filters, after=page.after, limit=page.limit + 1)
    shown = found[: page.limit]
    next_after = shown[-1]["id"] if len(found) > page.limit else None
    return untouched_by_disk(feature_collection(shown, next_after=next_after, tag=tag))


@bp.get("/incidents/<uuid:incident_id>")
@needs(Capability.SEE_INCIDENTS)
@bp.doc(summary="An incident")
def incident(incident_id: UUID) -> Response:
    """One incident with its place, text, reporter and responsible worker."""
    with Session.begin() as session:
        return geojson(
            _found(queries.incident(session, scope_of(session, identity(), Capability.SEE_INCIDENTS), incident_id))
        )


@bp.post("/incidents")
@paced(60)
@needs(Capability.REPORT_INCIDENTS)
@bp.input(ReportIn)
@bp.doc(
    summary="Report an incident",
    responses={
        200: "This very report is known already.",
        201: "The incident as a Feature.",
        404: "The place lies outside your area.",
        409: "The id carries another report.",
    },
)
def report(json_data: ReportIn) -> Response:
    """The incident as a Feature: 201, or 200 where this very report is known already."""
    who = identity()
    with Session.begin() as session:
        scope = scope_of(session, who, Capability.REPORT_INCIDENTS)
        is_new = report_incident(session, scope, who, json_data.report())
        kept = _found(queries.incident(session, scope, json_data.id))
    return geojson(kept, status=201 if is_new else 200)


@bp.put("/incidents/<uuid:incident_id>/photo")
@paced(60)
@needs(Capability.REPORT_INCIDENTS)
@bp.doc(
    summary="Add the photo of an incident: multipart/form-data with a JPEG, PNG or WebP of at most 10 MB as `photo`"
)
def put_photo(incident_id: UUID) -> Response:
    """The incident as a Feature with its photo, which is kept without EXIF."""
    who = identity()
    with Session.begin() as session:
        own_incident(session, scope_of(session, who, Capability.REPORT_INCIDENTS), who, incident_id)
    sent = request.files.get("photo")
    if sent is None:
        raise Invalid(gettext("Send the photo as the file field “photo”."), field="photo")
    photo = clean(sent.stream)  # takes up to a second, so no transaction waits for it
    with Session.begin() as session:
        scope = scope_of(session, who, Capability.REPORT_INCIDENTS)
        add_photo(session, scope, who, incident_id, photo)
        return geojson(_found(queries.incident(session, scope, incident_id)))


@bp.get("/incidents/<uuid:incident_id>/photo")
@needs(Capability.SEE_INCIDENTS)
@bp.doc(summary="The photo of an incident")
def photo(incident_id: UUID) -> Response:
    """The photo as JPEG."""
    with Session.begin() as session:
        kept = queries.photo(session, scope_of(session, identity(), Capability.SEE_INCIDENTS), incident_id)
    if kept is None:
        raise NotFound(gettext("There is no such photo in your area."))
    tag = etag(kept.added_at.isoformat())
    return untouched_by_disk(not_modified(tag) or revalidated(Response(kept.content, mimetype=kept.media_type), tag))


@bp.get("/incident-categories")
@bp.doc(summary="The categories of incidents")
def categories() -> Response:
    """Every category with colour, icon and label."""
    return jsonify(
        [
            {"category": style.category, "colour": style.colour, "icon": style.category, "label": str(style.label)}
            for style in STYLES
        ]
    )


def _found(incident_or_none: Feature | None) -> Feature:
    if incident_or_none is None:
        raise NotFound(gettext("There is no such incident in your area."))
    return incident_or_none
