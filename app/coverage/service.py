"""Coverage of an area: which households are reached in time, by area and by building, and which are not."""

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any, NamedTuple

import numpy as np
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from sqlalchemy.orm import Session

from app.areas.scope import Scope
from app.coverage import queries
from app.coverage.presets import PRESETS
from app.coverage.queries import Area
from app.coverage.reckoning import Columns, Reckoned, counted, reckon
from app.coverage.schemas import CoverageQuery
from app.errors import Invalid, NotFound
from app.kept import stamp_of
from app.response.assumptions import ground_assumptions
from app.response.ground import DATASETS, ground_of
from app.response.zone import MINUTE
from app.scenarios.service import content_of
from app.stations.hours import is_open
from app.wanted import while_wanted
from gis.network import NoRoadError
from gis.travel import Mode


class Answer(NamedTuple):
    """A question answered: what was asked about, and the arrivals."""

    question: CoverageQuery
    area: Area
    found: Reckoned


def views(session: Session, scope: Scope) -> dict[str, Any]:
    """The named views, with the areas that may be asked about and how many stations of each kind there are."""
    return {
        "presets": [
            {
                "key": preset.key,
                "name": str(preset.name),
                "told": str(preset.told),
                "icon": preset.icon,
                "kinds": [kind.value for kind in preset.kinds],
                "mode": preset.mode.value,
                "minutes": preset.seconds / MINUTE,
            }
            for preset in PRESETS
        ],
        "modes": [mode.value for mode in Mode],
        "areas": queries.areas(session, scope),
        "stations": queries.station_kinds(session, scope),
    }


def answer(session: Session, scope: Scope, question: CoverageQuery, *, only: Collection[int] | None = None) -> Answer:
    """The arrivals that the question asks for, in `only` these communities of its area, or in all.

    NotFound outside the scope, Invalid where the mode has no road.
    """
    area = area_of(session, scope, question.area)
    if only is not None:
        area = area._replace(communities=[one for one in area.communities if one in only])
    stamp = stamp_of(session, *DATASETS)
    try:
        changes = None if question.scenario is None else content_of(session, scope, question.scenario)
        ground = ground_of(session, scope, area.district_id, question.mode or Mode.FOOT, stamp, scenario=changes)
    except NoRoadError:
        raise Invalid(_("This district has no road for this way of travelling."), field="mode") from None
    now = datetime.now(UTC)
    chosen = [
        at
        for at, row in enumerate(ground.stations.rows)
        if row["kind"] in (question.kinds or ())
        and not (question.open_now and is_open(row["open_hours"], now) is False)
    ]
    limit = (question.minutes or 1.0) * MINUTE
    with while_wanted() as stop:
        found = reckon(ground, scope, area.communities, stations=chosen, limit=limit, stop=stop)
    return Answer(question, area, found)


def area_of(session: Session, scope: Scope, area_id: int | None) -> Area:
    """The area, or the first district that the scope reaches into; NotFound."""
    if area_id is None:
        area_id = next((row["id"] for row in queries.areas(session, scope)), 0)
    found = queries.area(session, scope, area_id)
    if found is None:
        raise NotFound(gettext("There is no such area in yours."), field="area")
    return found


def told(session: Session, scope: Scope, asked: Answer) -> dict[str, Any]:
    """The whole answer: question, area, stations, tables, buildings as columns, and what all that assumes."""
    found = asked.found
    return {
        "question": question_told(asked),
        "area": {name: getattr(asked.area, name) for name in ("id", "level", "code", "name", "name_en")},
        "box": [asked.area.west, asked.area.south, asked.area.east, asked.area.north],
        "limit": found.limit,
        "bands": found.bands.tolist(),
        "stations": stations_told(found),
        **tables(session, scope, found),
        "buildings": columns_told(found.buildings()),
        "assumptions": _assumptions(session, scope, asked),
    }


def question_told(asked: Answer) -> dict[str, Any]:
    """The question with everything filled in, so that it can be asked again; of a named view the name too."""
    return {**asked.question.model_dump(mode="json"), "area": asked.area.id}


def tables(session: Session, scope: Scope, found: Reckoned) -> dict[str, Any]:
    """Households by band: in all, by community and by grid, worst first; flags outside where the scope knows any."""
    doors = found.ground.homes.doors
    knows = scope.grid_ids is None or bool(scope.grid_ids)
    communities, grids = found.table(doors.community), found.table(doors.grid)
    whole = found.table(np.zeros_like(doors.community))
    totals = whole[0] if whole else {"id": 0, **counted(np.zeros(len(found.bands) + 1, dtype=np.int64)), "flags": {}}
    of_community = queries.communities(session, [row["id"] for row in communities])
    of_grid = queries.grids(session, [row["id"] for row in grids])
    for rows, names in ((communities, of_community), (grids, of_grid)):
        for row in rows:
            row.update(names[row["id"]])
        rows.sort(key=lambda row: (row["inside"] / row["households"], -row["households"]))
    if not knows:
        for row in (totals, *communities, *grids):
            row["flags"] = None
    del totals["id"]
    return {"totals": totals, "communities": communities, "grids": grids}


def columns_told(columns: Columns) -> dict[str, Any]:
    """Buildings as columns of equal length; seconds to a tenth, None where none of `bands` is reached."""
    return {
        "id": columns.id.tolist(),
        "seconds": [round(one, 1) if np.isfinite(one) else None for one in columns.seconds.tolist()],
        "households": columns.households.tolist(),
        "inside": columns.inside.tolist(),
    }


def stations_told(found: Reckoned) -> list[dict[str, Any]]:
    """The stations that were counted, and how many households inside each comes to first; most first."""
    rows = found.ground.stations.rows
    shown = [
        {
            **{name: rows[at][name] for name in ("id", "kind", "name", "name_en", "lon", "lat")},
            "households": int(served),
        }
        for at, served in zip(found.stations, found.served(), strict=True)
    ]
    return sorted(shown, key=lambda row: (-row["households"], row["id"]))


def _assumptions(session: Session, scope: Scope, asked: Answer) -> list[dict[str, Any]]:
    """What travel times assume, and what is particular to coverage."""
    texts = [
        ("half", gettext("A building has the colour of the time in which half of its households are reached.")),
        ("first", gettext("Each household counts for the station that is there first, as if it were free.")),
    ]
    if asked.area.all_communities > len(asked.area.communities):
        texts.insert(0, ("part", gettext("Only the communities that you may see are counted.")))
    if not asked.found.ground.homes.doors.visible(scope).all():
        texts.insert(0, ("own", gettext("Stations outside your area do not count, though they might come first.")))
    if asked.question.open_now:
        texts.append(("open", gettext("Stations that are closed now are left out; unknown hours count as open.")))
    more = [{"key": key, "text": text, "value": None, "unit": None} for key, text in texts]
    return [*more, *ground_assumptions(session, asked.found.ground)]
