"""Stations: the list and each one."""

from datetime import UTC, datetime

from apiflask import APIBlueprint
from flask import Response
from flask_babel import gettext

from app.accounts.access import identity
from app.areas.scope import scope_of
from app.db import Session
from app.errors import NotFound
from app.features import Page, feature_page, geojson
from app.stations import queries
from gis.city import StationKind

bp = APIBlueprint("stations", __name__, url_prefix="/api/v1", tag="Stations")


class StationPage(Page):
    """A page of stations, of one kind where it is given."""

    kind: StationKind | None = None


@bp.get("/stations")
@bp.input(StationPage, location="query")
@bp.doc(summary="Stations")
def stations(query_data: StationPage) -> Response:
    """Stations by id as GeoJSON. They say whether they are open now, so no tag of the data version fits them."""
    with Session.begin() as session:
        found = queries.stations(
            session,
            scope_of(session, identity()),
            at=datetime.now(UTC),
            bbox=query_data.bbox,
            kind=query_data.kind,
            after=query_data.after,
            limit=query_data.limit + 1,
        )
    return feature_page(found, query_data)


@bp.get("/stations/<int:station_id>")
@bp.doc(summary="A station")
def station(station_id: int) -> Response:
    """One station with its kind, hours, capacity and community."""
    with Session.begin() as session:
        found = queries.station(session, scope_of(session, identity()), station_id, datetime.now(UTC))
    if found is None:
        raise NotFound(gettext("There is no such station in your area."))
    return geojson(found)
