"""Whom to call in a household: masked, shown for a reason and a minute, and found by the end of a phone."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.orm import Session as SqlSession
from sqlalchemy.pool import NullPool

from app.register.quota import QUOTA
from tests.app.test_register import a_home
from tests.app.test_unmasking import give_contact
from tests.browser.test_accessibility import complaints
from tests.browser.test_acts import show
from tests.fixtures.browsing import Watch
from tests.fixtures.web import LiveServer

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("patience")]
OpenPage = Callable[..., Page]
NAME, PHONE, TAIL = "欧阳示例", "13800007351", "7351"


@pytest.fixture
def town(live_server: LiveServer):
    """A connection to the live server's database that sees every commit; what is counted there is forgotten before."""
    engine = create_engine(live_server.database.owner, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("DELETE FROM unmaskings"))
        yield connection


@pytest.fixture
def home(town: Connection):
    """A household of the grid worker with a name and a phone that nobody else has."""
    with SqlSession(town) as session:
        found = a_home(session)
        give_contact(session, found.household, NAME, PHONE)
        dwelling = session.scalar(text("SELECT dwelling_id FROM households WHERE id = :id"), {"id": found.household})
        session.commit()
    return found, dwelling


def kept_in_the_browser(page: Page) -> str:
    return page.evaluate(
        "() => JSON.stringify([location.href, {...localStorage}, {...sessionStorage}, document.cookie, history.state])"
    )


def test_a_worker_sees_a_masked_contact_gives_a_reason_calls_and_it_is_masked_again(open_page: OpenPage, town, home):
    household, dwelling = home[0].household, home[1]
    page = open_page("grid_worker", phone=True)
    page.clock.install()
    show(page, "zh", f"&sel=building:{home[0].building}")
    page.locator(f"[data-dwelling='{dwelling}']").click()
    contact = page.locator(f".flag-editor[data-household='{household}'] .contact")
    expect(contact).to_contain_text("欧阳**")
    expect(contact).to_contain_text("138****7351")
    assert NAME not in page.content()
    contact.get_by_role("button", name="查看姓名和电话").click()
    dialog = page.get_by_role("dialog")
    dialog.locator("button[type=submit]").click()
    expect(dialog.get_by_role("alert")).to_contain_text("请选择查看原因")
    assert complaints(page) == []
    dialog.get_by_label("入户走访").check()
    dialog.locator("button[type=submit]").click()
    expect(contact).to_contain_text(NAME)
    expect(contact.get_by_role("link", name=f"拨打 {PHONE}")).to_have_attribute("href", f"tel:{PHONE}")
    assert complaints(page) == []
    assert NAME not in kept_in_the_browser(page)
    assert PHONE not in kept_in_the_browser(page)
    row = town.execute(
        text("SELECT subject_id, detail FROM audit WHERE act = 'household.unmasked' ORDER BY id DESC")
    ).first()
    assert (row.subject_id, row.detail) == (str(household), {"reason": "visit"})
    page.clock.fast_forward(61_000)
    expect(contact).to_contain_text("138****7351")
    assert NAME not in page.content()
    assert PHONE not in page.content()


def test_a_coordinator_finds_a_household_by_its_phone(open_page: OpenPage, watch: Watch, town, home):
    page = open_page("coordinator", language="en")
    asked: list[str] = []
    page.context.on("request", lambda request: asked.append(request.url))
    show(page, "en")
    search = page.get_by_role("combobox", name="Search")
    search.fill(TAIL)
    page.get_by_role("option", name=f"Households whose phone ends in {TAIL}").click()
    found = page.get_by_role("option", name=re.compile(r"欧阳\*\* · 138\*\*\*\*7351"))
    expect(found).to_be_visible()
    found.click()
    expect(page.locator(f"[data-dwelling='{home[1]}'][aria-pressed=true]")).to_be_visible()
    contact = page.locator(f".flag-editor[data-household='{home[0].household}'] .contact")
    expect(contact).to_contain_text("欧阳**")
    expect(search).to_have_value("")
    assert [url for url in asked if TAIL in url and "/tiles/" not in url] == []
    assert any(url.endswith("/households/find") for url in asked)

    contact.get_by_role("button", name="Show the name and the phone").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Another reason").check()
    watch.allow("422")
    dialog.get_by_label("In a few words").fill(f"calls {PHONE} back")
    dialog.locator("button[type=submit]").click()
    expect(dialog.get_by_role("alert")).to_contain_text("names no person and no number")
    dialog.get_by_label("In a few words").fill("the lift is out of order")
    dialog.locator("button[type=submit]").click()
    expect(contact).to_contain_text(NAME)
    contact.get_by_role("button", name="Hide").click()
    expect(contact).to_contain_text("138****7351")
    assert NAME not in page.content()


def test_who_has_looked_too_often_is_told_when_to_come_back(open_page: OpenPage, watch: Watch, town, home):
    count = "INSERT INTO unmaskings (user_id, act) SELECT id, 'unmask' FROM users, generate_series(1, :count) "
    town.execute(text(f"{count} WHERE name = 'test-coordinator'"), {"count": QUOTA["unmask"]})
    page = show(open_page("coordinator", language="en"), "en", f"&sel=building:{home[0].building}")
    page.locator(f"[data-dwelling='{home[1]}']").click()
    page.get_by_role("button", name="Show the name and the phone").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("An emergency").check()
    watch.allow("429")
    dialog.locator("button[type=submit]").click()
    expect(dialog.get_by_role("alert")).to_contain_text("200 times an hour")
    expect(dialog.get_by_role("alert")).to_contain_text("60 minutes")
    assert NAME not in page.content()


def test_who_may_not_see_households_is_offered_no_phone_to_look_for(open_page: OpenPage, home):
    asked: list[str] = []
    page = open_page("planner")
    page.context.on("request", lambda request: asked.append(request.url))
    show(page, "zh")
    page.get_by_role("combobox").fill(TAIL)
    expect(page.locator(".results-note, .result").first).to_be_visible()
    expect(page.get_by_text("电话尾号")).to_have_count(0)
    assert not any("/households/" in url for url in asked)
