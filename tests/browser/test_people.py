"""Users and posts in Chromium: a post is granted and ended by keyboard and by thumb, and counts at once."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from app.accounts.models import Role
from tests.browser.test_accessibility import complaints
from tests.fixtures.browsing import Watch
from tests.fixtures.town import USERS

pytestmark = pytest.mark.browser
OpenPage = Callable[..., Page]
WORKER = USERS[Role.GRID_WORKER]
MOST_STEPS = 60


def roles_of(page: Page) -> list[str]:
    """The roles that the user of the page holds with their next request."""
    return [post["role"] for post in page.request.get("/api/v1/me").json()["posts"]]


def tab_to(page: Page, wanted: Locator) -> None:
    """Press Tab until what is wanted has the focus."""
    for _ in range(MOST_STEPS):
        page.keyboard.press("Tab")
        if wanted.evaluate("element => element === document.activeElement"):
            return
    pytest.fail(f"the keyboard does not reach {wanted}")


def step_to(page: Page, chooser: Locator, value: str) -> None:
    """Tab to a list and press the down arrow until it holds the value."""
    tab_to(page, chooser)
    for _ in range(MOST_STEPS):
        if chooser.input_value() == value:
            return
        page.keyboard.press("ArrowDown")
    pytest.fail(f"the arrow does not reach {value}")


def community(page: Page) -> str:
    """The code of the worker's own community."""
    found = page.request.get(f"/api/v1/users?q={WORKER}").json()["users"][0]
    return str(found["posts"][0]["area"]["code"])


def test_an_officer_grants_and_ends_a_post_by_keyboard(open_page: OpenPage):
    worker, page = open_page("grid_worker"), open_page("security_officer")
    page.goto("/people")
    tab_to(page, page.get_by_label("姓名或用户名"))
    page.keyboard.type(WORKER)
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_role("link", name=WORKER))
    page.keyboard.press("Enter")
    step_to(page, page.get_by_label("角色"), "community_staff")
    step_to(page, page.get_by_label("区域", exact=True), community(page))
    tab_to(page, page.get_by_role("button", name="确认授予"))
    page.keyboard.press("Enter")
    expect(page.locator(".desk-message.good")).to_be_focused()
    expect(page.locator(".people-posts.in_force")).to_contain_text("社区工作人员")
    assert roles_of(worker) == ["grid_worker", "community_staff"]

    tab_to(page, page.get_by_role("link", name=re.compile("^终止任职 *社区工作人员")))
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_role("button", name="终止任职"))
    page.keyboard.press("Enter")
    expect(page.locator(".people-undo")).to_be_focused()
    assert roles_of(worker) == ["grid_worker"]
    tab_to(page, page.get_by_role("button", name="重新授予"))
    page.keyboard.press("Enter")
    expect(page.locator(".desk-message.good")).to_be_focused()
    assert roles_of(worker) == ["grid_worker", "community_staff"]
    end_last(page)
    assert roles_of(worker) == ["grid_worker"]


def end_last(page: Page) -> None:
    """End the post in force that was granted last, whatever language the page speaks."""
    page.locator(".people-posts.in_force .people-end").last.click()
    page.locator(".button-danger").click()
    page.locator(".people-undo").wait_for()


def test_an_officer_grants_a_post_on_a_phone(open_page: OpenPage):
    worker, page = open_page("grid_worker"), open_page("security_officer", language="en", phone=True)
    page.goto(f"/people?lang=en&q={WORKER}")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("link", name=WORKER).tap()
    page.get_by_label("Role").select_option("community_staff")
    page.get_by_label("Area", exact=True).select_option(community(page))
    page.get_by_role("button", name="Grant the post").tap()
    expect(page.locator(".desk-message.good")).to_contain_text("Community staff: the post is granted.")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert roles_of(worker) == ["grid_worker", "community_staff"]
    end_last(page)
    assert roles_of(worker) == ["grid_worker"]


def test_a_grid_is_asked_for_where_the_role_has_one_and_of_the_chosen_area_only(open_page: OpenPage):
    page = open_page("security_officer")
    page.goto(f"/people?q={WORKER}")
    page.get_by_role("link", name=WORKER).click()
    grid = page.locator("#grid")
    expect(grid).to_be_hidden()
    page.locator("#role").select_option("grid_leader")
    expect(grid).to_be_visible()
    page.locator("#area").select_option(community(page))
    expect(grid.locator("optgroup:enabled")).to_have_count(1)
    grid.select_option(index=1)
    page.locator("#role").select_option("planner")
    expect(grid).to_be_hidden()
    assert grid.input_value() == ""


def test_an_officer_is_offered_nothing_for_themselves(open_page: OpenPage):
    page = open_page("security_officer", language="en")
    page.goto(f"/people?lang=en&q={USERS[Role.SECURITY_OFFICER]}")
    page.get_by_role("link", name=USERS[Role.SECURITY_OFFICER]).click()
    expect(page.get_by_text("Nobody grants or ends a post of their own.")).to_be_visible()
    expect(page.locator("#grant-form, .people-end")).to_have_count(0)


@pytest.mark.parametrize(
    ("language", "phone", "theme"), [("zh", False, "light"), ("en", True, "dark"), ("en", False, "dark")]
)
def test_the_pages_are_accessible(open_page: OpenPage, watch: Watch, language: str, phone: bool, theme: str):
    watch.allow("422")  # the form with what is wrong
    officer = open_page("security_officer", language=language, phone=phone, color_scheme=theme)
    officer.goto(f"/people?lang={language}")
    found = complaints(officer)
    officer.get_by_role("link", name=WORKER).click()
    expect(officer.locator("#grant-form")).to_be_visible()
    found += complaints(officer)
    officer.locator("#role").select_option("grid_worker")
    officer.locator("#ends_on").evaluate("field => { field.min = ''; field.value = '2020-01-01'; }")
    officer.locator("#grant-form .button-main").click()
    expect(officer.locator("#ends_on")).to_be_focused()
    found += complaints(officer)
    officer.goto("/rights")
    found += complaints(officer)
    administrator = open_page("administrator", language=language, phone=phone, color_scheme=theme)
    administrator.goto(f"/people/new?lang={language}")
    found += complaints(administrator)
    assert found == []


def test_the_question_whether_a_post_ends_is_accessible(open_page: OpenPage):
    page = open_page("security_officer")
    page.goto(f"/people?q={WORKER}")
    page.get_by_role("link", name=WORKER).click()
    page.locator(".people-end").first.click()
    expect(page).to_have_url(re.compile("/end$"))
    assert complaints(page) == []


def test_the_head_of_the_rights_stays_in_sight(open_page: OpenPage):
    page = open_page("coordinator", language="en")
    page.set_viewport_size({"width": 1440, "height": 700})
    page.goto("/rights?lang=en")
    page.keyboard.press("End")
    head = page.get_by_role("columnheader", name="Auditor")
    expect(head).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.set_viewport_size({"width": 390, "height": 844})
    expect(page.locator(".rights-table")).to_be_hidden()
    mine = page.locator(".rights-roles details").first
    expect(mine).to_contain_text("Emergency coordinator")
    expect(mine.get_by_text("See incidents")).to_be_visible()
