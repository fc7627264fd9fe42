"""Roads change under a server of several processes: nobody waits, and who changed them sees it."""

import fcntl
import time
from contextlib import ExitStack, contextmanager

import pytest
import requests
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from app.accounts import queries as people
from app.accounts import tokens
from app.cluster import roles
from tests.fixtures.town import USERS
from tests.fixtures.web import serving

PATIENCE = 60  # seconds


@pytest.fixture
def city(server, worker_id, tmp_path):
    """A server on a town of its own: its address, the folder of its networks, its database, a place, and a token."""
    database = server.copy(f"{worker_id}_swap")
    roles.grant(database)
    with Session(create_engine(database.owner, poolclass=NullPool)) as session, session.begin():
        place = session.execute(text("SELECT ST_X(geom), ST_Y(geom) FROM entrances ORDER BY id LIMIT 1")).one()
        keys = {
            role: tokens.issue(session, people.by_name(session, USERS[role])[0], by=None, name="swap")
            for role in ("coordinator", "planner")
        }
    with serving(database, tmp_path) as url:
        yield City(url, tmp_path / "networks", create_engine(database.owner, poolclass=NullPool), tuple(place), keys)
    server.drop(database)


class City:
    def __init__(self, url, folder, engine, place, keys):
        self.url, self.folder, self.engine, self.place, self.keys = url, folder, engine, place, keys

    def zone(self):
        lon, lat = self.place
        answer = requests.get(
            f"{self.url}/api/v1/response/zone?lon={lon}&lat={lat}&minutes=5&mode=foot",
            headers={"Authorization": f"Bearer {self.keys['coordinator']}"},
            timeout=PATIENCE,
        )
        assert answer.status_code == 200, answer.text
        told = answer.json()
        before = any(row["key"] == "roads_before" for row in told["assumptions"])
        return told["roads_version"], before, told["households"][0]["count"]

    def slow_down(self):
        """Halve the speeds on foot, as an import would: past the server."""
        with self.engine.begin() as connection:
            connection.execute(text("UPDATE road_speeds SET foot_kph = foot_kph / 2"))

    @contextmanager
    def nobody_builds(self):
        """Hold the locks that whoever makes a network takes."""
        with ExitStack() as stack:
            locks = [stack.enter_context(file.open("a")) for file in self.folder.glob("*.lock")]
            assert locks
            for lock in locks:
                fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def until(self, version):
        """The zones told until one is of another version, that one last."""
        told, deadline = [self.zone()], time.monotonic() + PATIENCE
        while told[-1][0] == version and time.monotonic() < deadline:
            told.append(self.zone())
        return told


def test_zones_go_on_with_the_old_roads_while_the_new_network_is_made(city):
    for _ in range(8):  # so that every process has been asked
        version, before, households = city.zone()
        assert not before
    with city.nobody_builds():
        city.slow_down()
        assert [city.zone() for _ in range(8)] == [(version, True, households)] * 8
    *_, (newer, before, fewer) = city.until(version)
    assert newer > version
    assert not before
    assert fewer < households


def test_who_sets_a_speed_sees_it_in_the_next_zone_whichever_process_answers(city):
    for _ in range(8):
        version, _, households = city.zone()
    answer = requests.put(
        f"{city.url}/api/v1/roads/speeds/residential",
        json={"foot_kph": 1.5, "ebike_kph": 15, "car_kph": 20},
        headers={"Authorization": f"Bearer {city.keys['planner']}"},
        timeout=PATIENCE,
    )
    assert answer.status_code == 200, answer.text
    told = [city.zone() for _ in range(8)]
    assert all(newer > version and not before and fewer <= households for newer, before, fewer in told)
    assert len(set(told)) == 1
