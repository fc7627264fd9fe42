"""Many nets into one in the page: a file is sent, its place seen on the map, compared, and made into one draft."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import shapely
from playwright.sync_api import Locator, Page, expect

from tests.app import net_files
from tests.browser.test_accessibility import complaints
from tests.browser.test_plan_publication import COMMUNITY, begun, choose, opened
from tests.fixtures.browsing import Watch
from tests.fixtures.database import ask
from tests.fixtures.web import LiveServer

MOVE_A_BUILDING = """
    UPDATE buildings SET geom = ST_Translate(geom, 1e-6, 0) WHERE id = (
        SELECT min(u.id) FROM buildings u JOIN blocks b ON b.id = u.block_id WHERE b.community_id = {community})
"""

# Today's grids as a net, in a state; nobody has laid it over the blocks.
KEEP = """
    WITH net AS (
        INSERT INTO legacy_nets (name, area_id, state, crs, report, made_by)
        SELECT '{name}', {area}, '{state}', CASE WHEN '{state}' = 'taken' THEN 'EPSG:4326' END,
            '{{"sure": true, "guesses": [{{"code": "EPSG:4326", "kind": "lonlat", "number": 0, "swapped": false,
               "metres": 1, "away": 0, "fit": 1, "inside": 1, "covered": 1, "aligned": 1}}]}}', min(id)
        FROM users RETURNING id)
    INSERT INTO legacy_grids (net_id, number, name, shape)
    SELECT net.id, row_number() OVER (ORDER BY g.id), g.name, ST_AsBinary(g.geom) FROM net, grids g
    WHERE g.community_id = {area} AND g.valid_to IS NULL
"""
END = (
    "UPDATE jobs SET state = 'failed', error = '{why}', finished_at = now() WHERE kind = '{kind}' AND state = 'waiting'"
)
SLOW = "第 2 个网格（东区）的边界过于细碎"
BROKEN = "计算两次提前结束"

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("patience")]


@pytest.fixture
def community(live_server: LiveServer) -> int:
    return int(ask(live_server.database.owner, COMMUNITY))


@pytest.fixture
def net(live_server: LiveServer, community: int, tmp_path: Path) -> Path:
    """A shapefile in GBK and GCJ-02 of today's grids, of which the first two are one and the last is not there."""
    rows = ask(
        live_server.database.owner,
        f"""SELECT jsonb_agg(jsonb_build_array(name, ST_AsText(geom)) ORDER BY code) FROM grids
            WHERE community_id = {community} AND valid_to IS NULL""",
    )
    names, shapes = [name for name, _ in rows], [shapely.from_wkt(shape) for _, shape in rows]
    joined = [shapely.union(*shapes[:2]), *shapes[2:-1]]
    path = tmp_path / "警务网格.zip"
    path.write_bytes(net_files.shapefile(net_files.turned(joined, "GCJ-02"), ["合并网格", *names[2:-1]]))
    return path


@pytest.fixture
def keep(live_server: LiveServer, community: int) -> Iterator[Callable[[str, str], None]]:
    """Keeps a net of a name in a state; all of them are gone afterwards."""
    owner = live_server.database.owner
    yield lambda name, state: ask(owner, KEEP.format(name=name, area=community, state=state))
    ask(owner, "DELETE FROM legacy_nets")


def sent(page: Page, file: Path) -> Locator:
    """Send a net by the form of the open tab: the question where it lies."""
    if not page.locator("[data-net-act=send]").is_visible():
        page.locator("[data-net-form] summary").click()
    page.locator("#net-file").set_input_files(file)
    expect(page.locator("#net-name")).to_have_value(file.stem)
    page.locator("[data-net-act=send]").click()
    return page.locator("[data-net-question]")


def deleted(page: Page) -> None:
    """Delete the one net there is."""
    page.get_by_role("button", name="删除警务网格").click()
    page.get_by_role("dialog").get_by_role("button", name="删除").click()
    expect(page.locator("[data-net]")).to_have_count(0)


def test_a_net_is_sent_seen_on_the_map_and_taken(
    open_page: Callable[..., Page], community: int, net: Path, worker: Callable, tmp_path: Path, watch: Watch
) -> None:
    page = open_page("planner")
    plan = begun(page, community)
    bad = tmp_path / "net.zip"
    bad.write_bytes(b"hello")
    with worker():
        opened(page, plan, "legacy")
        sent(page, bad)
        expect(page.locator("[data-net-refused]")).to_contain_text("这不是网格文件")
        question = sent(page, net)
        expect(question.locator("input[name=net-system]:checked")).to_have_value("GCJ-02")
        assert complaints(page) == []
        # Another system is looked at, one that there is not changes nothing, and the first is taken.
        question.locator("#net-epsg").fill("4326")
        with page.expect_response(lambda answer: "crs=EPSG%3A4326" in answer.url):
            question.get_by_role("button", name="查看").click()
        expect(question.locator("input[name=net-system]:checked")).to_have_value("EPSG:4326")
        watch.allow("422")
        question.locator("#net-epsg").fill("9999")
        question.get_by_role("button", name="查看").click()
        expect(page.get_by_text("EPSG:9999")).to_be_visible()
        expect(question.locator("input[name=net-system]:checked")).to_have_value("EPSG:4326")
        with page.expect_response(lambda answer: "crs=GCJ-02" in answer.url):
            question.locator("label", has_text="GCJ-02").click()
        expect(question.locator("input[name=net-system]:checked")).to_have_value("GCJ-02")
        question.locator("[data-net-act=take]").click()
        row = page.locator("[data-net]")
        expect(row).to_have_attribute("data-state", "taken")
        expect(row).to_have_attribute("aria-pressed", "true")
    deleted(page)
    page.close()


def test_a_net_is_compared_laid_anew_where_a_building_moves_and_made_into_one_plan(
    open_page: Callable[..., Page], live_server: LiveServer, community: int, net: Path, worker: Callable
) -> None:
    page = open_page("planner")
    plan = begun(page, community)
    with worker():
        opened(page, plan, "legacy")
        question = sent(page, net)
        expect(question).to_be_visible()
        question.locator("[data-net-act=take]").click()
        differs = page.locator("[data-net-differs]")
        expect(differs).to_contain_text("户归属不同")
        expect(page.get_by_role("heading", name="空白")).to_be_visible()
        page.locator(".net-places button").first.click()
        page.locator("summary", has_text="按住户对照").click()
        expect(page.locator(".net-table tbody")).to_contain_text("合并网格")
        assert complaints(page) == []

        ask(live_server.database.owner, MOVE_A_BUILDING.format(community=community))
        choose(page, "draw")
        with page.expect_response(lambda answer: answer.request.method == "POST" and "/overlay" in answer.url):
            choose(page, "legacy")
        expect(differs).to_contain_text("户归属不同")
        expect(page.locator("[data-net-laying]")).to_be_empty()

        page.locator("[data-net-act=propose]").click()
        expect(page.locator("[data-net-proposal]")).to_be_visible()
        made = page.locator("[data-net-proposal]").get_attribute("data-net-proposal")
        page.locator("[data-net-act=open]").click()
    expect(page.get_by_text("1 网合一")).to_be_visible()
    document = page.request.get(f"/api/v1/plans/{made}").json()
    assert (document["state"], document["version"]) == ("draft", 2)
    choose(page, "legacy")
    deleted(page)
    page.close()


def test_what_goes_wrong_with_a_net_is_said_and_can_be_tried_again(
    open_page: Callable[..., Page], live_server: LiveServer, community: int, keep: Callable, tmp_path: Path
) -> None:
    owner = live_server.database.owner
    page = open_page("planner")
    plan = begun(page, community)
    for name, state in (("综治网格", "taken"), ("环卫网格", "read")):
        keep(name, state)
    opened(page, plan, "legacy")
    taken, read = (page.locator("[data-net]", has_text=name) for name in ("综治网格", "环卫网格"))

    # Nobody works here: a laying is cancelled, and begun anew; another is too slow.
    laying = page.locator("[data-net-laying]")
    expect(taken).to_contain_text("尚未叠加到划分单元上")
    laying.locator("[data-net-act=cancel]").click()
    expect(laying.get_by_role("alert")).to_contain_text("网格尚未叠加到当前的划分单元上。")
    laying.get_by_role("button", name="重试").click()
    expect(laying.locator("[data-net-act=cancel]")).to_be_visible()
    ask(owner, END.format(kind="legacy.lay", why=f"综治网格: {SLOW}"))
    expect(laying.get_by_role("alert")).to_contain_text(SLOW)

    # A net is taken: that is cancelled, asked again, left, and refused when one is back.
    read.click()
    question = page.locator("[data-net-question]")
    question.locator("[data-net-act=take]").click()
    page.locator(".suggest-progress [data-net-act=cancel]").click()
    expect(question).to_be_visible()
    expect(question.locator("[data-net-not-taken]")).to_have_count(0)
    question.locator("[data-net-act=take]").click()
    expect(read).to_contain_text("正在叠加到划分单元上")
    expect(page.locator(".suggest-progress [data-net-act=cancel]")).to_be_visible()
    choose(page, "draw")
    choose(page, "legacy")
    expect(read).to_contain_text("正在叠加到划分单元上")
    expect(laying.get_by_role("alert")).to_contain_text(SLOW)
    ask(owner, END.format(kind="legacy.take", why=SLOW))
    expect(question.locator("[data-net-not-taken]")).to_contain_text(SLOW)
    assert complaints(page) == []

    # Whoever works at a file is gone for good; nothing of the file is left.
    file = tmp_path / "公安网格.zip"
    file.write_bytes(b"hello")
    with page.expect_response(lambda answer: answer.request.method == "POST" and answer.url.endswith("/legacy/nets")):
        sent(page, file)
    expect(page.locator(".suggest-progress [data-net-act=cancel]")).to_be_visible()
    with page.expect_response(lambda answer: answer.request.method == "DELETE"):
        ask(owner, END.format(kind="legacy.read", why=BROKEN))
    expect(page.locator("[data-net-refused]")).to_contain_text(BROKEN)
    expect(page.locator("[data-net]")).to_have_count(2)
    assert ask(owner, "SELECT count(*) FROM legacy_nets WHERE content IS NOT NULL") == 0
    page.close()
