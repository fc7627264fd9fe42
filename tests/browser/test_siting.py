"""Siting in the page: ask, see what each site newly covers, follow the proof, share it, begin again."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.fixtures.browsing import Watch

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("patience")]
OpenPage = Callable[..., Page]


@pytest.mark.parametrize(("language", "phone"), [("zh", False), ("en", True)], ids=["zh desktop", "en phone"])
def test_a_planner_finds_sites_and_sends_them_on(open_page: OpenPage, watch: Watch, language, phone):
    watch.allow("status of 422")
    page = open_page("coordinator", language=language, phone=phone)
    page.goto("/")
    page.locator("body[data-ready=true]").wait_for()
    page.locator("[data-act=siting]").click()
    page.locator("#siting-sites").fill("3")
    page.locator("#siting-minutes").fill("2")

    # A row that is no place is named before anything is asked; the last good question stays.
    page.locator(".siting-form summary").first.click()
    page.locator("#siting-list").fill("121.5, 31.2, A\nnowhere")
    page.locator(".siting-form button[type=submit]").click()
    expect(page.locator(".siting-form .field-error")).to_contain_text("nowhere")
    page.locator("#siting-list").fill("")
    page.locator("#siting-sites").fill("200")
    page.locator(".siting-form button[type=submit]").click()
    expect(page.locator(".siting-form .field-error")).to_contain_text(re.compile(r"\d+"))

    page.locator("#siting-sites").fill("3")
    page.locator("input[name=source][value=homes]").check()
    page.locator(".siting-form button[type=submit]").click()
    expect(page.locator(".siting-site")).to_have_count(3)
    newly = [int(re.sub(r"\D", "", text)) for text in page.locator(".siting-site .more b").all_inner_texts()]
    assert newly == sorted(newly, reverse=True)
    assert sum(newly) == int(re.sub(r"\D", "", page.locator(".figure b").last.inner_text()))
    expect(page.locator(".siting-proof")).to_be_visible()
    expect(page).to_have_url(re.compile(r"#siting=\d+$"))

    page.locator(".siting-site").nth(1).focus()
    page.keyboard.press("Enter")
    expect(page.locator(".siting-site").nth(1)).to_have_attribute("aria-pressed", "true")

    other = open_page("planner", language=language, phone=phone)
    other.goto(f"/{page.url[page.url.index('#') :]}")
    expect(other.locator(".siting-site")).to_have_count(3)
    expect(other.locator(".siting-flags")).to_have_count(0)  # a planner knows no flags

    with page.expect_download() as download:
        page.locator(".act-row .button").nth(3).click()
    assert download.value.suggested_filename.endswith(".csv")
    page.keyboard.press("Escape")
    expect(page.locator(".siting-site")).to_have_count(0)
    expect(page).not_to_have_url(re.compile("#siting"))
