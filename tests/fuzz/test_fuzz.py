"""A little of what `make fuzz` does: no input is a mistake of ours, and every answer is the one that is documented."""

import numpy as np
import pytest
import schemathesis
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from app.accounts.models import Role
from app.accounts.service import issue_token
from app.coverage.comparing import packed
from app.coverage.reckoning import Columns
from tests.app.access_matrix import MATRIX
from tests.app.matrix_town import ADD_CALIBRATION, ADD_PART, ADD_SITING, ADD_SNAPSHOT
from tests.app.places import places
from tests.fixtures.town import USERS
from tests.fuzz.cases import CHECKS, Town, api_cases, called, few, form_cases, geometry_cases, judge
from tests.fuzz.planning_cases import planning_bodies

API_CASES = 40  # for each role
SHAPES = 400
FORMS = 80


@pytest.fixture(scope="module")
def schema(app):
    return schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app)


@pytest.fixture
def own(session):
    found, _ = places(session)
    made = planned(session, found)
    session.commit()
    return made


@pytest.fixture
def bearer(session):
    """`bearer(role)` are the headers of a program that acts as the role."""

    def headers(role):
        token = issue_token(session, USERS[role])
        session.commit()
        return {"Authorization": f"Bearer {token}", "Accept-Encoding": "identity"}  # this client unpacks nothing

    return headers


@pytest.mark.parametrize("role", Role)
def test_every_operation_answers_as_it_is_documented(role, schema, own, bearer):
    headers = bearer(role)
    known = known_places(own)

    @few(API_CASES)
    @given(api_cases(schema, known))
    def send(case):
        case.validate_response(called(case, headers=headers), checks=CHECKS)

    send()


def planned(session, found):
    """What there is, with calibrations, and a snapshot, a siting, a scenario and a plan of its community."""
    nothing = np.array([], dtype=np.int64)
    values = {
        **found,
        "name": "planned",
        "user": USERS[Role.COORDINATOR],
        "buildings": packed(Columns(nothing, nothing.astype(float), nothing, nothing)),
    }
    statements = {
        **ADD_CALIBRATION,
        "snapshot": ADD_SNAPSHOT,
        "siting": ADD_SITING,
        "scenario": text(ADD_PART["scenario"]),
        "plan": text(ADD_PART["plan"]),
    }
    return found | {name: session.scalar(statement, values) for name, statement in statements.items()}


def known_places(own):
    """What there is, by the names of parameters."""
    return {
        "building_id": own["building"],
        "household_id": own["household"],
        "station_id": own["station"],
        "route_id": own["route"],
        "incident_id": own["incident"],
        "number": own["grid"],
        "lon": own["lon"],
        "lat": own["lat"],
        "area": own["area"],
        "snapshot_id": own["snapshot"],
        "siting_id": own["siting"],
        "scenario_id": own["scenario"],
        "plan_id": own["plan"],
        "block_id": own["block"],
        "scenario": own["scenario"],
        "layer": "buildings",
        "road_class": "footway",
    }


def town_of(own):
    """The town as the cases take it."""
    return Town(*(own[name] for name in Town._fields))


def test_no_place_and_no_shape_is_a_mistake_of_ours(app, own, bearer):
    clients = {role: bearer(role) for role in (Role.GRID_WORKER, Role.COORDINATOR, Role.PLANNER)}
    town = town_of(own)

    @few(SHAPES)
    @given(st.one_of(geometry_cases(town), planning_bodies(town)), st.sampled_from(sorted(clients)))
    def send(request, role):
        kind = request.body and "application/json"
        answer = app.test_client().open(
            request.address, method=request.method, data=request.body, content_type=kind, headers=clients[role]
        )
        judge(request, answer.status_code, answer.mimetype, answer.data)

    send()


def test_no_form_is_a_mistake_of_ours(client_as, client, own):
    lines = {key: line for key, line in MATRIX.items() if key.startswith("POST ") and "/api/" not in line.url}
    addresses = [line.url.format(**own) for line in lines.values()]

    @few(FORMS)
    @given(form_cases(addresses), st.sampled_from([Role.COORDINATOR, Role.ADMINISTRATOR, None]))
    def send(request, role):
        visitor = client_as(role) if role else client
        answer = visitor.post(
            request.address, data=request.body, content_type="application/x-www-form-urlencoded", buffered=True
        )
        judge(request, answer.status_code, answer.mimetype, answer.data)

    send()
