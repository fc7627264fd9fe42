"""What if, by the people who plan: a station is dragged and the households follow; roads are closed; it is shared."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from tests.fixtures.browsing import PATIENCE
from tests.fixtures.web import LiveServer

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("patience")]
OpenPage = Callable[..., Page]
WAY = 150  # pixels that a station is dragged


@pytest.fixture
def town(live_server: LiveServer):
    engine = create_engine(live_server.database.owner, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("DELETE FROM scenarios"))
        yield connection
        connection.execute(text("DELETE FROM scenarios"))


@pytest.fixture
def station(town):
    """A service station with homes around it."""
    return town.execute(
        text("""
            SELECT s.id, s.name, ST_X(s.geom) AS lon, ST_Y(s.geom) AS lat FROM stations s
            WHERE s.kind = 'service_station' ORDER BY (
                SELECT count(*) FROM entrances e WHERE ST_DWithin(e.geom, s.geom, 0.002)) DESC, s.id LIMIT 1
        """)
    ).one()


def start(page: Page, language: str, station) -> Page:
    """The act on the station, from its panel."""
    page.goto(f"/?lang={language}&at=16/{station.lat:.6f}/{station.lon:.6f}&sel=station:{station.id}")
    expect(page.locator("body[data-ready=true]")).to_be_attached(timeout=PATIENCE)
    page.locator("[data-act-for=whatif]").click()
    expect(handle(page, station)).to_be_visible()
    expect(count(page, 10)).to_have_text(re.compile(r"\d"))
    return page


def handle(page: Page, station):
    return page.locator(f"[data-handle='{station.id}']")


def count(page: Page, minutes: int, column: int = 1):
    """A figure of the table: 0 today, 1 in the scenario, 2 the change."""
    return page.locator(f".scenario-table tr[data-minutes='{minutes}'] td").nth(column)


def middle(locator) -> tuple[float, float]:
    box = locator.bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def drag(page: Page, station) -> None:
    x, y = middle(handle(page, station))
    page.mouse.move(x, y)
    page.mouse.down()
    for step in range(1, 6):
        page.mouse.move(x - WAY * step / 5, y)
    page.mouse.up()


def content_of(town):
    return town.scalar(text("SELECT content FROM scenarios"))


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_station_is_dragged_and_the_households_change(open_page: OpenPage, town, station, language):
    page = start(open_page("coordinator"), language, station)
    today = count(page, 3, 0)
    expect(today).to_have_text(re.compile(r"^[\d,]+$"))
    expect(count(page, 3)).to_have_text(today.inner_text())
    before = count(page, 3).inner_text()
    drag(page, station)
    expect(count(page, 3)).not_to_have_text(before)
    expect(count(page, 3, 2)).to_have_text(re.compile(r"^[+−]\d"))
    expect(page.locator(".cover-figures .figure")).to_have_count(4)
    expect(page.locator(".change-list li")).to_have_count(1)
    page.locator("[data-tool=save]").click()
    expect(page.locator(".toast").first).to_contain_text("情景已保存" if language == "zh" else "is saved")
    moved = content_of(town)["moved"]
    assert [one["id"] for one in moved] == [station.id]
    assert moved[0]["lon"] < station.lon
    place = town.execute(text("SELECT ST_X(geom), ST_Y(geom) FROM stations WHERE id = :id"), {"id": station.id}).one()
    assert tuple(place) == (station.lon, station.lat)
    shared = page.url
    assert "#whatif=" in shared
    other = open_page("planner", language=language)
    other.goto(shared)
    expect(handle(other, station)).to_be_visible()
    expect(other.locator("#scenario-name")).not_to_have_value("")


def test_arrow_keys_move_a_station_and_undo_brings_it_back(open_page: OpenPage, station):
    page = start(open_page("planner"), "zh", station)
    expect(handle(page, station)).to_be_focused()
    before = count(page, 3).inner_text()
    for _ in range(5):
        page.keyboard.press("Shift+ArrowLeft")
    expect(page.locator(".change-list li")).to_have_count(1)
    expect(count(page, 3)).not_to_have_text(before)
    page.locator("[data-step=undo]").click()
    expect(page.locator(".change-list li")).to_have_count(0)
    expect(count(page, 3)).to_have_text(before)
    page.locator("[data-step=redo]").click()
    expect(page.locator(".change-list li")).to_have_count(1)


def test_a_flood_is_drawn_and_a_station_closed(open_page: OpenPage, town, station):
    page = start(open_page("coordinator"), "en", station)
    before = count(page, 10).inner_text()
    x, y = middle(handle(page, station))
    page.locator("[data-tool=flood]").click()
    expect(page.locator("#map-hint")).to_be_visible()
    for dx, dy in [(-80, 40), (-10, 40), (-10, 140), (-80, 140)]:
        page.mouse.click(x + dx, y + dy)
        page.mouse.move(x + dx + 5, y + dy + 5)
    page.locator("#map-hint .button-main").click()
    expect(page.locator(".change-list li")).to_have_count(1)
    expect(count(page, 10)).not_to_have_text(before)
    page.locator(".change-list input").fill("Underpass")
    page.locator("#cover-within").select_option("10")  # nobody lives within three minutes of this station
    page.locator("[data-tool=shut]").click()
    expect(page.locator(".change-list li")).to_have_count(2)
    expect(page.locator(".cover-figures [data-sign='-1']").last).to_be_visible()
    page.locator("[data-tool=save]").click()
    expect(page.locator(".toast").first).to_be_visible()
    content = content_of(town)
    assert content["shut"] == [station.id]
    assert [(one["shape"], one["note"]) for one in content["closures"]] == [("flood", "Underpass")]


def test_on_a_phone_a_new_station_and_an_incident_are_put(open_page: OpenPage, station):
    page = start(open_page("coordinator", phone=True), "zh", station)
    page.locator("[data-tool=station]").click()
    page.locator("#map-hint .button-main").click()
    expect(page.locator(".handle-added")).to_be_visible()
    page.locator("[data-tool=incident]").click()
    page.locator("#map-hint .button-main").click()
    expect(page.locator(".handle-incident")).to_be_visible()
    expect(page.locator(".change-list li")).to_have_count(2)
    page.locator("[data-tool=save]").click()
    expect(page.locator(".toast").first).to_contain_text("情景已保存")


def test_who_saves_second_chooses_and_loses_nothing(open_page: OpenPage, watch, town, station):
    watch.allow("412")
    page = start(open_page("coordinator"), "zh", station)
    page.locator("[data-tool=shut]").click()
    page.locator("[data-tool=save]").click()
    expect(page.locator(".toast").first).to_be_visible()
    town.execute(text("UPDATE scenarios SET version = version + 1, name = '对方的名称'"))
    page.locator("#scenario-name").fill("我的名称")
    page.locator("[data-tool=save]").click()
    dialog = page.locator("dialog")
    expect(dialog).to_contain_text("名称")
    dialog.locator(".button-main").click()
    expect(page.locator("#scenario-name")).to_have_value("我的名称（副本）")
    assert set(town.scalars(text("SELECT name FROM scenarios"))) == {"对方的名称", "我的名称（副本）"}


def test_a_scenario_is_deleted_and_brought_back(open_page: OpenPage, town, station):
    page = start(open_page("coordinator"), "zh", station)
    page.locator("[data-tool=save]").click()
    page.locator("[data-tool=delete]").click()
    expect(page.locator("#panel .empty")).to_be_visible()
    assert content_of(town) is None
    page.locator(".toast-undo").click()
    expect(page.locator("#panel .scenario")).to_be_visible()
    assert content_of(town) is not None


def test_corners_pressed_before_the_drawing_tool_is_there_are_not_lost(open_page: OpenPage, station):
    page = open_page("coordinator")
    held = []
    page.route("**/js/map/draw.js", lambda route: held.append(route))  # noqa: PLW0108 (Playwright looks at its arguments)
    page = start(page, "zh", station)
    x, y = middle(handle(page, station))
    page.locator("[data-tool=flood]").click()
    expect(page.locator("#map-hint")).to_be_visible()
    for dx, dy in [(-80, 40), (-10, 40), (-10, 140)]:
        page.mouse.click(x + dx, y + dy)
    page.locator("#map-hint .button-main").click()
    expect(page.locator("#map-hint")).to_be_visible()
    expect(page.locator(".change-list li")).to_have_count(0)
    for route in held:
        route.continue_()
    expect(page.locator("#map-hint")).to_be_hidden()
    expect(page.locator(".change-list li")).to_have_count(1)


def test_a_drawing_tool_that_does_not_come_is_said_so_and_asked_again(open_page: OpenPage, watch, station):
    watch.allow("ERR_FAILED")
    page = open_page("coordinator")
    page.route("**/js/map/draw.js", lambda route: route.abort())
    page = start(page, "zh", station)
    page.locator("[data-tool=flood]").click()
    expect(page.locator(".toast").first).to_contain_text("无法连接服务器")
    expect(page.locator("#map-hint")).to_be_hidden()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_on_a_phone_the_numbers_stand_first_and_the_foot_takes_one_row(open_page: OpenPage, station, language):
    page = start(open_page("coordinator", phone=True), language, station)
    numbers = page.locator(".scenario-short")
    expect(numbers.locator(".chip-count")).to_have_count(4)
    expect(numbers.locator("p b")).to_contain_text("→")
    expect(numbers).to_be_in_viewport(ratio=1)
    page.locator("[data-tool=save]").click()
    expect(page.locator("[data-tool=delete]")).to_be_visible()
    boxes = [one.bounding_box() for one in page.locator(".scenario-foot button").all()]
    assert len(boxes) == 5
    assert max(box["y"] for box in boxes) - min(box["y"] + box["height"] for box in boxes) < 0
    assert all(box["x"] >= 0 and box["x"] + box["width"] <= 390 for box in boxes)
    assert all(box["width"] >= 44 and box["height"] >= 44 for box in boxes)
