"""Scenarios: the list and each one; keep, change, delete."""

from uuid import UUID

from apiflask import APIBlueprint
from flask import Response, jsonify

from app.accounts.access import identity, needs
from app.accounts.pace import paced
from app.accounts.rights import Capability
from app.areas.scope import scope_of
from app.db import Session
from app.features import versioned
from app.incoming import seen_version
from app.scenarios import queries, service
from app.scenarios.schemas import ScenarioChange, ScenarioIn

bp = APIBlueprint("scenarios", __name__, url_prefix="/api/v1", tag="Scenarios")


@bp.get("/scenarios")
@paced(120)
@needs(Capability.PLAN_RESPONSE)
@bp.doc(summary="The scenarios of the areas that you plan for")
def scenarios() -> Response:
    """Scenarios, those changed last first, each with its whole content."""
    with Session.begin() as session:
        scope = scope_of(session, identity(), Capability.PLAN_RESPONSE)
        return jsonify({"scenarios": queries.scenarios(session, scope)})


@bp.post("/scenarios")
@paced(120)
@needs(Capability.PLAN_RESPONSE)
@bp.input(ScenarioIn)
@bp.doc(
    summary="Keep a scenario under an id of your own; a deleted one comes back so",
    responses={201: "The scenario.", 404: "You do not plan for this area.", 409: "The id is taken."},
)
def create(json_data: ScenarioIn) -> Response:
    """The scenario as it was kept: 201."""
    who = identity()
    with Session.begin() as session:
        kept = service.create(session, scope_of(session, who, Capability.PLAN_RESPONSE), who, json_data)
    return versioned(kept, status=201)


@bp.get("/scenarios/<uuid:scenario_id>")
@paced(300)
@needs(Capability.PLAN_RESPONSE)
@bp.doc(summary="A scenario; its ETag is the version", responses=[404])
def scenario(scenario_id: UUID) -> Response:
    """One scenario with its content, its owner and who changed it last."""
    with Session.begin() as session:
        return versioned(
            service.scenario(session, scope_of(session, identity(), Capability.PLAN_RESPONSE), scenario_id)
        )


@bp.put("/scenarios/<uuid:scenario_id>")
@paced(120)
@needs(Capability.PLAN_RESPONSE)
@bp.input(ScenarioChange)
@bp.doc(
    summary="Change a scenario; the header If-Match names the version that you saw",
    responses={
        404: "No such scenario.",
        412: "Somebody has changed it; `current` and `differs` say how.",
        428: "No If-Match.",
    },
)
def change(scenario_id: UUID, json_data: ScenarioChange) -> Response:
    """The scenario as it is now."""
    who, version = identity(), seen_version()
    with Session.begin() as session:
        scope = scope_of(session, who, Capability.PLAN_RESPONSE)
        return versioned(service.change(session, scope, who, scenario_id, json_data, version=version))


@bp.delete("/scenarios/<uuid:scenario_id>")
@paced(120)
@needs(Capability.PLAN_RESPONSE)
@bp.doc(summary="Delete a scenario", responses={204: "It is deleted.", 404: "No such scenario in your area."})
def delete(scenario_id: UUID) -> Response:
    """Nothing: 204."""
    who = identity()
    with Session.begin() as session:
        service.delete(session, scope_of(session, who, Capability.PLAN_RESPONSE), who, scenario_id)
    return Response(status=204)
