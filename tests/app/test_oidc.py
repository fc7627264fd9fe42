"""Log-in by a real OpenID Connect provider, which runs in Node."""

import re
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import text

from app.accounts import identities
from app.accounts.access import KEY
from app.accounts.models import Role
from app.accounts.oidc import PENDING, Provider
from app.accounts.rights import SECOND_FACTOR
from app.serve import warnings
from app.settings import Settings
from tests.app.commands import wangge
from tests.app.people import acts, id_of
from tests.app.test_accounts import log_in
from tests.fixtures.database import ask
from tests.fixtures.oidc import CLIENT, NAME, at_provider
from tests.fixtures.town import PASSWORD, USERS
from tests.fixtures.web import free_port

ME = "/api/v1/me"
REFUSED = "用户名或密码不正确。"
BEGIN_AGAIN = "此次登录不是在本浏览器中发起的"
SUBJECT = "u-1024"
WRONG = "not the password"


@pytest.fixture(scope="module")
def oidc_app(app_with, issuer):
    return app_with(issuer)


@pytest.fixture
def client(oidc_app, session):
    return oidc_app.test_client()


@pytest.fixture
def connected(session, issuer):
    """`connected("coordinator")` lets the user with that role log in as SUBJECT; the user's id."""

    def connect(role=Role.COORDINATOR, subject=SUBJECT):
        user = id_of(session, role)
        identities.connect(session, None, user, issuer=issuer, subject=subject)
        session.commit()
        return user

    return connect


def begin(client, **values):
    """The provider's address for a log-in that the client begins."""
    answer = client.get("/login/oidc", query_string=values)
    assert answer.status_code == 302, answer.text
    return answer.headers["Location"]


def come_back(client, there):
    parts = urlsplit(there)
    return client.get(f"{parts.path}?{parts.query}")


def enter(client, account=SUBJECT, *, next_page=None, **rest):
    return come_back(client, at_provider(begin(client, **({"next": next_page} if next_page else {})), account, **rest))


def form(client, page, action, **values):
    """The answer to a form of a page, its token given."""
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get(page).text).group(1)
    return client.post(action, data={"csrf_token": token, **values})


def said(client, page="/account"):
    return re.findall(r'class="desk-message[^>]*>([^<]+)<', client.get(page).text)


def plant(client, key, value):
    with client.session_transaction() as cookie:
        cookie[key] = value


def taken(client, key):
    with client.session_transaction() as cookie:
        return cookie.get(key)


def test_who_is_connected_logs_in_and_comes_to_the_page_that_they_wanted(client, connected, session):
    user = connected()
    answer = enter(client, next_page="/rights?x=1")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/rights?x=1")
    assert client.get(ME).json["name"] == USERS[Role.COORDINATOR]
    assert session.scalar(text("SELECT method FROM sessions")) == "oidc"
    assert session.execute(text("SELECT detail FROM audit WHERE act = 'login'")).scalar() == {"method": "oidc"}
    assert session.scalar(text("SELECT user_id FROM audit WHERE act = 'login'")) == user
    assert client.get("/login/oidc?next=/rights").headers["Location"] == "/rights"


def test_the_way_there_brings_pkce_state_and_nonce_and_no_secret(client, issuer):
    address = begin(client)
    asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    assert address.startswith(f"{issuer}/auth?")
    assert (asked["response_type"], asked["code_challenge_method"], asked["scope"]) == ("code", "S256", "openid")
    assert (asked["client_id"], asked["redirect_uri"]) == (CLIENT, "http://localhost/login/oidc/return")
    assert asked["ui_locales"] == "zh-CN"
    again = {name: values[0] for name, values in parse_qs(urlsplit(begin(client)).query).items()}
    for name in ("state", "nonce", "code_challenge"):
        assert len(asked[name]) >= 43
        assert asked[name] != again[name]


def test_nobody_is_found_by_their_name_and_nobody_is_made(client, session):
    users = session.scalar(text("SELECT count(*) FROM users"))
    answer = enter(client, USERS[Role.COORDINATOR])
    assert answer.status_code == 401
    assert REFUSED in answer.text
    assert client.get(ME).status_code == 401
    assert session.scalar(text("SELECT count(*) FROM users")) == users
    assert session.execute(text("SELECT subject_id, detail FROM audit WHERE act = 'login.failed'")).all() == [
        ("unknown", {"method": "oidc"})
    ]


def test_who_is_disabled_stays_out_in_the_same_words(client, connected, session):
    user = connected()
    session.execute(text("UPDATE users SET disabled_at = now() WHERE id = :id"), {"id": user})
    session.commit()
    answer = enter(client)
    assert answer.status_code == 401
    assert REFUSED in answer.text
    assert ("login.failed", None) in acts(session, user)


def test_an_identity_of_another_issuer_opens_nothing(client, connected, session):
    connected()
    session.execute(text("UPDATE identities SET issuer = issuer || '/'"))
    session.commit()
    assert enter(client).status_code == 401


def test_who_refuses_at_the_provider_is_told_so(client, connected):
    connected()
    answer = enter(client, do="refuse")
    assert answer.status_code == 401
    assert f"{NAME}未允许您登录。" in answer.text


def test_an_answer_is_taken_once(client, connected):
    connected()
    there = begin(client)
    pending = taken(client, PENDING)
    there = at_provider(there, SUBJECT)
    assert come_back(client, there).status_code == 302
    client.get(ME)
    assert come_back(client, there).headers["Location"] == "/"  # of who is logged in; nothing else happens
    thief = client.application.test_client()
    assert BEGIN_AGAIN in come_back(thief, there).text
    plant(thief, PENDING, pending)
    answer = come_back(thief, there)
    assert answer.status_code == 401
    assert f"{NAME}返回的登录信息未通过校验" in answer.text
    assert thief.get(ME).status_code == 401


def test_the_answer_to_a_strangers_log_in_logs_nobody_in_and_ends_nothing(client, connected):
    connected()
    own = begin(client)
    stranger = client.application.test_client()
    answer = come_back(client, at_provider(begin(stranger), SUBJECT))
    assert answer.status_code == 400
    assert BEGIN_AGAIN in answer.text
    assert client.get(ME).status_code == 401
    assert come_back(client, at_provider(own, SUBJECT)).status_code == 302


@pytest.mark.parametrize("query", ["", "?state=", "?state=x&code=y", "?error=access_denied", "?state=%E4%B8%AD"])
def test_an_answer_without_a_beginning_is_told_to_begin(query, client):
    answer = client.get(f"/login/oidc/return{query}")
    assert answer.status_code == 400
    assert BEGIN_AGAIN in answer.text


@pytest.mark.parametrize("query", ["", "&code=", "&code=x", "&code=x&iss=https://evil.test"])
def test_a_state_alone_proves_nobody(query, client, issuer):
    begin(client)
    answer = client.get(f"/login/oidc/return?state={taken(client, PENDING)[0]}{query}")
    assert answer.status_code == 401
    assert "未通过校验" in answer.text


def test_a_log_in_ends_within_ten_minutes(client, connected):
    connected()
    there = at_provider(begin(client), SUBJECT)
    begun = taken(client, PENDING)
    plant(client, PENDING, [*begun[:3], begun[3] - 601, *begun[4:]])
    answer = come_back(client, there)
    assert answer.status_code == 400
    assert "登录等待时间过长" in answer.text


@pytest.mark.parametrize("wanted", ["//evil.test", "https://evil.test/", "/\\evil.test", "/" + "x" * 2000])
def test_the_page_that_was_wanted_is_one_of_ours(wanted, client, connected):
    connected()
    assert enter(client, next_page=wanted).headers["Location"] == "/"


def test_a_key_from_before_the_log_in_opens_nothing_after_it(client, connected):
    connected()
    plant(client, KEY, "planted")
    enter(client)
    assert taken(client, KEY) != "planted"
    assert taken(client, PENDING) is None


@pytest.mark.parametrize("counts", [False, True])
@pytest.mark.parametrize("second", [False, True])
def test_a_second_factor_there_counts_where_the_setting_says_so(second, counts, client, connected, monkeypatch):
    assert Role.AUDITOR in SECOND_FACTOR
    connected(Role.AUDITOR)
    extensions = client.application.extensions
    monkeypatch.setitem(extensions, "oidc", Provider(replace(extensions["oidc"]._given, asks_twice=counts)))
    there = "/" if second and counts else "/account/second-factor"
    assert enter(client, second=second).headers["Location"] == there


def test_an_account_is_connected_by_its_user_and_disconnected(client, session, issuer):
    log_in(client)
    user = id_of(session, Role.COORDINATOR)
    form(client, "/account", "/account/log-in-service/connect", password=WRONG)
    assert said(client) == ["密码不正确。"]
    page = form(client, "/account", "/account/log-in-service/connect", password=PASSWORD)
    there = re.search(r'id="onward" href="([^"]+)"', page.text).group(1).replace("&amp;", "&")
    assert page.headers["Refresh"] == f"0; url={there}"
    assert "prompt=login" in there
    assert come_back(client, at_provider(there, SUBJECT)).headers["Location"] == "/account"
    assert said(client) == [f"关联成功，今后可使用{NAME}登录。"]
    assert SUBJECT in client.get("/account").text

    other = client.application.test_client()
    assert enter(other).headers["Location"] == "/"
    form(client, "/account", "/account/log-in-service/disconnect", password=WRONG)
    assert other.get(ME).status_code == 200
    form(client, "/account", "/account/log-in-service/disconnect", password=PASSWORD)
    assert "已解除关联。" in said(client)
    assert (client.get(ME).status_code, other.get(ME).status_code) == (200, 401)
    assert enter(other).status_code == 401
    told = [act for act in acts(session, user) if act[0].startswith("identity")]
    name = USERS[Role.COORDINATOR]
    assert told == [("identity.connected", name), ("identity.disconnected", name)]


def test_nobody_takes_the_identity_of_somebody_else(client, connected, session):
    connected(Role.PLANNER)
    log_in(client)
    page = form(client, "/account", "/account/log-in-service/connect", password=PASSWORD).text
    there = re.search(r'id="onward" href="([^"]+)"', page).group(1).replace("&amp;", "&")
    assert come_back(client, at_provider(there, SUBJECT)).headers["Location"] == "/account"
    assert said(client) == ["本账号或对方账号已有关联，请先解除。"]
    assert session.scalars(text("SELECT user_id FROM identities")).all() == [id_of(session, Role.PLANNER)]


def test_what_one_session_began_connects_no_other(client, session):
    log_in(client)
    page = form(client, "/account", "/account/log-in-service/connect", password=PASSWORD).text
    there = re.search(r'id="onward" href="([^"]+)"', page).group(1).replace("&amp;", "&")
    begun = taken(client, PENDING)
    plant(client, PENDING, [*begun[:5], begun[5] + 1])
    come_back(client, at_provider(there, SUBJECT))
    assert BEGIN_AGAIN in said(client)[0]
    plant(client, KEY, "gone")
    plant(client, PENDING, begun)
    assert come_back(client, at_provider(there, SUBJECT)).status_code == 401
    assert session.scalar(text("SELECT count(*) FROM identities")) == 0


def test_who_has_no_password_stays_connected(client, connected, session):
    user = connected()
    session.execute(text("UPDATE users SET password_hash = NULL WHERE id = :id"), {"id": user})
    session.commit()
    enter(client)
    form(client, "/account", "/account/log-in-service/disconnect")
    assert "不能解除关联" in said(client)[0]
    assert enter(client.application.test_client()).status_code == 302


def test_a_program_is_never_connected_and_never_let_in(client, connected, session):
    user = connected(Role.PLANNER)
    session.execute(text("UPDATE appointments SET role = 'api_client' WHERE user_id = :id"), {"id": user})
    session.commit()
    assert enter(client).status_code == 401
    with pytest.raises(Exception, match="API client"):
        connected(Role.API_CLIENT, "another")


# --- Without a provider


def test_a_provider_that_is_down_leaves_the_password(app_with, session):
    client = app_with(f"http://127.0.0.1:{free_port()}").test_client()
    for _ in range(2):
        answer = client.get("/login/oidc?next=/rights")
        assert answer.status_code == 503
        assert "身份认证服务暂时无法连接" in answer.text
        assert 'name="next" value="/rights"' in answer.text
    assert log_in(client).status_code == 302
    form(client, "/account", "/account/log-in-service/connect", password=PASSWORD)
    assert "身份认证服务暂时无法连接" in said(client)[0]


def test_a_provider_that_the_server_may_not_contact_is_not_contacted(app_with, issuer, session):
    client = app_with(issuer, outgoing=("https://elsewhere.test",)).test_client()
    assert client.get("/login/oidc").status_code == 503


def test_without_settings_there_is_no_button_and_no_route(app, session):
    client = app.test_client()
    assert "/login/oidc" not in client.get("/login").text
    assert client.get("/login/oidc").status_code == 404
    assert client.get("/login/oidc/return?state=x").status_code == 404
    log_in(client)
    assert "log-in-service" not in client.get("/account").text


def test_the_button_keeps_the_page_that_was_wanted(client):
    page = client.get("/login?next=/rights").text
    assert f'href="/login/oidc?next=/rights">使用{NAME}登录<' in page
    assert 'href="/login/oidc">' in client.get("/login").text


# --- Settings and commands

GOOD = {
    "WANGGE_OIDC_ISSUER": "https://login.test/realms/City",
    "WANGGE_OIDC_CLIENT_ID": "wangge",
    "WANGGE_OIDC_CLIENT_SECRET_FILE": "/nowhere/secret",
}


def test_settings_name_a_provider():
    given = Settings.from_environment(GOOD | {"WANGGE_OIDC_NAME": NAME, "WANGGE_OIDC_SECOND_FACTOR": "1"}).oidc
    assert (given.issuer, given.client_id, str(given.secret_file)) == tuple(GOOD.values())
    assert (given.name, given.asks_twice) == (NAME, True)
    assert not Settings.from_environment(GOOD).oidc.asks_twice
    assert Settings.from_environment({"WANGGE_OIDC_NAME": NAME}).oidc is None
    for local in ("http://127.0.0.1:9000", "http://localhost:9000/x", "http://[::1]:9000"):
        assert Settings.from_environment(GOOD | {"WANGGE_OIDC_ISSUER": local}).oidc.issuer == local


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *((name, "") for name in GOOD),
        *(("WANGGE_OIDC_ISSUER", wrong) for wrong in (
            "http://login.test", "login.test", "https://login.test/?a", "https://login.test/#a", "https://u@login.test",
            "https://", "ftp://login.test", "https://login.test/ x", "http://127.0.0.1.evil.test", "http://localhost@evil.test",
        )),
        ("WANGGE_OIDC_NAME", "x" * 41),
        ("WANGGE_OIDC_NAME", "a\nb"),
        ("WANGGE_OIDC_SECOND_FACTOR", "yes"),
    ],
)  # fmt: skip
def test_a_setting_that_cannot_be_used_is_told_in_a_sentence(name, value):
    with pytest.raises(ValueError, match=f"^{name} must "):
        Settings.from_environment(GOOD | {name: value})


def test_the_start_warns_of_a_provider_that_cannot_be_reached_and_of_a_missing_secret(tmp_path):
    (outgoing, secret) = warnings(Settings.from_environment(GOOD))
    assert "WANGGE_OUTGOING" in outgoing
    assert "WANGGE_OIDC_CLIENT_SECRET_FILE" in secret
    (tmp_path / "secret").write_text("x")
    good = {"WANGGE_OUTGOING": "login.test", "WANGGE_OIDC_CLIENT_SECRET_FILE": str(tmp_path / "secret")}
    assert warnings(Settings.from_environment(GOOD | good)) == []


def test_a_command_connects_and_disconnects_a_user(named):
    environment, database = named
    name = USERS[Role.COORDINATOR]
    without = wangge("user", "connect", name, "--subject", SUBJECT, **environment)
    assert without.returncode == 1
    assert "WANGGE_OIDC_ISSUER" in without.stderr
    done = wangge("user", "connect", name, "--subject", SUBJECT, **environment, **GOOD)
    assert done.returncode == 0, done.stderr
    kept = "SELECT concat(issuer, ' ', subject, ' ', name) FROM identities i JOIN users u ON u.id = i.user_id"
    assert ask(database.owner, kept) == f"{GOOD['WANGGE_OIDC_ISSUER']} {SUBJECT} {name}"
    twice = wangge("user", "connect", USERS[Role.PLANNER], "--subject", SUBJECT, **environment, **GOOD)
    assert (twice.returncode, "connected already" in twice.stderr) == (1, True)
    done = wangge("user", "disconnect", name, **environment, **GOOD)
    assert done.returncode == 0, done.stderr
    assert ask(database.owner, "SELECT count(*) FROM identities") == 0
    assert wangge("user", "disconnect", name, **environment, **GOOD).returncode == 1
