"""A person's way through log-in: an authenticator app, a code, a recovery code, out everywhere."""

import re
from collections.abc import Callable, Iterator

import pyotp
import pytest
from playwright.sync_api import Page

from app.accounts.models import Role
from tests.browser.test_accessibility import complaints
from tests.fixtures.browsing import forget_app
from tests.fixtures.database import ask
from tests.fixtures.web import LiveServer

pytestmark = pytest.mark.browser
OpenPage = Callable[..., Page]
LEADER, AUDITOR = Role.GRID_LEADER, Role.AUDITOR


@pytest.fixture(autouse=True)
def no_app(live_server: LiveServer) -> Iterator[None]:
    """Nobody has an app before and after a test."""
    for role in (LEADER, AUDITOR):
        forget_app(live_server, role)
    yield
    for role in (LEADER, AUDITOR):
        forget_app(live_server, role)


def give_password(page: Page, live_server: LiveServer, role: Role, language: str = "zh") -> None:
    page.goto(f"/login?lang={language}")
    page.locator("#name").fill(live_server.user(role))
    page.locator("#password").fill(live_server.password)
    page.locator("main form button[type=submit]").first.click()
    page.wait_for_url(re.compile(r"^(?!.*/login(\?|$))"))


def give_code(page: Page, code: str, field: str = "#code") -> None:
    page.locator(field).fill(code)
    page.locator(field).press("Enter")


def test_from_an_app_by_code_and_recovery_code_to_out_everywhere(open_page: OpenPage, live_server: LiveServer, watch):
    watch.allow("401")  # what the other map still asks for when its session is over
    page = open_page(LEADER)
    page.goto("/account")
    page.get_by_role("link", name="立即设置").click()
    secret = page.locator("#secret").text_content() or ""
    assert page.locator(".step-picture svg").bounding_box()["width"] > 150
    page.locator("#password").fill(live_server.password)
    give_code(page, pyotp.TOTP(secret).now())
    page.locator(".step-codes li").first.wait_for()
    codes = page.locator(".step-codes code").all_text_contents()
    assert len(codes) == 10
    page.get_by_role("link", name="我已保存").click()
    page.get_by_text("已开启").wait_for()
    page.get_by_role("button", name="退出登录").click()

    give_password(page, live_server, LEADER)
    assert page.url.endswith("/login/code")
    # Its first code was used to enrol: let that be one step ago.
    ask(live_server.database.owner, "UPDATE second_factors SET last_step = last_step - 2")
    give_code(page, pyotp.TOTP(secret).now())
    page.wait_for_url(live_server.url + "/")

    elsewhere = open_page(phone=True)
    give_password(elsewhere, live_server, LEADER)
    elsewhere.get_by_text("手机不在身边？").tap()
    give_code(elsewhere, codes[0].lower(), "#recovery")
    elsewhere.wait_for_url(live_server.url + "/")
    page.goto("/account")
    page.get_by_text("恢复码还剩 9 个").wait_for()
    assert page.locator(".account-list li").count() >= 2
    page.get_by_role("button", name="退出所有设备").click()
    page.wait_for_url(re.compile("/login"))
    elsewhere.goto("/account")
    assert "/login" in elsewhere.url


@pytest.mark.parametrize(("language", "phone", "theme"), [("zh", False, "light"), ("en", True, "dark")])
def test_the_steps_and_the_account_are_accessible_and_fit(
    language: str, *, phone: bool, theme: str, open_page: OpenPage, live_server: LiveServer, watch
):
    watch.allow("401")  # a wrong code
    page = open_page(language=language, phone=phone, color_scheme=theme)

    def fine() -> None:
        assert complaints(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    give_password(page, live_server, AUDITOR, language)
    assert page.url.endswith("/account/second-factor")
    page.locator("summary").click()
    fine()
    secret = page.locator("#secret").text_content() or ""
    give_code(page, pyotp.TOTP(secret).now())
    page.locator(".step-codes li").first.wait_for()
    fine()
    page.locator("a.step-go").click()
    page.goto("/account")
    for more in page.locator("details.account-more summary").all():
        more.click()
    fine()
    page.goto("/account/password")
    fine()
    page.goto("/account")
    page.locator(".desk-tools button").click()
    give_password(page, live_server, AUDITOR, language)
    page.locator("summary").click()
    fine()
    give_code(page, "000000")
    page.get_by_role("alert").wait_for()
    fine()


def test_a_token_is_shown_once(open_page: OpenPage, live_server: LiveServer):
    page = open_page(LEADER)
    page.goto("/account")
    page.get_by_text("新建令牌").click()
    page.locator("#token-name").fill("每日统计")
    page.locator("#token-password").fill(live_server.password)
    page.get_by_role("button", name="生成令牌").click()
    token = page.locator("#token").text_content() or ""
    assert complaints(page) == []
    answer = page.request.get("/api/v1/me", headers={"Authorization": f"Bearer {token}"})
    assert answer.json()["role"] == LEADER
    page.goto("/account")
    assert token not in page.content()
    page.get_by_role("button", name="结束令牌 每日统计").click()
    page.get_by_text("该令牌已作废。").wait_for()
    assert page.request.get("/api/v1/me", headers={"Authorization": f"Bearer {token}"}).status == 401


def test_a_first_password_is_changed(open_page: OpenPage, live_server: LiveServer):
    owner, name = live_server.database.owner, live_server.user(LEADER)
    kept = ask(owner, f"SELECT password_hash FROM users WHERE name = '{name}'")
    ask(owner, f"UPDATE users SET must_change_password = true WHERE name = '{name}'")
    page = open_page()
    give_password(page, live_server, LEADER)
    assert page.url.endswith("/account/password")
    assert complaints(page) == []
    page.locator("#new").fill("a lantern by the river")
    page.locator("main form button[type=submit]").first.click()
    page.wait_for_url(live_server.url + "/")
    ask(owner, f"UPDATE users SET password_hash = '{kept}' WHERE name = '{name}'")


def test_a_map_whose_session_is_over_shows_nothing_any_more(open_page: OpenPage, live_server: LiveServer, watch):
    watch.allow("401")
    page = open_page(LEADER)
    page.goto("/")
    page.locator("#map canvas").wait_for()
    leader = f"(SELECT id FROM users WHERE name = '{live_server.user(LEADER)}')"
    ask(live_server.database.owner, f"UPDATE sessions SET ended_at = now() WHERE user_id = {leader}")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.wait_for_url(re.compile("/login"))
    assert page.locator("#map").count() == 0
