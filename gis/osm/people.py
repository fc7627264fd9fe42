"""Dwellings by floor area, and invented households: names and numbers that nobody can take for real ones."""

from collections.abc import Sequence
from random import Random
from zlib import crc32

from gis.city import BuildingKind, Dwelling, FlagKind, Household
from gis.osm.buildings import House

DWELLING = 95.0  # m² of footprint for one dwelling a floor, walls and stairs included
LEAST_FOOTPRINT = 40.0  # m²: no dwelling in less
MOST_A_FLOOR = 40
TOWER_FLOORS, MOST_A_TOWER_FLOOR = 12, 12  # above so many floors the footprint is that of a podium, not of the tower
SIZES = (1, 2, 3, 4, 5, 6)  # persons, and how often (after the 2020 census for cities)
SHARES = (27, 31, 23, 12, 5, 2)
VACANT, LET = 0.04, 0.11
RATES = (  # flag, rate, persons at least, persons at most
    (FlagKind.CONTACT_HOUSEHOLD, 0.015, 1, 9),
    (FlagKind.HARDSHIP, 0.006, 1, 9),
    (FlagKind.LOW_INCOME, 0.012, 1, 9),
    (FlagKind.DISABILITY, 0.014, 1, 9),
    (FlagKind.OXYGEN_OR_DIALYSIS, 0.0015, 1, 9),
    (FlagKind.ALONE_OVER_80, 0.055, 1, 1),
    (FlagKind.INFANT, 0.05, 3, 9),
)
PHONES = 10_000


def dwellings_a_floor(house: House) -> int:
    """Dwellings on each floor of a building; 0 where it is no housing."""
    area = house.footprint.area
    if house.kind is not BuildingKind.RESIDENTIAL or area < LEAST_FOOTPRINT:
        return 0
    most = MOST_A_FLOOR if house.floors < TOWER_FLOORS else MOST_A_TOWER_FLOOR
    return max(1, min(most, round(area / DWELLING)))


def households_in(house: House) -> int:
    """Dwellings of a building, each taken for a household."""
    return dwellings_a_floor(house) * house.floors


def dwellings_in(house: House, entrances: Sequence[str]) -> list[Dwelling]:
    """The dwellings of a building, spread over the keys of its entrances."""
    a_floor = dwellings_a_floor(house)
    used = entrances[: max(1, min(len(entrances), a_floor))]
    dwellings: list[Dwelling] = []
    for floor in range(1, house.floors + 1):
        for i in range(a_floor):
            entrance, place = used[i % len(used)], i // len(used) + 1
            number = f"{floor}{place:02d}"
            dwellings.append(Dwelling(f"{entrance}:{number}", entrance, floor, number))
    return dwellings


def household_of(dwelling: Dwelling, number: int) -> Household:
    """The invented household number `number`; the same dwelling always gets the same people."""
    random = Random(crc32(dwelling.key.encode()))  # noqa: S311 (nothing secret)
    if random.random() < VACANT:
        return Household(dwelling.key, 0, "", "", (FlagKind.VACANT,))
    size = random.choices(SIZES, SHARES)[0]
    flags = [kind for kind, rate, least, most in RATES if random.random() < rate and least <= size <= most]
    if random.random() < LET:
        flags.append(FlagKind.LET)
    return Household(dwelling.key, size, f"示例住户{number:04d}", f"1990000{number % PHONES:04d}", tuple(flags))
