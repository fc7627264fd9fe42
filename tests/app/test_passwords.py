"""Passwords: first ones are changed, own ones follow a few rules."""

import re

import pytest
from sqlalchemy import text

from app.accounts import passwords, service
from app.accounts.models import Role
from app.accounts.worst_passwords import WORST
from app.errors import Invalid
from tests.app.test_accounts import log_in
from tests.app.test_sessions import acts
from tests.fixtures.town import PASSWORD, USERS

COORDINATOR = USERS[Role.COORDINATOR]
ME, CHANGE = "/api/v1/me", "/account/password"
NEW = "a lantern by the river"


def change(client, **form):
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get(CHANGE).text).group(1)
    return client.post(CHANGE, data={**form, "csrf_token": token})


def test_a_password_made_by_another_is_changed_before_anything_else_opens(client, session):
    first = service.set_password(session, COORDINATOR)
    session.commit()
    assert log_in(client, password=first, next="/rights").headers["Location"] == CHANGE
    assert client.get("/").headers["Location"] == CHANGE
    assert client.get(ME).status_code == 401
    assert change(client, new=first).headers["Location"] == CHANGE
    assert change(client, new=NEW).headers["Location"] == "/rights"
    assert client.get(ME).status_code == 200
    again = client.application.test_client()
    assert log_in(again, password=NEW).headers["Location"] == "/"


def test_a_new_user_changes_the_first_password(client, session):
    area = session.scalar(text("SELECT code FROM areas WHERE level = 'district'"))
    _, first = service.add_user(session, name="new-one", role="planner", area_code=area)
    session.commit()
    assert log_in(client, "new-one", first).headers["Location"] == CHANGE


def test_changing_ones_own_password_takes_the_present_one_and_ends_the_other_sessions(client, client_as, session):
    other = client_as("coordinator")
    log_in(client)
    assert change(client, current="wrong", new=NEW).headers["Location"] == CHANGE
    assert "密码不正确" in client.get(CHANGE).text
    assert other.get(ME).status_code == 200
    assert change(client, current=PASSWORD, new=NEW).headers["Location"] == "/account"
    assert client.get(ME).status_code == 200
    assert other.get(ME).status_code == 401
    assert log_in(client.application.test_client()).status_code == 401
    assert "password.changed" in acts(session)
    assert NEW not in str(session.execute(text("SELECT * FROM audit")).all())


@pytest.mark.parametrize(
    "password",
    ["", "elevenchars", "x" * 1025, "aaaaaaaaaaaa", "121212121212", "password1234", "PassWord1234", "my-new-one-2026"],
)
def test_a_bad_password_is_refused(password):
    with pytest.raises(Invalid) as refused:
        passwords.check_new(password, "new-one")
    assert refused.value.field == "password"


@pytest.mark.parametrize(
    "password", ["Wangge-20261124", "网格2026社区2026年", "AdminWangge2026", "管理员的密码1234567", "shequ@yingji2026"]
)
def test_a_password_made_of_the_words_of_the_place_is_refused(password):
    with pytest.raises(Invalid):
        passwords.check_new(password, "new-one")


def test_a_word_of_the_place_in_a_sentence_is_taken():
    passwords.check_new("our shequ has eleven old trees", "new-one")


@pytest.mark.parametrize("password", ["a lantern by the river", "我家门前有一条小河流过", "twelve chars", PASSWORD])
def test_length_is_enough(password):
    if len(password) < passwords.SHORTEST:
        password += "两岸"
    passwords.check_new(password, "li")


def test_the_worst_passwords_are_a_short_list_of_long_ones():
    assert 100 < len(WORST) < 1000
    assert all(len(word) >= passwords.SHORTEST and word == word.casefold() for word in WORST)


def test_guessing_the_present_password_in_a_stolen_session_waits(client):
    log_in(client)
    for _ in range(3):
        change(client, current="wrong", new=NEW)
    change(client, current=PASSWORD, new=NEW)
    assert "请等待" in client.get(CHANGE).text


def test_every_field_for_a_password_masks_it_and_names_its_purpose(client):
    fields = re.findall(r'<input[^>]* name="password"[^>]*>', client.get("/login").text)
    log_in(client)
    for page in (CHANGE, "/account", "/account/second-factor"):
        fields += re.findall(r'<input[^>]* name="(?:password|current|new)"[^>]*>', client.get(page).text)
    assert len(fields) >= 5
    for field in fields:
        assert 'type="password"' in field
        assert re.search('autocomplete="(current|new)-password"', field)
        assert "onpaste" not in field


def test_a_password_is_compared_as_it_is_typed():
    kept = passwords.make_hash(" A lantern, ÄÖ 河 ")
    assert passwords.matches(" A lantern, ÄÖ 河 ", kept)
    for other in ("A lantern, ÄÖ 河", " a lantern, äö 河 ", " A lantern, ÄÖ 河", " A lantern, ÄÖ 河 "[:12]):
        assert not passwords.matches(other, kept)
