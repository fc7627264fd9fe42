"""Grids suggested from nothing: the best plan found so far, again and again, and what no plan could reach.

What is locked is taken out before the search, blocks that are to stay together are joined with what lies on the way
between them, and each part that hangs together is searched by itself: an answer obeys its locks by construction.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gis.annealing import OTHER_COUNTS, Problem, Search, Weights, counts, fitting_count, named, started
from gis.atoms import Atoms
from gis.flips import pieces
from gis.plan import NO_GRID, Plan
from gis.plan_scores import USUAL, Size

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]

STAGES = (150, 600, 5_000)  # flips tried for each block: a first plan, a good one, a better one
ANEW = (5_000, 5_000, 5_000)  # then, where a few grids at a time are cut anew
FAIR = Weights()
MOST_FLIPS = 110_000_000  # in one stage: a plan of 20,000 blocks is to come within ten seconds


@dataclass(frozen=True, slots=True)
class Locks:
    """What the planner holds on to: grids of today that stay, blocks that stay together, blocks of dedicated grids."""

    stay: frozenset[int] = frozenset()
    together: tuple[frozenset[int], ...] = ()
    dedicated: tuple[frozenset[int], ...] = ()


FREE = Locks()


class InPieces(ValueError):
    """Blocks that are to be in one grid cannot be walked between."""


class Impossible(NamedTuple):
    """Why no plan brings these blocks into the range; `households` are those that are meant, `best` what is reached."""

    kind: str  # "few", "large" or "between"
    blocks: tuple[int, ...]
    households: int
    sentence: str


class Suggestion(NamedTuple):
    """The best plan so far, what it costs, and the share of the search that is done."""

    plan: Plan
    cost: float
    done: float


def suggest(
    atoms: Atoms,
    *,
    size: Size = USUAL,
    weights: Weights = FAIR,
    locks: Locks = FREE,
    today: Plan | None = None,
    seed: int = 1,
    stages: Sequence[int] = STAGES,
    anew: Sequence[int] = ANEW,
) -> Iterator[Suggestion]:
    """Better and better plans; the first comes at once, and whoever has enough stops asking.

    Grids that stand for one of today's have its number. The same seed gives the same plans. ValueError where the locks
    contradict each other, InPieces where they ask for a grid that cannot be walked through.
    """
    fixed = _fixed(atoms, locks, today)
    free = np.flatnonzero(fixed.of == NO_GRID)
    group = _groups(atoms, free, linked(atoms, free, locks.together))
    joined = atoms.within(free).joined(group)
    homes = fixed.of[free] if today is None else today.of[free]
    problem = Problem.of(joined, size, weights, _dense(homes[np.unique(group, return_index=True)[1]]))
    for of, cost, done in _searched(problem, seed, stages, anew):
        yield Suggestion(_answer(fixed, free, homes, of[group]), cost, done)


def _searched(
    problem: Problem, seed: int, stages: Sequence[int], anew: Sequence[int]
) -> Iterator[tuple[Ints, float, float]]:
    """The best grids so far, what they cost and the share done: cooled as a whole, then cut anew a few at a time."""
    most = MOST_FLIPS // max(len(problem.atoms), 1)
    cooled = [min(sweeps, most) for sweeps in stages]
    renewed = [min(sweeps * len(OTHER_COUNTS), most) for sweeps in anew]
    best, before, total = _started(problem, seed), 0, sum(cooled) + sum(renewed)
    least = Search(problem, best).cost()
    for number, sweeps in enumerate(cooled):
        search = Search(problem, best)
        for done in search.cooled(sweeps, seed + number):
            yield best, least, (before + sweeps * done * 0.99) / total
        search.mend(seed)
        search.count()
        before += sweeps
        if (cost := search.cost()) < least:
            best, least = search.of.copy(), cost
        yield best, least, before / total
    search = Search(problem, best)
    for number, sweeps in enumerate(renewed):
        for done in search.renewed(sweeps // len(OTHER_COUNTS), seed + number):
            yield search.of.copy(), search.cost(), (before + sweeps * done * 0.99) / total
        before += sweeps
        yield search.of.copy(), search.cost(), before / total


def impossible(atoms: Atoms, size: Size = USUAL) -> list[Impossible]:
    """What no plan of these blocks can bring into the range, with the reason."""
    found = []
    low, high = size
    for block in np.flatnonzero(atoms.households > high).tolist():
        held = int(atoms.households[block])
        sentence = f"Block {atoms.keys[block]} alone has {held} households, more than {high}: at best it is a grid."
        found.append(Impossible("large", (block,), held, sentence))
    for part in _parts(atoms):
        problem = Problem.of(atoms.within(part), size, FAIR)
        rest = int(problem.atoms.households[problem.atoms.households <= high].sum())
        households = int(problem.atoms.households.sum())
        members = tuple(part.tolist())
        if households < low:
            sentence = f"Only {households} households can be walked to from each other: at best they are one grid."
            found.append(Impossible("few", members, households, sentence))
        elif rest == households and not any(count * low <= rest <= count * high for count in counts(problem)):
            few = max(1, rest // high)
            sentence = f"{rest} households are too many for {few} grids of {high} and too few for {few + 1} of {low}."
            found.append(Impossible("between", members, rest, sentence))
    return found


def _fixed(atoms: Atoms, locks: Locks, today: Plan | None) -> Plan:
    """The plan of what is not searched: grids that stay, dedicated grids of today, and those that are asked for."""
    of = np.full(len(atoms), NO_GRID, dtype=np.int32)
    stay = locks.stay | (today.dedicated | today.locked if today is not None else frozenset())
    if today is not None:
        kept = np.isin(today.of, list(stay))
        of[kept] = today.of[kept]
    elif stay:
        raise ValueError("grids can stay only where there is a plan of today")
    number = today.numbers if today is not None else 0
    dedicated = set(today.dedicated) if today is not None else set()
    for members in locks.dedicated:
        if (of[list(members)] != NO_GRID).any():
            raise ValueError("a block of a dedicated grid is locked in another grid")
        of[list(members)] = number
        dedicated.add(number)
        number += 1
    for members in locks.together:
        if len(np.unique(of[list(members)])) > 1:
            raise ValueError("blocks that are to stay together are locked in different grids")
    for members in locks.dedicated:
        _linked(atoms, members, members)
    locked = locks.stay | (today.locked if today is not None else frozenset())
    return Plan(atoms, of, frozenset(dedicated), locked, numbers=number)


def linked(atoms: Atoms, free: Longs, groups: Iterable[frozenset[int]]) -> tuple[frozenset[int], ...]:
    """Groups of free blocks, each with the fewest free ones by which one can walk between its members.

    Groups that are not free are left out. InPieces where there is no way.
    """
    allowed = frozenset(free.tolist())
    wanted = [members for members in groups if members <= allowed]
    of = np.full(len(atoms), NO_GRID, dtype=np.int32)
    for number, members in enumerate(wanted):
        of[list(members)] = number
    part = pieces(atoms.start, atoms.near, atoms.passable, of)[1]  # at once: there may be thousands of groups
    return tuple(
        members if len({(of[one], part[one]) for one in members}) < 2 else _linked(atoms, allowed, members)  # noqa: PLR2004
        for members in wanted
    )


def _linked(atoms: Atoms, allowed: frozenset[int], members: frozenset[int]) -> frozenset[int]:
    """The members and what lies on the way between them."""
    group = set(members)
    while len(parts := _parts(atoms.within(np.array(sorted(group), dtype=np.int64)))) > 1:
        begin = np.array(sorted(group))[parts[0]].tolist()
        way = _way(atoms, allowed, begin, group.difference(begin))
        if not way:
            raise InPieces("blocks that are to be one grid cannot be walked between")
        group.update(way)
    return frozenset(group)


def _way(atoms: Atoms, allowed: frozenset[int], begin: Sequence[int], ends: set[int]) -> list[int]:
    """The blocks on a way of the fewest allowed ones from some blocks to one of others; none where there is none."""
    before, waiting = dict.fromkeys(begin, -1), deque(begin)
    while waiting:
        here = waiting.popleft()
        if here in ends:
            way = [here]
            while way[-1] != -1:
                way.append(before[way[-1]])
            return way[:-1]
        row = slice(int(atoms.start[here]), int(atoms.start[here + 1]))
        for other in atoms.near[row][atoms.passable[row]].tolist():
            if other in allowed and other not in before:
                before[other] = here
                waiting.append(other)
    return []


def _groups(atoms: Atoms, free: Longs, together: Sequence[frozenset[int]]) -> Ints:
    """A number for each free block, the same for blocks that stay together."""
    lead = np.arange(len(atoms))
    for members in together:
        roots = lead[list(members)]
        lead[np.isin(lead, roots)] = roots.min()
    return np.unique(lead[free], return_inverse=True)[1].astype(np.int32)


def _dense(homes: Ints) -> Ints:
    """The same homes numbered from 0; -1 stays."""
    return (np.unique(np.r_[NO_GRID, homes], return_inverse=True)[1][1:] - 1).astype(np.int32)


def _parts(atoms: Atoms) -> list[Longs]:
    """The blocks of each part that hangs together."""
    part = pieces(atoms.start, atoms.near, atoms.passable, np.zeros(len(atoms), dtype=np.int32))[1]
    return [np.flatnonzero(part == number) for number in range(int(part.max(initial=-1)) + 1)]


def _started(problem: Problem, seed: int) -> Ints:
    """A first plan: each part by itself, or today's where what moves counts and this is cheaper."""
    of = np.zeros(len(problem.atoms), dtype=np.int32)
    number = 0
    for members in _parts(problem.atoms):
        part = problem.within(members)
        grids = started(part, fitting_count(part), seed)
        of[members] = grids + number
        number += int(grids.max()) + 1
    if not problem.moved.any():
        return of
    atoms, names = problem.atoms, np.arange(2 * len(of))
    as_today = pieces(atoms.start, atoms.near, atoms.passable, problem.home + 1)[1]
    starts = [named(one, problem.home, names) for one in (of, as_today)]
    return min(starts, key=lambda one: Search(problem, one).cost())


def _answer(fixed: Plan, free: Longs, homes: Ints, of: Ints) -> Plan:
    """The whole plan: what is fixed, and the grids found, with the numbers of today's that they stand for."""
    whole = fixed.of.copy()
    names = np.r_[np.unique(homes[homes != NO_GRID]), fixed.numbers + np.arange(len(free))]
    whole[free] = named(of, homes, names)
    return replace(fixed, of=whole)
