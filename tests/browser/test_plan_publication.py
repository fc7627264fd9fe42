"""From a suggestion to grids in force: one drafts, compares and submits, another approves; the map has two dates."""

import re
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from app.days import today
from gis.plan import NO_GRID
from tests.browser.redrawing import Desk
from tests.browser.test_accessibility import complaints
from tests.browser.test_map import show
from tests.fixtures.browsing import PATIENCE, Watch, send
from tests.fixtures.database import ask
from tests.fixtures.web import LiveServer

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("patience")]
OpenPage = Callable[..., Page]
# A community that the subdistrict's staff look after, with grids enough to be redrawn.
COMMUNITY = """
    SELECT c.id FROM areas c JOIN appointments a ON a.area_id = c.parent_id AND a.role = 'subdistrict_staff'
    JOIN grids g ON g.community_id = c.id WHERE c.level = 'community' AND g.valid_to IS NULL
    GROUP BY c.id ORDER BY count(*) DESC, c.id LIMIT 1
"""


# Puts the line of the swipe at a place of the screen, without its handle.
LINE_AT = """(x) => {
    const [stage, range] = [document.querySelector(".swipe"), document.querySelector(".swipe-range")];
    const { left, width } = stage.getBoundingClientRect();
    range.max = 1e6;
    range.step = "any";
    range.value = 1e6 * (x - left) / width;
    range.dispatchEvent(new Event("input"));
    stage.style.opacity = "0";
}"""
# What earlier tests have published becomes older: a grid that began today does not end today. The oldest is moved
# first, so that two rows of one code never meet.
AGE = """
    DO $$
    DECLARE one record;
    BEGIN
        FOR one IN SELECT id FROM grids ORDER BY valid_from, id LOOP
            UPDATE grids SET valid_from = valid_from - 10, valid_to = valid_to - 10 WHERE id = one.id;
        END LOOP;
    END $$
"""


@pytest.fixture
def community(live_server: LiveServer) -> int:
    ask(live_server.database.owner, AGE)
    return int(ask(live_server.database.owner, COMMUNITY))


def begun(page: Page, area: int) -> str:
    """The id of a new plan of an area."""
    name = str(uuid.uuid4())
    send(page, "POST", "/plans", {"id": name, "name": f"Plan {name[:4]}", "area_id": area})
    return name


def opened(page: Page, plan: str, tab: str, query: str = "") -> Page:
    """The plan with one of its tabs."""
    page.goto(f"/{query}#plan={plan}")
    page.locator("body[data-ready=true]").wait_for()
    choose(page, tab)
    return page


def choose(page: Page, tab: str) -> None:
    page.locator(f"[data-tab={tab}]").click()
    expect(page.locator(f"[data-tab={tab}]")).to_have_attribute("aria-selected", "true")


def act(page: Page, name: str):
    return page.locator(f"[data-plan-act={name}]")


def stored(page: Page, plan: str) -> dict[str, Any]:
    return dict(page.request.get(f"/api/v1/plans/{plan}").json())


def put(page: Page, plan: str, block: int, grids: list[int], version: int) -> int:
    """Move a block from one of two grids to the other; the version that it makes."""
    body = {"blocks": {str(block): grids}, "grids": {}}
    return int(send(page, "POST", f"/plans/{plan}/edits", body, version)["version"])


def one_block_moved(page: Page, plan: str) -> int:
    """Put a block with homes into the grid beside it, so that nothing is cut off; the block."""
    ground = page.request.get(f"/api/v1/plans/{plan}/ground").json()
    document = stored(page, plan)
    ids, homes, edges = ground["blocks"]["id"], ground["blocks"]["households"], ground["edges"]
    version = document["version"]
    for one, two, passable in zip(edges["one"], edges["two"], edges["passable"], strict=True):
        here, there = (document["blocks"][str(ids[end])] for end in (one, two))
        alone = list(document["blocks"].values()).count(here) == 1
        if not passable or here == there or alone or not homes[one]:
            continue
        version = put(page, plan, ids[one], [here, there], version)
        faults = page.request.get(f"/api/v1/plans/{plan}/faults").json()["faults"]
        if not any(fault["grave"] for fault in faults):
            return int(ids[one])
        version = put(page, plan, ids[one], [there, here], version)
    pytest.fail("no block of this community can change its grid")


@pytest.mark.parametrize(("language", "phone"), [("zh", False), ("en", True)], ids=["zh desktop", "en phone"])
def test_a_planner_is_suggested_plans_and_takes_one_as_a_single_step(
    open_page: OpenPage, community, worker, language, phone
):
    page = open_page("planner", language=language, phone=phone)
    plan = begun(page, community)
    before = stored(page, plan)
    opened(page, plan, "suggest", f"?lang={language}")

    # What is missing stands beside the button that cannot be pressed.
    page.locator(".suggest-way:has(input[value=chosen])").click()
    expect(act(page, "suggest")).to_be_disabled()
    expect(page.locator(".plan-act .plan-reason")).to_be_visible()
    page.locator("input[name=suggest-grids]").first.check()
    expect(act(page, "suggest")).to_be_enabled()
    page.locator(".suggest-way:has(input[value=new])").click()
    page.locator(".siting-more summary").first.click()
    slider = page.locator("#suggest-compact")
    slider.focus()
    page.keyboard.press("ArrowRight")
    expect(slider).to_have_value("1.5")
    assert complaints(page) == []

    # Nobody works yet: it waits, and can be cancelled.
    act(page, "suggest").click()
    expect(page.locator("[data-suggest=waiting]")).to_be_visible()
    act(page, "cancel-suggestion").click()
    expect(page.locator("[data-suggest=cancelled]")).to_be_visible()

    act(page, "suggest").click()
    with worker():
        expect(page.locator("[data-suggest=done]")).to_be_visible(timeout=PATIENCE)
    expect(page.locator("[data-alternative]")).to_have_count(4)  # three, and the plan beside them
    expect(page.locator(".score-table tbody tr").first.locator("td")).to_have_count(4)
    page.locator("[data-alternative='1']").click()
    expect(page.locator("[data-alternative='1']")).to_have_attribute("aria-pressed", "true")
    assert complaints(page) == []
    assert stored(page, plan)["blocks"] == before["blocks"]  # looked at, not taken

    act(page, "take").click()
    expect(page.locator(".toast").first).to_contain_text("2")
    expect(page.locator("[data-sync=stored]")).to_be_visible()
    taken = stored(page, plan)
    assert taken["blocks"] != before["blocks"]
    assert taken["version"] == before["version"] + 1
    page.locator("[data-step=undo]").click()
    expect(page.locator("[data-step=redo]")).to_be_enabled()
    expect(page.locator("[data-sync=stored]")).to_be_visible()
    undone = stored(page, plan)
    assert (undone["blocks"], undone["grids"]) == (before["blocks"], before["grids"])


SCHOOLED = """
    SELECT b.community_id FROM buildings u JOIN blocks b ON b.id = u.block_id JOIN grids g ON g.id = b.grid_id
    WHERE u.kind = 'school' AND g.kind = 'base' GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1
"""


@pytest.mark.parametrize(("language", "phone"), [("zh", False), ("en", True)], ids=["zh desktop", "en phone"])
def test_schools_are_made_dedicated_grids_and_one_is_left_out(
    open_page: OpenPage, live_server, worker, language, phone
):
    page = show(open_page("planner", language=language, phone=phone), f"?lang={language}")
    plan = begun(page, int(ask(live_server.database.owner, SCHOOLED)))
    offered = page.request.get(f"/api/v1/plans/{plan}/seeds?school=0").json()["seeds"]
    schools = [one["blocks"] for one in offered if one["kind"] == "school" and one["bar"] is None]
    opened(page, plan, "suggest", f"?lang={language}")
    page.locator("[data-seeds] > summary").click()
    act(page, "seeds-all").click()
    expect(page.locator("input[name=suggest-seeds]:checked")).to_have_count(5)
    act(page, "seeds-none").click()
    expect(page.locator("input[name=suggest-seeds]:checked")).to_have_count(0)
    page.locator("input[name=suggest-seeds][value=school]").check()
    page.locator("#seed-least-school").fill("9000000")
    page.locator("#seed-least-school").press("Tab")
    expect(page.locator("input[name=suggest-site]")).to_have_count(0)
    page.locator("#seed-least-school").fill("0")
    page.locator("#seed-least-school").press("Tab")
    expect(page.locator("input[name=suggest-site]")).to_have_count(len(schools))
    page.locator(f"input[name=suggest-site][value='{schools[-1][0]}']").uncheck()
    expect(page.locator(f"input[name=suggest-site][value='{schools[-1][0]}']")).not_to_be_checked()
    expect(page.locator("input[name=suggest-seeds][value=school]:indeterminate")).to_have_count(1)
    assert complaints(page) == []
    act(page, "suggest").click()
    with worker():
        expect(page.locator("[data-suggest=done]")).to_be_visible(timeout=PATIENCE)
    made = schools[:-1]
    expect(page.locator(".seed-rows [data-bar='']")).to_have_count(len(made))
    assert complaints(page) == []
    act(page, "take").click()
    expect(page.locator("[data-sync=stored]")).to_be_visible()
    taken = stored(page, plan)
    for blocks in made:
        (number,) = {taken["blocks"][str(block)] for block in blocks}
        assert taken["grids"][str(number)]["kind"] == "dedicated"
    left = {taken["blocks"][str(block)] for block in schools[-1]}
    assert {taken["grids"][str(number)]["kind"] for number in left} == {"base"}


@pytest.mark.parametrize(("language", "phone"), [("zh", False), ("en", True)], ids=["zh desktop", "en phone"])
def test_one_compares_and_submits_and_another_sends_back_and_approves(open_page: OpenPage, community, language, phone):
    page = open_page("planner", language=language, phone=phone)
    plan = begun(page, community)
    one_block_moved(page, plan)
    opened(page, plan, "compare", f"?lang={language}")
    expect(page.locator("[data-consequences]")).to_be_visible()
    expect(page.locator("[data-consequences] .figure b").first).not_to_have_text("0")
    page.locator(".segment:has(input[value=swipe])").click()
    line = page.locator(".swipe-range")
    line.focus()
    page.keyboard.press("Home")
    expect(line).to_have_value("0")
    assert complaints(page) == []
    with page.expect_download() as download:
        page.locator("[data-file=xlsx]").click()
    assert download.value.suggested_filename.endswith(".xlsx")

    choose(page, "publish")
    expect(page.locator(".swipe")).to_have_count(0)
    act(page, "submit").click()
    expect(page.locator("[data-state=submitted]")).to_be_visible()
    expect(act(page, "approve")).to_be_disabled()  # nobody approves what they have drawn
    expect(act(page, "approve").locator("xpath=following-sibling::p")).to_be_visible()
    assert complaints(page) == []

    other = show(open_page("subdistrict_staff", language=language, phone=phone), f"?lang={language}")
    opened(other, plan, "compare", f"?lang={language}")
    expect(other.locator("[data-consequences]")).to_be_visible()
    choose(other, "publish")
    act(other, "return").click()  # without a reason it stays
    expect(other.locator("[data-state=submitted]")).to_be_visible()
    other.locator("#plan-note-return").fill("请再看东侧")
    act(other, "return").click()
    expect(other.locator("[data-state=draft]")).to_contain_text("请再看东侧")

    page.reload()
    choose(page, "publish")
    expect(page.locator("[data-state=draft]")).to_contain_text("请再看东侧")
    act(page, "submit").click()
    expect(page.locator("[data-state=submitted]")).to_be_visible()
    other.reload()
    choose(other, "publish")
    other.locator("#plan-from").fill(today().isoformat())
    act(other, "approve").click()
    other.locator("dialog .button-danger").click()
    expect(other.locator("[data-state=in_force]")).to_be_visible()
    assert complaints(other) == []


def test_the_line_between_before_and_the_plan_cuts_through_a_block(open_page: OpenPage, community):
    page = show(open_page("planner"))
    plan = begun(page, community)
    block = one_block_moved(page, plan)
    opened(page, plan, "compare")
    expect(page.locator("[data-consequences]")).to_be_visible()
    ground = page.request.get(f"/api/v1/plans/{plan}/ground").json()
    x, y = Desk(page, plan, ground).pixel(block)

    page.locator(".segment:has(input[value=swipe])").click()

    def seen(line: float) -> tuple[bytes, ...]:
        """A few pixels of the block, left and right of its middle, at rest, with the line at a place of the screen."""
        page.evaluate(LINE_AT, line)
        before: tuple[bytes, ...] = ()
        while True:
            page.wait_for_timeout(700)
            now = tuple(page.screenshot(clip={"x": x + at, "y": y - 3, "width": 6, "height": 6}) for at in (-8, 3))
            if now == before:
                return now
            before = now

    former, planned = seen(x + 60), seen(x - 60)
    assert former[0] != planned[0]
    assert former[1] != planned[1]
    assert seen(x) == (former[0], planned[1])


@pytest.mark.parametrize(("language", "phone"), [("zh", False), ("en", True)], ids=["zh desktop", "en phone"])
def test_the_map_of_two_days_shows_other_grids(open_page: OpenPage, community, language, phone):
    page = open_page("planner", language=language, phone=phone)
    plan = begun(page, community)
    one_block_moved(page, plan)
    day, yesterday = today().isoformat(), (today() - timedelta(days=1)).isoformat()
    publish(open_page, page, plan, day)
    assert codes_of(page, yesterday, community).keys() != codes_of(page, day, community).keys()

    show(page, f"?lang={language}#on={yesterday}")
    expect(page.locator(".day-banner")).to_be_visible()
    expect(page.locator(f".arrival[data-day='{day}']")).to_be_visible()
    expect(page).to_have_url(re.compile(f"#on={yesterday}$"))
    assert complaints(page) == []
    page.locator(f".arrival[data-day='{day}']").click()
    expect(page.locator(".day-banner")).to_be_hidden()
    expect(page).to_have_url(re.compile(f"#on={day}$"))
    page.locator("#day-of-map").fill(yesterday)
    expect(page.locator(".day-banner")).to_be_visible()
    page.locator(".day-banner [data-day=today]").click()
    expect(page.locator(".day-banner")).to_have_count(0)
    expect(page).not_to_have_url(re.compile("#on="))


def test_a_grid_tells_what_it_came_from_and_leads_there(open_page: OpenPage, live_server: LiveServer, community):
    page = open_page("planner")
    plan = begun(page, community)
    one_block_moved(page, plan)
    publish(open_page, page, plan, today().isoformat())
    child = ask(live_server.database.owner, f"SELECT min(child_id) FROM grid_parents WHERE plan_id = '{plan}'")
    show(page, f"?sel=grid:{child}")
    page.locator("[data-act-for=dates]").click()
    card = page.locator(f".day-card[data-grid='{child}']")
    expect(card).to_be_visible()
    parent = card.locator("[data-relative]").first.get_attribute("data-relative")
    card.locator("[data-relative]").first.click()
    expect(page.locator(f".day-card[data-grid='{parent}']")).to_be_visible()
    expect(page.locator(".day-banner")).to_be_visible()
    expect(page.locator(f".day-card [data-relative='{child}']")).to_be_visible()  # what it became
    page.locator(f".day-card [data-relative='{child}']").click()
    expect(card).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".day-banner")).to_have_count(0)


def test_a_plan_is_withdrawn_before_its_day(open_page: OpenPage, community):
    page = open_page("planner")
    plan = begun(page, community)
    one_block_moved(page, plan)
    publish(open_page, page, plan, (today() + timedelta(days=30)).isoformat())
    opened(page, plan, "publish")
    expect(page.locator("[data-state=approved]")).to_be_visible()
    name = stored(page, plan)["name"]
    day = (today() + timedelta(days=30)).isoformat()
    show(page, f"#on={day}")
    expect(page.locator(".day-banner")).to_contain_text(name)  # counted in
    expect(page.locator(f".arrival[data-day='{day}']")).to_contain_text(name)
    opened(page, plan, "publish")
    page.locator("#plan-note-withdraw").fill("暂缓")
    act(page, "withdraw").click()
    expect(page.locator("[data-state=withdrawn]")).to_contain_text("暂缓")
    expect(page.locator(".plan-story li.done")).to_have_count(4)  # it had been approved
    expect(page.get_by_text("没有妨碍生效的问题")).to_have_count(0)
    expect(act(page, "undo")).to_have_count(0)  # it has done nothing that could be undone
    assert stored(page, plan)["state"] == "withdrawn"
    assert complaints(page) == []


def test_a_published_plan_is_undone_by_a_draft_of_what_was_before(open_page: OpenPage, community):
    page = open_page("planner")
    plan = begun(page, community)
    one_block_moved(page, plan)
    publish(open_page, page, plan, today().isoformat())
    opened(page, plan, "compare")
    expect(page.locator(".segment:has(input[value=before])")).to_be_visible()
    expect(page.locator(".plan-part > [role=status]")).to_contain_text(re.compile("斜线部分：1 个"))
    choose(page, "publish")
    act(page, "undo").click()
    expect(page).not_to_have_url(re.compile(plan))
    expect(page.locator("[data-tab=publish]")).to_be_visible()
    choose(page, "compare")
    expect(page.locator("[data-consequences]")).to_be_visible()


def test_a_route_whose_grid_was_redrawn_is_planned_anew_with_one_press(
    open_page: OpenPage, live_server: LiveServer, community
):
    page = open_page("planner")
    plan = begun(page, community)
    one_block_moved(page, plan)
    publish(open_page, page, plan, today().isoformat())
    owner = live_server.database.owner
    route = ask(owner, f"""
        SELECT min(r.id) FROM patrol_routes r JOIN grids g ON g.id = r.grid_id
        WHERE g.community_id = {community} AND r.redrawn_on = '{today()}'
    """)  # fmt: skip
    show(page, f"?sel=patrol-route:{route}")
    note = page.locator("[role=note].plan-reason")
    expect(note).to_be_visible()
    page.locator("[data-act-for=patrol]").click()
    expect(note).to_be_visible()
    assert complaints(page) == []
    page.get_by_role("button", name="重新规划").click()
    expect(note).to_have_count(0)
    page.get_by_role("button", name="保存修改").click()
    expect(page.locator(".toast").filter(has_text="已保存")).to_be_visible()
    expect(note).to_have_count(0)
    assert ask(owner, f"SELECT redrawn_on IS NULL AND version > 1 FROM patrol_routes WHERE id = {route}")


def test_an_approval_whose_answer_is_lost_is_told_as_what_it_has_become(open_page: OpenPage, watch: Watch, community):
    watch.allow("ERR_FAILED")
    other = before_the_approver(open_page, community)
    held: list[Route] = []
    other.route("**/approve", lambda route: held.append(route))  # noqa: PLW0108 (Playwright asks a function of Python)
    other.locator("#plan-from").fill(today().isoformat())
    act(other, "approve").click()
    other.locator("dialog .button-danger").click()
    expect(act(other, "approve")).to_be_disabled()  # pressed once, it says what goes on
    expect(act(other, "approve").locator("xpath=following-sibling::p")).to_contain_text("正在生效")
    held[0].fetch()
    held[0].abort()
    expect(other.locator("[data-state=in_force]")).to_be_visible()
    expect(other.locator(".toast").filter(has_text="已生效")).to_be_visible()


def test_a_plan_that_could_not_come_into_force_on_its_day_says_why_and_is_withdrawn(
    open_page: OpenPage, live_server: LiveServer, watch: Watch, community
):
    watch.allow("409")
    page = open_page("planner")
    plan = begun(page, community)
    one_block_moved(page, plan)
    publish(open_page, page, plan, (today() + timedelta(days=30)).isoformat())
    lost = "blocks - (SELECT min(block) FROM jsonb_object_keys(blocks) block)"
    ask(
        live_server.database.owner,
        f"UPDATE grid_plans SET valid_from = valid_from - 31, blocks = {lost} WHERE id = '{plan}'",
    )
    opened(page, plan, "publish")
    alert = page.locator(".plan-reason[role=alert]")
    expect(alert).to_contain_text("尚未生效")
    expect(alert).to_contain_text("还有划分单元不属于任何网格")
    assert complaints(page) == []
    act(page, "withdraw").click()
    expect(page.locator("[data-state=withdrawn]")).to_be_visible()


def test_an_undo_whose_answer_is_lost_begins_one_draft_though_it_is_pressed_again(
    open_page: OpenPage, live_server: LiveServer, watch: Watch, community
):
    watch.allow("ERR_FAILED")
    page = open_page("planner")
    plan = begun(page, community)
    one_block_moved(page, plan)
    publish(open_page, page, plan, today().isoformat())
    opened(page, plan, "publish")
    page.route("**/undo", lambda route: (route.fetch(), route.abort()), times=1)
    act(page, "undo").click()
    expect(page.locator(".toast-error")).to_be_visible()
    act(page, "undo").click()
    expect(page).not_to_have_url(re.compile(plan))
    assert ask(live_server.database.owner, f"SELECT count(*) FROM grid_plans WHERE parent_id = '{plan}'") == 1


def test_a_plan_that_is_withdrawn_meanwhile_is_shown_so_though_somebody_types(open_page: OpenPage, community):
    other = before_the_approver(open_page, community)
    other.locator("#plan-note-return").fill("请再看东侧")
    plan = other.url.partition("plan=")[2].partition("&")[0]
    send(open_page("planner"), "POST", f"/plans/{plan}/withdraw", {"note": "下次再议"})
    expect(other.locator("[data-state=withdrawn]")).to_be_visible()
    expect(act(other, "return")).to_have_count(0)
    choose(other, "compare")
    expect(other.locator("[data-file=xlsx]")).to_be_visible()
    expect(other.locator("a[href$=notices]")).to_have_count(0)


def test_what_was_typed_is_still_there_when_a_step_fails(open_page: OpenPage, watch: Watch, community):
    watch.allow("ERR_FAILED")
    other = before_the_approver(open_page, community)
    other.route("**/return", lambda route: route.abort())
    other.locator("#plan-note-return").fill("请再看东侧")
    act(other, "return").click()
    expect(other.locator(".toast-error")).to_be_visible()
    expect(other.locator("#plan-note-return")).to_have_value("请再看东侧")
    expect(act(other, "return")).to_be_enabled()


def test_what_forbids_a_plan_stands_beside_the_button_that_cannot_be_pressed(open_page: OpenPage, community):
    page = show(open_page("planner"))
    plan = begun(page, community)
    document = stored(page, plan)
    block, grid = next((int(block), grid) for block, grid in document["blocks"].items() if grid != NO_GRID)
    opened(page, plan, "publish")
    expect(act(page, "submit")).to_be_enabled()
    version = put(page, plan, block, [grid, NO_GRID], document["version"])
    page.reload()
    choose(page, "publish")
    expect(page.locator("[data-fault=unassigned]")).to_be_visible()
    expect(act(page, "submit")).to_be_disabled()
    expect(page.locator(".plan-act .plan-reason")).to_be_visible()
    put(page, plan, block, [NO_GRID, grid], version)
    page.reload()
    choose(page, "publish")
    expect(page.locator("[data-fault=unassigned]")).to_have_count(0)
    expect(act(page, "submit")).to_be_enabled()


def before_the_approver(open_page: OpenPage, community: int) -> Page:
    """A submitted plan, open before whoever may approve it."""
    page = open_page("planner")
    plan = begun(page, community)
    one_block_moved(page, plan)
    send(page, "POST", f"/plans/{plan}/submit", {})
    other = open_page("subdistrict_staff")
    opened(other, plan, "publish")
    return other


def publish(open_page: OpenPage, page: Page, plan: str, day: str) -> None:
    """Submit the plan, and let somebody else approve it from a day on, by the API."""
    send(page, "POST", f"/plans/{plan}/submit", {})
    other = open_page("subdistrict_staff")
    send(other, "POST", f"/plans/{plan}/approve", {"valid_from": day})
    other.context.close()


def codes_of(page: Page, day: str, community: int) -> dict[int, str]:
    """The codes of a community's grids that were in force on a day, by their ids."""
    features = page.request.get(f"/api/v1/grids/on/{day}").json()["features"]
    return {one["id"]: one["properties"]["code"] for one in features if one["properties"]["community_id"] == community}
