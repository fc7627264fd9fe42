"""Edits of drafts: compared and set, dropped grids told, and nothing that makes no sense."""

import pytest
from sqlalchemy import text

from tests.app.people import id_of
from tests.app.planning import FIRST_NEW, URL, area_of, begun, edited, grids_of, members, moving, new_grid

NEW = str(FIRST_NEW + 1)


@pytest.fixture
def planner(client_as):
    return client_as("planner")


@pytest.fixture
def plan(planner, session):
    return begun(planner, area_of(session, "district"))


def stored(client, plan):
    return client.get(f"{URL}/{plan['id']}").json


def refused(answer, field, said=""):
    assert (answer.status_code, answer.json["error"]["field"]) == (422, field), answer.json
    assert said in answer.json["error"]["message"]


def test_an_edit_moves_blocks_and_is_one_version(planner, plan, session):
    first, second = grids_of(plan)[:2]
    block = members(plan, first)[0]
    answer = edited(planner, plan, moving(plan, block, second))
    assert answer.status_code == 200
    assert answer.headers["ETag"] == '"2"'
    told = answer.json
    assert told == {
        "version": 2,
        "changes": {"blocks": {block: [int(first), int(second)]}, "grids": {}},
        "others": [],
    }
    after = stored(planner, plan)
    assert after["blocks"] == {**plan["blocks"], block: int(second)}
    (edit,) = planner.get(f"{URL}/{plan['id']}/edits?after=1").json["edits"]
    assert edit["version"] == 2
    assert edit["by"]["id"] == id_of(session, "planner")
    assert edit["changes"] == told["changes"]
    assert planner.get(f"{URL}/{plan['id']}/edits?after=2").json["edits"] == []


def test_a_new_grid_is_made_renamed_and_given_up(planner, plan):
    first = grids_of(plan)[0]
    block, community = members(plan, first)[0], plan["grids"][first]["community"]
    made = {NEW: [None, new_grid(plan, community)]}
    assert edited(planner, plan, moving(plan, block, NEW), made).json["version"] == 2
    grid = stored(planner, plan)["grids"][NEW]
    assert grid == new_grid(plan, community, grid=None, code=None)
    renamed = {NEW: [grid, {**grid, "name": "河东", "kind": "dedicated"}]}
    assert edited(planner, plan, grids=renamed, version=2).json["version"] == 3
    back = edited(planner, plan, {block: [int(NEW), int(first)]}, version=3).json
    assert back["changes"]["grids"] == {NEW: [{**grid, "name": "河东", "kind": "dedicated"}, None]}
    after = stored(planner, plan)
    assert (after["blocks"], after["grids"]) == (plan["blocks"], plan["grids"])


def test_a_grid_left_without_a_block_is_dropped_and_comes_back_as_it_was(planner, plan):
    first, second = grids_of(plan)[:2]
    blocks = {block: [int(first), int(second)] for block in members(plan, first)}
    told = edited(planner, plan, blocks).json
    assert told["changes"]["grids"] == {first: [plan["grids"][first], None]}
    back = {block: [after, before] for block, (before, after) in blocks.items()}
    again = edited(planner, plan, back, {first: [None, plan["grids"][first]]}, version=2)
    assert again.json["version"] == 3
    assert stored(planner, plan)["blocks"] == plan["blocks"]
    assert stored(planner, plan)["grids"] == plan["grids"]


def test_edits_in_different_places_do_not_meet(planner, client_as, plan, session):
    first, second = grids_of(plan)[:2]
    one, two = members(plan, first)[:2]
    other = client_as("planner")
    assert edited(planner, plan, moving(plan, one, second)).status_code == 200
    told = edited(other, plan, moving(plan, two, second)).json
    assert told["version"] == 3
    assert [edit["changes"]["blocks"] for edit in told["others"]] == [{one: [int(first), int(second)]}]


def test_who_comes_second_at_the_same_block_is_told_and_nothing_is_written(planner, plan):
    first, second, third = (*grids_of(plan)[:2], NEW)
    block, other = members(plan, first)[:2]
    edited(planner, plan, moving(plan, block, second))
    made = {NEW: [None, new_grid(plan, plan["grids"][first]["community"])]}
    answer = edited(planner, plan, moving(plan, block, third) | moving(plan, other, third), made)
    assert answer.status_code == 412
    error = answer.json["error"]
    assert error["clash"] == {"blocks": [block], "grids": []}
    assert error["current"]["version"] == 2
    assert error["current"]["blocks"][block] == int(second)
    assert [edit["version"] for edit in error["others"]] == [2]
    after = stored(planner, plan)
    assert after["version"] == 2
    assert NEW not in after["grids"]


def test_an_edit_sent_twice_is_made_once(planner, plan):
    first, second = grids_of(plan)[:2]
    blocks = {block: [int(first), int(second)] for block in members(plan, first)}
    assert edited(planner, plan, blocks).json["version"] == 2
    again = edited(planner, plan, blocks)
    assert (again.status_code, again.json["version"]) == (200, 2)
    assert again.json["changes"] == {"blocks": {}, "grids": {}}
    assert len(again.json["others"]) == 1


def test_a_grid_that_another_has_given_up_is_a_clash_and_no_mistake(planner, plan):
    first, second = grids_of(plan)[:2]
    edited(planner, plan, {block: [int(first), int(second)] for block in members(plan, first)})
    late = members(plan, second)[0]
    answer = edited(planner, plan, moving(plan, late, first))
    assert answer.status_code == 412
    assert answer.json["error"]["clash"] == {"blocks": [], "grids": [first]}
    refused(edited(planner, plan, moving(plan, late, first), version=2), f"blocks.{late}", "没有这个网格")


def test_a_locked_grid_stays_as_it_is_until_it_is_unlocked(planner, plan):
    first, second = grids_of(plan)[:2]
    grid = plan["grids"][first]
    locked = {**grid, "locked": True}
    assert edited(planner, plan, grids={first: [grid, locked]}).json["version"] == 2
    out, into = members(plan, first)[0], members(plan, second)[0]
    refused(edited(planner, plan, moving(plan, out, second), version=2), f"blocks.{out}", "锁定")
    refused(edited(planner, plan, moving(plan, into, first), version=2), f"blocks.{into}", "锁定")
    late = edited(planner, plan, moving(plan, out, second), version=1)
    assert late.json["error"]["clash"] == {"blocks": [], "grids": [first]}
    both = edited(planner, plan, moving(plan, out, second), {first: [locked, grid]}, version=2)
    assert both.json["version"] == 3


def test_a_block_may_be_in_no_grid(planner, plan):
    block = members(plan, grids_of(plan)[0])[0]
    assert edited(planner, plan, moving(plan, block, -1)).json["version"] == 2
    assert stored(planner, plan)["blocks"][block] == -1


def test_what_makes_no_sense_is_refused_by_the_field(planner, plan, session):
    first = grids_of(plan)[0]
    block, grid = members(plan, first)[0], plan["grids"][first]
    foreign = next(n for n, one in plan["grids"].items() if one["community"] != grid["community"])
    made = new_grid(plan, grid["community"])
    community = area_of(session, "community")
    inner = begun(planner, community)
    outside = next(b for b in plan["blocks"] if b not in inner["blocks"])
    refused(edited(planner, plan, {"2000000001": [-1, int(first)]}), "blocks.2000000001", "没有该划分单元")
    refused(edited(planner, plan, moving(plan, block, 1_999_999_999)), f"blocks.{block}", "没有这个网格")
    refused(edited(planner, plan, moving(plan, block, foreign)), f"blocks.{block}", "社区边界")
    refused(edited(planner, inner, {outside: [-1, int(grids_of(inner)[0])]}), f"blocks.{outside}", "方案的区域")
    refused(edited(planner, plan, grids={first: [grid, None]}), f"grids.{first}", "仍有划分单元")
    for wrong in ({"code": "9"}, {"community": plan["grids"][foreign]["community"]}, {"grid": None}):
        refused(edited(planner, plan, grids={first: [grid, {**grid, **wrong}]}), f"grids.{first}", "不能更改")
    refused(edited(planner, plan, grids={NEW: [None, {**made, "grid": int(first)}]}), f"grids.{NEW}")
    refused(edited(planner, plan, grids={NEW: [None, {**made, "community": 2**31 - 1}]}), f"grids.{NEW}", "社区")
    for number in ("999999999", "2000000001"):
        refused(edited(planner, plan, grids={number: [None, made]}), f"grids.{number}", "编号")
    assert stored(planner, plan)["version"] == 1


@pytest.mark.parametrize(
    "body",
    [
        {"blocks": {"1": [1]}},
        {"blocks": {"1": [1, 2, 3]}},
        {"blocks": {"1": [1, -2]}},
        {"blocks": {"1": [1, 2_000_000_001]}},
        {"blocks": {"1": [1, 1.5]}},
        {"blocks": {"01": [1, 2]}},
        {"blocks": {"a": [1, 2]}},
        {"blocks": {"1": None}},
        {"blocks": []},
        {"grids": {"1": [None]}},
        {"grids": {"1": [None, {"name": "x", "community": 1, "more": 1}]}},
        {"grids": {"1": [None, {"name": "", "community": 1}]}},
        {"grids": {"1": [None, {"name": "长" * 101, "community": 1}]}},
        {"grids": {"1": [None, {"name": "x", "community": 1, "kind": "odd"}]}},
        {"others": 1},
    ],
)
def test_an_edit_of_the_wrong_form_is_refused(planner, plan, body):
    answer = planner.post(f"{URL}/{plan['id']}/edits", json=body, headers={"If-Match": '"1"'})
    assert answer.status_code == 422
    assert answer.json["error"]["field"]


def test_an_edit_names_the_version_that_was_seen(planner, plan):
    address = f"{URL}/{plan['id']}/edits"
    assert planner.post(address, json={}).status_code == 428
    assert planner.post(address, json={}, headers={"If-Match": '"soon"'}).status_code == 422
    assert planner.post(address, json={}, headers={"If-Match": '"7"'}).status_code == 412
    same = planner.post(address, json={}, headers={"If-Match": '"1"'})
    assert same.json == {"version": 1, "changes": {"blocks": {}, "grids": {}}, "others": []}


def test_a_whole_city_is_one_edit_and_more_than_that_is_refused(planner, plan):
    huge = {str(block): [-1, 1_000_000_000] for block in range(1_000_000, 1_025_000)}
    refused(edited(planner, plan, huge), "blocks.1000000", "没有该划分单元")
    answer = edited(planner, plan, huge | {"1": [1, 2]})
    assert answer.status_code in {400, 413, 422}
    answer = planner.post(
        f"{URL}/{plan['id']}/edits", data=b'{"blocks": {' + b" " * 5_000_000, content_type="application/json"
    )
    assert answer.status_code == 413


def test_an_edit_of_a_whole_district_is_made(planner, plan, session):
    grids, blocks = {}, {}
    for at, (number, grid) in enumerate(plan["grids"].items()):
        fresh = FIRST_NEW + at
        grids[str(fresh)] = [None, {**grid, "grid": None, "code": None}]
        blocks |= {block: [int(number), fresh] for block in members(plan, number)}
    told = edited(planner, plan, blocks, grids).json
    assert set(told["changes"]["grids"]) == {*grids, *plan["grids"]}
    after = stored(planner, plan)
    assert set(after["grids"]) == set(grids)
    assert after["blocks"] == {block: ends[1] for block, ends in blocks.items()}
    rows = session.scalar(text("SELECT count(*) FROM blocks b JOIN grids g ON g.id = b.grid_id"))
    assert rows == len(after["blocks"])
