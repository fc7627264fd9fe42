"""The suite's own ground: a town, four people, a server that is a process of its own, and a watched browser."""

from sqlalchemy import text


def test_every_role_is_known_by_its_session(client_as):
    for role in ("grid_worker", "coordinator", "planner", "administrator"):
        assert client_as(role).get("/api/v1/me").json["role"] == role


def test_a_change_is_rolled_back_and_seen_by_the_application_until_then(session, client_as):
    session.execute(text("UPDATE users SET display_name = 'changed' WHERE name = 'test-planner'"))
    assert client_as("planner").get("/api/v1/me").json["display_name"] == "changed"


def test_the_change_of_the_test_before_is_gone(session):
    assert session.scalar(text("SELECT count(*) FROM users WHERE display_name = 'changed'")) == 0
