"""What is wrong with a plan, and what it is worth beside today's grids."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.plans.ground import Told, worth
from app.plans.queries import Ground
from gis.flips import pieces
from gis.plan import NO_GRID, Plan
from gis.plan_scores import USUAL, by_grid, compounds_cut

GRAVE = frozenset({"unassigned", "empty", "parts"})
"""With one of these a plan is not submitted."""


class Numbered(NamedTuple):
    """A plan whose grids are numbered from 0, and the number that each has in the plan as it is kept."""

    plan: Plan
    numbers: list[int]


def numbered(ground: Ground, blocks: Mapping[str, int], grids: Mapping[str, Mapping[str, Any]]) -> Numbered:
    """The content of a plan on its ground: blocks that it does not know are in no grid."""
    kept = [blocks.get(key, NO_GRID) for key in ground.atoms.keys]
    numbers = sorted(set(kept) - {NO_GRID})
    place = {NO_GRID: NO_GRID, **{number: at for at, number in enumerate(numbers)}}
    dedicated = {place[number] for number in numbers if grids[str(number)]["kind"] == "dedicated"}
    locked = {place[number] for number in numbers if grids[str(number)]["locked"]}
    of = np.array([place[number] for number in kept], dtype=np.int32)
    return Numbered(Plan(ground.atoms, of, frozenset(dedicated), frozenset(locked), len(numbers)), numbers)


def told(whole: Told, blocks: Mapping[str, int], grids: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The faults of a plan, the grave ones first, and its scores beside those of today."""
    ground = whole.ground
    one = numbered(ground, blocks, grids)
    return {
        "faults": sorted(_faults(ground, one, grids), key=lambda fault: not fault["grave"]),
        "scores": worth(ground, one.plan),
        "today": whole.scores,
    }


def grave(ground: Ground, blocks: Mapping[str, int], grids: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The faults with which a plan is not submitted."""
    return [fault for fault in _faults(ground, numbered(ground, blocks, grids), grids) if fault["grave"]]


def _faults(ground: Ground, one: Numbered, grids: Mapping[str, Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    plan, atoms = one.plan, ground.atoms
    lost = np.flatnonzero(plan.of == NO_GRID)
    for community in np.unique(ground.community[lost]).tolist():
        yield _fault("unassigned", ground, lost[ground.community[lost] == community], community=community)
    for empty in sorted(set(map(int, grids)) - set(one.numbers)):
        yield _fault("empty", ground, lost[:0], grid=empty)
    yield from _in_parts(ground, one)
    each = by_grid(plan)
    for at, number in enumerate(one.numbers):
        held = int(each.households[at])
        if not each.dedicated[at] and not USUAL.low <= held <= USUAL.high:
            kind = "large" if held > USUAL.high else "small"
            yield _fault(kind, ground, np.flatnonzero(plan.of == at), grid=number)
    for compound in compounds_cut(plan)[1]:
        yield _fault("compound_cut", ground, np.flatnonzero(atoms.compound == compound), compound=compound)


def _in_parts(ground: Ground, one: Numbered) -> Iterator[dict[str, Any]]:
    """The grids in more parts than the ground they stand on, each with the blocks outside its largest part.

    One that is as it is today is no grave fault: nobody has to mend it to submit a plan about others.
    """
    atoms = ground.atoms
    whole = pieces(atoms.start, atoms.near, atoms.passable, np.zeros(len(atoms), dtype=np.int32))[1]
    part = one.plan.parts()
    for at, number in enumerate(one.numbers):
        members = np.flatnonzero(one.plan.of == at)
        parts, place = np.unique(part[members], return_inverse=True)
        if len(parts) > len(np.unique(whole[members])):
            size = np.bincount(place, 1 + atoms.households[members])
            lost = members[place != size.argmax()]
            as_today = np.array_equal(members, np.flatnonzero(ground.today.of == number))
            fault = _fault("parts", ground, lost, grid=number, parts=len(parts))
            yield {**fault, "grave": not as_today}


def _fault(kind: str, ground: Ground, blocks: NDArray[Any], *, grid: int | None = None, **more: int) -> dict[str, Any]:
    return {
        "kind": kind,
        "grave": kind in GRAVE,
        "grid": grid,
        "blocks": [int(ground.atoms.keys[block]) for block in blocks],
        "households": int(ground.atoms.households[blocks].sum()),
        **more,
    }
