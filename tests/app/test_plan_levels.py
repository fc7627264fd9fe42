"""Levels of a plan: formed, kept through a reload, carried on, refused, and taken along as files."""

import io
import json
import re
import uuid
from datetime import timedelta

import openpyxl
import pytest
from sqlalchemy import text

from app.days import today
from app.plans.blocks_today import levels_carried
from tests.app.planning import FIRST_NEW, URL, area_of, begun, edited, grids_of, listening, moving, new_grid
from tests.app.test_publication import NEW, in_force, planner, split, staff, step, submitted, town

__all__ = ["planner", "staff", "town"]


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


def file_of(client, plan, form, language="zh"):
    answer = client.get(f"{URL}/{plan['id']}/levels/file?format={form}&lang={language}")
    assert answer.status_code == 200, answer.json
    return answer.data


def test_the_files_tell_every_level(planner, plan, levelled, session, tmp_path):
    places = levelled["levels"]["grids"]
    upper, middle = ({tuple(place[:depth]) for place in places.values()} for depth in (1, 2))
    sheet = openpyxl.load_workbook(io.BytesIO(file_of(planner, plan, "xlsx"))).active
    rows = list(sheet.iter_rows(min_row=2, values_only=True))
    assert len(rows) == len(upper) + len(middle) + len(plan["grids"])
    households = [sum(row[9] for row in level) for level in (
        rows[: len(upper)], rows[len(upper) : len(upper) + len(middle)], rows[-len(plan["grids"]) :]
    )]  # fmt: skip
    assert households[0] == households[1] == households[2] > 0
    communities = dict(session.execute(text("SELECT code, name FROM areas WHERE level = 'community'")).all())
    assert all(communities[row[5]] == row[4] and row[7] == row[5][:9] + "000" for row in rows), rows[0]
    english = openpyxl.load_workbook(io.BytesIO(file_of(planner, plan, "xlsx", "en"))).active
    in_english = dict(session.execute(text("SELECT code, coalesce(nullif(name_en, ''), name) FROM areas")).all())
    for row in english.iter_rows(min_row=2, values_only=True):
        assert (row[4], row[6]) == (in_english[row[5]], in_english[row[7]])
    assert communities.items().isdisjoint(in_english.items())
    assert sum(row[10] for row in rows[: len(upper)]) == pytest.approx(
        sum(row[10] for row in rows[-len(places) :]), rel=1e-3
    )
    features = json.loads(file_of(planner, plan, "geojson"))["features"]
    by_layer = {name: [one for one in features if one["properties"]["layer"] == name] for name in ("upper", "middle")}
    assert (len(by_layer["upper"]), len(by_layer["middle"])) == (len(upper), len(middle))
    named = {one["properties"]["name"] for one in by_layer["middle"]}
    assert {one["properties"]["middle"] for one in features if one["properties"]["layer"] == "grids"} == named
    of_upper = {one["properties"]["upper"] for one in by_layer["middle"]}
    assert of_upper == {one["properties"]["name"] for one in by_layer["upper"]}
    assert {one["properties"]["community_code"] for one in by_layer["upper"]} == {row[5] for row in rows}
    (tmp_path / "levels.gpkg").write_bytes(file_of(planner, plan, "gpkg"))
    from pyogrio import list_layers

    assert sorted(list_layers(tmp_path / "levels.gpkg")[:, 0]) == ["grids", "middle", "upper"]


def own_file(client, plan, form):
    answer = client.get(f"{URL}/{plan['id']}/consequences/file?format={form}")
    assert answer.status_code == 200, answer.json
    return answer.data


def layers_in(client, plan):
    """The features of the plan's own file by layer."""
    found = {}
    for one in json.loads(own_file(client, plan, "geojson"))["features"]:
        found.setdefault(one["properties"].pop("layer"), []).append(one["properties"])
    return found


@pytest.mark.parametrize("comes", [False, True], ids=["a draft", "in force"])
def test_the_own_files_of_a_plan_tell_its_levels_too(staff, planner, town, tmp_path, comes):
    plan = split(staff, town)
    assert layers_in(staff, plan).keys() == {"grids", "moved_blocks"}
    assert form(staff, plan, 3, 2).status_code == 200
    if comes:
        assert step(staff, plan, "submit").status_code == 200
        assert step(planner, plan, "approve", valid_from=today().isoformat()).status_code == 200
    kept = staff.get(f"{URL}/{plan['id']}").json
    found = layers_in(staff, plan)
    assert [len(found[name]) for name in ("upper_level", "middle_level")] == [2, 3]
    places = {kept["grids"][number]["name"]: "-".join(map(str, at)) for number, at in kept["levels"]["grids"].items()}
    for grid in found["grids"]:
        assert grid["middle"] == places[grid["name"]]
        assert grid["upper"] == grid["middle"].partition("-")[0]
    book = openpyxl.load_workbook(io.BytesIO(own_file(staff, plan, "xlsx")))
    assert [sheet.max_row for sheet in book][1:] == [1 + 2 + 3 + len(kept["grids"])]
    (tmp_path / "plan.gpkg").write_bytes(own_file(staff, plan, "gpkg"))
    from pyogrio import list_layers

    assert {"upper_level", "middle_level", "grids"} <= set(list_layers(tmp_path / "plan.gpkg")[:, 0])


def test_beside_another_plan_the_file_of_one_in_force_tells_its_levels_too(staff, planner, town):
    plan = split(staff, town)
    assert form(staff, plan, 3, 2).status_code == 200
    assert step(staff, plan, "submit").status_code == 200
    assert step(planner, plan, "approve", valid_from=today().isoformat()).status_code == 200
    town.read()
    other = split(staff, town)
    answer = staff.get(f"{URL}/{plan['id']}/consequences/file?format=geojson&against={other['id']}")
    assert answer.status_code == 200, answer.json
    grids = [one["properties"] for one in answer.json["features"] if one["properties"]["layer"] == "grids"]
    assert grids
    assert all(re.fullmatch(r"[12]-[123]", grid["middle"]) for grid in grids), grids


def test_a_plan_without_levels_has_no_file_of_them(planner, plan):
    answer = planner.get(f"{URL}/{plan['id']}/levels/file")
    assert (answer.status_code, answer.json["error"]["field"]) == (409, "levels")


def test_levels_follow_grids_that_get_other_numbers():
    levels = {"middle": 2, "upper": 1, "grids": {"1": [1, 1], "2": [1, 2]}}
    before, after = {"10": 1, "11": 2, "12": -1}, {"10": 7, "11": 2, "12": 8}
    assert levels_carried(levels, before, after) == {**levels, "grids": {"7": [1, 1], "2": [1, 2]}}
    assert levels_carried(None, before, after) is None


def test_a_grid_stands_where_most_of_its_blocks_stood_and_in_none_where_these_did_not():
    levels = {"middle": 2, "upper": 1, "grids": {"1": [1, 1], "2": [1, 2]}}
    before = {"10": 1, "11": 1, "12": 2, "13": 3, "14": 3, "15": 2}
    after = {"10": 7, "11": 7, "12": 7, "13": 8, "14": 8, "15": 8}
    assert levels_carried(levels, before, after)["grids"] == {"7": [1, 1]}


def test_levels_are_formed_with_one_look_at_the_plan_and_told_once(planner, plan, session):
    said = []
    with listening(session, said):
        assert form(planner, plan, *counts(plan, session)).status_code == 200
    assert sum("pg_notify" in one and "grid_plans" in one for one in said) == 1
    assert sum("FOR UPDATE" in one and "grid_plans" in one for one in said) == 1
    said.clear()
    with listening(session, said):
        assert planner.delete(f"{URL}/{plan['id']}/levels").status_code == 204
        assert planner.delete(f"{URL}/{plan['id']}/levels").status_code == 204
    assert sum("pg_notify" in one and "grid_plans" in one for one in said) == 1  # the second time there are none


def places_of(client, plan):
    """The place of each block of a plan in its levels."""
    kept = client.get(f"{URL}/{plan['id']}").json
    return {block: kept["levels"]["grids"].get(str(number)) for block, number in kept["blocks"].items()}


def test_an_open_plan_takes_its_levels_onto_the_grids_that_another_brings_into_force(staff, planner, town):
    other = begun(staff, town.community)
    assert form(staff, other, 3, 2).status_code == 200
    before = places_of(staff, other)
    old = town.large()[0]
    in_force(staff, planner, town)
    now = staff.get(f"{URL}/{other['id']}").json
    assert str(old) not in now["grids"]
    assert now["levels"]["grids"].keys() == now["grids"].keys()  # nothing of grids that have ended
    assert places_of(staff, other) == before  # the new grid stands where its block stood


def test_a_redrawing_of_its_own_keeps_its_levels_while_another_comes_into_force(staff, planner, town):
    other = begun(staff, town.community)
    assert form(staff, other, 3, 2).status_code == 200
    one, two = town.large()[1:3]
    assert edited(staff, other, moving(other, str(town.of(one)[0]), two)).status_code == 200
    before = places_of(staff, other)
    in_force(staff, planner, town)
    assert places_of(staff, other) == before


def test_a_withdrawn_plan_keeps_its_levels_and_its_copy_has_them(staff, planner, town):
    plan = submitted(staff, town)
    for act, body in (("return", {"note": "再想想"}), ("submit", {})):
        if act == "submit":
            assert form(staff, plan, 3, 2).status_code == 200
        assert step(planner if act == "return" else staff, plan, act, **body).status_code == 200
    day = (today() + timedelta(days=9)).isoformat()
    assert step(planner, plan, "approve", valid_from=day).status_code == 200
    kept = places_of(staff, plan)
    assert step(planner, plan, "withdraw", note="下次").status_code == 200
    assert places_of(staff, plan) == kept
    assert places_of(staff, begun(staff, town.community, parent=plan["id"])) == kept


def test_a_draft_that_undoes_a_plan_has_its_levels(staff, planner, town, session):
    plan = split(staff, town)
    assert form(staff, plan, 3, 2).status_code == 200
    assert step(staff, plan, "submit").status_code == 200
    assert step(planner, plan, "approve", valid_from=today().isoformat()).status_code == 200
    kept = staff.get(f"{URL}/{plan['id']}").json
    assert kept["levels"]["grids"].keys() == kept["grids"].keys()
    session.execute(text("UPDATE grids SET valid_from = valid_from - 30, valid_to = valid_to - 30"))
    made = step(staff, plan, "undo", id=str(uuid.uuid4()), name="恢复原状").json
    assert made["levels"]["grids"].keys() == made["grids"].keys()
    (whole,) = {made["blocks"][block] for block, number in kept["blocks"].items() if str(number) == NEW}
    places = places_of(staff, made)
    moved = [block for block, place in places_of(staff, plan).items() if place != places[block]]
    assert {made["blocks"][block] for block in moved} <= {whole}


def test_a_draft_that_undoes_a_plan_without_levels_has_none(staff, planner, town, session):
    plan = in_force(staff, planner, town)
    session.execute(text("UPDATE grids SET valid_from = valid_from - 30, valid_to = valid_to - 30"))
    assert step(staff, plan, "undo", id=str(uuid.uuid4()), name="恢复原状").json["levels"] is None
