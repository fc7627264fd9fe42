"""The delay between failed log-ins: it grows, holds over workers, and cannot be turned against the owner."""

import re

import pytest
from sqlalchemy import event, text

from app.accounts import passwords, throttle
from app.accounts.models import Role
from app.accounts.throttle import ACCOUNT, ADDRESS, OWN, Guess
from app.errors import TooMany
from tests.app.test_accounts import log_in
from tests.fixtures.town import PASSWORD, USERS

COORDINATOR = USERS[Role.COORDINATOR]


@pytest.fixture
def quick(monkeypatch):
    """Hashes that cost nothing: only one password is right."""
    monkeypatch.setattr(passwords, "matches", lambda password, known: known is not None and password == PASSWORD)


@pytest.fixture
def try_at(app, session, quick):
    """`try_at(address)` tries the coordinator's password from a new browser; the status of the answer."""

    def attempt(address, password="wrong", name=COORDINATOR, client=None):  # noqa: S107
        client = client or app.test_client()
        client.environ_base["REMOTE_ADDR"] = address
        return log_in(client, name, password).status_code

    return attempt


def later(session, seconds):
    """Let time pass for all that is counted."""
    session.execute(text("UPDATE attempts SET last_at = last_at - make_interval(secs => :s)"), {"s": seconds})
    session.commit()


def test_three_failures_are_free_then_the_wait_doubles():
    assert [OWN.delay(failures) for failures in range(12)] == [0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert ACCOUNT[Guess.PASSWORD].delay(10**6) <= 5  # strangers can never make it more
    assert ADDRESS.delay(29) == 0


def test_the_fourth_attempt_waits_and_the_right_password_waits_too(try_at, session):
    assert [try_at("10.0.0.1") for _ in range(4)] == [401, 401, 401, 429]
    assert try_at("10.0.0.1", PASSWORD) == 429
    assert try_at("10.0.0.2", PASSWORD) == 302
    later(session, 1)
    assert try_at("10.0.0.1", PASSWORD) == 302
    assert [try_at("10.0.0.1") for _ in range(3)] == [401, 401, 401]  # all is forgiven


def test_the_page_says_how_long_to_wait(client, quick):
    for _ in range(3):
        log_in(client, COORDINATOR, "wrong")
    assert "请等待 1 秒" in re.sub(r"\s+", " ", log_in(client).text)


def test_what_is_refused_while_waiting_does_not_lengthen_the_wait(try_at, session):
    for _ in range(10):
        try_at("10.0.0.1")
    assert session.scalar(text("SELECT max(failures) FROM attempts")) == 3


def test_strangers_all_over_the_world_cost_the_owner_a_few_seconds_at_most(try_at, session):
    for number in range(40):
        try_at(f"10.0.1.{number}")
    assert try_at("10.0.0.1", PASSWORD) == 429
    later(session, 5)
    assert try_at("10.0.0.1", PASSWORD) == 302


def test_the_owners_own_browser_does_not_wait_for_strangers_even_at_its_address(app, try_at):
    known = app.test_client()
    assert try_at("10.0.0.1", PASSWORD, client=known) == 302
    known.delete_cookie(app.config["SESSION_COOKIE_NAME"])
    for number in range(40):
        try_at(f"10.0.1.{number}")
    for _ in range(40):
        try_at("10.0.0.1")
    assert try_at("10.0.0.1", PASSWORD) == 429
    assert try_at("10.0.0.1", PASSWORD, client=known) == 302


def test_a_known_browser_waits_for_its_own_failures(app, try_at):
    known = app.test_client()
    try_at("10.0.0.1", PASSWORD, client=known)
    known.delete_cookie(app.config["SESSION_COOKIE_NAME"])
    assert [try_at("10.0.0.1", client=known) for _ in range(4)] == [401, 401, 401, 429]
    assert try_at("10.0.0.1", name=USERS[Role.PLANNER], client=known) == 401  # for that account it is a stranger


def test_a_forged_cookie_makes_no_browser_known(app, try_at):
    for value in ("", "nonsense", "WyJ4IiwgW11d.aaaa.bbbb"):
        client = app.test_client()
        client.set_cookie(f"{app.config['SESSION_COOKIE_NAME']}_device", value)
        assert try_at("10.0.0.1", client=client) == 401


def test_an_address_that_tries_many_accounts_waits(try_at):
    answers = [try_at("10.0.0.9", name=f"user-{number}") for number in range(31)]
    assert answers == [401] * 30 + [429]
    assert try_at("10.0.0.8", name="user-31") == 401


def test_names_that_do_not_exist_wait_just_the_same(try_at):
    assert [try_at("10.0.0.1", name="nobody") for _ in range(4)] == [401, 401, 401, 429]


def test_an_unknown_name_costs_the_same_queries_and_hashes_as_a_known_one(client, session, monkeypatch):
    hashes, statements = [], []
    right = passwords._hasher.verify
    passwords.matches("warm up", None)

    class Counting:
        def verify(self, *given):
            hashes.append(given)
            return right(*given)

    monkeypatch.setattr(passwords, "_hasher", Counting())
    event.listen(session.get_bind(), "before_cursor_execute", lambda *given: statements.append(given[2]))
    counted = []
    for name in (COORDINATOR, "nobody", USERS[Role.API_CLIENT], "x" * 300):
        hashes.clear()
        statements.clear()
        assert log_in(client, name, "wrong").status_code == 401
        counted.append((len(hashes), [re.sub(r"\d+", "", one) for one in statements if "SAVEPOINT" not in one]))
    assert counted[0][0] == 1
    assert all(one == counted[0] for one in counted)


def test_an_hour_later_all_is_forgotten_and_the_rows_are_gone(try_at, session):
    for _ in range(3):
        try_at("10.0.0.1")
    later(session, 3601)
    assert try_at("10.0.0.2") == 401
    assert session.scalar(text("SELECT count(*) FROM attempts")) == 3
    assert [try_at("10.0.0.1") for _ in range(3)] == [401, 401, 401]


def test_no_address_and_no_name_is_kept(try_at, session):
    try_at("10.99.0.1")
    rows = str(session.execute(text("SELECT * FROM attempts")).all())
    assert "10.99" not in rows
    assert COORDINATOR not in rows


def test_many_attempts_at_once_are_no_more_than_one_by_one(app, session):
    with app.test_request_context(environ_base={"REMOTE_ADDR": "10.0.0.1"}):
        tried = throttle.attempt(Guess.PASSWORD, COORDINATOR)
        for _ in range(3):
            throttle.begin(session, tried)  # none of them has ended
        with pytest.raises(TooMany) as refused:
            throttle.begin(session, tried)
    assert refused.value.extra == {"retry_after": 1}


def test_two_workers_share_the_count(app, fresh_database):
    from sqlalchemy import create_engine
    from sqlalchemy.orm import Session
    from sqlalchemy.pool import NullPool

    with fresh_database() as database, app.test_request_context(environ_base={"REMOTE_ADDR": "10.0.0.1"}):
        tried = throttle.attempt(Guess.PASSWORD, COORDINATOR)
        workers = [create_engine(database.owner, poolclass=NullPool) for _ in range(2)]
        for worker in (0, 1, 0):
            with Session(workers[worker]) as session, session.begin():
                throttle.begin(session, tried)
        with Session(workers[1]) as session, pytest.raises(TooMany):
            throttle.begin(session, tried)
