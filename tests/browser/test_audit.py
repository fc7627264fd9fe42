"""The auditor's page in a browser: filter, details, export, verification; readable for everybody."""

import csv
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_accessibility import complaints
from tests.fixtures.database import ask
from tests.fixtures.web import LiveServer

pytestmark = pytest.mark.browser
OpenPage = Callable[..., Page]


def test_an_auditor_filters_opens_a_row_and_takes_the_rows_home(open_page: OpenPage, live_server: LiveServer):
    page = open_page("auditor")
    page.goto("/")
    expect(page).to_have_url(f"{live_server.url}/audit")
    page.get_by_label("操作").select_option(label="授予任职")
    page.get_by_role("button", name="筛选").click()
    granted = int(ask(live_server.database.owner, "SELECT count(*) FROM audit WHERE act = 'post.granted'"))
    rows = page.locator(".audit-rows > li")
    expect(rows).to_have_count(granted)
    expect(page.get_by_label("操作")).to_have_value("post.granted")
    first = rows.first
    first.locator("summary").click()
    expect(first.locator("dl")).to_contain_text("post.granted")
    with page.expect_download() as download:
        page.get_by_role("link", name="导出 CSV").click()
    path = Path(download.value.path())
    assert len(list(csv.reader(path.read_text("utf-8-sig").splitlines()))) == 1 + granted
    first.locator("dl a").nth(1).click()  # its subject: one person
    expect(rows).not_to_have_count(granted)
    page.get_by_role("link", name="显示全部").click()
    expect(page.get_by_text("导出了审计记录")).to_be_visible()


def test_the_button_verifies_the_chain(open_page: OpenPage):
    page = open_page("auditor", language="en")
    page.goto("/audit?lang=en")
    page.get_by_role("button", name="Verify all rows").click()
    expect(page.get_by_role("status").first).to_contain_text("rows verified: nothing was changed.")
    expect(page.get_by_text("sound", exact=True)).to_be_visible()


@pytest.mark.parametrize(
    ("language", "night", "phone"), [("zh", False, False), ("en", True, False), ("zh", True, True)]
)
def test_the_page_is_accessible_and_fits(open_page: OpenPage, language: str, *, night: bool, phone: bool):
    page = open_page("auditor", phone=phone, color_scheme="dark" if night else "light")
    for query in ("", "&act=nothing"):
        page.goto(f"/audit?lang={language}{query}")
        if not query:
            page.locator("summary").first.click()
        assert complaints(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
