"""`wangge check`, on a small city that is then broken in one place."""

import pytest
from sqlalchemy import text

from app.imports.check import check
from app.imports.loader import load_city
from tests.app.small_city import small_city
from tests.fixtures.town import SEALER


@pytest.fixture
def town(session):
    """A session whose database holds the small city."""
    load_city(session, small_city(), sealer=SEALER)
    return session


def found(session, severity="broken"):
    """The kinds of violation found in the small city."""
    return {v.kind for v in check(session).violations if v.severity == severity}


def test_a_sound_city_breaks_nothing_and_misses_its_targets_without_failing(town):
    finding = check(town)
    assert finding.sound
    assert found(town) == set()
    missed = [v for v in finding.violations if "9902000010010" in v.text or "小城社区" in v.text]
    assert {v.kind for v in missed} == {"households_per_grid", "vacant_posts"}
    assert any("2 households, not 300 to 500" in v.text for v in missed)
    assert finding.counts["households"] >= 2
    assert finding.connected["小城"] == 1.0


@pytest.mark.parametrize(
    ("broken", "kind"),
    [
        ("UPDATE buildings SET block_id = (SELECT id FROM blocks WHERE key = '小城:2')", "building_in_one_block"),
        ("UPDATE grids SET valid_to = '2027-01-01' WHERE key = '小城:a'", "block_in_one_grid"),
        ("UPDATE grids SET valid_to = '2027-01-01' WHERE key = '小城:a'", "grids_cover_their_community"),
        ("UPDATE blocks SET grid_id = (SELECT id FROM grids WHERE key = '小城:a')", "grid_is_the_union_of_its_blocks"),
        ("UPDATE grids SET valid_to = '2027-01-01' WHERE key = '小城:a'", "in_a_grid_in_force"),
        (
            "UPDATE grids SET code = '990200001001002', valid_from = '2025-01-01' WHERE key = '小城:a'",
            "code_once_a_day",
        ),
        (
            "UPDATE grids SET geom = (SELECT geom FROM areas WHERE key = '小城:c') WHERE key = '小城:a'",
            "grids_cover_their_community",
        ),
        ("UPDATE areas SET geom = ST_Translate(geom, 0.001, 0) WHERE key = '小城:s'", "areas_nest"),
        ("UPDATE areas SET parent_id = id WHERE key = '小城:c'", "areas_nest"),
        ("UPDATE dwellings SET floor = 3 WHERE key = '小城:e:2'", "dwelling_in_its_building"),
        ("UPDATE entrances SET geom = ST_Translate(geom, -0.0001, 0)", "entrance_on_its_footprint"),
        ("UPDATE stations SET geom = ST_Translate(geom, 0.1, 0)", "inside_its_area"),
        ("UPDATE road_nodes SET geom = ST_Translate(geom, 0, 1)", "inside_its_area"),
    ],
)
def test_what_is_broken_is_found(town, broken, kind):
    if "WHERE key" not in broken.split(" SET ")[1].split(")")[-1]:
        broken += " WHERE key LIKE '小城:%'"
    town.execute(text(broken))
    finding = check(town)
    assert not finding.sound
    assert kind in {v.kind for v in finding.violations if v.severity == "broken"}
    assert all(v.ids and v.text for v in finding.violations)


def test_a_road_network_in_pieces_is_a_missed_target(town):
    town.execute(
        text("""
        WITH alone AS (INSERT INTO road_nodes (key, district_id, geom)
            SELECT '小城:alone', district_id, geom FROM road_nodes WHERE key = '小城:n1' RETURNING id)
        UPDATE road_edges SET tail_id = (SELECT id FROM alone) WHERE key = '小城:r1'
    """)
    )
    finding = check(town)
    assert finding.sound
    assert finding.connected["小城"] == 0.5
    assert any(v.kind == "roads_connected" for v in finding.violations)
