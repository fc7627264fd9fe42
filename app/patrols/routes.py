"""Patrol routes: the list and each one; suggest, save, correct, delete."""

from apiflask import APIBlueprint
from flask import Response
from flask_babel import gettext

from app.accounts.access import identity, needs
from app.accounts.pace import paced
from app.accounts.rights import Capability
from app.areas.scope import scope_of
from app.db import Session
from app.errors import NotFound
from app.features import Page, etag, feature_page, geojson, not_modified, versions
from app.patrols import queries, service
from app.patrols.models import RouteSource
from app.patrols.schemas import RouteChange, RouteIn, SuggestIn

bp = APIBlueprint("patrols", __name__, url_prefix="/api/v1", tag="Patrols")


@bp.get("/patrol-routes")
@bp.input(Page, location="query")
@bp.doc(summary="Patrol routes")
def routes(query_data: Page) -> Response:
    """Patrol routes by id as GeoJSON."""
    with Session.begin() as session:
        scope = scope_of(session, identity())
        tag = etag(versions(session, "patrol_routes", "grids"), scope.key)
        return not_modified(tag) or feature_page(
            queries.routes(session, scope, bbox=query_data.bbox, after=query_data.after, limit=query_data.limit + 1),
            query_data,
            tag,
        )


@bp.get("/patrol-routes/<int:route_id>")
@bp.doc(summary="A patrol route", responses=[404])
def route(route_id: int) -> Response:
    """One patrol route with its length, time and stops; `redrawn_on` where its grid is another since it was drawn."""
    with Session.begin() as session:
        found = queries.route(session, scope_of(session, identity()), route_id)
    if found is None:
        raise NotFound(gettext("There is no such patrol route in your area."))
    return geojson(found)


@bp.post("/patrol-routes/suggest")
@paced(60)
@needs(Capability.EDIT_PATROLS)
@bp.input(SuggestIn)
@bp.doc(summary="Suggest a walk from a grid's station past every entrance; nothing is saved", responses=[404])
def suggest(json_data: SuggestIn) -> Response:
    """The suggested walk as a Feature with length, seconds and stops."""
    with Session.begin() as session:
        return geojson(
            service.suggest(session, scope_of(session, identity(), Capability.EDIT_PATROLS), json_data.grid_id)
        )


@bp.post("/patrol-routes")
@paced(120)
@needs(Capability.EDIT_PATROLS)
@bp.input(RouteIn)
@bp.doc(summary="Keep a patrol route", responses={201: "The route as a Feature.", 404: "No such grid in your area."})
def save(json_data: RouteIn) -> Response:
    """The route as it was kept: 201."""
    who = identity()
    with Session.begin() as session:
        scope = scope_of(session, who, Capability.EDIT_PATROLS)
        number = service.save(
            session,
            scope,
            who,
            json_data.grid_id,
            name=json_data.name,
            line=json_data.geometry,
            source=RouteSource(json_data.source),
        )
        kept = queries.route(session, scope, number) or {}
    return geojson(kept, status=201)


@bp.put("/patrol-routes/<int:route_id>")
@paced(120)
@needs(Capability.EDIT_PATROLS)
@bp.input(RouteChange)
@bp.doc(summary="Correct a patrol route", responses=[404, 409])
def correct(route_id: int, json_data: RouteChange) -> Response:
    """The route as it is now."""
    who = identity()
    with Session.begin() as session:
        scope = scope_of(session, who, Capability.EDIT_PATROLS)
        service.correct(
            session,
            scope,
            who,
            route_id,
            name=json_data.name,
            line=json_data.geometry,
            version=json_data.version,
        )
        kept = queries.route(session, scope, route_id) or {}
    return geojson(kept)


@bp.delete("/patrol-routes/<int:route_id>")
@paced(120)
@needs(Capability.EDIT_PATROLS)
@bp.doc(summary="Delete a patrol route", responses={204: "It is deleted.", 404: "No such route in your area."})
def delete(route_id: int) -> Response:
    """Nothing: 204."""
    who = identity()
    with Session.begin() as session:
        service.delete(session, scope_of(session, who, Capability.EDIT_PATROLS), who, route_id)
    return Response(status=204)
