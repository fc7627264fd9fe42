"""Who works where by a plan: vacancies and workloads on the map and as a list, which follow the plan."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_accessibility import complaints
from tests.browser.test_plan_publication import COMMUNITY, begun, opened, put, stored
from tests.fixtures.database import ask
from tests.fixtures.web import LiveServer

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("patience")]
OpenPage = Callable[..., Page]


def counted(page: Page) -> list[int]:
    """How many grids stand in each band of the legend."""
    return [int(text) for text in page.locator(".staff-legend b").all_text_contents()]


def test_loads_and_vacancies_of_a_plan_are_seen_and_follow_it(live_server: LiveServer, open_page: OpenPage):
    page = open_page("planner")
    area = int(ask(live_server.database.owner, COMMUNITY))
    plan = begun(page, area)
    opened(page, plan, "staff")
    rows = page.locator("[data-staffed]")
    expect(rows.first).to_be_visible()
    grids = len(stored(page, plan)["grids"])
    assert sum(counted(page)) == grids
    page.get_by_text("岗位空缺", exact=True).click()
    expect(page.locator(".staff-legend li").last).to_contain_text("全部空缺")
    assert sum(counted(page)) == grids
    assert complaints(page) == []
    rows.first.click()
    first = rows.first.get_attribute("data-staffed")
    expect(rows.first).to_be_focused()

    blocks = stored(page, plan)["blocks"]
    moved = next(block for block, grid in blocks.items() if str(grid) == first)
    other = next(grid for grid in blocks.values() if str(grid) != first)
    before = page.locator(f"[data-staffed='{other}']").inner_text()
    put(page, plan, int(moved), [int(first or 0), other], stored(page, plan)["version"])
    page.reload()
    page.locator("[data-tab=staff]").click()
    expect(page.locator(f"[data-staffed='{other}']")).to_be_visible()
    page.get_by_text("现状", exact=True).click()
    expect(page.locator("[data-staffed]").first).to_be_visible()
    assert re.search(r"\d+ 户", before)
