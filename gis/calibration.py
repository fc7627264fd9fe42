"""What measured runs say about the table of speeds: factors of time for groups of road classes, and an honest error.

A run took `delay + fixed + sum of factor * seconds`: the seconds that the table tells for each group of roads on its
way, the same factor for every run of a mode, a start that is common to all, and what no factor changes (the walk to the
road, roads on which a posted limit holds). The fit is by least squares of relative errors, with Huber's weights
against single strange runs (Huber 1964), and with factors drawn toward 1, the more the fewer and the more scattered the
runs (ridge): little data changes little. The error that is told is cross-validated: no run is judged by a fit that has
seen it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import lsq_linear

from gis.city import RoadClass
from gis.network import ModeNetwork, Places, mode_seconds
from gis.reach import reach
from gis.roads import CLASSES, Roads
from gis.travel import MEASURED, Mode, Speeds

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

LEAST_RUNS = 12  # of a mode; fewer say nothing about it
LEAST_USES = 5  # runs that spend USED of their time on a group; with fewer its factor stays 1
USED = 0.15
PRIOR = 0.2  # standard deviation of factors that is believed before any run is seen
UNSURE = 0.1  # of its time, by which any run is off at least, however well a few agree
LOWEST, HIGHEST = 0.4, 2.5  # factors
LONGEST_DELAY = 300.0  # seconds until somebody is under way
USUAL_DELAY = 60.0  # seconds, in the size of which a delay is believed
HUBER = 1.345  # standard deviations beyond which a run counts less
ROUNDS = 25
FOLDS = 10
SHARE = 0.8  # of the runs lie inside the told band
NUDGE = 1e-4  # of a factor, to see how much of a way lies on its group
FIRST_LIMIT = 600.0  # seconds


class RoadGroup(StrEnum):
    """Road classes that share a factor: a drill seldom has enough of a single class."""

    MAIN = "main"
    STREET = "street"
    LANE = "lane"
    WAY = "way"
    STEPS = "steps"


GROUP_OF: Mapping[RoadClass, RoadGroup] = {
    RoadClass.MOTORWAY: RoadGroup.MAIN,
    RoadClass.TRUNK: RoadGroup.MAIN,
    RoadClass.PRIMARY: RoadGroup.MAIN,
    RoadClass.SECONDARY: RoadGroup.MAIN,
    RoadClass.TERTIARY: RoadGroup.STREET,
    RoadClass.UNCLASSIFIED: RoadGroup.STREET,
    RoadClass.RESIDENTIAL: RoadGroup.STREET,
    RoadClass.LIVING_STREET: RoadGroup.LANE,
    RoadClass.SERVICE: RoadGroup.LANE,
    RoadClass.TRACK: RoadGroup.LANE,
    RoadClass.CYCLEWAY: RoadGroup.WAY,
    RoadClass.PEDESTRIAN: RoadGroup.WAY,
    RoadClass.FOOTWAY: RoadGroup.WAY,
    RoadClass.PATH: RoadGroup.WAY,
    RoadClass.STEPS: RoadGroup.STEPS,
}
GROUPS: Sequence[RoadGroup] = tuple(RoadGroup)
Factors: TypeAlias = Mapping[Mode, Mapping[RoadGroup, float]]


class TooFewRunsError(ValueError):
    """A mode has fewer runs than LEAST_RUNS; `runs` says how many."""

    def __init__(self, runs: int) -> None:
        """Keep the number of runs."""
        super().__init__(f"{runs} runs, and at least {LEAST_RUNS} are needed")
        self.runs = runs


@dataclass(frozen=True, slots=True)
class Told:
    """What the table tells of k runs: `fixed` seconds (k,), and seconds on each of GROUPS (k, g); infinite: no way."""

    fixed: Floats
    groups: Floats

    def seconds(self, factors: Floats) -> Floats:
        """The told time of each run with the factors of GROUPS; (k,)."""
        return np.asarray(self.fixed + self.groups @ factors)

    def take(self, chosen: Bools) -> "Told":
        """The runs that the mask names."""
        return Told(self.fixed[chosen], self.groups[chosen])


@dataclass(frozen=True, slots=True)
class Band:
    """SHARE of the runs took `low` to `high` times the told time, once under way."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """Factors of time by group, the seconds until a run is under way, and the bands before and after, from `runs`.

    `lacking` says for each group on which runs went, but too few, how many more are needed: its factor stayed 1.
    """

    factors: Mapping[RoadGroup, float]
    delay: float
    runs: int
    before: Band
    after: Band
    lacking: Mapping[RoadGroup, int]


def factored(speeds: Mapping[RoadClass, Speeds], factors: Factors) -> dict[RoadClass, Speeds]:
    """The speeds with each mode's times multiplied by the factor of the class's group (1 where there is none)."""
    return {
        road_class: Speeds(
            *(
                kph / factors.get(mode, {}).get(GROUP_OF[road_class], 1.0)
                for mode, kph in zip(MEASURED, row, strict=True)
            )
        )
        for road_class, row in speeds.items()
    }


def told(roads: Roads, speeds: Mapping[RoadClass, Speeds], mode: Mode, origins: Places, destinations: Places) -> Told:
    """What `speeds` tell of the runs from each of `origins` to the destination of the same position.

    How much of a way lies on a group is seen from how its time grows when the group's roads get slower by NUDGE: so
    the quickest way, the walks beside it and posted limits are all as they are in a zone.
    """
    base = ModeNetwork(roads, mode_seconds(roads, speeds, mode))
    seconds = _times(base, origins, destinations, None)
    reached = np.isfinite(seconds)
    present = {GROUP_OF[CLASSES[one]] for one in np.unique(roads.road_class)}
    groups = np.zeros((len(seconds), len(GROUPS)))
    for at, group in enumerate(GROUPS):
        if group in present:
            slower = factored(speeds, {mode: {group: 1 + NUDGE}})
            nudged = ModeNetwork(roads, mode_seconds(roads, slower, mode))
            later = _times(nudged, origins, destinations, seconds)
            groups[reached, at] = (later[reached] - seconds[reached]) / NUDGE
    groups = np.maximum(groups, 0.0)
    return Told(np.maximum(seconds - groups.sum(axis=1), 0.0), groups)


def _times(network: ModeNetwork, origins: Places, destinations: Places, known: Floats | None) -> Floats:
    """Seconds of each run, infinite where there is no way; `known` are nearly the same seconds."""
    seconds = np.full(len(origins.edge), np.inf)
    places = np.column_stack([origins.edge, origins.fraction, origins.offset])
    for place in np.unique(places, axis=0):
        here = np.flatnonzero((places == place).all(axis=1))
        goals = destinations.take(here)
        limit = FIRST_LIMIT if known is None else float(known[here].max()) * (1 + 2 * NUDGE) + 1.0
        found = reach(network, origins.take(here[:1]), limit).door_seconds(goals)
        if known is None and not np.isfinite(found).all():
            found = reach(network, origins.take(here[:1]), np.inf).door_seconds(goals)
        seconds[here] = found
    return seconds


def calibrated(runs: Told, measured: Floats) -> Calibration:
    """The calibration that `measured` seconds (k,) say, all of one mode. TooFewRunsError."""
    if len(measured) < LEAST_RUNS:
        raise TooFewRunsError(len(measured))
    ones = np.ones(len(GROUPS))
    uses = (runs.groups >= USED * runs.seconds(ones)[:, np.newaxis]).sum(axis=0)
    free = uses >= LEAST_USES
    factors, delay = _fit(runs, measured, free)
    return Calibration(
        factors={group: float(factor) for group, factor, fitted in zip(GROUPS, factors, free, strict=True) if fitted},
        delay=delay,
        runs=len(measured),
        before=_band(measured / runs.seconds(ones)),
        after=_band(_unseen(runs, measured, free)),
        lacking={
            group: int(LEAST_USES - used) for group, used in zip(GROUPS, uses, strict=True) if 0 < used < LEAST_USES
        },
    )


def _fit(runs: Told, measured: Floats, free: Bools) -> tuple[Floats, float]:
    """Factors of GROUPS (1 where not `free`) and the delay, by iteratively reweighted least squares within bounds."""
    scale = runs.seconds(np.ones(len(GROUPS)))
    columns = np.column_stack([runs.groups[:, free], np.ones(len(measured))]) / scale[:, np.newaxis]
    wanted = (measured - runs.fixed - runs.groups[:, ~free].sum(axis=1)) / scale
    count = int(free.sum())
    # A row of its own for each belief: that a factor is 1, and that a start takes no more than is usual.
    prior = np.append(np.full(count, 1 / PRIOR), 1 / USUAL_DELAY)
    believed = np.append(np.ones(count), 0.0)
    bounds = (np.append(np.full(count, LOWEST), 0.0), np.append(np.full(count, HIGHEST), LONGEST_DELAY))
    weight, spread = np.ones(len(measured)), UNSURE
    for _ in range(ROUNDS):
        root, belief = np.sqrt(weight), prior * max(spread, UNSURE)
        found = lsq_linear(
            np.vstack([columns * root[:, np.newaxis], np.diag(belief)]),
            np.concatenate([wanted * root, believed * belief]),
            bounds=bounds,
        ).x
        off = np.abs(columns @ found - wanted)
        spread = max(1.4826 * float(np.median(off)), 1e-3)  # the standard deviation, if errors are normal
        weight = np.minimum(1.0, HUBER * spread / np.maximum(off, 1e-9))
    factors = np.ones(len(GROUPS))
    factors[free] = found[:-1]
    return factors, float(found[-1])


def _unseen(runs: Told, measured: Floats, free: Bools) -> Floats:
    """Each run's time, once under way, as a multiple of the time told by a fit to the other folds."""
    ratios = np.empty(len(measured))
    fold = np.random.default_rng(len(measured)).permutation(len(measured)) % min(FOLDS, len(measured))
    for each in range(int(fold.max()) + 1):
        held = fold == each
        factors, delay = _fit(runs.take(~held), measured[~held], free)
        ratios[held] = (measured[held] - delay) / runs.take(held).seconds(factors)
    return ratios


def _band(ratios: Floats) -> Band:
    """The band of the middle SHARE, ends chosen outward so that no less lies inside."""
    tail = (1 - SHARE) / 2
    low, high = np.quantile(ratios, tail, method="lower"), np.quantile(ratios, 1 - tail, method="higher")
    return Band(max(float(low), 0.0), float(high))
