"""Patrol routes: suggested, saved, corrected, deleted."""

import pytest
import shapely
from sqlalchemy import text

from app.patrols.service import suggest_all

ROUTES = "/api/v1/patrol-routes"


@pytest.fixture
def grid(session):
    """The grid with most entrances of the community that the grid worker works in: id, name, middle."""
    return session.execute(
        text("""
            SELECT g.id, g.name, ST_X(p) AS lon, ST_Y(p) AS lat, count(*) AS entrances
            FROM grids g CROSS JOIN LATERAL ST_PointOnSurface(g.geom) p
              JOIN blocks bl ON bl.grid_id = g.id JOIN buildings b ON b.block_id = bl.id
              JOIN entrances e ON e.building_id = b.id
            WHERE g.community_id = (SELECT id FROM areas WHERE level = 'community' ORDER BY code LIMIT 1)
            GROUP BY g.id, p ORDER BY count(*) DESC, g.id LIMIT 1
        """)
    ).one()


@pytest.fixture
def line(grid):
    return {"type": "LineString", "coordinates": [[grid.lon, grid.lat], [grid.lon + 0.001, grid.lat]]}


@pytest.fixture
def kept(client_as, grid, line):
    body = {"grid_id": grid.id, "name": "夜间路线", "geometry": line}
    return client_as("planner").post(ROUTES, json=body).json


def test_a_suggested_walk_is_closed_and_passes_the_entrances_and_is_not_saved(client_as, grid, session):
    before = session.execute(text("SELECT count(*) FROM patrol_routes")).scalar_one()
    answer = client_as("grid_worker").post(f"{ROUTES}/suggest", json={"grid_id": grid.id})
    assert answer.status_code == 200
    walk, told = shapely.geometry.shape(answer.json["geometry"]), answer.json["properties"]
    assert walk.is_closed
    assert told["stops"] + told["left_out"] >= 0.8 * grid.entrances
    assert told["seconds"] == pytest.approx(told["length"] / 1.25 + told["stops"] * 30)
    assert told["name"] == f"{grid.name}巡逻路线"
    assert session.execute(text("SELECT count(*) FROM patrol_routes")).scalar_one() == before


def test_a_suggestion_can_be_saved_as_it_is(client_as, grid):
    planner = client_as("planner")
    suggested = planner.post(f"{ROUTES}/suggest", json={"grid_id": grid.id}).json
    body = {
        "grid_id": grid.id,
        "name": suggested["properties"]["name"],
        "geometry": suggested["geometry"],
        "source": "suggested",
    }
    answer = planner.post(ROUTES, json=body)
    assert answer.status_code == 201
    assert answer.json["properties"]["source"] == "suggested"
    for key in ("length", "seconds", "stops"):
        assert answer.json["properties"][key] == pytest.approx(suggested["properties"][key], rel=1e-3)


def test_a_drawn_route_is_measured_listed_and_audited(client_as, grid, kept, session):
    told = kept["properties"]
    assert (told["name"], told["source"], told["version"]) == ("夜间路线", "drawn", 1)
    assert told["grid"]["id"] == grid.id
    assert told["length"] == pytest.approx(95, abs=4)
    client = client_as("coordinator")
    assert client.get(f"{ROUTES}/{kept['id']}").json == kept
    box = f"{grid.lon - 0.01},{grid.lat - 0.01},{grid.lon + 0.01},{grid.lat + 0.01}"
    listed = client.get(ROUTES, query_string={"bbox": box, "limit": 1000})
    assert kept["id"] in [feature["id"] for feature in listed.json["features"]]
    assert client.get(ROUTES, query_string={"bbox": box, "limit": 1000},
                      headers={"If-None-Match": listed.headers["ETag"]}).status_code == 304  # fmt: skip
    acts = session.scalars(text("SELECT act FROM audit WHERE subject_type = 'patrol_route'")).all()
    assert acts == ["patrol_route.saved"]


def test_a_correction_raises_the_version_and_measures_anew(client_as, kept, line):
    line["coordinates"].append([line["coordinates"][0][0], line["coordinates"][0][1] + 0.001])
    answer = client_as("planner").put(f"{ROUTES}/{kept['id']}", json={"geometry": line, "version": 1})
    told = answer.json["properties"]
    assert (answer.status_code, told["version"], told["source"], told["name"]) == (200, 2, "corrected", "夜间路线")
    assert told["length"] > kept["properties"]["length"]


def test_a_correction_of_what_somebody_else_has_changed_is_refused(client_as, kept):
    planner = client_as("planner")
    assert planner.put(f"{ROUTES}/{kept['id']}", json={"name": "甲", "version": 1}).status_code == 200
    answer = planner.put(f"{ROUTES}/{kept['id']}", json={"name": "乙", "version": 1})
    assert (answer.status_code, answer.json["error"]["code"]) == (409, "conflict")


def test_a_deleted_route_is_gone(client_as, kept):
    planner = client_as("planner")
    assert planner.delete(f"{ROUTES}/{kept['id']}").status_code == 204
    assert planner.get(f"{ROUTES}/{kept['id']}").status_code == 404
    assert planner.delete(f"{ROUTES}/{kept['id']}").status_code == 404


@pytest.mark.parametrize(
    "geometry",
    [
        None,
        {"type": "Point", "coordinates": [121.0, 31.0]},
        {"type": "LineString", "coordinates": []},
        {"type": "LineString", "coordinates": [[121.0, 31.0]]},
        {"type": "LineString", "coordinates": [[121.0, 31.0], [121.0, 31.0]]},
        {"type": "LineString", "coordinates": [[121.0, 31.0], [121.0, 131.0]]},
        {"type": "LineString", "coordinates": [[121.0, 31.0], [121.0, "31.1"]]},
        {"type": "LineString", "coordinates": [[121.0, 31.0], [121.0, True]]},
        {"type": "LineString", "coordinates": [[121.0, 31.0], [121.0, 31.0 + 1e-6]] * 1001},
        {"type": "LineString", "coordinates": [[10.0, 50.0], [10.1, 50.0]]},
        {"type": "LineString", "coordinates": 7},
    ],
)
def test_a_line_that_is_no_walk_here_is_refused_with_its_field(client_as, grid, geometry):
    body = {"grid_id": grid.id, "name": "路线", "geometry": geometry}
    answer = client_as("planner").post(ROUTES, json=body)
    assert (answer.status_code, answer.json["error"]["field"]) == (422, "geometry")


def test_a_line_that_crosses_itself_and_stands_still_is_judged_by_each_of_its_steps(client_as, grid):
    scribble = [[round(grid.lon + n % 2 * 1e-3, 7), round(grid.lat + n % 3 // 2 * 1e-4, 7)] for n in range(1990)]
    body = {"grid_id": grid.id, "name": "路线", "geometry": {"type": "LineString", "coordinates": scribble}}
    assert client_as("planner").post(ROUTES, json=body).status_code == 201
    scribble[995] = [round(grid.lon + 1, 7), grid.lat]
    answer = client_as("planner").post(ROUTES, json=body)
    assert (answer.status_code, answer.json["error"]["field"]) == (422, "geometry")


def test_numbers_that_json_does_not_know_are_refused(client_as, grid):
    geometry = '{"type": "LineString", "coordinates": [[NaN, 1], [2, 3]]}'
    body = f'{{"grid_id": {grid.id}, "name": "路线", "geometry": {geometry}}}'
    answer = client_as("planner").post(ROUTES, data=body, content_type="application/json")
    assert 400 <= answer.status_code < 500


def test_a_line_that_does_not_come_into_its_grid_is_refused(client_as, grid, session):
    far = session.execute(
        text("SELECT ST_X(p), ST_Y(p) FROM grids g, ST_PointOnSurface(g.geom) p ORDER BY p <-> ST_SetSRID("
             "ST_MakePoint(:lon, :lat), 4326) DESC LIMIT 1"),
        {"lon": grid.lon, "lat": grid.lat},
    ).one()  # fmt: skip
    geometry = {"type": "LineString", "coordinates": [list(far), [far[0] + 1e-5, far[1]]]}
    answer = client_as("planner").post(ROUTES, json={"grid_id": grid.id, "name": "路线", "geometry": geometry})
    assert (answer.status_code, answer.json["error"]["message"]) == (422, "路线没有经过所属网格。")


def test_a_worker_finds_no_grid_of_another_community(client_as, session, line):
    other = session.execute(
        text("SELECT g.id FROM grids g JOIN areas a ON a.id = g.community_id ORDER BY a.code DESC LIMIT 1")
    ).scalar_one()
    worker = client_as("grid_worker")
    assert worker.post(f"{ROUTES}/suggest", json={"grid_id": other}).status_code == 404
    assert worker.post(ROUTES, json={"grid_id": other, "name": "路线", "geometry": line}).status_code == 404


def test_a_worker_bound_to_a_grid_changes_no_other_ones_routes(client_as, session, grid, kept):
    other = session.execute(
        text("SELECT id FROM grids WHERE id <> :id AND community_id = (SELECT community_id FROM grids WHERE id = :id)"),
        {"id": grid.id},
    ).first()
    if other is None:
        pytest.skip("the community has one grid only")
    session.execute(text("UPDATE appointments SET grid_id = :grid WHERE role = 'grid_worker'"), {"grid": other.id})
    answer = client_as("grid_worker").put(f"{ROUTES}/{kept['id']}", json={"name": "别的"})
    assert (answer.status_code, answer.json["error"]["code"]) == (403, "forbidden")


def test_an_administrator_may_not_edit_routes(client_as, kept):
    assert client_as("administrator").delete(f"{ROUTES}/{kept['id']}").status_code == 403


def test_every_grid_with_entrances_gets_a_closed_walk_once(session):
    session.execute(text("DELETE FROM patrol_routes"))
    made = suggest_all(session)
    assert suggest_all(session) == 0
    count, closed, stops = session.execute(
        text("SELECT count(*), bool_and(ST_IsClosed(geom)), sum(stops) FROM patrol_routes")
    ).one()
    assert count == made > 0
    assert closed
    with_doors, doors = session.execute(
        text("""
            SELECT count(DISTINCT bl.grid_id), count(*) FROM entrances e JOIN buildings b ON b.id = e.building_id
            JOIN blocks bl ON bl.id = b.block_id
        """)
    ).one()
    assert count >= 0.9 * with_doors
    assert stops >= 0.9 * doors
