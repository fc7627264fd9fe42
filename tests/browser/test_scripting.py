"""Sixty texts that want to be scripts, in every field that people and imports write, and none ever runs in Chromium.

Three things would tell: `alert` is replaced by a list of who called it, a script that the policy stops is a violation
and an error on the console (see `watch`), and no element may carry a handler or lead to `javascript:`.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session as SqlSession
from sqlalchemy.pool import NullPool

from app.search import service as search
from tests.app.access_matrix import MATRIX
from tests.app.places import places
from tests.browser.test_map import show
from tests.fixtures.browsing import Watch
from tests.fixtures.database import Server
from tests.fixtures.web import LiveServer, serving

pytestmark = pytest.mark.browser
OpenPage = Callable[..., Page]

PAYLOADS = (Path(__file__).parent / "scripting_payloads.txt").read_text().splitlines()
HANDS = 12
"""Each row gets five of the sixty, so that twelve rows on end show all of them; more where there are fewer rows."""

MOST_ALIVE = 45  # of the payloads that run by themselves or wait for a click where they are written out as they are

LISTENER = """
    window.ran = [];
    window.alert = window.confirm = window.prompt = (which) => { window.ran.push(String(which)); };
    document.addEventListener("securitypolicyviolation", (event) => {
      window.ran.push(`stopped by the policy: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`);
    });
"""
SUSPECTS = """
    () => [...document.querySelectorAll("*")].flatMap((element) => [...element.attributes]
      .filter(({ name, value }) => /^on/i.test(name)
        || (/^(href|src|action|data|xlink:href)$/i.test(name) && /^\\s*(javascript|data:text)/i.test(value)))
      .map(({ name, value }) => `${element.tagName} ${name}=${value}`))
"""
TEXTS = """
    SELECT table_name, column_name FROM information_schema.columns c JOIN pg_class t ON t.oid = table_name::regclass
    WHERE table_schema = 'public' AND data_type = 'text' AND relkind = 'r' AND is_generated = 'NEVER'
      AND column_name <> ALL(:words)
      AND table_name NOT IN ('alembic_version', 'spatial_ref_sys', 'data_versions', 'search_entries')
    ORDER BY 1, 2
"""
WORDS = ["key", "kind", "level", "role", "state", "category", "road_class", "language", "digest", "password_hash"]
"""Columns of the program's own words and marks, which nobody writes."""
NAMES_IN_ADDRESSES = {"areas.code", "users.name"}
WRITE = """
    WITH numbered AS (SELECT ctid AS place, row_number() OVER (ORDER BY ctid) AS nth FROM {table})
    UPDATE {table} t SET {column} = (CAST(:texts AS text[]))[1 + nth % :hands] {apart}
    FROM numbered n WHERE t.ctid = n.place AND nth <= 1500
"""
EXPECTED = {
    *("areas.name", "areas.name_en", "compounds.name", "compounds.manager", "grids.name", "grids.name_en"),
    *("buildings.name", "buildings.address", "entrances.label", "dwellings.number", "posts.holder"),
    *("stations.name", "stations.address", "stations.phone", "stations.open_hours", "patrol_routes.name"),
    *("incidents.description", "incidents.address", "flags.note", "users.display_name", "road_edges.name"),
}


@pytest.fixture(scope="module")
def live_server(server: Server, worker_id: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """A server of its own on a town in which every text wants to be a script."""
    database = server.copy(f"{worker_id}_scripting")
    engine = create_engine(database.admin.set(database=database.owner.database), poolclass=NullPool)
    with SqlSession(engine) as session, session.begin():
        places(session)
    with engine.connect() as connection:
        written = poison(connection)
    assert written >= EXPECTED, EXPECTED - written
    with SqlSession(engine) as session, session.begin():
        search.rebuild(session, session.scalar(text("SELECT id FROM areas WHERE level = 'district'")))
    with serving(database, tmp_path_factory.mktemp("scripting")) as url:
        yield LiveServer(url, database)
    server.drop(database)


def poison(connection: Connection) -> set[str]:
    """The columns into which the texts were written: all whose checks let them in."""
    written = set()
    for table, column in connection.execute(text(TEXTS), {"words": WORDS}).all():
        if f"{table}.{column}" in NAMES_IN_ADDRESSES:
            continue
        rows = connection.scalar(text(f'SELECT count(*) FROM "{table}"'))
        hands = min(HANDS, rows) or 1
        bound = {"texts": [" ".join(PAYLOADS[hand::hands]) for hand in range(hands)], "hands": hands}
        for apart in ("", "|| ' ' || nth"):  # what has to be unique is numbered
            try:
                connection.execute(text(WRITE.format(table=f'"{table}"', column=f'"{column}"', apart=apart)), bound)
            except DBAPIError:
                connection.rollback()
            else:
                connection.commit()
                written.add(f"{table}.{column}")
                break
    return written


@pytest.fixture
def town(live_server: LiveServer) -> Iterator[Connection]:
    engine = create_engine(live_server.database.owner, poolclass=NullPool)
    with engine.connect() as connection:
        yield connection


def listening(page: Page) -> Page:
    """The page, which from its next address on keeps who ran; a dialog fails it too."""
    page.context.add_init_script(LISTENER)
    page.on("dialog", lambda dialog: pytest.fail(f"a dialog: {dialog.message}"))
    return page


def harmless(page: Page) -> None:
    """Nothing has run, nothing was stopped while it tried to, and nothing waits for a click or a pointer."""
    assert page.evaluate("window.ran") == []
    assert page.evaluate(SUSPECTS) == []


def settled(page: Page) -> None:
    """Wait until the page has drawn what it has got; handlers of what it drew have had their turn."""
    page.evaluate(
        "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))))"
    )


def select(page: Page, kind: str, number: object) -> None:
    """Open the panel of a subject, as going back in the browser's history does, without loading the page again."""
    with page.expect_response(re.compile(rf"/api/v1/[a-z-]+/{number}(\?|$)")):
        page.evaluate(
            "(query) => { history.pushState(null, '', query); dispatchEvent(new PopStateEvent('popstate')); }",
            f"?sel={kind}:{number}",
        )
    settled(page)


def chunks(longest: int) -> Iterator[str]:
    """All payloads, as many at a time as have room in `longest` characters."""
    line = ""
    for payload in PAYLOADS:
        if line and len(line) + len(payload) >= longest:
            yield line
            line = ""
        line += payload
    yield line


def test_the_texts_do_run_where_nobody_guards(browser: Browser):
    page = listening(browser.new_page())
    page.goto("about:blank")
    alive = set()
    for number, payload in enumerate(PAYLOADS, 1):
        page.set_content(payload)
        settled(page)
        if str(number) in page.evaluate("window.ran.splice(0)") or page.evaluate(SUSPECTS):
            alive.add(number)
    page.close()
    assert {1, 15, 24, 50} <= alive
    assert len(alive) >= MOST_ALIVE


SUBJECTS = {
    "area": "SELECT id FROM areas ORDER BY ctid LIMIT 12",
    "compound": "SELECT id FROM compounds ORDER BY ctid LIMIT 12",
    "grid": "SELECT id FROM grids ORDER BY ctid LIMIT 12",
    "building": """SELECT b.id FROM buildings b WHERE EXISTS (
        SELECT FROM entrances e JOIN dwellings d ON d.entrance_id = e.id JOIN households h ON h.dwelling_id = d.id
        JOIN flags f ON f.household_id = h.id WHERE e.building_id = b.id) ORDER BY ctid LIMIT 12""",
    "station": "SELECT id FROM stations ORDER BY ctid LIMIT 12",
    "patrol-route": "SELECT id FROM patrol_routes ORDER BY ctid LIMIT 12",
    "incident": "SELECT id FROM incidents ORDER BY ctid LIMIT 12",
}


def test_nothing_runs_in_the_panels_of_whatever_the_map_shows(open_page: OpenPage, town: Connection):
    page = show(listening(open_page("coordinator")))
    for kind, statement in SUBJECTS.items():
        for number in town.scalars(text(statement)).all():
            select(page, kind, number)
    harmless(page)
    for row in page.locator(".dwelling, .row, .tab").all()[:5]:
        row.click(force=True)
    settled(page)
    harmless(page)


def test_nothing_runs_in_the_list_the_search_the_hints_and_the_menus(open_page: OpenPage):
    page = show(listening(open_page("coordinator", language="en")), "?layers=areas,grids,compounds,buildings,stations")
    page.keyboard.press("l")
    page.locator(".list-rows .row").first.wait_for()
    settled(page)
    harmless(page)
    page.keyboard.press("Escape")
    box = page.get_by_role("combobox")
    for words in ("<img src=x", "script>alert", "javascript:", "onfocus", *list(chunks(64))[:6]):
        with page.expect_response(re.compile("/api/v1/search")):
            box.fill(words[:64])
        settled(page)
    harmless(page)
    box.fill("")
    box.blur()
    canvas = page.locator("#map canvas").bounding_box()
    for step in range(6):
        page.mouse.move(canvas["x"] + canvas["width"] * (step + 2) / 9, canvas["y"] + canvas["height"] * (step + 2) / 9)
        settled(page)
    page.mouse.click(canvas["x"] + canvas["width"] / 2, canvas["y"] + canvas["height"] / 2)
    page.get_by_role("button", name=re.compile("^(You: |当前用户)")).click()
    settled(page)
    harmless(page)


def test_nothing_runs_where_an_address_or_a_form_is_repeated(open_page: OpenPage, watch: Watch):
    watch.allow("Failed to load resource: the server responded with a status of 4")
    page = listening(open_page())
    everything = quote("".join(PAYLOADS), safe="")
    for address in ("/login?next=/{}", "/login?next={}&lang=en", "/{}", "/static/{}", "/wallmap/{}", "/api/v1/docs?{}"):
        page.goto(address.format(everything[:3500]))
        harmless(page)
        page.goto(address.format(quote("".join(PAYLOADS[30:]), safe="")[:3500]))
        harmless(page)
    for line in chunks(190):
        page.goto(f"/login?next=/{quote(line, safe='')}")
        page.locator("input[name=name]").evaluate("(input, line) => { input.value = line; }", line)
        page.locator("input[name=password]").fill("wrong")
        page.locator("form button[type=submit]").first.click()
        page.locator("[role=alert]").wait_for()
        assert page.locator("input[name=name]").input_value() == line.strip()
        harmless(page)


FILES = {"GET calibration_pages.example"}
"""What a browser keeps as a file and never shows, where the role may have it."""


@pytest.mark.parametrize("role", ["coordinator", "administrator", "security_officer", "auditor"])
def test_nothing_runs_on_the_pages_without_a_map(role: str, open_page: OpenPage, watch: Watch, town: Connection):
    watch.allow("Failed to load resource: the server responded with a status of 4")
    page = listening(open_page(role))
    with SqlSession(town) as session:
        parts, _ = places(session)
        session.rollback()
    for key, line in MATRIX.items():
        if key.startswith("GET ") and not line.url.startswith(("/api/v1/", "/static", "/i18n", "/wallmap", "/map/")):
            address = line.url.format(**parts)
            if key in FILES and (answer := page.request.get(address)).ok:
                assert answer.headers["content-disposition"].startswith("attachment")
                continue
            page.goto(address)
            settled(page)
            harmless(page)


def test_nothing_runs_in_the_wall_map_that_people_keep(
    open_page: OpenPage, browser: Browser, town: Connection, tmp_path
):
    code = town.scalar(text("SELECT code FROM areas WHERE level = 'community' ORDER BY id LIMIT 1"))
    answer = open_page("coordinator").request.get(f"/wallmap/{code}")
    assert answer.status == 200
    file = tmp_path / "wallmap.html"
    file.write_bytes(answer.body())
    page = listening(browser.new_page())
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.goto(file.as_uri())
    for mark in page.locator(".leaflet-interactive, .leaflet-marker-icon").all()[:30]:
        mark.dispatch_event("mouseover")
        mark.dispatch_event("click")
    settled(page)
    harmless(page)
    assert [url for url in requests if not url.startswith(("file:", "data:"))] == []
    assert requests.count(file.as_uri()) == 1
    page.close()
