"""The planner's desk where things go wrong: nothing to keep edits in, no session; and on small screens."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.redrawing import Desk, open_desk, pixel_of
from tests.browser.test_redraw import community, desk_of, town
from tests.fixtures.browsing import send
from tests.fixtures.web import LiveServer

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("patience")]
__all__ = ["community", "town"]
OpenPage = Callable[..., Page]
SIZES = {"tablet": (1024, 768), "tablet upright": (768, 1024), "phone": (390, 844)}
# A browser that is full takes no edits of plans any more.
FULL = """() => {
    const take = Storage.prototype.setItem;
    Storage.prototype.setItem = function (name, text) {
        if (name.startsWith("plan-edits")) throw new DOMException("full", "QuotaExceededError");
        take.call(this, name, text);
    };
}"""
LEAVES_UNASKED = "() => window.dispatchEvent(new Event('beforeunload', { cancelable: true }))"


def cut_off(desk: Desk) -> tuple[int, int, int]:
    """Two grids and a block of the second that was painted into the first, which the server cannot be told."""
    into, other, block = desk.neighbours()
    desk.page.route("**/edits", lambda route: route.abort())
    desk.choose(into)
    desk.take("brush")
    desk.paint(block)
    expect(desk.page.locator(".plan-sync")).to_have_attribute("data-sync", "offline")
    return into, other, block


def joined(desk: Desk) -> None:
    """Let the server be told again, and wait until it is."""
    desk.page.unroute("**/edits")
    desk.page.evaluate("window.dispatchEvent(new Event('online'))")
    desk.saved()


def test_what_a_full_browser_does_not_keep_waits_on_the_page_which_asks_before_it_is_left(
    open_page: OpenPage, watch, community: int
):
    watch.allow("ERR_FAILED")
    page = open_page("planner")
    desk = desk_of(page, community)
    page.evaluate(FULL)
    assert page.evaluate(LEAVES_UNASKED)
    into, _, block = cut_off(desk)
    expect(page.locator(".plan-sync")).to_contain_text("请勿关闭")
    assert not page.evaluate(LEAVES_UNASKED)
    page.locator("[data-plan-act=list]").click()
    expect(page.locator(".toast").first).to_contain_text("请勿关闭页面")
    page.locator(".plan-row").first.click()
    expect(page.locator(".plan-sync")).to_have_attribute("data-sync", "offline")
    joined(desk)
    assert desk.read()["blocks"][str(block)] == into
    assert page.evaluate(LEAVES_UNASKED)


def test_what_waited_over_a_reload_can_be_undone(open_page: OpenPage, watch, community: int):
    watch.allow("ERR_FAILED")
    desk = desk_of(open_page("planner"), community)
    _, other, block = cut_off(desk)
    desk = open_desk(desk.page, desk.plan)
    expect(desk.page.locator(".plan-sync")).to_have_attribute("data-sync", "offline")
    joined(desk)
    expect(desk.page.locator("[data-step=undo]").first).to_be_enabled()
    desk.page.keyboard.press("Control+z")
    desk.saved()
    assert desk.read()["blocks"][str(block)] == other


def test_who_is_logged_out_meanwhile_comes_back_to_the_plan_with_every_edit(
    open_page: OpenPage, live_server: LiveServer, watch, community: int
):
    watch.allow("401")
    page = open_page("planner")
    desk = desk_of(page, community)
    into, _, block = desk.neighbours()
    desk.choose(into)
    desk.take("brush")
    page.context.clear_cookies()
    desk.paint(block)
    expect(page.locator(".plan-sync")).to_have_attribute("data-sync", "loggedOut")
    page.locator("[data-sync-act=login]").click()
    page.locator("input[name=name]").fill(live_server.user("planner"))
    page.locator("input[name=password]").fill(live_server.password)
    page.locator("form button[type=submit]").first.click()
    expect(page.locator(".grid-row").first).to_be_visible()
    expect(page.locator("[data-step=undo]").first).to_be_enabled()  # what has waited is taken up
    desk.saved()
    assert desk.read()["blocks"][str(block)] == into


def test_the_other_window_of_the_same_person_is_told_as_theirs(open_page: OpenPage, community: int):
    desk = desk_of(open_page("planner"), community)
    second = open_desk(open_page("planner"), desk.plan)
    into, _, block = second.neighbours()
    second.choose(into)
    second.take("brush")
    second.paint(block)
    second.saved()
    expect(desk.page.locator(".toast").first).to_contain_text("您本人")
    desk.choose(into)
    expect(desk.number()).to_have_text(str(desk.households(desk.blocks(into))))


def test_a_press_on_the_map_of_the_staff_goes_to_its_grid_and_leaves_the_plan_open(open_page: OpenPage, community: int):
    desk = desk_of(open_page("planner"), community)
    into, _, block = desk.neighbours()
    desk.page.locator("[data-tab=staff]").click()
    expect(desk.page.locator("[data-staffed]").first).to_be_visible()
    grid = desk.read()["blocks"][str(block)]
    desk.page.mouse.click(*desk.pixel(block))
    expect(desk.page.locator(f"[data-staffed='{grid}']")).to_be_focused()
    assert grid != into
    expect(desk.page.locator(".plan")).to_be_visible()


def test_on_a_phone_one_paints_into_what_is_seen_and_picks_another_grid_on_the_map(open_page: OpenPage, community: int):
    page = open_page("planner", phone=True)
    desk = desk_of(page, community)
    before = page.url
    page.locator(".segment[data-tool=brush]").tap()
    expect(page.locator("#panel")).to_have_attribute("data-size", "strip")
    expect(page.locator(".hud-name")).not_to_have_text("未划入网格")
    expect(page).not_to_have_url(before)  # the plan is fitted into what the panel has left free
    page.wait_for_timeout(1000)
    _, other, block = desk.neighbours()
    page.locator(".hud-grid").tap()
    expect(page.locator(".hud-grid")).to_have_attribute("aria-pressed", "true")
    page.touchscreen.tap(*desk.pixel(block))
    expect(page.locator(".hud-name")).to_have_text(desk.read()["grids"][str(other)]["name"])
    assert send(page, "GET", f"/plans/{desk.plan}/edits")["edits"] == []  # nothing was painted by it
    small = page.locator(".plan-hud button").evaluate_all(
        "all => all.filter((one) => Math.min(one.offsetWidth, one.offsetHeight) < 44).map((one) => one.className)"
    )
    assert small == []
    page.locator(".panel-handle").tap()
    expect(page.locator("#panel")).to_have_attribute("data-size", "half")
    page.locator(".hud-done").tap()
    expect(page.locator(".plan-hud")).to_be_hidden()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("what", ["on=2026-03-01", "plan"])
def test_the_panel_covers_nothing_of_a_day_or_a_plan_that_is_opened(
    open_page: OpenPage, community: int, size: str, what: str
):
    page = open_page("planner", phone=size == "phone")
    width, height = SIZES[size]
    page.set_viewport_size({"width": width, "height": height})
    if what == "plan":
        desk = desk_of(page, community)
        rings = [one["geometry"]["coordinates"][0] for one in desk.ground["shapes"]["features"]]
        places = [(lon, lat) for ring in rings for lon, lat in ring]
    else:
        page.goto(f"/?lang=zh#{what}")
        expect(page.locator("body[data-ready=true]")).to_be_attached()
        expect(page.locator("[data-day]").first).to_be_visible()
        expect(page).to_have_url(re.compile("at="))
        page.wait_for_timeout(1000)
        west, south, east, north = send(page, "GET", "/me")["area"]["bbox"]
        places = [(west, south), (east, north)]
    shown, panel = page.locator("#map").bounding_box(), page.locator("#panel").bounding_box()
    assert shown
    assert panel
    right = shown["x"] + shown["width"] if size == "phone" else panel["x"]
    bottom = panel["y"] if size == "phone" else shown["y"] + shown["height"]
    seen = [pixel_of(page, *place) for place in places]
    assert all(shown["x"] <= x <= right and shown["y"] <= y <= bottom for x, y in seen), (seen[:9], shown, panel)
