"""Coverage on the town: which households are reached in time, by area and building, and which are not."""

import io
import uuid

import numpy as np
import openpyxl
import pytest
from sqlalchemy import text

from app.areas.scope import EVERYTHING, Scope
from app.coverage.schemas import CoverageQuery
from app.coverage.service import answer, told
from app.days import TODAY_SQL
from app.kept import stamp_of
from app.response.ground import DATASETS, ground_of
from app.response.homes import KINDS
from gis.reach import reach
from gis.travel import Mode

URL = "/api/v1/coverage"
HOUSEHOLDS = text("""
    SELECT coalesce(sum(c.households), 0) FROM household_counts c JOIN entrances e ON e.id = c.entrance_id
    JOIN buildings b ON b.id = e.building_id JOIN blocks bl ON bl.id = b.block_id
    WHERE CAST(:community AS int) IS NULL OR bl.community_id = :community
""")


def ask(client, path="", **query):
    return client.get(URL + path, query_string=query)


def acts(session):
    return [
        tuple(row)
        for row in session.execute(text("SELECT act, detail FROM audit WHERE act LIKE 'coverage.%' ORDER BY id"))
    ]


@pytest.fixture
def own(session):
    """The community of the community staff, and the district around it."""
    return session.execute(
        text("""
            SELECT a.id, (SELECT id FROM areas WHERE level = 'district' ORDER BY id LIMIT 1) AS district
            FROM appointments p JOIN areas a ON a.id = p.area_id WHERE p.role = 'community_staff'
        """)
    ).one()


@pytest.fixture
def reckoned(session, app):
    """`reckoned(scope, kinds=…)` is the answer to a question, asked without the web."""

    def asked(scope=EVERYTHING, **question):
        with app.test_request_context():
            return told(session, scope, answer(session, scope, CoverageQuery.model_validate(question)))

    return asked


@pytest.mark.parametrize("mode", list(Mode))
def test_households_in_time_are_those_that_some_station_reaches_door_and_climb(session, reckoned, mode):
    found = reckoned(kinds="police,liaison_station", mode=mode, minutes=3)
    ground = ground_of(session, EVERYTHING, found["area"]["id"], mode, stamp_of(session, *DATASETS))
    stations = [at for at, row in enumerate(ground.stations.rows) if row["kind"] in {"police", "liaison_station"}]
    assert len(found["stations"]) == len(stations) > 1
    every = [
        reach(ground.network, ground.stations.places.take([at]), 180).door_seconds(ground.homes.places)
        for at in stations
    ]
    at_home = np.min(every, axis=0)[ground.homes.households.door] + ground.homes.households.climb
    inside = ground.homes.households.count[at_home <= 180].sum()
    assert 0 < found["totals"]["inside"] == inside
    assert found["totals"]["households"] == session.scalar(HOUSEHOLDS, {"community": None})
    assert sum(row["households"] for row in found["stations"]) == inside


def test_communities_grids_and_buildings_add_up_to_the_whole_worst_first(reckoned):
    found = reckoned(preset="response_1")
    assert found["bands"] == [30, 60, 120, 180]
    assert 0 < found["totals"]["inside"] < found["totals"]["households"]
    for part in ("communities", "grids"):
        rows = found[part]
        shares = [row["inside"] / row["households"] for row in rows]
        assert shares == sorted(shares)
        for row in (found["totals"], *rows):
            assert row["inside"] + row["outside"] == row["households"] == sum(row["bands"])
        for name in ("households", "inside", "outside"):
            assert sum(row[name] for row in rows) == found["totals"][name]
    columns = found["buildings"]
    assert sum(columns["households"]) == found["totals"]["households"]
    assert sum(columns["inside"]) == found["totals"]["inside"]
    for seconds, households, inside in zip(columns["seconds"], columns["households"], columns["inside"], strict=True):
        assert (seconds is not None and seconds <= 60.05) == (inside >= households / 2)


def test_flags_outside_are_those_in_force_of_households_reached_too_late(session, reckoned):
    everywhere = dict(
        session.execute(
            text(f"""
                SELECT kind, count(*) FROM flags WHERE cleared_at IS NULL
                AND (expires_on IS NULL OR expires_on >= {TODAY_SQL}) GROUP BY kind
            """)
        ).all()
    )
    session.execute(text("DELETE FROM stations WHERE kind = 'shelter'"))
    none = reckoned(kinds="shelter", minutes=1)
    assert (none["stations"], none["totals"]["inside"], none["totals"]["flags"]) == ([], 0, everywhere)
    assert set(none["buildings"]["seconds"]) == {None}
    some = reckoned(preset="service_10")["totals"]["flags"]
    assert all(some.get(kind, 0) <= count for kind, count in everywhere.items())
    assert sum(some.values()) < sum(everywhere.values())


def test_a_question_about_a_community_counts_its_households_and_every_station_that_may_come(reckoned, own, session):
    whole = reckoned(preset="response_1")
    part = reckoned(preset="response_1", area=own.id)
    assert [row["id"] for row in part["communities"]] == [own.id]
    assert part["communities"] == [row for row in whole["communities"] if row["id"] == own.id]
    assert len(part["stations"]) == len(whole["stations"])
    assert part["totals"]["households"] == session.scalar(HOUSEHOLDS, {"community": own.id})


def test_the_staff_of_a_community_see_their_own_households_and_stations_and_are_told_so(client_as, own, session):
    mine = ask(client_as("community_staff"), preset="response_1", area=own.district, lang="en").json
    theirs = ask(client_as("coordinator"), preset="response_1", area=own.id, lang="en").json
    assert [row["id"] for row in mine["communities"]] == [own.id]
    assert mine["totals"]["households"] == theirs["totals"]["households"]
    assert mine["totals"]["inside"] <= theirs["totals"]["inside"]
    in_community = session.scalars(text("SELECT id FROM stations WHERE community_id = :id"), {"id": own.id}).all()
    assert {row["id"] for row in mine["stations"]} <= set(in_community)
    keys = {row["key"] for row in mine["assumptions"]}
    assert {"own", "part"} <= keys
    assert not {"own", "part"} & {row["key"] for row in theirs["assumptions"]}


def test_who_may_see_no_household_is_told_counts_and_no_flag(client_as):
    planner = ask(client_as("planner"), preset="response_1").json
    assert planner["totals"]["outside"] > 0
    assert {str(row["flags"]) for row in (planner["totals"], *planner["communities"], *planner["grids"])} == {"None"}
    doors = ask(client_as("planner"), "/outside").json["doors"]
    assert doors
    assert all(door["flags"] is None for door in doors)


def test_the_list_of_doors_outside_is_paged_sorted_and_on_record(client_as, session):
    client = client_as("coordinator")
    whole = ask(client, preset="response_1").json["totals"]
    pages, offset = [], 0
    while page := ask(client, "/outside", preset="response_1", offset=offset, limit=200).json["doors"]:
        pages += page
        offset += 200
    assert sum(door["outside"] for door in pages) == whole["outside"]
    assert len({door["id"] for door in pages}) == len(pages)
    assert [door["outside"] for door in pages] == sorted((door["outside"] for door in pages), reverse=True)
    flags = {kind.value: sum(door["flags"].get(kind.value, 0) for door in pages) for kind in KINDS}
    assert {kind: count for kind, count in flags.items() if count} == whole["flags"]
    latest = ask(client, "/outside", sort="seconds", limit=3).json["doors"]
    seconds = [np.inf if door["seconds"] is None else door["seconds"] for door in latest]
    assert seconds == sorted(seconds, reverse=True)
    needy = ask(client, "/outside", sort="flags", limit=1).json["doors"][0]
    assert sum(needy["flags"].values()) == max(sum(door["flags"].values()) for door in pages)
    session.commit()
    assert acts(session)[-1] == (
        "coverage.listed",
        {"households": needy["outside"], "doors": 1},
    )


def test_the_list_leaves_as_a_workbook_that_points_at_nobody(client_as, session):
    client = client_as("coordinator")
    answered = client.post(f"{URL}/outside/file?lang=en", json={"preset": "response_1"})
    assert answered.status_code == 200
    assert answered.headers["Cache-Control"] == "no-store"
    sheet = openpyxl.load_workbook(io.BytesIO(answered.data)).active
    mark, head, *rows = [list(row) for row in sheet.iter_rows(values_only=True)]
    assert mark[0].startswith("Coverage within 60 seconds, for ")
    assert head[5:8] == ["Households outside", "Households behind the door", "Seconds to the door"]
    assert sum(row[5] for row in rows) == ask(client, preset="response_1").json["totals"]["outside"]
    told_ = [cell for row in rows for cell in row[8:] if cell is not None]
    assert told_
    assert min(told_) >= 3
    session.commit()
    assert acts(session)[-1][0] == "coverage.exported"


def test_stations_that_are_closed_now_can_be_left_out(session, reckoned):
    session.execute(text("UPDATE stations SET open_hours = '24/7' WHERE kind = 'police'"))
    before = reckoned(kinds="police,liaison_station", minutes=3)
    session.execute(text("UPDATE stations SET open_hours = 'Mo-Su off' WHERE kind = 'liaison_station'"))
    after = reckoned(kinds="police,liaison_station", minutes=3, open_now=True)
    assert {row["kind"] for row in before["stations"]} == {"police", "liaison_station"}
    assert {row["kind"] for row in after["stations"]} == {"police"}
    assert after["totals"]["inside"] < before["totals"]["inside"]


def test_a_named_view_may_be_changed_in_parts(client_as):
    client = client_as("coordinator")
    assert ask(client, kinds="").json["stations"] == []
    views = {view["key"]: view for view in ask(client, "/views").json["presets"]}
    assert set(views) == {"response_1", "micro_fire_3", "service_10", "medical_5"}
    question = ask(client, preset="response_1", minutes=2).json["question"]
    assert (question["kinds"], question["mode"], question["minutes"]) == (views["response_1"]["kinds"], "foot", 2)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"minutes": "0"}, "minutes"),
        ({"minutes": "-1"}, "minutes"),
        ({"minutes": "1e9"}, "minutes"),
        ({"minutes": "nan"}, "minutes"),
        ({"kinds": "palace"}, "kinds"),
        ({"mode": "boat"}, "mode"),
        ({"area": "0"}, "area"),
        ({"preset": "none"}, "preset"),
    ],
)
def test_a_question_that_cannot_be_is_refused_with_its_field(client_as, query, field):
    answered = ask(client_as("coordinator"), **query)
    assert answered.status_code == 422
    assert (answered.json["error"]["field"] or "").startswith(field)


def test_a_district_without_roads_says_so(client_as, session):
    session.execute(text("DELETE FROM road_edges"))
    answered = ask(client_as("coordinator"), preset="response_1")
    assert (answered.status_code, answered.json["error"]["field"]) == (422, "mode")


def test_a_snapshot_tells_later_what_has_changed_since(client_as, session):
    client = client_as("coordinator")
    kept = client.post(f"{URL}/snapshots", json={"name": " spring ", "kinds": "liaison_station", "minutes": 2})
    assert kept.status_code == 201
    number = kept.json["id"]
    assert kept.json["name"] == "spring"
    same = ask(client, f"/snapshots/{number}/difference").json
    assert same["totals"]["before"] == same["totals"]["after"]
    assert set(same["buildings"]["change"]) == {0}
    session.execute(text("DELETE FROM stations WHERE id % 2 = 0 AND kind = 'liaison_station'"))
    changed = ask(client, f"/snapshots/{number}/difference").json
    assert changed["totals"]["after"]["inside"] < changed["totals"]["before"]["inside"]
    assert changed["totals"]["before"]["inside"] == kept.json["totals"]["inside"]
    assert -1 in changed["buildings"]["change"]
    assert 1 not in changed["buildings"]["change"]
    lost = [row["after"]["inside"] - row["before"]["inside"] for row in changed["communities"]]
    assert lost == sorted(lost)
    assert sum(lost) == changed["totals"]["after"]["inside"] - changed["totals"]["before"]["inside"]
    later = client.post(f"{URL}/snapshots", json={"name": "autumn", "kinds": "liaison_station", "minutes": 2}).json
    between = ask(client, f"/snapshots/{number}/difference", against=later["id"]).json
    assert between["same_question"]
    assert between["totals"] == changed["totals"]
    assert between["buildings"]["change"] == changed["buildings"]["change"]
    assert [row["name"] for row in ask(client, "/snapshots").json] == ["autumn", "spring"]


def test_a_snapshot_holds_no_flag_and_is_seen_by_who_sees_all_of_it_and_deleted_by_who_made_it(client_as, own):
    coordinator, staff, planner = client_as("coordinator"), client_as("community_staff"), client_as("planner")
    whole = coordinator.post(f"{URL}/snapshots", json={"name": "all", "preset": "response_1"}).json["id"]
    part = coordinator.post(f"{URL}/snapshots", json={"name": "own", "preset": "response_1", "area": own.id}).json["id"]
    assert "flags" not in ask(coordinator, f"/snapshots/{whole}").text
    assert [row["id"] for row in ask(staff, "/snapshots").json] == [part]
    assert ask(staff, f"/snapshots/{whole}").status_code == 404
    assert ask(staff, f"/snapshots/{part}").json["communities"][0]["id"] == own.id
    assert planner.delete(f"{URL}/snapshots/{whole}").status_code == 403
    assert coordinator.delete(f"{URL}/snapshots/{whole}").status_code == 204
    assert ask(coordinator, f"/snapshots/{whole}").status_code == 404


def test_a_snapshot_of_a_part_is_held_against_the_same_part(client_as, own):
    """Who sees more of the area than its maker did counts no home that was not counted then."""
    part = client_as("community_staff").post(f"{URL}/snapshots", json={"name": "own", "area": own.district}).json["id"]
    changed = ask(client_as("coordinator"), f"/snapshots/{part}/difference").json
    assert [row["id"] for row in changed["communities"]] == [own.id]
    assert changed["totals"]["after"]["households"] == changed["totals"]["before"]["households"]


def test_answers_are_to_the_same_question_only_where_hours_and_scenario_are_the_same(client_as):
    client = client_as("coordinator")
    one, other = (
        client.post(f"{URL}/snapshots", json={"name": "kept", "preset": "response_1", "open_now": hours}).json["id"]
        for hours in (True, False)
    )
    assert not ask(client, f"/snapshots/{one}/difference", against=other).json["same_question"]
    assert ask(client, f"/snapshots/{one}/difference", against=one).json["same_question"]


def test_a_scope_without_grids_of_its_own_shares_no_flags_with_another(reckoned, own):
    narrow = reckoned(Scope(frozenset({own.id}), frozenset()), preset="response_1")
    wide = reckoned(preset="response_1", area=own.id)
    assert narrow["totals"]["flags"] is None
    assert wide["totals"]["flags"]


def test_a_scenario_is_held_against_the_register(client_as, session, own):
    client = client_as("coordinator")
    station = session.execute(
        text("SELECT id FROM stations WHERE kind = 'liaison_station' ORDER BY id LIMIT 1")
    ).scalar()
    number = str(uuid.uuid4())
    kept = {"id": number, "name": "one shut", "area_id": own.district, "content": {"shut": [station]}}
    assert client.post("/api/v1/scenarios", json=kept).status_code == 201
    question = {"kinds": "liaison_station", "minutes": 3}
    before, after = ask(client, **question).json, ask(client, **question, scenario=number).json
    assert {row["id"] for row in before["stations"]} - {row["id"] for row in after["stations"]} == {station}
    changed = ask(client, "/difference", **question, scenario=number).json
    assert changed["totals"]["before"]["inside"] == before["totals"]["inside"]
    assert changed["totals"]["after"]["inside"] == after["totals"]["inside"] < before["totals"]["inside"]
    assert set(changed["buildings"]["change"]) == {-1, 0}
    assert ask(client, **question, scenario=str(uuid.uuid4())).status_code == 404
