"""The town in local metres: terrain, streets, parcels and what is built on them."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from gis.city import RoadClass
from gis.demo.civic import PLANS, build_civic, lay_out_park, open_doors
from gis.demo.estates import LAST_RESORT, STYLES, VILLAGE, Style, build_estate
from gis.demo.figures import Figures
from gis.demo.landuse import LandUse, Use, plan_land
from gis.demo.names import Namer
from gis.demo.network import Way
from gis.demo.parcels import largest
from gis.demo.sites import DoesNotFitError, Site, Streetscape, make_site, open_gates
from gis.demo.streets import Ground, greenways, make_ground, public_streets
from gis.demo.terrain import Terrain, make_terrain

CIVIC_SHARE = 0.155  # of all buildings, those that are not homes
WOODED = 0.3  # share of the open country under trees
TRACKS = 8.0  # metres from the middle of the railway to the grass beside it
PARKS = {Use.PARK, Use.POCKET}
HOMES = {Use.ESTATE, Use.VILLAGE}


@dataclass(slots=True)
class Town:
    """Everything that is built, in local metres."""

    terrain: Terrain
    ground: Ground
    use: LandUse
    streets: Streetscape
    ways: list[Way] = field(default_factory=list)
    sites: list[Site] = field(default_factory=list)


class _Builder:
    """Chooses styles so that all dwellings come out in the wanted number of buildings."""

    def __init__(self, figures: Figures, rng: np.random.Generator) -> None:
        self.rng = rng
        houses = figures.villages * figures.dwellings / figures.base_grids / VILLAGE.capacity
        villagers = houses * VILLAGE.capacity
        self.mean = (figures.dwellings - villagers) / (figures.buildings * (1 - CIVIC_SHARE) - houses)
        self.slack = min(10.0, 0.03 * figures.buildings)  # buildings by which the count may stray on the way
        self.homes = self.dwellings = 0

    def styles(self, target: int) -> list[Style]:
        """The styles in the order in which they should be tried for the next estate of `target` households."""

        def strain(style: Style) -> float:
            homes = self.homes - (-target // style.capacity)
            off = abs(homes - (self.dwellings + target) / self.mean)
            return max(0.0, off - self.slack) + float(self.rng.uniform(0.0, 3.0))

        ranked = [(strain(style), k) for k, style in enumerate(STYLES)]
        return [*(STYLES[k] for _, k in sorted(ranked)), LAST_RESORT]

    def estate(self, site: Site) -> None:
        """Build one estate; DoesNotFitError where its lot is too small for its households."""
        village = site.parcel.request.use is Use.VILLAGE
        if not build_estate(
            site, [VILLAGE, LAST_RESORT] if village else self.styles(site.parcel.request.target), self.rng
        ):
            raise DoesNotFitError(
                f"no estate of {site.parcel.request.target} households fits on {site.lot.area:.0f} m²"
            )
        if not village:
            self.homes += len(site.houses)
            self.dwellings += site.parcel.request.target


def _build_site(site: Site, town: Town, builder: _Builder, rng: np.random.Generator) -> list[bool]:
    """Build what the site's use asks for; for each civic building whether it must stay."""
    use = site.parcel.request.use
    if use in HOMES:
        open_gates(site, town.streets, 4 if use is Use.VILLAGE else int(rng.integers(1, 4)), rng)
        builder.estate(site)
    elif use in PARKS:
        open_gates(site, town.streets, 4, rng)
        site.ways = [Way(way.line, RoadClass.FOOTWAY) for way in site.ways]
        lay_out_park(site, rng)
    elif use in PLANS:
        open_gates(site, town.streets, 2 if site.lot.area > 20_000 else 1, rng)
        return build_civic(site)
    elif use is Use.FARM:
        site.greens.append(("wood" if rng.random() < WOODED else "farmland", site.lot))
    elif use is Use.BANK:
        site.greens.append(("riverbank", site.lot))
    elif use is Use.RAIL:
        site.greens.append(("grass", largest(site.lot.difference(town.ground.rail.buffer(TRACKS)))))
    return []


def _choose_civic(needs: Sequence[tuple[Site, list[bool]]], count: int, rng: np.random.Generator) -> None:
    """Keep `count` civic buildings: those that must be, then others at random; DoesNotFitError where that cannot be."""
    must = sum(sum(flags) for _, flags in needs)
    optional = [(s, k) for s, (_, flags) in enumerate(needs) for k, needed in enumerate(flags) if not needed]
    if not must <= count <= must + len(optional):
        raise DoesNotFitError(f"{count} civic buildings wanted, {must} needed, {must + len(optional)} possible")
    kept = {optional[k] for k in rng.permutation(len(optional))[: count - must]}
    for s, (site, flags) in enumerate(needs):
        site.houses = [h for k, h in enumerate(site.houses) if flags[k] or (s, k) in kept]
        open_doors(site)


def build_town(figures: Figures, namer: Namer, rng: np.random.Generator) -> Town:
    """The whole town of the given figures."""
    terrain = make_terrain(rng, figures.area, large=figures.large)
    ground = make_ground(terrain)
    use = plan_land(terrain, ground, figures, rng)
    streets = public_streets(terrain, ground, namer)
    streets += [
        Way(cut.line, RoadClass.RESIDENTIAL, namer.street("巷|Lane"), loose_ends=True) for cut in use.cuts if cut.street
    ]
    town = Town(terrain, ground, use, Streetscape(streets), ways=[*streets, *greenways(terrain)])
    builder, needs = _Builder(figures, rng), []
    for parcel in use.parcels:
        site = make_site(parcel, town.streets)
        flags = _build_site(site, town, builder, rng)
        town.sites.append(site)
        if flags:
            needs.append((site, flags))
    homes = sum(len(site.houses) for site in town.sites if site.parcel.request.use in HOMES)
    _choose_civic(needs, figures.buildings - homes, rng)
    town.ways += [way for site in town.sites for way in site.ways]
    return town
