"""Staffing: which posts of grids are vacant, who holds several, and how many households a worker has."""

from apiflask import APIBlueprint
from flask import Response, jsonify

from app.accounts.access import identity, needs
from app.accounts.pace import paced
from app.accounts.rights import Capability
from app.db import Session
from app.features import untouched_by_disk
from app.plans import stored
from app.staffing import service
from app.staffing.schemas import StaffingQuery

bp = APIBlueprint("staffing", __name__, url_prefix="/api/v1", tag="Plans of grids")


@bp.get("/staffing")
@paced(300)
@needs(Capability.REDRAW_GRIDS, Capability.APPROVE_PLANS)
@bp.input(StaffingQuery, location="query")
@bp.doc(summary="Posts, vacancies and workloads of the grids in force in an area, or of a plan", responses=[404])
def staffing(query_data: StaffingQuery) -> Response:
    """Each grid with its posts and the households to a worker; who has several grids, and who would have none."""
    with Session.begin() as session:
        asks = stored.reader(session, identity())
        if query_data.plan is not None:
            found = service.of_plan(session, asks, query_data.plan)
        else:
            found = service.of_area(session, asks, query_data.area or 0)
    return untouched_by_disk(jsonify(found))
