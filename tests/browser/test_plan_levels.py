"""The levels of a plan: formed, seen in colours and in a table, kept through a reload, told to be out of date."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.test_accessibility import complaints
from tests.browser.test_map import show
from tests.browser.test_plan_publication import act, begun, choose, community, opened, stored
from tests.fixtures.browsing import PATIENCE, send

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("patience")]
__all__ = ["community"]


@pytest.mark.parametrize(("language", "phone"), [("zh", False), ("en", True)], ids=["zh desktop", "en phone"])
def test_a_planner_forms_levels_that_stay_and_are_told_to_be_out_of_date(open_page, watch, community, language, phone):
    page = show(open_page("planner", language=language, phone=phone), f"?lang={language}")
    watch.allow("422")  # numbers that rise
    plan = begun(page, community)
    opened(page, plan, "levels", f"?lang={language}")
    expect(act(page, "form-levels")).to_be_enabled()
    page.locator("#levels-upper").fill("3")
    page.locator("#levels-middle").fill("2")
    act(page, "form-levels").click()
    expect(page.locator(".toast").first).to_be_visible(timeout=PATIENCE)  # it says that 3 is more than 2
    expect(page.locator(".level-table")).to_have_count(0)

    page.locator("#levels-upper").fill("2")
    page.locator("#levels-middle").fill("3")
    act(page, "form-levels").click()
    expect(page.locator("[data-group]")).to_have_count(5, timeout=PATIENCE)
    expect(page.locator("[data-group='1-1']")).to_be_visible()
    assert complaints(page) == []
    page.locator(".level-way").nth(1).click()
    expect(page.locator("[name=level-shown][value='2']")).to_be_checked()
    with page.expect_download() as download:
        page.locator("[data-file=xlsx]").click()
    assert download.value.suggested_filename.endswith(".xlsx")

    levels = stored(page, plan)["levels"]
    assert (levels["middle"], levels["upper"]) == (3, 2)
    page.reload()
    page.locator("body[data-ready=true]").wait_for()
    choose(page, "levels")
    expect(page.locator("[data-group]")).to_have_count(5)
    expect(page.locator("[data-stale]")).to_have_count(0)

    document = stored(page, plan)
    block, number = next(iter(document["blocks"].items()))
    grid = {**document["grids"][str(number)], "name": "新网格", "grid": None, "code": None}
    body = {"blocks": {block: [number, 1_500_000_000]}, "grids": {"1500000000": [None, grid]}}
    send(page, "POST", f"/plans/{plan}/edits", body, document["version"])
    page.reload()
    page.locator("body[data-ready=true]").wait_for()
    choose(page, "levels")
    expect(page.locator("[data-stale]")).to_contain_text(re.compile("1"))
    act(page, "form-levels").click()
    expect(page.locator("[data-stale]")).to_have_count(0, timeout=PATIENCE)
    act(page, "drop-levels").click()
    expect(page.locator(".level-table")).to_have_count(0)
    assert stored(page, plan)["levels"] is None


def test_levels_that_another_planner_forms_are_seen_at_once(open_page, community):
    page = show(open_page("planner"))
    plan = begun(page, community)
    opened(page, plan, "levels")
    expect(act(page, "form-levels")).to_be_enabled()
    expect(page.locator(".level-table")).to_have_count(0)
    send(open_page("subdistrict_staff"), "PUT", f"/plans/{plan}/levels", {"middle": 3, "upper": 2})
    expect(page.locator("[data-group]")).to_have_count(5, timeout=PATIENCE)
