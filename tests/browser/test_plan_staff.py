"""Who works where by a plan: vacancies and workloads on the map and as a list, which follow the plan."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_accessibility import complaints
from tests.browser.test_plan_publication import COMMUNITY, begun, opened, put, stored
from tests.fixtures.database import ask
from tests.fixtures.web import LiveServer

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("patience")]
OpenPage = Callable[..., Page]


def counted(page: Page) -> list[int]:
    """How many grids stand in each band of the legend."""
    return [int(text) for text in page.locator(".staff-legend b").all_text_contents()]


def test_loads_and_vacancies_of_a_plan_are_seen_and_follow_it(live_server: LiveServer, open_page: OpenPage):
    page = open_page("planner")
    area = int(ask(live_server.database.owner, COMMUNITY))
    plan = begun(page, area)
    opened(page, plan, "staff")
    rows = page.locator("[data-staffed]")
    expect(rows.first).to_be_visible()
    grids = len(stored(page, plan)["grids"])
    assert sum(counted(page)) == grids
    page.get_by_text("岗位空缺", exact=True).click()
    expect(page.locator(".staff-legend li").last).to_contain_text("全部空缺")
    assert sum(counted(page)) == grids
    assert complaints(page) == []
    rows.first.click()
    first = rows.first.get_attribute("data-staffed")
    expect(rows.first).to_be_focused()

    blocks = stored(page, plan)["blocks"]
    moved = next(block for block, grid in blocks.items() if str(grid) == first)
    other = next(grid for grid in blocks.values() if str(grid) != first)
    before = page.locator(f"[data-staffed='{other}']").inner_text()
    put(page, plan, int(moved), [int(first or 0), other], stored(page, plan)["version"])
    page.reload()
    page.locator("[data-tab=staff]").click()
    expect(page.locator(f"[data-staffed='{other}']")).to_be_visible()
    page.get_by_text("现状", exact=True).click()
    expect(page.locator("[data-staffed]").first).to_be_visible()
    assert re.search(r"\d+ 户", before)


# How the name of a grid stands out from each band of colours over the ground of the map, by day and by night.
CONTRASTS = """async () => {
    const main = document.querySelector('script[type=module]').src;
    const load = (path) => import(main.replace("main.js", path));
    const { STAFF_LAYERS, STRONG } = await load("edit/staffBands.js");
    const { labelLayers } = await load("map/blockStyle.js");
    const { paletteOf } = await load("map/palette.js");
    const parts = (colour) => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16) / 255);
    const light = (rgb) => {
        const [r, g, b] = rgb.map((one) => (one <= 0.03928 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05;
    };
    const cases = (match) => {
        const pair = (_, at) => match.slice(2 * at + 2, 2 * at + 4);
        return [Object.fromEntries(Array.from({ length: (match.length - 3) / 2 }, pair)), match.at(-1)];
    };
    const [fill] = STAFF_LAYERS;
    const opacity = fill.paint["fill-opacity"].at(-1);
    const [names] = labelLayers();
    const looks = [["day", fill.paint, names.paint], ["night", fill.night, names.night]];
    return looks.flatMap(([shade, bands, names]) => {
        const [colours] = cases(bands["fill-color"]);
        const [inks, plain] = cases(names["text-color"]);
        const ground = parts(paletteOf(shade).ground);
        return Object.entries(colours).map(([band, colour]) => {
            const under = light(parts(colour).map((one, at) => one * opacity + ground[at] * (1 - opacity)));
            const ink = light(parts(Number(band) >= STRONG ? inks.turned : plain));
            return [shade, Number(band), Math.max(under, ink) / Math.min(under, ink)];
        });
    });
}"""


def test_names_stand_out_from_every_band_by_day_and_by_night(open_page: OpenPage):
    page = open_page("planner")
    page.goto("/")
    page.locator("body[data-ready=true]").wait_for()
    found = page.evaluate(CONTRASTS)
    assert len(found) == 10
    assert [one for one in found if one[2] < 4.5] == []
