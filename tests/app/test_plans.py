"""`wangge plan suggest` on the town of the template database."""

import json

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session as SqlSession
from sqlalchemy.pool import NullPool

from app.cluster.database import text_of
from app.plans import queries
from gis.atoms import ROAD
from gis.plan_scores import by_grid
from tests.app.commands import wangge
from tests.fixtures.database import ask

COMMUNITY = "SELECT code FROM areas WHERE level = 'community' ORDER BY code LIMIT 1"
BUSIEST = """
    SELECT a.code FROM areas a JOIN grids g ON g.community_id = a.id WHERE g.valid_to IS NULL
    GROUP BY a.id ORDER BY count(*) DESC, a.code LIMIT 1
"""
HELD = text("""
    SELECT g.id, coalesce(sum(c.households), 0) FROM grids g JOIN blocks b ON b.grid_id = g.id
    LEFT JOIN buildings u ON u.block_id = b.id LEFT JOIN entrances e ON e.building_id = u.id
    LEFT JOIN household_counts c ON c.entrance_id = e.id GROUP BY g.id
""")


@pytest.fixture
def town(database, tmp_path):
    """Calls `wangge plan suggest`, which only reads, on the town that all tests share."""

    def call(*arguments):
        environment = {"WANGGE_HOME": str(tmp_path), "WANGGE_DATABASE_URL": text_of(database.app)}
        return wangge("plan", "suggest", *arguments, **environment)

    call.database = database
    return call


def read(town, *arguments):
    done = town(*arguments, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_grids_are_suggested_everywhere_with_scores_beside_todays(town):
    told = read(town, "--all")
    assert told["grids"] == sum(row["grids"] for row in told["communities"])
    assert told["contiguous"] == 1
    assert told["unassigned"] == 0
    assert told["in_range"] >= told["today"]["in_range"] or told["impossible"]
    assert told["polsby_popper"] > told["today"]["polsby_popper"]
    assert told["dedicated"] == told["today"]["dedicated"]
    assert {"major_roads", "compounds_cut", "seconds"} <= told.keys()
    households = ask(town.database.owner, "SELECT sum(households) FROM household_counts")
    assert sum(row["households"] for row in told["communities"]) == int(households)


def test_a_community_is_suggested_alone_and_again_the_same(town):
    code = ask(town.database.owner, COMMUNITY)
    told = read(town, "--community", code)
    assert [row["code"] for row in told["communities"]] == [code]
    again = read(town, "--community", code)
    assert {**told, "seconds": 0} == {**again, "seconds": 0}


def test_what_is_favoured_is_fewer_inside(town):
    usual, roads, compounds = (read(town, "--all", "--favour", one) for one in ("even", "roads", "compounds"))
    inside = [sum(one[kind] for kind in ("major_roads", "railways", "water")) for one in (usual, roads)]
    assert inside[1] <= inside[0]
    assert compounds["compounds_cut_needlessly"] <= usual["compounds_cut_needlessly"]
    assert roads["in_range"] == compounds["in_range"] == usual["in_range"]
    refused = town("--all", "--favour", "roads", "--least-change")
    assert refused.returncode == 1
    assert "--favour" in refused.stderr


def test_a_plan_in_the_range_needs_no_change(town):
    told = read(town, "--all", "--least-change")
    if told["today"]["in_range"] == 1:
        assert told["blocks_moved"] == 0
    assert told["in_range"] >= told["today"]["in_range"]


def test_the_scores_are_a_table_for_people(town):
    done = town("--all")
    assert done.returncode == 0, done.stderr
    assert "polsby popper" in done.stdout
    assert done.stdout.strip().endswith(" s.")


@pytest.mark.parametrize("arguments", [(), ("--all", "--community", "1")])
def test_it_wants_to_know_where(town, arguments):
    done = town(*arguments)
    assert (done.returncode, done.stderr) == (1, "Error: Say either --community CODE or --all.\n")


def test_a_code_that_no_area_has_is_told(town):
    done = town("--community", "000")
    assert done.returncode == 1
    assert "There is no area with the code 000." in done.stderr


def test_blocks_are_read_as_the_database_has_them(town):
    engine = create_engine(town.database.app, poolclass=NullPool)
    with SqlSession(engine) as session:
        ((district, communities),) = queries.districts(session, None)
        ground = queries.ground(session, district, communities)
        areas = session.execute(text("SELECT id, ST_Area(geom::geography) FROM blocks ORDER BY id")).all()
        held = dict(session.execute(HELD).all())
    engine.dispose()
    assert ground.atoms.keys == tuple(str(number) for number, _ in areas)
    assert ground.atoms.area == pytest.approx([area for _, area in areas], rel=0.003)
    each = by_grid(ground.today)
    assert {int(g): int(h) for g, h in zip(each.grid, each.households, strict=True)} == held
    assert (ground.atoms.along & ROAD).any()
    assert (ground.community[ground.atoms.tail] == ground.community[ground.atoms.near]).all()


def test_schools_and_parks_become_dedicated_grids_where_that_is_asked_for(town):
    told = read(town, "--all", "--dedicated", "school, park")
    free = [site for site in told["seeds"] if site["bar"] is None]
    assert free
    assert {site["kind"] for site in told["seeds"]} <= {"school", "park"}
    assert told["dedicated"] == told["today"]["dedicated"] + len(free)
    assert told["contiguous"] == 1
    assert sum(row["dedicated"] for row in told["communities"]) == told["dedicated"]
    least = read(town, "--all", "--dedicated", "school,park", "--least-change")
    assert least["dedicated"] == told["dedicated"]


def test_from_which_size_on_something_becomes_a_dedicated_grid_is_said_by_kind(town):
    def made(kinds):
        seeds = read(town, "--all", "--least-change", "--dedicated", kinds)["seeds"]
        return [site["size"] for site in seeds if site["bar"] is None], [s["bar"] for s in seeds]

    usual, _bars = made("park")
    every, _bars = made("park:0")
    assert min(usual, default=50_000) >= 50_000
    assert min(every) < 50_000
    none, bars = made("park:9000000")
    assert not none
    assert "small" in bars
    assert town("--all", "--dedicated", "park:much").returncode == 2


def test_a_kind_that_no_dedicated_grid_is_made_of_is_named(town):
    done = town("--all", "--dedicated", "school,palace")
    assert done.returncode == 2
    assert "'palace'" in done.stderr
    assert "hospital" in done.stderr


def test_levels_above_the_suggestion_are_printed(town):
    code = ask(town.database.owner, BUSIEST)
    told = read(town, "--community", code, "--levels", "3,1")
    upper, middle = told["levels"]["upper"], told["levels"]["middle"]
    assert (len(upper), len(middle)) == (1, 3)
    assert sum(row["grids"] for row in middle) == told["grids"]
    assert sum(row["households"] for row in middle) == upper[0]["households"]
    assert town("--community", code, "--levels", "3").returncode == 2
    refused = town("--community", code, "--levels", "900,3")
    assert refused.returncode == 1
    assert "900 grids cannot be made of" in refused.stderr
