"""Names in all languages, from the loader to the answers of the API."""

import pytest
from alembic import command
from sqlalchemy import create_engine, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.pool import NullPool

from app.imports.loader import load_city
from app.migrate import configuration
from tests.app.places import places
from tests.app.small_city import small_city
from tests.fixtures.town import SEALER

TABLES = {
    "areas": "areas",
    "compounds": "compounds",
    "buildings": "buildings",
    "stations": "stations",
    "road_edges": "roads",
    "waters": "ground",
    "greens": "ground",
    "railways": "ground",
}
NAMES = (("ja", "\\ 南京\t駅"), ("old_name", 'the "old" one'), ("zh-Hant", "{}"))


def with_columns(connection):
    """The tables that have a column `names`."""
    found = connection.scalars(text("SELECT table_name FROM information_schema.columns WHERE column_name = 'names'"))
    return set(found)


def test_the_migration_goes_down_and_up_again(fresh_database):
    config = configuration()
    with fresh_database() as database, create_engine(database.owner, poolclass=NullPool).begin() as connection:
        config.attributes["connection"] = connection
        buildings = connection.scalar(text("SELECT count(*) FROM buildings"))
        command.downgrade(config, "0001")
        assert with_columns(connection) == set()
        command.upgrade(config, "0002")
        assert with_columns(connection) == set(TABLES)
        assert connection.scalar(text("SELECT count(*) FROM buildings WHERE names = '{}'")) == buildings > 0


@pytest.mark.parametrize("table", TABLES)
def test_every_name_arrives_as_it_was_and_a_thing_without_has_none(table, session):
    city = small_city()
    records = getattr(city, table)
    records[0] = records[0]._replace(names=NAMES)
    load_city(session, city, sealer=SEALER)
    rows = session.scalars(text(f"SELECT names FROM {table} WHERE key LIKE '小城:%' ORDER BY id")).all()
    assert rows == [dict(NAMES), *[{}] * (len(records) - 1)]


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("wrong", ["[]", '"南京"', "null"])
def test_names_are_an_object_and_nothing_else(table, wrong, session):
    load_city(session, small_city(), sealer=SEALER)
    with pytest.raises(IntegrityError, match="names_object"), session.begin_nested():
        session.execute(text(f"UPDATE {table} SET names = CAST(:wrong AS jsonb)"), {"wrong": wrong})


@pytest.mark.parametrize("kind", ["area", "compound", "building", "station"])
def test_the_names_are_served_by_id_and_in_the_list(kind, client_as, session):
    own, _ = places(session)
    names = {"ja": "南京駅", "alt_name:en": "NJ"}
    session.execute(
        text(f"""UPDATE {kind}s SET names = '{{"ja": "南京駅", "alt_name:en": "NJ"}}' WHERE id = :id"""),
        {"id": own[kind]},
    )
    session.commit()
    client = client_as("coordinator")
    assert client.get(f"/api/v1/{kind}s/{own[kind]}").json["properties"]["names"] == names
    listed = {
        one["id"]: one["properties"]["names"] for one in client.get(f"/api/v1/{kind}s?limit=1000").json["features"]
    }
    assert listed.pop(own[kind]) == names
    assert {str(others) for others in listed.values()} == {"{}"}
