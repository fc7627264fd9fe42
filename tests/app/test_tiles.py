"""Vector tiles: what is in them for whom, and that an unchanged one is not made again."""

import gzip

import pytest
from sqlalchemy import text

from app import tiles
from app.days import TODAY_SQL
from tests.app.places import places, tile_at
from tests.app.vector_tile import read_tile


@pytest.fixture
def town(session, monkeypatch):
    # What a test rolls back takes its data versions with it, so the next test may not find its tiles.
    monkeypatch.setattr(tiles, "cache", tiles.TileCache())
    own, foreign = places(session)
    session.commit()
    return own, foreign


def get(client, layer, where, **headers):
    return client.get(f"/api/v1/tiles/{layer}/{where}.mvt", headers=headers)


def ids(client, layer, where):
    return {number for number, _ in read_tile(get(client, layer, where).data).get(layer, [])}


EXPECTED = {
    "areas": {"id", "level", "code", "name", "name_en"},
    "compounds": {"id", "name", "name_en", "manager"},
    "blocks": {"id", "households"},
    "grids": {"id", "kind", "code", "name", "name_en", "households", "tint"},
    "stations": {"id", "kind", "name", "name_en"},
    "patrol-routes": {"id", "name", "grid_id", "length"},
    "incidents": {"uid", "category", "state"},
}


@pytest.mark.parametrize("layer", EXPECTED)
def test_a_layer_carries_the_properties_that_the_map_reads(layer, client_as, town):
    own, _ = town
    found = read_tile(get(client_as("coordinator"), layer, own["tile"]).data)[layer]
    names = set().union(*(properties for _, properties in found))
    assert names | {"id"} == EXPECTED[layer] | {"id"}


@pytest.mark.parametrize("layer", [*EXPECTED, "buildings", "roads", "water", "green", "railways"])
def test_every_layer_answers_at_every_zoom(layer, client_as, town):
    own, _ = town
    client = client_as("coordinator")
    for z in (0, 8, 11, 12, 13, 14, 15, 18, 22):
        assert get(client, layer, tile_at(own["lon"], own["lat"], z)).status_code in {200, 204}


def test_buildings_carry_households_and_flags_only_of_grids_that_one_may_know(client_as, session, town):
    own, _ = town
    session.execute(text("DELETE FROM flags"))
    session.execute(
        text("INSERT INTO flags (household_id, kind) VALUES (:household, 'low_income'), (:household, 'infant')"), own
    )
    session.commit()

    def seen(role):
        return dict(read_tile(get(client_as(role), "buildings", own["tile"]).data)["buildings"])[own["building"]]

    for role in ("coordinator", "grid_worker"):
        properties = seen(role)
        assert (properties["f_low_income"], properties["f_infant"], properties["flag"]) == (1, 1, "infant")
        assert properties["households"] > 0
    for role in ("administrator", "planner"):
        properties = seen(role)
        assert not [name for name in properties if name.startswith("f") and name != "floors"]
        assert properties["households"] > 0


def test_a_worker_bound_to_a_grid_sees_flags_of_that_grid_alone(client_as, session, town):
    own, _ = town
    other = session.scalar(
        text("SELECT g.id FROM grids g WHERE g.community_id = :area AND g.id <> :grid ORDER BY g.id LIMIT 1"), own
    )
    session.execute(text("UPDATE appointments SET grid_id = :grid WHERE role = 'grid_worker'"), {"grid": other})
    session.execute(text("DELETE FROM flags"))
    session.execute(text("INSERT INTO flags (household_id, kind) VALUES (:household, 'infant')"), own)
    session.commit()
    found = dict(read_tile(get(client_as("grid_worker"), "buildings", own["tile"]).data)["buildings"])
    assert "flag" not in found[own["building"]]


def test_an_expired_flag_colours_nothing(client_as, session, town):
    own, _ = town
    session.execute(text("DELETE FROM flags"))
    session.execute(
        text(f"INSERT INTO flags (household_id, kind, expires_on) VALUES (:household, 'let', {TODAY_SQL} - 1)"), own
    )
    session.commit()
    found = dict(read_tile(get(client_as("coordinator"), "buildings", own["tile"]).data)["buildings"])
    assert "flag" not in found[own["building"]]


@pytest.mark.parametrize(
    ("layer", "part"),
    [
        ("areas", "area"),
        ("compounds", "compound"),
        ("blocks", "block"),
        ("grids", "grid"),
        ("buildings", "building"),
        ("stations", "station"),
        ("patrol-routes", "route"),
    ],
)
def test_a_layer_ends_where_the_area_of_the_user_ends(layer, part, client_as, session, town):
    own, foreign = town
    for where, visible in ((own, True), (foreign, False)):
        place = tile_at(*_place(session, layer, where[part]), 15)
        assert where[part] in ids(client_as("coordinator"), layer, place)
        assert (where[part] in ids(client_as("grid_worker"), layer, place)) is visible


def _place(session, layer, number):
    table = layer.replace("-", "_")
    return session.execute(
        text(f"SELECT ST_X(p), ST_Y(p) FROM (SELECT ST_PointOnSurface(geom) p FROM {table} WHERE id = :id) x"),
        {"id": number},
    ).one()


def test_a_name_is_labelled_once_however_many_tiles_its_grid_touches(client_as, session, town):
    own, _ = town
    west, south, east, north = session.execute(
        text("SELECT ST_XMin(geom), ST_YMin(geom), ST_XMax(geom), ST_YMax(geom) FROM grids WHERE id = :grid"), own
    ).one()
    client = client_as("coordinator")
    z = 18
    first, last = tile_at(west, north, z).split("/"), tile_at(east, south, z).split("/")
    drawn = labelled = 0
    for x in range(int(first[1]), int(last[1]) + 1):
        for y in range(int(first[2]), int(last[2]) + 1):
            found = read_tile(get(client, "grids", f"{z}/{x}/{y}").data)
            drawn += own["grid"] in dict(found.get("grids", []))
            labelled += own["grid"] in dict(found.get("grids-labels", []))
    assert drawn > 1
    assert labelled == 1


def test_small_roads_and_buildings_wait_until_one_looks_closely(client_as, session, town):
    own, _ = town
    client = client_as("coordinator")
    place = session.execute(
        text("SELECT ST_X(ST_StartPoint(geom)), ST_Y(ST_StartPoint(geom)) FROM road_edges WHERE road_class = 'footway'")
    ).first()

    def classes(z):
        found = read_tile(get(client, "roads", tile_at(*place, z)).data).get("roads", [])
        return {properties["class"] for _, properties in found}

    assert "footway" in classes(16)
    assert not classes(12) & {"footway", "service", "residential"}
    assert get(client, "buildings", tile_at(own["lon"], own["lat"], 12)).status_code == 204


def test_an_unchanged_tile_is_answered_with_304_and_a_changed_one_anew(client_as, session, town):
    own, _ = town
    client = client_as("coordinator")
    first = get(client, "buildings", own["tile"])
    assert first.headers["Cache-Control"] == "private, no-cache"
    unchanged = get(client, "buildings", own["tile"], If_None_Match=first.headers["ETag"])
    assert (unchanged.status_code, unchanged.data) == (304, b"")
    session.execute(text("UPDATE buildings SET name = 'new' WHERE id = :building"), own)
    session.commit()
    changed = get(client, "buildings", own["tile"], If_None_Match=first.headers["ETag"])
    assert changed.status_code == 200
    assert dict(read_tile(changed.data)["buildings"])[own["building"]]["name"] == "new"


def test_an_unchanged_tile_is_made_once_for_everybody_with_the_same_scope(client_as, monkeypatch, town):
    own, _ = town
    made = []
    monkeypatch.setattr(tiles, "make", lambda *given, make=tiles.make: made.append(given) or make(*given))
    for role in ("coordinator", "coordinator", "planner", "administrator"):
        get(client_as(role), "buildings", own["tile"])
    assert len(made) == 2  # with flags for the coordinator, without for the other two


def test_a_tile_travels_compressed_to_who_takes_it(client_as, town):
    own, _ = town
    client = client_as("coordinator")
    plain = get(client, "grids", own["tile"])
    packed = get(client, "grids", own["tile"], Accept_Encoding="br, gzip")
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert "Accept-Encoding" in packed.headers["Vary"]


@pytest.mark.parametrize(
    ("where", "status", "field"),
    [
        ("23/0/0", 422, "z"),
        ("99999/0/0", 422, "z"),
        ("1/2/0", 422, "x"),
        ("1/0/2", 422, "y"),
        ("1/0/99999999999", 422, "y"),
        ("1/0/00000000000000002", 422, "y"),
        ("1/0/-1", 404, None),
        ("1/0/1.5", 404, None),
    ],
)
def test_an_impossible_tile_is_refused(where, status, field, client_as):
    answer = get(client_as("coordinator"), "areas", where)
    assert (answer.status_code, answer.json["error"]["field"]) == (status, field)


def test_a_layer_that_does_not_exist_is_not_found(client_as):
    answer = get(client_as("coordinator"), "households", "1/0/0")
    assert (answer.status_code, answer.json["error"]["field"]) == (404, "layer")


def test_the_cache_throws_away_the_least_used_beyond_its_limit():
    cache = tiles.TileCache(limit=100)
    cache.put("a", b"." * 45)
    cache.put("b", b"." * 45)
    assert cache.get("a") is not None
    cache.put("c", b"." * 45)
    assert (cache.get("a") is not None, cache.get("b"), cache.get("c") is not None) == (True, None, True)
    cache.put("huge", b"." * 1000)
    assert cache.get("huge") is None
