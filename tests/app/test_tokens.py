"""Bearer tokens: made on the account page or by command, within scopes, until a day."""

import re

import pytest
from sqlalchemy import text

from app.accounts import service, tokens
from app.accounts.models import Role
from app.accounts.rights import Capability
from app.errors import Invalid, NotFound
from tests.app.test_accounts import log_in
from tests.app.test_sessions import acts
from tests.fixtures.town import PASSWORD, USERS

COORDINATOR, SCRIPT = USERS[Role.COORDINATOR], USERS[Role.API_CLIENT]
ME = "/api/v1/me"


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def issue(session):
    """`issue(…)` is a token of the coordinator."""

    def make(name=COORDINATOR, **values):
        token = service.issue_token(session, name, **values)
        session.commit()
        return token

    return make


def test_a_token_is_made_on_the_account_page_and_shown_once(client_as, client, session):
    inside = client_as("coordinator")
    form = {"name": "每日统计", "days": "30", "scope": ["map.see", "incidents.see"], "password": PASSWORD}
    page = inside.post("/account/tokens", data=form).text
    token = re.search(r'id="token">(wg_[\w-]+)<', page).group(1)
    assert client.get(ME, headers=bearer(token)).json["can"] == ["account.own", "map.see", "incidents.see"]
    page = inside.get("/account").text
    assert token not in page
    assert "每日统计" in page
    assert token not in str(session.execute(text("SELECT * FROM tokens")).all())
    assert session.scalar(text("SELECT expires_at::date - created_at::date FROM tokens")) == 30
    assert "token.issued" in acts(session)


@pytest.mark.parametrize(
    "wrong",
    [
        {"password": "wrong"},
        {"name": ""},
        {"name": "x" * 61},
        {"name": "a\nb"},
        {"days": "0"},
        {"days": "367"},
        {"days": "9" * 400},
        {"days": "١٢"},
        {"scope": ["audit.see"]},
        {"scope": ["nonsense"]},
    ],
)
def test_an_impossible_token_is_refused_on_the_page(wrong, client_as, session):
    form = {"name": "script", "days": "30", "password": PASSWORD, **wrong}
    answer = client_as("coordinator").post("/account/tokens", data=form)
    assert answer.headers["Location"] == "/account"
    assert session.scalar(text("SELECT count(*) FROM tokens")) == 0


def test_a_token_may_what_its_scopes_say_and_no_more(client, issue):
    seeing = bearer(issue(scopes=["map.see"]))
    assert client.get("/api/v1/grids", headers=seeing).status_code == 200
    assert client.get("/api/v1/incidents", headers=seeing).status_code == 403
    assert client.get("/api/v1/incidents", headers=bearer(issue())).status_code == 200


def test_a_scope_that_the_user_has_lost_opens_nothing(client, issue, session):
    token = bearer(issue(scopes=["households.see", "map.see"]))
    session.execute(text("UPDATE appointments SET role = 'planner' WHERE role = 'coordinator'"))
    session.commit()
    assert client.get(ME, headers=token).json["can"] == ["account.own", "map.see"]


def test_a_scope_does_not_reach_where_it_is_not_given(session, issue):
    who = tokens.find(session, issue(scopes=["map.see"])).who
    assert who.reaches(Capability.SEE_HOUSEHOLDS) == []
    assert who.reaches(Capability.SEE_MAP) != []


@pytest.mark.parametrize(
    ("method", "url"),
    [
        ("GET", "/account"),
        ("GET", "/account/password"),
        ("POST", "/account/password"),
        ("GET", "/account/second-factor"),
        ("POST", "/account/second-factor"),
        ("POST", "/account/second-factor/remove"),
        ("POST", "/account/recovery-codes"),
        ("POST", "/account/sessions/end"),
        ("POST", "/account/sessions/1/end"),
        ("POST", "/account/tokens"),
        ("POST", "/account/tokens/1/revoke"),
        ("GET", "/login/code"),
        ("POST", "/login/code"),
        ("POST", "/account/language"),
        ("PUT", "/api/v1/me/language"),
    ],
)
def test_a_token_never_reaches_its_users_account(method, url, client, issue):
    assert client.open(url, method=method, headers=bearer(issue()), json={"language": "en"}).status_code == 403


def test_use_is_written_down_once_a_minute(client, issue, session):
    token = bearer(issue())
    used = text("SELECT extract(epoch FROM now() - last_used_at)::int FROM tokens")
    assert session.scalar(used) is None
    client.get(ME, headers=token)
    assert session.scalar(used) == 0
    for age, then in ((50, 50), (70, 0)):
        session.execute(text(f"UPDATE tokens SET last_used_at = now() - interval '{age} seconds'"))
        session.commit()
        client.get(ME, headers=token)
        assert session.scalar(used) == then


def test_a_token_ends_when_its_owner_says_so_and_nobody_elses_does(client_as, client, issue, session):
    mine, others = issue(), issue(USERS[Role.PLANNER])
    inside = client_as("coordinator")
    for number in session.scalars(text("SELECT id FROM tokens")).all():
        inside.post(f"/account/tokens/{number}/revoke")
    assert client.get(ME, headers=bearer(mine)).status_code == 401
    assert client.get(ME, headers=bearer(others)).status_code == 200
    assert acts(session)[-1] == "token.revoked"


def test_an_api_client_has_tokens_and_no_password(client, session, issue):
    user, secret = service.add_user(session, name="robot", role="api_client", area_code=district(session))
    assert (user.password_hash, secret) == (None, None)
    for name, password in ((SCRIPT, ""), (SCRIPT, PASSWORD), ("robot", "")):
        assert log_in(client, name, password).status_code == 401
    assert client.get(ME, headers=bearer(issue(SCRIPT))).json["role"] == "api_client"
    with pytest.raises(Invalid):
        service.set_password(session, "robot")


def district(session):
    return session.scalar(text("SELECT code FROM areas WHERE level = 'district'"))


def test_by_command_too_scopes_and_days_are_checked(session):
    for wrong in ({"scopes": ["audit.see"]}, {"days": 367}, {"days": 0}):
        with pytest.raises(Invalid):
            service.issue_token(session, COORDINATOR, **wrong)
    with pytest.raises(NotFound):
        service.issue_token(session, "nobody")
