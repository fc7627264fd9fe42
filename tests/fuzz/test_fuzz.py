"""A little of what `make fuzz` does: no input is a mistake of ours, and every answer is the one that is documented."""

import pytest
import schemathesis
from hypothesis import given
from hypothesis import strategies as st

from app.accounts.models import Role
from app.accounts.service import issue_token
from tests.app.places import places
from tests.fixtures.town import USERS
from tests.fuzz.cases import CHECKS, Town, api_cases, few, geometry_cases, judge_shape

API_CASES = 40  # for each role
SHAPES = 400


@pytest.fixture(scope="module")
def schema(app):
    return schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app)


@pytest.fixture
def own(session):
    found, _ = places(session)
    session.commit()
    return found


@pytest.fixture
def bearer(session):
    """`bearer(role)` are the headers of a program that acts as the role."""

    def headers(role):
        token = issue_token(session, USERS[role])
        session.commit()
        return {"Authorization": f"Bearer {token}"}

    return headers


@pytest.mark.parametrize("role", Role)
def test_every_operation_answers_as_it_is_documented(role, schema, own, bearer):
    headers = bearer(role)
    known = known_places(own)

    @few(API_CASES)
    @given(api_cases(schema, known))
    def send(case):
        case.validate_response(case.call(headers=headers), checks=CHECKS)

    send()


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
        "layer": "buildings",
        "road_class": "footway",
    }


def test_no_place_and_no_shape_is_a_mistake_of_ours(app, own, bearer):
    clients = {role: bearer(role) for role in (Role.GRID_WORKER, Role.COORDINATOR)}
    town = Town(own["lon"], own["lat"], own["grid"], own["route"], own["code"])

    @few(SHAPES)
    @given(geometry_cases(town), st.sampled_from(sorted(clients)))
    def send(request, role):
        method, address, body = request
        answer = app.test_client().open(
            address, method=method, data=body, content_type=body and "application/json", headers=clients[role]
        )
        judge_shape(request, answer.status_code, answer.mimetype, answer.data)

    send()
