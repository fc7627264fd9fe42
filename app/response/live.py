"""What a moving picture needs: the zone of what is dragged, and how a scenario changes the cover of a kind of station.

Asked many times a second. So nothing is said twice: what the pointer does not change is kept, and zones come as whole
numbers, each point as its step from the one before.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from flask_babel import lazy_gettext as _
from numpy.typing import NDArray
from shapely import LineString, MultiPolygon
from sqlalchemy.orm import Session

from app.areas.scope import Scope
from app.errors import NotFound
from app.kept import Kept, Stamp, part_of, stamp_of
from app.response import queries
from app.response.ground import DATASETS, Ground, ground_of
from app.response.origins import MAX_OFFSET
from app.roads.networks import in_use
from app.scenarios.queries import planned_district
from app.scenarios.schemas import Content, PlaceIn
from app.wanted import while_wanted
from gis.contours import zones
from gis.local import LocalFrame
from gis.network import NoRoadError, Places
from gis.reach import reach
from gis.travel import Mode

Floats = NDArray[np.float64]

MINUTE = 60.0
FINE = 1e-6  # of a degree, a tenth of a metre: the unit of what is drawn
SMOOTH = 1.5  # metres by which a drawn zone may leave the reckoned one

_arrivals: Kept[Floats] = Kept(32)


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a scenario: the zone of a station, or of its incident, and the cover by a kind of station."""

    area_id: int
    content: Content
    mode: Mode
    minutes: Sequence[float]
    station: int | None = None  # else the incident
    kind: str | None = None
    within: float = 10.0  # minutes
    closed: bool = False  # whether the closed stretches of road are drawn


@dataclass(frozen=True, slots=True)
class Here:
    """A district as it is and as the scenario has it, without the station that is dragged."""

    scope: Scope
    stamp: Stamp
    before: Ground
    after: Ground
    rest: Content
    dragged: PlaceIn | None
    kind: str | None  # of what is dragged


def live(session: Session, scope: Scope, asked: Question) -> dict[str, Any]:
    """{zones, households, cover, closed, note}; `note` says why there is no zone. NotFound, Invalid."""
    district = planned_district(session, scope, asked.area_id)
    if district is None:
        raise NotFound(_("You do not plan for the whole of this area."), field="area_id")
    try:
        here = _here(session, scope, district, asked)
    except NoRoadError:
        return {"zones": [], "households": [], "cover": None, "closed": None, "note": _no_road()}
    moving, note = _placed(here)
    told: dict[str, Any] = {"zones": [], "households": [], "note": note}
    if moving is not None:
        told |= _zone(here, moving, asked.minutes)
    closed = here.after.closed
    return {
        **told,
        "cover": None if asked.kind is None else _cover(here, moving, asked.kind, asked.within * MINUTE),
        "closed": _steps(here.after.frame, [] if closed is None else closed.lines()) if asked.closed else None,
    }


def _here(session: Session, scope: Scope, district: int, asked: Question) -> Here:
    stamp = in_use(session, district, stamp_of(session, *DATASETS))
    before = ground_of(session, scope, district, asked.mode, stamp)
    content, number = asked.content, asked.station
    if number is None:
        after = ground_of(session, scope, district, asked.mode, stamp, scenario=content)
        return Here(scope, stamp, before, after, content, content.incident, None)
    rest = content.model_copy(
        update={
            "added": tuple(one for one in content.added if one.id != number),
            "moved": tuple(one for one in content.moved if one.id != number),
            "shut": tuple(sorted({*content.shut, number} - {0})) if number > 0 else content.shut,
        }
    )
    after = ground_of(session, scope, district, asked.mode, stamp, scenario=rest)
    place, kind = _station(before, content, number)
    return Here(scope, stamp, before, after, rest, None if number in content.shut else place, kind)


def _station(ground: Ground, content: Content, number: int) -> tuple[PlaceIn, str]:
    """Where a station stands in the scenario, and its kind. NotFound."""
    if added := next((one for one in content.added if one.id == number), None):
        return added, added.kind.value
    row = next((row for row in ground.stations.rows if row["id"] == number), None)
    if row is None:
        raise NotFound(_("There is no such station in your area."), field="station")
    moved = next((one for one in content.moved if one.id == number), None)
    return moved or PlaceIn(lon=row["lon"], lat=row["lat"]), str(row["kind"])


def _placed(here: Here) -> tuple[Places | None, str | None]:
    """Where what is dragged stands on the roads, or why it stands on none; neither where nothing is dragged."""
    if here.dragged is None:
        return None, None
    try:
        place = here.after.attach(np.array([[here.dragged.lon, here.dragged.lat]]))
    except NoRoadError:
        return None, str(_("Every road near is closed."))
    offset = float(place.offset[0])
    if np.isinf(offset):
        return None, str(_("This place lies in a closed area."))
    if offset > MAX_OFFSET:
        return None, str(_("The nearest open road is %(metres)d m away.", metres=round(offset)))
    return place, None


def _no_road() -> str:
    return str(_("This district has no road for this way of travelling."))


def _zone(here: Here, moving: Places, minutes: Sequence[float]) -> dict[str, Any]:
    """The zones, largest first, as [minutes, polygons], and the households within each of the minutes, rising."""
    ground = here.after
    limits = [minute * MINUTE for minute in minutes]
    with while_wanted() as stop:
        found = reach(ground.network, moving, limits[-1], stop=stop)
    at_home = _at_home(here, found.door_seconds(ground.homes.places))
    counts = [int(ground.homes.households.count[at_home <= limit].sum()) for limit in limits]
    drawn = list(zip(minutes, zones(found, limits, ground.walls).polygons(), strict=True))[::-1]
    return {
        "zones": [[minute, _polygons(ground.frame, zone)] for minute, zone in drawn],
        "households": [list(row) for row in zip(minutes, counts, strict=True)],
    }


def _at_home(here: Here, at_door: Floats) -> Floats:
    """Seconds to each row of households that the scope shows, climb included; infinite to the others."""
    homes = here.before.homes
    seen = np.where(homes.visible, at_door, np.inf)
    climbed: Floats = seen[homes.households.door] + homes.households.climb
    return climbed


def _cover(here: Here, moving: Places | None, kind: str, limit: float) -> dict[str, Any]:
    """Households that a station of the kind reaches in time: as it is, as it would be, and those between."""
    homes = here.before.homes.households.count
    before = _at_home(here, _first(here, here.before, "", kind, limit)) <= limit
    at_door = _first(here, here.after, here.rest.key, kind, limit)
    if moving is not None and here.kind == kind:
        with while_wanted() as stop:
            found = reach(here.after.network, moving, limit, stop=stop)
        at_door = np.minimum(at_door, found.door_seconds(here.after.homes.places))
    after = _at_home(here, at_door) <= limit
    seen = here.before.homes.visible[here.before.homes.households.door]
    return {
        "kind": kind,
        "minutes": limit / MINUTE,
        "households": int(homes[seen].sum()),
        "before": int(homes[before].sum()),
        "after": int(homes[after].sum()),
        "gained": int(homes[after & ~before].sum()),
        "lost": int(homes[before & ~after].sum()),
    }


def _first(here: Here, ground: Ground, scenario: str, kind: str, limit: float) -> Floats:
    """Seconds to each door from the first station of a kind, infinite after `limit`; kept while all is the same."""

    def make() -> Floats:
        chosen = np.array([at for at, row in enumerate(ground.stations.rows) if row["kind"] == kind], dtype=np.int64)
        if not len(chosen):
            return np.full(len(ground.homes.places.edge), np.inf)
        with while_wanted() as stop:
            found = reach(ground.network, ground.stations.places.take(chosen), limit, stop=stop)
        return found.door_seconds(ground.homes.places)

    key = (here.stamp[0][0], ground.district_id, ground.mode, here.scope.key, scenario, kind, limit)
    return _arrivals.get(key, part_of(here.stamp, *queries.DATASETS, "buildings", "grids"), make)


def _polygons(frame: LocalFrame, zone: MultiPolygon) -> list[list[list[int]]]:
    """The polygons of a zone, each as its rings."""
    parts = shapely.get_parts(shapely.simplify(zone, SMOOTH, preserve_topology=False))
    rings, owner = shapely.get_rings(parts, return_index=True)
    told: list[list[list[int]]] = [[] for _ in parts]
    for part, steps in zip(owner.tolist(), _steps(frame, rings.tolist()), strict=True):
        told[part].append(steps)
    return told


def _steps(frame: LocalFrame, lines: Sequence[LineString]) -> list[list[int]]:
    """Each line as lon, lat, then the steps from each of its points to the next, in units of FINE."""
    if not lines:
        return []
    xy, owner = shapely.get_coordinates(lines, return_index=True)
    whole = np.round(frame.about_degrees(xy) / FINE).astype(np.int64)
    first = np.flatnonzero(np.diff(owner, prepend=-1))
    steps = np.diff(whole, axis=0, prepend=0)
    steps[first] = whole[first]
    return [part.ravel().tolist() for part in np.split(steps, first[1:])]
