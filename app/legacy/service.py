"""Nets of other departments: sent for an area, taken in the system that somebody has seen on the map, deleted."""

from typing import Any

import shapely
from flask_babel import lazy_gettext as _
from sqlalchemy import delete as delete_
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts.audit import record
from app.errors import Conflict, Invalid, NotFound
from app.features import DECIMALS
from app.jobs import service as jobs
from app.legacy import ground, laying, queries, reading
from app.legacy.models import LegacyNet, NetState
from app.legacy.schemas import MOST_NETS, NetIn
from app.plans.stored import Reader

INTERNAL = ("area_id", "declared", "laid_on", "version")


def listed(session: Session, asks: Reader, area: int | None) -> list[dict[str, Any]]:
    """The nets that somebody works with; those that have to do with an area."""
    return [_told(row, asks) for row in queries.heads(session, asks.redraws, area=area)]


def shown(session: Session, asks: Reader, net: int) -> dict[str, Any]:
    """One net. NotFound."""
    return _told(laying.head_of(session, asks, net), asks)


def _told(row: Any, asks: Reader) -> dict[str, Any]:
    """A net as the API answers it; the job that reads it only to whose job it is."""
    told = {name: value for name, value in row.items() if name not in INTERNAL}
    job = row["job"] if row["made_by"]["id"] == asks.who.id else None
    return {**told, "job": job, "made_at": row["made_at"].isoformat()}


def send(session: Session, asks: Reader, wanted: NetIn, content: bytes) -> dict[str, int]:
    """The new net, and the job that reads its file. NotFound, Invalid, Conflict; TooMany."""
    if wanted.area_id not in asks.redraws:
        raise NotFound(_("You do not redraw the grids of the whole of this area."), field="area_id")
    if not content:
        raise Invalid(_("This file is empty."), field="file")
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


def take(session: Session, asks: Reader, net: int, code: str) -> int:
    """The id of the job that takes a net in a system; it may be chosen again. NotFound, Conflict, Invalid; TooMany."""
    head = laying.head_of(session, asks, net)
    if head["state"] == NetState.READING:
        raise Conflict(_("The file of this net is still being read."), field="net")
    laying.shapes_in(session, head, queries.grids(session, net), code)
    return jobs.start(session, asks.who, laying.TAKE, {"net": net, "crs": code}, area_id=head["area_id"])


def lay(session: Session, asks: Reader, area: int) -> int:
    """The id of the job that lays the nets over the blocks that have to do with an area. NotFound; TooMany."""
    if area not in asks.redraws:
        raise NotFound(_("You do not redraw the grids of the whole of this area."), field="area_id")
    return jobs.start(session, asks.who, laying.LAY, {"area": area}, area_id=area)


def delete(session: Session, asks: Reader, net: int) -> None:
    """Delete a net with its grids. NotFound."""
    kept = laying.locked(session, asks, net)
    record(session, asks.who, "legacy.deleted", "legacy_net", net, area=kept.area_id, name=kept.name)
    session.execute(delete_(LegacyNet).where(LegacyNet.id == net))


def shapes(session: Session, asks: Reader, net: int, code: str | None) -> list[dict[str, Any]]:
    """The grids of a net as features: in a system, else in the chosen one, else in that which fits best."""
    head = laying.head_of(session, asks, net)
    if head["state"] == NetState.READING:
        return []
    best = code or head["crs"] or head["report"]["guesses"][0]["code"]
    rows = queries.grids(session, net)
    found = shapely.transform(laying.turned(rows, best, head["declared"]), lambda xy: xy.round(DECIMALS))
    return [
        {
            "type": "Feature",
            "id": row.id,
            "geometry": shapely.geometry.mapping(shape),
            "properties": {"number": row.number, "name": row.name, "code": row.code},
        }
        for row, shape in zip(rows, found, strict=True)
    ]
