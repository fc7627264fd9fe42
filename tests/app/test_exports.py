"""Lists of households leave only with a second person's approval, marked, soon, seldom, and on record."""

import csv
import io

import pytest
from openpyxl import load_workbook
from sqlalchemy import create_engine, text
from sqlalchemy.exc import IntegrityError, ProgrammingError

from app.accounts.models import AuditRow
from tests.app.places import places
from tests.app.test_unmasking import give_contact
from tests.fixtures.town import USERS

PURPOSE = "heat wave: who needs a visit today"
PHONE, NAME = "13812345678", "欧阳明"


@pytest.fixture
def town(session):
    """The own and a foreign place; the own one's household has a contact, and two flags, as no other has."""
    own, foreign = places(session)
    session.execute(text("DELETE FROM flags"))
    session.execute(text("DELETE FROM exports"))
    give_contact(session, own["household"], NAME, PHONE)
    for kind in ("infant", "hardship"):
        session.execute(
            text("INSERT INTO flags (household_id, kind) VALUES (:household, :kind)"), {**own, "kind": kind}
        )
    return own, foreign


def wanted(place, **more):
    return {"community_id": place["area"], "columns": ["address", "name", "phone", "flags"], "purpose": PURPOSE} | more


def asked(client, place, **more):
    answer = client.post("/api/v1/exports", json=wanted(place, **more))
    assert answer.status_code == 201, answer.text
    return answer.json["id"]


def approved(client_as, place, role="coordinator", **more):
    """The number of an export that `role` has asked for and community staff has approved."""
    number = asked(client_as(role), place, **more)
    by = "community_staff" if role != "community_staff" else "subdistrict_staff"
    answer = client_as(by).post(f"/api/v1/exports/{number}/approve")
    assert answer.json["state"] == "approved"
    return number


def table(answer):
    """The cells of an XLSX answer, and its book."""
    book = load_workbook(io.BytesIO(answer.data))
    return [[cell.value for cell in row] for row in book.active.iter_rows()], book


def acts(session, number):
    rows = session.query(AuditRow).filter_by(subject_type="export", subject_id=str(number)).order_by(AuditRow.id)
    return [(row.act, row.detail) for row in rows]


def test_what_one_asks_and_another_approves_is_downloaded_with_a_watermark_everywhere(client_as, town, session):
    own, _ = town
    client = client_as("coordinator")
    number = approved(client_as, own)
    answer = client.post(f"/api/v1/exports/{number}/file?lang=en")
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"] == f"attachment; filename=wangge-export-{number}.xlsx"
    cells, book = table(answer)
    mark = cells[0][0]
    assert mark.startswith(f"Export no. {number} for {USERS['coordinator']} ({USERS['coordinator']}), 20")
    assert book.active.oddHeader.center.text == book.active.oddFooter.center.text == mark
    assert book.properties.description == mark
    assert cells[1] == ["Address", "Name", "Phone", "Flags"]
    households = session.scalar(
        text("""SELECT count(*) FROM households h JOIN dwellings d ON d.id = h.dwelling_id
                JOIN entrances e ON e.id = d.entrance_id JOIN buildings b ON b.id = e.building_id
                JOIN blocks k ON k.id = b.block_id WHERE k.community_id = :area"""),
        own,
    )
    assert len(cells) == households + 2


def test_every_step_is_on_record_without_the_purpose_or_a_name(client_as, town, session):
    own, _ = town
    number = approved(client_as, own, flags=["infant"], unmasked=True)
    client_as("coordinator").post(f"/api/v1/exports/{number}/file")
    found = acts(session, number)
    assert [act for act, _ in found] == ["export.asked", "export.approved", "export.downloaded"]
    assert found[0][1]["flags"] == ["infant"]
    assert found[2][1] == {"rows": 1, "unmasked": True, "households": [own["household"]]}
    assert PURPOSE not in str(found)
    assert NAME not in str(found)


def test_names_and_phones_are_masked_unless_they_were_asked_for_in_full(client_as, town):
    own, _ = town
    masked = approved(client_as, own, flags=["infant"])
    full = approved(client_as, own, flags=["infant"], unmasked=True)
    client = client_as("coordinator")
    assert table(client.post(f"/api/v1/exports/{masked}/file"))[0][2][1:3] == ["欧阳*", "138****5678"]
    assert table(client.post(f"/api/v1/exports/{full}/file"))[0][2][1:3] == [NAME, PHONE]


def test_a_list_by_flag_holds_those_households_and_tells_of_that_flag_only(client_as, town):
    own, _ = town
    number = approved(client_as, own, flags=["infant"])
    cells, _ = table(client_as("coordinator").post(f"/api/v1/exports/{number}/file?lang=en"))
    assert [row[3] for row in cells[2:]] == ["Infant"]


def test_a_csv_begins_with_the_watermark(client_as, town):
    own, _ = town
    number = approved(client_as, own, format="csv", grid_id=own["grid"], community_id=None)
    answer = client_as("coordinator").post(f"/api/v1/exports/{number}/file")
    assert answer.mimetype == "text/csv"
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert rows[0][0].startswith(f"导出{number}号")
    assert rows[1] == ["地址", "姓名", "电话", "标记"]
    assert len(rows) > 3


def test_nobody_approves_what_they_ask_for_themselves(client_as, town):
    own, _ = town
    client = client_as("community_staff")
    number = asked(client, own)
    assert client.post(f"/api/v1/exports/{number}/approve").status_code == 403
    assert client.post(f"/api/v1/exports/{number}/refuse", json={"reason": "no"}).status_code == 403
    assert client.get(f"/api/v1/exports/{number}").json["state"] == "asked"
    assert number not in [one["id"] for one in client.get("/api/v1/exports").json["to_decide"]]


def test_not_even_in_another_post_of_theirs(client_as, town, session):
    own, _ = town
    number = asked(client_as("coordinator"), own)
    session.execute(
        text("""INSERT INTO appointments (user_id, role, area_id, starts_at)
                SELECT id, 'community_staff', :area, now() - interval '1 day' FROM users WHERE name = :name"""),
        {**own, "name": USERS["coordinator"]},
    )
    assert client_as("coordinator").post(f"/api/v1/exports/{number}/approve").status_code == 403


def test_the_database_itself_refuses_one_person_as_both(client_as, town, session):
    own, _ = town
    number = asked(client_as("coordinator"), own)
    with pytest.raises(IntegrityError, match="second_person"), session.begin_nested():
        session.execute(text("UPDATE exports SET decided_by = requested_by WHERE id = :id"), {"id": number})


def test_who_does_not_reach_all_of_it_neither_sees_nor_decides(client_as, town):
    _, foreign = town
    number = asked(client_as("coordinator"), foreign)
    client = client_as("community_staff")
    assert number not in [one["id"] for one in client.get("/api/v1/exports").json["to_decide"]]
    assert client.get(f"/api/v1/exports/{number}").status_code == 404
    assert client.post(f"/api/v1/exports/{number}/approve").status_code == 404
    assert client.post("/api/v1/exports/2000000000/approve").status_code == 404
    assert client_as("coordinator").post(f"/api/v1/exports/{number}/approve").status_code == 403


def test_one_asks_within_ones_own_reach_only(client_as, town):
    own, foreign = town
    client = client_as("community_staff")
    for place in ({"community_id": foreign["area"]}, {"community_id": None, "grid_id": foreign["grid"]}):
        answer = client.post("/api/v1/exports", json=wanted(own, **place))
        assert (answer.status_code, answer.json["error"]["code"]) == (404, "not_found")
    assert client.post("/api/v1/exports", json=wanted(own, community_id=2_000_000_000)).status_code == 404


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"purpose": "short"}, "purpose"),
        ({"purpose": " " * 20}, "purpose"),
        ({"purpose": "x" * 501}, "purpose"),
        ({"columns": []}, "columns"),
        ({"columns": ["password"]}, "columns.0"),
        ({"flags": ["party_member"]}, "flags.0"),
        ({"format": "pdf"}, "format"),
        ({"community_id": None}, "community_id"),
        ({"grid_id": 1}, "community_id"),
        ({"everything": True}, "everything"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused_naming_the_field(client_as, town, change, field):
    own, _ = town
    answer = client_as("coordinator").post("/api/v1/exports", json=wanted(own, **change))
    assert (answer.status_code, answer.json["error"]["field"]) == (422, field)


def test_only_who_asked_downloads(client_as, town):
    own, _ = town
    number = approved(client_as, own)
    for role in ("community_staff", "subdistrict_staff"):
        assert client_as(role).post(f"/api/v1/exports/{number}/file").status_code == 404


def test_nothing_is_downloaded_that_waits_is_refused_or_withdrawn(client_as, town):
    own, _ = town
    client, other = client_as("coordinator"), client_as("community_staff")
    waiting, refused, withdrawn = asked(client, own), asked(client, own), approved(client_as, own)
    assert other.post(f"/api/v1/exports/{refused}/refuse", json={"reason": " "}).status_code == 422
    answer = other.post(f"/api/v1/exports/{refused}/refuse", json={"reason": "the map says it"})
    assert (answer.json["state"], answer.json["reason"]) == ("refused", "the map says it")
    assert client.post(f"/api/v1/exports/{withdrawn}/withdraw").json["state"] == "withdrawn"
    for number in (waiting, refused, withdrawn):
        assert client.post(f"/api/v1/exports/{number}/file").status_code == 409
    assert other.post(f"/api/v1/exports/{refused}/approve").status_code == 409
    assert client.post(f"/api/v1/exports/{withdrawn}/withdraw").status_code == 409
    assert other.post(f"/api/v1/exports/{waiting}/withdraw").status_code == 404


def test_a_download_is_possible_three_times(client_as, town):
    own, _ = town
    client = client_as("coordinator")
    number = approved(client_as, own, flags=["infant"])
    for _ in range(3):
        assert client.post(f"/api/v1/exports/{number}/file").status_code == 200
    assert client.post(f"/api/v1/exports/{number}/file").status_code == 409
    assert client.get(f"/api/v1/exports/{number}").json["state"] == "used_up"


def test_an_approval_and_a_question_lapse(client_as, town, session):
    own, _ = town
    client, other = client_as("coordinator"), client_as("community_staff")
    open_, waiting = approved(client_as, own), asked(client, own)
    hours = session.scalar(
        text("SELECT extract(epoch FROM expires_at - now()) / 3600 FROM exports WHERE id = :id"), {"id": open_}
    )
    assert hours == 24
    session.execute(
        text("UPDATE exports SET expires_at = now() WHERE id IN (:one, :two)"), {"one": open_, "two": waiting}
    )
    assert client.post(f"/api/v1/exports/{open_}/file").status_code == 409
    assert other.post(f"/api/v1/exports/{waiting}/approve").status_code == 409
    assert {one["state"] for one in client.get("/api/v1/exports").json["mine"]} == {"expired"}


def test_each_download_is_made_of_what_the_register_and_ones_reach_are_now(client_as, town, session):
    own, foreign = town
    client = client_as("community_staff")
    number = approved(client_as, own, role="community_staff", flags=["infant"], unmasked=True)
    assert table(client.post(f"/api/v1/exports/{number}/file"))[0][2][1] == NAME
    session.execute(text("UPDATE households SET contact_name = '李四' WHERE id = :household"), own)
    assert table(client.post(f"/api/v1/exports/{number}/file"))[0][2][1] == "李四"
    session.execute(text("UPDATE appointments SET area_id = :area WHERE role = 'community_staff'"), foreign)
    answer = client.post(f"/api/v1/exports/{number}/file")
    assert answer.status_code == 409
    assert "李四" not in answer.text


def test_who_has_twenty_questions_waiting_asks_no_more(client_as, town):
    own, _ = town
    client = client_as("coordinator")
    for _ in range(20):
        asked(client, own)
    assert client.post("/api/v1/exports", json=wanted(own)).status_code == 409


def test_a_post_ended_meanwhile_downloads_nothing(client_as, town, session):
    own, _ = town
    number = approved(client_as, own)
    session.execute(text("UPDATE appointments SET ends_at = now() WHERE role = 'coordinator'"))
    assert client_as("coordinator").post(f"/api/v1/exports/{number}/file").status_code == 403


def test_the_page_asks_decides_and_downloads_by_forms(client_as, town):
    own, _ = town
    client, other = client_as("coordinator"), client_as("community_staff")
    form = {"place": f"grid:{own['grid']}", "columns": ["address", "name"], "format": "csv", "unmasked": "no"}
    bad = client.post("/exports", data=form | {"purpose": "short"})
    assert bad.status_code == 422
    assert "请用10至500字说明名单的用途。" in bad.text
    assert f'value="grid:{own["grid"]}" selected' in bad.text
    assert client.post("/exports", data=form | {"purpose": PURPOSE}).headers["Location"] == "/exports"
    number = client.get("/api/v1/exports").json["mine"][0]["id"]
    assert PURPOSE in other.get("/exports").text
    refused = other.post(f"/exports/{number}/decision", data={"decision": "refuse"}, follow_redirects=True)
    assert "请写明理由，以便申请人了解。" in refused.text
    other.post(f"/exports/{number}/decision", data={"decision": "approve"})
    file = client.post(f"/exports/{number}/file")
    assert file.data.decode("utf-8-sig").startswith('"导出')
    client.post(f"/exports/{number}/withdrawal")
    assert client.post(f"/exports/{number}/file").headers["Location"] == "/exports"


def test_row_level_security_alone_shows_exports_to_who_asked_and_to_their_community_only(fresh_database):
    with fresh_database() as database:
        owner = create_engine(database.owner)
        with owner.begin() as connection:
            user, other, community, elsewhere = connection.execute(
                text("""SELECT min(id), max(id), (SELECT min(id) FROM areas WHERE level = 'community'),
                        (SELECT max(id) FROM areas WHERE level = 'community') FROM users""")
            ).one()
            insert = text(
                "INSERT INTO exports"
                " (requested_by, community_id, kinds, columns, unmasked, format, purpose, expires_at)"
                " VALUES (:user, :community, '{}', '{name}', true, 'csv', 'a wall of its own', now())"
            )
            connection.execute(insert, {"user": user, "community": community})
        owner.dispose()
        app = create_engine(database.app)

        def seen(user_id, communities):
            with app.begin() as connection:
                connection.execute(
                    text("SELECT set_config('wangge.user_id', :u, true), set_config('wangge.communities', :c, true)"),
                    {"u": user_id, "c": communities},
                )
                return connection.scalar(text("SELECT count(*) FROM exports"))

        assert seen(str(user), "{}") == 1
        assert seen(str(other), f"{{{community}}}") == 1
        assert seen(str(other), f"{{{elsewhere}}}") == 0
        assert seen("", "") == 0
        with pytest.raises(ProgrammingError, match="row-level security"), app.begin() as connection:
            connection.execute(insert, {"user": user, "community": community})
        app.dispose()
