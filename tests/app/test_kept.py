"""What a process keeps of the data: no more than it says, and of one moment."""

import gc
import weakref

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session as SqlSession
from sqlalchemy.pool import NullPool

from app.areas.scope import EVERYTHING
from app.days import TODAY_SQL
from app.kept import Kept, stamp_of
from app.response import homes
from app.response.ground import DATASETS, ground_of
from gis.travel import Mode


class Key:
    """A key that somebody made up."""


def refuse():
    raise ValueError("it cannot be made")


def test_nothing_is_kept_of_what_could_not_be_made():
    kept, key = Kept(2), Key()
    with pytest.raises(ValueError, match="it cannot be made"):
        kept.get(key, (), refuse)
    left = weakref.ref(key)
    del key
    gc.collect()
    assert left() is None


def test_what_could_not_be_made_anew_is_made_once_it_can():
    kept = Kept(2)
    assert kept.get("key", (("old",),), lambda: 1) == 1
    with pytest.raises(ValueError, match="it cannot be made"):
        kept.get("key", (("new",),), refuse)
    assert kept.get("key", (("old",),), refuse) == 1
    assert kept.get("key", (("new",),), lambda: 2) == 2


def test_homes_behind_a_door_that_is_newer_than_the_doors_are_not_counted_behind_another(session):
    """The register may change between two of the reads that a ground is made of."""
    district = session.scalar(text("SELECT id FROM areas WHERE level = 'district'"))
    doors = ground_of(session, EVERYTHING, district, Mode.FOOT, stamp_of(session, *DATASETS)).homes.doors

    def counted():
        rows = homes._load_households(session, district, doors), homes._load_flags(session, EVERYTHING, district, doors)
        return [(row.door.tolist(), row.count.tolist()) for row in rows]

    before = counted()
    door = session.scalar(
        text("""
            INSERT INTO entrances (key, building_id, label, geom)
            SELECT 'new', building_id, 'new', geom FROM entrances ORDER BY id LIMIT 1 RETURNING id
        """)
    )
    place = session.scalar(
        text("INSERT INTO dwellings (key, entrance_id, floor, number) VALUES ('new', :door, 3, '301') RETURNING id"),
        {"door": door},
    )
    home = session.scalar(
        text("INSERT INTO households (dwelling_id, size) VALUES (:place, 2) RETURNING id"), {"place": place}
    )
    session.execute(text("INSERT INTO flags (household_id, kind) VALUES (:home, 'infant')"), {"home": home})
    assert counted() == before


def test_what_changes_between_the_stamp_and_the_reading_is_made_anew_for_the_next_question(fresh_database):
    """The stamp is read before the data, so that nothing is kept under a stamp that is newer than itself."""
    with fresh_database() as database:
        engine = create_engine(database.owner, poolclass=NullPool)
        with SqlSession(engine) as asks, SqlSession(engine) as changes:
            district = asks.scalar(text("SELECT id FROM areas WHERE level = 'district'"))
            stamp = stamp_of(asks, *DATASETS)
            doors = homes.homes_of(asks, EVERYTHING, district, Mode.FOOT, stamp).doors
            changes.execute(text(f"UPDATE flags SET expires_on = {TODAY_SQL} - 1"))
            changes.commit()
            homes._flags.forget(lambda _: True)
            mixed = homes.homes_of(asks, EVERYTHING, district, Mode.FOOT, stamp)
            assert mixed.doors is doors
            assert not mixed.flags.count.sum()
            changes.execute(text(f"UPDATE flags SET expires_on = {TODAY_SQL}"))
            changes.commit()
            later = stamp_of(asks, *DATASETS)
            assert later != stamp
            assert homes.homes_of(asks, EVERYTHING, district, Mode.FOOT, later).flags.count.sum()
        engine.dispose()
