"""Siting on the town: the first answer, what each site newly covers, its proof, its scope and what it refuses."""

import csv
import io
import uuid

import pytest
from sqlalchemy import text
from sqlalchemy.orm import sessionmaker

from app.accounts.queries import by_name
from app.areas.scope import scope_of
from app.jobs.kinds import Task as Job
from app.siting import proof
from app.siting.schemas import MOST_CANDIDATES
from gis.city import FlagKind
from gis.siting import prove
from tests.app.places import places
from tests.fixtures.town import USERS

URL = "/api/v1/sitings"


@pytest.fixture
def district(session):
    return session.scalar(text("SELECT id FROM areas WHERE level = 'district'"))


def question(area, **more):
    return {"area": area, "mode": "foot", "minutes": 2, "sites": 3, "sources": ["homes"], "kinds": [], **more}


def asked(client, area, **more):
    answer = client.post(URL, json=question(area, **more))
    assert answer.status_code == 201, answer.json
    return answer.json


def refused(client, area, **more):
    answer = client.post(URL, json=question(area, **more))
    assert answer.status_code in {404, 422}, answer.json
    return answer.json["error"]


def test_sites_add_up_from_before_to_after(client_as, district):
    told = asked(client_as("coordinator"), district, kinds=["service_station"], minutes=5)
    households = told["households"]
    assert len(told["sites"]) == 3
    assert 0 < households["before"] < households["after"] < households["all"]
    assert households["before"] + sum(site["households"] for site in told["sites"]) == households["after"]
    newly = [site["households"] for site in told["sites"]]
    assert newly == sorted(newly, reverse=True)
    assert all(site["reached"] >= site["households"] > 0 for site in told["sites"])
    assert told["gap"] >= 0
    assert told["current"]
    assert {row["key"] for row in told["assumptions"]} >= {"order", "speed", "stairs"}
    assert "calibration" not in {row["key"] for row in told["assumptions"]}


def test_stations_whose_staff_set_off_are_kept_unless_other_kinds_or_none_are_named(client_as, district):
    client = client_as("coordinator")
    plain = {name: part for name, part in question(district).items() if name != "kinds"}
    kept = client.post(URL, json=plain).json
    assert kept["question"]["kinds"] == client.get(URL).json["kinds"]
    assert {row["kind"] for row in kept["standing"]} <= set(kept["question"]["kinds"])
    assert kept["households"]["before"] > 0
    assert kept["moved"] == []
    alone = asked(client, district, kinds=[])
    assert alone["standing"] == []
    assert alone["households"]["before"] == 0
    assert kept["households"]["after"] >= alone["households"]["after"]


def test_a_scenario_of_a_siting_beside_several_kinds_adds_service_stations(client_as, district):
    client = client_as("coordinator")
    for kinds, kind in ((["fire", "service_station"], "service_station"), ([], "service_station"), (["fire"], "fire")):
        told = asked(client, district, kinds=kinds, sites=1)
        wanted = {"id": str(uuid.uuid4()), "name": "新建站点"}
        made = client.post(f"{URL}/{told['id']}/scenario", json=wanted)
        assert [one["kind"] for one in made.json["content"]["added"]] == [kind]


def test_no_two_other_buildings_cover_more_than_the_proven_two(client_as, district, session):
    """The optimum by hand: every pair of candidates, each counted by the zone that starts there."""
    client = client_as("coordinator")
    places = [
        [row.lon, row.lat]
        for row in session.execute(
            text("SELECT ST_X(geom) AS lon, ST_Y(geom) AS lat FROM entrances ORDER BY id LIMIT 6")
        )
    ]
    best = asked(client, district, sources=[], places=places, sites=2, minutes=1)
    assert best["proven"]
    for one in range(6):
        for other in range(one):
            pair = [places[one], places[other], places[0]]
            told = asked(client, district, sources=[], places=pair, sites=2, minutes=1)
            assert told["households"]["after"] <= best["households"]["after"]


def test_flags_are_told_to_those_who_know_them_and_to_nobody_else(client_as, district):
    told = asked(client_as("coordinator"), district, weight="vulnerable")
    assert set().union(*(site["flags"] for site in told["sites"])) <= {kind.value for kind in FlagKind}
    assert any(site["flags"] for site in told["sites"])
    planner = client_as("planner")
    seen = planner.get(f"{URL}/{told['id']}")
    assert seen.status_code == 200
    assert [site["flags"] for site in seen.json["sites"]] == [None] * 3
    assert [site["households"] for site in seen.json["sites"]] == [site["households"] for site in told["sites"]]
    assert refused(planner, district, weight="vulnerable")["field"] == "weight"


def test_a_siting_is_seen_and_asked_only_where_the_whole_area_is_planned_for(client_as, district, session):
    own, foreign = places(session)
    staff = client_as("community_staff")
    mine = asked(staff, own["area"], sites=1)
    assert refused(staff, foreign["area"], sites=1)["field"] == "area"
    assert refused(staff, district)["field"] == "area"
    whole = asked(client_as("coordinator"), district)
    assert staff.get(f"{URL}/{whole['id']}").status_code == 404
    assert staff.get(f"{URL}/{whole['id']}/file").status_code == 404
    assert staff.post(f"{URL}/{whole['id']}/proof").status_code == 404
    shown = staff.get(URL).json
    assert [one["id"] for one in shown["sitings"]] == [mine["id"]]
    assert own["area"] in {area["id"] for area in shown["areas"]}
    assert district not in {area["id"] for area in shown["areas"]}
    assert client_as("grid_worker").get(URL).status_code == 403


def test_only_homes_of_the_area_count(client_as, session):
    own, _ = places(session)
    told = asked(client_as("coordinator"), own["area"], sites=1, minutes=10)
    homes = session.scalar(
        text("""
            SELECT sum(c.households) FROM household_counts c JOIN entrances e ON e.id = c.entrance_id
            JOIN buildings b ON b.id = e.building_id JOIN blocks k ON k.id = b.block_id WHERE k.community_id = :area
        """),
        own,
    )
    assert told["households"]["all"] == homes


@pytest.mark.parametrize("source", ["public", "gates", "homes"])
def test_each_source_has_candidates(client_as, district, source):
    told = asked(client_as("planner"), district, sources=[source], sites=1)
    assert told["candidates"] > 1
    assert {site["source"] for site in told["sites"]} == {source}


def test_a_station_that_moves_gives_way_and_no_more_move_than_may(client_as, district):
    client = client_as("coordinator")
    stay = asked(client, district, kinds=["service_station"], sites=1)
    assert stay["moved"] == []
    move = asked(client, district, kinds=["service_station"], sites=1, moves=1)
    assert len(move["moved"]) <= 1
    assert len(move["sites"]) == 1 + len(move["moved"])
    assert move["households"]["after"] >= stay["households"]["after"]
    assert len(move["moved"]) + len(move["standing"]) == len(stay["standing"])


def test_a_place_outside_or_far_from_roads_is_named_with_its_distance(client_as, district, session):
    client = client_as("coordinator")
    inside = session.execute(
        text("SELECT ST_X(geom) AS lon, ST_Y(geom) AS lat FROM entrances ORDER BY id LIMIT 1")
    ).one()
    good = [inside.lon, inside.lat]
    error = refused(client, district, sources=[], places=[good, [0, 0], good], names=["", "零点"], sites=1)
    assert error["field"] == "places.1"
    assert "零点" in error["message"]
    # Where nobody walks within a kilometre, every place is far from what is walked elsewhere.
    session.execute(
        text("""
            UPDATE road_edges SET foot = false
            WHERE ST_DWithin(geom::geography, ST_SetSRID(ST_MakePoint(:lon, :lat), 4326)::geography, 400)
        """),
        inside._asdict(),
    )
    session.commit()
    error = refused(client, district, sources=[], places=[good, good], sites=1)
    assert error["field"] == "places.0"
    assert error["metres"][0] > 300
    assert str(error["metres"][0]) in error["message"]


def test_impossible_questions_are_refused_with_a_sentence(client_as, district, session):
    client = client_as("coordinator")
    for more, field in (
        ({"sites": 0}, "sites"),
        ({"sites": -3}, "sites"),
        ({"sites": 10**9}, "sites"),
        ({"minutes": 0}, "minutes"),
        ({"minutes": 1e9}, "minutes"),
        ({"moves": -1}, "moves"),
        ({"mode": "horse"}, "mode"),
        ({"places": [[500, 0]]}, "places.0.0"),
        ({"places": [[118, 32]] * 5001}, "places"),
    ):
        assert refused(client, district, **more)["field"] == field, more
    assert refused(client, district, sources=[]) is not None
    many = client.post(URL, json=question(district, places=[[118.5, 32.5]] * 50_000))
    assert many.status_code in {400, 413}
    assert "40" in many.json["error"]["message"]
    assert client.post(URL, data="{", content_type="application/json").status_code == 400
    homes = asked(client, district, sites=1)["candidates"]
    if homes <= 200:
        error = refused(client, district, sites=homes)
        assert (error["field"], error["candidates"]) == ("sites", homes)
    assert homes < MOST_CANDIDATES
    session.execute(text("UPDATE buildings SET kind = 'other' WHERE kind IN ('public', 'school', 'hospital')"))
    session.commit()
    assert refused(client, district, sources=["public"])["field"] == "sources"


def test_the_proof_ends_with_nothing_better_and_is_kept(client_as, district, session):
    client = client_as("coordinator")
    number = asked(client, district, sites=5)["id"]
    # As if the first answer had been a poor one.
    session.execute(
        text("UPDATE sitings SET sites = '[]', covered = 0, bound = 1000000, job_id = NULL WHERE id = :id"),
        {"id": number},
    )
    session.commit()
    job = client.post(f"{URL}/{number}/proof").json["job"]
    assert job is not None
    told = []
    who = by_name(session, USERS["coordinator"])[0]
    sessions = sessionmaker(session.get_bind(), join_transaction_mode="create_savepoint")
    result = proof.work(
        sessions, Job(job, {"siting": number}, who, district), lambda share, **more: told.append((share, more))
    )
    assert result == {"siting": number, "gap": 0.0, "proven": True}
    assert told[-1][0] == 1
    session.expire_all()
    after = client.get(f"{URL}/{number}").json
    assert after["proven"]
    assert len(after["sites"]) == 5


def test_a_siting_holds_for_all_who_plan_here_and_tomorrow_where_households_count_alike(client_as, district, session):
    told = asked(client_as("coordinator"), district)
    session.execute(text("UPDATE flags SET note = 'seen' WHERE id = (SELECT min(id) FROM flags)"))
    session.commit()
    seen = client_as("planner").get(f"{URL}/{told['id']}").json
    assert (seen["current"], seen["gap"], seen["proven"]) == (True, told["gap"], told["proven"])
    needy = asked(client_as("coordinator"), district, weight="vulnerable")
    session.execute(text("UPDATE flags SET note = 'seen again' WHERE id = (SELECT min(id) FROM flags)"))
    session.commit()
    assert not client_as("coordinator").get(f"{URL}/{needy['id']}").json["current"]


def test_who_sees_fewer_stations_is_told_no_gap_of_somebody_elses_answer(client_as, session):
    own, _ = places(session)
    told = asked(client_as("coordinator"), own["area"], kinds=["liaison_station"], sites=1)
    seen = client_as("community_staff").get(f"{URL}/{told['id']}").json
    assert len(seen["standing"]) < len(told["standing"])
    assert (told["current"], seen["current"], seen["gap"]) == (True, False, None)


def test_a_proof_that_is_under_way_is_not_begun_again(client_as, district, session):
    client = client_as("coordinator")
    number = asked(client, district)["id"]
    session.execute(text("UPDATE sitings SET bound = covered + 1, job_id = NULL WHERE id = :id"), {"id": number})
    session.commit()
    jobs = [client.post(f"{URL}/{number}/proof").json["job"] for _ in range(2)]
    assert jobs[0] == jobs[1]
    assert client.delete(f"/api/v1/jobs/{jobs[0]}").status_code == 204
    assert client.post(f"{URL}/{number}/proof").json["job"] > jobs[0]


def test_an_answer_on_a_register_that_has_changed_says_so_and_claims_no_gap(client_as, district, session):
    client = client_as("coordinator")
    number = asked(client, district)["id"]
    session.execute(text("DELETE FROM stations WHERE id = (SELECT min(id) FROM stations)"))
    session.commit()
    told = client.get(f"{URL}/{number}").json
    assert (told["current"], told["proven"], told["gap"]) == (False, False, None)


def test_the_table_holds_a_row_for_each_site(client_as, district):
    client = client_as("coordinator")
    told = asked(client, district)
    answer = client.get(f"{URL}/{told['id']}/file?format=csv", headers={"Accept-Language": "en"})
    rows = list(csv.reader(io.StringIO(answer.get_data(as_text=True).lstrip("\ufeff"))))
    assert len(rows) == 4
    assert [int(row[4]) for row in rows[1:]] == [site["households"] for site in told["sites"]]
    assert client.get(f"{URL}/{told['id']}/file").data[:2] == b"PK"
    assert client.get(f"{URL}/{told['id']}/file?format=pdf").status_code == 422


def test_a_scenario_takes_the_sites_over_and_reckons_the_same(client_as, district):
    client = client_as("coordinator")
    told = asked(client, district, kinds=["service_station"], moves=1)
    wanted = {"id": str(uuid.uuid4()), "name": "新建站点"}
    made = client.post(f"{URL}/{told['id']}/scenario", json=wanted)
    assert made.status_code == 201, made.json
    content = made.json["content"]
    assert len(content["added"]) == len(told["sites"])
    assert content["shut"] == sorted(station["id"] for station in told["moved"])
    again = client.post(f"{URL}/{told['id']}/scenario", json=wanted)
    assert again.status_code == 201
    onward = asked(client, district, kinds=["service_station"], scenario=wanted["id"])
    assert onward["households"]["before"] == told["households"]["after"]


def test_the_table_points_at_nobody_and_is_on_record(client_as, district, session):
    client = client_as("coordinator")
    told = asked(client, district, sites=2, minutes=0.25)
    few = {count for site in told["sites"] for count in site["flags"].values() if count < 3}
    assert few, "each of the sites covers needs of one or two households"
    answer = client.get(f"{URL}/{told['id']}/file?format=csv", headers={"Accept-Language": "en"})
    _, *rows = list(csv.reader(io.StringIO(answer.get_data(as_text=True).lstrip("\ufeff"))))
    assert all(cell == "" or int(cell) >= 3 for row in rows for cell in row[6:])
    act = session.execute(text("SELECT act, subject_id, detail FROM audit ORDER BY id DESC LIMIT 1")).one()
    assert tuple(act) == ("siting.exported", str(told["id"]), {"sites": 2})


def test_a_siting_on_the_scenario_of_a_siting_becomes_a_scenario_too(client_as, district):
    client = client_as("coordinator")
    number = None
    for total in (1, 2, 3):
        told = asked(client, district, sites=1, scenario=number)
        number = str(uuid.uuid4())
        made = client.post(f"{URL}/{told['id']}/scenario", json={"id": number, "name": "再选一处"})
        assert made.status_code == 201, made.json
        assert len({one["id"] for one in made.json["content"]["added"]}) == total


def test_the_first_answer_is_within_half_a_percent_of_the_proven_one(client_as, district, session):
    client = client_as("coordinator")
    told = asked(client, district, sites=6, minutes=3)
    who = by_name(session, USERS["coordinator"])[0]
    scope = scope_of(session, who)
    from app.siting.schemas import SitingIn
    from app.siting.service import asked as on_ground
    from app.siting.service import candidates_of, task_of
    from gis.siting import first

    one = on_ground(session, scope, SitingIn.model_validate(question(district, sites=6, minutes=3)))
    task = task_of(one, candidates_of(session, one))
    begun = first(task)
    plan = [begun, *prove(task, begun)][-1]
    assert plan.proven
    assert begun.covered >= 0.995 * plan.covered
    assert told["households"]["after"] <= plan.covered
