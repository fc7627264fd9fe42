"""A person's way through a real OpenID Connect provider and back, in a server that has one."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page

from app.accounts.models import Role
from tests.browser.test_accessibility import complaints
from tests.fixtures.browsing import log_in
from tests.fixtures.database import Server
from tests.fixtures.oidc import CLIENT, NAME, RETURN, running_provider, write_secret
from tests.fixtures.web import LiveServer, free_port, serving

pytestmark = pytest.mark.browser
ROLE = Role.COORDINATOR


@pytest.fixture(scope="module")
def live_server(server: Server, worker_id: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """`wangge serve` with a provider."""
    home, port = tmp_path_factory.mktemp("oidc"), free_port()
    with running_provider(f"http://127.0.0.1:{port}{RETURN}") as issuer:
        settings = {
            "WANGGE_OUTGOING": issuer,
            "WANGGE_OIDC_ISSUER": issuer,
            "WANGGE_OIDC_CLIENT_ID": CLIENT,
            "WANGGE_OIDC_CLIENT_SECRET_FILE": str(write_secret(home)),
            "WANGGE_OIDC_NAME": NAME,
        }
        database = server.copy(f"{worker_id}_oidc")
        with serving(database, home, port=port, **settings) as url:
            yield LiveServer(url, database)
        server.drop(database)


def at_provider(page: Page) -> None:
    page.get_by_label("Account").fill("u-1024")
    page.get_by_role("button", name="Enter").click()


def test_connect_log_in_by_the_provider_and_disconnect(open_page: Callable[..., Page], live_server: LiveServer, watch):
    watch.others.append("http://127.0.0.1:")
    watch.allow("401")
    page = open_page()
    page.goto("/login")
    assert complaints(page) == []
    log_in(page, live_server, ROLE)
    page.goto("/account")
    page.get_by_text("关联账号", exact=True).click()
    page.locator("#connect-password").fill(live_server.password)
    assert complaints(page) == []
    page.get_by_role("button", name=f"前往{NAME}").click()
    at_provider(page)
    page.get_by_text(f"关联成功，今后可使用{NAME}登录。").wait_for()
    page.get_by_role("button", name="退出登录").click()

    page.goto("/rights")
    page.wait_for_url(re.compile("/login"))
    page.get_by_role("link", name=f"使用{NAME}登录").click()
    page.wait_for_url(re.compile("/rights$"))  # who is still logged in there is not asked again

    page.goto("/account")
    page.get_by_text("解除关联", exact=True).click()
    page.locator("#disconnect-password").fill(live_server.password)
    assert complaints(page) == []
    page.get_by_role("button", name="确认解除关联").click()
    page.get_by_text("已解除关联。").wait_for()
    page.get_by_role("button", name="退出登录").click()
    page.get_by_role("link", name=f"使用{NAME}登录").click()
    page.get_by_text("用户名或密码不正确。").wait_for()
