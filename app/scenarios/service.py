"""Scenarios: keep, change and delete them, and have them at hand to reckon with."""

from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _
from sqlalchemy import delete as delete_
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.accounts.audit import record
from app.accounts.identity import Identity
from app.accounts.rights import Capability
from app.areas.queries import outside
from app.areas.scope import Scope, scope_of
from app.errors import Changed, Conflict, Forbidden, Invalid, NotFound
from app.scenarios import queries
from app.scenarios.models import Scenario
from app.scenarios.schemas import Content, PlaceIn, ScenarioChange, ScenarioIn


def scenario(session: Session, scope: Scope, scenario_id: UUID) -> dict[str, Any]:
    """A scenario whose whole area the scope holds. NotFound."""
    found = queries.scenarios(session, scope, scenario_id=scenario_id)
    if not found:
        raise _not_found()
    return found[0]


def content_of(session: Session, scope: Scope, scenario_id: UUID) -> Content:
    """What a scenario changes, as `app.response.ground` takes it. NotFound."""
    return Content.model_validate(scenario(session, scope, scenario_id)["content"])


def content_for(session: Session, who: Identity, scenario_id: UUID | None) -> Content | None:
    """The same for somebody who asks about more than they plan for; None for none. NotFound, Forbidden.

    It tells the database another scope than the one that the rest is seen in: ask first.
    """
    if scenario_id is None:
        return None
    if not who.may(Capability.PLAN_RESPONSE):
        raise Forbidden(_("Your role does not plan the response."), field="scenario")
    return content_of(session, scope_of(session, who, Capability.PLAN_RESPONSE), scenario_id)


def create(session: Session, scope: Scope, who: Identity, wanted: ScenarioIn) -> dict[str, Any]:
    """The scenario that was kept; the same one sent again changes nothing. NotFound, Invalid, Conflict."""
    if queries.planned_district(session, scope, wanted.area_id) is None:
        raise NotFound(_("You do not plan for the whole of this area."), field="area_id")
    _check(session, wanted.area_id, wanted.content)
    values = {
        "id": wanted.id,
        "name": wanted.name,
        "area_id": wanted.area_id,
        "owner_id": who.id,
        "changed_by": who.id,
        "content": _stored(wanted.content),
    }
    added = session.scalar(insert(Scenario).values(values).on_conflict_do_nothing().returning(Scenario.id))
    if added is not None:
        record(session, who, "scenario.saved", "scenario", wanted.id, area=wanted.area_id)
        return scenario(session, scope, wanted.id)
    known = queries.scenarios(session, scope, scenario_id=wanted.id)
    same = known and (known[0]["owner_id"], known[0]["name"], known[0]["content"]) == (
        who.id,
        wanted.name,
        values["content"],
    )
    if not same:
        raise Conflict(_("A scenario with this id is kept with other content."), field="id")
    return known[0]


def change(
    session: Session, scope: Scope, who: Identity, scenario_id: UUID, wanted: ScenarioChange, *, version: int
) -> dict[str, Any]:
    """The scenario as it is after it took what is wanted. NotFound, Invalid; Changed where it is not at `version`."""
    current = scenario(session, scope, scenario_id)
    kept = session.scalars(
        select(Scenario)
        .where(Scenario.id == scenario_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if kept is None:  # deleted while we waited for it
        raise _not_found()
    if kept.version != version:
        raise _changed(scenario(session, scope, scenario_id), wanted)
    if wanted.content is not None:
        _check(session, kept.area_id, wanted.content)
        kept.content = _stored(wanted.content)
    kept.name = wanted.name or kept.name
    kept.version, kept.changed_by, kept.changed_at = version + 1, who.id, func.clock_timestamp()
    session.flush()
    queries.tell_of_change(session, scenario_id, version + 1)
    after = scenario(session, scope, scenario_id)
    record(session, who, "scenario.changed", "scenario", scenario_id, changed=_differing(current, after))
    return after


def delete(session: Session, scope: Scope, who: Identity, scenario_id: UUID) -> None:
    """Delete a scenario; kept again under its id it is back, and links to it hold. NotFound."""
    gone = scenario(session, scope, scenario_id)
    if session.scalar(delete_(Scenario).where(Scenario.id == scenario_id).returning(Scenario.id)) is None:
        raise _not_found()
    record(session, who, "scenario.deleted", "scenario", scenario_id, name=gone["name"])


def _not_found() -> NotFound:
    return NotFound(_("There is no such scenario in your area."), field="scenario")


def _stored(content: Content) -> dict[str, Any]:
    return content.model_dump(mode="json")


def _changed(current: dict[str, Any], wanted: ScenarioChange) -> Changed:
    """The refusal that says who changed the scenario meanwhile, in what it differs, and how it is now."""
    mine = {"name": wanted.name or current["name"], "content": current["content"]}
    if wanted.content is not None:
        mine["content"] = _stored(wanted.content)
    return Changed(
        _("%(name)s has changed this scenario meanwhile. Nothing of yours is lost.", name=current["changed_by"]),
        field="If-Match",
        extra={"current": current, "differs": _differing(mine, current)},
    )


def _differing(one: dict[str, Any], other: dict[str, Any]) -> list[str]:
    """The parts in which two scenarios differ: "name", "added", "moved", "shut", "closures", "incident"."""
    parts = ["name"] if one["name"] != other["name"] else []
    names = Content.model_fields
    return parts + [name for name in names if one["content"].get(name) != other["content"].get(name)]


def _check(session: Session, area_id: int, content: Content) -> None:
    """Refuse stations that do not stand in the area, and places outside it: Invalid."""
    named = [("moved", at, station.id) for at, station in enumerate(content.moved)]
    named += [("shut", at, station) for at, station in enumerate(content.shut)]
    known = queries.known_stations(session, area_id, [station for *_at, station in named])
    for part, at, station in named:
        if station not in known:
            raise Invalid(_("This station does not stand in the scenario's area."), field=f"content.{part}.{at}")
    placed: list[tuple[str, PlaceIn]] = [(f"content.added.{at}", one) for at, one in enumerate(content.added)]
    placed += [(f"content.moved.{at}", one) for at, one in enumerate(content.moved)]
    if content.incident is not None:
        placed.append(("content.incident", content.incident))
    if lost := outside(session, area_id, [(one.lon, one.lat) for _field, one in placed]):
        raise Invalid(_("This place lies outside the scenario's area."), field=placed[lost[0]][0])
