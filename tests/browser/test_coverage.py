"""Coverage on the map page, as people who plan use it."""

import re

import pytest
from playwright.sync_api import expect

from tests.fixtures.browsing import PATIENCE

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("patience")]

QUESTION = "#coverage=-,police-liaison_station,foot,3,0,0"


def share(page):
    """The percentage that stands at the top of the panel."""
    text = page.locator(".coverage-share").inner_text()
    return float(text.replace("%", "").strip())


def begin(page, language="zh", hash_=""):
    page.goto(f"/?lang={language}{hash_}")
    expect(page.locator("body")).to_have_attribute("data-ready", "true")
    if not hash_:
        page.locator('[data-act="coverage"]').click()
    expect(page.locator(".coverage-share")).to_be_visible(timeout=PATIENCE)


def test_a_person_sees_the_coverage_change_with_the_preset(open_page):
    page = open_page("coordinator")
    begin(page)
    minute = share(page)
    bands = page.locator(".coverage-bands tbody tr")
    expect(bands).to_have_count(5)
    expect(bands.first).to_contain_text("30 秒内")
    page.locator(".coverage-view", has_text="10分钟服务圈").click()
    expect(bands.first).to_contain_text("5 分钟内")
    assert share(page) > minute
    assert "#coverage=service_10," in page.url
    rows = page.locator(".coverage-rows tbody tr")
    assert rows.count() > 1


def test_the_address_brings_the_question_back_and_ending_takes_it_away(open_page):
    page = open_page("planner", language="en")
    begin(page, "en", QUESTION)
    expect(page.locator(".coverage-head")).to_contain_text("within 3 min")
    expect(page.locator(".coverage-told")).to_have_text("A question of your own.")
    expect(page.get_by_text("Your role does not see which needs they have.")).to_be_visible()
    page.locator('[data-act="coverage"]').click()
    expect(page.locator("#panel")).to_be_hidden()
    assert "#coverage" not in page.url


def test_the_doors_outside_are_listed_and_leave_as_a_workbook(open_page):
    page = open_page("coordinator", language="en", phone=True)
    begin(page, "en", QUESTION)
    page.get_by_role("button", name="Their doors, one by one").click()
    doors = page.locator(".coverage-doors > li")
    expect(doors.first).to_contain_text("entrance")
    assert doors.count() <= 50
    with page.expect_download() as saved:
        page.get_by_role("button", name="As an Excel file").click()
    assert re.fullmatch(r"wangge-coverage-\d+\.xlsx", saved.value.suggested_filename)


def test_a_snapshot_is_kept_compared_and_deleted(open_page):
    page = open_page("coordinator", language="en")
    begin(page, "en", QUESTION)
    page.get_by_label("Name of the snapshot").fill("Before the works")
    page.get_by_role("button", name="Keep").click()
    row = page.locator(".coverage-snapshots li", has_text="Before the works")
    row.locator(".row").click()
    expect(page.locator("#panel-title")).to_have_text("Since “Before the works”")
    expect(page.locator(".coverage-legend")).to_contain_text("0 buildings")
    page.get_by_role("button", name="Close the panel").click()
    row.get_by_role("button", name="Delete the snapshot").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete", exact=True).click()
    expect(row).to_have_count(0)


def test_where_no_such_station_stands_the_panel_says_what_to_do(open_page):
    page = open_page("coordinator", language="en")
    begin(page, "en", "#coverage=-,-,foot,30,0,0")
    expect(page.locator(".coverage-nobody")).to_contain_text("No kind of station is chosen")
    page.locator(".coverage-nobody").get_by_role("button", name="Police").click()
    expect(page.locator(".coverage-nobody")).to_have_count(0)
    assert share(page) > 0


@pytest.mark.parametrize(("theme", "far"), [("day", "rgb(236, 233, 226)"), ("night", "rgb(42, 48, 57)")])
def test_on_a_phone_the_share_stands_first_and_who_is_far_is_quiet_with_a_broken_edge(open_page, theme, far):
    page = open_page("coordinator", phone=True)
    page.goto(f"/?lang=zh&theme={theme}{QUESTION}")
    expect(page.locator(".coverage-share")).to_be_visible(timeout=PATIENCE)
    expect(page.locator(".coverage-answer")).to_be_in_viewport(ratio=1)
    swatch = page.locator(".coverage-bands .cov-4")
    look = swatch.evaluate("one => [getComputedStyle(one).backgroundColor, getComputedStyle(one).borderStyle]")
    assert look == [far, "dashed"]
    expect(page.locator(".coverage-scale li")).to_have_text([re.compile(r"不足\s*1%"), *[re.compile("起")] * 5])
