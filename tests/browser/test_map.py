"""The map page, as people use it. A console error, or a request that leaves the host, fails the test of its page."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from pypinyin import Style, lazy_pinyin
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.pool import NullPool

from tests.fixtures.browsing import PATIENCE
from tests.fixtures.web import LiveServer

pytestmark = pytest.mark.browser
OpenPage = Callable[..., Page]


@pytest.fixture
def town(live_server: LiveServer):
    """A connection to the live server's database, to know what the page should show."""
    engine = create_engine(live_server.database.owner, poolclass=NullPool)
    with engine.connect() as connection:
        yield connection


def show(page: Page, query: str = "") -> Page:
    """The map, once it has drawn what is in view."""
    page.goto(f"/{query}")
    return drawn(page)


def drawn(page: Page) -> Page:
    expect(page.locator("body[data-ready=true]")).to_be_attached(timeout=PATIENCE)
    expect(page.locator("#progress")).to_be_hidden(timeout=PATIENCE)
    expect(page).to_have_url(re.compile("at="))
    return page


def number_of(connection: Connection, statement: str) -> int:
    return int(connection.execute(text(statement)).scalar_one())


def view_of(page: Page) -> tuple[float, float, float]:
    """Zoom, latitude and longitude in the address."""
    found = re.search(r"at=([\d.]+)/([\d.-]+)/([\d.-]+)", page.url)
    assert found, page.url
    return float(found[1]), float(found[2]), float(found[3])


def layer(page: Page, name: str):
    return page.locator(f"input[data-layer={name}]")


def test_the_map_draws_every_grid_and_its_legend_counts_them(open_page: OpenPage, town: Connection):
    page = show(open_page("coordinator"))
    grids = number_of(town, "SELECT count(*) FROM grids WHERE valid_to IS NULL")
    expect(page.locator(".layer", has=layer(page, "grids")).locator(".layer-count")).to_have_text(str(grids))
    page.keyboard.press("l")
    expect(page.locator(".list-rows .row")).to_have_count(grids, timeout=PATIENCE)


def test_the_legend_counts_stations_and_flags_as_the_register_does(open_page: OpenPage, town: Connection):
    page = show(open_page("coordinator"))
    police = number_of(town, "SELECT count(*) FROM stations WHERE kind = 'service_station'")
    row = page.locator("[data-legend=stations] li", has_text="服务站")
    expect(row.locator(".layer-count")).to_have_text(str(police))
    layer(page, "flags").check()
    infants = number_of(town, "SELECT count(*) FROM flags WHERE kind = 'infant' AND cleared_at IS NULL")
    flag = page.locator("[data-legend=flags] li", has=page.locator("[data-flag=infant]"))
    expect(flag.locator(".layer-count")).to_have_text(f"{infants:,}")


@pytest.mark.parametrize("style", [Style.NORMAL, Style.FIRST_LETTER], ids=["pinyin", "initials"])
def test_a_community_is_found_by_pinyin_and_the_map_goes_there(open_page: OpenPage, town: Connection, style: Style):
    name, number = town.execute(text("SELECT name, id FROM areas WHERE level = 'community' ORDER BY id LIMIT 1")).one()
    page = show(open_page("planner"))
    before = view_of(page)
    page.keyboard.press("/")
    page.keyboard.type("".join(lazy_pinyin(name, style=style)))
    found = page.get_by_role("option").filter(has_text=name).first
    expect(found).to_be_visible()
    found.click()
    expect(page.locator("#panel-title")).to_have_text(name)
    expect(page).to_have_url(re.compile(rf"sel=area:{number}\b"))
    expect(page).not_to_have_url(re.compile(re.escape(f"at={before[0]:.2f}/{before[1]:.5f}")))


def test_search_works_with_the_keyboard_alone_and_says_when_it_finds_nothing(open_page: OpenPage, town: Connection):
    code, name = town.execute(text("SELECT code, name FROM grids ORDER BY id LIMIT 1")).one()
    page = show(open_page("coordinator"))
    box = page.get_by_role("combobox", name="搜索")
    box.fill("没有这个地方吧")
    expect(page.locator(".results-note")).to_contain_text("没有这个地方吧")
    box.fill(code)
    expect(page.get_by_role("option").first).to_contain_text(name)
    box.press("Enter")
    expect(page.locator("#panel-title")).to_have_text(name)


def test_a_deep_link_restores_layers_selection_and_view_and_back_undoes(open_page: OpenPage, town: Connection):
    grid, name = town.execute(text("SELECT id, name FROM grids ORDER BY id LIMIT 1")).one()
    page = show(open_page("coordinator"), f"?layers=grids,flags&flags=infant,let&sel=grid:{grid}")
    expect(page.locator("#panel-title")).to_have_text(name)
    expect(layer(page, "flags")).to_be_checked()
    expect(layer(page, "stations")).not_to_be_checked()
    expect(page.locator("[data-flag=infant]")).to_be_checked()
    expect(page.locator("[data-flag=vacant]")).not_to_be_checked()
    layer(page, "stations").check()
    expect(page).to_have_url(re.compile("stations"))
    page.go_back()
    expect(layer(page, "stations")).not_to_be_checked()
    page.go_forward()
    expect(layer(page, "stations")).to_be_checked()
    address = page.url
    page.reload()
    drawn(page)
    expect(layer(page, "stations")).to_be_checked()
    expect(page.locator("#panel-title")).to_have_text(name)
    assert view_of(page) == pytest.approx(tuple(map(float, re.findall(r"at=([\d./-]+)", address)[0].split("/")[:3])))


def test_the_grid_panel_tells_households_against_the_target_and_the_vacant_posts(open_page: OpenPage, town: Connection):
    grid = number_of(town, "SELECT grid_id FROM posts GROUP BY grid_id ORDER BY count(holder), grid_id LIMIT 1")
    posts = text("SELECT count(*) FROM posts WHERE grid_id = :grid AND holder IS NULL")
    vacant = town.execute(posts, {"grid": grid}).scalar_one()
    page = show(open_page("coordinator"), f"?sel=grid:{grid}")
    expect(page.locator(".post")).to_have_count(5)
    expect(page.locator(".post-vacant")).to_have_count(vacant)


def test_the_building_panel_stacks_every_dwelling_of_every_entrance(open_page: OpenPage, town: Connection):
    building, dwellings, entrances = town.execute(
        text("""SELECT e.building_id, count(d.id), count(DISTINCT e.id) FROM entrances e
                JOIN dwellings d ON d.entrance_id = e.id GROUP BY 1 ORDER BY 3 DESC, 1 LIMIT 1""")
    ).one()
    page = show(open_page("coordinator"), f"?sel=building:{building}")
    expect(page.locator(".entrance")).to_have_count(entrances)
    expect(page.locator(".dwelling")).to_have_count(dwellings)
    planner = show(open_page("planner"), f"?sel=building:{building}")
    expect(planner.locator(".dwelling")).to_have_count(dwellings)
    expect(planner.locator("button.dwelling")).to_have_count(0)


def test_a_press_on_the_map_opens_the_panel_of_what_is_there(open_page: OpenPage, town: Connection):
    station, name, lon, lat = town.execute(
        text("SELECT id, name, ST_X(geom), ST_Y(geom) FROM stations WHERE kind = 'service_station' ORDER BY id LIMIT 1")
    ).one()
    page = show(open_page("coordinator"), f"?at=18/{lat}/{lon}&layers=stations")
    canvas = page.locator("#map canvas").first.bounding_box()
    assert canvas
    page.mouse.click(canvas["x"] + canvas["width"] / 2, canvas["y"] + canvas["height"] / 2)
    expect(page.locator("#panel-title")).to_have_text(name)
    expect(page).to_have_url(re.compile(rf"sel=station:{station}\b"))
    page.keyboard.press("Escape")
    expect(page.locator("#panel")).to_be_hidden()
    expect(page).not_to_have_url(re.compile("sel="))


def test_the_list_twin_is_walked_with_the_keyboard_and_zooms(open_page: OpenPage):
    page = show(open_page("coordinator"))
    before = view_of(page)
    page.keyboard.press("l")
    expect(page.locator("#list-layer")).to_be_focused()
    rows = page.locator(".list-rows .row")
    expect(rows.nth(1)).to_be_visible(timeout=PATIENCE)
    rows.first.focus()
    page.keyboard.press("ArrowDown")
    expect(rows.nth(1)).to_be_focused()
    name = rows.nth(1).locator("span").first.inner_text()
    page.keyboard.press("Enter")
    expect(page.locator("#panel-title")).to_have_text(name)
    drawn(page)
    assert view_of(page)[0] > before[0]


def test_on_a_phone_the_panel_is_a_sheet_of_half_or_full_height(open_page: OpenPage):
    page = show(open_page("grid_worker", phone=True))
    expect(page.locator("#layers")).to_be_hidden()
    page.get_by_role("button", name="图层与图例").tap()
    sheet = page.locator("#panel")
    expect(sheet).to_have_attribute("data-size", "half")
    expect(layer(page, "grids")).to_be_checked()
    half = sheet.bounding_box()
    page.get_by_role("button", name="展开或收起面板").tap()
    expect(sheet).to_have_attribute("data-size", "full")
    full = sheet.bounding_box()
    assert half
    assert full
    assert full["height"] > half["height"]
    assert half["y"] > 844 * 0.35
    page.get_by_role("button", name="关闭面板").tap()
    expect(sheet).to_be_hidden()
    page.get_by_role("button", name="图层与图例").tap()
    expect(layer(page, "grids")).to_be_visible()


def test_on_a_phone_every_button_is_large_enough_for_a_thumb(open_page: OpenPage):
    page = show(open_page("grid_worker", phone=True))
    small = page.evaluate(
        """() => [...document.querySelectorAll("button, a, input, select")]
            .filter((one) => one.checkVisibility() && !one.matches(".skip, #search-input"))
            .map((one) => [one.outerHTML.slice(0, 80), one.getBoundingClientRect()])
            .filter(([, box]) => box.width > 0 && (box.width < 40 || box.height < 40))
            .map(([html, box]) => `${html} ${box.width}x${box.height}`)"""
    )
    assert small == []


def test_the_language_is_switched_without_losing_the_place(open_page: OpenPage, town: Connection):
    grid = number_of(town, "SELECT min(id) FROM grids")
    page = show(open_page("planner"), f"?sel=grid:{grid}")
    before = view_of(page)
    page.get_by_role("button", name="语言").click()
    page.get_by_role("menuitemradio", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    drawn(page)
    expect(page.get_by_role("button", name="Layers and legend").first).to_be_visible()
    expect(page.locator(".panel-subtitle")).to_have_text("Grid")
    assert view_of(page) == pytest.approx(before)
    page.get_by_role("button", name="Language").click()
    page.get_by_role("menuitemradio", name="中文").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")


def test_the_page_turns_dark_and_the_address_remembers(open_page: OpenPage):
    page = show(open_page("coordinator"))
    page.get_by_role("button", name="日间 / 夜间").click()
    page.get_by_role("menuitemradio", name="夜间").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "night")
    expect(page).to_have_url(re.compile("theme=night"))
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert background == "rgb(16, 20, 26)"


def test_a_grid_worker_sees_no_households_of_another_community(open_page: OpenPage, town: Connection):
    own = number_of(town, "SELECT area_id FROM appointments WHERE role = 'grid_worker'")
    other = town.execute(
        text("""SELECT u.id FROM buildings u JOIN blocks b ON b.id = u.block_id
                WHERE b.community_id <> :own ORDER BY u.id LIMIT 1"""),
        {"own": own},
    ).scalar_one_or_none()
    if other is None:
        pytest.skip("the town has one community only")
    page = open_page("grid_worker")
    assert page.request.get("/api/v1/grids").status == 200
    assert page.request.get(f"/api/v1/buildings/{other}").status == 404


def test_a_second_visit_asks_for_no_script_and_no_style(open_page: OpenPage):
    first = show(open_page("coordinator"))
    second = show(first.context.new_page())
    assert len(fetched(first)) > 80
    assert fetched(second) == []


def test_every_script_of_the_page_was_announced(open_page: OpenPage):
    page = show(open_page("coordinator"))
    announced = page.locator("link[rel=modulepreload]").evaluate_all("all => all.map(one => one.href)")
    loaded = page.evaluate("performance.getEntriesByType('resource').map(one => one.name)")
    scripts = {url for url in loaded if re.search(r"/static/.*\.m?js$", url) and "worker" not in url}
    assert scripts == set(announced)


def fetched(page: Page) -> list[str]:
    """The static files that came over the network, not out of what the browser keeps."""
    found = page.evaluate(
        "performance.getEntriesByType('resource').filter(one => one.transferSize).map(one => one.name)"
    )
    return [url for url in found if "/static/" in url]
