"""One database, one report and the networks, for all benchmarks of a run."""

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from app.migrate import migrate
from app.register.sealed_phones import seal_plain_phones
from tests.benchmarks.report import Report
from tests.benchmarks.towns import cities, load, million
from tests.fixtures.town import SEALER


@pytest.fixture(scope="session")
def report():
    """The report, written when the run ends."""
    made = Report()
    yield made
    if made.rows:
        made.write()


@pytest.fixture(scope="session")
def store(server, worker_id):
    """A database with pgRouting and the tables of Wangge."""
    database = server.empty(f"{worker_id}_bench")
    administration = create_engine(database.admin)
    with administration.begin() as connection:
        if not connection.scalar(text("SELECT count(*) FROM pg_available_extensions WHERE name = 'pgrouting'")):
            pytest.skip("pgRouting is not among this server's extensions")
        connection.execute(text("CREATE EXTENSION IF NOT EXISTS pgrouting"))
    administration.dispose()
    migrate(database.owner)
    seal_plain_phones(database.owner, SEALER)
    yield database
    server.drop(database)


@pytest.fixture(scope="session")
def session(store):
    """A session of the owner."""
    engine = create_engine(store.owner)
    with Session(engine) as made:
        yield made
    engine.dispose()


@pytest.fixture(scope="session")
def towns(session, report):
    """The demo and the real towns by name."""
    made = {name: load(session, name, city) for name, city in cities(report)}
    session.commit()  # a VACUUM waits for whoever has read
    return made


@pytest.fixture(scope="session")
def big():
    """The city of a million junctions."""
    return million()
