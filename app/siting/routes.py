"""Siting: where new stations should stand."""

from uuid import UUID

from apiflask import APIBlueprint
from flask import Response, jsonify
from pydantic import BaseModel, ConfigDict

from app import sheets
from app.accounts.access import identity, needs
from app.accounts.pace import paced
from app.accounts.rights import Capability
from app.areas.scope import scope_of
from app.db import Session
from app.features import attachment, untouched_by_disk
from app.incoming import many_numbers
from app.scenarios.schemas import Name
from app.siting import files, proof, telling
from app.siting.schemas import FileQuery, Form, SitingIn
from app.siting.service import create

bp = APIBlueprint("siting", __name__, url_prefix="/api/v1/sitings", tag="Siting")
MOST_NUMBERS = 40_000  # a list that is too long by far is still told how long it may be
TYPES = {Form.CSV: sheets.CSV_TYPE, Form.XLSX: sheets.XLSX_TYPE}


class ScenarioOut(BaseModel):
    """The scenario to make of a siting; `id` is made by the client, so that sending it twice makes it once."""

    model_config = ConfigDict(extra="forbid")

    id: UUID
    name: Name


@bp.get("")
@needs(Capability.PLAN_RESPONSE)
@bp.doc(summary="The areas that I plan for, their stations by kind, and the last sitings")
def sitings() -> Response:
    """What a question needs, and the answers that there are."""
    with Session.begin() as session:
        return jsonify(telling.listed(session, scope_of(session, identity(), Capability.PLAN_RESPONSE)))


@bp.post("")
@paced(30)
@many_numbers(MOST_NUMBERS)
@needs(Capability.PLAN_RESPONSE)
@bp.input(SitingIn)
@bp.doc(
    summary="Where new stations should stand: the first answer, whose proof goes on in the background",
    responses={201: "The first answer; `job` proves it.", 404: "You do not plan for this area."},
)
def ask(json_data: SitingIn) -> Response:
    """Sites in order with what each newly covers, what could still be gained, and every assumption: 201."""
    who = identity()
    with Session.begin() as session:
        scope = scope_of(session, who, Capability.PLAN_RESPONSE)
        number = create(session, scope, who, json_data)
        proof.begin(session, scope, who, number)
        answer = untouched_by_disk(jsonify(telling.show(session, scope, number)))
    answer.status_code = 201
    return answer


@bp.get("/<int:siting_id>")
@paced(300)
@needs(Capability.PLAN_RESPONSE)
@bp.doc(summary="A siting as it stands, counted on today's register", responses=[404])
def siting(siting_id: int) -> Response:
    """The same as the first answer, with the best choice that is known by now."""
    with Session.begin() as session:
        scope = scope_of(session, identity(), Capability.PLAN_RESPONSE)
        return untouched_by_disk(jsonify(telling.show(session, scope, siting_id)))


@bp.post("/<int:siting_id>/proof")
@paced(30)
@needs(Capability.PLAN_RESPONSE)
@bp.doc(summary="Go on proving a siting in the background", responses=[404])
def prove(siting_id: int) -> Response:
    """The job that does it; null where it is proven, or you wait for too many jobs."""
    who = identity()
    with Session.begin() as session:
        scope = scope_of(session, who, Capability.PLAN_RESPONSE)
        return jsonify({"job": proof.begin(session, scope, who, siting_id)})


@bp.get("/<int:siting_id>/file")
@paced(30)
@needs(Capability.PLAN_RESPONSE)
@bp.input(FileQuery, location="query")
@bp.doc(summary="The sites of a siting as a table", responses=[404])
def file(siting_id: int, query_data: FileQuery) -> Response:
    """A file for Excel and its like; that it was made is on record."""
    who = identity()
    with Session.begin() as session:
        scope = scope_of(session, who, Capability.PLAN_RESPONSE)
        content = files.table(session, scope, who, siting_id, query_data.format)
    return attachment(content, TYPES[query_data.format], f"siting-{siting_id}.{query_data.format.value}")


@bp.post("/<int:siting_id>/scenario")
@paced(30)
@needs(Capability.PLAN_RESPONSE)
@bp.input(ScenarioOut)
@bp.doc(
    summary="Make a scenario of a siting: its sites stand, the stations that give way are shut",
    responses={201: "The scenario.", 404: "No such siting in your area.", 409: "The id is taken."},
)
def scenario(siting_id: int, json_data: ScenarioOut) -> Response:
    """The scenario as it was kept: 201."""
    who = identity()
    with Session.begin() as session:
        scope = scope_of(session, who, Capability.PLAN_RESPONSE)
        kept = files.as_scenario(session, scope, who, siting_id, scenario_id=json_data.id, name=json_data.name)
    answer = jsonify(kept)
    answer.status_code = 201
    return answer
