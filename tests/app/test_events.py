"""The stream of changes: told at commit, to everybody, as long as they may hear it."""

import json
import urllib.request
from contextlib import contextmanager

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session as SqlSession
from sqlalchemy.pool import NullPool

from app import events
from app.accounts import service
from app.accounts.access import same_rights
from app.accounts.models import Role
from app.cluster.database import text_of
from app.errors import Unavailable
from app.slots import Slots
from tests.fixtures.town import USERS

COORDINATOR = USERS[Role.COORDINATOR]
NOTIFY = 'SELECT pg_notify(\'wangge\', \'{"dataset": "incidents", "version": 12}\')'
CHANGE = b'event: change\ndata: {"dataset": "incidents", "version": 12}\n\n'


def yes():
    return True


@contextmanager
def hub_on(database, **options):
    hub = events.Hub(text_of(database.owner), **options)
    try:
        yield hub
    finally:
        hub.close()


@contextmanager
def changing(database):
    """A session that really commits."""
    engine = create_engine(database.admin, poolclass=NullPool)
    with SqlSession(engine) as session, session.begin():
        yield session


def begun(hub, allowed=yes, **options):
    stream = events.Stream(hub, allowed, **options)
    assert next(stream).startswith(b"retry: ")
    return stream


def test_a_change_is_told_to_every_stream_at_commit_and_once(database):
    with hub_on(database) as hub:
        streams = [begun(hub), begun(hub)]
        with changing(database) as session:
            before = session.scalar(text("SELECT version FROM data_versions WHERE dataset = 'stations'"))
            session.execute(text("UPDATE stations SET name = name"))
        told = {"dataset": "stations", "version": before + 1}
        for stream in streams:
            kind, data = next(stream).decode().strip().split("\n")
            assert kind == "event: change"
            assert json.loads(data.removeprefix("data: ")) == told


def test_a_change_of_a_plan_is_told_to_those_who_plan_for_its_area(database):
    told = {"plan": "5", "version": 2, "area": 7, "by": {"id": 1, "name": "Li"}}
    with hub_on(database) as hub:
        planner, other = begun(hub, areas=frozenset({7})), begun(hub, areas=frozenset({8}))
        with changing(database) as session:
            session.execute(text("SELECT pg_notify('wangge', :told)"), {"told": json.dumps(told)})
            session.execute(text(NOTIFY))
        kind, data = next(planner).decode().strip().split("\n")
        assert kind == "event: plan"
        del told["area"]
        assert json.loads(data.removeprefix("data: ")) == told
        assert next(other) == CHANGE


def test_what_is_rolled_back_is_not_told(database):
    with hub_on(database) as hub:
        stream = begun(hub)
        engine = create_engine(database.admin, poolclass=NullPool)
        with SqlSession(engine) as session:
            session.execute(text("UPDATE stations SET name = name"))
            session.rollback()
        with changing(database) as session:
            session.execute(text(NOTIFY))
        assert next(stream) == CHANGE


def test_a_quiet_stream_beats_so_that_nobody_cuts_it_off(database):
    with hub_on(database) as hub:
        assert next(begun(hub, heartbeat=0.01)) == b": still here\n\n"


def test_a_stream_ends_when_its_reader_may_no_longer_read(database):
    answers = iter([True, True, False])
    with hub_on(database) as hub:
        beats = list(begun(hub, lambda: next(answers), heartbeat=0.01))
        assert set(beats) == {b": still here\n\n"}
        assert next(answers, "asked three times") == "asked three times"


def test_a_stream_too_many_is_asked_to_come_back_and_a_closed_one_makes_room(database):
    with hub_on(database, slots=Slots(2)) as hub:
        first, _ = begun(hub), begun(hub)
        with pytest.raises(Unavailable):
            events.Stream(hub, yes)
        first.close()
        begun(hub)
        assert hub.open_streams == 2


def test_a_reader_that_does_not_read_is_sent_away_and_nobody_else(database):
    with hub_on(database) as hub:
        slow, quick = begun(hub), begun(hub)
        for version in range(events.LONGEST_QUEUE + 1):
            hub._tell([json.dumps({"dataset": "incidents", "version": version})])
            assert str(version) in next(quick).decode()
        assert len(list(slow)) <= events.LONGEST_QUEUE
        assert hub.open_streams == 1


def test_all_streams_end_with_the_database_and_the_next_one_works_again(database, monkeypatch):
    monkeypatch.setattr(events, "PAUSE", 0.2)
    with hub_on(database) as hub:
        stream = begun(hub)
        with changing(database) as session:
            session.execute(
                text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = 'LISTEN wangge'")
            )
        assert list(stream) == []
        hub._listening.wait(10)
        again = begun(hub)
        with changing(database) as session:
            session.execute(text(NOTIFY))
        assert next(again) == CHANGE


def test_closing_ends_every_stream_and_takes_no_new_one(database):
    with hub_on(database) as hub:
        stream = begun(hub)
        hub.close()
        assert list(stream) == []
        with pytest.raises(Unavailable):
            hub.open()


def test_the_address_streams_and_forgets_who_left(client_as):
    client = client_as("coordinator")
    hub = client.application.extensions["events"]
    answer = client.get("/api/v1/events")
    assert answer.mimetype == "text/event-stream"
    assert answer.headers["Cache-Control"] == "no-store"
    assert next(answer.response).startswith(b"retry: ")
    assert hub.open_streams == 1
    answer.close()
    assert hub.open_streams == 0


def test_too_many_pages_get_503_and_a_time(client_as, monkeypatch):
    client = client_as("coordinator")
    monkeypatch.setattr(client.application.extensions["events"], "_slots", Slots(0))
    answer = client.get("/api/v1/events")
    assert (answer.status_code, answer.json["error"]["code"]) == (503, "unavailable")
    assert int(answer.headers["Retry-After"]) > 0


def test_a_stream_of_a_token_ends_with_the_token_and_with_a_change_of_role(app, session):
    token = service.issue_token(session, COORDINATOR)
    session.commit()
    with app.test_request_context(headers={"Authorization": f"Bearer {token}"}):
        still = same_rights()
    assert still()
    session.execute(text("UPDATE users SET language = 'en'"))
    session.commit()
    assert still()
    session.execute(text("UPDATE appointments SET role = 'planner' WHERE role = 'coordinator'"))
    session.commit()
    assert not still()
    back = "UPDATE appointments SET role = 'coordinator' FROM users u WHERE u.id = user_id AND u.name = :name"
    session.execute(text(back), {"name": COORDINATOR})
    session.commit()
    assert still()
    session.execute(text("UPDATE tokens SET revoked_at = now()"))
    session.commit()
    assert not still()


def test_a_real_server_tells_a_real_change(live_server):
    with changing(live_server.database) as session:
        token = service.issue_token(session, COORDINATOR)
    request = urllib.request.Request(f"{live_server.url}/api/v1/events", headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request, timeout=20) as stream:
        assert stream.readline().startswith(b"retry: ")
        with changing(live_server.database) as session:
            session.execute(text("UPDATE stations SET name = name"))
        for line in stream:
            if line.startswith(b"data: "):
                assert json.loads(line.removeprefix(b"data: "))["dataset"] == "stations"
                return
    pytest.fail("the stream ended")
