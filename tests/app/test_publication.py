"""Plans on their way into force over HTTP: submitted, sent back, approved by somebody else, withdrawn, undone."""

import uuid
from datetime import timedelta

import pytest
from sqlalchemy import text

from app.accounts.queries import by_name
from app.days import today
from app.errors import Conflict
from app.imports.check import check
from app.plans import stored
from app.publication import service
from gis.grid_codes import scheme
from tests.app.planned import Town
from tests.app.planning import URL, begun, edited, listening, members, moving, new_grid
from tests.fixtures.town import USERS

NEW = "1000000001"


@pytest.fixture
def town(session):
    return Town(session)


@pytest.fixture
def staff(client_as):
    return client_as("community_staff")


@pytest.fixture
def planner(client_as):
    return client_as("planner")


def split(client, town):
    """A draft that puts the second block of the largest grid into a new one."""
    old = town.large()[0]
    block = [block for block in town.of(old) if town.households[block]][1]
    plan = begun(client, town.community)
    answer = edited(
        client, plan, {str(block): [old, int(NEW)]}, {NEW: [None, new_grid(plan, town.community, name="新桥网格")]}
    )
    assert answer.status_code == 200, answer.json
    return client.get(f"{URL}/{plan['id']}").json


def step(client, plan, act, **body):
    """The answer to a step of a plan; the plan, where it went well."""
    return client.post(f"{URL}/{plan['id']}/{act}", json=body)


def submitted(client, town):
    plan = split(client, town)
    answer = step(client, plan, "submit")
    assert answer.status_code == 200, answer.json
    return answer.json


def in_force(staff, planner, town):
    answer = step(planner, submitted(staff, town), "approve", valid_from=today().isoformat())
    assert answer.status_code == 200, answer.json
    town.read()
    return answer.json


def age(session):
    """Let all grids have begun before today, so that they can end today."""
    session.execute(text("UPDATE grids SET valid_from = valid_from - 30, valid_to = valid_to - 30"))


def test_a_plan_is_submitted_approved_by_another_person_and_in_force_today(staff, planner, town, session):
    plan = submitted(staff, town)
    assert plan["state"] == "submitted"
    assert plan["may"]["edit"] is not True
    done = step(planner, plan, "approve", valid_from=today().isoformat())
    assert (done.status_code, done.json["state"], done.json["valid_from"]) == (200, "in_force", today().isoformat())
    assert done.json["grids"][NEW]["code"]
    assert done.json["grids"][NEW]["grid"] in set(
        session.scalars(text("SELECT id FROM grids WHERE valid_to IS NULL AND name = '新桥网格'"))
    )
    assert not [one for one in check(session).violations if one.severity == "broken"]
    acts = session.scalars(text("SELECT act FROM audit WHERE subject_type = 'grid_plan' ORDER BY id")).all()
    assert acts == ["plan.made", "plan.submitted", "plan.approved", "plan.enacted"]


def test_nobody_approves_what_they_have_drawn_submitted_or_edited(planner, client_as, staff, town):
    own = submitted(planner, town)
    assert step(planner, own, "approve", valid_from=today().isoformat()).status_code == 409
    plan = split(staff, town)
    block = members(plan, town.large()[1])[0]
    other = town.large()[0]
    assert edited(planner, plan, moving(plan, block, other)).status_code == 200
    assert step(staff, plan, "submit").status_code in {200, 409}
    refused = step(planner, plan, "approve", valid_from=today().isoformat())
    assert refused.status_code == 409
    assert refused.json["error"]["field"] == "plan"
    assert step(staff, plan, "approve", valid_from=today().isoformat()).status_code == 403


def test_a_plan_that_is_sent_back_says_why_and_can_be_edited_and_submitted_again(staff, planner, town):
    plan = submitted(staff, town)
    assert step(planner, plan, "return", note=" ").status_code == 422
    back = step(planner, plan, "return", note="学校在两个网格里").json
    assert (back["state"], back["note"], back["submitted_by"]) == ("draft", "学校在两个网格里", None)
    again = step(staff, plan, "submit").json
    assert (again["state"], again["note"]) == ("submitted", "")


def test_before_its_date_nothing_changes_and_a_withdrawn_plan_never_comes_into_force(staff, planner, town, session):
    plan = submitted(staff, town)
    day = (today() + timedelta(days=9)).isoformat()
    waiting = step(planner, plan, "approve", valid_from=day).json
    assert (waiting["state"], waiting["valid_from"]) == ("approved", day)
    assert session.scalar(text("SELECT count(*) FROM grids WHERE valid_to IS NOT NULL")) == 0
    gone = step(staff, plan, "withdraw", note="另有安排")
    assert (gone.status_code, gone.json["state"], gone.json["note"]) == (200, "withdrawn", "另有安排")
    assert step(staff, plan, "withdraw").status_code in {409, 422}
    assert step(planner, plan, "approve", valid_from=day).status_code == 409


def test_a_step_is_told_with_who_took_it_and_when(staff, planner, town):
    plan = submitted(staff, town)
    back = step(planner, plan, "return", note="请再看").json
    assert back["changed_by"]["id"] != plan["owner"]["id"]
    assert back["changed_at"] > plan["changed_at"]
    again = step(staff, plan, "submit").json
    assert again["changed_by"] == plan["owner"]
    gone = step(planner, plan, "withdraw", note="").json
    assert gone["changed_by"] == back["changed_by"]
    assert gone["changed_at"] > again["changed_at"]


def test_what_is_in_force_is_not_withdrawn(staff, planner, town):
    plan = in_force(staff, planner, town)
    assert step(staff, plan, "withdraw", note="").status_code == 409


def test_a_plan_that_could_not_come_into_force_on_its_day_is_withdrawn_and_makes_room(staff, planner, town, session):
    late, other = submitted(staff, town), submitted(staff, town)
    day = today() + timedelta(days=9)
    assert step(planner, late, "approve", valid_from=day.isoformat()).status_code == 200
    session.execute(text("UPDATE grid_plans SET valid_from = valid_from - 10 WHERE state = 'approved'"))
    assert step(planner, other, "approve", valid_from=day.isoformat()).status_code == 409
    assert staff.get(f"{URL}/{late['id']}").json["may"]["withdraw"] is True
    assert step(staff, late, "withdraw", note="块已不在").json["state"] == "withdrawn"
    assert step(planner, other, "approve", valid_from=day.isoformat()).status_code == 200


@pytest.mark.parametrize("days", [0, 9])
def test_an_approval_that_is_sent_twice_is_one(days, staff, planner, client_as, town, session):
    plan, day = submitted(staff, town), (today() + timedelta(days=days)).isoformat()
    first, second = (step(planner, plan, "approve", valid_from=day) for _ in range(2))
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json["state"] == ("approved" if days else "in_force")
    assert second.json == first.json
    acts = session.scalars(text("SELECT act FROM audit WHERE subject_type = 'grid_plan' ORDER BY id")).all()
    assert acts.count("plan.approved") == 1
    later = (today() + timedelta(days=20)).isoformat()
    assert step(planner, plan, "approve", valid_from=later).status_code == 409
    assert step(client_as("subdistrict_staff"), plan, "approve", valid_from=day).status_code in {404, 409}


@pytest.mark.parametrize("day", ["2020-01-01", "2999-01-01", "soon"])
def test_a_plan_comes_into_force_today_or_within_two_years(day, staff, planner, town):
    refused = step(planner, submitted(staff, town), "approve", valid_from=day)
    assert (refused.status_code, refused.json["error"]["field"]) == (422, "valid_from")


def test_a_plan_that_changes_nothing_or_leaves_a_block_without_a_grid_is_not_submitted(staff, town):
    plan = begun(staff, town.community)
    assert step(staff, plan, "submit").status_code == 409
    block = members(plan, town.large()[0])[0]
    assert edited(staff, plan, moving(plan, block, -1)).status_code == 200
    refused = step(staff, plan, "submit")
    assert refused.status_code == 409
    assert [fault["kind"] for fault in refused.json["error"]["faults"]] == ["unassigned"]


def test_two_plans_do_not_wait_for_the_same_communities(staff, planner, town):
    first, second = submitted(staff, town), submitted(staff, town)
    day = (today() + timedelta(days=9)).isoformat()
    assert step(planner, first, "approve", valid_from=day).status_code == 200
    refused = step(planner, second, "approve", valid_from=today().isoformat())
    assert (refused.status_code, refused.json["error"]["plan"]) == (409, first["id"])
    step(staff, first, "withdraw", note="")
    assert step(planner, second, "approve", valid_from=today().isoformat()).status_code == 200


def test_a_plan_that_waits_and_could_not_be_in_force_any_more_is_named_where_it_is_in_the_way(
    staff, planner, town, session
):
    first, second = submitted(staff, town), submitted(staff, town)
    day = (today() + timedelta(days=9)).isoformat()
    assert step(planner, first, "approve", valid_from=day).status_code == 200
    block = str(max(town.blocks))
    session.execute(text("UPDATE grid_plans SET blocks = blocks - :b WHERE id = :id"), {"b": block, "id": first["id"]})
    refused = step(planner, second, "approve", valid_from=day)
    assert (refused.status_code, refused.json["error"]["plan"]) == (409, first["id"])
    assert first["name"] in refused.json["error"]["message"]


def test_a_plan_of_an_area_that_one_does_not_see_is_in_the_way_without_its_name(staff, town, session):
    plan = submitted(staff, town)
    district = session.scalar(text("SELECT id FROM areas WHERE level = 'district'"))
    day = today() + timedelta(days=9)
    town.plan({}, day=day, area=district)
    session.execute(text("UPDATE grid_plans SET name = '全区方案' WHERE area_id = :id"), {"id": district})
    asks = stored.reader(session, by_name(session, USERS["planner"])[0])
    for sees in (asks._replace(redraws=frozenset(), approves=frozenset({town.community})), asks):
        with pytest.raises(Conflict) as refused, session.begin_nested():
            service.approve(session, sees, uuid.UUID(plan["id"]), day, scheme("area12+3"))
        named = "全区方案" in str(refused.value.message), "plan" in refused.value.extra
        assert named == ((True, True) if sees is asks else (False, False))


def test_what_is_reckoned_on_the_ground_is_read_while_nobody_publishes(staff, planner, town, session):
    came, plan = in_force(staff, planner, town), submitted(staff, town)
    assert step(planner, plan, "approve", valid_from=(today() + timedelta(days=9)).isoformat()).status_code == 200
    said = []
    for path in (
        *(f"plans/{plan['id']}/{what}" for what in ("consequences", "consequences/file", "notices", "levels/file")),
        f"plans/{came['id']}/before",
        f"staffing?plan={plan['id']}",
        f"staffing?area={town.community}",
        f"grids/on/{today() + timedelta(days=10)}",
    ):
        said.clear()
        with listening(session, said):
            planner.get(f"/api/v1/{path}")
        held = next((at for at, one in enumerate(said) if "pg_advisory_xact_lock_shared" in one), len(said))
        assert [one for one in said[:held] if "FROM blocks" in one or "FROM grid_plans" in one] == [], path
        assert held < len(said), path


def test_a_plan_that_is_undone_puts_back_what_was_with_its_codes(staff, planner, town, session):
    before = {row.code: sorted(town.of(grid)) for grid, row in town.grids.items()}
    plan = in_force(staff, planner, town)
    after = {row.code: sorted(town.of(grid)) for grid, row in town.grids.items()}
    assert after != before
    age(session)
    draft = {"id": str(uuid.uuid4()), "name": "恢复原状"}
    made = step(staff, plan, "undo", **draft)
    assert (made.status_code, made.json["state"], made.json["parent"]) == (201, "draft", plan["id"])
    assert step(staff, plan, "undo", **draft).json["id"] == draft["id"]
    assert step(staff, plan, "undo", **draft | {"name": "x"}).status_code == 409
    assert step(staff, made.json, "submit").status_code == 200
    assert step(planner, made.json, "approve", valid_from=today().isoformat()).status_code == 200
    town.read()
    assert {row.code: sorted(town.of(grid)) for grid, row in town.grids.items()} == before
    assert not [one for one in check(session).violations if one.severity == "broken"]


def test_a_draft_follows_where_it_changed_nothing_and_keeps_its_own_where_it_did(staff, planner, town, session):
    untouched = begun(staff, town.community)
    own = split(staff, town)
    done = in_force(staff, planner, town)
    followed = staff.get(f"{URL}/{untouched['id']}").json
    assert followed["blocks"] == {str(block): grid for block, grid in town.blocks.items()}
    assert set(followed["grids"]) == {str(grid) for grid in town.grids}
    assert followed["version"] == untouched["version"] + 1
    kept = staff.get(f"{URL}/{own['id']}").json
    assert [block for block, number in kept["blocks"].items() if number == int(NEW)] == (
        [block for block, number in own["blocks"].items() if number == int(NEW)])  # fmt: skip
    assert all(str(number) in kept["grids"] for number in kept["blocks"].values())
    ended = set(session.scalars(text("SELECT id FROM grids WHERE valid_to IS NOT NULL")))
    assert not ended & {int(number) for number in kept["grids"]}
    assert done["state"] == "in_force"


def test_the_map_of_two_days_shows_what_was_in_force_on_each(staff, planner, town, session):
    client = staff
    before = set(town.grids)
    plan = in_force(staff, planner, town)
    yesterday, now = (client.get(f"/api/v1/grids/on/{day}").json["features"]
                      for day in (today() - timedelta(days=1), today()))  # fmt: skip
    assert {one["id"] for one in yesterday} == before
    assert {one["id"] for one in now} == set(town.grids)
    (old,) = [one for one in yesterday if one["properties"]["valid_to"]]
    assert len(old["properties"]["children"]) == 2
    assert {child["id"] for child in old["properties"]["children"]} == set(town.grids) - before
    (new,) = [one for one in now if one["properties"]["name"] == "新桥网格"]
    assert [parent["id"] for parent in new["properties"]["parents"]] == [old["id"]]
    *_, last = client.get("/api/v1/grids/dates").json["dates"]
    assert (last["date"], last["plan"], last["begun"], last["ended"]) == (today().isoformat(), plan["id"], 2, 1)
    assert last["grids"] == len(town.grids)
    assert client.get("/api/v1/grids/on/2020-01-01").json["features"] == []
    refused = client.get("/api/v1/grids/on/yesterday")
    assert (refused.status_code, refused.json["error"]["field"]) == (422, "day")


def test_what_was_before_a_plan_is_told_of_each_block(staff, planner, town):
    was = {str(block): grid for grid in town.grids for block in town.of(grid)}
    draft = submitted(staff, town)
    refused = staff.get(f"{URL}/{draft['id']}/before")
    assert refused.status_code == 409, refused.json
    assert step(planner, draft, "approve", valid_from=today().isoformat()).status_code == 200
    found = staff.get(f"{URL}/{draft['id']}/before").json
    together = {}
    for block, number in found["blocks"].items():
        together.setdefault(number, set()).add(was[block])
    assert found["blocks"].keys() == was.keys()
    assert all(len(grids) == 1 for grids in together.values())
    assert len(together) == len(set(was.values())) == len(found["grids"])


def test_the_map_of_a_day_ahead_shows_what_approved_plans_make_of_it(staff, planner, client_as, town, session):
    plan = submitted(staff, town)
    day = today() + timedelta(days=9)
    assert step(planner, plan, "approve", valid_from=day.isoformat()).status_code == 200

    def on(client, days):
        return client.get(f"/api/v1/grids/on/{day + timedelta(days=days)}").json

    before, then = on(staff, -1), on(staff, 0)
    assert ({one["id"] for one in before["features"]}, before["plans"]) == (set(town.grids), [])
    coming = {"plan": plan["id"], "name": plan["name"], "date": day.isoformat()}
    assert then["plans"] == [{**coming, "counted": True}]
    (new,) = [one for one in then["features"] if one["properties"]["name"] == "新桥网格"]
    properties = new["properties"]
    assert (properties["valid_from"], properties["plan"], len(then["features"])) == (
        day.isoformat(), plan["id"], len(town.grids) + 1)  # fmt: skip
    assert staff.get("/api/v1/grids/dates").json["coming"] == [coming]
    worker = client_as("grid_worker")  # sees no plans
    assert on(worker, 0)["plans"] is None
    assert all(one["properties"].get("plan") is None for one in on(worker, 0)["features"])
    assert worker.get("/api/v1/grids/dates").json["coming"] == []
    # What was foretold is what comes.
    session.execute(text("UPDATE grid_plans SET state = 'submitted', approved_by = NULL, valid_from = NULL"))
    assert step(planner, plan, "approve", valid_from=today().isoformat()).status_code == 200
    now = staff.get(f"/api/v1/grids/on/{today()}").json["features"]
    told = ("code", "name", "name_en", "kind", "community_id")
    assert sorted([one["properties"][name] for name in told] for one in now) == sorted(
        [one["properties"][name] for name in told] for one in then["features"]
    )


def test_a_plan_that_could_not_be_in_force_is_named_and_not_counted_in(staff, planner, town, session):
    plan = submitted(staff, town)
    day = today() + timedelta(days=9)
    assert step(planner, plan, "approve", valid_from=day.isoformat()).status_code == 200
    block = max(town.blocks)  # that came after the approval
    session.execute(text("UPDATE grid_plans SET blocks = blocks - CAST(:b AS text)"), {"b": str(block)})
    then = staff.get(f"/api/v1/grids/on/{day}").json
    assert then["plans"] == [{"plan": plan["id"], "name": plan["name"], "date": day.isoformat(), "counted": False}]
    assert {one["id"] for one in then["features"]} == set(town.grids)
    assert staff.get("/api/v1/grids/dates").json["coming"][0]["plan"] == plan["id"]


@pytest.mark.parametrize(
    ("act", "body", "field"),
    [
        ("approve", {}, "valid_from"),
        ("approve", {"valid_from": None}, "valid_from"),
        ("approve", {"valid_from": 10**18}, "valid_from"),
        ("approve", {"valid_from": "9999-12-31"}, "valid_from"),
        ("approve", {"valid_from": "2027-02-30"}, "valid_from"),
        ("approve", {"valid_from": "2027-02-03", "by": 1}, "by"),
        ("return", {}, "note"),
        ("return", {"note": "长" * 501}, "note"),
        ("withdraw", {"note": 5}, "note"),
        ("undo", {"id": "1", "name": "x"}, "id"),
        ("undo", {"id": str(uuid.UUID(int=5)), "name": " "}, "name"),
    ],
)
def test_a_body_that_makes_no_sense_is_refused_by_its_field(act, body, field, staff, planner, town):
    plan = begun(staff, town.community)
    refused = step(planner, plan, act, **body)
    assert (refused.status_code, refused.json["error"]["field"]) == (422, field)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("consequences?against=x", "against"),
        ("consequences/file?format=doc", "format"),
        ("notices?building=-1", "building"),
        ("notices?building=99999999999", "building"),
    ],
)
def test_a_query_that_makes_no_sense_is_refused_by_its_field(query, field, staff, town):
    plan = begun(staff, town.community)
    refused = staff.get(f"{URL}/{plan['id']}/{query}")
    assert (refused.status_code, refused.json["error"]["field"]) == (422, field)


@pytest.mark.parametrize("day", ["2026-13-01", "0000-01-01", "２０２６-01-01", "2026-01-01T00:00", "-1", "1" * 300])
def test_what_is_no_day_is_refused(day, staff):
    refused = staff.get(f"/api/v1/grids/on/{day}")
    assert (refused.status_code, refused.json["error"]["field"]) == (422, "day")
