"""A building's own figures for stairs and lift: who may say them, and what a zone makes of them."""

import pytest
from sqlalchemy import text


@pytest.fixture
def home(session):
    """A building without a lift in the grid worker's grid, its door, and one in the same community but another grid."""
    return session.execute(
        text("""
            SELECT b.id AS building, ST_X(e.geom) AS lon, ST_Y(e.geom) AS lat,
                (SELECT o.id FROM buildings o JOIN blocks k ON k.id = o.block_id
                 WHERE k.community_id = bl.community_id AND k.grid_id <> bl.grid_id ORDER BY o.id LIMIT 1) AS other
            FROM buildings b JOIN blocks bl ON bl.id = b.block_id JOIN entrances e ON e.building_id = b.id
              JOIN dwellings d ON d.entrance_id = e.id JOIN households h ON h.dwelling_id = d.id
              JOIN appointments a ON a.grid_id = bl.grid_id AND a.role = 'grid_worker'
            WHERE NOT b.has_lift GROUP BY b.id, e.id, bl.community_id, bl.grid_id
            HAVING max(d.floor) > 4 ORDER BY count(*) DESC, e.id LIMIT 1
        """)
    ).one()


def put(client, building, **figures):
    return client.put(f"/api/v1/buildings/{building}/climb", json=figures)


def zone(client, home):
    query = {"lon": home.lon, "lat": home.lat, "minutes": "1.5", "lang": "en"}
    return client.get("/api/v1/response/zone", query_string=query).json


def test_slower_stairs_leave_households_outside_the_zone_and_are_told(client_as, home):
    client = client_as("coordinator")
    before = zone(client, home)
    assert "own_climbs" not in {row["key"] for row in before["assumptions"]}
    assert put(client, home.building, stairs_seconds=200).status_code == 200
    after = zone(client, home)
    assert after["households"][0]["count"] < before["households"][0]["count"]
    assert next(row["value"] for row in after["assumptions"] if row["key"] == "own_climbs") == 1
    coverage = client.get("/api/v1/coverage").json
    assert next(row["value"] for row in coverage["assumptions"] if row["key"] == "own_climbs") == 1
    assert client.get(f"/api/v1/buildings/{home.building}").json["properties"]["climb"] == {
        "stairs_seconds": 200,
        "lift_wait_seconds": None,
        "lift_seconds": None,
    }
    put(client, home.building)
    assert zone(client, home)["households"] == before["households"]


def test_a_grid_worker_says_it_of_their_own_grid_only(client_as, home):
    worker = client_as("grid_worker")
    assert put(worker, home.building, stairs_seconds=20).status_code == 200
    assert put(worker, home.other, stairs_seconds=20).status_code == 403
    assert put(client_as("administrator"), home.building, stairs_seconds=20).status_code == 403


def test_each_change_is_on_record_with_what_was_before(client_as, home, session):
    client = client_as("coordinator")
    put(client, home.building, stairs_seconds=20)
    put(client, home.building, stairs_seconds=20)
    put(client, home.building, stairs_seconds=30)
    rows = session.scalars(
        text("SELECT detail FROM audit WHERE act = 'climb.set' AND subject_id = :id ORDER BY id"),
        {"id": str(home.building)},
    ).all()
    assert [row["after"]["stairs_seconds"] for row in rows] == [20, 30]
    assert [row["before"]["stairs_seconds"] for row in rows] == [None, 20]


@pytest.mark.parametrize("figures", [{"stairs_seconds": 0}, {"lift_wait_seconds": -1}, {"lift_seconds": 1e9}])
def test_figures_that_no_building_has_are_refused_by_name(client_as, home, figures):
    answer = put(client_as("coordinator"), home.building, **figures)
    assert (answer.status_code, answer.json["error"]["field"]) == (422, next(iter(figures)))
