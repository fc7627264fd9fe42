"""Changing the table of speeds."""

from typing import Any

from flask_babel import lazy_gettext as _
from sqlalchemy.orm import Session

from app.accounts.audit import record
from app.accounts.identity import Identity
from app.errors import NotFound
from app.roads.models import RoadSpeed
from app.roads.queries import as_row
from gis.travel import Speeds


def set_speeds(session: Session, who: Identity, road_class: str, speeds: Speeds) -> dict[str, Any]:
    """The class's row after it took `speeds` (km/h); networks follow with the next request. NotFound."""
    row = session.get(RoadSpeed, road_class, with_for_update=True)
    if row is None:
        raise NotFound(_("There is no such class of road."))
    before = as_row(row)
    row.foot_kph, row.ebike_kph, row.car_kph = speeds
    after = as_row(row)
    if after != before:
        record(session, who, "speeds.set", "road_class", road_class, before=before, after=after)
    session.flush()
    return after
