"""A plan while it is searched: a METIS start, annealed by single flips, its worst corners cut anew.

Sources: METIS k-way, Karypis and Kumar 1998; simulated annealing of partitions, Johnson et al. 1989; joining grids and
cutting them again, DeFord, Duchin and Solomon 2021 (ReCom).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
import pymetis
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order, minimum_spanning_tree

from gis.atoms import NOWHERE, RAILWAY, ROAD, WATER, Atoms, summed
from gis.flips import anneal, measure, pieces
from gis.plan_scores import Size

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]
Longs = NDArray[np.int64]

USUAL_SHAPE = 0.7  # of a grid, in circles: so its number of grids makes a plan neither cheap nor dear; as in the kernel
MISSING = 20.0  # what it costs to miss the range by the whole of its lower end, in circles
STARTING = 0.05  # of that for missing it at all, as in the kernel
HOT = 0.07  # temperature in the same unit, from which it falls evenly to 0
ACROSS, TOGETHER = 0.25, 3.0  # what METIS takes a metre for along a road, railway or water, and inside a compound
UNEVEN = 150  # per mille by which the parts of METIS may differ
BREATH = 4_000_000  # flips tried between two looks at whether to go on: about a third of a second
SWEEPS_AROUND = 1500  # flips a block tried where a few grids are cut anew
NO_GAIN = 1e-9  # in circles: rounding
FURTHEST_SEED = 1 << 30
TRIES = 3  # seeds for the same few grids
MOST_AROUND = 400  # blocks that are cut anew together to mend a grid
MOST_ANEW = 120  # and to make grids better that are in the range: a community, most often
FAVOURED = 8.0  # how many times as dear what a plan favours is
OTHER_COUNTS = (0, -1, 1)  # grids more into which they are cut


class Favour(StrEnum):
    """What a plan puts before the rest, where several are to differ."""

    EVEN = "even"
    ROADS = "roads"
    COMPOUNDS = "compounds"


@dataclass(frozen=True, slots=True)
class Weights:
    """What is worth how much: each in grids turned from a line into a circle (Polsby–Popper 0 to 1)."""

    compactness: float = 1.0
    roads: float = 0.035  # for each pair of neighbours in a grid with a main road between them
    railways: float = 0.1
    water: float = 0.035
    compounds: float = 0.01  # for each pair of neighbours of a compound in two grids
    moved: float = 0.0  # for each block in another grid than today

    def favouring(self, favour: Favour) -> "Weights":
        """The weights with what is favoured FAVOURED times as dear."""
        if favour is Favour.ROADS:
            roads, railways, water = (FAVOURED * one for one in (self.roads, self.railways, self.water))
            return replace(self, roads=roads, railways=railways, water=water)
        return replace(self, compounds=FAVOURED * self.compounds) if favour is Favour.COMPOUNDS else self


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """Blocks to be put into grids; `home` is today's grid of each, -1 for none."""

    atoms: Atoms
    apart: Floats  # what an edge costs inside a grid
    home: Ints
    moved: Floats  # what a block costs outside its home
    size: Size
    compactness: float

    @classmethod
    def of(cls, atoms: Atoms, size: Size, weights: Weights, home: Ints | None = None) -> "Problem":
        """The problem with these weights."""
        apart = np.zeros(len(atoms.near))
        for kind, cost in ((ROAD, weights.roads), (RAILWAY, weights.railways), (WATER, weights.water)):
            apart[(atoms.along & kind) > 0] += cost
        apart[_same_compound(atoms)] -= weights.compounds
        at_home = home if home is not None else np.full(len(atoms), -1, dtype=np.int32)
        moved = np.where(at_home >= 0, weights.moved, 0.0)
        return cls(atoms, apart, at_home, moved, size, weights.compactness)

    def within(self, members: Longs) -> "Problem":
        """The problem of some of the blocks."""
        kept = np.zeros(len(self.atoms), dtype=np.bool_)
        kept[members] = True
        edges = kept[self.atoms.tail] & kept[self.atoms.near]
        part = self.atoms.within(members)
        return Problem(part, self.apart[edges], self.home[members], self.moved[members], self.size, self.compactness)


class Search:
    """A plan that changes: the grid of each block, and what is counted of each grid."""

    def __init__(self, problem: Problem, of: Ints) -> None:
        """Count the grids of `of`, which is copied."""
        self.problem = problem
        self.of = np.array(of, dtype=np.int32)
        self._tail, self._ways = problem.atoms.tail, np.flatnonzero(problem.atoms.passable)
        self._seen = np.zeros(len(of) + 1, dtype=np.int64)
        self.count()

    def count(self) -> None:
        """Count blocks, households, area and outline of each grid."""
        grids = int(self.of.max(initial=-1)) + 1
        self.blocks, self.held = np.zeros(grids, dtype=np.int64), np.zeros(grids, dtype=np.int64)
        self.covers, self.around = np.zeros(grids), np.zeros(grids)
        a = self.problem.atoms
        counted = (self.blocks, self.held, self.covers, self.around)
        measure(a.start, a.near, a.metres, a.households, a.area, a.outline, self.of, *counted)

    def missed(self) -> Longs:
        """Households by which each grid misses the range; 0 for one that is gone."""
        low, high = self.problem.size
        missed = np.maximum(np.maximum(low - self.held, self.held - high), 0)
        return np.where(self.blocks > 0, missed, 0)

    def cost(self) -> float:
        """What the plan costs; the kernel reckons the same, one change at a time."""
        problem, used = self.problem, self.blocks > 0
        missed = self.missed()
        out = MISSING * (STARTING * (missed > 0).sum() + missed.sum() / problem.size.low)
        ragged = USUAL_SHAPE - 4 * np.pi * self.covers[used] / self.around[used] ** 2
        inside = self.of[problem.atoms.tail] == self.of[problem.atoms.near]
        away = problem.moved[self.of != problem.home].sum()
        return float(out + problem.compactness * ragged.sum() + problem.apart[inside].sum() / 2 + away)

    def anneal(self, proposals: int, hot: float, cold: float, seed: int) -> float:
        """Try flips while it cools, and say by how much the plan got cheaper."""
        problem, a = self.problem, self.problem.atoms
        gained, _ = anneal(
            a.start, self._tail, a.near, a.passable, self._ways, a.metres, problem.apart, a.households, a.area,
            a.outline, problem.home, problem.moved, self.of, self.blocks, self.held, self.covers, self.around,
            self._seen, *problem.size, MISSING, problem.compactness, proposals, hot, cold, seed,
        )  # fmt: skip
        return float(gained)

    def cooled(self, sweeps: int, seed: int) -> Iterator[float]:
        """Anneal by `sweeps` proposals a block, and yield the share done a few times a second."""
        left = total = sweeps * len(self.of)  # no blocks: nothing to try
        while left:
            now = min(left, BREATH)
            self.anneal(now, HOT * left / total, HOT * (left - now) / total, seed + left)
            left -= now
            yield 1 - left / total

    def mend(self, seed: int) -> None:
        """Cut those grids anew, with their neighbours, that miss the range."""
        for grid in np.argsort(-self.missed(), kind="stable"):
            missed = self.missed()  # of fewer grids, where some have been cut into fewer
            if grid < len(missed) and missed[grid]:
                self._mend(int(grid), seed)

    def _mend(self, grid: int, seed: int) -> None:
        """Cut a grid anew with its neighbours, then with theirs, until one way misses less."""
        around = np.array([grid])
        for _ in range(2):
            around = self._beside(around)
            members = np.flatnonzero(np.isin(self.of, around))
            if len(members) > MOST_AROUND or len(around) == 1:
                return
            if self._recut(members, around, seed):
                return

    def _beside(self, grids: Longs) -> Longs:
        """Some grids and those that can be walked to from them."""
        a = self.problem.atoms
        reached = a.near[np.isin(self.of[a.tail], grids) & a.passable]
        return np.unique(np.r_[grids, self.of[reached]]).astype(np.int64)

    def _recut(self, members: Longs, grids: Longs, seed: int) -> bool:
        """Whether these blocks, cut anew into about as many grids, miss the range by less."""
        part = self.problem.within(members)
        before = int(self.missed()[grids].sum())
        if before <= least_missed(part):
            return False
        names = np.r_[grids, len(self.blocks) + np.arange(len(members))]
        best, least = None, (before, np.inf)
        for count in sorted(counts(part), key=lambda count: abs(count - len(grids)))[:TRIES]:
            for turn in range(TRIES):
                trial = _trial(part, names, count, SWEEPS_AROUND, seed + turn)
                reached = (int(trial.missed().sum()), trial.cost())
                if reached < least and reached[0] < before:
                    best, least = trial.of, reached
            if least[0] == 0:
                break
        if best is None:
            return False
        self.of[members] = best
        self.count()
        return True

    def renewed(self, sweeps: int, seed: int) -> Iterator[float]:
        """Cut all grids anew, neighbouring ones together, keep what is cheaper, and yield the share done at times.

        Flips of heavy blocks do not cross what lies between two plans in the range; other starts do.
        """
        random = np.random.default_rng(seed)
        waiting, tried = np.ones(len(self.of), dtype=np.bool_), 0
        while waiting.any():
            grids = self._around(int(self.of[random.choice(np.flatnonzero(waiting))]))
            members = np.flatnonzero(np.isin(self.of, grids))
            waiting[members] = False
            self._better(members, grids, sweeps, int(random.integers(FURTHEST_SEED)))
            tried += len(OTHER_COUNTS) * sweeps * len(members)
            if tried > BREATH:
                tried = 0
                yield 1 - float(waiting.mean())

    def _around(self, grid: int) -> Longs:
        """A grid and those nearest to it, as many as hold no more than MOST_ANEW blocks."""
        grids = np.array([grid])
        while len(wider := self._beside(grids)) > len(grids):
            for other in np.setdiff1d(wider, grids):
                if self.blocks[grids].sum() + self.blocks[other] > MOST_ANEW:
                    return grids
                grids = np.r_[grids, other]
        return grids

    def _better(self, members: Longs, grids: Longs, sweeps: int, seed: int) -> None:
        """Take the cheapest plan of these blocks, cut anew into as many grids, one fewer or one more."""
        part = self.problem.within(members)
        names = np.r_[grids, len(self.blocks) + np.arange(len(members))]
        possible = counts(part)
        wanted = {min(max(len(grids) + more, possible[0]), possible[-1]) for more in OTHER_COUNTS}
        least, of = Search(part, self.of[members]).cost() - NO_GAIN, None
        for turn, count in enumerate(sorted(wanted)):
            trial = _trial(part, names, count, sweeps, seed + turn)
            if (cost := trial.cost()) < least:
                least, of = cost, trial.of
        if of is not None:
            self.of[members] = of
            self.count()


def _trial(part: Problem, names: Longs, count: int, sweeps: int, seed: int) -> Search:
    """Some blocks cut anew into about so many grids."""
    trial = Search(part, named(started(part, count, seed), part.home, names))
    for _ in trial.cooled(sweeps, seed):
        pass
    trial.count()
    return trial


def counts(problem: Problem) -> range:
    """How many grids these blocks could be, by their households alone, blocks too large for any grid standing alone."""
    low, high = problem.size
    large = problem.atoms.households > high
    rest = int(problem.atoms.households[~large].sum())
    least = max(1 - int(large.any()), -(-rest // high))
    return range(int(large.sum()) + least, int(large.sum()) + max(least, rest // low) + 1)


def least_missed(problem: Problem) -> int:
    """Households by which the grids of these blocks miss the range at least, by the counts of households alone."""
    low, high = problem.size
    large = problem.atoms.households > high
    rest = int(problem.atoms.households[~large].sum())
    over = int((problem.atoms.households[large] - high).sum())
    count = -(-rest // high)
    short = max(count * low - rest, 0)  # where so many grids are one too many
    spare = rest - (count - 1) * high  # and one fewer cannot hold all
    return over + (min(short, spare) if count > 1 or large.any() else short)


def fitting_count(problem: Problem) -> int:
    """The number of grids with which they hold about the middle of the range."""
    low, high = problem.size
    households = problem.atoms.households
    large = households > high
    wanted = int(large.sum()) + round(float(households[~large].sum()) / ((low + high) / 2))
    possible = counts(problem)
    return min(max(wanted, possible[0]), possible[-1])


def started(problem: Problem, count: int, seed: int) -> Ints:
    """Contiguous blocks, all of which can be walked to from each other, in about `count` grids by METIS."""
    atoms = problem.atoms
    if count <= 1 or len(atoms) <= 1:
        return np.zeros(len(atoms), dtype=np.int32)
    kept = atoms.passable
    start = np.searchsorted(atoms.tail[kept], np.arange(len(atoms) + 1))
    worth = np.where(atoms.along > 0, ACROSS, 1.0) * np.where(_same_compound(atoms), TOGETHER, 1.0) * atoms.metres
    options = pymetis.Options(seed=seed, contig=1, ufactor=UNEVEN)
    _, part = pymetis.part_graph(
        min(count, len(atoms)),
        adjacency=pymetis.CSRAdjacency(start, atoms.near[kept]),
        vweights=atoms.households.tolist(),
        eweights=np.maximum(1, worth[kept]).astype(np.int64).tolist(),
        recursive=False,
        options=options,
    )
    # METIS may leave a part in pieces: each is a grid of its own, and annealing joins those that are too small.
    of = pieces(atoms.start, atoms.near, atoms.passable, np.asarray(part, dtype=np.int32))[1]
    return _filled(atoms, of, count, np.random.default_rng(seed))


def _filled(atoms: Atoms, of: Ints, count: int, random: np.random.Generator) -> Ints:
    """Grids cut in two, one of most households first, until there are `count`: METIS leaves some parts empty."""
    for grid in range(int(of.max()) + 1, count):
        held = summed(of, atoms.households + 1, grid)
        held[np.bincount(of, minlength=grid) == 1] = 0
        if not held.any():
            break
        members = np.flatnonzero(of == held.argmax())
        of[members[_half(atoms.within(members), random)]] = grid
    return of


def _half(atoms: Atoms, random: np.random.Generator) -> NDArray[np.bool_]:
    """About half the households of contiguous blocks: the best cut of a random spanning tree."""
    count = len(atoms)
    kept = atoms.passable & (atoms.tail < atoms.near)
    weight = random.random(int(kept.sum())) + 1
    tree = minimum_spanning_tree(csr_array((weight, (atoms.tail[kept], atoms.near[kept])), shape=(count, count)))
    order, before = breadth_first_order(tree, 0, directed=False)
    below = np.eye(count, dtype=np.bool_)
    for block in order[:0:-1]:
        below[before[block]] |= below[block]
    held = below[order[1:]] @ atoms.households
    return np.asarray(below[order[1:]][np.abs(2 * held - atoms.households.sum()).argmin()])


def named(of: Ints, home: Ints, names: Longs) -> Ints:
    """The same grids numbered by `names`: where it is free, by the home that most of their blocks have."""
    grids, grid = np.unique(of, return_inverse=True)
    lodged = np.isin(home, names)
    pairs, shared = np.unique(np.stack([grid[lodged], home[lodged]]), axis=1, return_counts=True)
    number, given = np.full(len(grids), -1, dtype=np.int64), set[int]()
    for at, name in pairs[:, np.argsort(-shared, kind="stable")].T.tolist():
        if number[at] < 0 and name not in given:
            number[at] = name
            given.add(name)
    nameless = number < 0
    number[nameless] = names[~np.isin(names, list(given))][: nameless.sum()]
    return number[grid].astype(np.int32)


def _same_compound(atoms: Atoms) -> NDArray[np.bool_]:
    """Which edges lie inside a compound."""
    compound = atoms.compound[atoms.tail]
    return np.asarray((compound == atoms.compound[atoms.near]) & (compound != NOWHERE), dtype=np.bool_)
