"""Stations of all kinds: in public buildings where the town has them, at the gates of estates where it has not."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from shapely import Point

from gis.city import StationKind
from gis.demo.figures import Figures
from gis.demo.landuse import Use
from gis.demo.sites import Site

OFFICE_HOURS = "Mo-Fr 09:00-17:00"


@dataclass(slots=True)
class DraftStation:
    """A station in local metres; names as "中文|English"."""

    kind: StationKind
    site: int
    name: str
    open_hours: str
    capacity: int | None
    place: Point


# Stations in public buildings: use of the site, kind, opening hours, places.
_IN_BUILDINGS = (
    (Use.POLICE, StationKind.POLICE, "24/7", 40),
    (Use.FIRE, StationKind.FIRE, "24/7", 30),
    (Use.HOSPITAL, StationKind.HOSPITAL, "24/7", 800),
    (Use.SCHOOL, StationKind.SCHOOL, "Mo-Fr 07:00-18:00", 1500),
    (Use.KINDERGARTEN, StationKind.SCHOOL, "Mo-Fr 07:30-17:30", 300),
    (Use.TOWNHALL, StationKind.TOWNHALL, OFFICE_HOURS, 120),
    (Use.CARE, StationKind.SOCIAL_FACILITY, "24/7", 160),
)
# Stations at gates: kind, number at full scale, name after that of the estate, hours, places.
_AT_GATES = (
    (StationKind.LIAISON_STATION, 126, "联络站|Liaison Station", "Mo-Su 08:30-20:00", 20),
    (StationKind.MICRO_FIRE, 70, "微型消防站|Micro Fire Station", "24/7", 6),
    (StationKind.CLINIC, 24, "卫生服务站|Clinic", "Mo-Su 08:00-18:00", 12),
    (StationKind.PHARMACY, 46, "药房|Pharmacy", "Mo-Su 08:00-22:00", None),
    (StationKind.RIDER_STATION, 14, "骑手驿站|Rider Station", "Mo-Su 07:00-23:00", 25),
    (StationKind.COMMUNITY_CENTRE, 12, "文化活动室|Community Hall", "Mo-Su 09:00-21:00", 80),
)


def _joined(name: str, suffix: str) -> str:
    """A name with a suffix, in both languages."""
    (zh, en), (zh_suffix, en_suffix) = name.split("|"), suffix.split("|")
    return f"{zh}{zh_suffix}|{en} {en_suffix}"


def beside_gate(site: Site, turn: int) -> Point:
    """A place on the wall of a site beside its main gate, further along with every `turn`."""
    wall = site.lot.exterior
    along = wall.project(site.gates[0]) + 7.0 * (turn // 2 + 1) * (1 if turn % 2 else -1)
    return wall.interpolate(along % wall.length)


def _in_buildings(sites: Sequence[Site], names: Sequence[str]) -> list[DraftStation]:
    """The stations in public buildings, and shelters on sports fields and in parks."""
    stations = []
    for k, site in enumerate(sites):
        use = site.parcel.request.use
        for wanted, kind, hours, places in _IN_BUILDINGS:
            if use is wanted and site.houses:
                stations.append(DraftStation(kind, k, names[k], hours, places, site.houses[0].entrances[0]))
        if use in (Use.PARK, Use.SCHOOL) and site.gates:
            name = _joined(names[k], "应急避难场所|Emergency Shelter")
            capacity = int(round(site.lot.area / 6.0, -2))
            stations.append(DraftStation(StationKind.SHELTER, k, name, "24/7", capacity, beside_gate(site, 0)))
    return stations


def _service_stations(
    sites: Sequence[Site], community_of: Sequence[int], communities: Sequence[str]
) -> list[DraftStation]:
    """One service station for every community, in its service centre if it has one."""
    stations = []
    for number, name in enumerate(communities):
        own = [k for k, c in enumerate(community_of) if c == number]
        centres = [k for k in own if sites[k].parcel.request.use is Use.CENTRE and sites[k].houses]
        k = centres[0] if centres else next(k for k in own if sites[k].parcel.request.use is Use.ESTATE)
        place = sites[k].houses[0].entrances[0] if centres else beside_gate(sites[k], 0)
        title = _joined(name, "服务站|Service Station")
        stations.append(DraftStation(StationKind.SERVICE_STATION, k, title, "Mo-Su 08:30-20:30", 60, place))
    return stations


def make_stations(
    sites: Sequence[Site],
    *,
    names: Sequence[str],
    community_of: Sequence[int],
    communities: Sequence[str],
    figures: Figures,
    rng: np.random.Generator,
) -> list[DraftStation]:
    """All stations of the district; `names` and `community_of` belong to the sites."""
    stations = _service_stations(sites, community_of, communities) + _in_buildings(sites, names)
    estates = [k for k, site in enumerate(sites) if site.parcel.request.use is Use.ESTATE]
    turns = dict.fromkeys(estates, 0)
    for kind, at_full_scale, suffix, hours, places in _AT_GATES:
        count = figures.count(at_full_scale)
        # Evenly along the list of estates, which runs through the town quarter by quarter.
        spread = np.linspace(0, len(estates), count, endpoint=False) + float(rng.uniform(0, len(estates) / count))
        for k in [estates[int(p) % len(estates)] for p in spread]:
            turns[k] += 1
            stations.append(
                DraftStation(kind, k, _joined(names[k], suffix), hours, places, beside_gate(sites[k], turns[k]))
            )
    return stations
