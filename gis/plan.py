"""A plan: which block is in which grid. It is never changed; an act makes a new one that knows its parent.

An act that would break something is refused with the blocks that it is about. Nothing here can lose a block: a plan
holds one grid number for each, and an act changes some of these numbers.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from gis.atoms import Atoms
from gis.flips import pieces

Ints = NDArray[np.int32]

NO_GRID = -1  # of a block that is in none yet
NAMED = 5  # blocks that a refusal names


class Refused(ValueError):
    """What an act would break, in a sentence; `blocks` are the numbers of the blocks that it is about."""

    def __init__(self, sentence: str, plan: "Plan", blocks: Iterable[int] = ()) -> None:
        """Keep the sentence, with the keys of the blocks."""
        self.blocks = tuple(sorted(blocks))
        names = ", ".join(plan.atoms.keys[block] for block in self.blocks[:NAMED])
        more = f" and {len(self.blocks) - NAMED} more" if len(self.blocks) > NAMED else ""
        super().__init__(sentence.format(blocks=names + more))


class UnknownBlock(Refused):
    """There is no such block."""


class UnknownGrid(Refused):
    """There is no such grid in this plan."""


class Locked(Refused):
    """A grid is to stay as it is."""


class Emptied(Refused):
    """A grid would be left without a block."""


class Torn(Refused):
    """A grid would fall into parts that one cannot walk between."""


class Stranded(Refused):
    """Blocks would have no grid to go to."""


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """The grid of each block, or NO_GRID; `flips` tells for each block that the last act moved where it was before.

    `dedicated` grids (专属网格) are held to no number of households; `locked` ones are not to be changed.
    """

    atoms: Atoms
    of: Ints
    dedicated: frozenset[int] = frozenset()
    locked: frozenset[int] = frozenset()
    numbers: int = 0  # grid numbers given so far, those of grids that are gone included
    parent: "Plan | None" = None
    flips: Mapping[int, int] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        """Take the numbers as they are now: nobody can change them any more."""
        of = np.array(self.of, dtype=np.int32)
        if of.shape != (len(self.atoms),) or (of < NO_GRID).any():
            raise ValueError("a plan needs one grid number, or NO_GRID, for each block")
        of.setflags(write=False)
        object.__setattr__(self, "of", of)
        object.__setattr__(self, "numbers", max(self.numbers, int(of.max(initial=NO_GRID)) + 1))

    @property
    def grids(self) -> list[int]:
        """The numbers of the grids."""
        return [int(grid) for grid in np.unique(self.of) if grid != NO_GRID]

    def blocks(self, grid: int) -> list[int]:
        """The blocks of a grid."""
        return [int(block) for block in np.flatnonzero(self.of == grid)]

    def parts(self) -> Ints:
        """The number of the contiguous part that each block belongs to; -1 in no grid."""
        atoms = self.atoms
        found: Ints = pieces(atoms.start, atoms.near, atoms.passable, self.of)[1]
        return found

    def history(self) -> "Iterator[Plan]":
        """This plan, the one that it was made from, and so on to the first."""
        plan: Plan | None = self
        while plan is not None:
            yield plan
            plan = plan.parent


def plan_of(atoms: Atoms, grids: Iterable[Iterable[int]], *, dedicated: Iterable[int] = ()) -> Plan:
    """The plan whose grid 0 is the first set of blocks, and so on; ValueError where a block stands in two."""
    of = np.full(len(atoms), NO_GRID, dtype=np.int32)
    for grid, members in enumerate(grids):
        for block in members:
            if of[block] != NO_GRID:
                raise ValueError(f"block {atoms.keys[block]} is in two grids")
            of[block] = grid
    return Plan(atoms, of, frozenset(dedicated))


def flip(plan: Plan, blocks: Iterable[int], grid: int) -> Plan:
    """Blocks moved into a grid that exists; the plan itself where all of them are in it already."""
    moved = _known(plan, blocks)
    _existing(plan, grid)
    return _made(plan, dict.fromkeys(moved, grid))


def merge(plan: Plan, grids: Iterable[int]) -> Plan:
    """Grids that are neighbours made one, with the number of the first."""
    first, *others = dict.fromkeys(grids)
    for grid in (first, *others):
        _existing(plan, grid)
    moved = {block: first for grid in others for block in plan.blocks(grid)}
    return _made(plan, moved, given_up=frozenset(others))


def create(plan: Plan, blocks: Iterable[int], *, dedicated: bool = False) -> Plan:
    """A new grid made of blocks, from wherever they are."""
    moved = _known(plan, blocks)
    if not moved:
        raise UnknownBlock("A grid is made of at least one block.", plan)
    made = _made(plan, dict.fromkeys(moved, plan.numbers))
    return replace(made, dedicated=made.dedicated | {plan.numbers}) if dedicated else made


def dissolve(plan: Plan, grid: int) -> Plan:
    """A grid's blocks handed to the neighbours with which they share most edge, the longest edge first."""
    _existing(plan, grid)
    of = plan.of.copy()
    left = set(plan.blocks(grid))
    hosts = set(plan.grids) - {grid} - plan.locked - plan.dedicated
    while left:
        best = max(
            ((metres, -block, -host) for block in left for host, metres in _beside(plan, of, block) if host in hosts),
            default=None,
        )
        if best is None:
            raise Stranded("No other grid can be walked to from {blocks}.", plan, left)
        of[-best[1]] = -best[2]
        left.discard(-best[1])
    return _made(plan, {block: int(of[block]) for block in plan.blocks(grid)}, given_up=frozenset({grid}))


def _known(plan: Plan, blocks: Iterable[int]) -> list[int]:
    """The blocks, each once; UnknownBlock where there is no such."""
    wanted = list(dict.fromkeys(blocks))
    strange = [block for block in wanted if not 0 <= block < len(plan.atoms)]
    if strange:
        raise UnknownBlock(f"There is no block {', '.join(map(str, strange[:NAMED]))}.", plan)
    return wanted


def _existing(plan: Plan, grid: int) -> None:
    if grid < 0 or not (plan.of == grid).any():
        raise UnknownGrid(f"There is no grid {grid}.", plan)


def _beside(plan: Plan, of: Ints, block: int) -> Iterator[tuple[int, float]]:
    """The grids that can be walked to from a block, and the metres of edge shared with each."""
    atoms, shared = plan.atoms, dict[int, float]()
    for at in range(int(atoms.start[block]), int(atoms.start[block + 1])):
        if atoms.passable[at]:
            host = int(of[atoms.near[at]])
            shared[host] = shared.get(host, 0.0) + float(atoms.metres[at])
    yield from shared.items()


def _made(plan: Plan, moves: Mapping[int, int], *, given_up: frozenset[int] = frozenset()) -> Plan:
    """The plan after some blocks moved; refused where a grid is locked, emptied (unless `given_up`) or torn."""
    before = {block: int(plan.of[block]) for block, grid in moves.items() if plan.of[block] != grid}
    if not before:
        return plan
    of = plan.of.copy()
    for block in before:
        of[block] = moves[block]
    touched = {*before.values(), *(moves[block] for block in before)} - {NO_GRID}
    if held := [block for block in before if {before[block], moves[block]} & plan.locked]:
        raise Locked("A grid that is locked would change: {blocks}.", plan, held)
    if empty := [grid for grid in touched - given_up if not (of == grid).any()]:
        last = [block for block in before if before[block] in empty]
        raise Emptied("A grid would be left without a block: {blocks}. Merge or dissolve it instead.", plan, last)
    child = replace(plan, of=of, parent=plan, flips=MappingProxyType(before), dedicated=plan.dedicated - given_up)
    _check_whole(plan, child, touched - given_up)
    return child


def _check_whole(plan: Plan, child: Plan, touched: Iterable[int]) -> None:
    """Torn where one of the grids has more parts than before, and more than one."""
    was, now = plan.parts(), child.parts()
    for grid in touched:
        parts, sizes = np.unique(now[child.of == grid], return_counts=True)
        before = len(np.unique(was[plan.of == grid]))
        if len(parts) > max(1, before):
            cut_off = np.flatnonzero(np.isin(now, np.delete(parts, sizes.argmax())))
            raise Torn("{blocks} could not be walked to from the rest of the grid.", plan, cut_off.tolist())
