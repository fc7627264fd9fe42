"""The grids of a day that lies ahead: those in force today, with what approved plans make of them until then.

Only whoever sees the plans sees them counted in. No two approved plans change the same community, so their order is
indifferent.
"""

import json
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any, NamedTuple

from shapely.geometry import mapping
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.areas.scope import Scope
from app.days import today
from app.errors import Conflict
from app.plans.models import GridPlan, PlanState
from app.plans.stored import Reader
from app.publication.change import Change, change_of
from app.publication.enacting import named
from gis.grid_codes import Scheme

Feature = dict[str, Any]


class Ahead(NamedTuple):
    """The features of a day, and the plans until then; one that could not be in force today is not counted in."""

    grids: list[str | Feature]
    plans: list[dict[str, Any]]


def coming(session: Session, asks: Reader, until: date | None = None) -> list[GridPlan]:
    """The approved plans that the reader sees and whose day is still to come, the first first."""
    waits = GridPlan.state == PlanState.APPROVED.value, GridPlan.valid_from > today()
    found = select(GridPlan).where(*waits, GridPlan.area_id.in_(asks.areas))
    if until is not None:
        found = found.where(GridPlan.valid_from <= until)
    return list(session.scalars(found.order_by(GridPlan.valid_from, GridPlan.id)))


def with_plans(session: Session, scope: Scope, scheme: Scheme, grids: Iterable[str], plans: list[GridPlan]) -> Ahead:
    """Today's grids, as GeoJSON texts, without those that the plans end and with those that begin by them."""
    ended: set[int] = set()
    begun: list[Feature] = []
    told = []
    for plan in plans:
        try:
            change = change_of(session, plan, scheme)
        except Conflict:
            told.append({**head(plan), "counted": False})
            continue
        ended.update(change.succession.ended)
        begun += [one for one in _begun(plan, change) if _seen(scope, one["properties"]["community_id"])]
        told.append({**head(plan), "counted": True})
    if not ended:
        return Ahead(list(grids), told)
    return Ahead([*(one for one in grids if json.loads(one)["id"] not in ended), *begun], told)


def head(plan: GridPlan) -> dict[str, Any]:
    """A plan as a list of days names it."""
    return {"plan": str(plan.id), "name": plan.name, "date": plan.valid_from and plan.valid_from.isoformat()}


def _seen(scope: Scope, community: int) -> bool:
    return scope.community_ids is None or community in scope.community_ids


def _begun(plan: GridPlan, change: Change) -> Iterator[Feature]:
    """The grids that begin by a plan, as `dates.grids_on` tells of grids; their ids are their numbers in the plan."""
    for number, parents in change.succession.parents.items():
        planned, code = change.planned[number], change.codes[number]
        name, name_en = named(change, number)
        heir_of = change.succession.heir_of.get(number)
        largest_first = sorted(parents.items(), key=lambda each: (-each[1], each[0]))
        properties = {
            "id": number,
            "kind": planned.kind,
            "level": 1,
            "code": code.code,
            "code_scheme": code.scheme,
            "name": name,
            "name_en": name_en,
            "tint": None if heir_of is None else change.today[heir_of].tint,
            "valid_from": head(plan)["date"],
            "valid_to": None,
            "community_id": planned.community_id,
            "plan": str(plan.id),
            "parents": [
                {"id": old, "code": change.today[old].code, "name": change.today[old].name, "households": households}
                for old, households in largest_first
            ],
            "children": [],
        }
        yield {
            "type": "Feature",
            "id": number,
            "geometry": mapping(change.shapes[number]),
            "properties": properties,
        }
