"""Which grid takes over from which where a district is cut anew: kept, heirs, lineage.

Both plans give the grid of each block by its number; today's are the grids in force, tomorrow's the planned ones. Most
is said of households; where two grids share none, the number of blocks decides, and after that the older number.
"""

from collections import defaultdict
from collections.abc import Mapping
from typing import NamedTuple

Share = tuple[int, int]  # households, then blocks


class Succession(NamedTuple):
    """What becomes of today's grids, and where tomorrow's come from.

    `kept` are today's grids whose blocks, name and kind stay, by tomorrow's number. `heirs` says for a grid of today
    that ends which one of tomorrow takes its place: the one that most of it goes to, if it is also most of that one.
    `parents` gives, for each number of tomorrow that is not kept, the households from each grid of today.
    """

    kept: dict[int, int]
    heirs: dict[int, int]
    parents: dict[int, dict[int, int]]

    @property
    def ended(self) -> list[int]:
        """Today's grids that end."""
        return sorted({old for shares in self.parents.values() for old in shares})

    @property
    def heir_of(self) -> dict[int, int]:
        """The grid of today whose place a number of tomorrow takes."""
        return {new: old for old, new in self.heirs.items()}


def succession(
    today: Mapping[int, int],
    tomorrow: Mapping[int, int],
    households: Mapping[int, int],
    *,
    same: Mapping[int, int] | None = None,
    back: Mapping[int, int] | None = None,
) -> Succession:
    """What becomes of the grids of the same blocks.

    `same` names for a number of tomorrow the grid of today that has its name and kind; such a one with the same blocks
    is kept. `back` names for a number of tomorrow the grid of today that it takes the place of whoever has most: it
    comes back as it was before, under the code that this one has now.
    """
    shared = _shared(today, tomorrow, households)
    members = _members(today), _members(tomorrow)
    kept = {
        new: old
        for new, old in (same or {}).items()
        if new in members[1] and members[1][new] == members[0].get(old, frozenset())
    }
    changed = {new: shares for new, shares in shared.items() if new not in kept}
    heirs = {old: new for new, old in (back or {}).items() if old in changed.get(new, {})}
    taken = set(heirs.values())
    for old, new in _mutual(changed).items():
        if old not in heirs and new not in taken:
            heirs[old] = new
    parents = {new: {old: share[0] for old, share in sorted(shares.items())} for new, shares in changed.items()}
    return Succession(kept, dict(sorted(heirs.items())), dict(sorted(parents.items())))


def _members(plan: Mapping[int, int]) -> dict[int, frozenset[int]]:
    """The blocks of each grid."""
    found: defaultdict[int, set[int]] = defaultdict(set)
    for block, grid in plan.items():
        found[grid].add(block)
    return {grid: frozenset(blocks) for grid, blocks in found.items()}


def _shared(
    today: Mapping[int, int], tomorrow: Mapping[int, int], households: Mapping[int, int]
) -> dict[int, dict[int, Share]]:
    """What each grid of tomorrow has from each of today."""
    found: defaultdict[int, dict[int, Share]] = defaultdict(dict)
    for block, new in tomorrow.items():
        had = found[new].get(today[block], (0, 0))
        found[new][today[block]] = (had[0] + households.get(block, 0), had[1] + 1)
    return dict(found)


def _mutual(shared: Mapping[int, Mapping[int, Share]]) -> dict[int, int]:
    """The pairs of which each is most of the other, by today's number."""
    gave: dict[int, tuple[Share, int]] = {}
    for new, shares in sorted(shared.items()):
        for old, share in shares.items():
            if old not in gave or share > gave[old][0]:
                gave[old] = (share, new)
    # Where two grids gave as much, the one that gave most of itself comes first.
    most = {
        new: max(shares, key=lambda old: (shares[old], gave[old][1] == new, -old)) for new, shares in shared.items()
    }
    return {old: new for new, old in most.items() if gave[old][1] == new}
