"""The watched browser itself."""

import pytest

pytestmark = pytest.mark.browser


def test_a_planner_logs_in_by_the_form(page, live_server):
    page.goto("/login")
    page.locator("input[name=name]").fill(live_server.user("planner"))
    page.locator("input[name=password]").fill(live_server.password)
    page.locator("form button[type=submit]").first.click()
    page.wait_for_url(f"{live_server.url}/")


def test_a_request_to_another_host_is_stopped_and_told(page, watch):
    page.goto("/login")
    page.evaluate("new Promise(done => { const i = new Image(); i.onerror = done; i.src = 'http://192.0.2.1/a.png' })")
    assert "left the host: http://192.0.2.1/a.png" in watch.verdict()
    watch.left_the_host.clear()
    watch.allow("Content Security Policy")


def test_an_error_on_the_console_is_told(page, watch):
    page.goto("/login")
    page.evaluate("console.error('spilt milk')")
    page.evaluate("setTimeout(() => { throw new Error('thrown') })")
    page.wait_for_timeout(200)
    assert "spilt milk" in watch.verdict()
    assert "thrown" in watch.verdict()
    watch.allow("spilt milk|thrown")
