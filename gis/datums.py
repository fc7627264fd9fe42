"""Coordinates as Chinese offices keep them, turned into lon/lat (WGS 84), and which system a file is most likely in.

GCJ-02 and BD-09 are shifted by formulas of which only the forward one is closed; the way back is iterated until it is
right to a centimetre. Gauss-Krüger zones differ in the prefix of the easting alone, and files list north first as often
as east first; so a system is not read off the numbers: each is tried, and how well it fits the ground tells.
"""

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import ProjError

Floats = NDArray[np.float64]
Turn = Callable[[Floats], Floats]

WGS, GCJ, BD, FILE = "EPSG:4326", "GCJ-02", "BD-09", "file"
SWAPPED = "/yx"  # after a code: the file lists north first
SERIES = (  # EPSG codes, first to last; what they are; the number of the first, and how far it is to the next
    (4513, 4533, "zone", 25, 1),  # CGCS2000, 3° wide, with the zone before the easting
    (4534, 4554, "meridian", 75, 3),
    (4491, 4501, "zone6", 13, 1),
    (4502, 4512, "meridian6", 75, 6),
    (32643, 32653, "utm", 43, 1),
    (2349, 2369, "xian zone", 25, 1),
    (2370, 2390, "xian meridian", 75, 3),
    (2327, 2337, "xian zone6", 13, 1),
    (2338, 2348, "xian meridian6", 75, 6),
    (2401, 2421, "beijing zone", 25, 1),
    (2422, 2442, "beijing meridian", 75, 3),
    (21413, 21423, "beijing zone6", 13, 1),
    (21453, 21463, "beijing meridian6", 75, 6),
)
ZONES = (*(f"EPSG:{code}" for first, last, *_ in SERIES for code in range(first, last + 1)), "EPSG:3857")
GEOCENTRIC = 6378137.0  # metres: the long axis of WGS 84, CGCS2000 and all others that GPS measures in
DEGREES = (WGS, GCJ, BD)
AXIS, FLATTENING = 6378245.0, 0.00669342162296594323  # of Krasovsky's ellipsoid, by which GCJ-02 is shifted
TURNS = np.pi * 3000 / 180  # of BD-09
ROUNDS = 8  # of the way back; each makes the error ten thousand times smaller
SAME = 6  # decimals of a degree: a decimetre
FAR = 2.0  # degrees from the area, farther than which no system is weighed
METRES = 111_200.0  # a degree of latitude
REACH = 6.0  # degrees from its meridian, farther than which nobody uses a zone
LEAST_ZONED = 13e6  # metres: the easting of the westernmost zone with its number before it
MOST_DEGREES = (180.0, 85.0)


class Unknown(ValueError):
    """There is no such system, or it cannot be turned into lon/lat."""


class Guess(NamedTuple):
    """A system in which coordinates lie near a place, where their middle lies then, and how right that is.

    `metres` is None where nobody here knows: Xian 80 and, in most of China, Beijing 54 lie up to about 130 metres from
    CGCS2000, by local parameters that are not published (where the figure is from: docs/decisions/
    nets-are-compared-by-buildings.md).
    """

    code: str
    lon: float
    lat: float
    metres: float | None

    def away(self, other: "Guess") -> float:
        """How many metres from there coordinates lie by another guess, about."""
        east = (self.lon - other.lon) * np.cos(np.radians(self.lat))
        return float(np.hypot(east, self.lat - other.lat)) * METRES


def to_gcj(lonlat: Floats) -> Floats:
    """GCJ-02 of WGS 84, both lon/lat of shape (n, 2)."""
    x, y = lonlat[:, 0] - 105.0, lonlat[:, 1] - 35.0
    root = 0.1 * np.sqrt(np.abs(x))
    waves = (20 * np.sin(6 * x * np.pi) + 20 * np.sin(2 * x * np.pi)) * 2 / 3
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + root + waves
    east += (20 * np.sin(x * np.pi) + 40 * np.sin(x / 3 * np.pi)) * 2 / 3
    east += (150 * np.sin(x / 12 * np.pi) + 300 * np.sin(x / 30 * np.pi)) * 2 / 3
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 2 * root + waves
    north += (20 * np.sin(y * np.pi) + 40 * np.sin(y / 3 * np.pi)) * 2 / 3
    north += (160 * np.sin(y / 12 * np.pi) + 320 * np.sin(y * np.pi / 30)) * 2 / 3
    lat = np.radians(lonlat[:, 1])
    magic = 1 - FLATTENING * np.sin(lat) ** 2
    per_lat = AXIS * (1 - FLATTENING) / (magic * np.sqrt(magic)) * np.pi / 180
    per_lon = AXIS / np.sqrt(magic) * np.cos(lat) * np.pi / 180
    return np.asarray(lonlat + np.column_stack([east / per_lon, north / per_lat]), dtype=np.float64)


def to_bd(lonlat: Floats) -> Floats:
    """BD-09 of WGS 84, both lon/lat of shape (n, 2)."""
    x, y = to_gcj(lonlat).T
    far = np.hypot(x, y) + 0.00002 * np.sin(y * TURNS)
    angle = np.arctan2(y, x) + 0.000003 * np.cos(x * TURNS)
    return np.column_stack([far * np.cos(angle) + 0.0065, far * np.sin(angle) + 0.006])


def _back(forward: Turn) -> Turn:
    """The inverse of a shift that is nearly the same everywhere."""

    def turn(shifted: Floats) -> Floats:
        found = shifted.copy()
        for _ in range(ROUNDS):
            found = found + shifted - forward(found)
        return found

    return turn


def lonlat(code: str, coordinates: Floats, declared: str = "") -> Floats:
    """lon/lat (WGS 84) of coordinates of shape (n, 2) in the system of a code; inf where it does not reach.

    `declared` is the WKT that the code "file" stands for. Unknown.
    """
    name = code.removesuffix(SWAPPED)
    given = coordinates[:, ::-1] if code.endswith(SWAPPED) else coordinates
    with np.errstate(all="ignore"):
        found: Floats = np.ascontiguousarray(_turn(name, declared if name == FILE else "")(given))
    return found


@lru_cache(256)
def _turn(name: str, declared: str) -> Turn:
    """What turns coordinates of a system into lon/lat. Unknown."""
    if name in {GCJ, BD}:
        return _back(to_gcj if name == GCJ else to_bd)
    if name in {WGS, "EPSG:4490"}:  # they differ by centimetres
        return np.array
    try:
        system = CRS.from_user_input(declared if name == FILE else name)
        transformer = Transformer.from_crs(system, WGS, always_xy=True)
    except ProjError:
        raise Unknown(name) from None

    def turn(given: Floats) -> Floats:
        lon, lat = transformer.transform(given[:, 0], given[:, 1])
        return np.column_stack([lon, lat])

    return turn


def accuracy(code: str, coordinates: Floats, declared: str = "") -> float | None:
    """By how many metres lon/lat of coordinates may be off, without the grids of any survey; None: unknown. Unknown."""
    name = code.removesuffix(SWAPPED)
    if name in DEGREES:
        return 1.0
    try:
        system = CRS.from_user_input(declared if name == FILE else name)
    except ProjError:
        raise Unknown(name) from None
    geodetic = system.geodetic_crs
    if geodetic is None or geodetic.ellipsoid is None:
        return None
    if geodetic.ellipsoid.semi_major_metre == GEOCENTRIC:
        return 1.0
    x, y = (coordinates[:, ::-1] if code.endswith(SWAPPED) else coordinates).mean(axis=0)
    transformer = Transformer.from_crs(system, WGS, always_xy=True)
    transformer.transform(x, y)
    try:
        said = transformer.get_last_used_operation().accuracy
    except ProjError:  # nothing was done, for nobody knows what to do
        return None
    return float(said) if said >= 0 else None


def in_the_world(found: Floats) -> bool:
    """Whether all of these are lon/lat that a table can hold."""
    return bool(np.isfinite(found).all() and (np.abs(found) <= MOST_DEGREES).all())


def guesses(coordinates: Floats, near: tuple[float, float], declared: str = "") -> Iterator[Guess]:
    """The systems by which the middle of the coordinates lies within FAR of a place, the declared one first.

    Of systems that are the same there, and as right, only one, by the name that people know.
    """
    middle = ((coordinates.min(axis=0) + coordinates.max(axis=0)) / 2)[np.newaxis]
    found: dict[tuple[float, float, float | None], Guess] = {}
    for code in _tried(middle[0], near[0], declared):
        try:
            ((lon, lat),) = lonlat(code, middle, declared).tolist()
        except Unknown:
            continue
        if max(abs(lon - near[0]), abs(lat - near[1])) > FAR:
            continue
        metres = accuracy(code, middle, declared)
        place = round(lon, SAME), round(lat, SAME), metres
        if place not in found or found[place].code[:4] == FILE:
            found[place] = Guess(code, lon, lat, metres)
    yield from found.values()


def _tried(middle: Floats, lon: float, declared: str) -> Iterator[str]:
    """The codes that are worth a look for coordinates of this size, in a net that may lie around a longitude."""
    degrees, zoned = (np.abs(middle) <= 180).all(), np.abs(middle).max() >= LEAST_ZONED  # noqa: PLR2004 (degrees)
    names = DEGREES if degrees else [name for name in ZONES if _near(name, lon, zoned=bool(zoned))]
    for name in (*((FILE,) if declared else ()), *names):
        yield name
        yield name + SWAPPED


def _near(name: str, lon: float, *, zoned: bool) -> bool:
    """Whether a zone is used around a longitude, and its eastings have the zone before them, or have not."""
    kind, number = where_from(name)
    match kind.split()[-1]:
        case "zone":
            return zoned and abs(3 * number - lon) <= REACH
        case "zone6":
            return zoned and abs(6 * number - 3 - lon) <= REACH
        case "utm":
            return not zoned and abs(6 * number - 183 - lon) <= REACH
        case "web":
            return True
        case _:
            return not zoned and abs(number - lon) <= REACH


def where_from(code: str) -> tuple[str, int]:
    """What kind of system a code names (see SERIES; "lonlat", "gcj", "bd", "web", "file" or "epsg"), and its number.

    The number is that of the zone, or the central meridian in degrees.
    """
    name = code.removesuffix(SWAPPED)
    fixed = {WGS: "lonlat", "EPSG:4490": "lonlat", GCJ: "gcj", BD: "bd", FILE: "file", "EPSG:3857": "web"}
    if name in fixed:
        return fixed[name], 0
    number = int(name.removeprefix("EPSG:"))
    for first, last, kind, start, step in SERIES:
        if first <= number <= last:
            return kind, start + (number - first) * step
    return "epsg", number
