"""Readers of grids after a publication see those of now: a worker's homes, tiles, lists, search, wall map, places."""

import pytest
from sqlalchemy import text

from app import tiles
from app.days import today
from tests.app.places import tile_at
from tests.app.planned import Town
from tests.app.planning import URL, begun, edited
from tests.app.test_publication import in_force, step
from tests.app.vector_tile import read_tile

BUILDING = text("""
    SELECT u.id, ST_X(ST_PointOnSurface(u.geom)) AS lon, ST_Y(ST_PointOnSurface(u.geom)) AS lat
    FROM buildings u JOIN entrances e ON e.building_id = u.id JOIN household_counts c ON c.entrance_id = e.id
    WHERE u.block_id = :block GROUP BY u.id ORDER BY u.id LIMIT 1
""")


@pytest.fixture
def town(session, monkeypatch):
    monkeypatch.setattr(tiles, "cache", tiles.TileCache())
    return Town(session)


@pytest.fixture
def staff(client_as):
    return client_as("community_staff")


@pytest.fixture
def planner(client_as):
    return client_as("planner")


def own_grid(session):
    return session.scalar(text("SELECT grid_id FROM appointments WHERE role = 'grid_worker' AND ends_at IS NULL"))


def homes_of(client, building):
    return client.get(f"/api/v1/buildings/{building}").json["properties"]["households_visible"]


def test_a_worker_goes_on_working_with_the_homes_of_the_heir_and_with_no_others(
    client_as, staff, planner, town, session
):
    own = own_grid(session)
    other = next(grid for grid in town.large() if grid != own)
    given, kept, *_ = sorted(town.of(own), key=lambda block: town.households[block] or 10**6)
    buildings = {block: session.execute(BUILDING, {"block": block}).one().id for block in (given, kept)}
    worker = client_as("grid_worker")
    assert [homes_of(worker, building) for building in buildings.values()] == [True, True]
    plan = begun(staff, town.community)
    assert edited(staff, plan, {str(given): [own, other]}).status_code == 200
    assert step(staff, plan, "submit").status_code == 200
    assert step(planner, plan, "approve", valid_from=today().isoformat()).status_code == 200
    town.read()
    now = own_grid(session)
    assert now != own
    assert now in town.grids
    assert homes_of(worker, buildings[given]) is (town.blocks[given] == now)
    assert homes_of(worker, buildings[kept]) is (town.blocks[kept] == now)
    assert town.blocks[given] != town.blocks[kept]
    assert worker.get("/api/v1/me").json["grid"]["id"] == now


def test_lists_tiles_search_wall_map_and_places_show_the_grids_of_now(staff, planner, town, session):
    old = town.large()[0]
    block = [block for block in town.of(old) if town.households[block]][1]
    place = session.execute(BUILDING, {"block": block}).one()
    tile = f"/api/v1/tiles/grids/{tile_at(place.lon, place.lat, 15)}.mvt"
    before = staff.get(tile)
    assert old in dict(read_tile(before.data)["grids"])
    in_force(staff, planner, town)
    (new,) = [grid for grid, row in town.grids.items() if row.name == "新桥网格"]
    assert {one["id"] for one in staff.get("/api/v1/grids?limit=1000").json["features"]} == set(town.grids)
    assert staff.get(f"/api/v1/grids/{old}").status_code == 404
    found = staff.get(f"/api/v1/grids/{new}").json["properties"]
    assert (found["households"], len(found["posts"])) == (town.held(new), 5)
    after = staff.get(tile)
    drawn = dict(read_tile(after.data)["grids"])
    assert old not in drawn
    assert drawn[new]["households"] == town.held(new)
    assert after.headers["ETag"] != before.headers["ETag"]
    hits = staff.get("/api/v1/search?q=新桥网格").json
    assert [one["id"] for one in hits["results"] if one["kind"] == "grid"] == [new]
    area = session.scalar(text("SELECT code FROM areas WHERE id = :c"), {"c": town.community})
    page = staff.get(f"/wallmap/{area}?lang=zh").text
    assert "新桥网格" in page
    assert staff.get(f"{URL}").json["plans"][0]["state"] == "in_force"
    told = {"id": "00000000-0000-4000-8000-000000000009", "category": "fire", "text": "", "lon": place.lon}
    made = staff.post("/api/v1/incidents", json=told | {"lat": place.lat})
    assert made.json["properties"]["grid"]["id"] == new
