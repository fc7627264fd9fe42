"""Names and phones shown for a reason, found by their end, and counted."""

import threading

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session as SqlSession
from sqlalchemy.pool import NullPool

from app.accounts.queries import by_name
from app.register import quota
from app.register.models import Act
from app.register.phones import seal_phone
from app.register.quota import QUOTA, take
from tests.app.test_register import a_home, audit_rows, household_in
from tests.fixtures.town import SEALER, USERS

NAME, PHONE = "欧阳示例", "13800005678"
VISIT = {"reason": "visit"}


def give_contact(session, household, name=NAME, phone=PHONE):
    sealed = seal_phone(SEALER, phone)
    bound = {"id": household, "name": name, "phone": sealed.sealed, "tail": sealed.tail}
    columns = "contact_name = :name, contact_phone = :phone, contact_phone_tail = :tail"
    session.execute(text(f"UPDATE households SET {columns} WHERE id = :id"), bound)


@pytest.fixture
def home(session):
    found = a_home(session)
    give_contact(session, found.household)
    return found


@pytest.fixture
def foreign_home(session):
    found = a_home(session, inside=False)
    give_contact(session, found.household)
    return found


def unmask(client, household, body=VISIT):
    return client.post(f"/api/v1/households/{household}/unmask", json=body)


def find(client, digits="5678"):
    return client.post("/api/v1/households/find", json={"phone_tail": digits})


def use_up(session, role, act, *, minutes_ago=20):
    who = by_name(session, USERS[role])[0]
    statement = """INSERT INTO unmaskings (user_id, act, at)
        SELECT :id, :act, now() - :minutes * interval '1 minute' FROM generate_series(1, :count)"""
    session.execute(text(statement), {"id": who.id, "act": act, "minutes": minutes_ago, "count": QUOTA[act]})


def test_a_building_shows_names_and_phones_masked_and_never_whole(client_as, home):
    answer = client_as("grid_worker").get(f"/api/v1/buildings/{home.building}")
    assert household_in(answer, home.household)["contact"] == {"name": "欧阳**", "phone": "138****5678"}
    assert NAME not in answer.text
    assert PHONE not in answer.text


@pytest.mark.parametrize("role", ["planner", "administrator"])
def test_who_sees_no_household_sees_no_masked_name_either(client_as, home, role):
    answer = client_as(role).get(f"/api/v1/buildings/{home.building}")
    assert "contact" not in answer.text
    assert "欧阳" not in answer.text


def test_a_building_is_shown_though_the_key_of_a_phone_is_lost(client_as, home, session):
    lost = "UPDATE households SET contact_phone = '00000000.gAAAAlost' WHERE id = :id"
    session.execute(text(lost), {"id": home.household})
    answer = client_as("grid_worker").get(f"/api/v1/buildings/{home.building}")
    assert household_in(answer, home.household)["contact"] == {"name": "欧阳**", "phone": "****"}
    answer = unmask(client_as("grid_worker"), home.household)
    assert (answer.status_code, answer.json["error"]["code"]) == (503, "unavailable")
    assert audit_rows(session, "household.unmasked") == []


@pytest.mark.parametrize("role", ["grid_worker", "grid_leader", "community_staff", "subdistrict_staff", "coordinator"])
def test_a_name_and_a_phone_are_shown_for_a_reason_that_is_kept(client_as, home, session, role):
    answer = unmask(client_as(role), home.household)
    assert answer.json == {"name": NAME, "phone": PHONE}
    assert answer.headers["Cache-Control"] == "no-store"
    assert "ETag" not in answer.headers
    (row,) = audit_rows(session, "household.unmasked")
    assert (row.subject_id, row.detail) == (str(home.household), {"reason": "visit"})


@pytest.mark.parametrize("role", ["planner", "administrator", "security_officer", "auditor", "api_client"])
def test_other_roles_are_shown_nothing(client_as, home, session, role):
    assert unmask(client_as(role), home.household).status_code == 403
    assert find(client_as(role)).status_code == 403
    assert audit_rows(session, "household.unmasked") == []


def test_a_foreign_household_is_as_absent_as_one_that_does_not_exist(client_as, foreign_home, session):
    foreign = unmask(client_as("grid_worker"), foreign_home.household)
    absent = unmask(client_as("grid_worker"), 2**31 - 1)
    assert (foreign.status_code, foreign.json) == (absent.status_code, absent.json)
    assert foreign.status_code == 404
    assert session.scalar(text("SELECT count(*) FROM unmaskings")) == 0


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "reason"),
        ({"reason": "curiosity"}, "reason"),
        ({"reason": "other"}, "note"),
        ({"reason": "other", "note": "  so   "}, "note"),
        ({"reason": "visit", "note": "x" * 201}, "note"),
        ({"reason": "other", "note": f"calls back {NAME} today"}, "note"),
        ({"reason": "visit", "note": "wants 138 0000 5678"}, "note"),
        ({"reason": "visit", "name": "x"}, "name"),
    ],
)
def test_without_a_good_reason_nothing_is_shown_and_nothing_counted(client_as, home, session, body, field):
    answer = unmask(client_as("grid_worker"), home.household, body)
    assert (answer.status_code, answer.json["error"]["field"]) == (422, field)
    assert NAME not in answer.text
    assert session.scalar(text("SELECT count(*) FROM unmaskings")) == 0


def test_a_reason_of_its_own_is_kept_in_words(client_as, home, session):
    body = {"reason": "other", "note": " 电梯停运 2026-05-01，需上门通知 "}
    assert unmask(client_as("grid_worker"), home.household, body).status_code == 200
    (row,) = audit_rows(session, "household.unmasked")
    assert row.detail == {"reason": "other", "note": "电梯停运 2026-05-01，需上门通知"}


def test_after_the_quota_nothing_is_shown_until_it_is_free_and_the_auditor_is_told_once(client_as, home, session):
    use_up(session, "grid_worker", Act.UNMASK)
    for _ in range(3):
        answer = unmask(client_as("grid_worker"), home.household)
        assert (answer.status_code, answer.json["error"]["code"]) == (429, "too_many")
        assert NAME not in answer.text
        assert 0 < int(answer.headers["Retry-After"]) <= 40 * 60
        assert "40 分钟" in answer.json["error"]["message"]
    (row,) = audit_rows(session, "unmask.blocked")
    assert (row.detail["of"], row.detail["quota"]) == ("unmask", 200)
    assert audit_rows(session, "household.unmasked") == []
    assert unmask(client_as("coordinator"), home.household).status_code == 200, "each user has a quota of their own"
    assert find(client_as("grid_worker")).status_code == 200, "each act has a quota of its own"


def test_what_is_older_than_an_hour_no_longer_counts_and_is_forgotten(client_as, home, session):
    use_up(session, "grid_worker", Act.UNMASK, minutes_ago=61)
    assert unmask(client_as("grid_worker"), home.household).status_code == 200
    assert session.scalar(text("SELECT count(*) FROM unmaskings")) == 1


def test_twenty_at_once_over_several_connections_get_what_is_left_and_no_more(fresh_database, monkeypatch):
    monkeypatch.setitem(quota.QUOTA, Act.UNMASK, 7)
    with fresh_database() as database:
        engine = create_engine(database.owner, poolclass=NullPool)
        with SqlSession(engine) as session:
            who = by_name(session, USERS["coordinator"])[0]
        outcomes = []

        def one():
            with SqlSession(engine) as session, session.begin():
                outcomes.append(take(session, who, Act.UNMASK))

        threads = [threading.Thread(target=one) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        with SqlSession(engine) as session:
            told = audit_rows(session, "unmask.blocked")
        engine.dispose()
    assert outcomes.count(None) == 7
    assert len(outcomes) == 20
    assert len(told) == 1


def test_households_are_found_by_the_end_of_their_phone_masked_and_with_their_place(client_as, home, session):
    answer = find(client_as("grid_worker"))
    (found,) = [row for row in answer.json["households"] if row["id"] == home.household]
    assert (found["name"], found["phone"]) == ("欧阳**", "138****5678")
    assert found["building"]["id"] == home.building
    assert {"entrance", "floor", "dwelling", "lon", "lat"} <= found.keys()
    assert PHONE not in answer.text
    (row,) = audit_rows(session, "household.found")
    assert home.household in row.detail["households"]
    assert "5678" not in f"{row.subject_id}{ {key: value for key, value in row.detail.items() if key != 'households'} }"


def test_a_foreign_household_is_found_by_those_alone_who_may_see_it(client_as, foreign_home):
    def ids(role):
        return {row["id"] for row in find(client_as(role)).json["households"]}

    assert foreign_home.household not in ids("grid_worker")
    assert foreign_home.household in ids("coordinator")


@pytest.mark.parametrize("digits", ["567", "56789", "abcd", "５６７８", "56 8", ""])
def test_only_four_digits_are_looked_for_and_others_are_not_repeated(client_as, home, digits):
    answer = find(client_as("grid_worker"), digits)
    assert (answer.status_code, answer.json["error"]["field"]) == (422, "phone_tail")
    assert not digits or digits not in answer.json["error"]["message"]


def test_looking_for_phones_has_a_quota_too(client_as, home, session):
    use_up(session, "grid_worker", Act.FIND)
    for _ in range(2):
        assert find(client_as("grid_worker")).status_code == 429
    (row,) = audit_rows(session, "unmask.blocked")
    assert row.detail["of"] == "find"
    assert audit_rows(session, "household.found") == []


def test_more_than_fifty_are_told_to_be_more(client_as, session):
    same = "UPDATE households SET contact_phone_tail = :tail WHERE contact_phone <> ''"
    session.execute(text(same), {"tail": seal_phone(SEALER, PHONE).tail})
    answer = find(client_as("coordinator")).json
    assert (len(answer["households"]), answer["more"]) == (50, True)


def test_a_look_by_phone_uses_the_index(session):
    session.execute(text("SET LOCAL enable_seqscan = off"))
    plan = session.scalars(text("EXPLAIN SELECT id FROM households WHERE contact_phone_tail = 'x'")).all()
    assert "ix_households_contact_phone_tail" in "\n".join(plan)
