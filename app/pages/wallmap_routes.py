"""The wall map as a download."""

from datetime import datetime

from apiflask import APIBlueprint
from flask import Response
from pydantic import BaseModel

from app.accounts.access import identity, needs
from app.accounts.audit import record
from app.accounts.pace import paced
from app.accounts.rights import Capability
from app.areas.scope import scope_of
from app.db import Session
from app.i18n import language
from app.pages import wallmap
from app.pages.wallmap_data import read
from app.pages.wallmap_zone import read_zone
from app.stations.hours import CHINA

bp = APIBlueprint("wallmap", __name__, enable_openapi=False)

# The file brings its scripts and styles inside; opened from this host, it may still ask nobody for anything.
POLICY = f"{wallmap.POLICY}; frame-ancestors 'none'; sandbox allow-scripts"


class WallMapQuery(BaseModel):
    """What else the map shows: a response zone as "lon,lat,mode,minutes[,minutes …]"."""

    zone: str | None = None


@bp.get("/wallmap/<code>")
@paced(20)
@needs(Capability.MAKE_WALLMAP)
@bp.input(WallMapQuery, location="query")
def wall_map(code: str, query_data: WallMapQuery) -> Response:
    """The wall map of the community `code` in the language of the page, as an HTML file to keep."""
    who = identity()
    with Session.begin() as session:
        scope = scope_of(session, who, Capability.MAKE_WALLMAP)
        data = read(session, scope, code)
        zone = read_zone(session, scope, query_data.zone) if query_data.zone else None
        record(session, who, "wallmap.made", "area", code)
    made_on = datetime.now(CHINA).date()
    page = wallmap.draw(data, language=language(), made_by=who.display_name, made_on=made_on, zone=zone)
    response = Response(page, mimetype="text/html")
    response.headers["Content-Disposition"] = f'attachment; filename="wallmap-{code}-{made_on:%Y%m%d}.html"'
    response.headers["Content-Security-Policy"] = POLICY
    return response
