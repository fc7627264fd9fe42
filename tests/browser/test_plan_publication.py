"""From a suggestion to grids in force: one drafts, compares and submits, another approves; the map has two dates."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_accessibility import complaints
from tests.browser.test_map import show
from tests.fixtures.browsing import PATIENCE
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


@pytest.fixture
def community(live_server: LiveServer) -> int:
    return int(ask(live_server.database.owner, COMMUNITY))


def send(page: Page, path: str, body: dict[str, Any], **headers: str) -> dict[str, Any]:
    """Post to the API as the person whose page this is."""
    token = page.locator('meta[name="csrf-token"]').get_attribute("content") or ""
    answer = page.request.post(f"/api/v1{path}", data=body, headers={"X-CSRFToken": token, **headers})
    assert answer.ok, answer.text()
    return dict(answer.json())


def begun(page: Page, area: int) -> str:
    """The id of a new plan of an area."""
    name = str(uuid.uuid4())
    send(page, "/plans", {"id": name, "name": f"Plan {name[:4]}", "area_id": area})
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
    return int(send(page, f"/plans/{plan}/edits", body, **{"If-Match": f'"{version}"'})["version"])


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
    page = show(open_page("planner", language=language, phone=phone), f"?lang={language}")
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
