"""Drafts of plans: begun, copied, renamed and deleted by those who redraw the whole of their area."""

import json
import uuid

import pytest
from sqlalchemy import text

from app.plans.drafts import copied
from tests.app.people import id_of
from tests.app.planning import FIRST_NEW, URL, area_of, begun, edited, grids_of, members, moving, new_grid


@pytest.fixture
def planner(client_as):
    return client_as("planner")


@pytest.fixture
def community(session):
    return area_of(session, "community")


def test_a_draft_begins_as_the_grids_of_today(planner, session, community):
    plan = begun(planner, community)
    rows = session.execute(text("SELECT id, grid_id FROM blocks WHERE community_id = :id"), {"id": community}).all()
    assert plan["blocks"] == {str(block): grid for block, grid in rows}
    grid = session.execute(text("SELECT * FROM grids WHERE community_id = :id ORDER BY id"), {"id": community}).first()
    assert plan["grids"][str(grid.id)] == {
        "name": grid.name,
        "name_en": grid.name_en,
        "kind": grid.kind,
        "locked": False,
        "community": community,
        "grid": grid.id,
        "code": grid.code,
    }
    assert (plan["state"], plan["version"], plan["parent"]) == ("draft", 1, None)
    assert (plan["area"]["id"], plan["area"]["level"]) == (community, "community")
    assert plan["owner"]["id"] == plan["changed_by"]["id"] == id_of(session, "planner")
    assert plan["may"]["edit"] is True
    assert plan["may"]["undo"] == "只有已生效的方案可以恢复原状。"
    acts = session.scalars(text("SELECT act FROM audit WHERE subject_id = :id"), {"id": plan["id"]}).all()
    assert acts == ["plan.made"]


def test_a_draft_sent_twice_is_begun_once_and_another_of_its_id_is_refused(planner, client_as, community):
    body = {"id": str(uuid.uuid4()), "name": "方案", "area_id": community}
    assert planner.post(URL, json=body).status_code == 201
    assert planner.post(URL, json=body).json["version"] == 1
    assert [one["id"] for one in planner.get(URL).json["plans"]] == [body["id"]]
    assert planner.post(URL, json={**body, "name": "另一个"}).status_code == 409
    assert client_as("subdistrict_staff").post(URL, json=body).status_code == 409


def test_the_list_holds_counts_and_no_blocks(planner, community):
    plan = begun(planner, community)
    (head,) = planner.get(URL).json["plans"]
    assert head["counts"] == {"blocks": len(plan["blocks"]), "grids": len(plan["grids"]), "edits": 0}
    assert "blocks" not in head
    assert {**head, "blocks": plan["blocks"], "grids": plan["grids"], "levels": None} == {
        **plan,
        "counts": head["counts"],
    }


def test_a_plan_is_seen_by_those_who_redraw_its_whole_area(client_as, session):
    district = area_of(session, "district")
    own = session.scalar(text("SELECT area_id FROM appointments WHERE role = 'community_staff'"))
    whole = begun(client_as("planner"), district)
    staff = client_as("community_staff")
    assert staff.get(URL).json["plans"] == []
    for address in ("", "/ground", "/edits"):
        assert staff.get(f"{URL}/{whole['id']}{address}").status_code == 404
    assert staff.post(URL, json={"id": str(uuid.uuid4()), "name": "x", "area_id": district}).status_code == 404
    assert edited(staff, whole).status_code == 404
    mine = begun(staff, own)
    assert mine["may"]["approve"] == "您无权审批该区域全部范围的方案。"
    assert client_as("planner").get(f"{URL}/{mine['id']}").status_code == 200
    assert client_as("coordinator").get(URL).status_code == 403


def test_a_draft_is_renamed_and_its_version_stays(planner, community):
    plan = begun(planner, community)
    answer = planner.put(f"{URL}/{plan['id']}", json={"name": "秋季调整"})
    assert (answer.json["name"], answer.json["version"]) == ("秋季调整", 1)
    for name in ("", "   ", "长" * 101):
        refused = planner.put(f"{URL}/{plan['id']}", json={"name": name})
        assert (refused.status_code, refused.json["error"]["field"]) == (422, "name")


def test_a_deleted_draft_is_gone_with_its_edits_and_its_copies_stay(planner, session, community):
    plan = begun(planner, community)
    first, second = grids_of(plan)[:2]
    edited(planner, plan, moving(plan, members(plan, first)[0], second))
    copy = begun(planner, community, parent=plan["id"])
    assert copy["parent"] == plan["id"]
    assert planner.delete(f"{URL}/{plan['id']}").status_code == 204
    assert planner.get(f"{URL}/{plan['id']}").status_code == 404
    assert planner.get(f"{URL}/{copy['id']}").json["parent"] is None
    assert session.scalar(text("SELECT count(*) FROM grid_plan_edits")) == 0


@pytest.mark.parametrize("state", ["submitted", "approved", "in_force"])
def test_what_is_no_draft_is_neither_edited_nor_renamed_nor_deleted(planner, session, community, state):
    plan = begun(planner, community)
    session.execute(
        text("""
            UPDATE grid_plans SET state = :state, submitted_by = owner_id, valid_from = '2026-01-01',
                approved_by = (SELECT min(id) FROM users WHERE id <> owner_id) WHERE id = :id
        """),
        {"state": state, "id": plan["id"]},
    )
    address = f"{URL}/{plan['id']}"
    block, other = members(plan, grids_of(plan)[0])[0], grids_of(plan)[1]
    for answer in (
        edited(planner, plan, moving(plan, block, other)),
        planner.put(address, json={"name": "x"}),
        planner.delete(address),
    ):
        assert answer.status_code == 409
        assert "草案" in answer.json["error"]["message"]
    assert planner.get(address).json["blocks"] == plan["blocks"]


def test_a_copy_is_what_its_parent_was(planner, session, community):
    plan = begun(planner, community)
    number = str(FIRST_NEW + 5)
    block = members(plan, grids_of(plan)[0])[0]
    grids = {number: [None, new_grid(plan, community)]}
    assert edited(planner, plan, moving(plan, block, number), grids).status_code == 200
    copy = begun(planner, community, parent=plan["id"])
    parent = planner.get(f"{URL}/{plan['id']}").json
    assert (copy["blocks"], copy["grids"]) == (parent["blocks"], parent["grids"])
    elsewhere = session.scalar(
        text("SELECT id FROM areas WHERE level = 'community' AND id <> :id LIMIT 1"), {"id": community}
    )
    refused = planner.post(URL, json={"id": str(uuid.uuid4()), "name": "x", "area_id": elsewhere, "parent": plan["id"]})
    assert (refused.status_code, refused.json["error"]["field"]) == (422, "parent")
    refused = planner.post(
        URL, json={"id": str(uuid.uuid4()), "name": "x", "area_id": community, "parent": str(uuid.uuid4())}
    )
    assert (refused.status_code, refused.json["error"]["field"]) == (404, "parent")


def grid(number, *, today=True, name=None):
    return {"name": name or f"g{number}", "grid": number if today else None, "code": f"c{number}" if today else None}


def test_a_copied_grid_that_has_come_into_force_is_todays_and_one_that_has_ended_is_new():
    """Planned: new grid N of a and b, old grid 1 of c. Today: N is grid 7, and grid 1 has ended: c is in 8 with d."""
    new = FIRST_NEW + 3
    blocks, grids = copied(
        {"a": new, "b": new, "c": 1, "d": -1},
        {str(new): grid(new, today=False), "1": grid(1)},
        {"a": 7, "b": 7, "c": 8, "d": 8},
        {"7": grid(7), "8": grid(8)},
    )
    assert blocks["a"] == blocks["b"] == 7
    assert grids["7"] == {"name": f"g{new}", "grid": 7, "code": "c7"}
    assert blocks["c"] >= FIRST_NEW
    assert grids[str(blocks["c"])] == {"name": "g1", "grid": None, "code": None}
    assert blocks["d"] == -1
    assert len(grids) == 2


def test_the_ground_has_every_block_once_with_its_neighbours_and_shapes(planner, session, community):
    plan = begun(planner, community)
    answer = planner.get(f"{URL}/{plan['id']}/ground")
    ground = answer.json
    blocks = ground["blocks"]
    assert {str(block) for block in blocks["id"]} == set(plan["blocks"])
    assert {len(column) for column in blocks.values()} == {len(plan["blocks"])}
    assert dict(zip(map(str, blocks["id"]), blocks["grid"], strict=True)) == plan["blocks"]
    counted = session.execute(
        text("""
            SELECT count(DISTINCT u.id), sum(c.households) FROM blocks b JOIN buildings u ON u.block_id = b.id
            LEFT JOIN entrances e ON e.building_id = u.id LEFT JOIN household_counts c ON c.entrance_id = e.id
            WHERE b.community_id = :id
        """),
        {"id": community},
    ).one()
    assert (sum(blocks["buildings"]), sum(blocks["households"])) == tuple(map(int, counted))
    edges = ground["edges"]
    pairs = list(zip(edges["one"], edges["two"], strict=True))
    assert len(set(pairs)) == len(pairs) > 0
    assert all(one < two < len(blocks["id"]) for one, two in pairs)
    assert [shape["id"] for shape in ground["shapes"]["features"]] == blocks["id"]
    assert ground["today"] == plan["grids"]
    assert set(blocks["compound"]) - {-1} == {one["id"] for one in ground["compounds"]}
    assert [one["id"] for one in ground["communities"]] == [community]
    assert (ground["size"], ground["worker"]) == ({"low": 300, "high": 500}, 80)


def test_the_ground_is_not_sent_again_until_it_changes(planner, session, community):
    address = f"{URL}/{begun(planner, community)['id']}/ground"
    first = planner.get(address)
    again = planner.get(address, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    packed = planner.get(address, headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert len(packed.data) < len(first.data) / 2
    session.execute(text("UPDATE compounds SET name = name || '一' WHERE community_id = :id"), {"id": community})
    session.flush()
    then = planner.get(address, headers={"If-None-Match": first.headers["ETag"]})
    assert then.status_code == 200
    assert then.json["stamp"] != json.loads(first.data)["stamp"]
