"""Coverage of whole cities: a question asked area by area, by any number of workers, and the answers as one.

A part asks about its own doors, and takes along every station that may come there in time, wherever that stands. So
the answers of the parts are those of the whole, to the second.
"""

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext
from sqlalchemy.orm import Session

from app.accounts.identity import Identity
from app.accounts.rights import Capability
from app.areas.scope import Scope, scope_of
from app.coverage import queries
from app.coverage.reckoning import added
from app.coverage.schemas import CoverageQuery
from app.coverage.service import answer, area_of, columns_told, question_told, stations_told, tables
from app.errors import NotFound
from app.jobs import service as jobs
from app.jobs.kinds import Report, Result, Sessions, Task, define

KIND = "coverage"
MOST_PARTS = 400  # past them a part is a subdistrict and no community
COMMAND = Scope(None, frozenset())
"""What a command of the machine's owner asks about: every place, and nobody's flags."""


def start(session: Session, who: Identity | None, scope: Scope, question: CoverageQuery) -> int:
    """The id of a job that answers the question about its area, or about every district that the scope reaches into.

    NotFound where the scope shows nothing of the area; TooMany.
    """
    if question.area is not None:
        area_of(session, scope, question.area)
    parts = queries.parts(session, scope, question.area, "community")
    if len(parts) > MOST_PARTS:
        parts = queries.parts(session, scope, question.area, "subdistrict")
    if not parts:
        raise NotFound(gettext("There is no such area in yours."), field="area")
    asked = question.model_dump(mode="json")
    return jobs.start_batch(
        session, who, KIND, asked, [(part, {**asked, "area": part}) for part in parts], area_id=question.area
    )


def merged(parts: Sequence[Result]) -> Result:
    """The answers about parts as one about the whole; stations are those of all parts, with all whom they serve."""
    first = parts[0]
    stations: dict[int, dict[str, Any]] = {}
    for station in (station for part in parts for station in part["stations"]):
        known = stations.setdefault(station["id"], {**station, "households": 0})
        known["households"] += station["households"]
    columns = {name: [one for part in parts for one in part["buildings"][name]] for name in first["buildings"]}
    return {
        "question": {**first["question"], "area": None},
        "limit": first["limit"],
        "bands": first["bands"],
        "parts": len(parts),
        "totals": added([part["totals"] for part in parts]),
        **{name: _worst_first(parts, name) for name in ("communities", "grids")},
        "stations": sorted(stations.values(), key=lambda row: (-row["households"], row["id"])),
        "buildings": columns,
    }


@define(KIND, needs=Capability.PLAN_RESPONSE, merge=merged)
def part(sessions: Sessions, task: Task, _report: Report) -> Result:
    """The answer about one part."""
    with sessions.begin() as session:
        scope = COMMAND if task.who is None else scope_of(session, task.who, Capability.PLAN_RESPONSE)
        asked = answer(session, scope, CoverageQuery.model_validate(task.question))
        found = asked.found
        return {
            "question": question_told(asked),
            "limit": found.limit,
            "bands": found.bands.tolist(),
            **tables(session, scope, found),
            "stations": [station for station in stations_told(found) if station["households"]],
            "buildings": columns_told(found.buildings()),
        }


def _worst_first(parts: Sequence[Result], name: str) -> list[dict[str, Any]]:
    rows = [row for part in parts for row in part[name]]
    return sorted(rows, key=lambda row: (row["inside"] / row["households"], -row["households"]))
