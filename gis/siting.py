"""Where new stations should stand: the choice among candidates that covers most, at once, and then a proof.

`first` answers in a fraction of a second, with a bound of what could still be gained. `prove` closes the rest of the
gap: prices rule out most candidates, and HiGHS solves what is left, in slices of time so that the gap shows on the way.
The model is maximum coverage (Church and ReVelle 1974), with stations that may be moved as candidates of their own.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array, eye_array, hstack

from gis.covers import Arrivals
from gis.demands import Covers, Demands, covers, same_candidates
from gis.siting_search import WHOLE, covered, dearest, depths, greedy, priced, scores, swapped

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

WORK = 100_000_000  # covers looked at for the first answer's bound: about 0.15 s
FEWEST, FIRST_ROUNDS = 40, 300
ROUNDS = 600
SLICE = 4.0  # seconds of HiGHS before the first word of its bound
HALF = 0.5  # whole numbers come back as floats


class Task(NamedTuple):
    """A choice of at most `most` candidates, at most `newest` of them `new`, the others standing already."""

    covers: Covers
    new: Bools
    most: int
    newest: int


@dataclass(frozen=True, slots=True)
class Plan:
    """Chosen candidates in the order in which each adds most, the weight they cover, and what none can exceed."""

    chosen: Ints
    covered: int
    bound: int

    @property
    def gap(self) -> float:
        """The share of what is covered that might still be gained."""
        return (self.bound - self.covered) / self.covered if self.covered else float(self.bound > 0)

    @property
    def proven(self) -> bool:
        """Whether nothing covers more."""
        return self.bound <= self.covered


def siting(new: Arrivals, old: Arrivals, demands: Demands, *, limit: float, sites: int, moves: int = 0) -> Task:
    """The task to add `sites` of the places of `new` to those of `old`, of which up to `moves` may move.

    What the old ones cover is covered already where none may move; else they are the last candidates.
    """
    if not moves:
        return Task(covers(new, _open(old, demands, limit), limit), np.ones(len(new.start) - 1, bool), sites, sites)
    both = Arrivals(
        np.concatenate([new.start, new.start[-1] + old.start[1:]]),
        np.concatenate([new.door, old.door]),
        np.concatenate([new.seconds, old.seconds]),
    )
    standing = len(old.start) - 1
    fresh = np.repeat([True, False], [len(new.start) - 1, standing])
    return Task(covers(both, demands, limit), fresh, standing + sites, sites + min(moves, standing))


def _open(old: Arrivals, demands: Demands, limit: float) -> Demands:
    """The demands that `old` does not cover."""
    seconds = np.full(int(demands.door.max(initial=-1)) + 1, np.inf)
    known = old.door < len(seconds)
    np.minimum.at(seconds, old.door[known], old.seconds[known])
    return demands.take(seconds[demands.door] + demands.climb > limit)


def first(task: Task) -> Plan:
    """The first answer: greedy and swaps, then what the prices suggest, and the bound that they prove."""
    (start, item, weight), new, most, newest = task
    standing = np.flatnonzero(~new)
    chosen = greedy(start, item, weight, new, standing, most, newest)
    chosen = swapped(start, item, weight, new, chosen, newest)
    rounds = int(np.clip(WORK / max(len(item), 1), FEWEST, FIRST_ROUNDS))
    bound, _, chosen = priced(start, item, weight, new, chosen, most, newest, rounds)
    return _plan(task, chosen, bound)


def _plan(task: Task, chosen: Ints, bound: float) -> Plan:
    """The plan of `chosen`, without those that add nothing."""
    start, item, weight = task.covers
    total = int(covered(start, item, weight, chosen))
    whole = int(np.floor(min(bound, weight.sum()) + 1 - WHOLE))
    return Plan(_ordered(task, chosen), total, max(total, whole))


def _ordered(task: Task, chosen: Ints) -> Ints:
    """Standing ones first, then new ones by what each adds; those that add nothing are left out."""
    (start, item, weight), new, _, _ = task
    stay = chosen[~new[chosen]]
    fresh = chosen[new[chosen]]
    rows = [item[start[j] : start[j + 1]] for j in fresh]
    begin = np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int64)
    left = np.where(depths(start, item, len(weight), stay) > 0, 0, weight)
    order = greedy(
        begin, np.concatenate([*rows, item[:0]]), left, np.ones(len(fresh), bool), stay[:0], len(fresh), len(fresh)
    )
    return np.concatenate([stay, fresh[order]])


def prove(task: Task, plan: Plan, seconds: float = SLICE) -> Iterator[Plan]:
    """Better and better plans and bounds, the last one proven; the first after a moment, then at doubling intervals.

    It begins with slices of `seconds`. Whoever has enough stops asking, or ends the process.
    """
    (start, item, weight), new, most, newest = task
    bound, price, chosen = priced(start, item, weight, new, plan.chosen, most, newest, ROUNDS)
    plan = _better(task, plan, chosen, bound)
    yield plan
    while not plan.proven:
        must, may = _kept(task, price, plan.covered)
        chosen, bound = _solved(task, must, may, seconds)
        plan = _better(task, plan, chosen, bound)
        yield plan
        seconds *= 2


def _better(task: Task, plan: Plan, chosen: Ints, bound: float) -> Plan:
    """The plan, or the one of `chosen` where it covers more, with the lower of both bounds."""
    other = _plan(task, chosen, bound)
    best = max(plan, other, key=lambda one: one.covered)
    lowest = int(np.floor(min(bound, plan.bound) + 1 - WHOLE))
    return Plan(best.chosen, best.covered, max(best.covered, lowest))


def _part(task: Task, within: Ints, free: Ints) -> tuple[Task, int]:
    """The task that is left where `within` are chosen and only `free` may be, and the weight covered already."""
    (start, item, weight), new, most, newest = task
    done = depths(start, item, len(weight), within) > 0
    used = np.zeros(len(new), dtype=bool)
    used[free] = True
    owner = np.repeat(np.arange(len(new)), np.diff(start))
    left = used[owner] & ~done[item]
    rows = np.bincount((np.cumsum(used) - 1)[owner[left]], minlength=len(free))
    kept = np.zeros(len(weight), dtype=bool)
    kept[item[left]] = True
    number = (np.cumsum(kept) - 1).astype(np.int32)
    own = Covers(np.concatenate([[0], np.cumsum(rows)]).astype(np.int64), number[item[left]], weight[kept])
    fresh = newest - int(new[within].sum())
    return Task(own, new[free], most - len(within), fresh), int(weight[done].sum())


def _kept(task: Task, price: Floats, least: int) -> tuple[Ints, Ints]:
    """The candidates that every choice better than `least` holds, and the others that one may hold.

    To hold one that the dearest choice lacks costs the difference to the cheapest it can replace: reduced costs.
    """
    (start, item, weight), new, most, newest = task
    score = scores(start, item, price)
    top = dearest(score, new, most, newest)
    room = weight.sum() - price.sum() + score[top].sum() - least - WHOLE  # to lose, before nothing better is left
    inside = np.zeros(len(score), dtype=bool)
    inside[top] = True
    full = new[top].sum() >= newest
    leaves = np.where(new & full, _least(score[inside & new]), _least(score[inside])) if len(top) == most else 0.0
    comes = np.where(~new & full, _greatest(score[~inside & ~new]), _greatest(score[~inside]))
    must = inside & (score - comes > room)
    may = (inside & ~must) | (~inside & (leaves - score <= room))
    return np.flatnonzero(must), _distinct(task, np.flatnonzero(may))


def _least(score: Floats) -> float:
    return float(score.min(initial=np.inf))


def _greatest(score: Floats) -> float:
    return float(score.max(initial=0.0))


def _distinct(task: Task, candidates: Ints) -> Ints:
    """One of each set of candidates that cover the same, and none that covers nothing."""
    key = same_candidates(*task.covers)[candidates]
    _, at = np.unique(np.column_stack([key, task.new[candidates]]), axis=0, return_index=True)
    return np.sort(candidates[at[key[at] != 0]])


def _solved(task: Task, must: Ints, may: Ints, seconds: float) -> tuple[Ints, float]:
    """The best choice with all of `must` and only of `may` that HiGHS finds, and what none of those exceeds."""
    part, base = _part(task, must, may)
    if part.most <= 0 or not len(may):
        return must[: task.most], float(base)
    result = milp(
        np.concatenate([np.zeros(len(may)), -part.covers.weight]),
        integrality=np.repeat([1, 0], [len(may), len(part.covers.weight)]),
        bounds=Bounds(0, 1),
        constraints=_constraints(part),
        options={"time_limit": seconds, "mip_rel_gap": 0.0},
    )
    taken = may[np.flatnonzero(result.x[: len(may)] > HALF)] if result.x is not None else may[:0]
    least = base - result.mip_dual_bound if result.mip_dual_bound is not None else np.inf
    return np.concatenate([must, taken]), least if np.isfinite(least) else np.inf


def _constraints(task: Task) -> list[LinearConstraint]:
    """A demand counts where a candidate that covers it is chosen; so many candidates, so many new ones."""
    (start, item, weight), new, most, newest = task
    n, m = len(new), len(weight)
    by_demand = csr_array((np.ones(len(item)), item, start), shape=(n, m)).T
    told = [LinearConstraint(csr_array(hstack([by_demand, -eye_array(m)])), 0, np.inf)]
    for mask, limit in ((np.ones(n), most), (new.astype(float), newest)):
        told.append(LinearConstraint(csr_array(np.concatenate([mask, np.zeros(m)])[np.newaxis]), -np.inf, limit))
    return told
