"""How much of everything the demo district holds: the first source document's figures, scaled."""

from dataclasses import dataclass

DEDICATED = (
    "hospital", "park", "industry", "mall", "school", "office", "park", "school", "mall", "hospital",
    "office", "park", "industry", "school", "park", "mall", "office", "school", "park",
)  # fmt: skip
SMALLEST_SCALE = 0.04


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts of a district of `scale` times the source document's size; `area` in square metres."""

    scale: float
    area: float
    communities: int
    base_grids: int
    dedicated: tuple[str, ...]
    buildings: int
    dwellings: int
    compounds: int
    committees: int
    firms: int
    villages: int
    service_stations: int
    liaison_stations: int
    contact_households: int
    instructors: int
    leaders: int
    full_time_workers: int
    part_time_workers: int

    def count(self, at_full_scale: int) -> int:
        """How many of what there are `at_full_scale` in the whole district, at least 1."""
        return max(1, round(at_full_scale * self.scale))

    @property
    def large(self) -> bool:
        """Whether there is room for whole quarters of industry and farmland."""
        return self.scale >= 0.3


def figures(scale: float) -> Figures:
    """The figures at `scale`; ValueError where no believable town fits."""
    if not SMALLEST_SCALE <= scale <= 2:
        raise ValueError(f"scale must lie between {SMALLEST_SCALE} and 2, not {scale}")

    def part(n: int) -> int:
        return max(1, round(n * scale))

    dedicated = tuple(DEDICATED[k % len(DEDICATED)] for k in range(part(19)))
    return Figures(
        scale=scale,
        area=33e6 * scale,
        communities=max(2, part(23)),
        base_grids=part(279),
        dedicated=dedicated,
        buildings=part(2524),
        dwellings=part(117_700),
        compounds=part(246),
        committees=part(210),
        firms=part(117),
        villages=round(3 * scale),
        service_stations=max(2, part(23)),
        liaison_stations=part(126),
        contact_households=part(1765),
        instructors=part(5),
        leaders=part(42),
        full_time_workers=part(246),
        part_time_workers=part(470),
    )
