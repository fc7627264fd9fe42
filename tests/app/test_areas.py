"""Areas, compounds, blocks and grids over HTTP, and what a scope holds."""

import pytest
from sqlalchemy import event, text
from sqlalchemy.orm import Session as SqlSession

from app.accounts import queries as people
from app.accounts.models import Role
from app.accounts.rights import Capability
from app.areas.scope import EVERYTHING, Scope, scope_of
from tests.app.places import places
from tests.fixtures.town import USERS

KINDS = ("areas", "compounds", "blocks", "grids")


@pytest.fixture
def town(session):
    own, foreign = places(session)
    session.commit()
    return own, foreign


def scope(session, role):
    who, _ = people.by_name(session, USERS[Role(role)])
    return scope_of(session, who)


def grids_in(session, community):
    return frozenset(session.scalars(text("SELECT id FROM grids WHERE community_id = :id"), {"id": community}))


def test_a_scope_reaches_down_from_the_area_to_its_communities(session):
    communities = set(session.scalars(text("SELECT id FROM areas WHERE level = 'community'")))
    assert len(communities) > 1
    grids = set(session.scalars(text("SELECT id FROM grids")))
    assert scope(session, "coordinator") == Scope(frozenset(communities), frozenset(grids))
    assert scope(session, "planner") == Scope(frozenset(communities), frozenset())
    assert scope(session, "administrator") == Scope(frozenset(communities), frozenset())


def test_a_worker_bound_to_a_grid_sees_its_community_and_its_households(session, town):
    own, _ = town
    assert scope(session, "grid_worker") == Scope(frozenset({own["area"]}), frozenset({own["grid"]}))


def test_a_worker_of_a_sub_area_sees_the_community_around_it(session, town):
    own, _ = town
    session.execute(
        text("""
            INSERT INTO areas (key, parent_id, level, code, name, geom)
            SELECT 'test:sub', id, 'sub_area', '990101001991', '东片', geom FROM areas WHERE id = :area
        """),
        own,
    )
    session.execute(
        text("""
            UPDATE appointments SET area_id = (SELECT id FROM areas WHERE key = 'test:sub'), grid_id = NULL
            WHERE role = 'grid_worker'
        """)
    )
    assert scope(session, "grid_worker") == Scope(frozenset({own["area"]}), grids_in(session, own["area"]))


def test_staff_see_the_households_of_their_own_community_or_subdistrict(session, town):
    own, _ = town
    assert scope(session, "community_staff") == Scope(frozenset({own["area"]}), grids_in(session, own["area"]))
    seen = scope(session, "subdistrict_staff")
    parent = "SELECT id FROM areas WHERE parent_id = (SELECT parent_id FROM areas WHERE id = :area)"
    assert seen.community_ids == set(session.scalars(text(parent), own))
    assert seen.grid_ids == set().union(*(grids_in(session, community) for community in seen.community_ids))


def test_posts_add_up_and_each_act_reaches_as_far_as_the_post_that_carries_it(session, town):
    own, foreign = town
    session.execute(
        text("""
            INSERT INTO appointments (user_id, role, area_id)
            SELECT user_id, 'planner', :area FROM appointments WHERE role = 'grid_worker'
        """),
        foreign,
    )
    who, _ = people.by_name(session, USERS[Role.GRID_WORKER])
    both = frozenset({own["area"], foreign["area"]})
    assert scope_of(session, who) == Scope(both, frozenset({own["grid"]}))
    assert scope_of(session, who, Capability.MAKE_WALLMAP).community_ids == both
    assert scope_of(session, who, Capability.SET_FLAGS).community_ids == {own["area"]}


@pytest.mark.parametrize(
    "term", ["now() - interval '2 days', now() - interval '1 day'", "now() + interval '1 day', NULL"]
)
def test_a_post_that_is_over_or_to_come_reaches_nothing(term, session):
    starts, ends = term.split(", ")
    session.execute(text(f"UPDATE appointments SET starts_at = {starts}, ends_at = {ends} WHERE role = 'coordinator'"))
    assert scope(session, "coordinator") == Scope(frozenset(), frozenset())


def test_the_scope_ends_with_its_transaction(engine):
    with engine.connect() as connection:
        with SqlSession(connection) as own, own.begin():
            assert scope(own, "coordinator").grid_ids
            assert own.scalar(text("SELECT current_setting('wangge.grids', true)")) not in {"", "{}"}
        assert not connection.scalar(text("SELECT current_setting('wangge.grids', true)"))


def test_scopes_that_differ_have_keys_that_differ():
    one, two = frozenset({1}), frozenset({1, 2})
    scopes = [EVERYTHING, Scope(one, None), Scope(two, None), Scope(one, frozenset()), Scope(one, one)]
    assert len({each.key for each in scopes}) == len(scopes)
    assert Scope(frozenset({2, 1}), None).key == Scope(frozenset({1, 2}), None).key


@pytest.mark.parametrize("kind", KINDS)
def test_pages_follow_each_other_until_everything_was_listed_once(kind, client_as, session):
    client = client_as("coordinator")
    url, seen = f"/api/v1/{kind}?limit=7", []
    while url:
        page = client.get(url).json
        assert page["type"] == "FeatureCollection"
        assert page["numberReturned"] == len(page["features"]) <= 7
        seen += [feature["id"] for feature in page["features"]]
        url = next((link["href"] for link in page["links"] if link["rel"] == "next"), None)
    assert seen == session.scalars(text(f"SELECT id FROM {kind} ORDER BY id")).all()


@pytest.mark.parametrize("kind", KINDS)
def test_a_box_holds_what_lies_in_it(kind, client_as, session, town):
    own, _ = town
    part = kind.removesuffix("s")
    west, south, east, north = session.execute(
        text(f"SELECT ST_XMin(geom), ST_YMin(geom), ST_XMax(geom), ST_YMax(geom) FROM {kind} WHERE id = :id"),
        {"id": own[part]},
    ).one()
    client = client_as("coordinator")
    inside = client.get(f"/api/v1/{kind}?limit=1000&bbox={west},{south},{east},{north}").json
    assert own[part] in [feature["id"] for feature in inside["features"]]
    elsewhere = client.get(f"/api/v1/{kind}?bbox=0,0,1,1").json
    assert (elsewhere["features"], elsewhere["numberReturned"], elsewhere["links"]) == ([], 0, [])


def test_the_next_page_keeps_the_box(client_as):
    page = client_as("coordinator").get("/api/v1/blocks?limit=1&bbox=1,1,179,84").json
    assert page["links"][0]["href"].startswith("/api/v1/blocks?limit=1&bbox=1%2C1%2C179%2C84&after=")


@pytest.mark.parametrize("kind", KINDS)
def test_one_is_found_by_id_inside_the_own_area_only(kind, client_as, town):
    own, foreign = town
    part = kind.removesuffix("s")
    worker = client_as("grid_worker")
    found = worker.get(f"/api/v1/{kind}/{own[part]}")
    assert found.mimetype == "application/geo+json"
    assert (found.json["type"], found.json["id"], found.json["properties"]["id"]) == ("Feature", own[part], own[part])
    absent = worker.get(f"/api/v1/{kind}/{foreign[part]}")
    never = worker.get(f"/api/v1/{kind}/2000000000")
    assert (absent.status_code, absent.data) == (never.status_code, never.data)
    assert absent.status_code == 404
    assert client_as("coordinator").get(f"/api/v1/{kind}/{foreign[part]}").status_code == 200


def test_the_tree_is_seen_from_its_root_down_to_the_own_community(client_as, town):
    own, _ = town
    areas = client_as("grid_worker").get("/api/v1/areas").json["features"]
    assert [area["properties"]["level"] for area in areas] == ["district", "subdistrict", "community"]
    assert areas[-1]["id"] == own["area"]


def test_a_grid_tells_its_households_posts_stations_and_routes(client_as, session, town):
    own, _ = town
    session.execute(text("UPDATE posts SET holder = NULL WHERE grid_id = :grid AND role = 'leader'"), own)
    session.commit()
    grid = client_as("grid_worker").get(f"/api/v1/grids/{own['grid']}").json["properties"]
    assert grid["target"] == {"low": 300, "high": 500}
    assert grid["households"] == session.scalar(
        text("""
            SELECT count(*) FROM households h JOIN dwellings d ON d.id = h.dwelling_id
            JOIN entrances e ON e.id = d.entrance_id JOIN buildings u ON u.id = e.building_id
            JOIN blocks b ON b.id = u.block_id WHERE b.grid_id = :grid
        """),
        own,
    )
    assert [post["role"] for post in grid["posts"]] == [
        "instructor",
        "leader",
        "full_time_worker",
        "part_time_worker",
        "part_time_worker",
    ]
    leader = grid["posts"][1]
    assert (leader["holder"], leader["vacant"]) == (None, True)
    assert grid["community"]["id"] == own["area"]
    routes = session.scalars(text("SELECT id FROM patrol_routes WHERE grid_id = :grid ORDER BY id"), own).all()
    assert own["route"] in routes
    assert [route["id"] for route in grid["patrol_routes"]] == routes
    assert grid["stations"] >= 0
    assert grid["code"] == own["grid_code"]


def test_a_grid_that_is_no_longer_in_force_is_not_listed(client_as, session, town):
    own, _ = town
    session.execute(text("UPDATE grids SET valid_to = '2027-01-01' WHERE id = :grid"), own)
    session.commit()
    assert client_as("coordinator").get(f"/api/v1/grids/{own['grid']}").status_code == 404


def test_an_answer_is_kept_until_its_data_change(client_as, session, town):
    own, _ = town
    client = client_as("coordinator")
    for url in ("/api/v1/grids?limit=3", f"/api/v1/grids/{own['grid']}"):
        first = client.get(url)
        assert client.get(url, headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
        session.execute(text("UPDATE posts SET holder = '新人' WHERE grid_id = :grid"), own)
        session.commit()
        assert client.get(url, headers={"If-None-Match": first.headers["ETag"]}).status_code == 200


def test_the_same_address_has_another_tag_for_another_scope(client_as):
    tags = {client_as(role).get("/api/v1/areas").headers["ETag"] for role in ("coordinator", "grid_worker")}
    assert len(tags) == 2


def test_versions_rise_with_each_change(client_as, session):
    client = client_as("coordinator")
    before = client.get("/api/v1/versions").json
    session.execute(text("UPDATE stations SET name = name"))
    session.commit()
    after = client.get("/api/v1/versions").json
    assert set(before) == {
        "areas", "grids", "buildings", "flags", "stations", "patrol_routes", "incidents", "roads", "ground",
    }  # fmt: skip
    assert after == {**before, "stations": before["stations"] + 1}


@pytest.mark.parametrize(
    ("url", "most"),
    [
        ("/api/v1/grids?limit=100", 4),
        ("/api/v1/areas", 4),
        ("/api/v1/tiles/grids/0/0/0.mvt", 2),
        ("/api/v1/search?q=1", 3),
    ],
)
def test_a_hot_read_asks_the_database_a_fixed_number_of_times(url, most, client_as, session):
    client = client_as("coordinator")
    asked = []

    def note(_connection, _cursor, statement, *_):
        if not statement.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK")):
            asked.append(statement)

    bind = session.get_bind()
    event.listen(bind, "before_cursor_execute", note)
    client.get(url)
    event.remove(bind, "before_cursor_execute", note)
    assert 1 < len(asked) <= most, asked


def test_a_scope_that_is_kept_follows_its_grids(session):
    before = scope(session, "coordinator")
    assert scope(session, "coordinator") is before
    gone = min(before.grid_ids)
    with session.begin_nested() as undone:
        session.execute(text("UPDATE grids SET community_id = community_id WHERE id = :id"), {"id": gone})
        assert scope(session, "coordinator") == before
        assert scope(session, "coordinator") is not before
        undone.rollback()
    told = session.execute(text("SELECT current_setting('wangge.grids', true)")).scalar_one()
    assert scope(session, "coordinator") == before
    assert set(told.strip("{}").split(",")) == {str(grid) for grid in before.grid_ids}
