"""Exports and duty as people do them: two persons at two browsers, and a switch in the menu at one's name."""

from collections.abc import Callable
from pathlib import Path

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Page, expect

from tests.browser.test_accessibility import complaints
from tests.browser.test_map import show
from tests.fixtures.database import ask
from tests.fixtures.web import LiveServer

pytestmark = pytest.mark.browser
OpenPage = Callable[..., Page]
PURPOSE = "高温天气走访独居老人，需要打印名单"


def test_one_asks_another_approves_and_the_first_downloads(open_page: OpenPage, tmp_path: Path):
    asks = open_page("coordinator")
    asks.goto("/exports")
    expect(asks.get_by_role("link", name="数据导出")).to_have_attribute("aria-current", "page")
    asks.get_by_text("您没有进行中的申请。").wait_for()
    asks.locator("#place").select_option(index=1)
    asks.get_by_label("80岁以上独居").check()
    asks.get_by_label("用途说明").fill(PURPOSE)
    asks.get_by_role("button", name="提交审批").click()
    asks.get_by_text("申请已提交，等待他人审批。").wait_for()
    assert complaints(asks) == []

    decides = open_page("community_staff")
    decides.goto("/exports")
    card = decides.get_by_role("article").filter(has_text=PURPOSE)
    card.get_by_role("button", name="驳回").click()
    decides.get_by_text("请写明理由，以便申请人了解。").wait_for()
    assert complaints(decides) == []
    decides.get_by_role("article").filter(has_text=PURPOSE).get_by_role("button", name="批准").click()
    decides.get_by_text("审批结果已保存并留痕。").wait_for()
    decides.get_by_role("row").filter(has_text="已批准").wait_for()

    asks.reload()
    with asks.expect_download() as coming:
        asks.get_by_role("button", name="下载").click()
    coming.value.save_as(tmp_path / "list.xlsx")
    rows = list(load_workbook(tmp_path / "list.xlsx").active.iter_rows(values_only=True))
    assert "不得外传" in rows[0][0]
    assert rows[1] == ("地址", "房号", "姓名", "标记")
    asks.reload()
    asks.get_by_text("还可下载2次").wait_for()


@pytest.mark.parametrize(("language", "phone"), [("zh", True), ("en", False)])
def test_the_page_of_exports_fits_and_is_accessible(open_page: OpenPage, language: str, phone: bool):
    page = open_page("community_staff", language=language, phone=phone)
    page.goto(f"/exports?lang={language}")
    assert complaints(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_position_is_sent_while_on_duty_and_deleted_when_it_ends(open_page: OpenPage, live_server: LiveServer):
    owner = live_server.database.owner
    lon, lat = ask(
        owner,
        """SELECT ARRAY[ST_X(p), ST_Y(p)] FROM (SELECT ST_PointOnSurface(g.geom) AS p FROM grids g
           JOIN appointments a ON a.grid_id = g.id WHERE a.role = 'grid_worker') place""",
    )
    place = {"longitude": lon, "latitude": lat}
    page = show(open_page("grid_worker", phone=True, geolocation=place, permissions=["geolocation"]))
    page.get_by_role("button", name="当前用户").tap()
    with page.expect_response("**/api/v1/me/position") as sent:
        page.get_by_role("menuitemcheckbox", name="在岗：共享我的位置").tap()
    assert sent.value.status == 204
    expect(page.locator(".duty-badge")).to_have_text("在岗")
    assert complaints(page) == []
    assert ask(owner, "SELECT count(*) FROM duty_positions") == 1

    page = show(page)
    expect(page.locator(".duty-badge")).to_have_text("在岗")
    page.get_by_role("button", name="当前用户").tap()
    page.get_by_role("menuitemcheckbox", name="在岗：共享我的位置").tap()
    page.get_by_text("您已离岗，位置已删除。").wait_for()
    expect(page.locator(".duty-badge")).to_be_hidden()
    assert ask(owner, "SELECT count(*) FROM duty_positions") == 0
