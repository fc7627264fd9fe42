"""Dedicated grids (专属网格) begun from what stands on the blocks: schools, hospitals, malls, office towers, parks.

Blocks of one kind beside each other, with no main road, railway or water between them, are one site. What bars a block
from a dedicated grid is told with it: nothing is taken that would leave others without a grid of their own.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gis.atoms import Atoms, summed
from gis.flips import pieces
from gis.plan import NO_GRID, Plan
from gis.plan_scores import USUAL

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]

MOSTLY = 0.5  # of what is built on a block (of its ground, for a park) is of the kind that it is dedicated to


class SeedKind(StrEnum):
    """What a dedicated grid can be begun from."""

    SCHOOL = "school"
    HOSPITAL = "hospital"
    MALL = "mall"
    OFFICE = "office"
    PARK = "park"


ANY_SIZE: Mapping[SeedKind, float] = {}
USUAL_SIZE: Mapping[SeedKind, float] = {
    SeedKind.SCHOOL: 5_000,  # m² of floors: more than a kindergarten has
    SeedKind.HOSPITAL: 5_000,
    SeedKind.MALL: 10_000,
    SeedKind.OFFICE: 10_000,
    SeedKind.PARK: 50_000,  # m² of ground: the park of a quarter-hour neighbourhood in GB 50180, not a pocket park
}
"""From which size on people come from elsewhere, in so great a number that a grid of its own is worth its posts."""


class Bar(StrEnum):
    """Why blocks do not become a dedicated grid."""

    DEDICATED = "dedicated"  # they are in one
    STAYS = "stays"  # they are held to something else
    HOMES = "homes"  # households live there in other buildings
    MIXED = "mixed"  # most of what stands there is something else
    SMALL = "small"  # it is smaller than asked for
    PARTS = "parts"  # others could no longer be walked between


class Use(NamedTuple):
    """What of one kind stands on a block, named after the largest of it; `others` are households in other buildings.

    `size` are the m² of its floors, of the ground for a park.
    """

    block: int
    kind: SeedKind
    share: float
    others: int
    name: str = ""
    name_en: str = ""
    size: float = 0.0


class Site(NamedTuple):
    """Blocks of one kind; they become a dedicated grid where nothing bars it. `households` live in other buildings."""

    kind: SeedKind
    blocks: frozenset[int]
    households: int
    name: str
    name_en: str
    bar: Bar | None
    size: float  # m², as of a Use


def sites(
    atoms: Atoms,
    uses: Iterable[Use],
    kinds: Collection[SeedKind],
    *,
    dedicated: Collection[int] = (),
    held: Collection[int] = (),
    least: Mapping[SeedKind, float] = ANY_SIZE,
) -> list[Site]:
    """The sites of some kinds, those that become a dedicated grid first; a block with two kinds is of the larger one.

    `least` is the size in m² under which one of a kind becomes none. `dedicated` are the blocks of dedicated grids,
    `held` those of grids that stay or that are asked for otherwise.
    """
    main: dict[int, Use] = {}
    for use in uses:
        if use.kind in kinds and (use.block not in main or use.share > main[use.block].share):
            main[use.block] = use
    bars = {block: _bar(use, dedicated, held) for block, use in main.items()}
    found = [_site(members, main, bars, least) for members in _beside(atoms, main, bars)]
    free = np.ones(len(atoms), dtype=np.bool_)
    free[[*dedicated, *held]] = False
    told = []
    for site in sorted(found, key=lambda one: (one.bar is not None, list(SeedKind).index(one.kind), min(one.blocks))):
        if site.bar is None and _parts_others(atoms, free, site.blocks):
            told.append(site._replace(bar=Bar.PARTS))
            continue
        if site.bar is None:
            free[list(site.blocks)] = False
        told.append(site)
    return sorted(told, key=lambda one: one.bar is not None)


def with_dedicated(plan: Plan, groups: Sequence[Collection[int]]) -> Plan:
    """The plan where each group of blocks is a dedicated grid, under new numbers.

    Where that leaves a grid in pieces, the largest stays the grid, and the blocks of the others are in none.
    """
    of = plan.of.copy()
    for number, members in enumerate(groups, plan.numbers):
        of[list(members)] = number
    count = plan.numbers + len(groups)
    robbed = set(plan.of[of != plan.of].tolist()) - {NO_GRID}
    made = replace(plan, of=of, dedicated=plan.dedicated | set(range(plan.numbers, count)), numbers=count)
    before, after = plan.parts(), made.parts()
    for grid in robbed:
        members = np.flatnonzero(of == grid)
        parts, place = np.unique(after[members], return_inverse=True)
        if len(parts) > len(np.unique(before[plan.of == grid])):
            size = summed(place, 1 + plan.atoms.households[members], len(parts))
            of[members[place != size.argmax()]] = NO_GRID
    return replace(made, of=of)


def _bar(use: Use, dedicated: Collection[int], held: Collection[int]) -> Bar | None:
    """What bars a block by itself."""
    if use.block in dedicated:
        return Bar.DEDICATED
    if use.block in held:
        return Bar.STAYS
    if use.others:
        return Bar.HOMES
    return Bar.MIXED if use.share < MOSTLY else None


def _beside(atoms: Atoms, main: dict[int, Use], bars: dict[int, Bar | None]) -> list[list[int]]:
    """The blocks of each site: of one kind, barred alike, and to be walked between without crossing anything."""
    labels: dict[tuple[SeedKind, Bar | None], int] = {}
    of = np.full(len(atoms), NO_GRID, dtype=np.int32)
    for block, use in main.items():
        of[block] = labels.setdefault((use.kind, bars[block]), len(labels))
    part = pieces(atoms.start, atoms.near, atoms.passable & (atoms.along == 0), of)[1]
    members: dict[int, list[int]] = {}
    for block in sorted(main):
        members.setdefault(int(part[block]), []).append(block)
    return list(members.values())


def _site(
    members: list[int], main: dict[int, Use], bars: dict[int, Bar | None], least: Mapping[SeedKind, float]
) -> Site:
    """The site of some blocks, with the name of the one that has most of its kind."""
    uses = [main[block] for block in members]
    best = max(uses, key=lambda use: (bool(use.name), use.share))
    others, size = sum(use.others for use in uses), sum(use.size for use in uses)
    bar = bars[best.block]
    if bar is None and size < least.get(best.kind, 0):
        bar = Bar.SMALL
    return Site(best.kind, frozenset(members), others, best.name, best.name_en, bar, size)


def _parts_others(atoms: Atoms, free: NDArray[np.bool_], blocks: frozenset[int]) -> bool:
    """Whether others, too few for a grid, could no longer be walked to from the rest."""
    members = list(blocks)
    before = _reached(atoms, free)
    rest = free.copy()
    rest[members] = False
    rest &= np.isin(before, before[members])
    part = _reached(atoms, rest)
    homes = summed(part[rest], atoms.households[rest], int(part.max(initial=NO_GRID)) + 1)
    whole = len(np.unique(before[members]))
    return len(homes) > whole and bool((homes < USUAL.low).any())


def _reached(atoms: Atoms, free: NDArray[np.bool_]) -> Ints:
    """The part of each free block; -1 of the others."""
    of = np.where(free, 0, NO_GRID).astype(np.int32)
    part: Ints = pieces(atoms.start, atoms.near, atoms.passable, of)[1]
    return part
