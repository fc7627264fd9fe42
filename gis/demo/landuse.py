"""What stands where: every superblock gets a list of requests, which become its parcels."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import Point, Polygon

from gis.demo.figures import Figures
from gis.demo.parcels import Cut, bisect, subdivide
from gis.demo.streets import Ground, main_line
from gis.demo.terrain import SUPERBLOCK, Band, Terrain

HECTARE = 10_000.0
STREET = 17.0  # metres from the middle of a street to the lots along it, on average
INDUSTRY_SHARE = 0.19  # of the land
TARGET_SPREAD = 34.0  # households by which base grids differ
LOWEST, HIGHEST = 345, 478  # households planned for a base grid, safely inside 300–500


class Use(StrEnum):
    """What a parcel is for."""

    ESTATE = "estate"
    VILLAGE = "village"
    PARK = "park"
    SCHOOL = "school"
    HOSPITAL = "hospital"
    MALL = "mall"
    OFFICE = "office"
    INDUSTRY = "industry"
    KINDERGARTEN = "kindergarten"
    MARKET = "market"
    POLICE = "police"
    FIRE = "fire"
    CENTRE = "centre"
    TOWNHALL = "townhall"
    CARE = "care"
    POCKET = "pocket"
    FARM = "farm"
    BANK = "bank"
    WATER = "water"
    RAIL = "rail"


HECTARES = {
    Use.ESTATE: 4.8, Use.VILLAGE: 2.2, Use.PARK: 7.0, Use.SCHOOL: 4.8, Use.HOSPITAL: 5.0, Use.MALL: 4.0,
    Use.OFFICE: 3.2, Use.INDUSTRY: 7.0, Use.KINDERGARTEN: 1.1, Use.MARKET: 1.8, Use.POLICE: 1.0, Use.FIRE: 1.2,
    Use.CENTRE: 1.0, Use.TOWNHALL: 2.2, Use.CARE: 1.3, Use.POCKET: 2.0,
}  # fmt: skip
# Parcels at full scale beside those of the dedicated grids.
SERVICES = {
    Use.SCHOOL: 20, Use.KINDERGARTEN: 46, Use.MARKET: 36, Use.POLICE: 6, Use.FIRE: 4, Use.CENTRE: 23,
    Use.TOWNHALL: 2, Use.CARE: 6, Use.POCKET: 64,
}  # fmt: skip
# A small town has single works and parks instead of whole quarters of them; counted as at full scale too.
SMALL_TOWN = {Use.PARK: 16, Use.INDUSTRY: 28}


@dataclass(slots=True)
class Request:
    """A wish for a parcel: an estate for base grids (`base`), a place with its own grid (`dedicated`), or a service."""

    use: Use
    hectares: float
    base: tuple[int, ...] = ()
    dedicated: int | None = None
    half: bool = False  # one of two small estates that share a base grid
    target: int = 0  # households


@dataclass(slots=True)
class Parcel:
    """A parcel of superblock `face`, in local metres."""

    face: int
    request: Request
    polygon: Polygon


@dataclass(slots=True)
class LandUse:
    """All parcels, the cuts inside superblocks, and the households planned for every base grid."""

    parcels: list[Parcel] = field(default_factory=list)
    cuts: list[Cut] = field(default_factory=list)
    targets: list[int] = field(default_factory=list)
    clusters: list[list[int]] = field(default_factory=list)  # faces that one dedicated grid needs together


def grid_targets(rng: np.random.Generator, figures: Figures) -> list[int]:
    """Households planned for every base grid, which add up to all dwellings."""
    mean = figures.dwellings / figures.base_grids
    wanted = np.clip(np.round(rng.normal(mean, TARGET_SPREAD, figures.base_grids)), LOWEST, HIGHEST).astype(int)
    while (rest := figures.dwellings - int(wanted.sum())) != 0:
        step = 1 if rest > 0 else -1
        free = np.flatnonzero((wanted + step >= LOWEST) & (wanted + step <= HIGHEST))
        wanted[rng.permutation(free)[: abs(rest)]] += step
    return [int(n) for n in wanted]


def _estates(figures: Figures, targets: Sequence[int], rng: np.random.Generator) -> list[Request]:
    """Requests for all estates: villages, pairs of small estates in one grid, estates of two grids, and single ones."""
    base, compounds, villages = figures.base_grids, figures.compounds, figures.villages
    pairs = max(1, round(0.06 * base))
    doubles = base - villages - compounds + pairs
    singles = compounds - 2 * pairs - doubles
    mean = figures.dwellings / base
    plain = sorted(range(base), key=lambda g: abs(targets[g] - mean))
    # Estates of two grids get the middling targets: they cannot be halved exactly.
    grid = iter(
        plain[2 * doubles :][: villages + pairs] + plain[: 2 * doubles] + plain[2 * doubles + villages + pairs :]
    )
    requests = []
    sizes = [1] * (villages + pairs) + [2] * doubles + [1] * singles
    kinds = ["village"] * villages + ["pair"] * pairs + ["double"] * doubles + ["single"] * singles
    for kind, size in zip(kinds, sizes, strict=True):
        grids = tuple(next(grid) for _ in range(size))
        target = sum(targets[g] for g in grids)
        use = Use.VILLAGE if kind == "village" else Use.ESTATE
        hectares = HECTARES[use] * size * target / (size * 420) * float(rng.uniform(0.85, 1.15))
        requests.append(Request(use, hectares, base=grids, half=kind == "pair", target=target))
    return requests


def _services(figures: Figures) -> list[Request]:
    """Requests for schools, markets, offices of the authorities and small greens."""
    counts = {use: figures.count(n) for use, n in SERVICES.items()}
    counts[Use.CENTRE] = figures.communities
    if not figures.large:
        counts |= {use: figures.count(n) for use, n in SMALL_TOWN.items()}
    return [Request(use, HECTARES[use]) for use, n in counts.items() for _ in range(n)]


def _room(face: Polygon) -> float:
    """Hectares of a face that its streets leave, counted as if it had streets of usual width."""
    return max(0.0, face.buffer(-STREET).area * (1 + 4 * STREET / SUPERBLOCK) / HECTARE)


class _Planner:
    """Hands requests to superblocks while their land lasts."""

    def __init__(self, terrain: Terrain, ground: Ground, figures: Figures, rng: np.random.Generator) -> None:
        self.ground, self.figures, self.rng = ground, figures, rng
        self.middles = shapely.get_coordinates(shapely.point_on_surface(np.array(ground.faces)))
        self.land = [k for k, band in enumerate(ground.bands) if band is Band.LAND]
        self.room = {k: _room(ground.faces[k]) for k in self.land}
        self.wishes: dict[int, list[Request]] = {k: [] for k in range(len(ground.faces))}
        self.centre: NDArray[np.float64] = terrain.warp(terrain.nodes_uv[terrain.main_cross, main_line(terrain)][None])[
            0
        ]
        self.clusters: list[list[int]] = []
        rail = next(j for j, line in enumerate(terrain.lines) if line.above is Band.RAIL)
        self.beyond_rail = [k for k in self.land if ground.cells[k][1] > rail]

    def distance(self, k: int) -> float:
        """Metres from face `k` to the centre of the town."""
        return float(np.hypot(*(self.middles[k] - self.centre)))

    def take_whole(self, k: int, request: Request) -> None:
        """Give the whole of face `k` to one request."""
        self.wishes[k] = [request]
        del self.room[k]

    def place(self, request: Request, faces: Iterable[int] | None = None) -> None:
        """Give the request to the face with the most room, or to the first of `faces` that has enough."""
        if faces is not None:
            fitting = [k for k in faces if k in self.room and self.room[k] >= request.hectares]
            if fitting:
                self._give(fitting[0], request)
                return
        self._give(max(self.room, key=lambda k: self.room[k] + self.rng.uniform(0.0, 1.5)), request)

    def _give(self, k: int, request: Request) -> None:
        self.wishes[k].append(request)
        self.room[k] -= request.hectares

    def industry(self, dedicated: Sequence[int]) -> None:
        """Fill the quarters beyond the railway with industry, from the east, one cluster for each dedicated grid."""
        total = sum(self.ground.faces[k].area for k in self.land)
        order = sorted(self.beyond_rail, key=lambda k: -self.ground.cells[k][0])
        clusters: list[list[int]] = [[] for _ in dedicated]
        wanted, part, filled = INDUSTRY_SHARE * total / len(dedicated), 0, 0.0
        for k in order:
            if filled > wanted * (part + 1) and part + 1 < len(dedicated):
                part += 1
            if filled > wanted * len(dedicated):
                break
            clusters[part].append(k)
            filled += self.ground.faces[k].area
        for grid, cluster in zip(dedicated, clusters, strict=True):
            self.clusters.append(cluster)
            for k in cluster:
                self.take_whole(k, Request(Use.INDUSTRY, HECTARES[Use.INDUSTRY], dedicated=grid))

    def farmland(self, needed: float) -> None:
        """Leave the outermost faces to fields while more land remains than is `needed` (hectares)."""
        for k in sorted(self.room, key=self.distance, reverse=True):
            if sum(self.room.values()) - self.room[k] < needed:
                return
            self.take_whole(k, Request(Use.FARM, self.room[k]))

    def parks(self, dedicated: Sequence[int]) -> None:
        """Give whole faces to parks, far from each other."""
        chosen: list[int] = [min(self.room, key=self.distance)]
        for grid in dedicated:
            apart = shapely.MultiPoint(self.middles[chosen])
            inner = [k for k in self.room if self.distance(k) < 2600 and 9 < self.room[k] < 26]
            k = max(inner, key=lambda k: apart.distance(Point(self.middles[k])))
            chosen.append(k)
            self.take_whole(k, Request(Use.PARK, self.room[k], dedicated=grid))


def plan_land(terrain: Terrain, ground: Ground, figures: Figures, rng: np.random.Generator) -> LandUse:
    """The parcels of all faces."""
    planner = _Planner(terrain, ground, figures, rng)
    use = LandUse(targets=grid_targets(rng, figures))
    requests = _estates(figures, use.targets, rng) + _services(figures)
    numbered: dict[str, list[int]] = {}
    for d, kind in enumerate(figures.dedicated):
        numbered.setdefault(kind, []).append(d)
    if figures.large:
        planner.industry(numbered.pop("industry"))
        planner.parks(numbered.pop("park"))
    central = sorted(planner.room, key=planner.distance)
    dedicated = [Request(Use(kind), HECTARES[Use(kind)], dedicated=d) for kind, ds in numbered.items() for d in ds]
    if figures.large:
        planner.farmland(sum(r.hectares for r in requests + dedicated) * 1.06)
    for request in dedicated:
        planner.place(request, central if request.use in (Use.MALL, Use.OFFICE) else None)
    for request in sorted(requests, key=lambda r: -r.hectares):
        planner.place(request)
    use.clusters = planner.clusters
    for k, wishes in planner.wishes.items():
        _divide(ground, k, wishes, use, rng)
    return use


def _divide(ground: Ground, k: int, wishes: list[Request], use: LandUse, rng: np.random.Generator) -> None:
    """Cut face `k` into the parcels wished for; a face without wishes stays green."""
    face = ground.faces[k]
    if ground.bands[k] is not Band.LAND:
        wishes = [Request(Use(ground.bands[k].value), face.area / HECTARE)]
    if not wishes:
        wishes = [Request(Use.POCKET, face.area / HECTARE)]
    if wishes[0].use is Use.INDUSTRY and len(wishes) == 1:
        wishes = wishes * max(1, round(face.area / HECTARE / HECTARES[Use.INDUSTRY]))
    division = subdivide(face, [wish.hectares for wish in wishes], rng)
    use.cuts += division.cuts
    for wish, polygon in zip(wishes, division.parcels, strict=True):
        if not wish.half:
            use.parcels.append(Parcel(k, wish, polygon))
            continue
        first, second, line = bisect(polygon, 0.5)
        use.cuts.append(Cut(line, street=False))
        targets = (wish.target // 2, wish.target - wish.target // 2)
        for part, target in zip((first, second), targets, strict=True):
            half = Request(wish.use, wish.hectares / 2, base=wish.base, half=True, target=target)
            use.parcels.append(Parcel(k, half, part))
