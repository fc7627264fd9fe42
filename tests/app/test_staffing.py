"""Who holds which post of the grids of today and of a plan, what is vacant, and what a worker has to carry."""

import pytest
from sqlalchemy import text

from tests.app.planned import NEW, Town
from tests.app.planning import cut_of
from tests.app.test_publication import in_force

STAFF = text("UPDATE posts SET holder = :holder, user_id = NULL WHERE grid_id = :grid AND role = :role AND ordinal = 1")
EMPTY = text("UPDATE posts SET holder = NULL, user_id = NULL WHERE grid_id = ANY(:grids)")


@pytest.fixture
def town(session):
    """The community, all of whose posts are vacant."""
    town = Town(session)
    session.execute(EMPTY, {"grids": list(town.grids)})
    return town


def asked(client, **question):
    answer = client.get("/api/v1/staffing", query_string=question)
    assert answer.status_code == 200, answer.text
    return answer.json


def by_number(found):
    return {row["grid"]: row for row in found["grids"]}


def test_a_grid_without_anybody_has_five_vacant_posts_and_no_load(client_as, town):
    found = asked(client_as("planner"), area=town.community)
    bases = [row for row in found["grids"] if row["kind"] == "base"]
    assert {row["grid"] for row in found["grids"]} == set(town.grids)
    assert {row["vacant"] for row in bases} == {5}
    assert {row["load"] for row in bases} == {None}
    assert found["totals"]["vacant"] == found["totals"]["posts"] == 5 * len(bases)
    assert found["totals"]["workers"] == 0


def test_the_load_is_the_households_to_each_who_works_there_and_eighty_to_one_are_needed(client_as, session, town):
    grid = town.large()[0]
    for role in ("full_time_worker", "part_time_worker"):
        session.execute(STAFF, {"holder": f"one {role}", "grid": grid, "role": role})
    session.execute(STAFF, {"holder": "a leader", "grid": grid, "role": "leader"})
    row = by_number(asked(client_as("planner"), area=town.community))[grid]
    assert row["households"] == town.held(grid)
    assert row["workers"] == 2
    assert row["load"] == round(town.held(grid) / 2, 1)
    assert row["needed"] == -(-town.held(grid) // 80)
    assert row["vacant"] == 2


def test_one_person_for_two_grids_counts_half_in_each_and_is_named(client_as, session, town):
    one, two = town.large()[:2]
    for grid in (one, two):
        session.execute(STAFF, {"holder": "a worker", "grid": grid, "role": "full_time_worker"})
    found = asked(client_as("planner"), area=town.community)
    rows = by_number(found)
    assert rows[one]["workers"] == rows[two]["workers"] == 0.5
    assert rows[one]["load"] == 2 * town.held(one)
    assert found["totals"]["workers"] == 1
    (person,) = found["people"]
    assert person == {
        "holder": "a worker",
        "roles": ["full_time_worker"],
        "grids": sorted([one, two]),
        "households": town.held(one) + town.held(two),
    }
    assert [post["grids"] for post in rows[one]["posts"] if post["holder"]] == [2]


def test_in_a_plan_the_heir_keeps_the_posts_and_the_new_grid_is_vacant(client_as, session, town):
    grid = town.large()[0]
    session.execute(STAFF, {"holder": "a worker", "grid": grid, "role": "full_time_worker"})
    *_rest, smallest = [block for block in town.of(grid) if town.households[block]]
    plan = town.plan({smallest: NEW}, {NEW: town.planned()}, state="draft")
    rows = by_number(asked(client_as("planner"), plan=plan))
    assert [post["holder"] for post in rows[grid]["posts"] if post["holder"]] == ["a worker"]
    assert rows[grid]["households"] == town.held(grid) - town.households[smallest]
    assert rows[NEW]["vacant"] == 5
    assert rows[NEW]["households"] == town.households[smallest]


def test_who_has_no_grid_any_more_is_named_with_the_grid_that_ends(client_as, session, town):
    larger, smaller = town.large()[:2]
    session.execute(STAFF, {"holder": "who stays", "grid": larger, "role": "leader"})
    session.execute(STAFF, {"holder": "who goes", "grid": smaller, "role": "leader"})
    plan = town.plan(dict.fromkeys(town.of(smaller), larger), state="draft")
    found = asked(client_as("planner"), plan=plan)
    assert found["released"] == [{"holder": "who goes", "role": "leader", "grid": town.grids[smaller].name}]
    assert smaller not in by_number(found)


def test_blocks_in_no_grid_are_left_out(client_as, town):
    grid = town.large()[0]
    block = town.of(grid)[0]
    rows = by_number(asked(client_as("planner"), plan=town.plan({block: -1}, state="draft")))
    assert rows[grid]["households"] == town.held(grid) - town.households[block]
    assert sum(row["households"] for row in rows.values()) == sum(town.households.values()) - town.households[block]


@pytest.mark.parametrize("question", ["", "?plan=00000000-0000-0000-0000-000000000001&area=1", "?area=-1"])
def test_a_question_names_either_a_plan_or_an_area(client_as, question):
    answer = client_as("planner").get(f"/api/v1/staffing{question}")
    assert answer.status_code == 422


def test_an_area_that_somebody_does_not_redraw_is_not_found(client_as, session):
    district = session.scalar(text("SELECT id FROM areas WHERE parent_id IS NULL"))
    assert client_as("community_staff").get(f"/api/v1/staffing?area={district}").status_code == 404


def test_of_a_plan_in_force_no_household_is_lost_where_blocks_were_split_since(client_as, session, town):
    staff, planner = client_as("community_staff"), client_as("planner")
    plan = in_force(staff, planner, town)
    before = asked(planner, plan=plan["id"])["totals"]
    block, line = cut_of(session, town.community)
    assert planner.post(f"/api/v1/blocks/{block}/split", json={"line": line}).status_code == 200
    assert before["households"] == sum(town.households.values())
    assert asked(planner, plan=plan["id"])["totals"] == before
