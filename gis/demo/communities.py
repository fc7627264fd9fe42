"""Superblocks gathered to communities of about equal numbers of households; the river always parts them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import Polygon, STRtree

from gis.demo.landuse import LandUse
from gis.demo.streets import Ground
from gis.demo.terrain import Band

LONG = 120.0  # metres of border over which a face may change its community
ROUNDS = 12
SHARED = 5.0  # metres of border that make two faces neighbours


@dataclass(slots=True)
class _Unit:
    """Faces that stay together, with their households and middle."""

    faces: list[int]
    weight: float
    middle: NDArray[np.float64]


def neighbours(polygons: Sequence[Polygon]) -> dict[int, dict[int, float]]:
    """Metres of common border of each polygon with each of its neighbours; the polygons share their vertices."""
    array = np.array(polygons, dtype=object)
    pairs = STRtree(array).query(array, predicate="touches").T
    pairs = pairs[pairs[:, 0] < pairs[:, 1]]
    metres = shapely.length(shapely.intersection(array[pairs[:, 0]], array[pairs[:, 1]]))
    found: dict[int, dict[int, float]] = {k: {} for k in range(len(polygons))}
    for (a, b), length in zip(pairs.tolist(), metres.tolist(), strict=True):
        if length > SHARED:
            found[a][b] = found[b][a] = length
    return found


def _units(ground: Ground, use: LandUse) -> list[_Unit]:
    """All faces as units; the faces of one dedicated grid are one unit."""
    weights = np.zeros(len(ground.faces))
    for parcel in use.parcels:
        weights[parcel.face] += parcel.request.target
    clustered = {k for cluster in use.clusters for k in cluster}
    groups = [c for c in use.clusters if c] + [[k] for k in range(len(ground.faces)) if k not in clustered]
    return [
        _Unit(g, float(weights[g].sum()), shapely.get_coordinates([ground.faces[k].centroid for k in g]).mean(axis=0))
        for g in groups
    ]


def _south(ground: Ground, k: int) -> bool:
    """Whether face `k` lies south of the middle of the river."""
    water = [b for (_, b), band in zip(ground.cells, ground.bands, strict=True) if band is Band.WATER]
    return ground.cells[k][1] <= min(water)


def _halve(units: list[_Unit], parts: int) -> list[list[_Unit]]:
    """The units in `parts` groups of about equal weight, by cuts across the longer extent."""
    if parts == 1:
        return [units]
    middles = np.array([u.middle for u in units])
    axis = int(np.argmax(np.ptp(middles, axis=0)))
    ordered = sorted(units, key=lambda u: (float(u.middle[axis]), u.faces[0]))
    first = parts // 2
    sums = np.cumsum([u.weight for u in ordered])
    turn = int(np.argmin(np.abs(sums - sums[-1] * first / parts))) + 1
    return _halve(ordered[:turn], first) + _halve(ordered[turn:], parts - first)


def _components(members: set[int], near: dict[int, dict[int, float]]) -> list[set[int]]:
    """The connected parts of a set of faces."""
    left, found = set(members), []
    while left:
        part, edge = set(), [min(left)]
        while edge:
            k = edge.pop()
            if k in left:
                left.discard(k)
                part.add(k)
                edge += near[k]
        found.append(part)
    return found


def _mend(of: list[int], units: list[_Unit], near: dict[int, dict[int, float]], weights: dict[int, float]) -> None:
    """Give stray parts of a community to the neighbour with the longest border."""
    whole = {k: unit.faces for unit in units for k in unit.faces}
    for _ in range(8):
        strays = []
        for community in sorted(set(of)):
            parts = _components({k for k, c in enumerate(of) if c == community}, near)
            parts.sort(key=lambda part: (-sum(weights[k] for k in part), -len(part), min(part)))
            strays += [sorted(part) for part in parts[1:]]
        if not strays:
            return
        for part in strays:
            border: dict[int, float] = {}
            for k in part:
                for other, metres in near[k].items():
                    if of[other] != of[k]:
                        border[of[other]] = border.get(of[other], 0.0) + metres
            best = max(border, key=lambda c: (border[c], c))
            for k in {face for stray in part for face in whole[stray]}:
                of[k] = best


def _even_out(of: list[int], units: list[_Unit], near: dict[int, dict[int, float]]) -> None:
    """Hand units over a border while that brings two communities closer in households and tears neither apart."""
    members: dict[int, set[int]] = {c: {k for k, own in enumerate(of) if own == c} for c in sorted(set(of))}
    totals = dict.fromkeys(members, 0.0)
    for unit in units:
        totals[of[unit.faces[0]]] += unit.weight
    for _ in range(ROUNDS):
        moved = False
        for unit in sorted(units, key=lambda u: -u.weight):
            old = of[unit.faces[0]]
            others = {of[o] for k in unit.faces for o, metres in near[k].items() if metres > LONG} - {old}
            if not others or not unit.weight:
                continue
            new = min(others, key=lambda c: (totals[c], c))
            if totals[old] - totals[new] <= 1.2 * unit.weight:
                continue
            rest = members[old] - set(unit.faces)
            if not rest or len(_components(rest, near)) > 1:
                continue
            members[old], members[new] = rest, members[new] | set(unit.faces)
            totals[old] -= unit.weight
            totals[new] += unit.weight
            for k in unit.faces:
                of[k] = new
            moved = True
        if not moved:
            return


def gather(ground: Ground, use: LandUse, count: int) -> list[int]:
    """The community, 0 to `count` - 1, of every face; those south of the river come first."""
    units = _units(ground, use)
    sides = [[u for u in units if _south(ground, u.faces[0]) is south] for south in (True, False)]
    weights = [sum(u.weight for u in side) for side in sides]
    first = min(max(1, round(count * weights[0] / sum(weights))), count - 1)
    groups = _halve(sides[0], first) + _halve(sides[1], count - first)
    of = [0] * len(ground.faces)
    for number, group in enumerate(groups):
        for unit in group:
            for k in unit.faces:
                of[k] = number
    near = neighbours(ground.faces)
    banks = {k: {o: m for o, m in near[k].items() if _south(ground, o) is _south(ground, k)} for k in near}
    face_weights = {k: u.weight / len(u.faces) for u in units for k in u.faces}
    _mend(of, units, banks, face_weights)
    _even_out(of, units, banks)
    return of
