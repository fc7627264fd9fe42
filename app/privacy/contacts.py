"""The one place where this slice reads whom to ask for at a household, so that how it is kept is known here only."""

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from sqlalchemy import RowMapping, text
from sqlalchemy.orm import Session

Unseal: TypeAlias = Callable[[str], str]
"""What makes a phone, as the table holds it, readable."""

SHOWN = (3, 4)  # digits of a phone that stay readable at its beginning and at its end


class Contact(NamedTuple):
    """A name and a phone, masked or not."""

    name: str
    phone: str


def contact(row: RowMapping, unseal: Unseal, *, unmasked: bool) -> Contact:
    """The contact in a row with `contact_name` and `contact_phone`: 张* and 138****5678 unless it is unmasked."""
    name, phone = row["contact_name"], unseal(row["contact_phone"])
    return Contact(name, phone) if unmasked else Contact(mask_name(name), mask_phone(phone))


def mask_name(name: str) -> str:
    """The family name and a star: 张*."""
    return f"{name[:1]}*" if name else ""


def mask_phone(phone: str) -> str:
    """The first three and the last four digits: 138****5678; stars only where that would tell nearly all of it."""
    head, tail = SHOWN
    if len(phone) <= head + tail:
        return "*" * len(phone)
    return phone[:head] + "*" * (len(phone) - head - tail) + phone[-tail:]


def forget(session: Session, household_id: int) -> None:
    """Leave nobody's name and phone at the household."""
    empty = text("UPDATE households SET contact_name = '', contact_phone = '' WHERE id = :id")
    session.execute(empty, {"id": household_id})
