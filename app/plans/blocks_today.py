"""The blocks as they are now, which grid each is in, and the lock that whoever changes blocks holds."""

from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

LOCK = 0x424C4F43  # "BLOC": blocks are split, merged, or brought into other grids by one at a time

_HOLD = {
    False: text("SELECT pg_advisory_xact_lock(:key)"),
    True: text("SELECT pg_advisory_xact_lock_shared(:key)"),
}
_BLOCKS = text("""
    SELECT id::text AS id, grid_id, community_id FROM blocks WHERE community_id = ANY(:communities) ORDER BY id
""")


class Today(NamedTuple):
    """The grid and the community of each block."""

    blocks: dict[str, int]
    community: dict[str, int]


def hold(session: Session, *, shared: bool = False) -> None:
    """Wait until nobody changes blocks, and keep others from it until the end of the transaction.

    `shared` is for whoever only needs them to stay. Before any plan is locked: nobody waits for somebody who waits.
    """
    session.execute(_HOLD[shared], {"key": LOCK})


def of_today(session: Session, communities: list[int]) -> Today:
    """The blocks of communities."""
    rows = session.execute(_BLOCKS, {"communities": communities}).all()
    return Today({row.id: row.grid_id for row in rows}, {row.id: row.community_id for row in rows})
