"""Doors and households of a district as arrays of counts, kept while the register is the same; no person is in them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.areas.scope import Scope
from app.days import TODAY_SQL
from app.kept import TODAY, Kept, Stamp, part_of
from app.roads.networks import network_of
from gis.city import FlagKind
from gis.network import Network, Places
from gis.travel import Mode, climb_seconds

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
KINDS = tuple(FlagKind)

_INSIDE = """
    WITH RECURSIVE below AS (
        SELECT id FROM areas WHERE id = :district
        UNION ALL SELECT a.id FROM areas a JOIN below ON a.parent_id = below.id)
"""
_DOORS = text(f"""{_INSIDE}
    SELECT e.id, e.building_id, bl.community_id, bl.grid_id, b.has_lift::int, ST_X(e.geom), ST_Y(e.geom),
           b.stairs_seconds, b.lift_wait_seconds, b.lift_seconds
    FROM entrances e JOIN buildings b ON b.id = e.building_id JOIN blocks bl ON bl.id = b.block_id
    WHERE bl.community_id IN (SELECT id FROM below) ORDER BY e.id
""")  # noqa: S608 (our own words; so below)
_FLOORS = text(f"""{_INSIDE}
    SELECT c.entrance_id, c.floor, c.households
    FROM household_counts c JOIN entrances e ON e.id = c.entrance_id JOIN buildings b ON b.id = e.building_id
      JOIN blocks bl ON bl.id = b.block_id
    WHERE bl.community_id IN (SELECT id FROM below) ORDER BY c.entrance_id, c.floor
""")  # noqa: S608
_FLAGS = text(f"""{_INSIDE}
    SELECT d.entrance_id, d.floor, array_position(CAST(:kinds AS text[]), f.kind) - 1, count(*)
    FROM flags f JOIN blocks k ON k.id = f.block_id
      JOIN households h ON h.id = f.household_id JOIN dwellings d ON d.id = h.dwelling_id
    WHERE k.community_id IN (SELECT id FROM below) AND (CAST(:grids AS int[]) IS NULL OR k.grid_id = ANY(:grids))
      AND f.cleared_at IS NULL AND (f.expires_on IS NULL OR f.expires_on >= {TODAY_SQL})
    GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
""")  # noqa: S608


@dataclass(frozen=True, slots=True)
class Doors:
    """The entrances of a district: columns of equal length, and their buildings, communities and grids by id."""

    id: Ints
    building: Ints
    community: Ints
    grid: Ints
    has_lift: Bools
    lonlat: Floats  # (k, 2)
    climb: Floats  # (k, 3) their buildings' own figures, as `climb_seconds` takes them
    building_at: Ints  # their buildings, counted from 0
    buildings: int  # how many buildings there are
    own_figures: int  # how many buildings have figures of their own for stairs or lift

    def visible(self, scope: Scope) -> Bools:
        """Which doors the scope shows."""
        return _among(self.community, scope.communities)

    def known(self, scope: Scope) -> Bools:
        """Behind which doors the scope shows households' flags."""
        return self.visible(scope) & _among(self.grid, scope.grids)


@dataclass(frozen=True, slots=True)
class Counted:
    """Counts by floor: `count` of a `kind` (position in KINDS) on a floor `climb` seconds above door number `door`."""

    door: Ints
    climb: Floats
    count: Ints
    kind: Ints


@dataclass(frozen=True, slots=True)
class Homes:
    """Everything of a district that stands behind doors; `places` are its doors on the roads of one mode."""

    doors: Doors
    places: Places
    households: Counted  # `kind` 0 throughout
    flags: Counted  # of the scope's grids
    visible: Bools  # which doors the scope shows
    known: Bools  # behind which doors it shows households' flags


REGISTER = ("areas", "buildings", "grids")
DATASETS = (*REGISTER, "flags", "roads", TODAY)
_doors: Kept[Doors] = Kept(8)
_places: Kept[Places] = Kept(24)
_households: Kept[Counted] = Kept(8)
_flags: Kept[Counted] = Kept(64)


def homes_of(session: Session, scope: Scope, district_id: int, mode: Mode, stamp: Stamp) -> Homes:
    """The doors of a district and who lives behind them; `stamp` knows DATASETS. NoRoadError."""
    key = (stamp[0][0], district_id)
    register = part_of(stamp, *REGISTER)
    today = part_of(stamp, TODAY)
    doors = _doors.get(key, register, lambda: _load_doors(session, district_id))
    return Homes(
        doors,
        _places.get(
            (*key, mode),
            part_of(stamp, *REGISTER, "roads"),
            lambda: _attach(network_of(session, district_id, stamp), mode, doors),
        ),
        _households.get(key, register, lambda: _load_households(session, district_id, doors)),
        # Flags stand under what the database was told that this user may see, so its wall holds around them too.
        _flags.get(
            (*key, scope.key, today),
            part_of(stamp, *REGISTER, "flags"),
            lambda: _load_flags(session, scope, district_id, doors),
        ),
        doors.visible(scope),
        doors.known(scope),
    )


def _load_doors(session: Session, district_id: int) -> Doors:
    found = [tuple(row) for row in session.execute(_DOORS, {"district": district_id})]
    rows = np.array(found, dtype=np.float64).reshape(-1, 10)  # None becomes NaN
    number, building, community, grid, lift = rows[:, :5].astype(np.int64).T
    own = len(np.unique(building[np.isfinite(rows[:, 7:]).any(axis=1)]))
    buildings, at = np.unique(building, return_inverse=True)
    lonlat, climb = rows[:, 5:7], rows[:, 7:]
    return Doors(number, building, community, grid, lift.astype(bool), lonlat, climb, at, len(buildings), own)


def _attach(network: Network, mode: Mode, doors: Doors) -> Places:
    return network.by(mode).attach(network.frame.metres(doors.lonlat))


def _load_households(session: Session, district_id: int, doors: Doors) -> Counted:
    rows = session.execute(_FLOORS, {"district": district_id})
    return _counted([(entrance, floor, 0, count) for entrance, floor, count in rows], doors)


def _load_flags(session: Session, scope: Scope, district_id: int, doors: Doors) -> Counted:
    """The flags in force today, those of the scope's grids."""
    bound = {"district": district_id, "kinds": [kind.value for kind in KINDS], "grids": scope.grids}
    return _counted([tuple(row) for row in session.execute(_FLAGS, bound)], doors)


def _counted(rows: Sequence[tuple[int, ...]], doors: Doors) -> Counted:
    """Counts from rows of entrance id, floor, kind, count."""
    table = np.array(rows, dtype=np.int64).reshape(-1, 4)
    # An entrance may be newer than the doors, which were read before it.
    entrance, floor, kind, count = np.ascontiguousarray(table[np.isin(table[:, 0], doors.id)].T)
    door = np.searchsorted(doors.id, entrance)
    return Counted(door, climb_seconds(floor, doors.has_lift[door], doors.climb[door]), count, kind)


def _among(ids: Ints, wanted: list[int] | None) -> Bools:
    return np.ones(len(ids), dtype=bool) if wanted is None else np.isin(ids, wanted)
