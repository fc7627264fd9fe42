"""Who has gone away is not computed for."""

import socket

import pytest
from sqlalchemy import text

from app.errors import Abandoned
from app.wanted import still_wanted


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
