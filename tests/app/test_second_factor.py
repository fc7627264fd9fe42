"""The second factor: enrolment, codes, recovery codes, and who needs it."""

import html
import re

import pyotp
import pytest
from sqlalchemy import text

from app.accounts import second_factor, service
from app.accounts.models import Role
from app.accounts.rights import SECOND_FACTOR
from tests.app.test_accounts import log_in
from tests.app.test_sessions import acts, give_key, key_of
from tests.fixtures.town import PASSWORD, USERS

COORDINATOR, AUDITOR = USERS[Role.COORDINATOR], USERS[Role.AUDITOR]
ME, ENROL, CODE = "/api/v1/me", "/account/second-factor", "/login/code"
NOW = 1_800_000_000  # seconds since 1970


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    """A clock that stands still, and can be set."""
    now = [NOW]
    monkeypatch.setattr(second_factor.time, "time", lambda: now[0])
    return now


def send(client, url, **form):
    page = client.get(url).text
    form["csrf_token"] = re.search(r'name="csrf_token" value="([^"]+)"', page).group(1)
    return client.post(url, data=form)


def secret_on(page):
    return re.search(r'id="secret">([A-Z2-7]+)<', page).group(1)


def enrol(client):
    """Enrol by the page; the secret and the recovery codes."""
    secret = secret_on(client.get(ENROL).text)
    answer = send(client, ENROL, code=pyotp.TOTP(secret).at(second_factor.time.time()), password=PASSWORD)
    assert answer.status_code == 200, answer.text
    return secret, re.findall(r"<code>([A-Z2-9-]{29})</code>", answer.text)


@pytest.fixture
def enrolled(client):
    """The coordinator's secret and recovery codes, after logging out again."""
    log_in(client)
    known = enrol(client)
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/account").text).group(1)
    client.post("/logout", data={"csrf_token": token})
    return known


@pytest.mark.parametrize("role", sorted(SECOND_FACTOR))
def test_who_needs_a_second_factor_enrols_before_anything_else_opens(role, client):
    assert log_in(client, USERS[role]).headers["Location"] == ENROL
    for page in ("/", "/account", "/rights", "/account/password", CODE):
        assert client.get(page).headers["Location"] == ENROL
    assert client.get(ME).status_code == 401
    assert client.post("/account/sessions/end").status_code == 401
    enrol(client)
    assert client.get(ME).json["role"] == role


def test_the_page_that_was_wanted_opens_after_the_last_step(client):
    assert log_in(client, AUDITOR, next="/rights").headers["Location"] == ENROL
    secret = secret_on(client.get(ENROL).text)
    answer = send(client, ENROL, code=pyotp.TOTP(secret).at(NOW))
    assert 'href="/rights"' in answer.text
    assert client.get("/rights").status_code == 200


def test_a_new_post_that_needs_a_second_factor_asks_for_it_at_the_next_request(client, session):
    log_in(client)
    session.execute(text("UPDATE appointments SET role = 'auditor' WHERE role = 'coordinator'"))
    session.commit()
    assert client.get(ME).status_code == 401
    assert client.get("/").headers["Location"] == ENROL


def test_the_offered_secret_stays_until_it_is_taken_and_is_drawn(client):
    log_in(client)
    page = client.get(ENROL).text
    assert secret_on(page) == secret_on(client.get(ENROL).text)
    assert "<svg" in page
    assert "style=" not in page
    assert send(client, ENROL, code="000000", password=PASSWORD).headers["Location"] == ENROL
    assert "验证码不正确" in client.get(ENROL).text


def test_an_offer_whose_key_has_gone_makes_room_for_another(client):
    log_in(client)
    first = secret_on(client.get(ENROL).text)
    with client.session_transaction() as cookie:
        cookie["offer"] = "00000000.gAAAAnonsense"
    assert secret_on(client.get(ENROL).text) != first


def test_enrolling_takes_the_password_so_that_who_finds_a_session_keeps_nobody_out(client, session):
    log_in(client)
    code = pyotp.TOTP(secret_on(client.get(ENROL).text)).at(NOW)
    there = text("SELECT count(*) FROM second_factors")
    for wrong in ({}, {"password": "wrong"}):
        assert send(client, ENROL, code=code, **wrong).headers["Location"] == ENROL
        assert session.scalar(there) == 0
    assert send(client, ENROL, code=code, password=PASSWORD).status_code == 200
    assert session.scalar(there) == 1


def test_another_users_offer_is_not_taken(client, session):
    with client.application.test_request_context():
        from app.accounts.queries import by_name

        who, other = by_name(session, COORDINATOR)[0], by_name(session, AUDITOR)[0]
        offered = second_factor.offer(other)
        code = pyotp.TOTP(offered.secret).at(NOW)
        assert second_factor.offer(who, offered.sealed).secret != offered.secret
        with pytest.raises(second_factor.Invalid):
            second_factor.enrol(session, who, offered.sealed, code)


def test_a_code_opens_after_the_password_and_nothing_opens_before(client, enrolled, clock):
    secret, _ = enrolled
    assert log_in(client).headers["Location"] == CODE
    assert client.get(ME).status_code == 401
    before = key_of(client)
    clock[0] += 30
    assert send(client, CODE, code="000000").status_code == 401
    assert client.get(ME).status_code == 401
    assert send(client, CODE, code=pyotp.TOTP(secret).at(clock[0])).headers["Location"] == "/"
    assert client.get(ME).status_code == 200
    assert key_of(client) != before
    thief = client.application.test_client()
    give_key(thief, before)
    assert thief.get(ME).status_code == 401


@pytest.mark.parametrize(("seconds", "good"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)])
def test_a_clock_may_be_one_step_off(seconds, good, client, enrolled, clock):
    clock[0] += 300
    log_in(client)
    code = pyotp.TOTP(enrolled[0]).at(clock[0] + seconds)
    assert send(client, CODE, code=code).status_code == (302 if good else 401)


def test_each_code_opens_once(client, enrolled, clock):
    code = pyotp.TOTP(enrolled[0]).at(NOW)
    log_in(client)
    assert send(client, CODE, code=code).status_code == 401  # it was used to enrol
    clock[0] += 60
    code = pyotp.TOTP(enrolled[0]).at(clock[0])
    assert send(client, CODE, code=f" {code[:3]} {code[3:]}").status_code == 302
    again = client.application.test_client()
    log_in(again)
    assert send(again, CODE, code=code).status_code == 401


def test_a_recovery_code_opens_once_however_it_is_typed(client, enrolled, session):
    _, codes = enrolled
    assert len(set(codes)) == 10
    log_in(client)
    assert send(client, CODE, code=codes[0].lower().replace("-", " ")).status_code == 302
    assert client.get(ME).status_code == 200
    again = client.application.test_client()
    log_in(again)
    assert send(again, CODE, code=codes[0]).status_code == 401
    assert send(again, CODE, code=codes[1]).status_code == 302
    assert session.scalar(text("SELECT count(*) FROM recovery_codes WHERE used_at IS NULL")) == 8
    assert "recovery.used" in acts(session)


def test_neither_secret_nor_codes_can_be_read_in_the_database(enrolled, session):
    secret, codes = enrolled
    stored = "".join(str(session.execute(text(f"SELECT * FROM {table}")).all()) for table in
                     ("second_factors", "recovery_codes", "audit"))  # fmt: skip
    assert secret not in stored
    for code in codes:
        assert code not in stored
        assert code.replace("-", "") not in stored


def test_new_recovery_codes_take_the_password_and_void_the_old_ones(client, enrolled, clock):
    clock[0] += 60
    log_in(client)
    send(client, CODE, code=pyotp.TOTP(enrolled[0]).at(clock[0]))
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/account").text).group(1)
    refused = client.post("/account/recovery-codes", data={"password": "wrong", "csrf_token": token})
    assert refused.status_code == 302
    answer = client.post("/account/recovery-codes", data={"password": PASSWORD, "csrf_token": token})
    fresh = re.findall(r"<code>([A-Z2-9-]{29})</code>", answer.text)
    assert len(fresh) == 10
    again = client.application.test_client()
    log_in(again)
    assert send(again, CODE, code=enrolled[1][0]).status_code == 401
    assert send(again, CODE, code=fresh[0]).status_code == 302


def test_switching_it_off_takes_password_and_code(client, enrolled, clock, session):
    clock[0] += 60
    log_in(client)
    send(client, CODE, code=pyotp.TOTP(enrolled[0]).at(clock[0]))
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/account").text).group(1)
    clock[0] += 60
    code = pyotp.TOTP(enrolled[0]).at(clock[0])
    there = text("SELECT count(*) FROM second_factors")
    for wrong in ({"password": "wrong", "code": code}, {"password": PASSWORD, "code": "000000"}, {}):
        client.post("/account/second-factor/remove", data={**wrong, "csrf_token": token})
        assert session.scalar(there) == 1
    client.post("/account/second-factor/remove", data={"password": PASSWORD, "code": code, "csrf_token": token})
    assert session.scalar(there) == 0
    assert log_in(client.application.test_client()).headers["Location"] == "/"


def test_a_role_that_needs_it_cannot_switch_it_off(client, clock, session):
    log_in(client, AUDITOR)
    secret, _ = enrol(client)
    clock[0] += 60
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/account").text).group(1)
    form = {"password": PASSWORD, "code": pyotp.TOTP(secret).at(clock[0]), "csrf_token": token}
    client.post("/account/second-factor/remove", data=form)
    assert "您的角色必须使用双重验证登录。" in html.unescape(client.get("/account").text)
    assert session.scalar(text("SELECT count(*) FROM second_factors")) == 1


def test_a_new_first_password_does_not_stand_for_the_code(client, enrolled, session):
    first = service.set_password(session, COORDINATOR)
    session.commit()
    assert log_in(client, COORDINATOR, first).headers["Location"] == CODE
    assert client.get("/account/password").headers["Location"] == CODE


def test_wrong_codes_make_the_next_one_wait(client, enrolled, clock):
    log_in(client.application.test_client())
    stranger = client.application.test_client()
    stranger.environ_base["REMOTE_ADDR"] = "10.0.0.66"
    log_in(stranger)
    answers = [send(stranger, CODE, code=f"{number:06}").status_code for number in range(4)]
    assert answers == [401, 401, 401, 429]
    clock[0] += 60
    log_in(client)
    assert send(client, CODE, code=pyotp.TOTP(enrolled[0]).at(clock[0])).status_code == 302


def test_other_sessions_give_a_code_when_an_app_is_enrolled(client, client_as):
    log_in(client)
    other = client_as("coordinator")
    assert other.get(ME).status_code == 200
    enrol(client)
    assert client.get(ME).status_code == 200
    assert other.get(ME).status_code == 401
    assert other.get("/").headers["Location"] == CODE


def test_a_lost_phone_is_forgotten_by_command_which_ends_all_sessions(client, client_as, session):
    inside = client_as("auditor")
    log_in(client, AUDITOR)
    enrol(client)
    second_factor.reset(session, AUDITOR)
    session.commit()
    assert inside.get(ME).status_code == 401
    assert log_in(client.application.test_client(), AUDITOR).headers["Location"] == ENROL
    assert "second_factor.removed" in acts(session)


def test_every_act_is_on_record(client, enrolled, clock, session):
    clock[0] += 60
    log_in(client)
    send(client, CODE, code="123456")
    send(client, CODE, code=pyotp.TOTP(enrolled[0]).at(clock[0]))
    wanted = ["login", "second_factor.enrolled", "recovery.made", "session.ended", "login", "second_factor.failed",
              "second_factor.used"]  # fmt: skip
    assert acts(session)[-len(wanted) :] == wanted
