"""The blocks as they are now, which grid each is in, and the lock that whoever changes blocks holds."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from gis.plan import NO_GRID

LOCK = 0x424C4F43  # "BLOC": blocks are split, merged, or brought into other grids by one at a time

_HOLD = {
    False: text("SELECT pg_advisory_xact_lock(:key)"),
    True: text("SELECT pg_advisory_xact_lock_shared(:key)"),
}
_BLOCKS = text("""
    SELECT id::text AS id, grid_id, community_id FROM blocks WHERE community_id = ANY(:communities) ORDER BY id
""")

_ANCESTORS = text("""
    WITH RECURSIVE up AS (
        SELECT child_id AS block, parent_id AS ancestor FROM block_parents WHERE child_id = ANY(:ids)
        UNION SELECT up.block, p.parent_id FROM up JOIN block_parents p ON p.child_id = up.ancestor)
    SELECT block::text, array_agg(ancestor::text ORDER BY ancestor) AS ancestors FROM up GROUP BY block
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


def carried(session: Session, blocks: Mapping[str, int], today: Iterable[str]) -> dict[str, int]:
    """The grid of each block of today in an old plan; where blocks were split or merged since, that of their parents.

    A block that the plan knows nothing of, or whose parents it has in different grids, is in none.
    """
    now = list(today)
    strange = [int(block) for block in now if block not in blocks]
    rows = session.execute(_ANCESTORS, {"ids": strange}) if strange else ()
    ancestors = {row.block: {blocks[one] for one in row.ancestors if one in blocks} for row in rows}

    def grid(block: str) -> int:
        found = {blocks[block]} if block in blocks else ancestors.get(block, set())
        return next(iter(found)) if len(found) == 1 else NO_GRID

    return {block: grid(block) for block in now}


def levels_carried(
    levels: Mapping[str, Any] | None, before: Mapping[str, int], after: Mapping[str, int]
) -> dict[str, Any] | None:
    """The levels where grids are others: each stands where most of its blocks stood, or in none where these did not."""
    if levels is None:
        return None
    known, stood = levels["grids"], defaultdict[str, Counter[tuple[int, int] | None]](Counter)
    for block, number in after.items():
        if number != NO_GRID:
            place = known.get(str(before.get(block)))
            stood[str(number)][None if place is None else (place[0], place[1])] += 1
    most = {number: min(places, key=lambda one: (-places[one], one or ())) for number, places in stood.items()}
    return {**levels, "grids": {number: list(place) for number, place in most.items() if place is not None}}
