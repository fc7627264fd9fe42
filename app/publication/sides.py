"""Two assignments of the same blocks side by side: the grids of today and a plan, or two plans."""

from collections.abc import Mapping
from typing import NamedTuple

from app.publication.change import Change
from app.publication.queries import Block, GridRow
from gis.succession import Succession, succession

Number = int


class Shown(NamedTuple):
    """A grid as a list tells of it; `place` is the grid of today that it is, or whose place it takes: its staff."""

    number: Number
    code: str
    name: str
    name_en: str
    kind: str
    community_id: int
    place: int | None

    def told(self) -> dict[str, str]:
        """Code and names, as a row names it."""
        return {"code": self.code, "name": self.name, "name_en": self.name_en}


class Side(NamedTuple):
    """The grid of each block, and the grids by number."""

    of: dict[int, Number]
    grids: dict[Number, Shown]


class Compared(NamedTuple):
    """Two sides, what becomes of the grids of the one in the other, and the blocks that come into another grid."""

    blocks: list[Block]
    one: Side
    other: Side
    succession: Succession
    moved: frozenset[int]


def today_side(blocks: list[Block], grids: Mapping[int, GridRow]) -> Side:
    """The grids that are in force."""
    return Side({block.id: block.grid_id for block in blocks}, _shown(grids, {}))


def plan_side(blocks: list[Block], today: Side, change: Change, names: Mapping[Number, tuple[str, str]]) -> Side:
    """A plan; where it changes nothing it is as today. `names` are those of the grids that begin."""
    of = {block.id: change.after.get(block.id, block.grid_id) for block in blocks}
    shown = {n: one for n, one in today.grids.items() if one.community_id not in change.communities}
    for number, old in change.succession.kept.items():
        shown[number] = today.grids[old]._replace(number=number)
    heir_of = change.succession.heir_of
    for number in change.begun:
        planned = change.planned[number]
        code = change.codes[number].code
        shown[number] = Shown(
            number, code, *names[number], planned.kind, planned.community_id, heir_of.get(number)
        )  # fmt: skip
    return Side(of, {number: shown[number] for number in set(of.values())})


def compared(blocks: list[Block], one: Side, other: Side, change: Change | None = None) -> Compared:
    """One side beside the other. `change` says what becomes of the grids where the one is today, the other its plan."""
    households = {block.id: block.households for block in blocks}
    same = {number: number for number in other.grids if number in one.grids and _alike(one, other, number)}
    found = succession(one.of, other.of, households, same=same | (change.succession.kept if change else {}))
    if change:
        found = found._replace(heirs=change.succession.heirs, parents=change.succession.parents)
    goes_on = found.heirs | {old: new for new, old in found.kept.items()}
    moved = frozenset(block for block in one.of if goes_on.get(one.of[block]) != other.of[block])
    return Compared(blocks, one, other, found, moved)


def _alike(one: Side, other: Side, number: Number) -> bool:
    mine, theirs = one.grids[number], other.grids[number]
    return (mine.name, mine.name_en, mine.kind) == (theirs.name, theirs.name_en, theirs.kind)


def came(
    blocks: list[Block],
    then: tuple[Mapping[int, GridRow], Mapping[int, int]],
    now: tuple[Mapping[int, GridRow], Mapping[int, int]],
) -> Compared:
    """Grids that ended beside those that began in their place, each with the grid of every block.

    Who took whose place is known by the codes; the posts went along.
    """
    begun = {row.code: row.id for row in now[0].values()}
    heirs = {row.id: begun[row.code] for row in then[0].values() if row.code in begun}
    of = {block.id: (then[1][block.id], now[1][block.id]) for block in blocks}
    one = Side({block: ends[0] for block, ends in of.items()}, _shown(then[0], heirs))
    other = Side({block: ends[1] for block, ends in of.items()}, _shown(now[0], {}))
    households = {block.id: block.households for block in blocks}
    found = succession(one.of, other.of, households)._replace(heirs=heirs)
    moved = frozenset(block for block, ends in of.items() if heirs.get(ends[0]) != ends[1])
    return Compared(blocks, one, other, found, moved)


def _shown(grids: Mapping[int, GridRow], places: Mapping[int, int]) -> dict[Number, Shown]:
    """Grids by their ids; `places` are those whose staff has gone elsewhere."""
    return {
        row.id: Shown(row.id, row.code, row.name, row.name_en, row.kind, row.community_id, places.get(row.id, row.id))
        for row in grids.values()
    }
