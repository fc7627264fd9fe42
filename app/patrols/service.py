"""Patrol routes: suggest, save, correct, delete."""

from collections.abc import Callable, Collection
from typing import Any

import shapely
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from geoalchemy2.shape import from_shape
from shapely import LineString
from sqlalchemy import func, insert
from sqlalchemy.orm import Session

from app.accounts.audit import record
from app.accounts.identity import Identity
from app.accounts.rights import Capability
from app.areas.scope import Scope, may_in_grid
from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.geo import LONLAT
from app.patrols.models import PatrolRoute, RouteSource
from app.patrols.queries import Walked, placed, walked
from app.patrols.suggest import Suggestion, measures, suggestion
from app.roads.networks import network_of

LONGEST_WALK = 12_000.0  # metres: over two and a half hours


def suggest(session: Session, scope: Scope, grid_id: int) -> dict[str, Any]:
    """A closed walk from the grid's station past its entrances, as a feature that is not saved. NotFound, Invalid."""
    grid = _grid(session, scope, grid_id)
    found = suggestion(grid, network_of(session, grid.district_id))
    if found is None:
        raise Invalid(_("No footway leads past an entrance of this grid; please draw the route."), field="grid_id")
    return {
        "type": "Feature",
        "geometry": shapely.geometry.mapping(found.line),
        "properties": {
            "grid_id": grid_id,
            "name": _name(grid),
            "source": RouteSource.SUGGESTED.value,
            **found.measures._asdict(),
            "from_station": grid.station is not None,
            "left_out": found.left_out,
        },
    }


def suggest_all(
    session: Session,
    community_ids: Collection[int] | None = None,
    progress: Callable[[float], None] | None = None,
) -> int:
    """How many routes were suggested and saved: one for each grid of the communities (None: all) that had none.

    Left out are grids without an entrance on a footway, and those whose walk would be over LONGEST_WALK: an industrial
    park is driven through. `progress` is told the share done.
    """
    grids = walked(session, community_ids, without_route=True)
    rows = []
    for done, grid in enumerate(grids, 1):
        found = suggestion(grid, network_of(session, grid.district_id))
        if found is not None and found.measures.length <= LONGEST_WALK:
            rows.append(_row(grid, found))
        if progress:
            progress(done / len(grids))
    if rows:
        session.execute(insert(PatrolRoute), rows)
    return len(rows)


def save(
    session: Session, scope: Scope, who: Identity, grid_id: int, *, name: str, line: LineString, source: RouteSource
) -> int:
    """The id of the route that was kept. NotFound, Forbidden, Invalid."""
    grid = _own_grid(session, scope, who, grid_id)
    _check_place(session, grid_id, line)
    taken = measures(line, grid.entrances)
    route = PatrolRoute(
        grid_id=grid_id, name=name, source=source, created_by=who.id, geom=from_shape(line, LONLAT), **taken._asdict()
    )
    session.add(route)
    session.flush()
    record(session, who, "patrol_route.saved", "patrol_route", route.id, grid=grid_id, source=source.value)
    return route.id


def correct(
    session: Session,
    scope: Scope,
    who: Identity,
    route_id: int,
    *,
    name: str | None,
    line: LineString | None,
    version: int | None,
) -> None:
    """Rename or redraw a route. NotFound, Forbidden, Invalid, Conflict where it is not at `version` any more."""
    route, grid = _own_route(session, scope, who, route_id)
    if version is not None and version != route.version:
        raise Conflict(_("Somebody else has changed this route meanwhile. Please load it again."), field="version")
    if line is not None:
        _check_place(session, route.grid_id, line)
        taken = measures(line, grid.entrances)
        route.length, route.seconds, route.stops = taken
        route.geom, route.source = from_shape(line, LONLAT), RouteSource.CORRECTED
        route.created_by, route.created_at, route.redrawn_on = who.id, func.now(), None
    route.name = name or route.name
    route.version += 1
    changed = [what for what, new in (("name", name), ("geometry", line)) if new is not None]
    record(session, who, "patrol_route.corrected", "patrol_route", route_id, changed=changed, version=route.version)
    session.flush()


def delete(session: Session, scope: Scope, who: Identity, route_id: int) -> None:
    """Delete a route. NotFound, Forbidden."""
    route, _grid_of_it = _own_route(session, scope, who, route_id)
    session.delete(route)
    record(session, who, "patrol_route.deleted", "patrol_route", route_id, grid=route.grid_id, name=route.name)
    session.flush()


def _grid(session: Session, scope: Scope, grid_id: int) -> Walked:
    found = walked(session, scope.community_ids, grid_id=grid_id)
    if not found:
        raise NotFound(_("There is no such grid in your area."), field="grid_id")
    return found[0]


def _own_grid(session: Session, scope: Scope, who: Identity, grid_id: int) -> Walked:
    """The grid, where this user may change its routes: a worker bound to a grid changes no other's."""
    grid = _grid(session, scope, grid_id)
    if not may_in_grid(session, who, Capability.EDIT_PATROLS, grid_id):
        raise Forbidden(_("You may change the routes of your own grid only."), field="grid_id")
    return grid


def _own_route(session: Session, scope: Scope, who: Identity, route_id: int) -> tuple[PatrolRoute, Walked]:
    route = session.get(PatrolRoute, route_id, with_for_update=True)
    if route is None or not (grids := walked(session, scope.community_ids, grid_id=route.grid_id)):
        raise NotFound(_("There is no such patrol route in your area."))
    _own_grid(session, scope, who, route.grid_id)
    return route, grids[0]


def _check_place(session: Session, grid_id: int, line: LineString) -> None:
    inside, touches = placed(session, grid_id, line.wkb)
    if not inside:
        raise Invalid(_("The route leaves the district."), field="geometry")
    if not touches:
        raise Invalid(_("The route does not come into its grid."), field="geometry")


def _row(grid: Walked, found: Suggestion) -> dict[str, Any]:
    return {
        "grid_id": grid.grid_id,
        "name": f"{grid.name}巡逻路线",
        "source": RouteSource.SUGGESTED.value,
        "geom": from_shape(found.line, LONLAT),
        **found.measures._asdict(),
    }


def _name(grid: Walked) -> str:
    """A name to start with, in the language of the one who asks."""
    return str(gettext("Patrol route of %(grid)s", grid=grid.name))
