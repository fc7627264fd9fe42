"""Faults of a plan, and what the job suggests for it: alternatives that obey the question."""

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
def suggested(app, planner, plan, session):
    """Asks for a suggestion, and has the job done: its result; what was told on the way stands in `suggested.told`."""

    def ask(who="planner", **question):
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
    assert suggested.told[-1][2]["alternatives"]
    assert all(0 <= progress <= 1 for progress, *_ in suggested.told)


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


@pytest.mark.parametrize(
    ("question", "field"),
    [
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
