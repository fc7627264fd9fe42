"""axe-core finds nothing, on any page, in both languages, by day and by night, on a desk and on a phone."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser.test_map import drawn, show

pytestmark = pytest.mark.browser
OpenPage = Callable[..., Page]
AXE = Path(__file__).resolve().parents[2] / "node_modules/axe-core/axe.min.js"


def complaints(page: Page) -> list[str]:
    """What axe says about the page as it stands, a line for each element."""
    page.wait_for_load_state()  # its styles too
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations)")
    return [f"{one['id']}: {node['html'][:160]} — {node['failureSummary']}" for one in found for node in one["nodes"]]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_log_in_page_is_accessible(open_page: OpenPage, language: str):
    page = open_page()
    page.goto(f"/login?lang={language}")
    assert complaints(page) == []


@pytest.mark.parametrize(("language", "theme"), [("zh", "day"), ("en", "night")])
def test_the_map_is_accessible(open_page: OpenPage, language: str, theme: str):
    page = show(open_page("coordinator"), f"?lang={language}&theme={theme}&layers=grids,flags,buildings,stations")
    assert complaints(page) == []


@pytest.mark.parametrize(("subject", "theme"), [("grid", "day"), ("building", "night"), ("area", "day")])
def test_the_panels_are_accessible(open_page: OpenPage, subject: str, theme: str):
    page = open_page("coordinator")
    collection = {"grid": "grids", "building": "buildings", "area": "areas"}[subject]
    features = page.request.get(f"/api/v1/{collection}?limit=20").json()["features"]
    show(page, f"?theme={theme}&sel={subject}:{features[-1]['id']}")
    page.locator("#panel .facts").first.wait_for()
    assert complaints(page) == []


def test_the_list_and_the_menus_are_accessible(open_page: OpenPage):
    page = show(open_page("coordinator"))
    page.keyboard.press("l")
    page.locator(".list-rows .row").first.wait_for()
    assert complaints(page) == []
    page.get_by_role("button", name="当前用户").click()
    assert complaints(page) == []
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    assert complaints(page) == []


def test_the_phone_is_accessible(open_page: OpenPage):
    page = drawn(show(open_page("grid_worker", phone=True)))
    page.get_by_role("button", name="图层与图例").tap()
    assert complaints(page) == []
