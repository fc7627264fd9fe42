"""Plans of grids: the list and each one; begin, edit, rename and delete drafts; the ground on which they are drawn."""

from uuid import UUID

from apiflask import APIBlueprint
from flask import Response, jsonify, request

from app.accounts.access import identity, needs
from app.accounts.pace import paced
from app.accounts.rights import Capability
from app.db import Session
from app.features import etag, not_modified, revalidated, untouched_by_disk, versioned
from app.incoming import many_numbers, seen_version
from app.plans import division, drafts, faults, ground, levels, seeding, stored, suggesting
from app.plans.edits import edit
from app.plans.schemas import (
    MOST_BLOCKS,
    MOST_GRIDS,
    After,
    EditIn,
    LevelsIn,
    MergeIn,
    PlanChange,
    PlanIn,
    SeedsQuery,
    SplitIn,
    SuggestionIn,
)

bp = APIBlueprint("plans", __name__, url_prefix="/api/v1", tag="Plans of grids")
MOST_NUMBERS = 2 * MOST_BLOCKS
MOST_FIELDS = MOST_BLOCKS + 20 * MOST_GRIDS
LARGEST_EDIT = 4 * 2**20  # bytes
REDRAW, APPROVE = Capability.REDRAW_GRIDS, Capability.APPROVE_PLANS


@bp.get("/plans")
@needs(REDRAW, APPROVE)
@bp.doc(summary="The plans of the areas whose grids you redraw or approve")
def plans() -> Response:
    """Plans without their blocks, those changed last first, each with what you may do with it."""
    with Session.begin() as session:
        found = drafts.listed(session, stored.reader(session, identity()))
    return untouched_by_disk(jsonify({"plans": found}))


@bp.post("/plans")
@paced(60)
@needs(REDRAW)
@bp.input(PlanIn)
@bp.doc(
    summary="Begin a plan under an id of your own, from today's grids or from another plan",
    responses={
        201: "The plan.",
        404: "You do not redraw the whole of this area, or see no such parent.",
        409: "The id is taken.",
    },
)
def create(json_data: PlanIn) -> Response:
    """The plan as it was begun: 201."""
    with Session.begin() as session:
        return versioned(drafts.create(session, stored.reader(session, identity()), json_data), status=201)


@bp.get("/plans/<uuid:plan_id>")
@needs(REDRAW, APPROVE)
@bp.doc(summary="A plan; its ETag is the version", responses=[404])
def plan(plan_id: UUID) -> Response:
    """One plan with the grid of every block, and what you may do with it."""
    with Session.begin() as session:
        return versioned(drafts.shown(session, stored.reader(session, identity()), plan_id))


@bp.put("/plans/<uuid:plan_id>")
@paced(120)
@needs(REDRAW)
@bp.input(PlanChange)
@bp.doc(summary="Give a draft another name", responses={404: "No such plan.", 409: "It is no draft."})
def rename(plan_id: UUID, json_data: PlanChange) -> Response:
    """The plan as it is now."""
    with Session.begin() as session:
        return versioned(drafts.rename(session, stored.reader(session, identity()), plan_id, json_data.name))


@bp.delete("/plans/<uuid:plan_id>")
@paced(120)
@needs(REDRAW)
@bp.doc(
    summary="Delete a draft, or a plan that was withdrawn",
    responses={204: "It is deleted.", 404: "No such plan in your area.", 409: "It is neither."},
)
def delete(plan_id: UUID) -> Response:
    """Nothing: 204."""
    with Session.begin() as session:
        drafts.delete(session, stored.reader(session, identity()), plan_id)
    return Response(status=204)


@bp.get("/plans/<uuid:plan_id>/ground")
@paced(300)
@needs(REDRAW, APPROVE)
@bp.doc(
    summary="The blocks of a plan's area with what lies between them, and today's grids",
    responses={304: "It has not changed.", 404: "No such plan."},
)
def get_ground(plan_id: UUID) -> Response:
    """Blocks and edges as columns, shapes as GeoJSON; it changes where blocks, buildings or roads do."""
    with Session.begin() as session:
        area = drafts.area_of(session, stored.reader(session, identity()), plan_id)
        tag = etag(ground.key_of(session, area))
        if unchanged := not_modified(tag):
            return unchanged
        told = ground.ground_of(session, area)
    packs = request.accept_encodings.quality("gzip") > 0
    answer = Response(told.packed if packs else told.text, mimetype="application/json")
    answer.headers["Vary"] = "Accept-Encoding"
    if packs:
        answer.headers["Content-Encoding"] = "gzip"
    return revalidated(answer, tag)


@bp.post("/plans/<uuid:plan_id>/edits")
@paced(1200)
@many_numbers(MOST_NUMBERS, fields=MOST_FIELDS, size=LARGEST_EDIT)
@needs(REDRAW)
@bp.input(EditIn)
@bp.doc(
    summary="Change blocks and grids of a draft; the header If-Match names the version that you saw",
    responses={
        404: "No such plan.",
        409: "It is no draft.",
        412: "Others have changed the same; `current`, `others` and `clash` say how. Nothing was changed.",
        428: "No If-Match.",
    },
)
def post_edit(plan_id: UUID, json_data: EditIn) -> Response:
    """The version that it made, what it changed, and what others changed since the version that you saw."""
    seen = seen_version()
    with Session.begin() as session:
        made = edit(session, stored.reader(session, identity()), plan_id, json_data, seen=seen)
    return versioned(made)


@bp.get("/plans/<uuid:plan_id>/edits")
@needs(REDRAW, APPROVE)
@bp.input(After, location="query")
@bp.doc(summary="The edits of a plan after a version, oldest first; ask again after the last of them", responses=[404])
def get_edits(plan_id: UUID, query_data: After) -> Response:
    """Each with its version, who made it, when, and what it changed; none where there is nothing after."""
    with Session.begin() as session:
        drafts.area_of(session, stored.reader(session, identity()), plan_id)
        return untouched_by_disk(jsonify({"edits": stored.edits(session, plan_id, query_data.after)}))


@bp.get("/plans/<uuid:plan_id>/faults")
@paced(120)
@needs(REDRAW, APPROVE)
@bp.doc(summary="What is wrong with a plan, and its scores beside those of today", responses=[404])
def get_faults(plan_id: UUID) -> Response:
    """Each fault with its grid, blocks and households, the grave ones first: with them a plan is not submitted."""
    with Session.begin() as session:
        found = drafts.shown(session, stored.reader(session, identity()), plan_id)
        whole = ground.ground_of(session, found["area"]["id"])
    return untouched_by_disk(jsonify(faults.told(whole, found["blocks"], found["grids"])))


@bp.get("/plans/<uuid:plan_id>/seeds")
@paced(120)
@needs(REDRAW, APPROVE)
@bp.input(SeedsQuery, location="query")
@bp.doc(summary="Schools, hospitals, malls, office towers and parks that can become dedicated grids", responses=[404])
def get_seeds(plan_id: UUID, query_data: SeedsQuery) -> Response:
    """Each site with its kind, blocks and households; `why` says what bars it, `bar` in a word."""
    with Session.begin() as session:
        found = drafts.shown(session, stored.reader(session, identity()), plan_id)
        whole = ground.ground_of(session, found["area"]["id"])
        return untouched_by_disk(jsonify({"seeds": seeding.offered(session, whole.ground, found, query_data.least)}))


@bp.post("/plans/<uuid:plan_id>/suggestions")
@paced(30)
@many_numbers(MOST_NUMBERS)
@needs(REDRAW)
@bp.input(SuggestionIn)
@bp.doc(
    summary="Have grids suggested for a draft, in the background",
    responses={202: "The job; its result grows.", 404: "No such plan.", 409: "It is no draft."},
)
def post_suggestion(plan_id: UUID, json_data: SuggestionIn) -> Response:
    """{"job"}: 202."""
    with Session.begin() as session:
        job = suggesting.start(session, stored.reader(session, identity()), plan_id, json_data)
    answer = jsonify({"job": job})
    answer.status_code = 202
    return answer


@bp.put("/plans/<uuid:plan_id>/levels")
@paced(60)
@needs(REDRAW)
@bp.input(LevelsIn)
@bp.doc(
    summary="Form two levels above the grids of a draft, each of whole grids of the one below",
    responses={404: "No such plan.", 409: "It is no draft."},
)
def put_levels(plan_id: UUID, json_data: LevelsIn) -> Response:
    """The plan; `levels` tells for each grid its upper one, and its middle one within that, from 1."""
    with Session.begin() as session:
        return versioned(levels.form(session, stored.reader(session, identity()), plan_id, json_data))


@bp.delete("/plans/<uuid:plan_id>/levels")
@paced(60)
@needs(REDRAW)
@bp.doc(
    summary="Let the levels of a draft go",
    responses={204: "It has none.", 404: "No such plan.", 409: "It is no draft."},
)
def delete_levels(plan_id: UUID) -> Response:
    """Nothing: 204."""
    with Session.begin() as session:
        levels.drop(session, stored.reader(session, identity()), plan_id)
    return Response(status=204)


@bp.post("/blocks/<int:block_id>/split")
@paced(120)
@needs(REDRAW)
@bp.input(SplitIn)
@bp.doc(
    summary="Split a block along a line; its parts stay in its grid, and in that of every open plan",
    responses={404: "No such block where you redraw.", 422: "`reason`, `place`: the line does not split it so."},
)
def post_split(block_id: int, json_data: SplitIn) -> Response:
    """What was removed, added with its parents, and touched: neighbours that got a vertex."""
    with Session.begin() as session:
        asks = stored.reader(session, identity())
        return jsonify(division.split(session, asks, block_id, json_data.line, json_data.within))


@bp.post("/blocks/merge")
@paced(120)
@needs(REDRAW)
@bp.input(MergeIn)
@bp.doc(
    summary="Make one block of several that are in the same grid, in force and in every open plan",
    responses={404: "No such block where you redraw.", 422: "`reason`, `place`: they cannot be merged."},
)
def post_merge(json_data: MergeIn) -> Response:
    """What was removed, and added with its parents."""
    with Session.begin() as session:
        return jsonify(division.merge(session, stored.reader(session, identity()), sorted(json_data.blocks)))
