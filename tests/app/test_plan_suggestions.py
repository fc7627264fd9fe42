"""Faults of a plan, and what the job suggests for it: alternatives that obey the question."""

import functools
import json

import pytest
from sqlalchemy import text

from app.accounts.queries import by_name
from app.db import Session
from app.errors import NotFound
from app.jobs.kinds import Task
from app.plans import suggesting
from tests.app.planning import FIRST_NEW, URL, area_of, begun, edited, grids_of, members, moving
from tests.fixtures.town import USERS


@pytest.fixture
def planner(client_as):
    return client_as("planner")


@pytest.fixture
def plan(planner, session):
    return begun(planner, area_of(session, "community"))


@pytest.fixture
def suggested(plan, suggested_for):
    """Asks for a suggestion for the plan, and has the job done; what was told on the way stands in `.told`."""
    return functools.partial(suggested_for, plan)


@pytest.fixture
def suggested_for(app, planner, session):
    """Asks for a suggestion, and has the job done: its result; what was told on the way stands in `.told`."""

    def ask(plan, who="planner", **question):
        answer = planner.post(f"{URL}/{plan['id']}/suggestions", json=question)
        assert answer.status_code == 202, answer.json
        job = session.execute(text("SELECT * FROM jobs WHERE id = :id"), {"id": answer.json["job"]}).one()
        assert (job.kind, job.area_id) == ("plans.suggest", plan["area"]["id"])
        task = Task(job.id, job.question, by_name(session, USERS[who])[0], job.area_id)
        ask.told = []

        def report(progress, *, note=None, result=None):
            ask.told.append((progress, note, json.loads(json.dumps(result, allow_nan=False))))

        with app.test_request_context():
            return json.loads(json.dumps(suggesting.work(Session, task, report), allow_nan=False))

    return ask


def faults(client, plan):
    return client.get(f"{URL}/{plan['id']}/faults").json


def kinds(told):
    return {(fault["kind"], fault["grid"]) for fault in told["faults"]}


def test_a_plan_of_today_is_worth_what_today_is(planner, plan):
    told = faults(planner, plan)
    assert told["scores"] == told["today"]
    assert told["scores"]["households_moved"] == 0
    assert told["scores"]["walk"] > 0
    assert not [fault for fault in told["faults"] if fault["grave"]]
    assert {fault["kind"] for fault in told["faults"]} <= {"parts", "large", "small", "compound_cut"}


def test_every_fault_is_named_with_its_blocks(planner, plan):
    first, second = grids_of(plan)[:2]
    lost = members(plan, first)[0]
    edited(planner, plan, moving(plan, lost, -1))
    told = faults(planner, plan)
    assert told["faults"][0] == {
        "kind": "unassigned",
        "grave": True,
        "grid": None,
        "blocks": [int(lost)],
        "households": told["faults"][0]["households"],
        "community": plan["area"]["id"],
    }
    assert told["scores"]["unassigned"] == 1
    empty = {str(FIRST_NEW): [None, {"name": "空", "community": plan["area"]["id"]}]}
    all_of_second = {block: [int(second), int(first)] for block in members(plan, second)}
    answer = edited(planner, plan, all_of_second, empty, version=2)
    assert answer.status_code == 200, answer.json
    assert ("empty", FIRST_NEW) in kinds(faults(planner, plan))
    held = next(fault for fault in faults(planner, plan)["faults"] if fault["grid"] == int(first))
    assert held["kind"] in {"large", "parts"}


def test_a_grid_in_two_parts_is_a_grave_fault(planner, plan, session):
    """Two grids, and a block that touches neither given to one of them."""
    ground = planner.get(f"{URL}/{plan['id']}/ground").json
    ids, edges = ground["blocks"]["id"], ground["edges"]
    pairs = set(zip(edges["one"], edges["two"], strict=True))
    number = next(iter(grids_of(plan)))
    own = {ids.index(int(block)) for block in members(plan, number)}
    near = {b for pair in pairs for b in pair if set(pair) & own}
    far = next(at for at in range(len(ids)) if at not in near | own)
    edited(planner, plan, moving(plan, str(ids[far]), number))
    (fault,) = [one for one in faults(planner, plan)["faults"] if one["kind"] == "parts" and one["grid"] == int(number)]
    assert fault["grave"]
    assert fault["blocks"] == [ids[far]]


def test_three_alternatives_are_suggested_and_each_can_be_drawn(planner, plan, suggested):
    result = suggested(way="new", seed=3)
    assert [one["seed"] for one in result["alternatives"]] == [3, 4, 5]
    assert [one["favours"] for one in result["alternatives"]] == ["even", "roads", "compounds"]
    assert result["version"] == 1
    for one in result["alternatives"]:
        assert one["done"] == 1
        assert one["blocks"].keys() == plan["blocks"].keys()
        assert {str(number) for number in one["blocks"].values()} == one["grids"].keys()
        assert one["scores"]["contiguous"] == 1
        blocks = {b: [plan["blocks"][b], n] for b, n in one["blocks"].items() if plan["blocks"][b] != n}
        grids = {n: [plan["grids"].get(n), grid] for n, grid in one["grids"].items() if plan["grids"].get(n) != grid}
        copy = begun(planner, plan["area"]["id"])
        answer = edited(planner, copy, blocks, grids)
        assert answer.status_code == 200, answer.json
        assert planner.get(f"{URL}/{copy['id']}").json["blocks"] == one["blocks"]
        assert faults(planner, copy)["scores"] == pytest.approx(one["scores"])
    assert suggested.func.told[-1][2]["alternatives"]
    assert all(0 <= progress <= 1 for progress, *_ in suggested.func.told)


def test_grids_keep_their_number_where_they_keep_their_homes(plan, suggested):
    result = suggested(way="new", alternatives=1)
    (one,) = result["alternatives"]
    kept = [number for number in one["grids"] if number in plan["grids"]]
    assert kept
    for number in kept:
        assert one["grids"][number] == plan["grids"][number]
        assert set(members(plan, number)) & {b for b, n in one["blocks"].items() if n == int(number)}


def test_what_stays_and_what_stays_together_is_obeyed(planner, plan, suggested):
    numbers = grids_of(plan)
    stay = numbers[0]
    pair = [members(plan, numbers[1])[0], members(plan, numbers[-1])[-1]]
    apart = members(plan, numbers[1])[1]
    result = suggested(
        way="new", stay=[int(stay)], together=[list(map(int, pair))], dedicated=[[int(apart)]], alternatives=2
    )
    for one in result["alternatives"]:
        assert [b for b, n in one["blocks"].items() if n == int(stay)] == members(plan, stay)
        assert one["blocks"][pair[0]] == one["blocks"][pair[1]]
        own = one["blocks"][apart]
        assert [b for b, n in one["blocks"].items() if n == own] == [apart]
        assert one["grids"][str(own)]["kind"] == "dedicated"
        assert own >= FIRST_NEW


def test_the_least_change_of_a_plan_in_order_is_none(planner, plan, suggested):
    (one,) = suggested(way="least")["alternatives"]
    if not [fault for fault in faults(planner, plan)["faults"] if fault["kind"] in {"large", "small"}]:
        assert one["blocks"] == plan["blocks"]
    assert one["scores"]["in_range"] >= faults(planner, plan)["scores"]["in_range"]


def test_the_least_change_puts_lost_blocks_back_into_grids(planner, plan, suggested):
    lost = members(plan, grids_of(plan)[0])[0]
    edited(planner, plan, moving(plan, lost, -1))
    (one,) = suggested(way="least")["alternatives"]
    assert -1 not in one["blocks"].values()
    moved = [b for b, n in one["blocks"].items() if plan["blocks"][b] != n and b != lost]
    assert len(moved) < len(plan["blocks"]) / 4


def test_only_chosen_grids_are_made_anew(plan, suggested):
    chosen = grids_of(plan)[:2]
    result = suggested(way="chosen", grids=list(map(int, chosen)), alternatives=1)
    (one,) = result["alternatives"]
    others = {b: n for b, n in plan["blocks"].items() if str(n) not in chosen}
    assert {b: one["blocks"][b] for b in others} == others


SEEDED = text("""
    SELECT b.community_id FROM buildings u JOIN blocks b ON b.id = u.block_id JOIN grids g ON g.id = b.grid_id
    WHERE u.kind = 'school' AND g.kind = 'base' GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1
""")


@pytest.fixture
def schooled(planner, session):
    """A draft for the community with the most schools outside dedicated grids."""
    return begun(planner, session.scalar(SEEDED))


ANY = {"school": 0}  # m²: kindergartens too


def seeds(client, plan, least=ANY):
    answer = client.get(f"{URL}/{plan['id']}/seeds", query_string=least)
    assert answer.status_code == 200, answer.json
    return answer.json["seeds"]


def test_from_which_size_on_schools_become_dedicated_grids_is_the_planners_word(planner, schooled, suggested_for):
    sizes = sorted(one["size"] for one in seeds(planner, schooled) if one["kind"] == "school" and one["bar"] is None)
    assert sizes
    wanted = [one for one in seeds(planner, schooled, {"school": sizes[-1] + 1}) if one["kind"] == "school"]
    assert {one["bar"] for one in wanted if one["size"] in sizes} == {"small"}
    assert all(str(one["size"]) in one["why"] for one in wanted if one["bar"] == "small")
    told = suggested_for(schooled, seeds=["school"], least={"school": sizes[-1] + 1}, alternatives=1)
    assert told["seeds"] == wanted
    usual = [one for one in seeds(planner, schooled, {}) if one["kind"] == "school"]
    for one in (one for one in usual if one["size"] in sizes):
        assert one["bar"] == (None if one["size"] >= 5000 else "small")
    for least in ({"school": -1}, {"school": "much"}, {"palace": 1}):
        answer = planner.get(f"{URL}/{schooled['id']}/seeds", query_string=least)
        assert (answer.status_code, answer.json["error"]["field"]) == (422, next(iter(least)))


def test_what_can_become_dedicated_grids_is_offered_with_what_bars_the_rest(planner, schooled, session):
    found = seeds(planner, schooled)
    schools = [one for one in found if one["kind"] == "school"]
    assert schools
    for one in found:
        assert set(map(str, one["blocks"])) <= schooled["blocks"].keys()
        assert (one["bar"] is None) == (one["why"] is None)
        assert one["area"] > 0
    assert found == sorted(found, key=lambda one: one["bar"] is not None)
    free = next(one for one in schools if one["bar"] is None)
    assert free["households"] == 0
    block = free["blocks"][0]
    standing = text("SELECT kind FROM buildings WHERE block_id = :block")
    assert "school" in session.scalars(standing, {"block": block}).all()
    house = text("""
        UPDATE buildings SET block_id = :block WHERE id IN (SELECT e.building_id FROM entrances e
            JOIN household_counts c ON c.entrance_id = e.id JOIN buildings u ON u.id = e.building_id
            JOIN blocks b ON b.id = u.block_id WHERE b.community_id = :community AND u.kind = 'residential' LIMIT 1)
    """)
    session.execute(house, {"block": block, "community": schooled["area"]["id"]})
    session.commit()
    barred = next(one for one in seeds(planner, schooled) if block in one["blocks"])
    assert barred["bar"] == "homes"
    assert str(barred["households"]) in barred["why"]


@pytest.mark.parametrize("way", ["new", "least"])
def test_schools_become_dedicated_grids_with_their_names(planner, schooled, suggested_for, way):
    wanted = [one for one in seeds(planner, schooled) if one["kind"] == "school"]
    result = suggested_for(schooled, way=way, seeds=["school"], least=ANY, alternatives=1)
    assert result["seeds"] == wanted
    (one,) = result["alternatives"]
    free = [site for site in wanted if site["bar"] is None]
    assert free
    for site in free:
        (number,) = {one["blocks"][str(block)] for block in site["blocks"]}
        grid = one["grids"][str(number)]
        assert (grid["kind"], grid["grid"]) == ("dedicated", None)
        assert site["name"] in grid["name"]
        assert sum(of == number for of in one["blocks"].values()) == len(site["blocks"])
    before = faults(planner, schooled)["scores"]
    assert one["scores"]["dedicated"] == before["dedicated"] + len(free)
    torn, torn_before = (round(each["grids"] * (1 - each["contiguous"])) for each in (one["scores"], before))
    assert torn <= (torn_before if way == "least" else 0)


def test_a_site_that_is_left_out_and_one_that_is_held_become_none(planner, schooled, suggested_for):
    first = next(one for one in seeds(planner, schooled) if one["kind"] == "school" and one["bar"] is None)
    told = suggested_for(schooled, seeds=["school"], least=ANY, left_out=first["blocks"], alternatives=1)
    assert first["blocks"] not in [one["blocks"] for one in told["seeds"]]
    told = suggested_for(schooled, seeds=["school"], least=ANY, together=[first["blocks"]], alternatives=1)
    (held,) = [one for one in told["seeds"] if one["blocks"] == first["blocks"]]
    assert held["bar"] == "stays"


@pytest.mark.parametrize(
    ("question", "field"),
    [
        ({"seeds": ["palace"]}, "seeds.0"),
        ({"least": {"school": -1}}, "least.school"),
        ({"way": "chosen"}, None),
        ({"way": "new", "grids": [1]}, None),
        ({"stay": [1_999_999_999]}, "stay"),
        ({"together": [[2_000_000_001]]}, "together.0"),
        ({"dedicated": [[2_000_000_001]]}, "dedicated.0"),
        ({"weights": {"moved": 6}}, "weights.moved"),
        ({"weights": {"beauty": 1}}, "weights.beauty"),
        ({"alternatives": 4}, "alternatives"),
        ({"seed": 0}, "seed"),
        ({"together": [[1]] * 201}, "together"),
        ({"together": [[]]}, "together.0"),
        ({"way": "best"}, "way"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(planner, plan, question, field):
    answer = planner.post(f"{URL}/{plan['id']}/suggestions", json=question)
    assert (answer.status_code, answer.json["error"]["field"]) == (422, field), answer.json


def test_wishes_that_contradict_each_other_are_refused(planner, plan, session):
    first, second = grids_of(plan)[:2]
    one, two = int(members(plan, first)[0]), int(members(plan, second)[0])
    whole = begun(planner, area_of(session, "district"))
    away = next(int(b) for b in whole["blocks"] if b not in plan["blocks"])
    for asked, question, field in (
        (plan, {"stay": [int(first)], "together": [[one, two]]}, "together.0"),
        (plan, {"stay": [int(first)], "dedicated": [[one]]}, "dedicated.0"),
        (plan, {"dedicated": [[one], [one, two]]}, "dedicated.1"),
        (plan, {"way": "chosen", "grids": [int(first)], "stay": [int(first)]}, "stay"),
        (whole, {"together": [[one, away]]}, "together.0"),
        (whole, {"dedicated": [[one, away]]}, "dedicated.0"),
        (plan, {"together": [[one, away]]}, "together.0"),
    ):
        answer = planner.post(f"{URL}/{asked['id']}/suggestions", json=question)
        assert (answer.status_code, answer.json["error"]["field"]) == (422, field), answer.json


def test_a_plan_that_its_asker_no_longer_sees_is_not_found(planner, plan, suggested):
    with pytest.raises(NotFound):
        suggested(who="grid_worker")
