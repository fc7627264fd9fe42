"""Nets of other departments: sent for an area, taken in the system that somebody has seen on the map, deleted."""

from typing import Any

import numpy as np
import shapely
from flask_babel import lazy_gettext as _
from numpy.typing import NDArray
from sqlalchemy import delete as delete_
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.accounts.audit import record
from app.errors import Conflict, Invalid, NotFound
from app.features import DECIMALS
from app.jobs import service as jobs
from app.legacy import ground, queries, reading
from app.legacy.models import LegacyNet, NetState
from app.legacy.refusals import why
from app.legacy.schemas import MOST_NETS, NetIn
from app.plans.stored import Reader
from gis import datums

INTERNAL = ("area_id", "declared")
PILE = 10  # grids of one net in which a place may lie

_PLACE = text("UPDATE legacy_grids SET geom = ST_SetSRID(ST_GeomFromWKB(:geom), 4326) WHERE id = :id")
_STALE = text("DELETE FROM legacy_nets WHERE state <> 'taken' AND made_at < now() - interval '7 days'")


def listed(session: Session, asks: Reader, area: int | None) -> list[dict[str, Any]]:
    """The nets that somebody works with; those that have to do with an area."""
    return [_told(row) for row in queries.heads(session, asks.redraws, area=area)]


def shown(session: Session, asks: Reader, net: int) -> dict[str, Any]:
    """One net. NotFound."""
    return _told(_head(session, asks, net))


def _head(session: Session, asks: Reader, net: int) -> Any:
    found = queries.heads(session, asks.redraws, net=net)
    if not found:
        raise not_found()
    return found[0]


def _told(row: Any) -> dict[str, Any]:
    told = {name: value for name, value in row.items() if name not in INTERNAL}
    return {**told, "made_at": row["made_at"].isoformat()}


def not_found() -> NotFound:
    """There is no such net for this reader."""
    return NotFound(_("There is no such net in your area."), field="net")


def send(session: Session, asks: Reader, wanted: NetIn, content: bytes) -> dict[str, int]:
    """The new net, and the job that reads its file. NotFound, Invalid, Conflict; TooMany."""
    if wanted.area_id not in asks.redraws:
        raise NotFound(_("You do not redraw the grids of the whole of this area."), field="area_id")
    if not content:
        raise Invalid(_("This file is empty."), field="file")
    session.execute(_STALE)
    count = select(func.count()).select_from(LegacyNet).where(LegacyNet.area_id == wanted.area_id)
    if session.scalars(count).one() >= MOST_NETS:
        raise Conflict(_("There are %(most)d nets here already. Delete one of them first.", most=MOST_NETS))
    if not len(ground.under(session, wanted.area_id).ids):
        raise Invalid(_("This area has no blocks yet."), field="area_id")
    net = LegacyNet(name=wanted.name, area_id=wanted.area_id, content=content, made_by=asks.who.id)
    session.add(net)
    session.flush()
    net.job_id = jobs.start(session, asks.who, reading.KIND, {"net": net.id}, area_id=wanted.area_id)
    session.flush()
    return {"net": net.id, "job": net.job_id}


def take(session: Session, asks: Reader, net: int, code: str) -> dict[str, Any]:
    """The net in the system that was chosen; it may be chosen again. NotFound, Conflict, Invalid."""
    kept = _locked(session, asks, net)
    if kept.state == NetState.READING:
        raise Conflict(_("The file of this net is still being read."), field="net")
    rows = queries.grids(session, net)
    shapes = _turned(rows, code, kept.declared)
    under = ground.under(session, kept.area_id)
    _check_place(shapes, under, queries.area_names(session, kept.area_id)["name"])
    found = _sound(rows, shapes, under)
    session.execute(_PLACE, [{"id": row.id, "geom": wkb} for row, wkb in zip(rows, found, strict=True)])
    kept.state, kept.crs = NetState.TAKEN, code
    session.flush()
    record(session, asks.who, "legacy.imported", "legacy_net", net, area=kept.area_id, grids=len(rows), crs=code)
    return shown(session, asks, net)


def _turned(rows: Any, code: str, declared: str) -> NDArray[np.object_]:
    """The shapes of a net in lon/lat. Invalid."""
    try:
        found = reading.turned(reading.shapes_of([bytes(row.shape) for row in rows]), code, declared)
    except datums.Unknown:
        raise Invalid(_("There is no system of coordinates %(code)s.", code=code), field="crs") from None
    if found is None:
        raise Invalid(_("In this system the net would lie outside the world."), field="crs")
    return found


def _check_place(shapes: NDArray[np.object_], under: ground.Under, area: str) -> None:
    """Invalid where a net lies elsewhere."""
    if ground.inside(under, shapes) <= reading.SHARE:
        west, south, east, north = shapely.total_bounds(shapes)
        middle = np.array([[(west + east) / 2, (south + north) / 2]])
        far = reading.distance(middle, datums.WGS, "", under)
        raise Invalid(
            _("In this system the net lies %(km)d km from %(area)s.", km=far[2] if far else 0, area=area), field="crs"
        )


def _sound(rows: Any, shapes: NDArray[np.object_], under: ground.Under) -> list[bytes]:
    """The shapes as WKB, valid as they were in the file: what turning them broke is the last digit of a corner.

    Invalid where a system folds them, or they lie on top of each other.
    """
    found = reading.sound(shapes, under.places.xy)
    if "number" in found.told:
        first = rows[found.told["number"] - 1]
        name = first.name or first.code or str(first.number)
        raise Invalid(_("In this system the shape “%(name)s” would cross itself.", name=name), field="crs")
    if "reason" in found.told:
        raise Invalid(why(found.told), field="net")
    if (most := found.told["deepest"]) > PILE:
        raise Invalid(
            _("%(count)d shapes of this file lie on top of each other. Send one level of grids at a time.", count=most),
            field="net",
        )
    return found.shapes


def _locked(session: Session, asks: Reader, net: int) -> LegacyNet:
    kept = session.get(LegacyNet, net, with_for_update=True, populate_existing=True)
    if kept is None or kept.area_id not in asks.redraws:
        raise not_found()
    return kept


def delete(session: Session, asks: Reader, net: int) -> None:
    """Delete a net with its grids. NotFound."""
    kept = _locked(session, asks, net)
    record(session, asks.who, "legacy.deleted", "legacy_net", net, area=kept.area_id, name=kept.name)
    session.execute(delete_(LegacyNet).where(LegacyNet.id == net))


def shapes(session: Session, asks: Reader, net: int, code: str | None) -> list[dict[str, Any]]:
    """The grids of a net as features: in a system, else in the chosen one, else in that which fits best."""
    head = _head(session, asks, net)
    if head["state"] == NetState.READING:
        return []
    best = code or head["crs"] or head["report"]["guesses"][0]["code"]
    rows = queries.grids(session, net)
    found = shapely.transform(_turned(rows, best, head["declared"]), lambda xy: xy.round(DECIMALS))
    return [
        {
            "type": "Feature",
            "id": row.id,
            "geometry": shapely.geometry.mapping(shape),
            "properties": {"number": row.number, "name": row.name, "code": row.code},
        }
        for row, shape in zip(rows, found, strict=True)
    ]
