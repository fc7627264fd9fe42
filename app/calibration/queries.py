"""Reads of the calibrations: all of them, the one in force for each mode, and what it says beside a result."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from flask_babel import gettext
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.calibration.models import Calibration
from app.kept import CALIBRATIONS, Kept, Stamp, part_of
from gis.travel import Mode

SHOWN = 50
LIKE = {Mode.EMERGENCY: Mode.CAR}  # its speeds are a car's times a factor

_DISTRICTS = text("""
    SELECT p.at::int, min(d.id)
    FROM unnest(CAST(:lons AS float[]), CAST(:lats AS float[])) WITH ORDINALITY p(lon, lat, at)
      JOIN areas d ON d.level = 'district' AND ST_Intersects(d.geom, ST_SetSRID(ST_MakePoint(p.lon, p.lat), 4326))
    GROUP BY p.at
""")
_SAID = text("""
    SELECT result -> :mode FROM calibrations
    WHERE applied_at IS NOT NULL AND undone_at IS NULL AND jsonb_exists(result, :mode)
    ORDER BY applied_at DESC, id DESC LIMIT 1
""")
_said: Kept[dict[str, Any] | None] = Kept(16)


def calibrations(session: Session) -> list[dict[str, Any]]:
    """The calibrations, newest first, each with its `state`: proposed, applied, superseded or undone."""
    rows = session.execute(
        select(Calibration, User.display_name)
        .join(User, User.id == Calibration.made_by)
        .order_by(Calibration.id.desc())
        .limit(SHOWN)
    ).all()
    holding = {one.id for one in in_force(session).values()}
    return [as_row(one, name, holding) for one, name in rows]


def as_row(one: Calibration, made_by: str, holding: set[int]) -> dict[str, Any]:
    """One calibration as it is answered; `holding` are those in force for some mode."""
    return {
        "id": one.id,
        "source": one.source,
        "made_at": one.made_at.isoformat(),
        "made_by": made_by,
        "applied_at": one.applied_at and one.applied_at.isoformat(),
        "undone_at": one.undone_at and one.undone_at.isoformat(),
        "state": _state(one, holding),
        "modes": one.result,
    }


def _state(one: Calibration, holding: set[int]) -> str:
    if one.applied_at is None:
        return "proposed"
    if one.undone_at is not None:
        return "undone"
    return "applied" if one.id in holding else "superseded"


def in_force(session: Session) -> dict[str, Calibration]:
    """The calibration that holds for each mode: the last one applied and not undone."""
    rows = session.scalars(
        select(Calibration)
        .where(Calibration.applied_at.is_not(None), Calibration.undone_at.is_(None))
        .order_by(Calibration.applied_at, Calibration.id)
    )
    return {mode: one for one in rows for mode in one.result}


def assumption(session: Session, mode: Mode, stamp: Stamp) -> list[dict[str, Any]]:
    """What stands beside a result by `mode`: assumptions {key, text, value, unit} where it is calibrated.

    `stamp` knows CALIBRATIONS.
    """
    like = LIKE.get(mode, mode).value
    holding = part_of(stamp, CALIBRATIONS)
    said = _said.get((stamp[0][0], like), holding, lambda: session.scalar(_SAID, {"mode": like}))
    if said is None:
        return []
    day = date.fromisoformat(said["until"])
    sentence = gettext(
        "Calibrated with %(runs)d drills up to %(day)s: 8 of 10 runs took between %(low)s and %(high)s times the told"
        " time, once under way.",
        runs=said["runs"],
        day=day.isoformat(),
        low=f"{said['low']:.2f}",
        high=f"{said['high']:.2f}",
    )
    told = [{"key": "calibration", "text": sentence, "value": said["runs"], "unit": None}]
    if said["delay"] >= 1:
        waited = gettext(
            "Getting under way took %(seconds)d s more, which are not in it.", seconds=round(said["delay"])
        )
        told.append({"key": "calibration_delay", "text": waited, "value": None, "unit": None})
    return told


def districts_at(session: Session, places: Sequence[tuple[float, float]]) -> list[int | None]:
    """The district around each place in lon/lat; None where there is none."""
    lons, lats = [lon for lon, _ in places], [lat for _, lat in places]
    found = dict(tuple(row) for row in session.execute(_DISTRICTS, {"lons": lons, "lats": lats}))
    return [found.get(at + 1) for at in range(len(places))]
