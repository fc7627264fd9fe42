"""Entrances, dwellings and invented households of the demo's buildings. A vacant dwelling has a household of size 0."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gis.city import Dwelling, FlagKind, Household
from gis.demo.sites import House

VACANT_SHARE = 0.05
LET_SHARE = 0.15
SIZES = (0.13, 0.23, 0.28, 0.18, 0.13, 0.05)  # shares of lived-in households of 1, 2 … 6 people
ALONE_OVER_80 = 0.015  # of all households; they live alone
INFANT = 0.02
SHARES = {
    FlagKind.DISABILITY: 0.01,
    FlagKind.HARDSHIP: 0.005,
    FlagKind.LOW_INCOME: 0.007,
    FlagKind.OXYGEN_OR_DIALYSIS: 0.001,
}
SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏"


def doors(house: House) -> Iterator[tuple[int, int, str]]:
    """Entrance index, floor and number of every dwelling of a house, ground floor last to be complete."""
    missing = len(house.entrances) * house.floors * house.doors - house.dwellings
    for entrance in range(len(house.entrances)):
        for floor in range(1, house.floors + 1):
            for door in range(1, house.doors + 1):
                if floor == 1 and missing > 0:
                    missing -= 1
                    continue
                yield entrance, floor, f"{floor}{door:02d}"


@dataclass(frozen=True, slots=True)
class _Traits:
    """What was drawn for every household, one row each."""

    sizes: NDArray[np.int64]
    flags: list[list[FlagKind]]


def _traits(count: int, contacts: int, rng: np.random.Generator) -> _Traits:
    """Sizes and flags of `count` households, of which `contacts` are contact households."""
    sizes = rng.choice(np.arange(1, 7), size=count, p=SIZES)
    tenure = rng.random(count)
    vacant, let = tenure < VACANT_SHARE, (tenure >= VACANT_SHARE) & (tenure < VACANT_SHARE + LET_SHARE)
    sizes[vacant] = 0
    flags: list[list[FlagKind]] = [[] for _ in range(count)]

    def put(kind: FlagKind, chosen: NDArray[np.int64]) -> None:
        for k in chosen.tolist():
            flags[k].append(kind)

    # One contact household every so many doors, so that they are spread over the district as their office asks.
    owners = np.flatnonzero(~vacant & ~let)
    put(FlagKind.CONTACT_HOUSEHOLD, owners[np.linspace(0, len(owners) - 1, contacts).astype(int)])
    put(FlagKind.LET, np.flatnonzero(let))
    put(FlagKind.VACANT, np.flatnonzero(vacant))

    def some(among: NDArray[np.bool_], share: float) -> NDArray[np.int64]:
        places = np.flatnonzero(among)
        return np.sort(rng.choice(places, size=min(len(places), round(share * count)), replace=False))

    put(FlagKind.ALONE_OVER_80, some((sizes == 1) & ~let, ALONE_OVER_80))
    put(FlagKind.INFANT, some(sizes >= 3, INFANT))
    for kind, share in SHARES.items():
        put(kind, some(sizes > 0, share))
    return _Traits(sizes, flags)


def settle(
    houses: Sequence[tuple[Sequence[str], House]], contacts: int, rng: np.random.Generator
) -> tuple[list[Dwelling], list[Household]]:
    """The dwellings of houses, given with the keys of their entrances, and a household for each."""
    dwellings = [
        Dwelling(f"{keys[entrance]}:{number}", keys[entrance], floor, number)
        for keys, house in houses
        for entrance, floor, number in doors(house)
    ]
    traits = _traits(len(dwellings), contacts, rng)
    surnames = rng.integers(len(SURNAMES), size=len(dwellings)).tolist()
    households = []
    for k, (dwelling, size) in enumerate(zip(dwellings, traits.sizes.tolist(), strict=True)):
        name = f"{SURNAMES[surnames[k]]}示例{k + 1:06d}" if size else ""
        phone = f"000-{k // 10_000:04d}-{k % 10_000:04d}" if size else ""  # no area code is 000
        households.append(Household(dwelling.key, size, name, phone, tuple(traits.flags[k])))
    return dwellings, households
