"""Who moves by a plan: the lists, the files and the notices, before it is in force and after."""

import io
import json
import re
from datetime import timedelta

import openpyxl
import pytest
import shapely
from pyogrio import list_layers
from pyogrio.raw import read
from sqlalchemy import text

from app.days import today
from tests.app.planning import URL, begun, edited
from tests.app.test_publication import in_force, planner, split, staff, step, submitted, town

__all__ = ["planner", "staff", "town"]

PARTS = ("buildings", "stations", "posts", "incidents", "routes")


@pytest.fixture
def merged(staff, town):
    """A draft that puts a whole grid into a larger one, with both."""
    larger, smaller = town.large()[:2]
    plan = begun(staff, town.community)
    moves = {str(block): [smaller, larger] for block in town.of(smaller)}
    assert edited(staff, plan, moves).status_code == 200
    return plan, larger, smaller


def told(client, plan, **query):
    answer = client.get(f"{URL}/{plan['id']}/consequences", query_string=query)
    assert answer.status_code == 200, answer.json
    return answer.json


def file_of(client, plan, form):
    answer = client.get(f"{URL}/{plan['id']}/consequences/file?format={form}")
    assert answer.status_code == 200, answer.json
    assert answer.headers["Content-Disposition"].endswith(f".{form}")
    return answer.data


def test_of_two_grids_that_merge_the_smaller_one_moves_with_all_that_stands_in_it(staff, town, session, merged):
    plan, larger, smaller = merged
    session.execute(
        text("""
            INSERT INTO incidents (id, category, state, community_id, grid_id, geom)
            SELECT gen_random_uuid(), 'fire', state, community_id, grid_id, ST_PointOnSurface(geom)
            FROM blocks, unnest(ARRAY['reported', 'closed']) state WHERE grid_id = ANY(:grids)
        """),
        {"grids": [larger, smaller]},
    )
    found = told(staff, plan)
    count = session.scalar(
        text("SELECT count(*) FROM buildings u JOIN blocks b ON b.id = u.block_id WHERE b.grid_id = :g"), {"g": smaller}
    )
    assert found["totals"]["households"] == town.held(smaller)
    assert found["totals"]["buildings"] == count
    assert found["totals"]["incidents"] == len(town.of(smaller))
    assert {one["from"]["code"] for part in PARTS for one in found[part]} == {town.grids[smaller].code}
    assert {one["to"]["code"] for one in found["buildings"]} == {town.grids[larger].code}
    assert found["totals"] | {part: len(found[part]) for part in PARTS} == found["totals"]


def test_who_has_no_heir_is_named_and_so_is_the_user_who_holds_a_post_there(staff, town, session, merged):
    plan, _larger, smaller = merged
    session.execute(text("UPDATE appointments SET grid_id = :g WHERE grid_id IS NOT NULL"), {"g": smaller})
    session.execute(text("UPDATE posts SET holder = '王示例' WHERE grid_id = :g"), {"g": smaller})
    posts = told(staff, plan)["posts"]
    assert {one["holder"] for one in posts if one["what"] == "post"} == {"王示例"}
    assert sorted(one["role"] for one in posts if one["what"] == "appointment") == ["grid_leader", "grid_worker"]
    assert all(one["to"] is None for one in posts)


def test_whose_worker_changes_is_told_for_each_building(staff, town, session, merged):
    plan, larger, smaller = merged
    set_worker = text("UPDATE posts SET holder = :name WHERE grid_id = :g AND role = 'full_time_worker'")
    for grid, name in ((larger, "甲"), (smaller, "乙")):
        session.execute(set_worker, {"g": grid, "name": name})
    found = told(staff, plan)
    assert {(one["worker_from"], one["worker_to"]) for one in found["buildings"]} == {("乙", "甲")}
    assert found["totals"]["households_with_another_worker"] == town.held(smaller)


def test_the_fate_of_each_grid_is_told_with_its_households_and_parents(staff, town, merged):
    plan, larger, smaller = merged
    fates = {one["code"]: one for one in told(staff, plan)["grids"]}
    one, gone = fates[town.grids[larger].code], fates[town.grids[smaller].code]
    assert (one["fate"], one["heir_of"], gone["fate"]) == ("changed", town.grids[larger].code, "ended")
    assert one["households"] == town.held(larger) + town.held(smaller)
    assert {parent["code"]: parent["households"] for parent in one["parents"]} == {
        town.grids[grid].code: town.held(grid) for grid in (larger, smaller)
    }
    rest = {grid.code for number, grid in town.grids.items() if number not in {larger, smaller}}
    assert {code for code, each in fates.items() if each["fate"] == "kept"} == rest


def test_a_new_grid_is_told_with_the_code_that_it_will_get(staff, planner, town):
    plan = split(staff, town)
    (new,) = [one for one in told(staff, plan)["grids"] if one["fate"] == "new"]
    step(staff, plan, "submit")
    step(planner, plan, "approve", valid_from=today().isoformat())
    town.read()
    assert new["code"] in {row.code for row in town.grids.values()}


def test_a_plan_stands_beside_another_plan(staff, town, merged):
    plan, _larger, _smaller = merged
    other = split(staff, town)
    one_way, back = told(staff, plan, against=other["id"]), told(staff, other, against=plan["id"])
    assert one_way["totals"]["households"]
    moved = {one["id"]: (one["from"]["code"], one["to"]["code"]) for one in one_way["buildings"]}
    assert {one["id"]: (one["to"]["code"], one["from"]["code"]) for one in back["buildings"]} == moved
    assert told(staff, plan, against=plan["id"])["totals"]["households"] == 0


def test_after_a_plan_came_into_force_it_tells_who_has_moved(staff, planner, town):
    plan = submitted(staff, town)
    before = told(staff, plan)
    assert step(planner, plan, "approve", valid_from=today().isoformat()).status_code == 200
    after = told(staff, plan)
    for part in ("buildings", "stations"):
        assert [(one["id"], one["from"], one["to"]) for one in after[part]] == (
            [(one["id"], one["from"], one["to"]) for one in before[part]])  # fmt: skip
    assert after["totals"]["households"] == before["totals"]["households"] > 0


def test_incidents_are_told_to_whom_sees_them_and_nobody_is_told_of_another_area(client_as, staff, merged):
    plan, *_ = merged
    assert client_as("coordinator").get(f"{URL}/{plan['id']}/consequences").status_code == 403
    assert client_as("grid_leader").get(f"{URL}/{plan['id']}/consequences").status_code == 403
    nobodys = f"{URL}/00000000-0000-4000-8000-000000000000/consequences"
    assert staff.get(nobodys).status_code == 404
    assert staff.get(f"{URL}/{plan['id']}/consequences?against=00000000-0000-4000-8000-000000000000").status_code == 404


def test_the_workbook_has_a_row_for_each_thing_and_its_codes_are_text(staff, town, merged):
    plan, larger, smaller = merged
    sheet = openpyxl.load_workbook(io.BytesIO(file_of(staff, plan, "xlsx"))).active
    rows = list(sheet.iter_rows(values_only=True))
    assert len(rows) - 1 == sum(len(told(staff, plan)[part]) for part in PARTS)
    assert {(row[5], row[7]) for row in rows[1:] if row[0] == "楼栋"} == (
        {(town.grids[smaller].code, town.grids[larger].code)})  # fmt: skip
    places = {(round(one["lon"], 7), round(one["lat"], 7)) for one in told(staff, plan)["buildings"]}
    assert {tuple(round(degrees, 7) for degrees in row[10:12]) for row in rows[1:] if row[0] == "楼栋"} == places


def test_the_workbook_tells_the_day_of_an_incident_as_it_is_in_china(staff, session, merged):
    plan, _larger, smaller = merged
    session.execute(
        text("""
            INSERT INTO incidents (id, category, community_id, grid_id, reported_at, geom)
            SELECT gen_random_uuid(), 'fire', community_id, grid_id, '2026-02-28 17:30+00', ST_PointOnSurface(geom)
            FROM blocks WHERE grid_id = :g ORDER BY id LIMIT 1
        """),
        {"g": smaller},
    )
    sheet = openpyxl.load_workbook(io.BytesIO(file_of(staff, plan, "xlsx"))).active
    called = [row[1] for row in sheet.iter_rows(values_only=True) if row[0] == "未结事件"]
    assert called
    assert all(one.endswith("2026-03-01") for one in called)


def test_the_files_for_a_map_hold_the_grids_and_the_blocks_that_move(staff, town, merged, tmp_path):
    plan, _larger, smaller = merged
    features = json.loads(file_of(staff, plan, "geojson"))["features"]
    grids = [one for one in features if one["properties"]["layer"] == "grids"]
    moved = [one for one in features if one["properties"]["layer"] == "moved_blocks"]
    assert len(grids) == len(town.grids) - 1
    assert {one["properties"]["block"] for one in moved} == set(town.of(smaller))
    file = tmp_path / "grids.gpkg"
    file.write_bytes(file_of(staff, plan, "gpkg"))
    meta, _, shapes, columns = read(file, layer="grids")
    assert meta["crs"] == "EPSG:4326"
    assert dict(zip(meta["fields"], columns, strict=True))["code"].tolist() == (
        [one["properties"]["code"] for one in grids])  # fmt: skip
    drawn = shapely.union_all([shapely.geometry.shape(one["geometry"]) for one in grids])
    assert shapely.union_all(shapely.from_wkb(shapes)).equals(drawn)
    assert len(read(file, layer="moved_blocks")[2]) == len(moved)


def test_a_notice_tells_each_home_in_both_languages_and_names_no_resident(staff, planner, town, session, merged):
    plan, larger, smaller = merged
    page = staff.get(f"{URL}/{plan['id']}/notices")
    assert page.mimetype == "text/html"
    homes = session.scalar(
        text("""
            SELECT count(DISTINCT u.id) FROM buildings u JOIN blocks b ON b.id = u.block_id
            JOIN entrances e ON e.building_id = u.id JOIN household_counts c ON c.entrance_id = e.id
            WHERE b.grid_id = :g
        """),
        {"g": smaller},
    )
    assert page.text.count('class="notice" lang="zh-CN"') == page.text.count('class="notice" lang="en"') == homes
    assert "网格调整告知书" in page.text
    assert "Notice: your grid changes" in page.text
    assert town.grids[larger].code in page.text
    assert "生效日期另行通知" in page.text
    names = session.scalars(text("SELECT contact_name FROM households WHERE contact_name <> ''")).all()
    assert names
    assert not [name for name in names if name in page.text]
    assert "style=" not in page.text
    step(staff, plan, "submit")
    day = today() + timedelta(days=30)
    assert step(planner, plan, "approve", valid_from=day.isoformat()).status_code == 200
    said = staff.get(f"{URL}/{plan['id']}/notices").text
    assert f"自{day.year}年{day.month}月{day.day}日起" in said


def test_a_notice_says_where_to_ask_and_when_it_was_printed(staff, town, session, merged):
    plan, *_ = merged
    url = f"{URL}/{plan['id']}/notices"
    bound = {"c": town.community}
    session.execute(text("DELETE FROM stations WHERE community_id = :c AND kind = 'service_station'"), bound)
    assert "咨询" not in staff.get(url).text
    session.execute(
        text("""
            INSERT INTO stations (key, community_id, kind, name, name_en, address, phone, geom)
            SELECT 'ask', :c, 'service_station', '咨询的服务站', 'The station', '滨河路 1 号', '0512-0000000',
                ST_PointOnSurface(geom) FROM areas WHERE id = :c
        """),
        bound,
    )
    page = staff.get(url).text
    assert "咨询的服务站" in page
    assert "The station" in page
    assert "滨河路 1 号 · 0512-0000000" in page
    now = today()
    assert f"{now.year}年{now.month}月{now.day}日</p>" in page


def test_a_notice_can_be_asked_for_one_building(staff, session, merged):
    plan, *_ = merged
    url = f"{URL}/{plan['id']}/notices"
    (one, *_rest) = [row for row in told(staff, plan)["buildings"] if row["households"]]
    page = staff.get(f"{url}?building={one['id']}").text
    assert len(re.findall("<article", page)) == 2
    assert staff.get(f"{url}?building=2000000000").status_code == 404


def test_after_the_day_the_notices_can_still_be_printed(staff, planner, town):
    plan = in_force(staff, planner, town)
    page = staff.get(f"{URL}/{plan['id']}/notices").text
    assert page.count("<article") >= 2


def test_a_plan_that_leaves_a_block_without_a_grid_says_which(staff, town):
    plan = begun(staff, town.community)
    old = town.large()[0]
    lost = town.of(old)[0]
    assert edited(staff, plan, {str(lost): [old, -1]}).status_code == 200
    refused = staff.get(f"{URL}/{plan['id']}/consequences")
    assert (refused.status_code, refused.json["error"]["blocks"]) == (409, [lost])


PAIRS = text("""
    SELECT a.id, b.id FROM blocks a JOIN blocks b ON a.grid_id = b.grid_id AND a.id < b.id
    WHERE a.community_id = :c AND ST_Length(ST_Intersection(a.geom, b.geom)) > 0.0001 ORDER BY 1, 2
""")


def test_what_a_plan_did_is_told_and_undone_on_the_blocks_of_now(staff, planner, town, session):
    plan = in_force(staff, planner, town)
    before = told(staff, plan)
    merged = next(
        answer.json
        for pair in session.execute(PAIRS, {"c": town.community})
        if (answer := staff.post("/api/v1/blocks/merge", json={"blocks": list(pair)})).status_code == 200
    )
    after = told(staff, plan)
    assert after["totals"]["households"] == before["totals"]["households"]
    assert [one["id"] for one in after["buildings"]] == [one["id"] for one in before["buildings"]]
    undone = step(staff, plan, "undo", id="00000000-0000-4000-8000-000000000077", name="恢复")
    assert undone.status_code == 201
    assert str(merged["added"][0]["id"]) in undone.json["blocks"]
    back = told(staff, undone.json)
    assert back["totals"]["households"] == before["totals"]["households"]
    assert told(staff, undone.json, against=plan["id"])["totals"]["households"] == back["totals"]["households"]


def test_a_plan_that_was_withdrawn_has_no_notices(staff, town):
    plan = submitted(staff, town)
    assert staff.get(f"{URL}/{plan['id']}/notices").status_code == 200
    assert step(staff, plan, "withdraw", note="").status_code == 200
    refused = staff.get(f"{URL}/{plan['id']}/notices")
    assert (refused.status_code, refused.json["error"]["field"]) == (409, "plan")


@pytest.mark.parametrize("form", ["xlsx", "geojson", "gpkg"])
def test_a_plan_that_changes_nothing_has_files_that_say_so(form, staff, town, tmp_path):
    made = file_of(staff, begun(staff, town.community), form)
    if form == "xlsx":
        assert [sheet.max_row for sheet in openpyxl.load_workbook(io.BytesIO(made))] == [1]
    elif form == "geojson":
        assert json.loads(made)["features"] == []
    else:
        (tmp_path / "plan.gpkg").write_bytes(made)
        assert list_layers(tmp_path / "plan.gpkg")[:, 0].tolist() == ["grids", "moved_blocks"]


def test_the_table_speaks_the_language_of_its_reader_and_tells_two_columns_apart(staff, merged):
    plan, *_ = merged

    def sheet(lang):
        answer = staff.get(f"{URL}/{plan['id']}/consequences/file?format=xlsx&lang={lang}")
        head, *rows = openpyxl.load_workbook(io.BytesIO(answer.data)).active.iter_rows(values_only=True)
        assert len(set(head)) == len(head)
        return [dict(zip(head, row, strict=True)) for row in rows]

    chinese, english = sheet("zh"), sheet("en")
    assert {row["From grid"] for row in english} == {told(staff, plan)["buildings"][0]["from"]["name_en"]}
    assert {row["原网格"] for row in chinese} == {told(staff, plan)["buildings"][0]["from"]["name"]}
    assert all(len(str(row["经度"])) <= 11 for row in chinese if row["类型"] == "楼栋")
