"""A siting as a table, and as a scenario to go on with."""

from typing import Any
from uuid import UUID

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from pydantic import ValidationError
from sqlalchemy.orm import Session

from app import sheets
from app.accounts.audit import record
from app.accounts.identity import Identity
from app.areas.scope import Scope
from app.coverage.outside import FEWEST
from app.errors import Invalid
from app.register.kinds import STYLES
from app.scenarios.schemas import LONGEST_NAME, MOST_ADDED, Content, ScenarioIn
from app.scenarios.service import content_of, create
from app.siting.schemas import Form, SitingIn
from app.siting.service import siting
from app.siting.telling import show
from gis.city import FlagKind, StationKind

FIRST_ADDED = -1001  # ids of stations that a siting adds to a scenario, downwards from it and from all that are there


def table(session: Session, scope: Scope, who: Identity, siting_id: int, form: Form) -> bytes:
    """The sites in order with what each newly covers, as a file that points at nobody; on record. NotFound."""
    told = show(session, scope, siting_id)
    styles = [style for style in STYLES if any(_many(site, style.kind) for site in told["sites"])]
    record(session, who, "siting.exported", "siting", siting_id, sites=len(told["sites"]))
    columns = [gettext("No."), gettext("Site"), gettext("Longitude"), gettext("Latitude"), gettext("Newly covered")]
    columns += [gettext("Reached in all"), *(str(style.label) for style in styles)]
    rows = [
        [number, site["name"], site["lon"], site["lat"], site["households"], site["reached"]]
        + [_many(site, style.kind) for style in styles]
        for number, site in enumerate(told["sites"], 1)
    ]
    if form is Form.CSV:
        return sheets.csv_bytes(columns, rows)
    return sheets.xlsx_bytes(gettext("Siting"), columns, rows)


def _many(site: dict[str, Any], kind: FlagKind) -> int | None:
    """How many a site newly covers who have the need, where they are so many that nobody is pointed at."""
    count = (site["flags"] or {}).get(kind.value, 0)
    return count if count >= FEWEST else None


def as_scenario(
    session: Session, scope: Scope, who: Identity, siting_id: int, *, scenario_id: UUID, name: str
) -> dict[str, Any]:
    """The scenario in which the sites stand and the stations that give way are shut. NotFound, Invalid, Conflict."""
    row = siting(session, scope, siting_id)
    question = SitingIn.model_validate(row["whole"])
    base = content_of(session, scope, question.scenario) if question.scenario else Content()
    usual = StationKind.SERVICE_STATION
    kind = question.kinds[0] if question.kinds and usual not in question.kinds else usual
    first = min([FIRST_ADDED, *(one.id - 1 for one in base.added)])
    added = [
        {"id": first - at, "kind": kind, "lon": site["lon"], "lat": site["lat"], "name": _name(site, at + 1)}
        for at, site in enumerate(row["sites"])
    ]
    if len(base.added) + len(added) > MOST_ADDED:
        raise Invalid(_("A scenario holds at most %(most)d new stations.", most=MOST_ADDED), field="siting")
    gone = set(row["moved"])
    content = base.model_dump(mode="json")
    content["added"] = [one for one in content["added"] if one["id"] not in gone] + added
    content["shut"] = sorted({*content["shut"], *(one for one in gone if one > 0)})
    try:
        wanted = ScenarioIn(id=scenario_id, name=name, area_id=row["area_id"], content=Content.model_validate(content))
    except ValidationError:
        raise Invalid(_("These sites do not fit into a scenario."), field="siting") from None
    return create(session, scope, who, wanted)


def _name(site: dict[str, Any], number: int) -> str:
    numbered = gettext("Site %(number)d", number=number)
    return f"{numbered} {site['name']}".strip()[:LONGEST_NAME]
