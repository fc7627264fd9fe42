"""The response zone as its people use it: way round, own minutes, several places, who is first and how."""

import csv
import io
import re
import time

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from tests.fixtures.browsing import PATIENCE, Watch

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("patience")]


@pytest.fixture
def town(live_server):
    engine = create_engine(live_server.database.owner, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        yield connection


@pytest.fixture
def place(town):
    return town.execute(
        text("SELECT ST_X(geom) AS lon, ST_Y(geom) AS lat FROM entrances ORDER BY id OFFSET 40 LIMIT 1")
    ).one()


@pytest.fixture
def on_duty(town, place):
    """The grid worker, on duty near the place."""
    values = {
        "user": town.scalar(text("SELECT user_id FROM appointments WHERE role = 'grid_worker'")),
        "area": town.scalar(
            text("SELECT id FROM areas WHERE level = 'community' AND ST_Covers(geom, ST_Point(:lon, :lat, 4326))"),
            place._asdict(),
        ),
        **place._asdict(),
    }
    town.execute(text("DELETE FROM duties"))  # those of other tests
    town.execute(text("INSERT INTO duties (user_id, communities) VALUES (:user, ARRAY[:area])"), values)
    town.execute(
        text(
            "INSERT INTO duty_positions (user_id, community_id, geom) VALUES (:user, :area, ST_Point(:lon, :lat, 4326))"
        ),
        values,
    )
    yield
    town.execute(text("DELETE FROM duties"))


def show(page: Page, fragment: str, language: str = "zh") -> Page:
    page.goto(f"/?lang={language}{fragment}")
    expect(page.locator("body[data-ready=true]")).to_be_attached(timeout=PATIENCE)
    expect(page.locator(".zone-table").first).to_be_visible()
    return page


def at(place, rest="foot,1-5"):
    return f"#zone={place.lon:.6f},{place.lat:.6f},{rest}"


@pytest.mark.parametrize("phone", [False, True])
def test_minutes_of_ones_own_are_added_and_kept_in_the_address(open_page, place, phone):
    page = show(open_page("coordinator", phone=phone), at(place))
    own = page.locator(".zone-own")
    own.fill("0")
    own.press("Enter")
    expect(page.locator("#zone-own-error")).to_contain_text("0.25")
    own.fill("2.5")
    own.press("Enter")
    expect(page.locator(".zone-table th[data-minutes='2.5']")).to_be_visible()
    expect(page).to_have_url(re.compile(r"foot,1-2\.5-5$"))
    expect(page.locator("#zone-own-error")).to_be_empty()


def test_the_way_round_is_chosen_in_plain_words_and_shared(open_page, place):
    page = show(open_page("coordinator"), at(place))
    expect(page.get_by_role("radio", name="从这里能到哪里")).to_be_checked()
    page.locator(".segment", has_text="谁能赶到这里").click()
    expect(page).to_have_url(re.compile(r",toward$"))
    expect(page.locator(".zone-arrivals")).to_contain_text("最先到达")
    page.reload()
    expect(page.get_by_role("radio", name="谁能赶到这里")).to_be_checked()


def test_a_link_pasted_while_another_question_stands_is_asked_instead(open_page, place):
    page = show(open_page("coordinator"), at(place))
    page.evaluate("hash => { location.hash = hash; }", at(place, "car,3"))
    expect(page).to_have_url(re.compile(r"#zone=[\d.]+,[\d.]+,car,3$"))
    expect(page.locator(".zone-table").first).to_be_visible()
    expect(page.locator(".zone-minutes input:checked")).to_have_count(1)
    expect(page.locator("input[value=car]")).to_be_checked()


def test_places_together_and_all_stations_of_a_kind(open_page, place):
    page = show(open_page("coordinator"), at(place), "en")
    count = page.locator(".zone-count td").last
    alone = int(re.sub(r"\D", "", count.inner_text()))
    page.locator("[data-zone=add]").click()
    page.locator("#map-hint .button-main").click()
    expect(page.locator(".origin")).to_have_count(2)
    expect(page).to_have_url(re.compile(r"#zone=[\d.]+,[\d.]+;[\d.]+,[\d.]+,foot"))
    expect(page.locator(".zone-arrivals")).to_have_count(0)
    page.get_by_label("Leave out place 2").click()
    expect(page.locator(".zone-arrivals")).to_be_visible()
    page.locator(".zone-kind").select_option("liaison_station")
    expect(page.locator("#panel")).to_contain_text("stations together: Liaison station")
    expect(page).to_have_url(re.compile(r",out,liaison_station$"))
    assert int(re.sub(r"\D", "", count.inner_text())) > alone


def test_who_is_first_is_filtered_and_their_way_read_step_by_step(open_page, place, on_duty):
    page = show(open_page("coordinator"), at(place, "foot,5,toward"))
    first = page.locator(".arrival").first
    expect(first).to_contain_text("网格员")
    page.locator("[data-filter=staff]").uncheck()
    expect(first).not_to_contain_text("网格员")
    page.locator("[data-filter=kind]").select_option("liaison_station")
    expect(page.locator(".arrival small").first).to_contain_text("联络站")
    first.click()
    steps = page.locator(".steps li")
    expect(steps.last).to_contain_text(re.compile("到达"))
    before = page.url
    page.locator("button.step").first.click()
    expect(page).not_to_have_url(before)  # the map has moved to the step, and the address with it
    first.click()
    expect(steps).to_have_count(0)


def test_the_flagged_are_counted_in_words_with_those_in_need_first(open_page, place):
    page = show(open_page("coordinator"), at(place, "foot,10"))
    flags = [row.get_attribute("data-flag") for row in page.locator(".zone-table tr[data-flag]").all()]
    assert "alone_over_80" in flags
    assert flags.index("alone_over_80") < flags.index("let")
    planner = show(open_page("planner"), at(place, "foot,10"))
    expect(planner.locator(".zone-table tr[data-flag]")).to_have_count(0)


def test_the_reached_doors_stand_in_a_table_and_in_files(open_page, town, place):
    page = show(open_page("coordinator"), at(place, "foot,3"))
    page.locator(".zone-doors summary").click()
    rows = page.locator(".zone-doors tbody tr")
    expect(rows.first).to_be_visible()
    shown = rows.count()
    with page.expect_download() as download:
        page.locator("[data-file=csv]").click()
    table = list(csv.reader(io.StringIO(download.value.path().read_text("utf-8-sig"))))
    assert len(table) == shown + 2  # what was asked, and the heading
    assert "应急处置圈" in table[0][0]
    with page.expect_download() as download:
        page.locator("[data-file=geojson]").click()
    assert '"FeatureCollection"' in download.value.path().read_text()
    assert town.scalar(text("SELECT count(*) FROM audit WHERE act = 'zone.exported'")) == 1


def test_an_incident_s_panel_says_in_one_press_who_reaches_it_first(open_page, town, place):
    number = town.scalar(
        text("""
            INSERT INTO incidents (id, category, description, community_id, grid_id, reported_by, geom)
            SELECT gen_random_uuid(), 'fire', '冒烟', g.community_id, g.id, u.user_id, ST_Point(:lon, :lat, 4326)
            FROM grids g JOIN appointments u ON u.role = 'coordinator'
            WHERE ST_Covers(g.geom, ST_Point(:lon, :lat, 4326)) LIMIT 1 RETURNING id
        """),
        place._asdict(),
    )
    page = open_page("coordinator")
    page.goto(f"/?lang=zh&sel=incident:{number}")
    page.locator("[data-act-for=first]").click()
    expect(page.get_by_role("radio", name="谁能赶到这里")).to_be_checked()
    expect(page.locator(".arrival").first).to_be_visible()
    town.execute(text("DELETE FROM incidents WHERE id = :id"), {"id": number})


def until_reckoned_anew(page, place, status):
    """Wait until the server answers on roads that were changed behind its back, and no longer on those before."""
    asked = f"/api/v1/response/zone?lon={place.lon}&lat={place.lat}&minutes=1&mode=foot"
    deadline = time.monotonic() + PATIENCE / 1000
    while page.request.get(asked).status != status:
        assert time.monotonic() < deadline, "the server goes on with roads as they were"
        time.sleep(0.1)


def test_a_place_without_a_road_near_says_how_far_it_is(open_page, watch: Watch, town, place):
    watch.allow("Failed to load resource")
    page = open_page("coordinator")
    near = "foot AND ST_DWithin(geom, ST_Point(:lon, :lat, 4326), 0.0045)"
    shut = town.scalars(text(f"UPDATE road_edges SET foot = false WHERE {near} RETURNING id"), place._asdict()).all()
    try:
        until_reckoned_anew(page, place, 422)
        page.goto(f"/?lang=en{at(place)}")
        alert = page.locator("#panel .trouble[role=alert]")
        expect(alert).to_contain_text(re.compile(r"\d{3} m away"), timeout=PATIENCE)
        expect(alert.get_by_role("button")).to_be_visible()
    finally:
        town.execute(text("UPDATE road_edges SET foot = true WHERE id = ANY(:shut)"), {"shut": shut})
        until_reckoned_anew(page, place, 200)


def test_on_a_phone_the_households_of_each_minute_are_seen_without_scrolling(open_page, place):
    page = show(open_page("coordinator", phone=True), at(place, "foot,1-3-5-10"))
    counts = page.locator(".zone-minutes .chip-count")
    table = page.locator(".zone-table .zone-count td")
    expect(counts).to_have_count(4)
    for chip, cell in zip(counts.all(), table.all(), strict=True):
        expect(chip).to_be_in_viewport(ratio=1)
        assert re.sub(r"\D", "", chip.inner_text().split()[0]) == (re.sub(r"\D", "", cell.inner_text()) or "0")
    page.locator(".zone-minutes .chip", has_text="3 分钟").click()
    expect(counts.nth(1)).to_have_text("–")
    expect(counts.nth(0)).to_have_text(re.compile(r"\d"))
