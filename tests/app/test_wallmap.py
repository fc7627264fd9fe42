"""Wall maps: one file that asks nobody for anything and tells nothing about a household."""

import re
from datetime import date

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from app.areas.scope import EVERYTHING
from app.cli import main
from app.cluster.database import text_of
from app.days import TODAY_SQL
from app.errors import Invalid, NotFound
from app.pages import wallmap_data
from app.pages.wallmap import Zone, draw
from app.pages.wallmap_data import WallMapData
from app.pages.wallmap_zone import read_zone
from tests.fixtures.town import SEALER

SHAPE = {"type": "Polygon", "coordinates": [[[121.0, 31.0], [121.01, 31.0], [121.01, 31.01], [121.0, 31.0]]]}
HOSTILE = "</script><script>alert(1)</script>`${alert(1)}{{ 7*7 }}{% raw %}"


@pytest.fixture
def community(session):
    """The code and the id of the grid worker's community."""
    return session.execute(
        text("""SELECT a.code, a.id, a.name FROM appointments u JOIN grids g ON g.id = u.grid_id
                JOIN areas a ON a.id = g.community_id WHERE u.role = 'grid_worker'""")
    ).one()


def drawn(app, data, **options):
    with app.test_request_context("/?lang=zh"):
        return draw(data, **{"language": "zh", "made_by": "某人", "made_on": date(2026, 5, 1), **options})


def addresses(page):
    """Every address that a browser would fetch: those in tags and styles."""
    page = re.sub(r"<script>.*?</script>", "", page, flags=re.DOTALL)
    named = r"""(?:src|href|action)\s*=\s*["']([^"']*)|url\(["']?([^"')]+)|@import\s+["']([^"']+)"""
    found = ("".join(groups) for groups in re.findall(named, page))
    return [address for address in found if not address.startswith(("data:", "#"))]


@pytest.mark.parametrize("role", ["grid_worker", "coordinator", "planner"])
def test_the_wall_map_is_one_file_in_the_page_s_language(client_as, community, role):
    answer = client_as(role).get(f"/wallmap/{community.code}?lang=zh")
    page = answer.text
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"].startswith(f'attachment; filename="wallmap-{community.code}-')
    assert '<html lang="zh-Hans">' in page
    assert f"<h1>{community.name}网格挂图</h1>" in page
    for part in ("图例", "服务站", "本图不含个人信息", "leaflet", "L.control.scale", "北"):
        assert part in page
    assert addresses(page) == []
    assert "default-src 'none'" in page


def test_the_wall_map_is_english_where_the_page_is(client_as, community):
    page = client_as("planner").get(f"/wallmap/{community.code}?lang=en").text
    assert '<html lang="en">' in page
    assert "This map holds no personal data." in page


def test_no_name_of_a_person_a_flag_or_a_dwelling_stands_on_it(client_as, community, session):
    page = client_as("planner").get(f"/wallmap/{community.code}?lang=zh").text
    people = session.scalars(
        text("""SELECT DISTINCT contact_name FROM households WHERE contact_name <> ''
                UNION SELECT holder FROM posts WHERE holder IS NOT NULL
                """)
    ).all()
    phones = session.scalars(text("SELECT DISTINCT contact_phone FROM households WHERE contact_phone <> ''")).all()
    people += [SEALER.unseal(phone) for phone in phones]
    assert len(people) > len(phones) > 0
    assert [person for person in people if person in page] == []
    for word in ("alone_over_80", "low_income", "household_id"):
        assert word not in page


def flags(session, community, *kinds_by_count):
    """Give the first building of the community with 20 or more households exactly these flags; its id."""
    bound = {"id": community.id}
    session.execute(text("DELETE FROM flags"))
    building, homes = session.execute(
        text("""
            SELECT b.id, array_agg(h.id ORDER BY h.id) FROM buildings b JOIN blocks k ON k.id = b.block_id
              JOIN entrances e ON e.building_id = b.id JOIN dwellings d ON d.entrance_id = e.id
              JOIN households h ON h.dwelling_id = d.id
            WHERE k.community_id = :id GROUP BY b.id HAVING count(*) >= 20 ORDER BY b.id LIMIT 1
        """),
        bound,
    ).one()
    for kind, count in kinds_by_count:
        wanted = homes[: len(homes) // 2 + 1] if count is None else homes[:count]
        session.execute(
            text("INSERT INTO flags (household_id, kind) SELECT unnest(CAST(:homes AS int[])), :kind"),
            {"homes": wanted, "kind": kind},
        )
    return building


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ([("alone_over_80", 2)], None),
        ([("alone_over_80", 3)], "need"),
        ([("infant", 3), ("hardship", 3)], "need"),
        ([("infant", 2), ("low_income", 3)], "hardship"),
        ([("let", None)], None),
        ([("let", 3)], "tenancy"),
        ([("hardship", 2), ("low_income", 2)], None),  # the same two households
    ],
)
def test_a_building_shows_a_group_only_from_three_households_on_and_below_half(session, community, given, shown):
    flags(session, community, *given)
    groups = {
        feature["properties"]["group"] for feature in wallmap_data.read(session, EVERYTHING, community.code).buildings
    }
    assert groups - {None} == ({shown} - {None})


def test_flags_that_have_expired_colour_nothing(session, community):
    flags(session, community, ("infant", 5))
    session.execute(text(f"UPDATE flags SET expires_on = {TODAY_SQL} - 1"))
    assert all(
        f["properties"]["group"] is None for f in wallmap_data.read(session, EVERYTHING, community.code).buildings
    )


def test_names_that_look_like_markup_or_templates_stay_names(app):
    properties = {
        "name": HOSTILE, "name_en": HOSTILE, "code": HOSTILE, "west": 121, "south": 31, "east": 121.01, "north": 31.01,
        "lon": 121.005, "lat": 31.005, "tint": 1, "households": 0, "class": "primary", "length": 500.0,
        "kind": "police",
    }  # fmt: skip
    shape = {"type": "Feature", "geometry": SHAPE, "properties": properties}
    line = {"type": "LineString", "coordinates": [[121.0, 31.0], [121.01, 31.0]]}
    road = {**shape, "geometry": line}
    data = WallMapData(shape, (121, 31, 121.01, 31.01), [shape], [], [properties], [], [road], [])
    zone = Zone([], 121.005, 31.005, HOSTILE, [HOSTILE])
    page = drawn(app, data, made_by=HOSTILE, zone=zone)
    assert "<script>alert" not in page
    assert "{{ 7*7 }}" in page
    assert "49" not in re.sub(
        r"<style>.*?</style>|<script>.*?</script>", "", page.split("<header>")[1].split("<footer>")[0]
    )


def test_a_chosen_response_zone_stands_on_it_with_its_assumptions(client_as, community, session):
    lon, lat = session.execute(
        text("SELECT ST_X(geom), ST_Y(geom) FROM stations WHERE community_id = :id ORDER BY id LIMIT 1"),
        {"id": community.id},
    ).one()
    address = f"/wallmap/{community.code}?lang=zh&zone={lon},{lat},foot,1,3"
    page = client_as("coordinator").get(address).text
    assert "应急处置圈" in page
    assert "1 分钟内" in page
    assert "3 分钟内" in page
    assert 'class=\\"origin\\"' in page


@pytest.mark.parametrize("asked", ["", "1,2", "1,2,boat,3", "1,2,foot,x", "1,2,foot,", "x,2,foot,3", "121,31,foot,0"])
def test_a_zone_that_cannot_be_read_is_refused(session, asked):
    with pytest.raises(Invalid) as refused:
        read_zone(session, EVERYTHING, asked)
    assert refused.value.field == "zone"


def test_a_bad_zone_is_answered_with_a_sentence(client_as, community):
    answer = client_as("planner").get(f"/wallmap/{community.code}?zone=here", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json["error"]["field"]) == (422, "zone")


def test_a_community_outside_the_area_has_no_wall_map(client_as, session, community):
    foreign = session.scalar(
        text("SELECT code FROM areas WHERE level = 'community' AND id <> :id LIMIT 1"), {"id": community.id}
    )
    assert client_as("grid_worker").get(f"/wallmap/{foreign}").status_code == 404
    assert client_as("planner").get(f"/wallmap/{foreign}").status_code == 200
    with pytest.raises(NotFound):
        wallmap_data.read(session, EVERYTHING, "000000000000")


def test_an_administrator_makes_no_wall_map(client_as, community):
    assert client_as("administrator").get(f"/wallmap/{community.code}").status_code == 403


def test_making_a_wall_map_is_audited(client_as, community, session):
    client_as("planner").get(f"/wallmap/{community.code}")
    row = session.execute(text("SELECT subject_id FROM audit WHERE act = 'wallmap.made'")).one()
    assert row.subject_id == community.code


def test_the_command_writes_the_file_and_says_what_is_on_it(fresh_database, community, tmp_path, monkeypatch):
    file = tmp_path / "map.html"
    with fresh_database() as database:
        monkeypatch.setenv("WANGGE_HOME", str(tmp_path / "home"))
        monkeypatch.setenv("WANGGE_DATABASE_URL", text_of(database.owner))
        arguments = ["wallmap", "--community", community.code, "-o", str(file), "--made-by", "Somebody", "--lang", "en"]
        done = CliRunner().invoke(main, arguments)
        wrong = CliRunner().invoke(main, ["wallmap", "--community", "1", "-o", str(file)])
    assert done.exit_code == 0, done.output
    assert "grids" in done.output
    assert "by Somebody with Wangge" in file.read_text()
    assert wrong.exit_code == 1
