"""One's own jobs: how far they are, what came of them, and to cancel them. The slices that define kinds start them."""

from apiflask import APIBlueprint
from flask import Response, jsonify
from flask_babel import gettext

from app.accounts.access import identity, needs
from app.accounts.rights import Capability
from app.db import Session
from app.errors import NotFound
from app.features import untouched_by_disk
from app.jobs import queries, service

bp = APIBlueprint("jobs", __name__, url_prefix="/api/v1/jobs", tag="Jobs")


@bp.get("")
@needs(Capability.PLAN_RESPONSE)
@bp.doc(summary="My computations in the background, newest first, and how many workers there are")
def jobs() -> Response:
    """Each without its result; `workers` 0 tells why nothing moves."""
    with Session.begin() as session:
        found = [queries.as_json(row) for row in queries.mine(session, identity())]
        return untouched_by_disk(jsonify({"jobs": found, "workers": queries.workers(session)}))


@bp.get("/<int:job_id>")
@needs(Capability.PLAN_RESPONSE)
@bp.doc(summary="One of my computations: how far it is, and its result, which may grow")
def job(job_id: int) -> Response:
    """State, progress (0–1), note, revision of the result, result, or the sentence that says why it failed."""
    with Session.begin() as session:
        row = queries.one(session, identity(), job_id)
    if row is None:
        raise NotFound(gettext("There is no such job of yours."))
    return untouched_by_disk(jsonify(queries.as_json(row)))


@bp.delete("/<int:job_id>")
@needs(Capability.PLAN_RESPONSE)
@bp.doc(
    summary="Cancel one of my computations; it stops within a second",
    responses={204: "It is cancelled.", 409: "It is over already."},
)
def cancel(job_id: int) -> Response:
    """Nothing."""
    with Session.begin() as session:
        service.cancel(session, identity(), job_id)
    return Response(status=204)
