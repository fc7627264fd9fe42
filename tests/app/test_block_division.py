"""Blocks split and merged in the database: all that is there goes on fitting, and no plan loses a block."""

import math

import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from app.accounts.queries import by_name
from app.errors import DomainError
from app.imports.check import check
from app.imports.loader import load_city
from app.plans import division, drafts, stored
from app.plans.edits import edit
from app.plans.schemas import EditIn, PlanIn
from gis.refusals import SENTENCES
from tests.app.planning import URL, area_of, begun, cut_of, edited, grids_of, moving, pairs, shapes_of
from tests.app.small_city import LAT, LON, small_city
from tests.fixtures.town import SEALER, USERS

BLOCKS = text("SELECT id, grid_id, community_id, compound_id FROM blocks ORDER BY id")


@pytest.fixture
def planner(client_as):
    return client_as("planner")


@pytest.fixture
def community(session):
    return area_of(session, "community")


@pytest.fixture
def cut(session, community):
    return cut_of(session, community)


def split(client, block, line, **more):
    return client.post(f"/api/v1/blocks/{block}/split", json={"line": line, **more})


def merged(client, *blocks):
    return client.post("/api/v1/blocks/merge", json={"blocks": blocks})


def refused(answer, reason, field="line"):
    assert answer.status_code == 422, answer.json
    error = answer.json["error"]
    assert (error["reason"], error["field"]) == (reason, field), error
    return error


def broken(session):
    return [found for found in check(session).violations if found.severity == "broken"]


def homes(session):
    """How many households each building has, and in which grid."""
    return session.execute(
        text("""
            SELECT u.id, k.grid_id, count(h.id), array_agg(DISTINCT own.grid_id) FROM buildings u
            JOIN blocks k ON k.id = u.block_id LEFT JOIN entrances e ON e.building_id = u.id
            LEFT JOIN dwellings d ON d.entrance_id = e.id LEFT JOIN households h ON h.dwelling_id = d.id
            LEFT JOIN blocks own ON own.id = h.block_id GROUP BY u.id, k.grid_id ORDER BY u.id
        """)
    ).all()


def test_the_parts_of_a_block_stay_in_its_grid_and_in_that_of_every_open_plan(planner, session, community, cut):
    block, line = cut
    was = session.execute(text("SELECT * FROM blocks WHERE id = :id"), {"id": block}).one()
    shape, living = shapes_of(session, "blocks", [block])[block], homes(session)
    plan, untouched = begun(planner, community), begun(planner, community)
    target = next(number for number in grids_of(plan) if number != str(was.grid_id))
    edited(planner, plan, moving(plan, str(block), target))
    told = split(planner, block, line).json
    assert told["removed"] == [block]
    new = [one["id"] for one in told["added"]]
    assert len(new) >= 2
    assert all(one["parents"] == [block] and one["id"] > block for one in told["added"])
    rows = {row.id: row for row in session.execute(BLOCKS)}
    assert block not in rows
    for one in new:
        assert (rows[one].grid_id, rows[one].community_id, rows[one].compound_id) == (
            was.grid_id,
            community,
            was.compound_id,
        )
    parts = list(shapes_of(session, "blocks", new).values())
    assert shapely.coverage_is_valid(parts)
    assert shapely.coverage_union_all(parts).symmetric_difference(shape).area < 1e-15
    for one, version, grid in ((plan, 3, int(target)), (untouched, 2, was.grid_id)):
        after = planner.get(f"{URL}/{one['id']}").json
        assert after["version"] == version
        assert str(block) not in after["blocks"]
        assert {after["blocks"][str(number)] for number in new} == {grid}
        change = planner.get(f"{URL}/{one['id']}/edits?after={version - 1}").json["edits"][0]["changes"]
        assert change["ground"] == "split"
        assert change["blocks"] == {str(block): [grid, None], **{str(number): [None, grid] for number in new}}
    former = session.execute(text("SELECT * FROM former_blocks WHERE id = :id"), {"id": block}).one()
    assert (former.key, former.act, former.community_id) == (was.key, "split", community)
    assert homes(session) == living
    assert broken(session) == []
    acts = text("SELECT act FROM audit WHERE subject_type = 'block' AND subject_id = :id")
    assert session.scalars(acts, {"id": str(block)}).all() == ["block.split"]


def test_what_was_split_is_merged_again_under_a_new_id(planner, session, community, cut):
    block, line = cut
    shape, living = shapes_of(session, "blocks", [block])[block], homes(session)
    plan = begun(planner, community)
    new = [one["id"] for one in split(planner, block, line).json["added"]]
    told = merged(planner, *new).json
    (whole,) = told["added"]
    assert (told["removed"], whole["parents"]) == (new, new)
    assert whole["id"] > max(new)
    assert shapes_of(session, "blocks", [whole["id"]])[whole["id"]].symmetric_difference(shape).area < 1e-15
    after = planner.get(f"{URL}/{plan['id']}").json
    assert after["version"] == 3
    assert after["blocks"] == {
        **{b: n for b, n in plan["blocks"].items() if b != str(block)},
        str(whole["id"]): plan["blocks"][str(block)],
    }
    assert homes(session) == living
    assert broken(session) == []
    lineage = session.execute(text("SELECT child_id, parent_id FROM block_parents ORDER BY 1, 2")).all()
    assert [tuple(row) for row in lineage] == [*((one, block) for one in new), *((whole["id"], one) for one in new)]


def test_only_what_is_touched_is_written_and_grids_fit_their_blocks_to_the_last_bit(planner, session, cut):
    block, line = cut
    ids = session.scalars(text("SELECT id FROM blocks")).all()
    grids = session.scalars(text("SELECT id FROM grids")).all()
    blocks, outlines = shapes_of(session, "blocks", ids), shapes_of(session, "grids", grids)
    told = split(planner, block, line).json
    after = shapes_of(session, "blocks", [one for one in ids if one != block])
    changed = {one for one in after if not after[one].equals_exact(blocks[one], 0)}
    assert changed == set(told["touched"])
    new_vertices = set()
    for one in changed:
        before, now = (set(map(tuple, shapely.get_coordinates(shape).tolist())) for shape in (blocks[one], after[one]))
        assert before < now
        new_vertices |= now - before
    for one, shape in shapes_of(session, "grids", grids).items():
        before, now = (set(map(tuple, shapely.get_coordinates(s).tolist())) for s in (outlines[one], shape))
        assert now - before <= new_vertices
        assert before <= now
        if now == before:
            assert shape.equals_exact(outlines[one], 0)
    rows = session.execute(text("SELECT grid_id, array_agg(id) FROM blocks GROUP BY grid_id"))
    for grid, held in rows:
        union = shapely.coverage_union_all(list(shapes_of(session, "blocks", held).values()))
        assert set(map(tuple, shapely.get_coordinates(union).tolist())) == set(
            map(tuple, shapely.get_coordinates(shapes_of(session, "grids", [grid])[grid]).tolist())
        )


def test_blocks_of_different_grids_are_not_merged_today_nor_where_a_plan_parts_them(planner, session, community):
    together = next(both for both, same in pairs(session, community) if same)
    apart = next(both for both, same in pairs(session, community) if not same)
    assert "不同网格" in refused(merged(planner, *apart), "grids_differ", "blocks")["message"]
    plan = begun(planner, community, name="东区")
    other = next(n for n in grids_of(plan) if n != str(plan["blocks"][str(together[0])]))
    edited(planner, plan, moving(plan, str(together[0]), other))
    error = refused(merged(planner, *together), "plans_differ", "blocks")
    assert "“东区”" in error["message"]
    assert error["plan"] == plan["id"]
    planner.delete(f"{URL}/{plan['id']}")
    assert merged(planner, *together).status_code == 200


def test_a_merger_that_would_bring_a_building_into_another_grid_is_refused(app, session):
    """Of the building two fifths stand in block 0, which is grid a, and three in blocks 1 and 2, which are grid b."""
    load_city(session, small_city(), sealer=SEALER)
    session.execute(
        text("UPDATE buildings SET geom = ST_Multi(ST_MakeEnvelope(:w, :s, :e, :n, 4326)) WHERE key = '小城:hut'"),
        {"w": LON + 0.0092, "s": LAT + 0.004, "e": LON + 0.0112, "n": LAT + 0.006},
    )
    here = session.scalar(text("SELECT id FROM areas WHERE key = '小城:c'"))
    one, two, three = session.scalars(text("SELECT id FROM blocks WHERE community_id = :id ORDER BY key"), {"id": here})
    asks = stored.Reader(by_name(session, USERS["planner"])[0], frozenset({here}), frozenset())
    with app.test_request_context(), pytest.raises(division.Undividable) as caught:
        division.merge(session, asks, [two, three])
    assert caught.value.extra["reason"] == "moves_building"
    assert caught.value.extra["building"] == session.scalar(text("SELECT id FROM buildings WHERE key = '小城:hut'"))
    assert session.scalar(text("SELECT block_id FROM buildings WHERE key = '小城:hut'")) == one


def test_a_copy_of_an_old_plan_carries_its_grids_over_to_the_blocks_of_now(planner, session, community, cut):
    block, line = cut
    plan = begun(planner, community)
    number = next(n for n in grids_of(plan) if n != str(plan["blocks"][str(block)]))
    edited(planner, plan, moving(plan, str(block), number))
    session.execute(text("UPDATE grid_plans SET state = 'withdrawn' WHERE id = :id"), {"id": plan["id"]})
    new = [one["id"] for one in split(planner, block, line).json["added"]]
    kept = session.scalar(text("SELECT blocks FROM grid_plans WHERE id = :id"), {"id": plan["id"]})
    assert kept[str(block)] == int(number)
    shown = planner.get(f"{URL}/{plan['id']}").json["blocks"]
    assert {shown[str(one)] for one in new} == {int(number)}
    assert str(block) not in shown
    copy = begun(planner, community, parent=plan["id"])
    assert {copy["blocks"][str(one)] for one in new} == {int(number)}
    assert -1 not in copy["blocks"].values()


def test_an_edit_of_a_block_that_was_split_meanwhile_is_told_so(planner, community, cut):
    block, line = cut
    plan = begun(planner, community)
    number = next(n for n in grids_of(plan) if n != str(plan["blocks"][str(block)]))
    new = [one["id"] for one in split(planner, block, line).json["added"]]
    answer = edited(planner, plan, moving(plan, str(block), number))
    assert answer.status_code == 412
    assert answer.json["error"]["clash"]["blocks"] == [str(block)]
    assert answer.json["error"]["others"][0]["changes"]["ground"] == "split"
    assert str(new[0]) in answer.json["error"]["current"]["blocks"]


def test_who_splits_blocks_has_not_drawn_the_plans_that_they_are_in(planner, client_as, session, cut):
    own = session.scalar(text("SELECT area_id FROM appointments WHERE role = 'community_staff'"))
    block, line = cut_of(session, own)
    plan = begun(client_as("community_staff"), own)
    assert split(planner, block, line).status_code == 200
    session.execute(text("UPDATE grid_plans SET state = 'submitted' WHERE id = :id"), {"id": plan["id"]})
    session.expire_all()
    assert planner.get(f"{URL}/{plan['id']}").json["may"]["approve"] is True


def test_blocks_of_elsewhere_are_not_found(client_as, session, community):
    own = session.scalar(text("SELECT area_id FROM appointments WHERE role = 'community_staff'"))
    foreign = session.scalar(
        text("SELECT id FROM areas WHERE level = 'community' AND id <> :own LIMIT 1"), {"own": own}
    )
    block, line = cut_of(session, foreign)
    staff = client_as("community_staff")
    assert split(staff, block, line).status_code == 404
    assert merged(staff, block, session.scalar(text("SELECT min(id) FROM blocks"))).status_code == 404
    assert split(client_as("planner"), 2_000_000_000, line).status_code == 404
    assert split(client_as("coordinator"), block, line).status_code == 403


def test_a_line_that_splits_nothing_is_refused_with_the_reason_and_the_place(planner, session, cut):
    block, line = cut
    shape = shapes_of(session, "blocks", [block])[block]
    west, south, east, north = shape.bounds
    inside = shape.representative_point()
    before = session.execute(BLOCKS).all()
    assert refused(split(planner, block, [[0, 0], [0.001, 0]]), "too_far")["point"] == 0
    refused(split(planner, block, [line[0], line[0]]), "not_a_line")
    refused(split(planner, block, []), "not_a_line")
    refused(split(planner, block, [[west, south + 0.3], [east, south + 0.3]]), "misses")
    error = refused(split(planner, block, [line[0], [inside.x, inside.y]]), "ends_inside")
    assert error["place"] == pytest.approx([inside.x, inside.y], abs=1e-4)
    assert error["message"] == "线在划分单元内终止：请从一侧边缘画到另一侧边缘。"
    loop = [[west, south], [east, north], [east, south], [west + 1e-4, north]]
    refused(split(planner, block, loop), "crosses_itself")
    error = refused(split(planner, block, [[west + n * 1e-7, south] for n in range(301)]), "too_many_points")
    assert "300" in error["message"]
    assert session.execute(BLOCKS).all() == before
    refused(merged(planner, block), "too_few_blocks", "blocks")


@pytest.mark.parametrize(
    "line",
    [
        [[181, 0], [1, 1]],
        [[1, 86], [1, 1]],
        [["x", 0], [1, 1]],
        [[1], [1, 1]],
        [[1, 2, 3], [1, 1]],
        "line",
        [[n * 1e-6, 0] for n in range(40_000)],
    ],
)
def test_a_line_that_is_none_never_comes_to_geos(planner, cut, line, monkeypatch):
    monkeypatch.setattr(division.block_edits, "split", lambda *_a, **_b: pytest.fail("GEOS was asked"))
    answer = split(planner, cut[0], line)
    assert answer.status_code in {400, 413, 422}
    assert answer.json["error"]["message"]


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999"])
def test_a_line_of_no_numbers_is_refused(planner, cut, number):
    body = f'{{"line": [[{number}, 0], [1, 1]]}}'
    answer = planner.post(f"/api/v1/blocks/{cut[0]}/split", data=body, content_type="application/json")
    assert (answer.status_code, answer.json["error"]["field"]) == (400, "line.0.0")


def test_what_is_merged_is_bounded(planner):
    assert merged(planner, *range(1, 102)).status_code == 422
    assert merged(planner).status_code == 422


def test_every_reason_is_told_in_chinese(app):
    from flask_babel import force_locale, gettext

    with app.test_request_context(), force_locale("zh"):
        assert [one for one in SENTENCES.values() if gettext(one) == one] == []


acts = st.lists(
    st.tuples(st.sampled_from(["split", "merge", "edit"]), st.integers(0, 10**6), st.integers(0, 359)),
    min_size=12,
    max_size=30,
)


@given(acts)
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_sequence_of_edits_makes_a_gap_or_loses_a_building_or_a_block_of_a_plan(app, session, community, sequence):
    who = by_name(session, USERS["planner"])[0]
    with app.test_request_context(), session.begin_nested() as all_of_it:
        asks = stored.reader(session, who)
        district = area_of(session, "district")
        plans = [
            drafts.create(session, asks, PlanIn(id=f"00000000-0000-4000-8000-{at:012d}", name="x", area_id=area))["id"]
            for at, area in enumerate((district, community), 1)
        ]
        area = shapes_of(session, "areas", [community])[community]
        living = [(row[0], row[2]) for row in homes(session)]
        for kind, pick, angle in sequence:
            with session.begin_nested() as act:
                try:
                    _act(session, asks, community, plans, kind, pick, angle)
                except DomainError:
                    act.rollback()
            rows = session.execute(
                text("SELECT id FROM blocks WHERE community_id = :id ORDER BY id"), {"id": community}
            ).scalars()
            ids = list(rows)
            shapes = list(shapes_of(session, "blocks", ids).values())
            assert shapely.coverage_is_valid(shapes)
            assert shapely.coverage_union_all(shapes).symmetric_difference(area).area < 1e-14
            kept = drafts.shown(session, asks, plans[1])["blocks"]
            assert set(kept) == set(map(str, ids))
            whole = drafts.shown(session, asks, plans[0])["blocks"]
            assert set(map(int, whole)) == set(session.scalars(text("SELECT id FROM blocks")))
        assert [(row[0], row[2]) for row in homes(session)] == living
        assert broken(session) == []
        all_of_it.rollback()


def _act(session, asks, community, plans, kind, pick, angle):
    ids = session.scalars(text("SELECT id FROM blocks WHERE community_id = :id ORDER BY id"), {"id": community}).all()
    if kind == "merge":
        choice = pairs(session, community)
        division.merge(session, asks, choice[pick % len(choice)][0])
    elif kind == "split":
        block = ids[pick % len(ids)]
        shape = shapes_of(session, "blocks", [block])[block]
        at = shape.representative_point()
        dx, dy = 0.01 * math.cos(math.radians(angle)), 0.01 * math.sin(math.radians(angle))
        across = shapely.intersection(shapely.LineString([(at.x - dx, at.y - dy), (at.x + dx, at.y + dy)]), shape)
        west, south, east, north = across.bounds
        ends = [(west, south), (east, north)] if dx * dy >= 0 else [(west, north), (east, south)]
        division.split(session, asks, block, ends, 3.0)
    else:
        plan = drafts.shown(session, asks, plans[angle % 2])
        block = str(ids[pick % len(ids)])
        numbers = [int(n) for n, grid in plan["grids"].items() if grid["community"] == community]
        change = {block: (plan["blocks"][block], numbers[angle % len(numbers)])}
        edit(session, asks, plan["id"], EditIn(blocks=change), seen=plan["version"])
