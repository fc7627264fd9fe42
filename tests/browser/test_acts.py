"""The five acts, each by the people who may do it, in both languages, on a desktop and on a phone."""

import io
import re
from collections.abc import Callable
from typing import NamedTuple

import pytest
from PIL import Image
from playwright.sync_api import Page, expect
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.pool import NullPool

from tests.fixtures.browsing import PATIENCE, Watch
from tests.fixtures.web import LiveServer

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("patience")]
OpenPage = Callable[..., Page]

ZH, EN = "zh", "en"
DESKTOP, PHONE = False, True
MAP_HINT = "#map-hint"


class Person(NamedTuple):
    """Who does an act, in which language, and on what."""

    role: str
    language: str
    phone: bool


def people(*cases):
    persons = [Person(*case) for case in cases]
    names = [f"{who.role} {who.language} {'phone' if who.phone else 'desktop'}" for who in persons]
    return pytest.mark.parametrize("who", persons, ids=names)


@pytest.fixture
def town(live_server: LiveServer):
    """A connection to the live server's database that sees every commit."""
    engine = create_engine(live_server.database.owner, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        yield connection


@pytest.fixture
def home(town: Connection):
    """A household without flags in the grid worker's own grid: with its dwelling, building, community and place."""
    return town.execute(
        text("""
            SELECT h.id AS household, d.id AS dwelling, d.number, b.id AS building, k.grid_id AS grid, a.code, a.name,
                   a.name_en, ST_X(e.geom) AS lon, ST_Y(e.geom) AS lat
            FROM appointments u JOIN blocks k ON k.grid_id = u.grid_id JOIN areas a ON a.id = k.community_id
              JOIN buildings b ON b.block_id = k.id JOIN entrances e ON e.building_id = b.id
              JOIN dwellings d ON d.entrance_id = e.id JOIN households h ON h.dwelling_id = d.id
            WHERE u.role = 'grid_worker' AND NOT EXISTS (SELECT FROM flags f WHERE f.household_id = h.id)
            ORDER BY h.id LIMIT 1
        """)
    ).one()


def show(page: Page, language: str, query: str = "", fragment: str = "") -> Page:
    """The map page once it can be used."""
    page.goto(f"/?lang={language}{query}{fragment}")
    expect(page.locator("body[data-ready=true]")).to_be_attached(timeout=PATIENCE)
    return page


def at(home, zoom: float = 17) -> str:
    return f"&at={zoom}/{home.lat:.6f}/{home.lon:.6f}"


def press_the_middle(page: Page, *, phone: bool) -> None:
    """Press the map in its middle; on a phone, where the sheet may cover it, by the button."""
    expect(page.locator(MAP_HINT)).to_be_visible()
    if phone:
        page.locator(f"{MAP_HINT} .button-main").click()
        return
    box = page.locator("#map").bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


def kinds_of(town: Connection, household: int) -> set[str]:
    statement = "SELECT kind FROM flags WHERE household_id = :id AND cleared_at IS NULL"
    return set(town.scalars(text(statement), {"id": household}))


# 1 Tag a household


@people(
    ("grid_worker", ZH, PHONE),
    ("coordinator", EN, DESKTOP),
    ("coordinator", ZH, DESKTOP),
    ("grid_worker", EN, PHONE),
)
def test_a_household_is_tagged_the_map_follows_and_it_is_undone(open_page: OpenPage, town, home, who):
    page = show(
        open_page(who.role, phone=who.phone),
        who.language,
        f"&sel=building:{home.building}{at(home)}&layers=buildings,flags",
    )
    page.locator(f"[data-dwelling='{home.dwelling}']").click()
    editor = page.locator(f".flag-editor[data-household='{home.household}']")
    editor.locator("input[value=alone_over_80]").check()
    editor.locator(".flag-row", has=page.locator("input[value=alone_over_80]")).locator("input[type=text]").fill(
        "每天看望"
    )
    with page.expect_response(lambda answer: "/tiles/buildings/" in answer.url and answer.ok, timeout=PATIENCE):
        editor.locator("button[type=submit]").click()
    toast = page.locator(".toast").first
    expect(toast).to_contain_text("已保存" if who.language == ZH else "are saved")
    expect(page.locator(f"[data-dwelling='{home.dwelling}']")).to_have_class(re.compile("dwelling-flagged"))
    assert kinds_of(town, home.household) == {"alone_over_80"}
    with page.expect_response(lambda answer: "/tiles/buildings/" in answer.url and answer.ok, timeout=PATIENCE):
        page.locator(".toast-undo").click()
    expect(page.locator(f"[data-dwelling='{home.dwelling}']")).not_to_have_class(re.compile("dwelling-flagged"))
    assert kinds_of(town, home.household) == set()


def test_who_may_not_see_households_finds_closed_doors(open_page: OpenPage, home):
    page = show(open_page("planner"), ZH, f"&sel=building:{home.building}")
    expect(page.locator(".dwelling-closed").first).to_be_visible()
    expect(page.locator("button.dwelling")).to_have_count(0)


def test_what_is_half_written_outlives_a_change_by_somebody_else(open_page: OpenPage, town, home):
    page = show(open_page("coordinator"), ZH, f"&sel=building:{home.building}")
    page.locator(f"[data-dwelling='{home.dwelling}']").click()
    box = page.locator(".flag-editor input[value=infant]")
    box.check()
    with page.expect_response(lambda answer: f"/buildings/{home.building}" in answer.url, timeout=PATIENCE):
        town.execute(text("UPDATE flags SET note = note WHERE id = (SELECT min(id) FROM flags)"))
    expect(box).to_be_checked()


# 2 Report an incident


def photo() -> dict[str, object]:
    out = io.BytesIO()
    Image.new("RGB", (64, 48), "teal").save(out, "PNG")
    return {"name": "photo.png", "mimeType": "image/png", "buffer": out.getvalue()}


@people(
    ("grid_worker", ZH, PHONE),
    ("coordinator", EN, DESKTOP),
    ("planner", ZH, DESKTOP),
    ("grid_worker", EN, PHONE),
)
def test_an_incident_is_reported_with_a_photo_and_appears_on_another_map(open_page: OpenPage, town, home, who):
    other = show(open_page("coordinator"), ZH, at(home))
    listed = other.locator(".layer", has=other.locator("input[data-layer=incidents]")).locator(".layer-count")
    expect(listed).to_have_text(re.compile(r"^\d+$"))
    before = int(listed.inner_text())
    place = {"longitude": home.lon, "latitude": home.lat}
    page = open_page(who.role, phone=who.phone, permissions=["geolocation"], geolocation=place)
    show(page, who.language, at(home))
    page.locator("[data-act=incident]").click()
    if not who.phone:  # a phone knows where it is; at a desk the place is pressed
        box = page.locator("#map").bounding_box()
        assert box
        page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    name = home.name if who.language == ZH else home.name_en or home.name
    expect(page.locator(".place-told")).to_contain_text(name)
    page.locator(".category-medical").click()
    words = "老人摔倒" if who.language == ZH else "Somebody fell"
    page.locator("#incident-text").fill(words)
    page.locator("#incident-photo").set_input_files(photo())
    expect(page.locator(".photo-preview img")).to_be_visible()
    page.locator(".report button[type=submit]").click()
    expect(page.locator(".toast").first).to_contain_text("事件已上报" if who.language == ZH else "is reported")
    expect(page.locator("#panel")).to_contain_text(words)
    expect(page.locator("#panel img.photo")).to_be_visible()
    expect(listed).to_have_text(str(before + 1))
    kept = town.execute(
        text("""
            SELECT i.grid_id, i.category, f.media_type
            FROM incidents i JOIN incident_photos f ON f.incident_id = i.id ORDER BY i.reported_at DESC LIMIT 1
        """)
    ).one()
    assert tuple(kept) == (home.grid, "medical", "image/jpeg")


def test_a_report_whose_answer_got_lost_is_sent_again_and_kept_once(open_page: OpenPage, watch: Watch, town, home):
    watch.allow("Failed to load resource")
    page = show(open_page("coordinator"), ZH, at(home))
    lost = []

    def lose(route):
        if route.request.method == "POST" and not lost:
            lost.append(route.fetch().status)
            route.abort()
        else:
            route.continue_()

    page.route("**/api/v1/incidents", lose)
    before = town.scalar(text("SELECT count(*) FROM incidents"))
    page.locator("[data-act=incident]").click()
    press = page.locator(".report .act-row button").nth(1)
    press.click()
    press_the_middle(page, phone=DESKTOP)
    page.locator(".category-fire").click()
    page.locator(".report button[type=submit]").click()
    expect(page.locator(".report .field-error[role=alert]").last).to_contain_text("内容已保留")
    page.locator(".report button[type=submit]").click()
    expect(page.locator(".toast").first).to_contain_text("事件已上报")
    assert lost == [201]
    assert town.scalar(text("SELECT count(*) FROM incidents")) == before + 1


def test_a_report_without_a_place_or_a_kind_says_what_is_missing(open_page: OpenPage, home):
    page = show(open_page("coordinator"), EN, at(home))
    page.locator("[data-act=incident]").click()
    send = page.locator(".report button[type=submit]")
    send.click()
    expect(page.locator(".report")).to_contain_text("Say where it is")
    page.locator(".report .act-row button").nth(1).click()
    press_the_middle(page, phone=DESKTOP)
    expect(page.locator(MAP_HINT)).to_be_hidden()
    send.click()
    expect(page.locator(".report")).to_contain_text("Say what it is")


def test_a_draft_survives_closing_the_form_and_is_on_no_disk(open_page: OpenPage, home):
    page = show(open_page("coordinator"), ZH, at(home))
    page.locator("[data-act=incident]").click()
    page.locator("#incident-text").fill("水管爆裂")
    page.keyboard.press("Escape")
    expect(page.locator(".report")).to_have_count(0)
    page.locator("[data-act=incident]").click()
    expect(page.locator("#incident-text")).to_have_value("水管爆裂")
    assert "水管爆裂" not in page.evaluate("JSON.stringify(localStorage)")


def test_the_list_of_incidents_opens_one(open_page: OpenPage, town, home):
    town.execute(
        text("""
            INSERT INTO incidents (id, category, description, community_id, grid_id, reported_by, geom)
            SELECT gen_random_uuid(), 'dispute', '楼道堆物', g.community_id, g.id, u.user_id, ST_Point(:lon, :lat, 4326)
            FROM grids g JOIN appointments u ON u.role = 'coordinator' WHERE g.id = :grid
        """),
        {"lon": home.lon, "lat": home.lat, "grid": home.grid},
    )
    page = show(open_page("grid_worker"), ZH)
    page.locator("[data-act=incidents]").click()
    page.locator("#incident-kind").select_option("dispute")
    page.locator(".incident-row", has_text="楼道堆物").first.click()
    expect(page.locator("#panel-title")).to_have_text("矛盾纠纷")


# 3 Response zone


@people(
    ("coordinator", ZH, DESKTOP),
    ("grid_worker", EN, PHONE),
    ("planner", EN, DESKTOP),
    ("administrator", ZH, PHONE),
)
def test_a_response_zone_tells_households_stations_and_assumptions(open_page: OpenPage, home, who):
    page = show(open_page(who.role, phone=who.phone), who.language, at(home))
    page.locator("[data-act=zone]").click()
    press_the_middle(page, phone=who.phone)
    columns = page.locator(".zone-table thead th[data-minutes]")
    expect(columns).to_have_count(4)
    counts = [int(re.sub(r"\D", "", cell) or 0) for cell in page.locator(".zone-count td").all_inner_texts()]
    assert counts == sorted(counts)
    assert counts[-1] > 0
    expect(page.locator(".assumptions li").first).to_be_visible()
    expect(page.locator("#panel")).to_contain_text("计算依据" if who.language == ZH else "What this assumes")
    page.locator(".segment", has=page.locator("input[value=car]")).click()
    expect(page).to_have_url(re.compile(r"#zone=[\d.]+,[\d.]+,car,1-3-5-10$"))
    page.locator(".chip", has=page.locator("input[value='10']")).click()
    expect(page).to_have_url(re.compile(r"car,1-3-5$"))
    expect(columns).to_have_count(3)
    first = page.locator(".arrival").first
    first.click()
    expect(first).to_have_attribute("aria-pressed", "true")


def test_a_shared_address_shows_the_same_zone_and_closing_it_clears_the_address(open_page: OpenPage, home):
    fragment = f"#zone={home.lon:.6f},{home.lat:.6f},ebike,3-5"
    page = show(open_page("coordinator"), ZH, fragment=fragment)
    expect(page.locator(".zone-table thead th[data-minutes]")).to_have_count(2)
    expect(page.locator(".segment input[value=ebike]")).to_be_checked()
    page.evaluate("history.replaceState(null, '', location.search.replace(/at=[^&]*/, 'at=1/1/1') + location.hash)")
    page.get_by_role("button", name="放大").click()
    expect(page).not_to_have_url(re.compile("at=1/1/1"))  # the map has moved, and the address with it
    assert page.url.count("#zone") == 1
    assert page.url.endswith(fragment)
    page.keyboard.press("Escape")
    expect(page.locator(".zone-table")).to_have_count(0)
    assert "#zone" not in page.url


def test_a_zone_starts_from_a_station_s_panel(open_page: OpenPage, town):
    station = town.execute(
        text("SELECT id, name FROM stations WHERE kind = 'service_station' ORDER BY id LIMIT 1")
    ).one()
    page = show(open_page("coordinator"), ZH, f"&sel=station:{station.id}")
    page.locator("[data-act-for=zone]").click()
    expect(page.locator(".panel-subtitle")).to_contain_text(station.name)
    expect(page.locator(".arrival").first).to_contain_text(station.name)


# 4 Patrol route


@people(
    ("grid_worker", ZH, PHONE),
    ("planner", EN, DESKTOP),
    ("coordinator", ZH, DESKTOP),
    ("planner", EN, PHONE),
)
def test_a_patrol_route_is_suggested_saved_deleted_and_brought_back(open_page: OpenPage, town, home, who):
    def names():
        statement = text("SELECT name FROM patrol_routes WHERE grid_id = :grid ORDER BY id")
        return town.scalars(statement, {"grid": home.grid}).all()

    before = names()
    page = show(open_page(who.role, phone=who.phone), who.language, f"&sel=grid:{home.grid}")
    page.locator("[data-act-for=patrol]").click()
    page.locator("#panel .button-main").click()
    name = page.locator("#route-name")
    expect(name).not_to_have_value("")
    expect(page.locator("#panel")).to_contain_text(re.compile(r"公里|米" if who.language == ZH else r"\d k?m"))
    name.fill("早班路线")
    page.locator("#panel .button-main").click()
    expect(page.locator(".toast").first).to_contain_text("已保存" if who.language == ZH else "is saved")
    assert names() == [*before, "早班路线"]
    page.locator("#panel .button-danger").click()
    page.locator("dialog .button-danger").click()
    expect(page.locator(".toast-undo")).to_be_visible()
    assert names() == before
    page.locator(".toast-undo").click()
    expect(page.locator("#panel .row", has_text="早班路线")).to_be_visible()
    assert names() == [*before, "早班路线"]
    town.execute(text("DELETE FROM patrol_routes WHERE name = '早班路线'"))


def test_a_route_is_drawn_by_hand_and_corrected(open_page: OpenPage, town, home):
    page = show(open_page("planner"), ZH, f"&sel=grid:{home.grid}{at(home)}")
    page.locator("[data-act-for=patrol]").click()
    page.locator("#panel .act-row .button").nth(1).click()
    expect(page.locator(MAP_HINT)).to_be_visible()
    box = page.locator("#map").bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    for dx, dy in [(0, 0), (60, 0), (60, 60), (0, 60)]:
        page.mouse.click(x + dx, y + dy)
        page.mouse.move(x + dx + 5, y + dy + 5)
    page.locator(f"{MAP_HINT} .button-main").click()
    page.locator("#route-name").fill("手绘路线")
    page.locator("#panel .button-main").click()
    expect(page.locator(".toast").first).to_contain_text("已保存")
    drawn = town.execute(
        text("SELECT source, ST_NPoints(geom) AS points, version FROM patrol_routes WHERE name = '手绘路线'")
    ).one()
    assert (drawn.source, drawn.version) == ("drawn", 1)
    assert drawn.points >= 4
    page.locator("#panel .act-row .button").nth(1).click()
    page.locator(f"{MAP_HINT} .button-main").click()
    page.locator("#route-name").fill("改过的路线")
    # The first saving may still be announced when the second is.
    with page.expect_response(lambda answer: answer.request.method == "PUT" and "/patrol-routes/" in answer.url):
        page.locator("#panel .button-main").click()
    expect(page.locator(".toast").last).to_contain_text("已保存")
    corrected = town.execute(text("SELECT source, version FROM patrol_routes WHERE name = '改过的路线'")).one()
    assert tuple(corrected) == ("corrected", 2)
    town.execute(text("DELETE FROM patrol_routes WHERE name = '改过的路线'"))


# 5 Wall map


@people(
    ("planner", ZH, DESKTOP),
    ("grid_worker", EN, PHONE),
    ("coordinator", EN, DESKTOP),
    ("grid_worker", ZH, PHONE),
)
def test_a_wall_map_is_downloaded_and_opens_without_a_single_request(open_page: OpenPage, home, tmp_path, who):
    page = show(open_page(who.role, phone=who.phone), who.language, f"&sel=grid:{home.grid}")
    page.locator("[data-act-for=wallmap]").click()
    with page.expect_download() as download:
        page.locator("#panel a.button-main").click()
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)
    assert re.fullmatch(rf"wallmap-{home.code}-\d{{8}}\.html", file.name)
    hung = page.context.new_page()
    requests = []
    hung.on("request", lambda request: requests.append(request.url))
    hung.set_content(file.read_text())
    expect(hung.locator("h1")).to_have_text(
        f"{home.name}网格挂图" if who.language == ZH else f"Wall map of {home.name_en or home.name}"
    )
    expect(hung.locator(".leaflet-overlay-pane path").first).to_be_attached()
    expect(hung.locator(".leaflet-control-scale")).to_be_visible()
    expect(hung.locator(".grid-name").first).to_be_visible()
    assert [url for url in requests if not url.startswith(("data:", "about:"))] == []


def test_a_zone_goes_onto_the_wall_map(open_page: OpenPage, home):
    fragment = f"#zone={home.lon:.6f},{home.lat:.6f},foot,1-3"
    page = show(open_page("coordinator"), ZH, fragment=fragment)
    expect(page.locator(".arrival").first).to_be_visible(timeout=PATIENCE)
    with page.expect_download() as download:
        page.locator("#panel .act-row .button", has_text="制作挂图").click()
    assert "应急处置圈" in download.value.path().read_text()


# Who may not


def test_an_act_that_a_role_may_not_do_says_why(open_page: OpenPage):
    page = show(open_page("administrator"), ZH)
    for act, sentence in {
        "incident": "您的角色不能上报事件",
        "patrol": "您的角色不能修改巡逻路线",
        "wallmap": "您的角色不能制作挂图",
    }.items():
        button = page.locator(f"[data-act={act}]")
        expect(button).to_have_attribute("aria-disabled", "true")
        button.click(force=True)
        expect(page.locator(".toast", has_text=sentence)).to_be_visible()
