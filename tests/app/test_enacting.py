"""A plan of grids comes into force: what ends, what begins, and what moves with it."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from app.days import today
from app.errors import Conflict
from app.imports.check import check
from app.imports.loader import load_city
from app.plans.models import GridPlan
from app.publication.enacting import enact
from app.search import found_anew
from gis.grid_codes import scheme
from tests.app.planned import NEW, Town
from tests.app.planning import cut_of
from tests.app.small_city import small_city
from tests.fixtures.town import SEALER

CODES = scheme("area12+3")


@pytest.fixture
def town(session):
    found_anew.install()
    return Town(session)


def enacted(town, plan, by=None):
    """What enacting a plan did; the town is read again."""
    done = enact(town.session, town.session.get_one(GridPlan, plan, populate_existing=True), CODES, by)
    town.session.flush()
    town.read()
    return done


def value(town, statement, **bound):
    return town.session.scalar(text(statement), bound)


def rows(town, statement, **bound):
    return [tuple(row) for row in town.session.execute(text(statement), bound)]


def versions(town):
    return dict(rows(town, "SELECT dataset, version FROM data_versions"))


def split(town):
    """A plan that puts the second block of the largest grid into a new one, with that grid and block."""
    old = town.large()[0]
    block = [block for block in town.of(old) if town.households[block]][1]
    return town.plan({block: NEW}, {NEW: town.planned()}), old, block


def merged(town):
    """A plan that puts a whole grid into a larger one, with both."""
    larger, smaller = town.large()[:2]
    return town.plan(dict.fromkeys(town.of(smaller), larger)), larger, smaller


def broken(town):
    return [one for one in check(town.session).violations if one.severity == "broken"]


def test_a_block_that_changes_sides_ends_both_grids_and_their_heirs_begin_with_their_codes(town):
    one, other = town.large()[:2]
    block = town.of(one)[-1]
    left = {grid: row for grid, row in town.grids.items() if grid not in {one, other}}
    codes = {town.grids[grid].code for grid in (one, other)}
    before = versions(town)
    done = enacted(town, town.plan({block: other}))
    assert done.ended == sorted([one, other])
    begun = {grid: row for grid, row in town.grids.items() if grid not in left}
    assert set(done.begun.values()) == begun.keys()
    assert len(begun) == 2
    assert {row.code for row in begun.values()} == codes
    assert {grid: town.grids[grid] for grid in left} == left
    assert value(town, "SELECT valid_to FROM grids WHERE id = :id", id=one) == value(
        town, "SELECT valid_from FROM grids WHERE id = :id", id=done.begun[one])  # fmt: skip
    assert versions(town)["grids"] > before["grids"]


def test_after_a_publication_the_check_finds_nothing_broken(town):
    assert not broken(town)
    plan, _old, _block = split(town)
    enacted(town, plan)
    assert not broken(town)
    plan, *_ = merged(town)
    town.session.execute(text("UPDATE grids SET valid_from = valid_from - 30, valid_to = valid_to - 30"))
    enacted(town, plan)
    assert not broken(town)


def test_of_a_split_the_larger_part_is_the_heir_and_the_other_gets_a_code_that_nobody_had(town):
    plan, old, _block = split(town)
    used = {row.code for row in town.grids.values()}
    code = town.grids[old].code
    done = enacted(town, plan)
    heir, new = done.begun[old], done.begun[NEW]
    if town.held(new) > town.held(heir):
        heir, new = new, heir
    assert town.grids[heir].code == code
    assert town.grids[new].code not in used
    assert town.grids[new].code[:12] == code[:12]
    assert rows(town, "SELECT child_id, households FROM grid_parents WHERE parent_id = :old ORDER BY 1", old=old) == (
        sorted([(heir, town.held(heir)), (new, town.held(new))]))  # fmt: skip


def test_posts_go_to_the_heir_and_a_new_base_grid_has_five_vacant_ones(town):
    plan, old, _block = split(town)
    posts = rows(town, "SELECT id, holder FROM posts WHERE grid_id = :old ORDER BY id", old=old)
    assert posts
    done = enacted(town, plan)
    heir = next(g for g in done.begun.values() if town.grids[g].code == value(
        town, "SELECT code FROM grids WHERE id = :old", old=old))  # fmt: skip
    assert rows(town, "SELECT id, holder FROM posts WHERE grid_id = :heir ORDER BY id", heir=heir) == posts
    (new,) = set(done.begun.values()) - {heir}
    assert rows(town, "SELECT role, ordinal, holder FROM posts WHERE grid_id = :new ORDER BY id", new=new) == [
        ("instructor", 1, None),
        ("leader", 1, None),
        ("full_time_worker", 1, None),
        ("part_time_worker", 1, None),
        ("part_time_worker", 2, None),
    ]


HELD = """
    SELECT p.role, p.grid_id, p.ends_at IS NULL OR p.ends_at > now() FROM appointments p
    WHERE p.grid_id IS NOT NULL ORDER BY p.role, p.id
"""


def appointed(town, grid):
    """Put the grid worker and the grid leader into a grid."""
    town.session.execute(text("UPDATE appointments SET grid_id = :g WHERE grid_id IS NOT NULL"), {"g": grid})


def test_a_user_goes_on_in_the_heir_and_the_post_in_the_old_grid_is_over(town):
    plan, old, _block = split(town)
    appointed(town, old)
    code = town.grids[old].code
    enacted(town, plan)
    (heir,) = [grid for grid, row in town.grids.items() if row.code == code]
    over_and_on = [(old, False), (heir, True)]
    assert rows(town, HELD) == [(role, *one) for role in ("grid_leader", "grid_worker") for one in over_and_on]


def test_without_an_heir_a_post_ends_and_that_is_on_record(town):
    plan, _larger, smaller = merged(town)
    appointed(town, smaller)
    enacted(town, plan)
    assert rows(town, HELD) == [("grid_leader", smaller, False), ("grid_worker", smaller, False)]
    town.session.commit()
    told = rows(town, "SELECT act, detail ->> 'grid' FROM audit WHERE act LIKE 'post.%' AND detail ->> 'grid' = :g",
                g=str(smaller))  # fmt: skip
    assert told.count(("post.ended", str(smaller))) == 2


def test_a_post_that_has_not_begun_moves_to_the_heir_and_without_one_never_was(town):
    plan, old, _block = split(town)
    appointed(town, old)
    town.session.execute(text("UPDATE appointments SET starts_at = now() + interval '3 days' WHERE grid_id = :g"),
                         {"g": old})  # fmt: skip
    code = town.grids[old].code
    enacted(town, plan)
    (heir,) = [grid for grid, row in town.grids.items() if row.code == code]
    assert {grid for _, grid, _ in rows(town, HELD)} == {heir}


def test_incidents_keep_their_then_grid(town):
    plan, old, block = split(town)
    town.session.execute(
        text("""
            INSERT INTO incidents (id, category, community_id, grid_id, geom)
            SELECT gen_random_uuid(), 'fire', community_id, grid_id, ST_PointOnSurface(geom) FROM blocks WHERE id = :b
        """),
        {"b": block},
    )
    enacted(town, plan)
    assert rows(town, "SELECT DISTINCT grid_id FROM incidents WHERE grid_id = :old", old=old) == [(old,)]


def test_every_patrol_route_is_in_a_grid_in_force_and_comes_into_it(town):
    assert value(town, "SELECT count(*) FROM patrol_routes r JOIN grids g ON g.id = r.grid_id "
                       "WHERE g.community_id = :c", c=town.community)  # fmt: skip
    plan, _larger, _smaller = merged(town)
    enacted(town, plan)
    assert not value(town, "SELECT count(*) FROM patrol_routes r JOIN grids g ON g.id = r.grid_id "
                           "WHERE g.valid_to IS NOT NULL OR NOT ST_Intersects(g.geom, r.geom)")  # fmt: skip


def test_a_route_whose_grid_is_another_now_says_so_until_it_is_drawn_anew(town, client_as):
    old = town.large()[0]
    drawn = "UPDATE patrol_routes SET created_at = now() - interval '1 day'"
    town.session.execute(text(drawn))
    route = value(town, "SELECT min(id) FROM patrol_routes WHERE grid_id = :g", g=old)
    planner = client_as("planner")
    before = planner.get(f"/api/v1/patrol-routes/{route}").json["properties"]
    assert (before["grid_id"], before["redrawn_on"]) == (old, None)
    enacted(town, split(town)[0])
    found = planner.get(f"/api/v1/patrol-routes/{route}").json
    told = found["properties"]
    assert told["grid_id"] in town.grids
    assert told["redrawn_on"] == today().isoformat()
    others = planner.get("/api/v1/patrol-routes?limit=1000").json["features"]
    assert {one["id"] for one in others if one["properties"]["redrawn_on"]} == set(
        town.session.scalars(text("SELECT id FROM patrol_routes WHERE grid_id = :g"), {"g": told["grid_id"]})
    )
    named = planner.put(f"/api/v1/patrol-routes/{route}", json={"name": "早巡"}).json["properties"]
    assert named["redrawn_on"]
    walk = planner.post("/api/v1/patrol-routes/suggest", json={"grid_id": told["grid_id"]}).json["geometry"]
    anew = planner.put(f"/api/v1/patrol-routes/{route}", json={"geometry": walk}).json["properties"]
    assert anew["redrawn_on"] is None


def test_a_route_whose_grid_is_redrawn_and_then_renamed_goes_on_saying_so(town, client_as):
    planner = client_as("planner")
    route = value(town, "SELECT min(id) FROM patrol_routes WHERE grid_id = :g", g=town.large()[0])
    enacted(town, split(town)[0])
    town.session.execute(text("UPDATE grids SET valid_from = valid_from - 30, valid_to = valid_to - 30"))
    town.session.execute(text("UPDATE patrol_routes SET redrawn_on = redrawn_on - 30"))
    here = planner.get(f"/api/v1/patrol-routes/{route}").json["properties"]["grid_id"]
    enacted(town, town.plan({}, {here: town.planned(here, name="改名")}))
    told = planner.get(f"/api/v1/patrol-routes/{route}").json["properties"]
    assert told["grid"]["name"] == "改名"
    assert told["redrawn_on"] == (today() - timedelta(days=30)).isoformat()


def aged(town):
    """As if all grids had begun and ended a month ago."""
    town.session.execute(text("UPDATE grids SET valid_from = valid_from - 30, valid_to = valid_to - 30"))
    town.session.execute(text("UPDATE patrol_routes SET redrawn_on = redrawn_on - 30"))


def routes_of(town, *grids):
    """Name, grid, mark and measures of the patrol routes of grids, by their ids."""
    found = rows(town, "SELECT id, grid_id, redrawn_on, stops, length, seconds FROM patrol_routes "
                       "WHERE grid_id = ANY(:grids)", grids=list(grids))  # fmt: skip
    return {one: {"grid": grid, "day": day, "measures": tuple(rest)} for one, grid, day, *rest in found}


def test_a_route_says_nothing_any_more_once_its_grid_has_the_ground_again_that_it_was_drawn_for(town, client_as):
    planner = client_as("planner")
    old = town.large()[0]
    for route in routes_of(town, old):
        walk = planner.get(f"/api/v1/patrol-routes/{route}").json["geometry"]
        assert planner.put(f"/api/v1/patrol-routes/{route}", json={"geometry": walk}).status_code == 200
    town.session.execute(text("UPDATE patrol_routes SET created_at = now() - interval '1 day'"))
    before = routes_of(town, old)
    done = enacted(town, split(town)[0])
    redrawn = routes_of(town, *done.begun.values())
    assert {one["day"] for one in redrawn.values()} == {today()}
    aged(town)
    back = enacted(town, town.plan(dict.fromkeys(town.of(done.begun[NEW]), done.begun[old]))).begun
    now = routes_of(town, *back.values())
    assert now.keys() == before.keys() == redrawn.keys()
    assert {one["day"] for one in now.values()} == {None}
    for route, one in now.items():
        assert one["measures"] == pytest.approx(before[route]["measures"], rel=1e-4)


def test_routes_of_grids_that_were_joined_go_back_each_to_its_own_when_these_part_again(town):
    plan, larger, smaller = merged(town)
    blocks = {old: set(town.of(old)) for old in (larger, smaller)}
    before = {route: blocks[one["grid"]] for route, one in routes_of(town, larger, smaller).items()}
    assert set(map(frozenset, before.values())) == set(map(frozenset, blocks.values()))
    joined = enacted(town, plan).begun[larger]
    aged(town)
    apart = enacted(town, town.plan(dict.fromkeys(blocks[smaller], NEW), {NEW: town.planned()})).begun
    now = routes_of(town, *apart.values())
    assert {route: set(town.of(one["grid"])) for route, one in now.items()} == before
    assert {one["day"] for one in now.values()} == {None}
    assert joined not in town.grids


def test_a_route_goes_on_saying_so_while_its_grid_has_other_ground_than_it_was_drawn_for(town):
    done = enacted(town, split(town)[0])
    (old,) = done.ended
    part = routes_of(town, *done.begun.values())
    aged(town)
    other = next(grid for grid in town.large() if grid not in done.begun.values())
    again = enacted(town, town.plan(dict.fromkeys(town.of(done.begun[NEW]), other))).begun
    assert value(town, "SELECT valid_to FROM grids WHERE id = :id", id=old)
    now = routes_of(town, *town.grids)
    assert {now[route]["day"] for route in part} <= {today(), today() - timedelta(days=30)}
    assert {one["day"] for route, one in now.items() if one["grid"] in again.values()} == {today()}


def test_a_block_that_was_split_meanwhile_does_not_hide_that_the_ground_is_the_same(town, client_as):
    planner = client_as("planner")
    old = town.large()[0]
    before = routes_of(town, old)
    done = enacted(town, split(town)[0])
    aged(town)
    block, line = cut_of(town.session, town.community, done.begun[old])
    answer = planner.post(f"/api/v1/blocks/{block}/split", json={"line": line})
    assert answer.status_code == 200, answer.json
    town.read()
    back = enacted(town, town.plan(dict.fromkeys(town.of(done.begun[NEW]), done.begun[old]))).begun
    now = routes_of(town, *back.values())
    assert now.keys() == before.keys()
    assert {one["day"] for one in now.values()} == {None}


def test_a_route_whose_grid_is_redrawn_is_measured_by_the_doors_of_its_new_grid(town, client_as):
    planner = client_as("planner")
    old = town.large()[0]
    route = value(town, "SELECT min(id) FROM patrol_routes WHERE grid_id = :g", g=old)
    before = planner.get(f"/api/v1/patrol-routes/{route}").json
    kept = planner.put(f"/api/v1/patrol-routes/{route}", json={"geometry": before["geometry"]}).json["properties"]
    enacted(town, split(town)[0])
    moved = planner.get(f"/api/v1/patrol-routes/{route}").json
    told = moved["properties"]
    assert told["stops"] < kept["stops"]
    assert told["seconds"] < kept["seconds"]
    by_hand = {"grid_id": told["grid_id"], "name": "照走", "geometry": moved["geometry"], "source": "drawn"}
    same = planner.post("/api/v1/patrol-routes", json=by_hand).json["properties"]
    measured = ("length", "seconds", "stops")
    assert [told[name] for name in measured] == pytest.approx([same[name] for name in measured], rel=1e-4)


def test_a_route_of_a_grid_that_is_only_renamed_is_still_right(town, client_as):
    old = town.large()[0]
    town.session.execute(text("UPDATE patrol_routes SET created_at = now() - interval '1 day'"))
    begun = enacted(town, town.plan({}, {old: town.planned(old, name="改名")})).begun
    routes = client_as("planner").get("/api/v1/patrol-routes?limit=1000").json["features"]
    moved = [one["properties"] for one in routes if one["properties"]["grid_id"] in begun.values()]
    assert moved
    assert not [one for one in moved if one["redrawn_on"]]


def test_neighbours_differ_in_tint(town):
    plan, _old, _block = split(town)
    enacted(town, plan)
    assert not rows(town, """
        SELECT a.id, b.id FROM grids a JOIN grids b ON a.id < b.id AND a.tint = b.tint AND ST_Intersects(a.geom, b.geom)
        WHERE a.valid_to IS NULL AND b.valid_to IS NULL AND ST_Length(ST_Intersection(a.geom, b.geom)) > 0
    """)  # fmt: skip


def test_a_new_grid_is_found_by_name_and_one_that_ended_is_not(town):
    plan, _old, _block = split(town)
    enacted(town, plan)
    known = {one for (one,) in rows(town, "SELECT subject_id FROM search_entries WHERE kind = 'grid' AND area_id = :c",
                                    c=town.community)}  # fmt: skip
    assert known == town.grids.keys()


def test_households_and_flags_are_in_the_grid_of_their_block(town):
    held = "SELECT count(*) FROM {table} t JOIN blocks b ON b.id = t.block_id WHERE b.grid_id = :grid"
    plan, old, _block = split(town)
    done = enacted(town, plan)
    for table in ("households", "flags"):
        assert value(town, held.format(table=table), grid=old) == 0
    assert value(town, held.format(table="households"), grid=done.begun[NEW])


def test_no_household_and_no_flag_is_written_when_grids_are_redrawn(town):
    written = "SELECT md5(string_agg(ctid || ' ' || xmin, ',' ORDER BY id)) FROM {table}"
    before = {table: value(town, written.format(table=table)) for table in ("households", "flags")}
    enacted(town, split(town)[0])
    assert {table: value(town, written.format(table=table)) for table in before} == before


def test_a_grid_that_is_only_renamed_begins_anew_under_its_code(town):
    old = town.large()[0]
    code = town.grids[old].code
    done = enacted(town, town.plan({}, {old: town.planned(old, name="滨河网格")}))
    assert done.ended == [old]
    assert (town.grids[done.begun[old]].name, town.grids[done.begun[old]].code) == ("滨河网格", code)
    assert value(town, "SELECT name FROM grids WHERE id = :old", old=old) != "滨河网格"


def test_a_grid_without_a_name_is_called_by_its_number(town):
    plan, old, _block = split(town)
    town.session.execute(text("UPDATE grid_plans SET grids = jsonb_set(grids, ARRAY[:n, 'name'], '\"\"')"),
                         {"n": str(NEW)})  # fmt: skip
    town.session.execute(text("UPDATE grid_plans SET grids = jsonb_set(grids, ARRAY[:n, 'name_en'], '\"\"')"),
                         {"n": str(NEW)})  # fmt: skip
    done = enacted(town, plan)
    new = town.grids[done.begun[NEW]]
    if new.code != value(town, "SELECT code FROM grids WHERE id = :old", old=old):
        assert (new.name, new.name_en) == (f"第{int(new.code[12:])}网格", f"Grid {int(new.code[12:])}")


def test_a_plan_that_changes_nothing_writes_nothing(town):
    before = versions(town)
    done = enacted(town, town.plan({}))
    assert (done.ended, done.begun) == ([], {})
    assert versions(town)["grids"] == before["grids"]


def test_a_plan_without_a_grid_for_each_block_is_refused_whole(town):
    plan = town.plan({town.of(town.large()[0])[0]: -1})
    with pytest.raises(Conflict):
        enacted(town, plan)
    assert value(town, "SELECT count(*) FROM grids WHERE valid_to IS NOT NULL") == 0


def test_a_grid_that_began_today_does_not_end_today(town):
    plan, old, _block = split(town)
    done = enacted(town, plan)
    again = town.plan(dict.fromkeys(town.of(done.begun[NEW]), done.begun[old]))
    with pytest.raises(Conflict) as refused:
        enacted(town, again)
    assert refused.value.field == "valid_from"


def test_a_source_that_is_imported_again_after_a_redrawing_changes_nothing(session):
    load_city(session, small_city(), sealer=SEALER)
    town = Town(session, session.scalar(text("SELECT id FROM areas WHERE key = '小城:c'")))
    one, other = sorted(town.grids)
    enacted(town, town.plan({town.of(other)[0]: one}))
    before = town.grids | {}, town.blocks | {}
    assert not load_city(session, small_city(), sealer=SEALER).changed
    town.read()
    assert (town.grids, town.blocks) == before
    assert not broken(town)
