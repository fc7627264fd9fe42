"""Sessions: how they begin, go on under new keys, and end."""

import re

import pytest
from sqlalchemy import event, text

from app.accounts import service
from app.accounts.access import KEY, same_rights
from app.accounts.models import Role
from tests.app.test_accounts import log_in
from tests.fixtures.town import PASSWORD, USERS

COORDINATOR = USERS[Role.COORDINATOR]
ME = "/api/v1/me"


def key_of(client):
    with client.session_transaction() as cookie:
        return cookie.get(KEY)


def give_key(client, key):
    with client.session_transaction() as cookie:
        cookie[KEY] = key


def grant_another_post(session):
    session.execute(
        text("""INSERT INTO appointments (user_id, role, area_id)
                SELECT u.id, 'planner', a.area_id FROM users u JOIN appointments a ON a.user_id = u.id
                WHERE u.name = :name"""),
        {"name": COORDINATOR},
    )
    session.commit()


def acts(session):
    return session.scalars(text("SELECT act FROM audit ORDER BY id")).all()


def test_the_cookie_holds_a_key_whose_digest_alone_is_stored(client, session):
    log_in(client)
    key = key_of(client)
    assert len(key) >= 40
    rows = str(session.execute(text("SELECT * FROM sessions")).all())
    assert key not in rows
    assert "127.0.0.1" not in rows


def test_a_password_given_once_more_brings_a_new_key_and_voids_the_former(client):
    log_in(client)
    former = key_of(client)
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/account").text).group(1)
    form = {"name": "counts", "days": "1", "csrf_token": token}
    client.post("/account/tokens", data={**form, "password": "wrong"})
    assert key_of(client) == former
    client.post("/account/tokens", data={**form, "password": PASSWORD})
    assert key_of(client) != former
    assert client.get(ME).status_code == 200
    give_key(client, former)
    assert client.get(ME).status_code == 401


def test_a_key_from_before_the_log_in_opens_nothing_after_it(client):
    give_key(client, "planted")
    log_in(client)
    assert key_of(client) != "planted"
    second = client.application.test_client()
    give_key(second, "planted")
    assert second.get(ME).status_code == 401


def test_logging_in_again_in_the_same_browser_ends_the_session_before(client, session):
    log_in(client)
    first = key_of(client)
    client.get("/")
    log_in_again = client.application.test_client()
    give_key(log_in_again, first)
    page = log_in_again.get("/account").text
    token = page.split('name="csrf_token" value="')[1].split('"')[0]
    form = {"name": COORDINATOR, "password": PASSWORD, "csrf_token": token}
    assert log_in_again.post("/login", data=form).status_code == 302
    assert client.get(ME).status_code == 401
    assert log_in_again.get(ME).status_code == 200


def test_a_request_loads_user_posts_and_session_with_one_query(client_as, session):
    client = client_as("coordinator")
    statements = []
    engine = session.get_bind()
    event.listen(engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    assert client.get("/rights").status_code == 200
    assert [one for one in statements if "SAVEPOINT" not in one] == [statements[1]]
    assert "FROM sessions" in statements[1]


def test_a_change_of_rights_brings_a_new_key_and_the_former_one_is_good_for_half_a_minute(client_as, session):
    client = client_as("coordinator")
    former = key_of(client)
    grant_another_post(session)
    assert client.get(ME).status_code == 200
    new = key_of(client)
    assert new != former
    beside = client.application.test_client()
    give_key(beside, former)
    assert beside.get(ME).status_code == 200
    assert key_of(beside) == new  # so an answer that was lost is made up for
    session.execute(text("UPDATE sessions SET replaced_at = now() - interval '31 seconds'"))
    session.commit()
    give_key(beside, former)
    assert beside.get(ME).status_code == 401
    assert client.get(ME).status_code == 200
    assert key_of(client) == new


def test_without_a_change_the_key_stays(client_as):
    client = client_as("coordinator")
    key = key_of(client)
    for _ in range(3):
        client.get(ME)
    assert key_of(client) == key


@pytest.mark.parametrize(("column", "age", "good"), [
    ("seen_at", "59 minutes", True),
    ("seen_at", "61 minutes", False),
    ("created_at", "11 hours 59 minutes", True),
    ("created_at", "12 hours 1 minute", False),
])  # fmt: skip
def test_a_session_ends_after_an_idle_hour_and_after_twelve_hours(column, age, good, client_as, session):
    client = client_as("coordinator")
    session.execute(text(f"UPDATE sessions SET {column} = now() - interval '{age}'"))
    session.commit()
    assert client.get(ME).status_code == (200 if good else 401)


def test_a_request_keeps_the_session_alive_and_writes_it_down_once_a_minute(client_as, session):
    client = client_as("coordinator")
    seen = text("SELECT extract(epoch FROM now() - seen_at)::int FROM sessions")
    for age, then in ((50, 50), (70, 0)):
        session.execute(text(f"UPDATE sessions SET seen_at = now() - interval '{age} seconds'"))
        session.commit()
        client.get(ME)
        assert session.scalar(seen) == then


def test_an_open_stream_does_not_keep_the_session_alive(client_as, session):
    client = client_as("coordinator")
    session.execute(text("UPDATE sessions SET seen_at = now() - interval '59 minutes'"))
    session.commit()
    client.get("/api/v1/events").close()
    with client.application.test_request_context("/api/v1/events", headers={"Cookie": cookie_header(client)}):
        still = same_rights()
    assert still()
    assert session.scalar(text("SELECT now() - seen_at >= interval '59 minutes' FROM sessions"))
    session.execute(text("UPDATE sessions SET seen_at = now() - interval '61 minutes'"))
    session.commit()
    assert not still()


def cookie_header(client):
    name = client.application.config["SESSION_COOKIE_NAME"]
    return f"{name}={client.get_cookie(name).value}"


def test_logging_out_everywhere_ends_every_session_and_each_is_on_record(client_as, session):
    here, there, another = client_as("coordinator"), client_as("coordinator"), client_as("planner")
    assert here.post("/account/sessions/end").status_code == 302
    assert [client.get(ME).status_code for client in (here, there, another)] == [401, 401, 200]
    assert acts(session).count("session.ended") == 2


@pytest.mark.parametrize("way_out", ["/logout", "/account/sessions/end"])
def test_who_logs_out_leaves_nothing_in_the_browser(way_out, client):
    log_in(client)
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/account").text).group(1)
    answer = client.post(way_out, data={"csrf_token": token})
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert "Clear-Site-Data" not in client.get("/login").headers


def test_one_session_can_be_ended_but_nobody_elses(client_as, session):
    here, there, another = client_as("coordinator"), client_as("coordinator"), client_as("planner")
    numbers = session.scalars(text("SELECT id FROM sessions ORDER BY id")).all()
    here.post(f"/account/sessions/{numbers[1]}/end")
    here.post(f"/account/sessions/{numbers[2]}/end")
    assert [client.get(ME).status_code for client in (here, there, another)] == [200, 401, 200]
    assert "没有这个登录会话。" in here.get("/account").text


def test_logging_out_ends_the_session_for_who_has_copied_its_key(client, session):
    log_in(client)
    thief = client.application.test_client()
    give_key(thief, key_of(client))
    assert thief.get(ME).status_code == 200
    token = client.get("/account").text.split('name="csrf_token" value="')[1].split('"')[0]
    client.post("/logout", data={"csrf_token": token})
    assert thief.get(ME).status_code == 401
    assert acts(session)[-1] == "session.ended"


def test_a_password_set_by_another_ends_every_session(client_as, session):
    client = client_as("coordinator")
    service.set_password(session, COORDINATOR)
    session.commit()
    assert client.get(ME).status_code == 401


def test_who_becomes_an_api_client_has_no_session_any_more(client_as, session):
    client = client_as("coordinator")
    session.execute(text("UPDATE appointments SET role = 'api_client' WHERE role = 'coordinator'"))
    session.commit()
    assert client.get(ME).status_code == 401


def test_the_account_names_the_browser_and_not_its_address(client, session):
    agent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/139.0 Safari/537.36"
    client.environ_base["HTTP_USER_AGENT"] = agent
    log_in(client)
    assert "Chrome · Windows" in client.get("/account").text


@pytest.mark.parametrize("key", ["", "x" * 4000, "1.0", "'; DROP TABLE sessions"])
def test_a_made_up_key_opens_nothing(key, client):
    give_key(client, key)
    assert client.get(ME).status_code == 401


def test_an_old_session_leaves_no_row(client, client_as, session):
    client_as("planner")
    session.execute(text("UPDATE sessions SET created_at = now() - interval '31 days'"))
    log_in(client)
    assert session.scalar(text("SELECT count(*) FROM sessions")) == 1
