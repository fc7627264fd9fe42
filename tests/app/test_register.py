"""Buildings, households and their flags, and what stands at a place."""

from datetime import UTC, datetime, timedelta
from threading import Thread

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session as SqlSession

from app.accounts.queries import by_name
from app.areas.scope import EVERYTHING
from app.days import TODAY_SQL
from app.days import today as china_today
from app.errors import NotFound
from app.register.service import Wanted, set_flags
from gis.city import FlagKind
from tests.fixtures.town import USERS

HOMES = """
    SELECT h.id AS household, b.id AS building, bl.grid_id AS grid, bl.community_id AS community,
           ST_X(ST_PointOnSurface(b.geom)) AS lon, ST_Y(ST_PointOnSurface(b.geom)) AS lat, b.address
    FROM households h JOIN dwellings d ON d.id = h.dwelling_id JOIN entrances e ON e.id = d.entrance_id
      JOIN buildings b ON b.id = e.building_id JOIN blocks bl ON bl.id = b.block_id
      JOIN users u ON u.name = :worker JOIN appointments p ON p.user_id = u.id JOIN grids own ON own.id = p.grid_id
    WHERE CASE WHEN :inside THEN bl.grid_id = own.id ELSE bl.community_id <> own.community_id END
      AND NOT EXISTS (SELECT FROM flags f WHERE f.household_id = h.id)
    ORDER BY h.id LIMIT 1
"""


def a_home(session, *, inside=True):
    """A household without flags, in the grid worker's own grid or in another community."""
    return session.execute(text(HOMES), {"worker": USERS["grid_worker"], "inside": inside}).one()


@pytest.fixture
def home(session):
    return a_home(session)


@pytest.fixture
def foreign_home(session):
    return a_home(session, inside=False)


def put(client, household, *flags):
    return client.put(f"/api/v1/households/{household}/flags", json={"flags": list(flags)})


def household_in(building, household):
    return next(
        dwelling["household"]
        for entrance in building.json["properties"]["entrances"]
        for floor in entrance["floors"]
        for dwelling in floor["dwellings"]
        if dwelling["household"] and dwelling["household"]["id"] == household
    )


def audit_rows(session, act):
    return session.execute(
        text("SELECT subject_id, detail FROM audit WHERE act = :act ORDER BY id"), {"act": act}
    ).all()


def test_a_building_shows_entrances_floors_dwellings_and_households_and_the_look_is_audited(client_as, home, session):
    answer = client_as("grid_worker").get(f"/api/v1/buildings/{home.building}")
    properties = answer.json["properties"]
    floors = [floor["floor"] for floor in properties["entrances"][0]["floors"]]
    assert floors == sorted(floors, reverse=True)
    assert household_in(answer, home.household)["flags"] == []
    assert properties["households"] > 0
    assert properties["grid"]["id"] == home.grid
    assert properties["community"]["id"] == home.community
    (row,) = audit_rows(session, "household.seen")
    assert row.subject_id == str(home.building)
    assert home.household in row.detail["households"]
    assert "contact_name" not in answer.text


@pytest.mark.parametrize("role", ["planner", "administrator"])
def test_roles_without_the_right_see_doors_but_no_household_and_leave_no_audit_row(client_as, home, session, role):
    answer = client_as(role).get(f"/api/v1/buildings/{home.building}")
    doors = [d for e in answer.json["properties"]["entrances"] for f in e["floors"] for d in f["dwellings"]]
    assert doors
    assert all(door["household"] is None for door in doors)
    assert not answer.json["properties"]["households_visible"]
    assert audit_rows(session, "household.seen") == []


def test_a_worker_bound_to_a_grid_sees_only_its_households_and_tags_only_them(client_as, home, session):
    other = session.scalar(
        text("SELECT id FROM grids WHERE community_id = :community AND id <> :grid LIMIT 1"),
        {"community": home.community, "grid": home.grid},
    )
    worker = {"worker": USERS["grid_worker"], "grid": other}
    session.execute(text("UPDATE appointments SET grid_id = :grid WHERE role = 'grid_worker'"), worker)
    client = client_as("grid_worker")
    answer = client.get(f"/api/v1/buildings/{home.building}")
    assert answer.status_code == 200
    assert not answer.json["properties"]["households_visible"]
    assert put(client, home.household, {"kind": "infant"}).status_code == 404
    session.execute(
        text("UPDATE appointments SET grid_id = :grid WHERE role = 'grid_worker'"), {**worker, "grid": home.grid}
    )
    assert put(client, home.household, {"kind": "infant"}).status_code == 200


def test_a_building_of_another_community_does_not_exist_for_the_worker(client_as, foreign_home):
    assert client_as("grid_worker").get(f"/api/v1/buildings/{foreign_home.building}").status_code == 404
    assert client_as("coordinator").get(f"/api/v1/buildings/{foreign_home.building}").status_code == 200


def test_buildings_are_listed_page_by_page_within_the_scope(client_as, session, foreign_home):
    client = client_as("grid_worker")
    seen, address = [], "/api/v1/buildings?limit=20"
    while address:
        page = client.get(address).json
        seen += [feature["id"] for feature in page["features"]]
        address = next((link["href"] for link in page["links"] if link["rel"] == "next"), None)
    community = a_home(session).community
    wanted = session.scalars(
        text(
            "SELECT b.id FROM buildings b JOIN blocks k ON k.id = b.block_id WHERE k.community_id = :id ORDER BY b.id"
        ),
        {"id": community},
    ).all()
    assert seen == wanted
    assert foreign_home.building not in seen


def test_a_page_of_buildings_is_not_sent_again_while_nothing_has_changed(client_as):
    client = client_as("planner")
    first = client.get("/api/v1/buildings?limit=3")
    again = client.get("/api/v1/buildings?limit=3", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304


def test_setting_flags_answers_with_the_set_before_which_undoes_it(client_as, home):
    client = client_as("coordinator")
    until = (datetime.now(UTC).date() + timedelta(days=30)).isoformat()
    first = put(client, home.household, {"kind": "infant"}, {"kind": "hardship", "note": " 暂时 ", "expires_on": until})
    assert first.json["previous"] == []
    second = put(client, home.household, {"kind": "infant", "note": "双胞胎"})
    assert [flag["kind"] for flag in second.json["previous"]] == ["hardship", "infant"]
    assert second.json["previous"][0] == {"kind": "hardship", "note": "暂时", "expires_on": until}
    undone = put(client, home.household, *second.json["previous"])
    assert undone.json["flags"] == first.json["flags"]
    shown = household_in(client.get(f"/api/v1/buildings/{home.building}"), home.household)["flags"]
    assert {flag["kind"] for flag in shown} == {"infant", "hardship"}


def test_a_change_of_flags_leaves_an_audit_row_without_the_note(client_as, home, session):
    put(client_as("coordinator"), home.household, {"kind": "infant", "note": "某人的孩子"})
    put(client_as("coordinator"), home.household, {"kind": "let"})
    one, two = audit_rows(session, "flags.set")
    assert one.detail == {"set": ["infant"], "cleared": []}
    assert two.detail == {"set": ["let"], "cleared": ["infant"]}
    assert one.subject_id == str(home.household)


def test_setting_the_same_flags_again_changes_and_audits_nothing(client_as, home, session):
    for _ in range(2):
        put(client_as("coordinator"), home.household, {"kind": "infant"})
    assert len(audit_rows(session, "flags.set")) == 1
    rows = session.scalar(text("SELECT count(*) FROM flags WHERE household_id = :id"), {"id": home.household})
    assert rows == 1


def test_an_expired_flag_is_not_shown_and_can_be_set_anew(client_as, home, session):
    session.execute(
        text(f"INSERT INTO flags (household_id, kind, expires_on) VALUES (:id, 'infant', {TODAY_SQL} - 1)"),
        {"id": home.household},
    )
    client = client_as("coordinator")
    assert household_in(client.get(f"/api/v1/buildings/{home.building}"), home.household)["flags"] == []
    answer = put(client, home.household, {"kind": "infant"})
    assert answer.json["previous"] == []
    shown = household_in(client.get(f"/api/v1/buildings/{home.building}"), home.household)["flags"]
    assert shown == [{"kind": "infant", "note": "", "expires_on": None}]


def test_a_flag_holds_on_its_last_day(client_as, home):
    today = china_today().isoformat()
    client = client_as("coordinator")
    assert put(client, home.household, {"kind": "infant", "expires_on": today}).status_code == 200
    shown = household_in(client.get(f"/api/v1/buildings/{home.building}"), home.household)["flags"]
    assert shown == [{"kind": "infant", "note": "", "expires_on": today}]


@pytest.mark.parametrize(
    ("flags", "field"),
    [
        ([{"kind": "infant", "expires_on": "2020-01-01"}], "flags.0.expires_on"),
        ([{"kind": "infant"}, {"kind": "let", "note": "x" * 501}], "flags.1.note"),
        ([{"kind": "infant"}, {"kind": "infant"}], "flags"),
        ([{"kind": "party_member"}], "flags.0.kind"),
        ([{"kind": "infant", "colour": "red"}], "flags.0.colour"),
        ([{"kind": "infant", "expires_on": "soon"}], "flags.0.expires_on"),
        ([{}], "flags.0.kind"),
        ("infant", "flags"),
    ],
)
def test_bad_flags_are_refused_naming_the_field_and_change_nothing(client_as, home, session, flags, field):
    answer = client_as("coordinator").put(f"/api/v1/households/{home.household}/flags", json={"flags": flags})
    assert (answer.status_code, answer.json["error"]["field"]) == (422, field)
    rows = session.scalar(text("SELECT count(*) FROM flags WHERE household_id = :id"), {"id": home.household})
    assert rows == 0


def test_unknown_and_foreign_households_are_not_found(client_as, foreign_home):
    assert put(client_as("grid_worker"), foreign_home.household).status_code == 404
    assert put(client_as("coordinator"), 2**31 - 1).status_code == 404


@pytest.mark.parametrize("role", ["planner", "administrator"])
def test_roles_without_the_right_set_no_flags(client_as, home, role):
    assert put(client_as(role), home.household, {"kind": "infant"}).status_code == 403


def test_two_people_who_tag_a_household_at_once_leave_one_whole_set(fresh_database):
    with fresh_database() as database:
        engine = create_engine(database.owner)
        with SqlSession(engine) as session:
            household, who = a_home(session).household, by_name(session, USERS["coordinator"])[0]
        sets = [{FlagKind.INFANT, FlagKind.LET}, {FlagKind.INFANT, FlagKind.VACANT}, {FlagKind.LET}, set(FlagKind)]

        def tag(kinds):
            with SqlSession(engine) as own, own.begin():
                set_flags(own, EVERYTHING, who, household, [Wanted(kind) for kind in kinds])

        threads = [Thread(target=tag, args=(kinds,)) for kinds in sets * 4]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        with SqlSession(engine) as session:
            left = session.scalars(
                text("SELECT kind FROM flags WHERE household_id = :id AND cleared_at IS NULL"), {"id": household}
            ).all()
        engine.dispose()
    assert set(left) in [{kind.value for kind in kinds} for kinds in sets]


def test_setting_flags_of_nobody_raises(session):
    who = by_name(session, USERS["coordinator"])[0]
    with pytest.raises(NotFound):
        set_flags(session, EVERYTHING, who, -1, [])


def test_here_tells_building_grid_community_district_and_who_answers_for_it(client_as, home, session):
    here = client_as("grid_worker").get(f"/api/v1/here?lon={home.lon}&lat={home.lat}").json
    assert here["building"]["id"] == home.building
    assert here["grid"]["id"] == home.grid
    assert here["community"]["id"] == home.community
    assert len(here["community"]["code"]) == 12
    assert here["district"]["name"]
    assert (here["address"], here["is_near"]) == (home.address, False)
    posts = session.execute(
        text("SELECT role, holder FROM posts WHERE grid_id = :grid AND holder IS NOT NULL"), {"grid": home.grid}
    ).all()
    assert (here["responsible"]["post"], here["responsible"]["name"]) in [tuple(post) for post in posts]


def test_where_the_full_time_post_is_vacant_the_leader_is_responsible(client_as, home, session):
    client, address = client_as("grid_worker"), f"/api/v1/here?lon={home.lon}&lat={home.lat}"
    bound = {"grid": home.grid}
    session.execute(text("UPDATE posts SET holder = 'A' WHERE grid_id = :grid AND role = 'full_time_worker'"), bound)
    session.execute(text("UPDATE posts SET holder = 'B' WHERE grid_id = :grid AND role = 'leader'"), bound)
    assert client.get(address).json["responsible"] == {"post": "full_time_worker", "name": "A"}
    session.execute(text("UPDATE posts SET holder = NULL WHERE grid_id = :grid AND role = 'full_time_worker'"), bound)
    assert client.get(address).json["responsible"] == {"post": "leader", "name": "B"}
    session.execute(text("UPDATE posts SET holder = NULL WHERE grid_id = :grid"), bound)
    assert client.get(address).json["responsible"] is None


def test_here_is_not_found_outside_the_area_and_refuses_what_is_no_place(client_as, foreign_home):
    client = client_as("grid_worker")
    assert client.get(f"/api/v1/here?lon={foreign_home.lon}&lat={foreign_home.lat}").status_code == 404
    assert client.get("/api/v1/here?lon=0&lat=0").json["error"]["field"] == "lon"
    assert client.get("/api/v1/here?lon=nan&lat=31").json["error"]["field"] == "lon"
    assert client.get("/api/v1/here?lon=121&lat=86").json["error"]["field"] == "lat"


@pytest.mark.parametrize(("language", "label"), [("zh", "婴幼儿"), ("en", "Infant")])
def test_every_kind_of_flag_has_its_own_colour_and_label_in_both_languages(client_as, language, label):
    kinds = client_as("planner").get(f"/api/v1/flag-kinds?lang={language}").json
    assert {kind["kind"] for kind in kinds} == set(FlagKind)
    assert len({kind["colour"] for kind in kinds}) == len(kinds)
    assert label in {kind["label"] for kind in kinds}
    assert all(kind["purpose"] for kind in kinds)
