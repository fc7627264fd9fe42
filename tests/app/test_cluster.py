"""The private cluster: made, started, stopped, killed, and started again."""
from sqlalchemy import text


def test_the_session_sees_a_migrated_database(session):
    assert session.scalar(text("select count(*) from data_versions")) == 9
