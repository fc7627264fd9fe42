"""By which names the server is called, which proxies it believes, and what it says of settings that leave it open."""

import pytest
from flask import jsonify, request
from werkzeug.test import Client

from app import create_app
from app.cluster.database import text_of
from app.db import Session
from app.hosts import Gate
from app.security import public
from app.serve import Server, warnings
from app.settings import Settings

SPOOFED = {
    "X-Forwarded-For": "203.0.113.9, 198.51.100.7",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Prefix": "/evil",
    "X-Real-IP": "203.0.113.9",
    "Forwarded": "for=203.0.113.9;host=evil.example",
}


@public
def seen():
    """What the application takes the request for."""
    return jsonify({"url": request.url_root, "from": request.remote_addr, "path": request.script_root})


@pytest.fixture
def site(database, engine, session, tmp_path):
    """`site(proxies=1)` is a visitor of an application with these settings; its names are localhost and wangge.test."""
    made = []

    def make(**settings):
        settings = {"home": tmp_path, "hosts": ("localhost", "wangge.test:8443"), **settings}
        bound = Session.kw["bind"]
        made.append(create_app(Settings(**settings), database_url=text_of(database.owner), secret_key="k" * 32))
        Session.configure(bind=bound)
        made[-1].add_url_rule("/seen", view_func=seen)
        return made[-1].test_client()

    yield make
    for app in made:
        app.extensions["engine"].dispose()


@pytest.mark.parametrize("name", ["localhost", "LOCALHOST", "localhost:9999", "wangge.test:8443"])
def test_a_request_for_one_of_our_names_is_answered(name, site):
    assert site().get("/api/v1/health", headers={"Host": name}).status_code == 200


@pytest.mark.parametrize(
    "name",
    [
        *(
            "evil.example",
            "localhost.evil.example",
            "evil.example:8443",
            "wangge.test",
            "wangge.test:8444",
            "localhost.",
        ),
        *("localhost@evil.example", "localhost:80@evil.example", "localhost:x", "localhost/..", "", "a b", "<b>", "é"),
    ],
)
def test_a_request_for_another_name_is_refused_in_a_sentence(name, site):
    visitor = site()
    answer = visitor.get("/api/v1/health", headers={"Host": name})
    assert (answer.status_code, answer.json["error"]["field"]) == (400, "Host")
    assert "WANGGE_HOSTS" in answer.json["error"]["message"]
    page = visitor.get("/login", headers={"Host": name, "Accept": "text/html", "Accept-Language": "zh"})
    assert (page.status_code, page.mimetype) == (400, "text/html")
    assert "WANGGE_HOSTS" in page.text
    assert "名称" in page.text
    assert name == "" or name not in page.text
    with visitor.get("/static/css/tokens.css", headers={"Host": name}) as style:
        assert style.status_code == 200


def test_where_no_name_is_set_the_address_and_this_machine_are_the_names():
    settings = Settings.from_environment({"WANGGE_HOST": "10.0.0.7", "WANGGE_PORT": "8100"})
    gate = Gate(lambda _environ, _start: [], settings)
    for name, known in {
        "10.0.0.7:8100": True,
        "localhost:8100": True,
        "127.0.0.1:8100": True,
        "10.0.0.7": False,
        "localhost:8000": False,
    }.items():
        environ = {"HTTP_HOST": name}
        gate(environ, None)
        assert (environ["HTTP_HOST"] == name) is known, name


def test_the_usual_port_is_left_out_as_browsers_do():
    environ = {"HTTP_HOST": "[::1]"}
    Gate(lambda _environ, _start: [], Settings.from_environment({"WANGGE_HOST": "::1", "WANGGE_PORT": "80"}))(
        environ, None
    )
    assert environ == {"HTTP_HOST": "[::1]"}


def test_without_a_proxy_nothing_that_is_forwarded_is_believed(site):
    answer = site().get("/seen", headers=SPOOFED)
    assert answer.json == {"url": "http://localhost/", "from": "127.0.0.1", "path": ""}


def test_of_one_proxy_the_last_address_is_believed_and_no_prefix(site):
    answer = site(proxies=1).get("/seen", headers=SPOOFED | {"X-Forwarded-Host": "evil.example, wangge.test:8443"})
    assert answer.json == {"url": "https://wangge.test:8443/", "from": "198.51.100.7", "path": ""}


def test_of_two_proxies_the_second_last_address_is_believed(site):
    answer = site(proxies=2).get("/seen", headers=SPOOFED | {"X-Forwarded-Host": "localhost, inner"})
    assert answer.json["from"] == "203.0.113.9"


def test_a_forwarded_name_that_is_not_ours_is_refused(site):
    assert site(proxies=1).get("/api/v1/health", headers=SPOOFED).status_code == 400


def test_behind_tls_cookies_are_secure_and_browsers_are_told_to_stay(site):
    answer = site(https=True).get("/login?lang=en", base_url="https://localhost")
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-wangge_8000=")
    for word in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
        assert word in cookie.split("; ")
    assert "Domain" not in cookie
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"


def test_behind_tls_the_scheme_is_https_whatever_is_forwarded(site):
    answer = site(https=True, proxies=1).get("/seen", headers={"X-Forwarded-Proto": "http"})
    assert answer.json["url"] == "https://localhost/"


def test_without_tls_no_browser_is_told_to_come_by_it(site):
    answer = site().get("/login?lang=en")
    assert "Strict-Transport-Security" not in answer.headers
    assert "Secure" not in answer.headers["Set-Cookie"]


def test_the_description_names_the_cookie_of_this_server(site):
    spec = site(https=True, port=8123).get("/api/v1/openapi.json", base_url="https://localhost").json
    assert spec["components"]["securitySchemes"]["session"]["name"] == "__Host-wangge_8123"


def test_the_server_itself_believes_nothing_that_is_forwarded(database, tmp_path):
    options = Server(Settings(home=tmp_path), database, lambda: None).cfg
    assert (options.secure_scheme_headers, options.forwarder_headers) == ({}, [])


def test_a_server_for_this_machine_only_is_not_warned_of():
    for host in ("127.0.0.1", "::1", "localhost", "127.0.1.1"):
        assert warnings(Settings.from_environment({"WANGGE_HOST": host})) == []


def test_a_server_for_others_without_tls_and_names_is_warned_of():
    (without_tls, without_names) = warnings(Settings.from_environment({"WANGGE_HOST": "10.0.0.7"}))
    assert "WANGGE_HTTPS=1" in without_tls
    assert "WANGGE_HOSTS" in without_names
    good = {"WANGGE_HOST": "10.0.0.7", "WANGGE_HTTPS": "1", "WANGGE_PROXIES": "1", "WANGGE_HOSTS": "wangge.test"}
    assert warnings(Settings.from_environment(good)) == []
    (without_proxy,) = warnings(Settings.from_environment({"WANGGE_HTTPS": "1"}))
    assert "WANGGE_PROXIES" in without_proxy


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("WANGGE_HOSTS", wrong) for wrong in ("https://wangge.test", "wangge.test/", "*", "a b", "wangge.test:0")),
        *(("WANGGE_PROXIES", wrong) for wrong in ("-1", "11", "yes", "1.0")),
        *(("WANGGE_HTTPS", wrong) for wrong in ("2", "true")),
        *(("WANGGE_OUTGOING", wrong) for wrong in ("ftp://hooks.test", "hooks.test/path", "user@hooks.test", "*")),
    ],
)
def test_a_setting_that_cannot_be_used_is_told_in_a_sentence(name, value):
    with pytest.raises(ValueError, match=f"^{name} must "):
        Settings.from_environment({name: value})


def test_lists_in_settings_may_have_spaces_and_capitals():
    settings = Settings.from_environment({"WANGGE_HOSTS": " Wangge.Test , 10.0.0.7:8443,", "WANGGE_HTTPS": "1"})
    assert settings.hosts == ("wangge.test", "10.0.0.7:8443")
    assert settings.url == "https://wangge.test"


def test_an_empty_variable_is_no_setting(tmp_path):
    named = ("HOSTS", "PROXIES", "HTTPS", "OUTGOING", "HOST", "PORT", "DATABASE_URL")
    settings = Settings.from_environment({"WANGGE_HOME": str(tmp_path), **{f"WANGGE_{name}": "" for name in named}})
    assert settings == Settings(home=tmp_path)


def test_a_request_without_a_name_is_one_for_our_address():
    def inner(environ, start):
        start("200 OK", [])
        return [environ["HTTP_HOST"].encode()] if "HTTP_HOST" in environ else [b"none"]

    gate = Gate(inner, Settings.from_environment({}))
    assert Client(gate).get("/", headers={}, base_url="http://127.0.0.1:8000").text == "127.0.0.1:8000"
    assert list(gate({}, lambda _status, _headers: None)) == [b"none"]
