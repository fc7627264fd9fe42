"""The one place where this slice reads and empties whom to call in a household: only here is known how it is kept."""

from typing import NamedTuple

from sqlalchemy import RowMapping, text
from sqlalchemy.orm import Session

from app.register.phones import masked_contact
from app.sealing import Sealer


class Contact(NamedTuple):
    """A name and a phone, masked or not."""

    name: str
    phone: str


def contact(row: RowMapping, sealer: Sealer, *, unmasked: bool) -> Contact:
    """The contact in a row with `contact_name` and the sealed `contact_phone`: masked unless it is `unmasked`."""
    name, sealed = row["contact_name"], row["contact_phone"]
    return Contact(name, sealer.unseal(sealed)) if unmasked else Contact(**masked_contact(sealer, name, sealed))


def forget(session: Session, household_id: int) -> None:
    """Leave nobody's name and phone at the household, nor the hash by which the phone is found."""
    empty = text("UPDATE households SET contact_name = '', contact_phone = '', contact_phone_tail = '' WHERE id = :id")
    session.execute(empty, {"id": household_id})
