"""Siting reckoned on the ground of a district: what candidates cover, and what chosen sites newly cover."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.areas.scope import Scope
from app.register.kinds import STYLES, FlagGroup
from app.response.ground import Ground
from app.response.homes import KINDS, Counted
from gis.covers import Arrivals, arrivals
from gis.demands import Demands
from gis.network import Places
from gis.siting import Task, siting

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

VULNERABLE = 10
"""So many households more counts each flag of a need where those who need help come first."""
NEEDS = tuple(KINDS.index(style.kind) for style in STYLES if style.group is FlagGroup.NEED)


@dataclass(frozen=True)
class Wanted:
    """Who is to be covered within `limit` seconds: the homes of `communities` on a ground, narrowed to a scope."""

    ground: Ground
    scope: Scope
    communities: list[int]
    limit: float
    standing: Ints  # positions in `ground.stations` of the stations that cover already

    @cached_property
    def inside(self) -> Bools:
        """The doors that count."""
        doors = self.ground.homes.doors
        return np.isin(doors.community, self.communities) & doors.visible(self.scope)

    @cached_property
    def known(self) -> Bools:
        """Those of them behind which flags are known."""
        return self.inside & self.ground.homes.doors.known(self.scope)

    def reached(self, places: Places) -> Arrivals:
        """What each of the places reaches in time. TooMuchError."""
        return arrivals(self.ground.network, places, self.ground.homes.places, self.limit)

    @cached_property
    def old(self) -> Arrivals:
        """What the standing stations reach in time."""
        return self.reached(self.ground.stations.places.take(self.standing))

    def task(self, places: Places, *, sites: int, moves: int, vulnerable: bool) -> Task:
        """The task to choose `sites` of the places, in their order, with the standing stations after them."""
        homes = self.ground.homes
        counted = [_demands(homes.households, self.inside, 1)]
        if vulnerable:
            flags = _demands(homes.flags, self.known, VULNERABLE)
            needs = np.isin(homes.flags.kind[self.known[homes.flags.door]], NEEDS)
            counted.append(flags.take(needs))
        demands = Demands(*(np.concatenate(columns) for columns in zip(*counted, strict=True)))
        return siting(self.reached(places), self.old, demands, limit=self.limit, sites=sites, moves=moves)


def _demands(counted: Counted, doors: Bools, times: int) -> Demands:
    rows = np.flatnonzero(doors[counted.door])
    return Demands(counted.door[rows], counted.climb[rows], counted.count[rows] * times)


class Cover:
    """Who is covered, growing station by station: which rows of households and flags somebody is in time for."""

    def __init__(self, wanted: Wanted) -> None:
        """Nobody is."""
        homes = wanted.ground.homes
        self.wanted = wanted
        self.households, self.flags = homes.households, homes.flags
        self.home_covered = np.zeros(len(self.households.door), dtype=bool)
        self.flag_covered = np.zeros(len(self.flags.door), dtype=bool)

    def add(self, reached: Arrivals, places: Sequence[int] | Ints) -> dict[str, Any]:
        """What these places newly cover: households, flags by kind, the doors; and what they cover in all."""
        seconds = np.full(len(self.wanted.inside), np.inf)
        for place in places:
            row = slice(reached.start[place], reached.start[place + 1])
            np.minimum.at(seconds, reached.door[row], reached.seconds[row])
        home = self._in_time(self.households, seconds, self.wanted.inside)
        flag = self._in_time(self.flags, seconds, self.wanted.known)
        new_home, new_flag = home & ~self.home_covered, flag & ~self.flag_covered
        self.home_covered |= home
        self.flag_covered |= flag
        kinds = np.bincount(self.flags.kind[new_flag], self.flags.count[new_flag], minlength=len(KINDS))
        return {
            "households": int(self.households.count[new_home].sum()),
            "reached": int(self.households.count[home].sum()),
            "flags": {KINDS[at].value: int(kinds[at]) for at in np.flatnonzero(kinds)} if self.knows else None,
            "doors": np.unique(self.households.door[new_home]),
        }

    def _in_time(self, counted: Counted, seconds: Floats, doors: Bools) -> Bools:
        in_time: Bools = doors[counted.door] & (seconds[counted.door] + counted.climb <= self.wanted.limit)
        return in_time

    @property
    def knows(self) -> bool:
        """Whether the scope shows any flags."""
        return self.wanted.scope.grid_ids is None or bool(self.wanted.scope.grid_ids)

    @property
    def total(self) -> int:
        """The households covered."""
        return int(self.households.count[self.home_covered].sum())

    @property
    def everyone(self) -> int:
        """The households that count."""
        return int(self.households.count[self.wanted.inside[self.households.door]].sum())

    def left(self) -> Ints:
        """The doors with households that nobody covers."""
        return np.unique(self.households.door[~self.home_covered & self.wanted.inside[self.households.door]])
