"""Coordinates written as GeoJSON has them, straight from arrays: several times as fast as numbers one by one."""

import numpy as np
from numpy.typing import NDArray

from gis.kernel import COUNT, LONGS, OUT_BYTES, REALS2, inlined, kernel

Floats = NDArray[np.float64]
Longs = NDArray[np.int64]
Bytes = NDArray[np.uint8]

DECIMALS = 7  # of a degree, a centimetre: the rings of a zone stand further apart
WHOLE = 10**DECIMALS
LONGEST = 2 * (5 + DECIMALS) + 3  # bytes of a point and its brackets: "[-179.1234567,-89.1234567]" and a comma
BRACKETS = 3  # bytes of a ring, or of a polygon: two brackets and a comma
OPEN, CLOSE, COMMA, POINT, MINUS, ZERO = (ord(sign) for sign in "[],.-0")


def multipolygon_text(lonlat: Floats, ring_start: Longs, polygon_start: Longs) -> bytes:
    """The coordinates of a MultiPolygon of degrees (k, 2), where rings begin among them and polygons among rings."""
    room = LONGEST * len(lonlat) + BRACKETS * (len(ring_start) + len(polygon_start)) + BRACKETS
    text = np.empty(room, dtype=np.uint8)
    return text[: _write(lonlat, ring_start, polygon_start, text)].tobytes()


@inlined
def _number(text: Bytes, at: int, degrees: float) -> int:
    """Write a number with DECIMALS digits behind its point; returns where the next sign stands."""
    ten, hundred = np.uint32(10), np.uint32(100)  # division is quick without a sign
    units = np.uint32(abs(degrees) * WHOLE + 0.5)
    whole = units // np.uint32(WHOLE)
    rest = units - whole * np.uint32(WHOLE)
    if degrees < 0 and units > 0:
        text[at] = MINUS
        at += 1
    if whole >= hundred:
        text[at] = ZERO + whole // hundred
        at += 1
    if whole >= ten:
        text[at] = ZERO + whole // ten % ten
        at += 1
    text[at], text[at + 1] = ZERO + whole % ten, POINT
    at += 2
    for digit in range(DECIMALS - 1, -1, -1):
        left = rest // ten
        text[at + digit] = ZERO + (rest - left * ten)
        rest = left
    return at + DECIMALS


@kernel(COUNT, REALS2, LONGS, LONGS, OUT_BYTES)
def _write(lonlat: Floats, ring_start: Longs, polygon_start: Longs, text: Bytes) -> int:
    """Write the text; returns its length. Starts are counted from the first point and the first ring."""
    text[0] = OPEN
    at = 1
    for polygon in range(len(polygon_start) - 1):
        text[at] = OPEN
        at += 1
        for ring in range(polygon_start[polygon], polygon_start[polygon + 1]):
            text[at] = OPEN
            at += 1
            for point in range(ring_start[ring], ring_start[ring + 1]):
                text[at] = OPEN
                at = _number(text, at + 1, lonlat[point, 0])
                text[at] = COMMA
                at = _number(text, at + 1, lonlat[point, 1])
                text[at], text[at + 1] = CLOSE, COMMA
                at += 2
            text[at - 1], text[at] = CLOSE, COMMA  # a ring is never empty
            at += 1
        text[at - 1], text[at] = CLOSE, COMMA
        at += 1
    if len(polygon_start) > 1:
        at -= 1
    text[at] = CLOSE
    return at + 1
