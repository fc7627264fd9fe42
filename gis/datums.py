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
ZONES = (
    *(f"EPSG:{code}" for code in range(4513, 4555)),  # CGCS2000, 3° wide; first with a zone before the easting
    *(f"EPSG:{code}" for code in range(4491, 4513)),  # the same, 6 degrees wide
    *(f"EPSG:{code}" for code in range(32643, 32654)),  # UTM
    "EPSG:3857",
)
DEGREES = (WGS, GCJ, BD)
AXIS, FLATTENING = 6378245.0, 0.00669342162296594323  # of Krasovsky's ellipsoid, by which GCJ-02 is shifted
TURNS = np.pi * 3000 / 180  # of BD-09
ROUNDS = 8  # of the way back; each makes the error ten thousand times smaller
SAME = 6  # decimals of a degree: a decimetre
FAR = 2.0  # degrees from the area, farther than which no system is weighed
MOST_DEGREES = (180.0, 85.0)


class Unknown(ValueError):
    """There is no such system, or it cannot be turned into lon/lat."""


class Guess(NamedTuple):
    """A system in which coordinates lie near a place, and where their middle lies then."""

    code: str
    lon: float
    lat: float


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


def in_the_world(found: Floats) -> bool:
    """Whether all of these are lon/lat that a table can hold."""
    return bool(np.isfinite(found).all() and (np.abs(found) <= MOST_DEGREES).all())


def guesses(coordinates: Floats, near: tuple[float, float], declared: str = "") -> Iterator[Guess]:
    """The systems by which the middle of the coordinates lies within FAR of a place, the declared one first.

    Of systems that are the same there only one, by the name that people know.
    """
    middle = ((coordinates.min(axis=0) + coordinates.max(axis=0)) / 2)[np.newaxis]
    found: dict[tuple[float, float], Guess] = {}
    for code in _tried(middle[0], declared):
        try:
            ((lon, lat),) = lonlat(code, middle, declared).tolist()
        except Unknown:
            continue
        place = round(lon, SAME), round(lat, SAME)
        if max(abs(lon - near[0]), abs(lat - near[1])) <= FAR and (place not in found or found[place].code[:4] == FILE):
            found[place] = Guess(code, lon, lat)
    yield from found.values()


def _tried(middle: Floats, declared: str) -> Iterator[str]:
    """The codes that are worth a look for coordinates of this size."""
    names = DEGREES if (np.abs(middle) <= 180).all() else ZONES  # noqa: PLR2004 (degrees)
    for name in (*((FILE,) if declared else ()), *names):
        yield name
        yield name + SWAPPED


def where_from(code: str) -> tuple[str, int]:
    """What kind of system a code names: "lonlat", "gcj", "bd", "zone", "meridian", "utm", "web" or "file"; its number.

    The number is that of the zone, or the central meridian in degrees.
    """
    name = code.removesuffix(SWAPPED)
    fixed = {WGS: "lonlat", "EPSG:4490": "lonlat", GCJ: "gcj", BD: "bd", FILE: "file", "EPSG:3857": "web"}
    if name in fixed:
        return fixed[name], 0
    number = int(name.removeprefix("EPSG:"))
    for first, last, kind, start, step in (
        (4491, 4501, "zone6", 13, 1),
        (4502, 4512, "meridian6", 75, 6),
        (4513, 4533, "zone", 25, 1),
        (4534, 4554, "meridian", 75, 3),
        (32643, 32653, "utm", 43, 1),
    ):
        if first <= number <= last:
            return kind, start + (number - first) * step
    return "epsg", number
