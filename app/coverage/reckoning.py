"""Coverage reckoned on the ground of a district: seconds to every household, and tables of them. Arrays in and out."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.areas.scope import Scope
from app.response.ground import Ground
from app.response.homes import KINDS
from gis.coverage import NOBODY, first_arrivals, tally
from gis.parts import may_come
from gis.search import NEVER, Stop

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

BANDS = (0.5, 1.0, 2.0, 3.0)  # of the limit: two bands inside it, two beyond, and what is later or never
HALF = 0.5  # of a building's households: they are reached within the seconds that the building is shown with


@dataclass(frozen=True, slots=True)
class Columns:
    """Buildings with households: ids, seconds until half of the households are reached, households, those inside."""

    id: Ints
    seconds: Floats
    households: Ints
    inside: Ints


@dataclass(frozen=True)
class Reckoned:
    """Arrivals at the doors of a ground that are asked about, from the first of `stations` each."""

    ground: Ground
    limit: float
    stations: Ints  # positions in `ground.stations`
    wanted: Bools  # doors that are asked about
    known: Bools  # those behind which flags are known
    arrival: Floats  # of every door
    first: NDArray[np.int32]  # positions in `stations`, -1 where none

    @cached_property
    def bands(self) -> Floats:
        """The ends of the bands, seconds."""
        return np.array(BANDS) * self.limit

    @cached_property
    def rows(self) -> Ints:
        """The positions of the households' rows behind wanted doors."""
        return np.flatnonzero(self.wanted[self.ground.homes.households.door])

    @cached_property
    def at_home(self) -> Floats:
        """Seconds to the households of each of `rows`, the climb included."""
        households = self.ground.homes.households
        return self.arrival[households.door[self.rows]] + households.climb[self.rows]

    @cached_property
    def flags_outside(self) -> Ints:
        """The positions of the flags' rows behind known doors that are reached too late."""
        flags = self.ground.homes.flags
        late = self.arrival[flags.door] + flags.climb > self.limit
        return np.flatnonzero(self.known[flags.door] & late)

    def table(self, groups: Ints) -> list[dict[str, Any]]:
        """Households by band for each group, `groups` naming that of every door; those without households left out."""
        homes = self.ground.homes
        ids, group = np.unique(groups[homes.households.door[self.rows]], return_inverse=True)
        cells = tally(group, self.at_home, homes.households.count[self.rows], self.bands)
        flags = self._flags(groups, ids)
        return [
            {"id": int(number), **counted(row), "flags": told}
            for number, row, told in zip(ids, cells, flags, strict=True)
        ]

    def _flags(self, groups: Ints, ids: Ints) -> list[dict[str, int]]:
        """The flags outside by kind for each group of `ids`."""
        flags, late = self.ground.homes.flags, self.flags_outside
        of = groups[flags.door[late]]
        late, of = late[np.isin(of, ids)], of[np.isin(of, ids)]
        cell = np.searchsorted(ids, of) * len(KINDS) + flags.kind[late]
        cells = np.bincount(cell, flags.count[late], minlength=len(ids) * len(KINDS)).reshape(len(ids), len(KINDS))
        return [{KINDS[at].value: int(row[at]) for at in np.flatnonzero(row)} for row in cells]

    def buildings(self) -> Columns:
        """The buildings behind wanted doors."""
        homes = self.ground.homes
        building = homes.doors.building[homes.households.door[self.rows]]
        count = homes.households.count[self.rows]
        order = np.lexsort((self.at_home, building))
        ids, group = np.unique(building[order], return_inverse=True)
        households = np.bincount(group, count[order], minlength=len(ids))
        before = np.concatenate([[0.0], np.cumsum(households)])[group]
        enough = np.flatnonzero(np.cumsum(count[order]) - before >= households[group] * HALF)
        _, first = np.unique(group[enough], return_index=True)
        inside = np.bincount(group, np.where(self.at_home[order] <= self.limit, count[order], 0), minlength=len(ids))
        return Columns(ids, self.at_home[order][enough[first]], households.astype(np.int64), inside.astype(np.int64))

    def served(self) -> Ints:
        """How many households inside each of `stations` comes to first."""
        homes = self.ground.homes
        inside = self.at_home <= self.limit
        first = self.first[homes.households.door[self.rows]][inside]
        count = homes.households.count[self.rows][inside]
        return np.bincount(first, count, minlength=len(self.stations)).astype(np.int64)

    def doors_outside(self) -> tuple[Ints, Ints, Ints]:
        """Positions of doors with households outside, how many these are, and a row of flags by kind for each door."""
        homes = self.ground.homes
        late = self.at_home > self.limit
        size = len(homes.doors.id)
        outside = np.bincount(homes.households.door[self.rows][late], homes.households.count[self.rows][late], size)
        cell = homes.flags.door[self.flags_outside] * len(KINDS) + homes.flags.kind[self.flags_outside]
        flags = np.bincount(cell, homes.flags.count[self.flags_outside], minlength=size * len(KINDS))
        doors = np.flatnonzero(outside)
        return doors, outside[doors].astype(np.int64), flags.reshape(size, len(KINDS))[doors].astype(np.int64)


def reckon(
    ground: Ground, scope: Scope, communities: list[int], *, stations: list[int], limit: float, stop: Stop = NEVER
) -> Reckoned:
    """The arrivals of the stations (positions in `ground.stations`) at the doors of the communities.

    CancelledError where stop[0] is set before they are found.
    """
    doors, chosen = ground.homes.doors, np.array(stations, dtype=np.int64)
    asked, last = np.isin(doors.community, communities), limit * BANDS[-1]
    places = ground.homes.places.take(asked)
    # Who cannot come there is left out, so that a part of a city costs a part of the search.
    coming = np.flatnonzero(may_come(ground.network, ground.stations.places.take(chosen), places, last))
    seconds, which = first_arrivals(
        ground.network, ground.stations.places.take(chosen[coming]), places, last, stop=stop
    )
    arrival, first = np.full(len(asked), np.inf), np.full(len(asked), NOBODY, dtype=np.int32)
    arrival[asked] = seconds
    first[asked] = np.append(coming, NOBODY)[which]  # NOBODY is -1: the last
    return Reckoned(
        ground=ground,
        limit=limit,
        stations=chosen,
        wanted=asked & doors.visible(scope),
        known=asked & doors.known(scope),
        arrival=arrival,
        first=first,
    )


def counted(row: Ints) -> dict[str, Any]:
    """A row of households by band as it is answered."""
    return {
        "households": int(row.sum()),
        "inside": int(row[:2].sum()),
        "outside": int(row[2:].sum()),
        "bands": [int(count) for count in row],
    }


def added(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The sum of rows of `counted` with their flags, which are None where those of any row are unknown."""
    whole = counted(np.sum([row["bands"] for row in rows], axis=0, dtype=np.int64))
    flags: Counter[str] | None = Counter()
    for row in rows:
        flags = None if flags is None or row["flags"] is None else flags + Counter(row["flags"])
    return {**whole, "flags": None if flags is None else dict(flags)}
