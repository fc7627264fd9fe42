"""Stations, and whether they are open."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from app.stations.hours import CHINA, is_open


def at(day, clock):
    """The instant of a clock time in China; 2 to 8 March 2026 are Monday to Sunday."""
    hour, minute = map(int, clock.split(":"))
    return datetime(2026, 3, 2 + ["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"].index(day), hour, minute, tzinfo=CHINA)


@pytest.mark.parametrize(
    ("hours", "day", "clock", "open_"),
    [
        ("24/7", "Su", "03:00", True),
        ("Mo-Fr 09:00-17:00", "We", "09:00", True),
        ("Mo-Fr 09:00-17:00", "We", "08:59", False),
        ("Mo-Fr 09:00-17:00", "We", "17:00", False),
        ("Mo-Fr 09:00-17:00", "Sa", "12:00", False),
        ("08:00-20:00", "Su", "19:59", True),
        ("Mo,We,Fr 09:00-12:00,14:00-18:00", "We", "13:00", False),
        ("Mo,We,Fr 09:00-12:00,14:00-18:00", "Fr", "14:00", True),
        ("Mo-Fr 08:30-17:30; Sa 09:00-12:00", "Sa", "11:00", True),
        ("Mo-Su 08:00-18:00; We off", "We", "10:00", False),
        ("Mo-Su 08:00-18:00; PH off", "We", "10:00", True),
        ("Mo-Su,PH 08:00-18:00", "Su", "10:00", True),
        ("Mo-Fr 22:00-06:00", "Tu", "05:59", True),
        ("Mo-Fr 22:00-06:00", "Mo", "05:00", False),
        ("Mo-Fr 22:00-06:00", "Sa", "05:00", True),
        ("Sa-Mo 10:00-24:00", "Su", "23:59", True),
        ("Sa-Mo 10:00-24:00", "Tu", "10:00", False),
        ("", "We", "10:00", None),
        ("by appointment", "We", "10:00", None),
        ("Mo-Fr 09:00", "We", "10:00", None),
        ("Mo-Fr 09:00-17:61", "We", "10:00", None),
        ("Apr-Oct 09:00-17:00", "We", "10:00", None),
    ],
)
def test_the_common_forms_of_opening_hours_are_understood_and_others_are_unknown(hours, day, clock, open_):
    assert is_open(hours, at(day, clock)) is open_


@given(st.text(max_size=60), st.datetimes(timezones=st.just(CHINA)))
def test_no_text_of_opening_hours_breaks_the_reading(hours, moment):
    assert is_open(hours, moment) in {True, False, None}


@given(
    st.integers(0, 23), st.integers(0, 59), st.integers(0, 23), st.integers(0, 59),
    st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(CHINA)),  # noqa: DTZ001
)  # fmt: skip
def test_what_is_open_from_a_to_b_is_closed_from_b_to_a(h1, m1, h2, m2, moment):
    if (h1, m1) != (h2, m2):
        day, night = f"{h1:02}:{m1:02}-{h2:02}:{m2:02}", f"{h2:02}:{m2:02}-{h1:02}:{m1:02}"
        assert is_open(day, moment) is not is_open(night, moment)


def test_stations_are_listed_by_kind_within_the_scope(client_as, session):
    worker = client_as("grid_worker").get("/api/v1/stations?kind=liaison_station").json["features"]
    everybody = client_as("planner").get("/api/v1/stations?kind=liaison_station").json["features"]
    assert {feature["properties"]["kind"] for feature in everybody} == {"liaison_station"}
    assert 0 < len(worker) < len(everybody)
    assert len({feature["properties"]["community"]["id"] for feature in worker}) == 1
    total = session.scalar(text("SELECT count(*) FROM stations WHERE kind = 'liaison_station'"))
    assert len(everybody) == total


def test_a_station_tells_hours_capacity_and_community(client_as, session):
    station = session.execute(text("SELECT * FROM stations WHERE kind = 'service_station' ORDER BY id LIMIT 1")).one()
    properties = client_as("planner").get(f"/api/v1/stations/{station.id}").json["properties"]
    assert (properties["name"], properties["open_hours"]) == (station.name, station.open_hours)
    assert properties["capacity"] == station.capacity
    assert properties["open_now"] in {True, False, None}
    assert properties["community"]["id"] == station.community_id


def test_a_station_of_another_community_does_not_exist_for_the_worker(client_as, session):
    foreign = session.scalar(
        text("""
            SELECT s.id FROM stations s JOIN appointments u ON u.role = 'grid_worker' JOIN grids g ON g.id = u.grid_id
            WHERE s.community_id <> g.community_id LIMIT 1
        """)
    )
    assert client_as("grid_worker").get(f"/api/v1/stations/{foreign}").status_code == 404
    assert client_as("planner").get(f"/api/v1/stations/{foreign}").status_code == 200


@pytest.mark.parametrize("query", ["kind=castle", "bbox=1,2,3", "bbox=3,1,2,4", "limit=0", "limit=1001", "after=x"])
def test_a_bad_question_for_stations_is_refused_naming_the_field(client_as, query):
    answer = client_as("planner").get(f"/api/v1/stations?{query}")
    assert (answer.status_code, answer.json["error"]["field"]) == (422, query.partition("=")[0])
