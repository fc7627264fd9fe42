"""The places that a response starts from or has to reach, on the roads of their district."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from flask_babel import lazy_gettext as _
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from app.areas.queries import outside
from app.areas.scope import Scope
from app.errors import DomainError, Invalid, NotFound
from app.kept import CALIBRATIONS, Stamp, part_of, stamp_of
from app.response import queries
from app.response.ground import DATASETS, Ground, ground_of
from app.response.shapes import DECIMALS, together
from app.roads.networks import in_use
from app.roads.queries import district_at
from app.scenarios.schemas import Content
from app.stations.hours import is_open
from gis.network import NoRoadError, Places
from gis.travel import Mode

MAX_OFFSET = 300.0  # metres from a place to its road; farther off, a time would say nothing
MOST_ORIGINS = 10_000
TOLD = 100  # origins that an answer lists
STAMPED = (*DATASETS, CALIBRATIONS)
"""What a stamp has to know for `origins_of`."""

Floats = NDArray[np.float64]


class Whence(NamedTuple):
    """Where a response starts or has to come to: places in lon/lat, stations by id, or by kind in an area."""

    places: Sequence[tuple[float, float]] = ()
    stations: Sequence[int] = ()
    kinds: Sequence[str] = ()
    area_id: int | None = None  # of `kinds`; everything the scope shows where it is left out
    open_now: bool = False  # of stations, only those that are open at this moment
    scenario: Content | None = None  # whose ground it is; None for the ground as it is
    stamp: Stamp | None = None  # of STAMPED, where whoever asks knows it


class Origins(NamedTuple):
    """Places on the ground of their district: those that were asked for, then those of stations."""

    ground: Ground
    places: Places
    lonlat: Floats  # (k, 2)
    rows: Sequence[dict[str, Any]]  # the stations, the last ones of the places
    unreached: int  # stations that stand too far from any road to be among them
    in_water: bool  # whether the one place lies in water
    stamp: Stamp  # of the data that all is made from
    outdated: bool  # whether the roads are those before a change whose network is being made

    @property
    def roads_version(self) -> int:
        """The version of the roads that times are reckoned on."""
        return int(part_of(self.stamp, "roads")[0][2])


def origins_of(session: Session, scope: Scope, whence: Whence, mode: Mode, *, now: Any) -> Origins:
    """The origins on their district's network; NotFound, Invalid with the distance where no road is near."""
    stamp = whence.stamp or stamp_of(session, *STAMPED)
    district = _district(session, scope, whence, stamp)
    used = in_use(session, district, stamp)
    try:
        ground = ground_of(session, scope, district, mode, used, scenario=whence.scenario)
        asked = np.array(whence.places, dtype=np.float64).reshape(-1, 2)
        placed = ground.attach(asked)
    except NoRoadError:
        if whence.scenario and whence.scenario.closures:
            raise Invalid(_("Every road near is closed."), field="scenario") from None
        raise Invalid(_("This district has no road for this way of travelling."), field="mode") from None
    if np.isinf(placed.offset).any():
        raise Invalid(_("This place lies in a closed area."), field="scenario")
    single = len(whence.places) == 1 and not whence.stations and not whence.kinds
    _near_a_road(ground, placed, field=None if single else "places")
    rows, stations = _stations(session, ground, whence, now)
    near = stations.offset <= MAX_OFFSET
    kept = [row for row, keep in zip(rows, near, strict=True) if keep]
    places = together(placed, stations.take(near))
    if not len(places.edge):
        raise NotFound(_("No such station stands there."), field="stations" if whence.stations else "kinds")
    if len(places.edge) > MOST_ORIGINS:
        raise Invalid(_("At most %(most)d places can be asked for at once.", most=MOST_ORIGINS), field="places")
    beside = np.array([(row["lon"], row["lat"]) for row in kept]).reshape(-1, 2)
    wet = single and ground.in_water(*whence.places[0])
    lonlat = np.vstack([asked, beside])
    return Origins(ground, places, lonlat, kept, len(rows) - len(kept), wet, used, outdated=used is not stamp)


def _district(session: Session, scope: Scope, whence: Whence, stamp: Stamp) -> int:
    """The district of the first place, of the first station, or of the area; NotFound, Invalid where one lies apart."""
    if whence.places:
        lon, lat = whence.places[0]
        single = len(whence.places) == 1
        found = district_at(session, scope, lon, lat, stamp)
        if found is None:
            raise NotFound(_("This place lies outside your area."), field="lon" if single else "places.0")
        if not single and (lost := outside(session, found.id, whence.places)):
            raise Invalid(_("All places must lie in one district."), field=f"places.{lost[0]}")
        return found.id
    district = queries.district_of(session, scope, whence.stations[:1], whence.area_id)
    if district is None:
        named = "stations" if whence.stations else "kinds" if whence.area_id is None else "area"
        raise NotFound(_("No such station stands there."), field=named)
    return district


def _stations(session: Session, ground: Ground, whence: Whence, now: Any) -> tuple[list[dict[str, Any]], Places]:
    """The stations of the ground that are meant; NotFound where one of the ids is none of them."""
    rows, places = ground.stations
    if not whence.stations and not whence.kinds:
        return [], places.take(np.zeros(0, dtype=np.int64))
    wanted = set(whence.stations)
    if missing := wanted - {row["id"] for row in rows}:
        raise NotFound(_("There is no such station in your area."), field="stations", extra={"id": min(missing)})
    below = queries.communities_below(session, whence.area_id) if whence.kinds and whence.area_id else None
    at = [
        position
        for position, row in enumerate(rows)
        if (row["id"] in wanted or (row["kind"] in whence.kinds and (below is None or row["community_id"] in below)))
        and not (whence.open_now and is_open(row["open_hours"], now) is False)
    ]
    return [rows[position] for position in at], places.take(np.array(at, dtype=np.int64))


def _near_a_road(ground: Ground, places: Places, *, field: str | None) -> None:
    """Nothing where each place has a road near it; else Invalid about the first that has none, with the distance."""
    far = np.flatnonzero(places.offset > MAX_OFFSET)
    if not len(far):
        return
    first = int(far[0])
    offset = round(float(places.offset[first]))
    told: dict[str, Any] = {
        "field": "lon" if field is None else f"{field}.{first}",
        "extra": {"offset_m": round(float(places.offset[first]), 1)},
    }
    segments = ground.network.segments
    near = _distance(places.xy[first], segments.start, segments.end)
    raise _too_far(offset, island=near <= MAX_OFFSET, **told)


def _too_far(metres: int, *, island: bool, **told: Any) -> DomainError:
    if island:
        return Invalid(
            _(
                "The roads here are cut off from all others; the nearest road that is joined to them is %(metres)d "
                "metres away, at most %(most)d are allowed.",
                metres=metres,
                most=round(MAX_OFFSET),
            ),
            **told,
        )
    return Invalid(
        _(
            "The nearest road is %(metres)d m away; at most %(most)d m are allowed.",
            metres=metres,
            most=round(MAX_OFFSET),
        ),
        **told,
    )


def _distance(point: Floats, start: Floats, end: Floats) -> float:
    """Metres from a point to the nearest of straight segments."""
    along = end - start
    share = ((point - start) * along).sum(axis=1) / np.maximum((along**2).sum(axis=1), 1e-9)
    nearest = start + np.clip(share, 0, 1)[:, np.newaxis] * along
    return float(np.hypot(*(nearest - point).T).min(initial=np.inf))


def told(origins: Origins) -> list[dict[str, Any]]:
    """The first origins as they were asked for and as they stand on their roads; of a station also what it is."""
    count = min(TOLD, len(origins.lonlat))
    network = origins.ground.network
    snapped = origins.ground.frame.degrees(network.snapped(origins.places.take(np.arange(count))))
    named: list[dict[str, Any]] = [{}] * (len(origins.lonlat) - len(origins.rows))
    named += [{"station": {key: row[key] for key in ("id", "kind", "name", "name_en")}} for row in origins.rows]
    return [
        {
            "lon": float(origins.lonlat[at, 0]),
            "lat": float(origins.lonlat[at, 1]),
            "snapped_lon": round(float(snapped[at, 0]), DECIMALS),
            "snapped_lat": round(float(snapped[at, 1]), DECIMALS),
            "offset_m": round(float(origins.places.offset[at]), 1),
            **named[at],
        }
        for at in range(count)
    ]
