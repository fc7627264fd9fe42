"""The planner's desk where things go wrong: nothing to keep edits in, no session; and on small screens."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import text

from tests.browser.redrawing import Desk, across, open_desk, pixel_of
from tests.browser.test_redraw import community, desk_of, town
from tests.fixtures.browsing import send
from tests.fixtures.web import LiveServer

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("patience")]
__all__ = ["community", "town"]
OpenPage = Callable[..., Page]
SIZES = {"tablet": (1024, 768), "tablet upright": (768, 1024), "phone": (390, 844), "sideways": (844, 390)}
# A browser that is full takes no edits of plans any more.
FULL = """() => {
    const take = Storage.prototype.setItem;
    Storage.prototype.setItem = function (name, text) {
        if (name.startsWith("plan-edits")) throw new DOMException("full", "QuotaExceededError");
        take.call(this, name, text);
    };
}"""
# An edit that comes in as the one before it has just been sent.
LATE = """async ([plan, ground, blocks]) => {
    const main = document.querySelector('script[type=module]').src;
    const m = await import(main.replace("main.js", "edit/plan.js"));
    const { Sync } = await import(main.replace("main.js", "edit/sync.js"));
    const first = m.planOf(m.groundOf(ground), plan);
    const [one, late] = blocks.map((id) => ({ blocks: { [id]: [plan.blocks[id], -1] }, grids: {} }));
    return new Promise((resolve) => {
        let waits = true;
        const told = ({ kind }) => {
            if (kind !== "stored" || !waits) return;
            waits = false;
            Promise.resolve().then(() => sync.add(late)).then(resolve);
        };
        const none = () => {};
        const hooks = { changed: none, told, choose: none, gaveWay: none, others: none, head: none, stale: none };
        const sync = new Sync(plan.id, plan.version, first, { user: 0, page: "late", unsent: [one] }, hooks);
        window.late = sync;
    });
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


def test_an_edit_that_comes_in_as_the_last_one_is_stored_is_sent_too(open_page: OpenPage, community: int):
    desk = desk_of(open_page("planner"), community)
    _, grid, _ = desk.neighbours()
    blocks = desk.blocks(grid)[:2]
    arguments = [desk.read(), desk.ground, blocks]
    with desk.page.expect_request(lambda one: one.method == "POST" and str(blocks[1]) in (one.post_data or "")):
        desk.page.evaluate(LATE, arguments)
    assert desk.page.evaluate("window.late.settled().finally(() => window.late.stop())")
    assert [desk.read()["blocks"][str(block)] for block in blocks] == [-1, -1]


def test_a_copy_has_the_edits_that_the_server_does_not_have_yet(open_page: OpenPage, watch, community: int):
    watch.allow("ERR_FAILED")
    desk = desk_of(open_page("planner"), community)
    page = desk.page
    into, other, block = desk.neighbours()
    page.route(f"**/plans/{desk.plan}/edits", lambda route: route.abort())
    desk.choose(into)
    desk.take("brush")
    desk.paint(block)
    expect(page.locator(".plan-sync")).to_have_attribute("data-sync", "offline")
    page.locator("[data-plan-act=copy]").click()
    expect(page).not_to_have_url(re.compile(desk.plan))
    expect(page.locator(".toast").filter(has_text="1 项改动").first).to_be_visible()
    expect(page.locator("[data-step=undo]").first).to_be_enabled()
    copy = Desk(page, page.url.partition("#plan=")[2], desk.ground)
    copy.saved()
    assert copy.read()["blocks"][str(block)] == into
    assert desk.read()["blocks"][str(block)] == other


@pytest.mark.parametrize("way", ["mine", "stored"])
def test_a_server_with_an_older_backup_is_told_of_and_nothing_is_lost_either_way(
    open_page: OpenPage, watch, town, community: int, way: str
):
    watch.allow("412")
    desk = desk_of(open_page("planner"), community)
    into, other, block = desk.neighbours()
    second = next(one for one in desk.blocks(other) if one != block)
    desk.choose(into)
    desk.take("brush")
    desk.paint(block)
    desk.saved()
    moved = {"plan": desk.plan, "block": str(block), "grid": other}
    town.execute(
        text(
            "UPDATE grid_plans SET version = 0, blocks = jsonb_set(blocks, ARRAY[:block], to_jsonb(:grid)) "
            "WHERE id = :plan"
        ),
        moved,
    )
    town.execute(text("DELETE FROM grid_plan_edits WHERE plan_id = :plan"), moved)
    desk.choose(-1)
    desk.paint(second)
    state = desk.page.locator(".plan-sync")
    expect(state).to_have_attribute("data-sync", "apart")
    expect(state).to_contain_text("备份")
    state.locator(f"[data-sync-act={way}]").click()
    desk.saved()
    if way == "stored":
        expect(desk.page.locator("[data-step=redo]").first).to_be_enabled()
        assert (desk.read()["blocks"][str(block)], desk.read()["blocks"][str(second)]) == (other, other)
        desk.page.locator("[data-step=redo]").first.click()
        desk.saved()
    assert (desk.read()["blocks"][str(block)], desk.read()["blocks"][str(second)]) == (into, -1)


def test_what_waited_while_its_block_was_split_goes_to_the_parts(open_page: OpenPage, watch, community: int):
    watch.allow("ERR_FAILED")
    desk = desk_of(open_page("planner"), community)
    page, columns = desk.page, desk.ground["blocks"]
    page.route("**/edits", lambda route: route.abort())
    block = max(
        (area, block)
        for area, block, houses in zip(columns["area"], columns["id"], columns["buildings"], strict=True)
        if not houses
    )[1]
    desk.choose(-1)
    desk.take("brush")
    desk.paint(block)
    expect(page.locator(".plan-sync")).to_have_attribute("data-sync", "offline")
    page.locator("[data-plan-act=list]").click()
    expect(page.locator(".plan-row").first).to_be_visible()
    shape = next(one["geometry"] for one in desk.ground["shapes"]["features"] if one["id"] == block)
    west, _, east = across(shape)
    added = send(page, "POST", f"/blocks/{block}/split", {"line": [west, east]})["added"]
    page.unroute("**/edits")
    page.locator(".plan-row").first.click()
    expect(page.locator("[data-fault^=unassigned]")).to_be_visible()
    desk.saved()
    assert {desk.read()["blocks"][str(part["id"])] for part in added} == {-1}
    send(page, "POST", "/blocks/merge", {"blocks": [part["id"] for part in added]})


def test_nobody_goes_on_painting_a_plan_that_was_handed_in(open_page: OpenPage, community: int):
    desk = desk_of(open_page("planner"), community)
    into, other, block = desk.neighbours()
    desk.choose(into)
    desk.take("brush")
    now = desk.read()
    changed = {str(other): [now["grids"][str(other)], now["grids"][str(other)] | {"name": "河边网格"}]}
    send(desk.page, "POST", f"/plans/{desk.plan}/edits", {"blocks": {}, "grids": changed}, now["version"])
    send(open_page("community_staff"), "POST", f"/plans/{desk.plan}/submit", {})
    expect(desk.page.locator(".segment[data-tool=brush] input")).to_be_disabled()
    desk.paint(block)
    expect(desk.page.locator(".plan-card h3")).to_contain_text("河边网格")  # it was chosen, not painted
    desk.saved()
    assert len(send(desk.page, "GET", f"/plans/{desk.plan}/edits")["edits"]) == 1


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
    small = page.locator(".plan-hud button, .panel-handle, .bar input, .bar button:not([hidden])").evaluate_all(
        """all => all.filter((one) => one.offsetWidth && Math.min(one.offsetWidth, one.offsetHeight) < 44)
            .map((one) => one.outerHTML)"""
    )
    assert small == []
    undo = page.locator(".plan-hud [data-map-step=undo]")
    expect(undo).to_be_disabled()
    undo.tap(force=True)
    expect(page.locator(".toast").first).to_contain_text("还没有可以撤销的操作")
    page.locator(".panel-body .plan-card").evaluate("(card) => card.scrollIntoView()")
    expect(page.locator(".panel-handle")).to_be_in_viewport()  # whatever is scrolled to below it
    page.locator(".panel-handle").tap()
    expect(page.locator("#panel")).to_have_attribute("data-size", "half")
    page.locator(".hud-done").tap()
    expect(page.locator(".plan-hud")).to_be_hidden()


@pytest.mark.parametrize(
    ("what", "size"),
    [
        (what, size)
        for what in ("on=2026-03-01", "plan")
        for size in SIZES
        if (what, size) != ("on=2026-03-01", "sideways")
    ],
)
def test_the_panel_covers_nothing_of_a_day_or_a_plan_that_is_opened_nor_how_it_is_split(
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
    if what == "plan":
        grid, block = desk.neighbours()[1:]
        desk.choose(grid)
        desk.list_blocks()
        page.locator(f"#block-{block}").check()
        page.locator("[data-grid-act=scissors]").click()
        for button in page.locator("#map-hint .button").all():
            button.click(trial=True)  # nothing lies over it
        page.locator("[data-tab=compare]").evaluate("(tab) => tab.click()")  # a phone has moved it aside
        expect(page.locator("#map-hint")).to_be_hidden()
