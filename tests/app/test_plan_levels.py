"""Levels of a plan: formed, kept through a reload, carried on, refused, and taken along as files."""

import io
import json

import openpyxl
import pytest
from sqlalchemy import text

from app.plans.blocks_today import levels_carried
from tests.app.planning import FIRST_NEW, URL, area_of, begun, edited, grids_of, moving, new_grid


@pytest.fixture
def planner(client_as):
    return client_as("planner")


@pytest.fixture
def plan(planner, session):
    return begun(planner, area_of(session, "subdistrict"))


def form(client, plan, middle, upper):
    return client.put(f"{URL}/{plan['id']}/levels", json={"middle": middle, "upper": upper})


def counts(plan, session):
    """Numbers that can be had: the communities of the plan, and some more."""
    communities = len({grid["community"] for grid in plan["grids"].values()})
    return communities + 2, communities


@pytest.fixture
def levelled(planner, plan, session):
    answer = form(planner, plan, *counts(plan, session))
    assert answer.status_code == 200, answer.json
    return answer.json


def test_levels_are_formed_of_whole_grids_and_kept(planner, plan, levelled, session):
    assert plan["levels"] is None
    middle, upper = counts(plan, session)
    kept = planner.get(f"{URL}/{plan['id']}").json["levels"]
    assert kept == levelled["levels"]
    assert (kept["middle"], kept["upper"]) == (middle, upper)
    assert kept["grids"].keys() == plan["grids"].keys()
    assert {place[0] for place in kept["grids"].values()} == set(range(1, upper + 1))
    for number in range(1, upper + 1):
        own = [key for key, place in kept["grids"].items() if place[0] == number]
        assert len({plan["grids"][key]["community"] for key in own}) == 1  # nobody walks from one to another
    assert planner.get(f"{URL}/{plan['id']}").json["blocks"] == plan["blocks"]
    assert planner.get(f"{URL}/{plan['id']}").json["version"] == plan["version"]


def test_levels_are_let_go(planner, plan, levelled):
    assert planner.delete(f"{URL}/{plan['id']}/levels").status_code == 204
    assert planner.get(f"{URL}/{plan['id']}").json["levels"] is None


def test_numbers_that_rise_from_level_to_level_are_refused(planner, plan):
    count = len(plan["grids"])
    for middle, upper, field in ((count + 1, 1, "middle"), (2, 3, "upper"), (0, 1, "middle"), (3, 0, "upper")):
        answer = form(planner, plan, middle, upper)
        assert (answer.status_code, answer.json["error"]["field"]) == (422, field), answer.json


def test_a_plan_that_is_no_draft_keeps_its_levels(planner, plan, levelled, session):
    session.execute(text("UPDATE grid_plans SET state = 'withdrawn' WHERE id = :id"), {"id": plan["id"]})
    session.commit()
    assert form(planner, plan, 3, 2).status_code == 409
    assert planner.delete(f"{URL}/{plan['id']}/levels").status_code == 409
    assert planner.get(f"{URL}/{plan['id']}").json["levels"] == levelled["levels"]


def test_a_copy_has_the_levels_and_a_grid_begun_since_is_in_none(planner, plan, levelled):
    number = next(iter(grids_of(plan)))
    block = next(block for block, grid in plan["blocks"].items() if str(grid) == number)
    grid = new_grid(plan, plan["grids"][number]["community"])
    answer = edited(planner, plan, moving(plan, block, FIRST_NEW), {str(FIRST_NEW): [None, grid]})
    assert answer.status_code == 200, answer.json
    kept = planner.get(f"{URL}/{plan['id']}").json["levels"]
    assert str(FIRST_NEW) not in kept["grids"]
    copy = begun(planner, plan["area"]["id"], parent=plan["id"])
    assert copy["levels"]["grids"] == levelled["levels"]["grids"]


def file_of(client, plan, form):
    answer = client.get(f"{URL}/{plan['id']}/levels/file?format={form}")
    assert answer.status_code == 200, answer.json
    return answer.data


def test_the_files_tell_every_level(planner, plan, levelled, session, tmp_path):
    places = levelled["levels"]["grids"]
    upper, middle = ({tuple(place[:depth]) for place in places.values()} for depth in (1, 2))
    sheet = openpyxl.load_workbook(io.BytesIO(file_of(planner, plan, "xlsx"))).active
    rows = list(sheet.iter_rows(min_row=2, values_only=True))
    assert len(rows) == len(upper) + len(middle) + len(plan["grids"])
    households = [sum(row[5] for row in level) for level in (
        rows[: len(upper)], rows[len(upper) : len(upper) + len(middle)], rows[-len(plan["grids"]) :]
    )]  # fmt: skip
    assert households[0] == households[1] == households[2] > 0
    features = json.loads(file_of(planner, plan, "geojson"))["features"]
    by_layer = {name: [one for one in features if one["properties"]["layer"] == name] for name in ("upper", "middle")}
    assert (len(by_layer["upper"]), len(by_layer["middle"])) == (len(upper), len(middle))
    named = {one["properties"]["name"] for one in by_layer["middle"]}
    assert {one["properties"]["middle"] for one in features if one["properties"]["layer"] == "grids"} == named
    (tmp_path / "levels.gpkg").write_bytes(file_of(planner, plan, "gpkg"))
    from pyogrio import list_layers

    assert sorted(list_layers(tmp_path / "levels.gpkg")[:, 0]) == ["grids", "middle", "upper"]


def test_a_plan_without_levels_has_no_file_of_them(planner, plan):
    answer = planner.get(f"{URL}/{plan['id']}/levels/file")
    assert (answer.status_code, answer.json["error"]["field"]) == (409, "levels")


def test_levels_follow_grids_that_get_other_numbers():
    levels = {"middle": 2, "upper": 1, "grids": {"1": [1, 1], "2": [1, 2]}}
    before, after = {"10": 1, "11": 2, "12": -1}, {"10": 7, "11": 2, "12": 8}
    assert levels_carried(levels, before, after) == {**levels, "grids": {"7": [1, 1], "2": [1, 2]}}
    assert levels_carried(None, before, after) is None
