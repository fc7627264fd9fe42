"""The response engine's panels as their users meet them: with the keyboard alone, in the background, beside others."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_accessibility import complaints
from tests.browser.test_map import show
from tests.fixtures.browsing import PATIENCE
from tests.fixtures.database import ask
from tests.fixtures.web import LiveServer

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("patience")]
OpenPage = Callable[..., Page]
STATION = "SELECT ST_X(geom) || ',' || ST_Y(geom) FROM stations WHERE kind = 'service_station' ORDER BY id LIMIT 1"


@pytest.fixture
def place(live_server: LiveServer) -> str:
    """lon,lat of a station, which stands by a road."""
    return ask(live_server.database.owner, STATION)


def begin(page: Page, act: str, query: str = "") -> Page:
    show(page, query)
    page.locator(f"[data-act={act}]").click()
    return page


@pytest.mark.parametrize(
    ("language", "theme", "phone"),
    [("zh", "day", False), ("en", "night", False), ("zh", "night", True)],
    ids=["zh day", "en night", "phone"],
)
def test_the_panels_of_the_response_engine_are_accessible(open_page: OpenPage, place, language, theme, phone):
    page = open_page("coordinator", language=language, phone=phone)
    show(page, f"?lang={language}&theme={theme}#zone={place},foot,1-3-5-10,toward")
    page.locator(".arrival").first.click()
    page.locator(".zone-doors summary").click()
    page.locator(".zone-doors tbody tr").first.wait_for()
    assert complaints(page) == []

    page.locator("[data-act=coverage]").click()
    page.locator(".coverage-share").wait_for()
    page.locator(".coverage-details summary").click()
    assert complaints(page) == []
    page.locator(".coverage-view").nth(2).click()
    expect(page.locator("[aria-busy]")).to_have_count(0)
    assert complaints(page) == []

    page.locator("[data-act=siting]").click()
    page.locator(".siting-form").wait_for()
    assert complaints(page) == []
    page.locator(".siting-form button[type=submit]").click()
    page.locator(".siting-proof").wait_for()
    assert complaints(page) == []

    page.locator("[data-act=whatif]").click()
    page.locator("#panel .button-main").first.click()
    page.locator("[data-tool=incident]").click()
    page.locator(".map-hint-place").fill(place)
    page.locator(".map-hint-place").press("Enter")
    expect(page.locator(".scenario-table td").first).to_have_text(re.compile(r"\d"))
    assert complaints(page) == []


@pytest.mark.parametrize(("language", "theme"), [("zh", "day"), ("en", "night")])
def test_the_page_of_calibrations_is_accessible(open_page: OpenPage, language, theme):
    page = open_page("planner", language=language, color_scheme="dark" if theme == "night" else "light")
    page.goto(f"/calibration?lang={language}")
    page.locator("main").wait_for()
    assert complaints(page) == []


def test_a_zone_is_asked_read_and_left_with_the_keyboard_alone(open_page: OpenPage, place):
    page = show(open_page("coordinator", language="en"), "?lang=en")
    page.locator("[data-act=zone]").focus()
    page.keyboard.press("Enter")
    field = page.get_by_label("Or write its longitude and latitude")
    field.focus()
    page.keyboard.type("not a place")
    page.keyboard.press("Enter")
    assert "120.5811, 31.9073" in field.evaluate("field => field.validationMessage")
    lon, lat = place.split(",")
    field.fill(f"{lat}, {lon}")  # the other way round, as other maps write it
    page.keyboard.press("Enter")
    expect(page.locator(".zone-count td").first).to_be_visible()
    assert f"#zone={float(lon):.6f},{float(lat):.6f}," in page.url
    page.locator(".zone-arrivals .arrival").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".way-steps")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#panel")).to_be_hidden()
    assert "#zone" not in page.url


def test_a_zone_of_a_place_far_away_is_refused_in_a_sentence_with_a_way_on(open_page: OpenPage, watch):
    watch.allow("status of 4")
    page = show(open_page("coordinator", language="en"), "?lang=en#zone=100.0,10.0,foot,1-3")
    expect(page.locator("#panel .trouble")).to_contain_text("This place lies outside your area.")
    expect(page.locator("#panel .trouble .button")).to_be_visible()


def test_a_view_without_a_station_says_so_on_the_map_and_colours_nothing(open_page: OpenPage):
    page = show(open_page("planner", language="en"), "?lang=en#coverage=-,-,foot,30,0,0")
    expect(page.locator("#map-note")).to_contain_text("nothing is coloured")
    expect(page.locator(".coverage-bands")).to_have_count(0)
    page.locator(".coverage-view").nth(2).click()
    expect(page.locator("#map-note")).to_be_hidden()
    expect(page.locator(".coverage-scale")).to_be_visible()


def test_a_district_is_reckoned_in_the_background_cancelled_done_and_kept(open_page: OpenPage, worker):
    page = begin(open_page("planner", language="en"), "coverage", "?lang=en")
    start = page.get_by_role("button", name="Reckon in the background")
    start.click()
    expect(page.locator("[data-job=waiting]")).to_have_text("Waiting for a free worker…")
    page.locator("#panel").get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("It was cancelled.")).to_be_visible()
    start.click()
    expect(page.locator("progress.job-bar")).to_be_visible()
    # Somebody who comes back later finds it again.
    page.keyboard.press("Escape")
    begin(page, "coverage", "?lang=en&at=13/31.9/120.58")
    with worker():
        expect(page.locator("[data-job=done]")).to_be_visible(timeout=PATIENCE * 2)
    page.get_by_role("button", name="Show the answer").click()
    expect(page.locator("#panel-title")).to_have_text(re.compile("^Reckoned "))
    expect(page.locator(".coverage-share")).to_have_text(re.compile("%"))
    page.get_by_label("Name of the snapshot").fill("In the night")
    page.get_by_role("button", name="Keep", exact=True).click()
    page.get_by_role("button", name="Close the panel").click()
    expect(page.locator(".coverage-snapshots li", has_text="In the night")).to_be_visible()


def test_a_proof_is_followed_stopped_and_gone_on_with(open_page: OpenPage, worker):
    page = begin(open_page("planner", language="en"), "siting", "?lang=en")
    page.locator("#siting-sites").fill("20")
    page.locator("#siting-minutes").fill("4")
    page.locator("input[name=source][value=homes]").check()
    page.locator(".siting-form button[type=submit]").click()
    proof = page.locator(".siting-proof")
    expect(proof).to_contain_text("could still be gained; waiting for a free worker…")
    expect(page.locator(".siting-legend li").first).to_contain_text("doors newly covered")
    page.get_by_role("button", name="Stop the proof").click()
    expect(proof).to_contain_text("The proof was stopped. At most")
    expect(page.locator(".siting-site")).to_have_count(20)
    page.get_by_role("button", name="Go on proving").click()
    with worker():
        expect(proof).to_contain_text("Proven: nothing better exists.", timeout=PATIENCE * 2)


def test_a_planner_hears_at_once_that_another_has_saved_the_scenario(open_page: OpenPage, place):
    page = begin(open_page("planner", language="en"), "whatif", "?lang=en")
    page.get_by_role("button", name="New scenario").click()
    page.locator("input[name=whatif-mode][value=emergency]").check(force=True)
    page.locator("[data-tool=incident]").click()
    page.locator(".map-hint-place").fill(place)
    page.locator(".map-hint-place").press("Enter")
    expect(page.locator(".scenario-table td").first).to_have_text(re.compile(r"\d"))
    page.locator("[data-tool=save]").click()
    expect(page).to_have_url(re.compile("#whatif="))
    mine = page.url[page.url.index("#") :]

    other = show(open_page("coordinator", language="en"), f"?lang=en{mine}")
    other.locator("#scenario-name").fill("As the coordinator has it")
    other.locator("[data-tool=save]").click()
    expect(other.locator("[data-tool=save]")).to_be_disabled()
    expect(other.locator(".scenario-others")).to_be_empty()  # one's own change is no news

    notice = page.locator(".scenario-others")
    expect(notice).to_contain_text("has saved this scenario")
    notice.get_by_role("button").click()
    expect(page.locator("#scenario-name")).to_have_value("As the coordinator has it")
    expect(notice).to_be_empty()


@pytest.mark.parametrize("act", ["zone", "coverage"])
def test_a_result_goes_on_paper_by_day_with_its_map_and_no_button(open_page: OpenPage, place, act):
    asked = {"zone": f"#zone={place},foot,1-3-5-10", "coverage": "#coverage=-,police-liaison_station,foot,3,0,0"}[act]
    page = open_page("coordinator", language="en")
    page.add_init_script("window.print = () => (document.body.dataset.sent = 'to paper')")
    show(page, f"?lang=en&theme=night{asked}")
    page.locator("#panel [data-print]").last.click()
    expect(page.locator("body[data-sent]")).to_be_attached()
    page.emulate_media(media="print")
    expect(page.locator(".print-map")).to_be_visible()
    expect(page.locator("#panel .zone-table").first).to_be_visible()
    for gone in (".bar", ".rail", "#stage", "#panel .panel-head .icon-button", "#panel .act-row"):
        expect(page.locator(gone).first).to_be_hidden()
    expect(page.locator("html")).to_have_attribute("data-theme", "day")
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    expect(page.locator(".print-map")).to_have_count(0)
    expect(page.locator("html")).to_have_attribute("data-theme", "night")


def test_a_finger_that_rests_on_the_map_is_offered_the_zone_of_that_place(open_page: OpenPage, place):
    lon, lat = place.split(",")
    page = show(open_page("coordinator", language="en", phone=True), f"?lang=en&at=16/{lat}/{lon}")
    box = page.locator("#map").bounding_box()
    assert box is not None
    middle = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    touch = page.context.new_cdp_session(page)
    touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [middle]})
    zone = page.locator("#map-menu").get_by_role("menuitem", name="Response zone")
    expect(zone).to_be_visible()
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    zone.tap()
    expect(page.locator(".zone-count td").first).to_be_visible()
    assert f"#zone={float(lon):.3f}" in page.url


def test_a_server_that_is_away_is_said_so_and_asked_again(open_page: OpenPage, watch, place):
    watch.allow("ERR_FAILED|Failed to load resource")
    page = open_page("coordinator", language="en")
    page.route("**/api/v1/response/zone?*", lambda route: route.abort())
    show(page, f"?lang=en#zone={place},foot,1-3")
    expect(page.locator("#panel .trouble")).to_contain_text("The server cannot be reached")
    page.unroute("**/api/v1/response/zone?*")
    page.locator("#panel .trouble").get_by_role("button", name="Try again").click()
    expect(page.locator(".zone-count td").first).to_be_visible()


def test_an_incident_placed_low_on_a_phone_is_seen_above_the_sheet(open_page: OpenPage, place):
    page = begin(open_page("planner", language="en", phone=True), "whatif", "?lang=en")
    page.get_by_role("button", name="New scenario").click()
    page.locator("[data-tool=incident]").click()
    page.locator(".map-hint-place").fill(place)
    page.locator(".map-hint-place").press("Enter")
    handle = page.locator("[data-handle='0']")
    expect(handle).to_be_visible()
    expect(page.locator(".scenario-table td").first).to_have_text(re.compile(r"\d"))
    mark, panel = handle.bounding_box(), page.locator("#panel").bounding_box()
    assert mark is not None
    assert panel is not None
    assert mark["y"] + mark["height"] <= panel["y"]
