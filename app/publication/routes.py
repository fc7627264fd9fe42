"""Plans of grids on their way into force: submit, approve, undo; who moves by them; the grids of a day."""

from datetime import date
from uuid import UUID

from apiflask import APIBlueprint
from flask import Response, current_app, jsonify, make_response, render_template
from flask_babel import gettext
from sqlalchemy.orm import Session as SqlSession

from app.accounts.access import identity, needs
from app.accounts.pace import paced
from app.accounts.rights import Capability
from app.areas.scope import Scope, scope_of
from app.days import today
from app.db import Session
from app.errors import Invalid
from app.features import (
    attachment,
    etag,
    feature_collection,
    not_modified,
    untouched_by_disk,
    versioned,
    versions,
)
from app.plans import drafts, stored
from app.plans.blocks_today import hold
from app.publication import ahead, dates, level_files, notices, service
from app.publication.consequences import Told, consequences, told_of
from app.publication.schemas import (
    Against,
    ApproveIn,
    FileQuery,
    LevelFileQuery,
    NoticesQuery,
    ReturnIn,
    UndoIn,
    WithdrawIn,
)
from gis.grid_codes import Scheme, scheme

bp = APIBlueprint("publication", __name__, url_prefix="/api/v1", tag="Plans of grids")
REDRAW, APPROVE = Capability.REDRAW_GRIDS, Capability.APPROVE_PLANS


@bp.post("/plans/<uuid:plan_id>/submit")
@paced(60)
@needs(REDRAW)
@bp.doc(
    summary="Submit a draft: somebody else decides about it",
    responses={404: "No such plan.", 409: "It is no draft, changes nothing, or has a fault that nobody may publish."},
)
def submit(plan_id: UUID) -> Response:
    """The plan, which nobody changes any more."""
    with Session.begin() as session:
        return versioned(service.submit(session, stored.reader(session, identity()), plan_id, codes()))


@bp.post("/plans/<uuid:plan_id>/return")
@paced(60)
@needs(APPROVE)
@bp.input(ReturnIn)
@bp.doc(
    summary="Send a submitted plan of somebody else back, and say why",
    responses={404: "No such plan.", 409: "It was not submitted, or you have drawn it."},
)
def give_back(plan_id: UUID, json_data: ReturnIn) -> Response:
    """The plan, which is a draft again."""
    with Session.begin() as session:
        return versioned(service.give_back(session, stored.reader(session, identity()), plan_id, json_data.note))


@bp.post("/plans/<uuid:plan_id>/approve")
@paced(60)
@needs(APPROVE)
@bp.input(ApproveIn)
@bp.doc(
    summary="Approve a submitted plan of somebody else, from a day on; from today on it is in force at once",
    responses={404: "No such plan.", 409: "It was not submitted, you have drawn it, or its ground has changed."},
)
def approve(plan_id: UUID, json_data: ApproveIn) -> Response:
    """The plan, approved or in force."""
    with Session.begin() as session:
        asks = stored.reader(session, identity())
        return versioned(service.approve(session, asks, plan_id, json_data.valid_from, codes()))


@bp.post("/plans/<uuid:plan_id>/withdraw")
@paced(60)
@needs(REDRAW, APPROVE)
@bp.input(WithdrawIn)
@bp.doc(
    summary="Withdraw a plan that is submitted, or approved and not in force yet",
    responses={404: "No such plan.", 409: "It is in force, or was never submitted."},
)
def withdraw(plan_id: UUID, json_data: WithdrawIn) -> Response:
    """The plan, which will never be in force."""
    with Session.begin() as session:
        return versioned(service.withdraw(session, stored.reader(session, identity()), plan_id, json_data.note))


@bp.post("/plans/<uuid:plan_id>/undo")
@paced(60)
@needs(REDRAW)
@bp.input(UndoIn)
@bp.doc(
    summary="Begin a draft that puts back what was before a plan came into force",
    responses={201: "The new draft.", 404: "No such plan.", 409: "It is not in force, or the id is taken."},
)
def undo(plan_id: UUID, json_data: UndoIn) -> Response:
    """The new draft: 201."""
    with Session.begin() as session:
        asks = stored.reader(session, identity())
        return versioned(service.undo(session, asks, plan_id, json_data.id, json_data.name), status=201)


@bp.get("/plans/<uuid:plan_id>/before")
@paced(120)
@needs(REDRAW, APPROVE)
@bp.doc(
    summary="The grid of each block on the day before a plan came into force, on the blocks of now",
    responses={404: "No such plan.", 409: "It has not come into force."},
)
def get_before(plan_id: UUID) -> Response:
    """{"blocks": {id: number}, "grids": {number: grid}}, as a plan has them; what others changed since is as now."""
    with Session.begin() as session:
        blocks, grids = service.before(session, stored.reader(session, identity()), plan_id)
        return untouched_by_disk(jsonify({"blocks": blocks, "grids": grids}))


@bp.get("/plans/<uuid:plan_id>/consequences")
@paced(120)
@needs(REDRAW, APPROVE)
@bp.input(Against, location="query")
@bp.doc(
    summary="Who moves by a plan: households, buildings, stations, posts, open incidents and patrol routes",
    responses={404: "No such plan.", 409: "It does not say in which grid each block is."},
)
def get_consequences(plan_id: UUID, query_data: Against) -> Response:
    """Totals, the fate of each grid, and each thing that comes into another grid, with whose worker changes."""
    with Session.begin() as session:
        return untouched_by_disk(jsonify(consequences(session, identity(), _told(session, plan_id, query_data))))


@bp.get("/plans/<uuid:plan_id>/consequences/file")
@paced(60)
@needs(REDRAW, APPROVE)
@bp.input(FileQuery, location="query")
@bp.doc(
    summary="The same as a table (xlsx), or grids and moved blocks for a map (geojson, gpkg); with its levels, if any",
    responses=[404, 409],
)
def get_file(plan_id: UUID, query_data: FileQuery) -> Response:
    """A file to be saved."""
    with Session.begin() as session:
        told = _told(session, plan_id, query_data)
        plan = drafts.shown(session, stored.reader(session, identity()), plan_id)
        communities = stored.communities(session, plan["area"]["id"])
        lists = consequences(session, identity(), told)
        made = level_files.with_consequences(told, lists, plan, communities, query_data.format)
    return attachment(made.content, made.media_type, f"grids-{plan_id}.{query_data.format}")


@bp.get("/plans/<uuid:plan_id>/levels/file")
@paced(60)
@needs(REDRAW, APPROVE)
@bp.input(LevelFileQuery, location="query")
@bp.doc(
    summary="The levels of a plan as a table (xlsx), or as layers for a map (geojson, gpkg)",
    responses={404: "No such plan.", 409: "It has no levels."},
)
def get_level_file(plan_id: UUID, query_data: LevelFileQuery) -> Response:
    """A file to be saved."""
    with Session.begin() as session:
        hold(session, shared=True)
        plan = drafts.shown(session, stored.reader(session, identity()), plan_id)
        made = level_files.file_of(session, plan, stored.communities(session, plan["area"]["id"]), query_data.format)
    return attachment(made.content, made.media_type, f"levels-{plan_id}.{query_data.format}")


@bp.get("/plans/<uuid:plan_id>/notices")
@paced(60)
@needs(REDRAW, APPROVE)
@bp.input(NoticesQuery, location="query")
@bp.doc(
    summary="Notices to print for the buildings that come into another grid, in Chinese and English (HTML)",
    responses={
        404: "No such plan, or no such building in it.",
        409: "It was withdrawn.",
        422: "They are too many for one answer.",
    },
)
def get_notices(plan_id: UUID, query_data: NoticesQuery) -> Response:
    """Two pages for each building; no resident is named."""
    with Session.begin() as session:
        told = _told(session, plan_id, Against())
        made = notices.pages(session, told, query_data.building, told.plan.valid_from)
    return untouched_by_disk(make_response(render_template("notices.html", pages=made)))


@bp.get("/grids/on/<day>")
@paced(120)
@bp.doc(
    summary="The grids that were in force on a day, or will be by the approved plans that one sees",
    responses={422: "That is no day."},
)
def get_grids_on(day: str) -> Response:
    """The visible grids as GeoJSON, each with its code, dates, parents and children.

    For a day ahead, `plans` are those approved until then: {plan, name, date, counted}; null for who sees no plans.
    """
    try:
        wanted = date.fromisoformat(day)
    except ValueError:
        raise Invalid(gettext("This must be a day like 2026-03-01."), field="day") from None
    with Session.begin() as session:
        scope = scope_of(session, identity())
        if wanted > today():
            return _ahead(session, scope, wanted)
        tag = etag(versions(session, "grids", "areas"), scope.key)
        return not_modified(tag) or feature_collection(dates.grids_on(session, scope, wanted), tag=tag)


def _ahead(session: SqlSession, scope: Scope, day: date) -> Response:
    """The grids of a day to come."""
    hold(session, shared=True)
    asks = stored.reader(session, identity())
    plans = ahead.coming(session, asks, day)
    found = ahead.with_plans(session, scope, codes(), dates.grids_on(session, scope, day), plans)
    return untouched_by_disk(feature_collection(found.grids, plans=found.plans if asks.areas else None))


@bp.get("/grids/dates")
@bp.doc(summary="The days on which grids began or ended, or will, with the plan that does it")
def get_dates() -> Response:
    """{"dates": [{date, plan, grids, begun, ended}], "coming": [{plan, name, date}]}, oldest first.

    `grids` are those in force from that day on; `coming` are the approved plans that one sees.
    """
    with Session.begin() as session:
        plans = ahead.coming(session, stored.reader(session, identity()))
        kept = dates.dates(session, scope_of(session, identity()))
        return jsonify({"dates": kept, "coming": [ahead.head(plan) for plan in plans]})


def _told(session: SqlSession, plan_id: UUID, query: Against) -> Told:
    """What a plan does, beside today's grids or another plan."""
    hold(session, shared=True)
    asks = stored.reader(session, identity())
    plan = service.seen(session, asks, plan_id)
    against = service.seen(session, asks, query.against) if query.against else None
    return told_of(session, plan, codes(), against)


def codes() -> Scheme:
    """The scheme by which new grids are numbered here."""
    return scheme(current_app.config["GRID_CODES"])
