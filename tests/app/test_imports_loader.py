"""A city into PostGIS."""

import pytest
from sqlalchemy import text

from app.errors import Conflict
from app.imports.check import check
from app.imports.loader import digest_of, load_city
from tests.app.small_city import small_city
from tests.fixtures.town import SEALER


def counts(session):
    return check(session).counts


def versions(session):
    return dict(session.execute(text("SELECT dataset, version FROM data_versions")).all())


def test_every_record_arrives_with_its_references(session):
    loaded = load_city(session, small_city(), sealer=SEALER)
    assert loaded.changed
    assert loaded.rows["households"] == 2
    row = session.execute(
        text("""
            SELECT h.contact_name, d.number, b.floors_assumed, k.name, g.name AS grid, a.level, b.height,
                   ST_Contains(g.geom, b.geom) AS inside, ST_SRID(b.geom) AS srid
            FROM households h JOIN dwellings d ON d.id = h.dwelling_id JOIN entrances e ON e.id = d.entrance_id
            JOIN buildings b ON b.id = e.building_id JOIN blocks k2 ON k2.id = b.block_id
            JOIN compounds k ON k.id = k2.compound_id JOIN grids g ON g.id = k2.grid_id
            JOIN areas a ON a.id = g.community_id
            WHERE d.key = '小城:e:2'
        """)
    ).one()
    assert tuple(row) == ("示例住户0002", "201", True, "小区\t一", "第1网格", "community", 6.0, True, 4326)


def test_text_with_backslashes_and_line_ends_arrives_as_it_was(session):
    load_city(session, small_city(), sealer=SEALER)
    assert session.scalar(text("SELECT name FROM road_edges WHERE key = '小城:r0'")) == "小路\\\n"


def test_a_grid_is_the_union_of_its_blocks_and_neighbours_are_tinted_differently(session):
    load_city(session, small_city(), sealer=SEALER)
    rows = session.execute(
        text("""
            SELECT g.tint, ST_Area(ST_SymDifference(g.geom, (SELECT ST_Union(geom) FROM blocks WHERE grid_id = g.id)))
            FROM grids g WHERE g.key LIKE '小城:%'
        """)
    ).all()
    assert len({tint for tint, _ in rows}) == 2
    assert all(missing == 0 for _, missing in rows)


def test_flags_that_came_with_a_city_expire(session):
    load_city(session, small_city(), sealer=SEALER)
    flags = session.execute(
        text("""
            SELECT f.kind, f.expires_on > CURRENT_DATE FROM flags f JOIN households h ON h.id = f.household_id
            JOIN dwellings d ON d.id = h.dwelling_id WHERE d.key LIKE '小城:%' ORDER BY f.kind
        """)
    ).all()
    assert [tuple(flag) for flag in flags] == [("infant", True), ("let", True)]


def test_loading_the_same_city_twice_changes_nothing(session):
    first = load_city(session, small_city(), sealer=SEALER)
    before, versions_before = counts(session), versions(session)
    second = load_city(session, small_city(), sealer=SEALER)
    assert (second.changed, second.district_id) == (False, first.district_id)
    assert counts(session) == before
    assert versions(session) == versions_before


def test_a_load_raises_the_version_of_what_it_changes(session):
    before = versions(session)
    load_city(session, small_city(), sealer=SEALER)
    after = versions(session)
    assert all(after[dataset] > before[dataset] for dataset in before if dataset != "incidents")


def test_another_content_under_the_same_name_is_refused_and_changes_nothing(session):
    load_city(session, small_city(), sealer=SEALER)
    before = counts(session)
    other = small_city()
    other.stations = []
    with pytest.raises(Conflict, match="小城 is here already"):
        load_city(session, other, sealer=SEALER)
    assert counts(session) == before


def test_a_second_city_with_the_same_codes_gets_codes_of_its_own(session):
    load_city(session, small_city(), sealer=SEALER)
    load_city(session, small_city("乙城"), sealer=SEALER)
    codes = session.scalars(text("SELECT code FROM areas WHERE key LIKE '乙城:%' ORDER BY id")).all()
    assert codes[0] != "990200000000"
    assert codes[0].startswith("99")
    assert len({code[:6] for code in codes}) == 1
    grids = session.scalars(text("SELECT code FROM grids WHERE key LIKE '乙城:%'")).all()
    assert {code[:12] for code in grids} == {codes[2]}


def test_a_city_that_refers_to_what_it_does_not_hold_is_not_loaded(session):
    city = small_city()
    city.blocks = city.blocks[:1]
    city.grids = city.grids[:1]
    city.posts = []
    city.buildings = [city.buildings[0]._replace(block="小城:2")]
    before = counts(session)
    with pytest.raises(KeyError, match="小城:2"), session.begin_nested():
        load_city(session, city, sealer=SEALER)
    assert counts(session) == before


def test_the_digest_tells_contents_apart_and_not_runs():
    assert digest_of(small_city()) == digest_of(small_city())
    assert digest_of(small_city()) != digest_of(small_city("乙城"))
