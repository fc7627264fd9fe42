"""Sealing the phones that are stored plain: what a migration leaves behind, for it has no key."""

from sqlalchemy import URL, Connection, create_engine, text
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from app.register.phones import seal_phone
from app.sealing import FORM, Sealer, hold_keys

BATCH = 5000  # phones sealed at once

_SEALED = text("SELECT convalidated FROM pg_constraint WHERE conname = 'ck_households_contact_phone_sealed'")
_PLAIN = text("""
    SELECT id, contact_phone FROM households WHERE contact_phone <> '' AND contact_phone !~ :form
    ORDER BY id LIMIT :batch FOR UPDATE
""")
_SEAL = text("""
    UPDATE households h SET contact_phone = s.sealed, contact_phone_tail = s.tail
    FROM unnest(CAST(:ids AS int[]), CAST(:sealed AS text[]), CAST(:tails AS text[])) AS s(id, sealed, tail)
    WHERE h.id = s.id
""")
_VALIDATE = text("ALTER TABLE households VALIDATE CONSTRAINT ck_households_contact_phone_sealed")


def seal_plain_phones(url: URL, sealer: Sealer) -> int:
    """How many phones were plain; all are sealed now, and the database vouches for it. `url` is the owner's."""
    with create_engine(url, poolclass=NullPool).begin() as connection:
        if _vouched(connection):
            return 0
        with Session(connection) as session:
            hold_keys(session)
            count = 0
            while done := _seal_some(session, sealer):
                count += done
            session.execute(_VALIDATE)
    return count


def are_sealed(url: URL) -> bool:
    """Whether the database vouches that no phone is plain."""
    with create_engine(url, poolclass=NullPool).connect() as connection:
        return _vouched(connection)


def _vouched(connection: Connection) -> bool:
    return bool(connection.scalar(_SEALED))


def _seal_some(session: Session, sealer: Sealer) -> int:
    rows = session.execute(_PLAIN, {"form": FORM, "batch": BATCH}).all()
    phones = [seal_phone(sealer, row.contact_phone) for row in rows]
    if rows:
        session.execute(
            _SEAL,
            {
                "ids": [row.id for row in rows],
                "sealed": [phone.sealed for phone in phones],
                "tails": [phone.tail for phone in phones],
            },
        )
    return len(rows)
