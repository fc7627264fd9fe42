"""Buildings, the households behind their doors, their flags, and what stands at a place."""

from typing import Any

from apiflask import APIBlueprint
from flask import Response, current_app, jsonify
from flask_babel import gettext

from app.accounts.access import identity, needs
from app.accounts.pace import paced
from app.accounts.rights import Capability
from app.areas.scope import scope_of
from app.db import Session
from app.errors import NotFound
from app.features import Page, Place, etag, feature_page, geojson, not_modified, versions
from app.register import queries
from app.register.kinds import STYLES
from app.register.schemas import ClimbIn, FlagsIn
from app.register.service import audit_look, set_climb, set_flags

bp = APIBlueprint("register", __name__, url_prefix="/api/v1", tag="Register")


@bp.get("/buildings")
@bp.input(Page, location="query")
@bp.doc(summary="Buildings")
def buildings(query_data: Page) -> Response:
    """Buildings by id as GeoJSON, without households."""
    with Session.begin() as session:
        scope = scope_of(session, identity())
        tag = etag(versions(session, "buildings", "grids", "areas"), scope.key)
        return not_modified(tag) or feature_page(
            queries.buildings(session, scope, bbox=query_data.bbox, after=query_data.after, limit=query_data.limit + 1),
            query_data,
            tag,
        )


@bp.get("/buildings/<int:building_id>")
@bp.doc(summary="A building with its entrances, floors, dwellings and, where you may see them, households")
def building(building_id: int) -> Response:
    """One building; a look at its households leaves an audit row."""
    who = identity()
    with Session.begin() as session:
        scope = scope_of(session, who)
        found = queries.building(session, scope, building_id)
        if found is None:
            raise NotFound(gettext("There is no such building in your area."))
        properties = found["properties"]
        visible = scope.grid_ids is None or properties["grid"]["id"] in scope.grid_ids
        properties["households_visible"] = visible
        properties["entrances"] = queries.entrances(
            session, current_app.extensions["sealer"], building_id, with_households=visible
        )
        if visible:
            audit_look(session, who, building_id, properties["entrances"])
    return geojson(found)


@bp.put("/buildings/<int:building_id>/climb")
@paced(240)
@needs(Capability.EDIT_CLIMBS)
@bp.input(ClimbIn)
@bp.doc(summary="Say how long a building's stairs and lift take", responses=[404])
def put_climb(building_id: int, json_data: ClimbIn) -> Response:
    """The building's own figures now; null where the defaults hold."""
    who = identity()
    with Session.begin() as session:
        scope = scope_of(session, who, Capability.EDIT_CLIMBS)
        return jsonify(set_climb(session, scope, who, building_id, json_data.model_dump()))


@bp.get("/here")
@bp.input(Place, location="query")
@bp.doc(summary="What stands at a place, and who answers for it", responses=[404])
def here(query_data: Place) -> Response:
    """Community, grid, compound, building, address and the responsible worker at a place."""
    with Session.begin() as session:
        place = queries.place_at(session, scope_of(session, identity()), query_data.lon, query_data.lat)
        if place is None:
            raise NotFound(gettext("This place lies outside your area."), field="lon")
        district = queries.district_of(session, place.community["id"])
    responsible = {"post": place.post, "name": place.holder} if place.post else None
    parts: dict[str, Any] = place._asdict()
    for hidden in ("post_id", "post", "holder"):
        del parts[hidden]
    return jsonify({**parts, "responsible": responsible, "district": district})


@bp.get("/flag-kinds")
@bp.doc(summary="The closed list of household flags")
def flag_kinds() -> Response:
    """Every kind of flag with colour, icon, label and purpose, most pressing first."""
    return jsonify(
        [
            {
                "kind": style.kind,
                "group": style.group,
                "colour": style.colour,
                "icon": style.kind,
                "label": str(style.label),
                "purpose": str(style.purpose),
            }
            for style in STYLES
        ]
    )


@bp.put("/households/<int:household_id>/flags")
@paced(240)
@needs(Capability.SET_FLAGS)
@bp.input(FlagsIn)
@bp.doc(summary="Set the whole set of flags of a household")
def put_flags(household_id: int, json_data: FlagsIn) -> Response:
    """The household's flags now, and those before, which undo the change when they are put."""
    who = identity()
    with Session.begin() as session:
        scope = scope_of(session, who, Capability.SET_FLAGS)
        changed = set_flags(session, scope, who, household_id, [flag.wanted() for flag in json_data.flags])
    return jsonify(changed)
