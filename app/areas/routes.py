"""Areas, compounds, grids and blocks as GeoJSON; tiles of every layer; versions and changes of the data."""

from typing import Any

from apiflask import APIBlueprint
from flask import Response, current_app, jsonify
from flask_babel import gettext

from app import events, tiles
from app.accounts.access import identity, same_rights, unnoticed
from app.accounts.rights import Capability
from app.areas import queries
from app.areas.scope import scope_of
from app.db import Session
from app.errors import NotFound
from app.features import Page, etag, feature_page, geojson, not_modified, versions

bp = APIBlueprint("areas", __name__, url_prefix="/api/v1", tag="Areas")

DATASETS = {
    "areas": ("areas",),
    "compounds": ("areas",),
    "blocks": ("grids", "buildings"),
    "grids": ("grids", "buildings", "stations", "patrol_routes"),
}
"""What each kind of feature is made from."""


@bp.get("/areas")
@bp.input(Page, location="query")
@bp.doc(summary="Districts, subdistricts, communities and sub-areas")
def list_areas(query_data: Page) -> Response:
    """The visible areas, by id."""
    return _list("areas", query_data)


@bp.get("/areas/<int:number>")
@bp.doc(summary="One area", responses=[404])
def get_area(number: int) -> Response:
    """The area with this id."""
    return _one("areas", number)


@bp.get("/compounds")
@bp.input(Page, location="query")
@bp.doc(summary="Compounds")
def list_compounds(query_data: Page) -> Response:
    """The visible compounds, by id."""
    return _list("compounds", query_data)


@bp.get("/compounds/<int:number>")
@bp.doc(summary="One compound", responses=[404])
def get_compound(number: int) -> Response:
    """The compound with this id."""
    return _one("compounds", number)


@bp.get("/blocks")
@bp.input(Page, location="query")
@bp.doc(summary="Blocks with their households counted")
def list_blocks(query_data: Page) -> Response:
    """The visible blocks, by id."""
    return _list("blocks", query_data)


@bp.get("/blocks/<int:number>")
@bp.doc(summary="One block", responses=[404])
def get_block(number: int) -> Response:
    """The block with this id."""
    return _one("blocks", number)


@bp.get("/grids")
@bp.input(Page, location="query")
@bp.doc(summary="Grids in force, with their households counted")
def list_grids(query_data: Page) -> Response:
    """The visible grids, by id."""
    return _list("grids", query_data)


@bp.get("/grids/<int:number>")
@bp.doc(summary="One grid with its posts, stations and patrol routes", responses=[404])
def get_grid(number: int) -> Response:
    """The grid with this id: households against 300–500, posts and vacancies."""
    return _one("grids", number)


@bp.get("/versions")
@bp.doc(summary="How often each dataset has changed")
def get_versions() -> Response:
    """{dataset: version}, to be compared after a break in the stream of events."""
    with Session.begin() as session:
        return jsonify(queries.dataset_versions(session))


@bp.get("/tiles/<layer>/<int:z>/<int:x>/<int:y>.mvt")
@bp.doc(
    summary="A vector tile", responses={204: "Nothing is in it.", 304: "It has not changed.", 404: "No such layer."}
)
def get_tile(layer: str, z: int, x: int, y: int) -> Response:
    """The tile of a layer, limited to what the user may see."""
    with Session.begin() as session:
        return tiles.answer(session, scope_of(session, identity()), layer, tiles.Address(z, x, y))


@bp.get("/events")
@bp.doc(summary="Changes of the data as server-sent events", responses={503: "Too many streams are open."})
@unnoticed
def stream() -> Response:
    """`event: change` with {dataset, version} for every change, until the session ends.

    `event: job` with {job, state, progress, note, revision} tells how far a job of one's own is; `event: plan` with
    {plan, version, by} that a plan of grids has changed which one redraws or approves.
    """
    who = identity()
    with Session.begin() as session:
        areas = [queries.planned(session, who, one) for one in (Capability.REDRAW_GRIDS, Capability.APPROVE_PLANS)]
    return events.stream(current_app, same_rights(), who.id, areas=frozenset().union(*areas))


def _list(kind: str, page: Page) -> Response:
    """A page of the visible features of a kind."""
    with Session.begin() as session:
        scope = scope_of(session, identity())
        tag = etag(versions(session, *DATASETS[kind]), scope.key)
        if unchanged := not_modified(tag):
            return unchanged
        found = queries.listed(session, scope, kind, bbox=page.bbox, after=page.after, limit=page.limit + 1)
        return feature_page(found, page, tag)


def _one(kind: str, number: int) -> Response:
    """The visible feature of a kind with this id; NotFound where there is none."""
    with Session.begin() as session:
        scope = scope_of(session, identity())
        tag = etag(versions(session, *DATASETS[kind]), scope.key)
        if unchanged := not_modified(tag):
            return unchanged
        found: dict[str, Any] | None = (
            queries.grid(session, scope, number) if kind == "grids" else queries.one(session, scope, kind, number)
        )
    if found is None:
        raise NotFound(gettext("There is nothing here, or not for you."))
    return geojson(found, tag=tag)
