"""What a travel time assumes, told beside every result in the reader's language."""

from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from sqlalchemy.orm import Session

from app.calibration import queries as calibration
from app.kept import CALIBRATIONS, stamp_of
from app.response.ground import Ground
from app.response.origins import Origins
from gis.network import ModeNetwork
from gis.travel import CLIMB, EMERGENCY, LIFT, LIFT_WAIT, WALK, Mode


def assumptions(origins: Origins, direction: str) -> list[dict[str, Any]]:
    """Each assumption as {key, text, value, unit}; `value` None where it is no number."""
    told = [
        _told("direction", str(DIRECTIONS[direction])),
        *travel_assumptions(origins.ground.network, origins.ground.mode),
        *_own_climbs(origins.ground),
    ]
    if origins.outdated:
        before = gettext("The roads have just been changed; this is reckoned on them as they were. Ask again soon.")
        told.append(_told("roads_before", before))
    if origins.in_water:
        told.append(
            _told("water", gettext("The place lies in water: the last metres are reckoned straight from the shore."))
        )
    if origins.unreached:
        told.append(_told("unreached", gettext("Stations left out, too far from any road."), origins.unreached))
    if len(origins.lonlat) > 1:
        together = gettext("Places together; each door counts from the one that is first.")
        told.append(_told("origins", together, len(origins.lonlat)))
    return told


def ground_assumptions(session: Session, ground: Ground) -> list[dict[str, Any]]:
    """What every travel time on a ground assumes, and how far it is calibrated, in the same shape."""
    return [
        *travel_assumptions(ground.network, ground.mode),
        *_own_climbs(ground),
        *calibration.assumption(session, ground.mode, stamp_of(session, CALIBRATIONS)),
    ]


def _own_climbs(ground: Ground) -> list[dict[str, Any]]:
    own = ground.homes.doors.own_figures
    return [_told("own_climbs", gettext("Buildings with figures of their own for stairs or lift."), own)] if own else []


def travel_assumptions(network: ModeNetwork, mode: Mode) -> list[dict[str, Any]]:
    """What every travel time by a mode assumes, wherever it starts."""
    mean = network.speeds_kph[2]
    told = [
        _told("speed", _speed_text(network, mode), round(mean, 1) if mean else None, "km/h"),
        _told("access", gettext("Between a road and a door or a place off the road: straight, on foot."), WALK, "m/s"),
        _told("stairs", gettext("Stairs, for each floor."), CLIMB, "s"),
        _told("lift_wait", gettext("Where there is a lift: waiting for it."), LIFT_WAIT, "s"),
        _told("lift", gettext("Where there is a lift: for each floor."), LIFT, "s"),
        _told("start", gettext("The time begins when somebody sets off; nothing is added for getting ready.")),
    ]
    if mode is Mode.EMERGENCY:
        mission = gettext("Compared with a car's average; posted limits and signals do not bind on a mission.")
        told.append(_told("emergency", mission, EMERGENCY, "×"))
    if mode is not Mode.FOOT:
        told.append(_told("one_way", gettext("One-way streets and closed roads are respected.")))
    return told


DIRECTIONS = {
    "out": _("From the place to the doors."),
    "toward": _("From the doors to the place, one-way streets included."),
}


def _told(key: str, text: str, value: float | None = None, unit: str | None = None) -> dict[str, Any]:
    return {"key": key, "text": text, "value": value, "unit": unit}


def _speed_text(network: ModeNetwork, mode: Mode) -> str:
    low, high, _mean = network.speeds_kph
    bounds = {"low": f"{low:.3g}", "high": f"{high:.3g}"}
    texts = {
        Mode.FOOT: _("On foot at %(low)s to %(high)s km/h by class of road.", **bounds),
        Mode.EBIKE: _("By e-bike at %(low)s to %(high)s km/h by class of road, with waiting at junctions.", **bounds),
        Mode.CAR: _(
            "By car at %(low)s to %(high)s km/h by class of road, with waiting at junctions, within posted limits.",
            **bounds,
        ),
        Mode.EMERGENCY: _("Emergency vehicle at %(low)s to %(high)s km/h by class of road.", **bounds),
    }
    return str(texts[mode])
