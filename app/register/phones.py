"""Phones at rest: sealed, and found by a keyed hash of their last four digits."""

from typing import NamedTuple

from app.errors import Unavailable
from app.register.masking import MIDDLE, dialled, mask_name, mask_phone
from app.sealing import Sealer

TAIL_DIGITS = 4


class SealedPhone(NamedTuple):
    """What the database holds of a phone."""

    sealed: str
    tail: str  # the keyed hash of its last four digits; empty where it has fewer


def seal_phone(sealer: Sealer, phone: str) -> SealedPhone:
    """The phone as it is stored; both parts empty for none."""
    digits = dialled(phone).removeprefix("+")[-TAIL_DIGITS:]
    return SealedPhone(sealer.seal(phone), tail_hash(sealer, digits) if len(digits) == TAIL_DIGITS else "")


def tail_hash(sealer: Sealer, digits: str) -> str:
    """What the phones that end in these four digits are found by."""
    return sealer.keyed_hash(f"phone tail {digits}")


def masked_contact(sealer: Sealer, name: str, sealed_phone: str) -> dict[str, str]:
    """The name and the phone of a household as everybody sees them who sees the household."""
    try:
        phone = mask_phone(sealer.unseal(sealed_phone))
    except Unavailable:  # the key is lost: the building is shown all the same
        phone = MIDDLE
    return {"name": mask_name(name), "phone": phone}
