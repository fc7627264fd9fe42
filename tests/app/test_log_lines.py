"""The server's log: who was refused, when, and no line of a stranger's making."""

import logging
import re

import pytest

from app.log_lines import Lines
from tests.app.test_accounts import log_in

FORGED = "/static/x\n2026-05-01T08:00:00Z WARNING app: all is well\x1b[2K\u2028\r"


def entry(message, *arguments, **more):
    return Lines().format(logging.LogRecord("app", logging.WARNING, "", 0, message, arguments, None, **more))


def test_an_entry_begins_with_its_instant_in_utc():
    assert re.match(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ WARNING app: all is well$", entry("all is %s", "well"))


def test_what_a_request_brings_begins_no_line():
    lines = entry("unexpected error at %s", FORGED).split("\n")
    assert [line for line in lines if re.match("20", line)] == lines[:1]
    assert not re.search("[\x1b\r\u2028]", "".join(lines))


def test_a_trace_stays_readable_below_its_entry():
    record = logging.LogRecord("app", logging.ERROR, "", 0, "unexpected", (), None)
    record.exc_text = 'Traceback\n  File "x.py", line 1\nValueError: \n2026 forged'
    assert Lines().format(record).split("\n")[1:] == [
        "\tTraceback", '\t  File "x.py", line 1', "\tValueError: ", "\t2026 forged",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("role", "url", "told"),
    [
        ("planner", "/api/v1/users", "refused 403 forbidden: user {id}, GET people.list_people"),
        ("grid_worker", "/api/v1/audit", "refused 403 forbidden: user {id}, GET audit.rows"),
        ("api_client", "/account", "refused 403 forbidden: user {id}, GET desk.account"),
    ],
)
def test_who_is_refused_a_route_is_told_by_number(role, url, told, client_as, caplog):
    client = client_as(role)
    number = client.get("/api/v1/me").json["id"]
    caplog.clear()
    assert client.get(url).status_code == 403
    assert caplog.messages == [told.format(id=number)]


def test_a_bad_token_is_told_without_the_token(client, caplog):
    assert client.get("/api/v1/me", headers={"Authorization": "Bearer wg_secret"}).status_code == 401
    assert caplog.messages == ["refused 401 unauthorised: nobody, GET accounts.me"]


def test_a_page_whose_session_is_over_fills_no_log(client, caplog):
    assert client.get("/api/v1/versions").status_code == 401
    assert caplog.messages == []


def test_a_write_from_elsewhere_is_told(client_as, caplog):
    client = client_as("coordinator")
    del client.environ_base["HTTP_X_CSRFTOKEN"]
    assert client.post("/account/sessions/end").status_code == 400
    assert re.match(r"refused 400 csrf: user \d+, POST account.end_sessions", caplog.messages[-1])


def test_attempts_that_have_to_wait_are_told_without_a_name(client, caplog):
    for _ in range(4):
        log_in(client, "somebody", "wrong wrong wrong")
    assert re.match(r"an attempt to log in waits \d+ s; its subject is [0-9a-f]{12}$", caplog.messages[-1])
    assert "somebody" not in caplog.text
