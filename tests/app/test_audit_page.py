"""The auditor's page, its API and its exports; reading them is on record."""

import csv
import io
import json
import re
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event, text

from app.accounts.audit import record
from app.accounts.models import Role
from app.accounts.queries import by_name
from app.accounts.rights import Capability
from app.audit import service
from app.audit.acts import ACTS
from app.audit.chain import Link, digest
from tests.fixtures.town import USERS

API = "/api/v1/audit"


@pytest.fixture
def worker(session):
    return by_name(session, USERS[Role.GRID_WORKER])[0]


@pytest.fixture
def on_record(session, worker):
    """`on_record("household.seen", "building", 7, households=[1, 2])` by the grid worker; it is a minute old."""

    def put(act, subject_type="building", subject_id=1, who=worker, days=0, **detail):
        record(session, who, act, subject_type, subject_id, **detail)
        session.commit()
        session.execute(
            text("UPDATE audit SET at = now() - make_interval(days => :days) WHERE id = (SELECT max(id) FROM audit)"),
            {"days": days},
        )
        session.commit()

    return put


@pytest.fixture
def statements(session):
    """`with statements() as seen:` collects what the database is asked."""

    @contextmanager
    def collect():
        seen = []

        def note(connection, cursor, statement, *_):
            seen.append(statement)

        event.listen(session.get_bind(), "before_cursor_execute", note)
        yield seen
        event.remove(session.get_bind(), "before_cursor_execute", note)

    return collect


@pytest.fixture
def auditor(client_as):
    return client_as("auditor")


def acts_of(answer):
    return [row["act"] for row in answer.json["rows"]]


def test_rows_come_newest_first_with_person_subject_detail_and_hash(auditor, on_record, worker):
    on_record("household.seen", "building", 7, households=[1, 2])
    row = auditor.get(API).json["rows"][0]
    assert (row["act"], row["user_id"], row["user"]) == ("household.seen", worker.id, worker.name)
    assert (row["subject_type"], row["subject_id"], row["detail"]) == ("building", "7", {"households": [1, 2]})
    assert datetime.fromisoformat(row["at"]) <= datetime.now(UTC)
    assert len(row["hash"]) == len(row["previous_hash"]) == 64


def test_each_filter_shows_its_rows_and_no_other(auditor, on_record, worker):
    on_record("flags.set", "household", 990055, days=3)
    on_record("login", "user", 1, who=None)
    on_record("flags.set", "household", "５")
    on_record("patrol_route.saved", "patrol_route", 990055, area=424242)
    today = (datetime.now(UTC) + timedelta(hours=8)).date()
    for query, expected in {
        f"person={worker.id}&act=flags.set": 2,
        "act=flags.set&subject_id=990055": 1,
        "subject_type=household&subject_id=990055": 1,
        "subject_type=patrol_route": 1,
        "area=424242": 1,
        "area=nowhere": 0,
        f"act=flags.set&from={today}": 1,
        f"act=flags.set&to={today - timedelta(days=1)}": 1,
        f"act=flags.set&from={today - timedelta(days=3)}&to={today}": 2,
        f"from={today + timedelta(days=1)}": 0,
        "act=&person=&from=&area=&subject_id=990055": 2,
    }.items():
        assert len(auditor.get(f"{API}?{query}").json["rows"]) == expected, query


def test_an_area_shows_what_was_done_in_it(auditor, on_record, session):
    area, building = session.execute(
        text("SELECT a.code, b.id FROM areas a JOIN blocks k ON k.community_id = a.id "
             "JOIN buildings b ON b.block_id = k.id ORDER BY b.id LIMIT 1")
    ).one()  # fmt: skip
    other = session.scalar(
        text("SELECT b.id FROM buildings b JOIN blocks k ON k.id = b.block_id JOIN areas a ON a.id = k.community_id "
             "WHERE a.code <> :code LIMIT 1"), {"code": area}
    )  # fmt: skip
    for seen in (building, other):
        on_record("household.seen", "building", seen)
    on_record("wallmap.made", "area", area)
    assert acts_of(auditor.get(f"{API}?area={area}&from=2020-01-01&person=")).count("household.seen") == 1
    assert acts_of(auditor.get(f"{API}?area={area}&act=wallmap.made")) == ["wallmap.made"]
    district = session.scalar(text("SELECT name FROM areas WHERE level = 'district' ORDER BY id LIMIT 1"))
    assert acts_of(auditor.get(API, query_string={"area": district})).count("household.seen") == 2


def test_pages_follow_each_other_without_loss_also_at_one_instant(auditor, on_record, session):
    for number in range(7):
        on_record("flags.set", "household", number)
    session.execute(text("UPDATE audit SET at = '2026-01-01' WHERE act = 'flags.set'"))
    session.commit()
    seen, after = [], ""
    while after is not None:
        page = auditor.get(f"{API}?act=flags.set&limit=3{after and f'&after={after}'}").json
        seen += [row["subject_id"] for row in page["rows"]]
        after = page["next_after"]
    assert seen == ["6", "5", "4", "3", "2", "1", "0"]
    assert auditor.get(f"{API}?after=999999999").json == {"rows": [], "next_after": None}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("from=yesterday", "from"),
        ("to=9999-12-31", "to"),
        ("from=0001-01-01", "from"),
        ("person=x", "person"),
        ("person=99999999999", "person"),
        ("after=-1", "after"),
        ("after=99999999999999999999", "after"),
        ("limit=0", "limit"),
        (f"act={'x' * 101}", "act"),
    ],
)
def test_a_filter_that_cannot_be_is_refused_with_its_name(query, field, auditor):
    answer = auditor.get(f"{API}?{query}")
    assert (answer.status_code, answer.json["error"]["field"]) == (422, field)


def test_reading_is_on_record_once_with_its_filters(auditor, session):
    for url in ("/audit?act=login&person=3", f"{API}?act=login&person=3", f"{API}/export?act=login&person=3"):
        before = session.scalar(text("SELECT max(id) FROM audit"))
        assert auditor.get(url).status_code == 200
        row = session.execute(text("SELECT id, act, detail, user_id FROM audit ORDER BY id DESC LIMIT 1")).one()
        assert row.id == before + 1
        assert row.act == ("audit.exported" if "export" in url else "audit.read")
        assert row.detail == {"filters": {"person": "3", "act": "login"}}
        assert row.user_id is not None


@pytest.mark.parametrize("url", ["/audit", API, f"{API}/export"])
@pytest.mark.parametrize("role", [role.value for role in Role if role is not Role.AUDITOR])
def test_nobody_else_reads_it_and_the_try_leaves_no_row(url, role, client_as, session):
    client = client_as(role)
    before = session.scalar(text("SELECT max(id) FROM audit"))
    assert client.get(url).status_code == 403
    assert session.scalar(text("SELECT max(id) FROM audit")) == before


def test_the_page_says_in_sentences_who_did_what(auditor, on_record, session):
    area = session.scalar(text("SELECT id FROM areas WHERE level = 'community' ORDER BY id LIMIT 1"))
    name = session.scalar(text("SELECT name FROM areas WHERE id = :id"), {"id": area})
    user = session.scalar(text("SELECT id FROM users WHERE name = :name"), {"name": USERS[Role.PLANNER]})
    on_record("household.seen", "building", 7, households=[1, 2, 3])
    on_record("post.granted", "user", user, area=area, role="grid_leader")
    on_record("something.new", "thing", 9)
    page = re.sub(r"\s+", " ", auditor.get("/audit?lang=zh").text)
    assert "查看了楼栋 7 的 3 户住户" in page
    assert f"授予 {USERS[Role.PLANNER]} 在{name}的任职：网格长" in page
    assert "something.new · thing 9" in page
    assert "saw 3 households of building 7" in auditor.get("/audit?lang=en").text


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_row_without_detail_still_has_its_sentence(act, language, auditor, on_record):
    on_record(act, "thing", 1)
    page = auditor.get(f"/audit?act={act}&lang={language}")
    assert page.status_code == 200
    assert "%(" not in page.text


def test_every_act_that_the_code_records_has_words(pytestconfig):
    source = "".join(file.read_text() for file in (pytestconfig.rootpath / "app").rglob("*.py"))
    recorded = set(re.findall(r"""\brecord\(\s*[\w.()]+,\s*[\w.()]+,\s*"([a-z_.]+)",""", source))
    assert len(recorded) > 10
    assert sorted(recorded - ACTS.keys()) == []


def test_what_people_write_never_becomes_markup(auditor, on_record):
    evil = "<img src=x onerror=alert(1)>\"'{{7*7}}"
    on_record(evil, evil, evil, area=evil, **{"<b>": evil})
    page = auditor.get("/audit").text
    assert "<img src=x" not in page
    assert "<b>" not in page
    assert "&lt;img src=x" in page


def test_a_row_that_somebody_put_in_by_hand_is_shown_too(auditor, session):
    columns = "act, subject_type, subject_id, detail"
    put = f"INSERT INTO audit ({columns}) VALUES ('post.granted', 'user', 'x', CAST(:d AS jsonb))"
    for detail in ('[1, "a"]', "null", '"text"', '{"role": {"a": 1}, "area": [1], "user": null, "rows": "x"}'):
        session.execute(text(put), {"d": detail})
    session.execute(text(put.replace("post.granted", "audit.verified")), {"d": "{}"})
    session.commit()
    assert auditor.get("/audit").status_code == 200
    assert len(auditor.get(f"{API}?act=post.granted&subject_id=x").json["rows"]) == 4


def test_an_empty_answer_says_so(auditor):
    assert "没有符合条件的记录" in auditor.get("/audit?act=nothing&lang=zh").text


def test_the_button_verifies_and_puts_that_on_record(auditor, session):
    answer = auditor.post("/audit/verify", follow_redirects=True)
    assert "未发现篡改" in answer.text
    row = session.execute(text("SELECT detail FROM audit WHERE act = 'audit.verified'")).one()
    assert row.detail["rows"] == row.detail["last"] > 0
    session.execute(text("UPDATE audit SET act = 'x' WHERE id = 4"))
    session.commit()
    answer = auditor.post("/audit/verify", follow_redirects=True)
    assert "审计记录已被篡改：第 4 条被改动" in answer.text
    assert "最近一次校验发现审计记录被篡改" in answer.text


def test_the_button_needs_the_token_of_our_own_page(auditor):
    assert auditor.post("/audit/verify", headers={"X-CSRFToken": ""}).status_code == 400


def test_what_needs_attention_is_counted_and_led_to(auditor, on_record, session):
    session.execute(text("UPDATE audit SET at = now() - interval '31 days'"))
    session.commit()
    assert "近 30 天无异常" in auditor.get("/audit?lang=zh").text
    on_record("unmask.blocked", "user", 1)
    on_record("unmask.blocked", "user", 1, days=40)
    on_record("post.granted", "user", 1, role="planner")
    on_record("post.granted", "user", 1, role="security_officer")
    for _ in range(service.MANY - 1):
        on_record("login.failed", "user", "unknown", who=None)
    page = auditor.get("/audit?lang=zh").text
    assert re.findall(r'audit-count">(\d+)<', page) == ["1", "1"]
    on_record("login.failed", "user", "unknown", who=None)
    page = auditor.get("/audit?lang=zh").text
    assert re.findall(r'audit-count">(\d+)<', page) == ["1", "20", "1"]
    link = re.search(r'href="(/audit\?act=unmask\.blocked&amp;from=[\d-]+|/audit\?from=[^"]+unmask\.blocked)"', page)
    assert link is not None
    assert auditor.get(link[1].replace("&amp;", "&")).text.count('class="audit-who"') == 1


def test_an_anchor_that_the_database_does_not_hold_is_an_alarm(auditor, app):
    file = app.extensions["anchors"].places[0]
    kept = file.read_bytes()
    try:
        file.write_bytes(b"1 " + b"0" * 64 + b" 2026-05-01T00:00:00Z\n")
        page = auditor.get("/audit?lang=zh").text
        assert "审计记录与库外存证不符" in page
        assert "整体改写" in auditor.post("/audit/verify", follow_redirects=True).text
    finally:
        file.write_bytes(kept)


def test_a_csv_opens_in_a_spreadsheet_and_runs_nothing(auditor, on_record):
    on_record("flags.set", "=cmd|' /C calc'!A0", "@SUM(1)", note="x")
    answer = auditor.get(f"{API}/export?act=flags.set&lang=zh")
    assert answer.mimetype == "text/csv"
    assert re.search(r'filename="audit-\d{8}-\d{4}\.csv"', answer.headers["Content-Disposition"])
    head, row = csv.reader(io.StringIO(answer.data.decode("utf-8-sig")))
    assert head[:4] == ["序号", "时间", "人员", "用户名"]
    assert (row[4], row[5]) == ("变更标记", "flags.set")
    assert (row[6], row[7]) == ("'=cmd|' /C calc'!A0", "'@SUM(1)")
    assert json.loads(row[8]) == {"note": "x"}


def test_a_line_of_json_holds_all_that_its_hash_is_made_of(auditor, worker, session):
    record(session, worker, "flags.set", "household", "查", number=1.10, big=1e22, text='"\\')
    session.commit()
    assert auditor.get(f"{API}/export?format=jsonl&act=nothing").mimetype == "application/x-ndjson"
    (line,) = auditor.get(f"{API}/export?format=jsonl&act=flags.set").text.splitlines()
    row = json.loads(line)
    detail = line.split('"detail": ', 1)[1][:-1]
    at = (datetime.fromisoformat(row["at"]) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    kept = (
        row["user_id"],
        row["act"],
        row["subject_type"],
        row["subject_id"],
        detail,
        row["previous_hash"],
        row["hash"],
    )
    assert digest(Link(row["id"], at, *kept)) == row["hash"]


def test_the_menu_and_the_first_page_of_an_auditor_are_the_audit(auditor, client_as):
    assert auditor.get("/").headers["Location"] == "/audit"
    assert 'href="/audit"' in auditor.get("/account").text
    assert 'href="/audit"' not in client_as("administrator").get("/account").text
    assert Capability.SEE_AUDIT in auditor.get("/api/v1/me").json["can"]


def test_the_page_asks_the_database_a_fixed_number_of_times(auditor, on_record, statements):
    on_record("household.seen", "building", 7)
    with statements() as few:
        auditor.get("/audit")
    for number in range(30):
        on_record("post.granted", "user", number, area=number, role="planner")
    with statements() as many:
        auditor.get("/audit")
    assert len(many) == len(few) < 20
