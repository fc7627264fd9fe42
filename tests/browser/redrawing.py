"""The planner's desk in browser tests: a plan that is open, its blocks on the screen, strokes over them."""

import re
import uuid
from dataclasses import dataclass, field
from itertools import pairwise
from math import cos, log, pi, radians, tan
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.fixtures.browsing import PATIENCE, send


@dataclass
class Desk:
    """A page with a plan open, and the ground that it stands on."""

    page: Page
    plan: str
    ground: dict[str, Any] = field(default_factory=dict)

    def read(self) -> dict[str, Any]:
        """The plan as the server has it."""
        found: dict[str, Any] = send(self.page, "GET", f"/plans/{self.plan}")
        return found

    def blocks(self, grid: int) -> list[int]:
        """The IDs of a grid's blocks, as the server has them."""
        return [int(block) for block, number in self.read()["blocks"].items() if number == grid]

    def households(self, blocks: list[int]) -> int:
        """How many live in blocks."""
        held = dict(zip(self.ground["blocks"]["id"], self.ground["blocks"]["households"], strict=True))
        return sum(held[block] for block in blocks)

    def neighbours(self) -> tuple[int, int, int]:
        """Two grids of a community and a block of the second that can be walked to from the first.

        The second has blocks to spare, and more households than the block.
        """
        ids, now = self.ground["blocks"]["id"], self.read()
        of = [now["blocks"][str(block)] for block in ids]
        edges = self.ground["edges"]
        for one, two, passable in zip(edges["one"], edges["two"], edges["passable"], strict=True):
            if passable and of[one] != of[two] and of.count(of[two]) > 2 and self.ground["blocks"]["households"][two]:
                return of[one], of[two], ids[two]
        raise AssertionError("no two grids are neighbours")

    def pixel(self, block: int) -> tuple[float, float]:
        """Where a place inside a block is on the screen."""
        ring = next(one for one in self.ground["shapes"]["features"] if one["id"] == block)["geometry"]["coordinates"][
            0
        ]
        return pixel_of(self.page, *inside(ring))

    def row(self, grid: int) -> Locator:
        """A grid in the list."""
        return self.page.locator(f".grid-row[data-grid='{grid}']")

    def choose(self, grid: int) -> None:
        """Choose a grid in the list."""
        self.row(grid).click()
        expect(self.row(grid)).to_have_attribute("aria-pressed", "true")

    def list_blocks(self) -> None:
        """Open the list of the chosen grid's blocks."""
        if not self.page.locator(".block-list").is_visible():
            self.page.locator(".plan-blocks summary").click()

    def take(self, tool: str) -> None:
        """Take brush, lasso or the hand that chooses."""
        self.page.locator(f".segment[data-tool={tool}]").click()

    def paint(self, *blocks: int) -> None:
        """Drag over blocks."""
        first, *rest = [self.pixel(block) for block in blocks]
        self.page.mouse.move(*first)
        self.page.mouse.down()
        for x, y in [(first[0] + 2, first[1] + 2), *rest]:
            self.page.mouse.move(x, y)
        self.page.mouse.up()

    def saved(self) -> None:
        """Wait until everything is on the server."""
        expect(self.page.locator(".plan-sync")).to_have_attribute("data-sync", "stored")

    def number(self, at: int = 0) -> Locator:
        """A figure of the chosen grid: households, blocks, workers."""
        return self.page.locator(".plan-numbers .figure b").nth(at)


def begin(page: Page, community: int, name: str = "明年的网格") -> str:
    """The id of a new plan for a community."""
    made: str = send(page, "POST", "/plans", {"id": str(uuid.uuid4()), "name": name, "area_id": community})["id"]
    return made


def open_desk(page: Page, plan: str, language: str = "zh", more: str = "") -> Desk:
    """The plan, open in a page that is logged in."""
    page.goto("about:blank")  # an address that differs in its end only would not be loaded
    page.goto(f"/?lang={language}{more}#plan={plan}")
    expect(page.locator("body[data-ready=true]")).to_be_attached(timeout=PATIENCE)
    expect(page.locator(".grid-row").first).to_be_visible()
    expect(page).to_have_url(re.compile("at="))
    page.wait_for_timeout(500)  # the address is written once the map is at rest
    return Desk(page, plan, send(page, "GET", f"/plans/{plan}/ground"))


def pixel_of(page: Page, lon: float, lat: float) -> tuple[float, float]:
    """Where a place is on the screen, by the view in the address."""
    found = re.search(r"at=([\d.]+)/([\d.-]+)/([\d.-]+)", page.url)
    assert found, page.url
    zoom, middle_lat, middle_lon = map(float, found.groups())
    box = page.locator("#map").bounding_box()
    assert box
    world = 512 * 2**zoom
    x = (lon - middle_lon) / 360 * world
    y = (_north(middle_lat) - _north(lat)) / (2 * pi) * world
    return box["x"] + box["width"] / 2 + x, box["y"] + box["height"] / 2 + y


def _north(lat: float) -> float:
    return log(tan(radians(lat)) + 1 / cos(radians(lat)))


def inside(ring: list[list[float]]) -> tuple[float, float]:
    """A place inside a ring: the middle of the widest piece of the line through the middle of its box."""
    lats = [lat for _, lat in ring]
    middle = (min(lats) + max(lats)) / 2 + (max(lats) - min(lats)) * 1e-4
    cuts = sorted(
        ax + (middle - ay) / (by - ay) * (bx - ax)
        for (ax, ay), (bx, by) in pairwise(ring)
        if (ay > middle) != (by > middle)
    )
    west, east = max(zip(cuts[::2], cuts[1::2], strict=True), key=lambda piece: piece[1] - piece[0])
    return (west + east) / 2, middle


def across(shape: dict[str, Any]) -> tuple[tuple[float, float], tuple[float, float], tuple[float, float]]:
    """A place west of an area, one inside it, and one east of it, on one line."""
    ring = shape["coordinates"][0]
    lon, lat = inside(ring)
    lons = [one for one, _ in ring]
    width = max(lons) - min(lons)
    return (min(lons) - width / 10, lat), (lon, lat), (max(lons) + width / 10, lat)
