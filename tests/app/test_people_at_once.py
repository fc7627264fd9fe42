"""Two people who change users and posts at the same moment, on connections of their own; users of an older version."""

from threading import Thread

import pytest
from alembic import command
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session as SqlSession

from app.accounts import people, posts, queries, service
from app.accounts.models import Role
from app.errors import DomainError
from app.migrate import configuration
from tests.app.people import id_of, post_of
from tests.fixtures.town import PASSWORD, USERS


def meanwhile(database, first, second):
    """What comes of `second`, begun while `first` is done and not committed; it goes on when `first` is committed."""
    engine, outcome = create_engine(database.owner), []
    stuck = text("SELECT count(*) FROM pg_locks WHERE NOT granted")

    def run():
        with SqlSession(engine) as own:
            try:
                second(own)
                own.commit()
                outcome.append("done")
            except DomainError as error:
                outcome.append(type(error).__name__)

    with SqlSession(engine) as own:
        first(own)
        own.flush()
        thread = Thread(target=run)
        thread.start()
        while thread.is_alive() and not own.scalar(stuck):
            thread.join(0.01)
        own.commit()
    thread.join()
    engine.dispose()
    return outcome[0]


@pytest.fixture
def two(fresh_database):
    """`two(role)`: a database of its own, and two users with the role over the district, as (identity, post)."""
    with fresh_database() as database:
        engine = create_engine(database.owner)

        def make(role):
            with SqlSession(engine) as own, own.begin():
                district = own.scalar(text("SELECT code FROM areas WHERE level = 'district'"))
                service.add_user(own, name="second-one", role=role, area_code=district, password=PASSWORD)
            with SqlSession(engine) as own:
                holders = [queries.by_name(own, name)[0] for name in (USERS[Role(role)], "second-one")]
                return database, [(who, post_of(own, who.id)) for who in holders]

        yield make
        engine.dispose()


def test_two_officers_who_end_each_other_at_once_leave_one(two):
    database, ((one, first), (other, second)) = two("security_officer")
    said = meanwhile(
        database,
        lambda own: posts.end(own, one, other.id, second),
        lambda own: posts.end(own, other, one.id, first),
    )
    assert said == "Conflict"


def test_two_administrators_who_disable_each_other_at_once_leave_one(two):
    database, ((one, _), (other, _)) = two("administrator")
    said = meanwhile(
        database, lambda own: people.disable(own, one, other.id), lambda own: people.disable(own, other, one.id)
    )
    assert said == "Conflict"


def test_of_two_who_end_the_same_post_at_once_one_is_told_to_look_again(two):
    database, ((one, _), (other, _)) = two("security_officer")
    engine = create_engine(database.owner)
    with SqlSession(engine) as own:
        worker = id_of(own, "grid_worker")
        held = post_of(own, worker)
    ends = [lambda own, who=who: posts.end(own, who, worker, held) for who in (one, other)]
    assert meanwhile(database, *ends) == "Conflict"
    with SqlSession(engine) as own:
        assert own.scalar(text("SELECT count(*) FROM audit WHERE act = 'post.ended'")) == 1
    engine.dispose()


def test_of_two_roles_kept_apart_that_are_granted_at_once_one_is_refused(two):
    database, ((one, _), (other, _)) = two("security_officer")
    engine = create_engine(database.owner)
    with SqlSession(engine) as own, own.begin():
        district = own.scalar(text("SELECT code FROM areas WHERE level = 'district'"))
        user = people.add(own, None, name="new-one", display_name="New", area_code=district)[0].id
    engine.dispose()
    grants = [
        lambda own, who=who, role=role: posts.grant(own, who, user, role, area=district)
        for who, role in ((one, "auditor"), (other, "planner"))
    ]
    assert meanwhile(database, *grants) == "Conflict"


def test_who_is_disabled_at_this_moment_is_granted_nothing(two):
    database, ((one, _), _) = two("security_officer")
    engine = create_engine(database.owner)
    with SqlSession(engine) as own:
        worker, district = (
            id_of(own, "grid_worker"),
            own.scalar(text("SELECT code FROM areas WHERE level = 'district'")),
        )
    engine.dispose()
    said = meanwhile(
        database,
        lambda own: people.disable(own, None, worker),
        lambda own: posts.grant(own, one, worker, "planner", area=district),
    )
    assert said == "Conflict"


def test_of_two_people_of_the_same_name_added_at_once_one_is_refused(two):
    database, ((one, _), (other, _)) = two("administrator")
    engine = create_engine(database.owner)
    with SqlSession(engine) as own:
        district = own.scalar(text("SELECT code FROM areas WHERE level = 'district'"))
    engine.dispose()
    adds = [
        lambda own, who=who: people.add(own, who, name="new-one", display_name="New", area_code=district)
        for who in (one, other)
    ]
    assert meanwhile(database, *adds) == "Conflict"


def test_users_of_before_belong_where_their_first_post_was(fresh_database):
    with fresh_database() as database:
        engine = create_engine(database.owner)

        def homes(connection):
            return dict(connection.execute(text("SELECT name, home_area_id FROM users")).all())

        with engine.begin() as connection:
            before = homes(connection)
            config = configuration()
            config.attributes["connection"] = connection
            command.downgrade(config, "0006-1")
            command.upgrade(config, "head")
            assert homes(connection) == before
        engine.dispose()
    assert None not in before.values()
