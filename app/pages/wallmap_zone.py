"""The response zone that a wall map may show, asked for as "lon,lat,mode,minutes[,minutes …]"."""

from typing import Any

import orjson
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from pydantic import ValidationError
from sqlalchemy.orm import Session

from app.areas.scope import Scope
from app.errors import Invalid
from app.pages.wallmap import Zone
from app.response.schemas import ZoneQuery
from app.response.zone import response_zone
from gis.travel import Mode

MODES = {
    Mode.FOOT: _("on foot"),
    Mode.EBIKE: _("by e-bike"),
    Mode.CAR: _("by car"),
    Mode.EMERGENCY: _("by emergency vehicle"),
}


def read_zone(session: Session, scope: Scope, text: str) -> Zone:
    """The zone that `text` asks for. Invalid, NotFound."""
    asked = _parse(text)
    found = response_zone(session, scope, asked.asked())
    return Zone(
        features=orjson.loads(orjson.dumps(found["features"], option=orjson.OPT_SERIALIZE_NUMPY)),
        lon=found["origin"]["lon"],
        lat=found["origin"]["lat"],
        title=gettext("Reached %(how)s from the marked place", how=MODES[asked.mode]),
        assumptions=[_line(assumption) for assumption in found["assumptions"]],
    )


def _parse(text: str) -> ZoneQuery:
    try:
        lon, lat, mode, minutes = text.split(",", 3)
        return ZoneQuery.model_validate({"lon": lon, "lat": lat, "mode": mode, "minutes": minutes})
    except (ValueError, ValidationError) as error:
        raise Invalid(
            _("A zone is written as lon,lat,mode,minutes, e.g. 121.47,31.23,foot,5."), field="zone"
        ) from error


def _line(assumption: dict[str, Any]) -> str:
    """An assumption as one line: its text, and its value with the unit where the text does not say it already."""
    if assumption["value"] is None or assumption["key"] == "speed":
        return str(assumption["text"])
    return f"{assumption['text']} {assumption['value']:g} {assumption['unit'] or ''}".rstrip()
