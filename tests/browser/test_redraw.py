"""Redrawing the grids, by the people who plan: painted, undone, checked, by two at once, by keyboard and finger."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Request, expect
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from tests.browser.redrawing import Desk, across, begin, open_desk, send
from tests.browser.test_accessibility import complaints
from tests.browser.test_map import show
from tests.fixtures.web import LiveServer

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("patience")]
OpenPage = Callable[..., Page]
MANY_EDITS = """async ([plan, ground, seed]) => {
    const main = document.querySelector('script[type=module]').src;
    const m = await import(main.replace("main.js", "edit/plan.js"));
    const { tallies, faults } = await import(main.replace("main.js", "edit/tally.js"));
    let state = seed;
    const random = (below) => ((state = (state * 48271) % 2147483647) % below);
    const first = m.planOf(m.groundOf(ground), plan);
    const steps = [];
    let now = first;
    for (let turn = 0; turn < 2000; turn += 1) {
        const grids = [...now.grids.keys()];
        const grid = grids[random(grids.length)];
        const blocks = Array.from({ length: 1 + random(6) }, () => random(now.ground.count));
        const fresh = { ...now.grids.get(grid), grid: null, code: null, locked: false };
        const acts = [
            () => m.paint(now, blocks, grid),
            () => m.paint(now, blocks, -1),
            () => m.dissolve(now, grid),
            () => m.merge(now, grid, m.neighbours(now, grid).slice(0, 1)),
            () => m.change(now, grid, { locked: !now.grids.get(grid).locked }),
            () => m.paint(m.create(now, 1000000000 + turn, fresh), blocks, 1000000000 + turn),
        ];
        const next = m.swept(acts[random(acts.length)]());
        const edit = m.difference(now, next);
        if (!m.isNothing(m.difference(next, m.applied(now, edit)))) return `turn ${turn}: the edit is another`;
        steps.push(edit);
        now = next;
        const held = [...tallies(now).values()].reduce((sum, { blocks }) => sum + blocks, 0);
        const none = faults(now).filter(({ kind }) => kind === "unassigned").flatMap(({ blocks }) => blocks).length;
        if (held + none !== now.ground.count) return `turn ${turn}: ${held} + ${none} of ${now.ground.count}`;
    }
    for (const edit of steps.reverse()) {
        const back = m.fitting(now, m.inverse(edit));
        if (Object.keys(back.blocks).length !== Object.keys(edit.blocks).length) return "a step stays";
        now = m.applied(now, back);
    }
    return m.isNothing(m.difference(first, now)) ? "" : "the way back leads elsewhere";
}"""


@pytest.fixture(autouse=True)  # begun before pages, so that it ends after them: none asks for a plan that is gone
def town(live_server: LiveServer):
    engine = create_engine(live_server.database.owner, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        yield connection
        connection.execute(text("DELETE FROM grid_plans WHERE state IN ('draft', 'submitted', 'withdrawn')"))


@pytest.fixture
def community(town) -> int:
    """The community of the staff, who redraw there as the planner does."""
    return town.scalar(
        text("""
            SELECT a.area_id FROM appointments a JOIN users u ON u.id = a.user_id
            WHERE u.name = 'test-community-staff'
        """)
    )


@pytest.fixture
def desk(open_page: OpenPage, community: int) -> Desk:
    """A plan of the community, open before its planner."""
    return desk_of(open_page("planner"), community)


def desk_of(page: Page, community: int, language: str = "zh") -> Desk:
    return open_desk(page, begin(page, community), language)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_plan_is_begun_painted_undone_redone_and_is_there_after_a_reload(
    open_page: OpenPage, community: int, language: str
):
    page = show(open_page("planner", language=language), f"?lang={language}")
    page.locator("[data-act=redraw]").click()
    page.locator("[data-plan=new]").click()
    page.locator("#plan-area").select_option(str(community))
    page.locator("#plan-name").fill("Grids of next year")
    page.locator("[data-plan=make]").click()
    expect(page.locator(".grid-row").first).to_be_visible()
    expect(page).to_have_url(re.compile("#plan="))
    desk = open_desk(page, page.url.partition("#plan=")[2], language)
    into, _, block = desk.neighbours()
    before, after = desk.households(desk.blocks(into)), desk.households([*desk.blocks(into), block])
    desk.choose(into)
    expect(desk.number()).to_have_text(str(before))
    desk.take("brush")
    desk.paint(block)
    expect(desk.number()).to_have_text(str(after))
    desk.saved()
    assert desk.read()["blocks"][str(block)] == into
    page.locator("[data-step=undo]").click()
    expect(desk.number()).to_have_text(str(before))
    page.keyboard.press("Control+Shift+Z")
    expect(desk.number()).to_have_text(str(after))
    desk.saved()
    desk = open_desk(page, desk.plan, language)
    desk.choose(into)
    expect(desk.number()).to_have_text(str(after))
    page.keyboard.press("Control+z")
    expect(desk.number()).to_have_text(str(before))
    desk.saved()
    assert desk.read()["blocks"][str(block)] != into


def test_every_fault_is_named_and_leads_to_its_place(desk: Desk):
    page = desk.page
    faults = page.locator(".check-list")
    _, grid, _ = desk.neighbours()
    desk.choose(-1)
    desk.take("lasso")
    x, y = desk.pixel(desk.blocks(grid)[0])
    page.mouse.click(x, y)
    expect(faults.locator("[data-fault^=unassigned]")).to_have_attribute("data-grave", "true")
    view = page.url
    faults.locator("[data-fault^=unassigned]").click()
    expect(page).not_to_have_url(view)
    desk.saved()
    told = send(page, "GET", f"/plans/{desk.plan}/faults")["faults"]
    assert sorted({(one["kind"], one["grave"]) for one in told}) == sorted(
        {
            (row.get_attribute("data-fault").split("-")[0], row.get_attribute("data-grave") == "true")
            for row in faults.locator("[data-fault]").all()
        }
    )


def test_a_grid_is_begun_named_locked_merged_and_dissolved(desk: Desk):
    page = desk.page
    into, other, block = desk.neighbours()
    desk.choose(other)
    expect(page.locator(".block-list > li")).to_have_count(0)  # a closed list takes no time from a stroke
    desk.list_blocks()
    page.locator(f"#block-{block}").check()
    page.locator("[data-grid-act=new]").click()
    expect(desk.number(1)).to_have_text("1")
    desk.saved()
    [new] = {number for number in map(int, desk.read()["grids"]) if number >= 1_000_000_000}
    assert desk.blocks(new) == [block]
    page.locator(".plan-card summary").click()
    page.locator("#grid-name").fill("河边网格")
    page.locator("#grid-name").press("Enter")
    page.locator("#grid-lock").check()
    expect(page.locator("[data-grid-act=trash]")).to_be_disabled()
    expect(page.locator(".plan-card .plan-reason").first).to_contain_text("已锁定")
    desk.saved()
    assert (desk.read()["grids"][str(new)]["name"], desk.read()["grids"][str(new)]["locked"]) == ("河边网格", True)
    page.locator("#grid-lock").uncheck()
    page.locator("#grid-partner").select_option(str(into))
    page.locator("[data-grid-act=join]").click()
    expect(desk.row(into)).to_have_count(0)
    page.locator("[data-grid-act=trash]").click()
    expect(desk.row(new)).to_have_count(0)
    desk.saved()
    assert -1 not in desk.read()["blocks"].values()
    for _ in range(6):
        page.keyboard.press("Control+z")
    expect(desk.row(into)).to_have_count(1)
    desk.saved()
    now = desk.read()
    assert now["blocks"] == {
        str(b): g for b, g in zip(desk.ground["blocks"]["id"], desk.ground["blocks"]["grid"], strict=True)
    }
    assert now["grids"] == desk.ground["today"]


def asks_for_news(request: Request) -> bool:
    return request.method == "GET" and "/edits?after=" in request.url


@pytest.mark.parametrize("news", ["on the way", "there before"])
def test_two_planners_see_each_other_and_only_the_same_block_asks_them(
    open_page: OpenPage, watch, desk: Desk, community: int, news: str
):
    """Cut off, the second one hears of the other's change when its own is refused, or before that."""
    watch.allow("412|ERR_FAILED")
    into, other, block = desk.neighbours()
    second = open_desk(open_page("community_staff"), desk.plan)
    free = next(one for one in desk.blocks(other) if one != block)
    desk.choose(into)
    desk.take("brush")
    desk.paint(block)
    desk.saved()
    expect(second.page.locator(".toast").first).to_contain_text("改动了本方案")
    assert second.read()["blocks"][str(block)] == into
    # The second one is cut off, and meanwhile both change one block; the second one another block too.
    cut = {"POST", "GET"} if news == "on the way" else {"POST"}
    second.page.route("**/edits*", lambda route: route.abort() if route.request.method in cut else route.fallback())
    second.choose(-1)
    second.take("brush")
    second.paint(block)
    second.paint(free)
    expect(second.page.locator(".plan-sync")).to_have_attribute("data-sync", "offline")
    desk.choose(other)
    with second.page.expect_event("requestfinished" if news == "there before" else "requestfailed", asks_for_news):
        desk.paint(block)
        desk.saved()
    second.page.unroute("**/edits*")
    second.page.evaluate("window.dispatchEvent(new Event('online'))")
    dialog = second.page.locator("dialog")
    expect(dialog).to_contain_text("test-planner")
    dialog.locator("[data-clash=theirs]").click()
    second.saved()
    now = desk.read()["blocks"]
    assert (now[str(block)], now[str(free)]) == (other, -1)
    second.page.locator("[data-step=redo]").click()
    second.saved()
    assert desk.read()["blocks"][str(block)] == -1
    expect(desk.page.locator(".check-list [data-fault^=unassigned]")).to_be_visible()


def test_edits_without_a_network_wait_in_the_browser_and_survive_a_reload(watch, desk: Desk):
    watch.allow("ERR_FAILED")
    page = desk.page
    into, other, block = desk.neighbours()
    page.route("**/edits", lambda route: route.abort())
    desk.choose(into)
    desk.take("brush")
    desk.paint(block)
    expect(page.locator(".plan-sync")).to_have_attribute("data-sync", "offline")
    assert desk.read()["blocks"][str(block)] == other
    page.get_by_role("button", name="当前用户").click()
    page.get_by_role("menuitem", name="退出登录").click()
    expect(page.locator("dialog")).to_contain_text("未提交")
    page.locator("dialog .button").first.click()
    desk = open_desk(page, desk.plan)
    desk.choose(into)
    expect(desk.number()).to_have_text(str(desk.households([*desk.blocks(into), block])))
    page.unroute("**/edits")
    page.evaluate("window.dispatchEvent(new Event('online'))")
    desk.saved()
    assert desk.read()["blocks"][str(block)] == into
    assert page.evaluate("Object.keys(localStorage).filter((name) => name.startsWith('plan-edits'))") == []


def test_a_block_is_split_where_it_can_be_and_a_refusal_stands_at_its_place(watch, desk: Desk):
    watch.allow("422")
    page = desk.page
    into, other, moved = desk.neighbours()
    desk.choose(into)
    desk.take("brush")
    desk.paint(moved)
    desk.saved()
    columns = desk.ground["blocks"]
    empty = [
        (area, block)
        for area, block, houses in zip(*map(columns.get, ("area", "id", "buildings")), strict=True)
        if not houses
    ]
    block = max(empty)[1]
    shape = next(one["geometry"] for one in desk.ground["shapes"]["features"] if one["id"] == block)
    west, middle, east = across(shape)
    grid = desk.read()["blocks"][str(block)]
    desk.choose(grid)
    desk.list_blocks()
    page.locator(f"#block-{block}").check()
    expect(page.locator("[data-grid-act=join-blocks]")).to_be_disabled()
    # By keyboard, from one written place to another: the line ends inside.
    draw_by_keyboard(page, west, middle)
    refusal = page.locator(".map-refusal")
    expect(refusal).to_contain_text("线")
    expect(page.locator(".plan-note")).to_have_text(refusal.locator("p").inner_text())
    refusal.locator(".button").last.click()
    expect(refusal).to_have_count(0)
    draw_by_keyboard(page, west, east)
    expect(page.locator(f"#block-{block}")).to_have_count(0)
    expect(page.locator(".plan-note")).to_contain_text("已拆分为")
    after = desk.read()["blocks"]
    parts = {one for one in after if one not in map(str, columns["id"])}
    assert len(parts) > 1
    assert {after[one] for one in parts} == {grid}
    # What was done before can still be undone, and blocks that are one again are in its grid.
    page.locator("[data-step=undo]").click()
    expect(page.locator("[data-step=redo]")).to_be_enabled()
    desk.saved()
    assert desk.read()["blocks"][str(moved)] == other
    for one in parts:
        page.locator(f"#block-{one}").check()
    page.locator("[data-grid-act=join-blocks]").click()
    expect(page.locator(".plan-note")).to_contain_text("已合并")
    assert len(desk.read()["blocks"]) == len(columns["id"])


def draw_by_keyboard(page: Page, *places: tuple[float, float]) -> None:
    """Split the block that is chosen by a line between two places that are written."""
    page.locator("[data-grid-act=scissors]").focus()
    page.keyboard.press("Enter")
    for at, (lon, lat) in enumerate(places):
        expect(page.locator("#map-hint")).to_contain_text("从哪里" if at == 0 else "到哪里")
        page.locator(".map-hint-place").fill(f"{lon:.7f}, {lat:.7f}")
        page.locator(".map-hint-place").press("Enter")


def test_the_keyboard_alone_redraws(desk: Desk):
    page = desk.page
    into, other, block = desk.neighbours()
    desk.row(other).focus()
    page.keyboard.press("Enter")
    page.locator(".plan-blocks summary").focus()
    page.keyboard.press("Enter")
    page.locator(f"#block-{block}").focus()
    page.keyboard.press("Space")
    expect(page.locator(f"#block-{block}")).to_be_focused()
    page.locator("#block-into").focus()
    page.locator("#block-into").select_option(str(into))
    page.locator("#block-into + [data-grid-act=right]").focus()
    page.keyboard.press("Enter")
    desk.saved()
    assert desk.read()["blocks"][str(block)] == into
    page.keyboard.press("Control+z")
    desk.saved()
    assert desk.read()["blocks"][str(block)] == other
    # On the map itself: its middle is what is meant.
    desk.choose(-1)
    page.locator(".segment[data-tool=choose] input").focus()
    page.keyboard.press("ArrowRight")
    page.locator(".maplibregl-canvas").focus()
    expect(page.locator("#map-cross")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator(".plan-note")).to_contain_text("1 个划分单元")
    desk.saved()
    assert list(desk.read()["blocks"].values()).count(-1) == 1


def test_one_finger_paints_and_two_move_the_map(open_page: OpenPage, community: int):
    page = open_page("planner", phone=True)
    desk = desk_of(page, community)
    into, _, block = desk.neighbours()
    desk.choose(into)
    page.locator("[data-grid-act=zoom]").tap()
    page.wait_for_timeout(1000)
    page.locator(".segment[data-tool=brush]").tap()
    expect(page.locator(".plan-hud")).to_be_visible()
    page.wait_for_timeout(1000)
    touch = page.context.new_cdp_session(page)
    x, y = desk.pixel(block)

    def fingers(kind: str, *places: tuple[float, float]) -> None:
        points = [{"x": px, "y": py, "id": number} for number, (px, py) in enumerate(places)]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    fingers("touchStart", (x, y))
    fingers("touchMove", (x + 6, y + 1))
    fingers("touchEnd")
    desk.saved()
    assert desk.read()["blocks"][str(block)] == into
    view = page.url
    fingers("touchStart", (x, y))
    fingers("touchStart", (x, y), (x + 40, y))
    for step in range(1, 6):
        fingers("touchMove", (x, y - 12 * step), (x + 40, y - 12 * step))
    fingers("touchEnd")
    expect(page).not_to_have_url(view)
    desk.saved()
    assert len(send(page, "GET", f"/plans/{desk.plan}/edits")["edits"]) == 1


def test_who_may_not_is_told_why(open_page: OpenPage, town, desk: Desk):
    page = show(open_page("grid_worker"))
    page.locator("[data-act=redraw]").click(force=True)
    expect(page.locator(".toast").first).to_contain_text("您的角色不划分网格")
    town.execute(
        text(
            "UPDATE grid_plans SET state = 'submitted', submitted_by = owner_id, submitted_at = now() "
            "WHERE state = 'draft'"
        )
    )
    desk = open_desk(desk.page, desk.plan)
    expect(desk.page.locator(".plan-tools .plan-reason")).not_to_be_empty()
    expect(desk.page.locator(".segment[data-tool=brush] input")).to_be_disabled()
    expect(desk.page.locator("[data-step=undo]")).to_be_disabled()


@pytest.mark.parametrize(("language", "theme"), [("zh", "night"), ("en", "day")])
def test_the_desk_is_accessible(open_page: OpenPage, community: int, language: str, theme: str):
    page = open_page("planner", language=language)
    desk = desk_of(page, community)
    desk = open_desk(page, desk.plan, language, f"&theme={theme}")
    into, _, block = desk.neighbours()
    desk.choose(into)
    page.locator(".plan-card summary").click()
    desk.take("brush")
    assert complaints(page) == []
    desk.choose(-1)
    desk.paint(block)
    expect(page.locator("[data-fault^=unassigned]")).to_be_visible()
    assert complaints(page) == []
    page.locator("[data-plan-act=list]").click()
    expect(page.locator(".plan-row").first).to_be_visible()
    assert complaints(page) == []
    page.locator("[data-plan=new]").click()
    expect(page.locator("#plan-area")).to_be_visible()
    assert complaints(page) == []


def test_no_sequence_of_edits_loses_a_block_and_each_can_be_taken_back(desk: Desk):
    assert desk.page.evaluate(MANY_EDITS, [desk.read(), desk.ground, 20261130]) == ""
