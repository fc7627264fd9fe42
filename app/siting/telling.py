"""What a siting says: each site with what it newly covers, before and after, the gap, and every assumption."""

from typing import Any

import numpy as np
from flask_babel import gettext
from numpy.typing import NDArray
from sqlalchemy import RowMapping
from sqlalchemy.orm import Session

from app.areas.scope import Scope
from app.coverage.presets import SENDING
from app.coverage.queries import station_kinds
from app.errors import Invalid
from app.response.assumptions import ground_assumptions
from app.siting import queries
from app.siting.reckoning import VULNERABLE, Cover
from app.siting.schemas import SitingIn, Weight
from app.siting.service import DECIMALS, Asked, asked, siting
from gis.covers import TooMuchError

Ints = NDArray[np.int64]


def show(session: Session, scope: Scope, siting_id: int) -> dict[str, Any]:
    """A siting as the reader's scope and today's register have it; without a gap where these differ from then.

    NotFound, Invalid.
    """
    row = siting(session, scope, siting_id)
    one = asked(session, scope, SitingIn.model_validate(row["whole"]))
    try:
        return _told(session, row, one)
    except TooMuchError:
        raise Invalid(gettext("This reaches more doors than can be shown at once."), field="minutes") from None


def _told(session: Session, row: RowMapping, one: Asked) -> dict[str, Any]:
    ground, moved = one.wanted.ground, set(row["moved"])
    ids = [ground.stations.rows[number]["id"] for number in one.wanted.standing]
    before, after = Cover(one.wanted), Cover(one.wanted)
    before.add(one.wanted.old, np.arange(len(ids)))
    stay = np.array([at for at, number in enumerate(ids) if number not in moved], dtype=np.int64)
    standing = after.add(one.wanted.old, stay)
    sites, doors = _sites(row, one, after)
    lost = np.flatnonzero(before.home_covered & ~after.home_covered)
    current = row["data"] == one.data
    return {
        "id": row["id"],
        "made_by": row["made_by_name"],
        "made_at": row["made_at"].isoformat(),
        "question": {
            **one.question.model_dump(mode="json", exclude={"places", "names"}),
            "places": len(one.question.places),
        },
        "area": {"id": one.area.id, "level": one.area.level, "name": one.area.name, "name_en": one.area.name_en},
        "box": [one.area.west, one.area.south, one.area.east, one.area.north],
        "candidates": row["candidates"],
        "sites": sites,
        "moved": [_station(one, number) for number in one.wanted.standing if ids and _id(one, number) in moved],
        "standing": [_station(one, number) for number in one.wanted.standing if _id(one, number) not in moved],
        "households": {"all": before.everyone, "before": before.total, "after": after.total},
        "lost": int(after.households.count[lost].sum()),
        "current": current,
        "proven": current and row["bound"] <= row["covered"],
        "gap": gap(row["covered"], row["bound"]) if current else None,
        "job": row["job_id"],
        "doors": {"sites": doors, "standing": _lonlat(one, standing["doors"]), "left": _lonlat(one, after.left())},
        "assumptions": _assumptions(session, one),
    }


def gap(covered: int, bound: int) -> float:
    """The share of what new sites cover that might still be gained."""
    return (bound - covered) / covered if covered else float(bound > 0)


def _sites(row: RowMapping, one: Asked, after: Cover) -> tuple[list[dict[str, Any]], list[Any]]:
    """The sites in order with what each newly covers, and the doors that it does."""
    kept = row["sites"]
    if not kept:
        return [], []
    lonlat = np.array([(site["lon"], site["lat"]) for site in kept])
    reached = one.wanted.reached(one.wanted.ground.attach(lonlat))
    told, doors = [], []
    for at, site in enumerate(kept):
        adds = after.add(reached, [at])
        doors.append(_lonlat(one, adds.pop("doors")))
        told.append({name: site[name] for name in ("lon", "lat", "name", "name_en", "source")} | adds)
    return told, doors


def _lonlat(one: Asked, doors: Ints) -> list[list[float]]:
    found: list[list[float]] = np.round(one.wanted.ground.homes.doors.lonlat[doors], DECIMALS).tolist()
    return found


def _id(one: Asked, number: int) -> int:
    return int(one.wanted.ground.stations.rows[number]["id"])


def _station(one: Asked, number: int) -> dict[str, Any]:
    row = one.wanted.ground.stations.rows[number]
    return {name: row[name] for name in ("id", "kind", "name", "name_en", "lon", "lat")}


def _assumptions(session: Session, one: Asked) -> list[dict[str, Any]]:
    """What travel times assume, and what is particular to siting."""
    texts = [
        ("out", gettext("The time runs from the station to the household, the climb included.")),
        ("order", gettext("Each site is told with what it adds to the existing stations and to the sites before it.")),
        ("free", gettext("A station covers all whom it reaches in time, however many there are.")),
    ]
    if one.question.kinds and not one.wanted.ground.homes.doors.visible(one.wanted.scope).all():
        texts.append(("own", gettext("Stations outside your area do not count, though they might come first.")))
    if one.question.weight is Weight.VULNERABLE:
        sentence = gettext(
            "Each flag of a need (over 80 and alone, disability, oxygen or dialysis, infant) counts like %(count)d"
            " households more.",
            count=VULNERABLE,
        )
        texts.append(("weight", sentence))
    own = [{"key": key, "text": told, "value": None, "unit": None} for key, told in texts]
    return [*own, *ground_assumptions(session, one.wanted.ground)]


def listed(session: Session, scope: Scope) -> dict[str, Any]:
    """What may be asked about, and the last sitings."""
    return {
        "areas": queries.areas(session, scope),
        "stations": station_kinds(session, scope),
        "kinds": [kind.value for kind in SENDING],
        "sitings": [
            {
                "id": row["id"],
                "made_by": row["made_by_name"],
                "made_at": row["made_at"].isoformat(),
                "area": {"id": row["area_id"], "name": row["area"], "name_en": row["area_en"]},
                "count": row["count"],
                "minutes": row["question"]["minutes"],
                "mode": row["question"]["mode"],
                "proven": row["bound"] <= row["covered"],
            }
            for row in queries.sitings(session, scope)
        ],
    }
