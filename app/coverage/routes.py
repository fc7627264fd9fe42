"""Coverage: every household's first station, by area and building, and the doors outside."""

from apiflask import APIBlueprint
from flask import Response, jsonify

from app import sheets
from app.accounts.access import identity, needs
from app.accounts.pace import paced
from app.accounts.rights import Capability
from app.areas.scope import scope_of
from app.coverage import batch, comparing, queries
from app.coverage import outside as outside_
from app.coverage.schemas import CompareQuery, CoverageIn, CoverageQuery, OutsideQuery, SnapshotIn
from app.coverage.service import answer, told, views
from app.db import Session
from app.features import attachment, untouched_by_disk

bp = APIBlueprint("coverage", __name__, url_prefix="/api/v1/coverage", tag="Coverage")


@bp.get("/views")
@needs(Capability.PLAN_RESPONSE)
@bp.doc(summary="The named views of coverage, the areas that I may ask about, and their stations by kind")
def get_views() -> Response:
    """Named views with what each takes for granted, areas, and how many stations of each kind there are."""
    with Session.begin() as session:
        return jsonify(views(session, scope_of(session, identity(), Capability.PLAN_RESPONSE)))


@bp.get("")
@paced(300)
@needs(Capability.PLAN_RESPONSE)
@bp.input(CoverageQuery, location="query")
@bp.doc(summary="How many households of an area are reached in time, by community, grid and building", responses=[404])
def get_coverage(query_data: CoverageQuery) -> Response:
    """Tables by band of time, buildings as columns, the stations that count, and every assumption."""
    with Session.begin() as session:
        scope = scope_of(session, identity(), Capability.PLAN_RESPONSE)
        return untouched_by_disk(jsonify(told(session, scope, answer(session, scope, query_data))))


@bp.post("/batch")
@paced(30)
@needs(Capability.PLAN_RESPONSE)
@bp.input(CoverageIn)
@bp.doc(
    summary="The coverage of whole cities, reckoned in the background area by area",
    responses={
        202: "It is a job: follow it at /api/v1/jobs.",
        404: "There is no such area in yours.",
        429: "Too many.",
    },
)
def post_batch(json_data: CoverageIn) -> tuple[Response, int]:
    """The job. Without `area` it is about every district that I reach into."""
    who = identity()
    with Session.begin() as session:
        scope = scope_of(session, who, Capability.PLAN_RESPONSE)
        return jsonify({"job": batch.start(session, who, scope, json_data)}), 202


@bp.get("/outside")
@paced(120)
@needs(Capability.PLAN_RESPONSE)
@bp.input(OutsideQuery, location="query")
@bp.doc(summary="Doors behind which households are reached too late, with counts of their flags", responses=[404])
def get_outside(query_data: OutsideQuery) -> Response:
    """A page of the list; that it was looked at is audited."""
    who = identity()
    with Session.begin() as session:
        scope = scope_of(session, who, Capability.PLAN_RESPONSE)
        return untouched_by_disk(jsonify(outside_.outside(session, who, scope, query_data)))


# It is audited, so it is no GET that a browser may repeat by itself.
@bp.post("/outside/file")
@paced(20)
@needs(Capability.PLAN_RESPONSE)
@bp.input(CoverageIn)
@bp.doc(summary="The doors outside as a workbook", responses={404: "Not found.", 413: "The list is too long."})
def post_file(json_data: CoverageIn) -> Response:
    """The whole list as XLSX."""
    who = identity()
    with Session.begin() as session:
        scope = scope_of(session, who, Capability.PLAN_RESPONSE)
        name, content = outside_.file(session, who, scope, json_data)
    return attachment(content, sheets.XLSX_TYPE, name)


@bp.get("/difference")
@paced(300)
@needs(Capability.PLAN_RESPONSE)
@bp.input(CoverageQuery, location="query")
@bp.doc(summary="What a scenario changes in the coverage of an area", responses=[404])
def get_scenario_difference(query_data: CoverageQuery) -> Response:
    """Totals, communities and grids in the register and in the scenario; buildings that are reached sooner or later."""
    with Session.begin() as session:
        scope = scope_of(session, identity(), Capability.PLAN_RESPONSE)
        return jsonify(comparing.scenario_difference(session, scope, query_data))


@bp.get("/snapshots")
@paced(300)
@needs(Capability.PLAN_RESPONSE)
@bp.doc(summary="The snapshots of coverage in my area, newest first")
def list_snapshots() -> Response:
    """Snapshots with their question and totals."""
    with Session.begin() as session:
        scope = scope_of(session, identity(), Capability.PLAN_RESPONSE)
        return jsonify([comparing.told(row) for row in queries.snapshots(session, scope)])


@bp.post("/snapshots")
@paced(60)
@needs(Capability.PLAN_RESPONSE)
@bp.input(SnapshotIn)
@bp.doc(
    summary="Keep the coverage as it is now, or as a job of mine has found it",
    responses={201: "The snapshot.", 404: "There is no such area in yours."},
)
def post_snapshot(json_data: SnapshotIn) -> tuple[Response, int]:
    """The snapshot that was made."""
    who = identity()
    with Session.begin() as session:
        scope = scope_of(session, who, Capability.PLAN_RESPONSE)
        return jsonify(comparing.told(comparing.keep(session, who, scope, json_data))), 201


@bp.get("/snapshots/<int:snapshot_id>")
@paced(120)
@needs(Capability.PLAN_RESPONSE)
@bp.doc(summary="A snapshot of coverage", responses=[404])
def get_snapshot(snapshot_id: int) -> Response:
    """The snapshot with its tables and buildings."""
    with Session.begin() as session:
        scope = scope_of(session, identity(), Capability.PLAN_RESPONSE)
        return jsonify(comparing.whole(comparing.one(session, scope, snapshot_id)))


@bp.delete("/snapshots/<int:snapshot_id>")
@needs(Capability.PLAN_RESPONSE)
@bp.doc(summary="Delete a snapshot that I made", responses={204: "It is deleted.", 404: "No such snapshot of yours."})
def delete_snapshot(snapshot_id: int) -> tuple[str, int]:
    """Nothing; the snapshot is gone."""
    who = identity()
    with Session.begin() as session:
        comparing.drop(session, who, scope_of(session, who, Capability.PLAN_RESPONSE), snapshot_id)
    return "", 204


@bp.get("/snapshots/<int:snapshot_id>/difference")
@paced(120)
@needs(Capability.PLAN_RESPONSE)
@bp.input(CompareQuery, location="query")
@bp.doc(summary="What has changed since a snapshot, until another or until now", responses=[404])
def get_difference(snapshot_id: int, query_data: CompareQuery) -> Response:
    """Totals, communities and grids before and after; buildings that are reached sooner or later."""
    with Session.begin() as session:
        scope = scope_of(session, identity(), Capability.PLAN_RESPONSE)
        return jsonify(comparing.difference(session, scope, snapshot_id, query_data.against))
