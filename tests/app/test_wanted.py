"""Who has gone away is not computed for."""

import importlib
import socket
import time

import pytest
from sqlalchemy import text

from app.errors import Abandoned
from app.wanted import still_wanted, while_wanted
from gis.search import NEVER, CancelledError


@pytest.fixture
def connection():
    """Both ends of a connection: the server's and the client's."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def test_a_request_whose_client_has_gone_is_abandoned(app, connection):
    ours, theirs = connection
    with app.test_request_context(environ_base={"gunicorn.socket": ours}):
        still_wanted()
        theirs.close()
        with pytest.raises(Abandoned):
            still_wanted()


def test_what_a_client_sends_already_is_left_for_the_server_to_read(app, connection):
    ours, theirs = connection
    theirs.send(b"GET /next")
    with app.test_request_context(environ_base={"gunicorn.socket": ours}):
        still_wanted()
    assert ours.recv(9) == b"GET /next"


def test_a_zone_that_nobody_waits_for_ends_before_it_is_drawn(client_as, session, connection):
    ours, theirs = connection
    place = session.execute(text("SELECT ST_X(geom), ST_Y(geom) FROM entrances ORDER BY id LIMIT 1")).one()
    client = client_as("coordinator")
    theirs.close()
    client.environ_base["gunicorn.socket"] = ours
    answer = client.get("/api/v1/response/zone", query_string={"lon": place[0], "lat": place[1]})
    assert answer.status_code == 499
    assert "features" not in answer.json


@pytest.fixture
def over_tcp():
    """Both ends of a connection over TCP, as a browser has one: the server's and the client's."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        theirs = socket.create_connection(listening.getsockname())
        ours, _ = listening.accept()
    with ours, theirs:
        yield ours, theirs


def raised(stop):
    """Whether a flag is set within ten seconds."""
    deadline = time.monotonic() + 10
    while not stop[0] and time.monotonic() < deadline:
        time.sleep(0.001)
    return bool(stop[0])


def test_the_flag_of_a_search_is_raised_when_its_client_goes_and_not_before(app, over_tcp):
    ours, theirs = over_tcp
    with app.test_request_context(environ_base={"gunicorn.socket": ours}):
        with while_wanted() as stop:
            theirs.send(b"GET /next")
            still_wanted()
            assert not stop[0]
        with pytest.raises(Abandoned):
            went_away_during_a_search(theirs)
        with pytest.raises(Abandoned):
            went_away_during_a_search(theirs)


def went_away_during_a_search(theirs):
    with while_wanted() as stop:
        theirs.close()
        assert raised(stop)
        raise CancelledError


def test_a_search_outside_a_request_is_not_stopped(app):
    with while_wanted() as stop:
        assert stop is NEVER


SEARCHES = [
    ("app.response.zone.reach", "/api/v1/response/zone?lon={lon}&lat={lat}&minutes=10"),
    ("app.response.nearest.nearest", "/api/v1/response/zone?lon={lon}&lat={lat}&minutes=10"),
    ("app.response.nearest.nearest", "/api/v1/response/nearest?lon={lon}&lat={lat}"),
    ("app.coverage.reckoning.first_arrivals", "/api/v1/coverage?area={area}&preset=service_10"),
]


@pytest.mark.parametrize(("search", "address"), SEARCHES)
def test_a_search_stops_when_its_client_goes_away(client_as, session, over_tcp, monkeypatch, search, address):
    ours, theirs = over_tcp
    place = session.execute(text("SELECT ST_X(geom), ST_Y(geom) FROM entrances ORDER BY id LIMIT 1")).one()
    area = session.execute(text("SELECT id FROM areas WHERE level = 'district'")).scalar_one()
    module, _, name = search.rpartition(".")
    true_search = getattr(importlib.import_module(module), name)
    told = []

    def searching(*given, stop, **more):
        theirs.close()
        told.append(raised(stop))
        return true_search(*given, stop=stop, **more)

    monkeypatch.setattr(search, searching)
    client = client_as("coordinator")
    client.environ_base["gunicorn.socket"] = ours
    assert client.get(address.format(lon=place[0], lat=place[1], area=area)).status_code == 499
    assert told == [True]
