"""Take the screenshots of docs/screenshots from a running server on the demo district.

    make run                                 (in one terminal)
    .venv/bin/python tools/screenshots.py    (in another: the server and its log-ins are found by WANGGE_HOME and _PORT)

Each picture is under 400 KB. It needs Chromium (WANGGE_CHROMIUM, else the one on the path).
"""

import argparse
import os
import shutil
import uuid
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from app.commands.first_start import FILE as DEMO_LOGINS
from app.settings import Settings

FOLDER = Path(__file__).resolve().parent.parent / "docs/screenshots"
LARGEST = 400 * 1024  # bytes
PATIENCE = 90_000  # milliseconds
DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
DRAFT = str(uuid.uuid4())


class Shot(NamedTuple):
    """A picture: its name, what stands in the address, what is pressed, what has to be there, and how one looks."""

    name: str
    query: str
    press: tuple[str, ...] = ()
    shown: str = "body[data-ready=true]"
    phone: bool = False
    night: bool = False
    english: bool = False


def shots(page: Page) -> list[Shot]:
    """The pictures to take, at places that the server's own data name."""
    grid = _first(page, "grids", lambda one: one["kind"] == "base")
    building = _first(page, "buildings", lambda one: one["kind"] == "residential" and one["households"])
    station = _first(page, "stations", lambda one: one["kind"] == "police")
    lon, lat = _middle(grid)
    east, north = station["geometry"]["coordinates"]
    there = f"?at=15.2/{north:.5f}/{east:.5f}&sel=station:{station['id']}"
    place = f"{lat:.5f}/{lon:.5f}"
    return [
        Shot("map", ""),
        Shot("map-night", f"?at=14.6/{place}", night=True),
        Shot("grid", f"?sel=grid:{grid['id']}&layers=areas,grids,buildings,stations,patrol-routes"),
        Shot("building", f"?sel=building:{building['id']}&layers=grids,buildings,flags,stations"),
        Shot("standing", f"?at=16.6/{place}/20/55&layers=areas,grids,buildings,flags,stations"),
        Shot("english", f"?at=15/{place}", english=True),
        Shot("phone", f"?at=16/{place}", phone=True),
        Shot("phone-building", f"?sel=building:{building['id']}&layers=grids,buildings,flags", phone=True, night=True),
        Shot("zone", there, press=("[data-act-for=zone]",), shown=".zone-arrivals .arrival"),
        Shot("coverage", "", press=("[data-act=coverage]",), shown=".coverage-share"),
        Shot("what-if-night", there, press=("[data-act-for=whatif]",), shown=".scenario-table", night=True),
    ]


def desk_shots(page: Page) -> list[Shot]:
    """The pictures of a planner's desk, on a draft of its own that `tidy` takes away."""
    areas = page.request.get("/api/v1/areas?limit=100").json()["features"]
    area = next(one for one in areas if one["properties"]["level"] == "subdistrict")
    _send(page, "POST", "/plans", {"id": DRAFT, "name": area["properties"]["name"], "area_id": area["id"]})
    address = f"#plan={DRAFT}"
    suggest = ("[data-tab=suggest]", "[data-plan-act=suggest]")
    return [
        Shot("redraw", address, press=suggest, shown="[data-suggest=done]"),
        Shot("redraw-night", address, press=("[data-tab=draw]", ".grid-row"), shown=".plan-numbers", night=True),
    ]


def tidy(page: Page) -> None:
    """Take the draft away."""
    _send(page, "DELETE", f"/plans/{DRAFT}", None)


def _send(page: Page, method: str, path: str, body: Any) -> None:
    token = page.locator('meta[name="csrf-token"]').get_attribute("content") or ""
    answer = page.request.fetch(f"/api/v1{path}", method=method, data=body, headers={"X-CSRFToken": token})
    if not answer.ok:
        raise SystemExit(f"{method} {path}: {answer.text()}")


def _first(page: Page, collection: str, wanted: Any) -> dict[str, Any]:
    features = page.request.get(f"/api/v1/{collection}?limit=500").json()["features"]
    found = next(one for one in features if wanted(one["properties"]))
    return {**found, **found["properties"]}


def _middle(feature: dict[str, Any]) -> tuple[float, float]:
    """The middle of the first ring of a MultiPolygon, lon and lat."""
    ring = feature["geometry"]["coordinates"][0][0]
    return sum(lon for lon, _ in ring) / len(ring), sum(lat for _, lat in ring) / len(ring)


def log_in(browser: Browser, base: str, user: str, password: str, **options: Any) -> Page:
    """A page of its own, logged in."""
    page = browser.new_context(base_url=base, timezone_id="Asia/Shanghai", **options).new_page()
    page.goto("/login?lang=zh")
    page.locator("input[name=name]").fill(user)
    page.locator("input[name=password]").fill(password)
    page.locator("form button[type=submit]").first.click()
    page.wait_for_url(lambda url: "/login" not in url)
    return page


def take(browser: Browser, base: str, user: str, password: str, shot: Shot) -> None:
    """Write one picture."""
    page = log_in(
        browser,
        base,
        user,
        password,
        viewport=PHONE if shot.phone else DESKTOP,
        is_mobile=shot.phone,
        has_touch=shot.phone,
        color_scheme="dark" if shot.night else "light",
        reduced_motion="reduce",
    )
    query, _, hash_ = shot.query.partition("#")
    joined = "&" if query else "?"
    page.goto(f"/{query}{joined}lang={'en' if shot.english else 'zh'}#{hash_}")
    page.locator("body[data-ready=true]").wait_for(timeout=PATIENCE)
    for pressed in shot.press:
        page.locator(pressed).first.click(timeout=PATIENCE)
    page.locator(shot.shown).first.wait_for(timeout=PATIENCE)
    page.wait_for_timeout(1500)
    page.locator("#progress").wait_for(state="hidden", timeout=PATIENCE)
    page.wait_for_timeout(1500)
    save(page.screenshot(), FOLDER / f"{shot.name}.png")
    page.context.close()


def save(png: bytes, path: Path) -> None:
    """Write the picture with as many colours as fit under LARGEST."""
    picture = Image.open(BytesIO(png)).convert("RGB")
    for colours in (256, 128, 64, 32):
        picture.quantize(colours, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(path, optimize=True)
        if path.stat().st_size < LARGEST:
            return
    raise ValueError(f"{path.name} is over {LARGEST // 1024} KB")


def demo_password(file: Path, user: str) -> str:
    """The password of `user` in the file of demo log-ins; SystemExit with what to do where it is not there."""
    for line in file.read_text().splitlines() if file.exists() else ():
        name, secret, *_ = [*line.split(), "", ""]
        if name == user:
            return secret
    raise SystemExit(f"{file} names no {user}: start the server with 'make run'.")


def main() -> None:
    """Take every picture."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    settings = Settings.from_environment()
    address = f"http://{settings.host}:{settings.port}"
    parser.add_argument("--url", default=address, help=f"address of the server ({address})")
    parser.add_argument("--only", help="the name of one picture")
    given = parser.parse_args()
    FOLDER.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        path = os.environ.get("WANGGE_CHROMIUM") or shutil.which("chromium-headless-shell") or shutil.which("chromium")
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-background-networking"]
        )
        for user, pictures, after in (("coordinator", shots, None), ("planner", desk_shots, tidy)):
            password = demo_password(settings.home / DEMO_LOGINS, user)
            page = log_in(browser, given.url, user, password)
            for shot in pictures(page):
                if given.only in (None, shot.name):
                    take(browser, given.url, user, password, shot)
                    print(f"{shot.name}.png  {(FOLDER / f'{shot.name}.png').stat().st_size // 1024} KB")
            if after:
                after(page)
        browser.close()


if __name__ == "__main__":
    main()
