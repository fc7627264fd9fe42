"""Laying nets over the blocks in the background: which places of the ground lie in which grid of a net.

A net is valid and may be hostile all the same: 198,000 corners in the shape of combs take half a minute to ask over
25,000 places. So a program of its own asks, in a job; what it finds is kept with the net until the ground or its system
changes, and whoever looks at nets reads numbers.
"""

import json
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import shapely
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from app.accounts.audit import record
from app.accounts.rights import Capability
from app.errors import DomainError, Invalid, NotFound
from app.jobs.kinds import Report, Result, Sessions, Task, define
from app.legacy import ground, queries, reading
from app.legacy.models import LegacyNet, NetState
from app.legacy.refusals import why
from app.plans import stored
from app.plans.stored import Reader
from gis import datums

TAKE, LAY = "legacy.take", "legacy.lay"


@define(TAKE, needs=Capability.REDRAW_GRIDS)
def take(sessions: Sessions, task: Task, report: Report) -> Result:
    """Take the net of the task in the system that somebody has seen on the map: all of it, or nothing."""
    net = int(task.question["net"])
    _lay(sessions, task, net, task.question["crs"], lambda share: report(share, note=_note("")))
    return {"net": net}


@define(LAY, needs=Capability.REDRAW_GRIDS)
def lay(sessions: Sessions, task: Task, report: Report) -> Result:
    """Lay those nets of the task's area over the blocks that are not; one that cannot be holds back no other."""
    with sessions.begin() as session:
        asks = _asker(session, task)
        wanted = [
            head for head in queries.heads(session, asks.redraws, area=task.area_id) if not is_laid(session, head)
        ]
    refused: DomainError | None = None
    for number, head in enumerate(wanted):

        def tell(share: float, number: int = number, name: str = head["name"]) -> None:
            report((number + share) / len(wanted), note=_note(name))

        try:
            _lay(sessions, task, head["id"], None, tell)
        except DomainError as error:
            refused = refused or DomainError(f"{head['name']}: {error.message}")
    if refused:
        raise refused
    return {"nets": [head["id"] for head in wanted]}


def _note(name: str) -> str:
    if not name:
        return str(gettext("Laying the net over the blocks"))
    return str(gettext("Laying “%(name)s” over the blocks", name=name))


def is_laid(session: Session, head: Any) -> bool:
    """Whether it is known how a net lies on the ground of now; of one that is not taken there is nothing to know."""
    return head["state"] != NetState.TAKEN or bool(head["laid_on"] == ground.under(session, head["area_id"]).key)


def _lay(sessions: Sessions, task: Task, net: int, code: str | None, tell: Callable[[float], None]) -> None:
    """Lay a net over the blocks, in another system if there is a `code`. NotFound, Invalid."""
    with sessions.begin() as session:
        head = head_of(session, _asker(session, task), net)
        if code is None and is_laid(session, head):
            return  # somebody else has had it laid
        crs = code or head["crs"]
        rows = queries.grids(session, net)
        shapes = shapes_in(session, head, rows, crs)
        under = ground.under(session, head["area_id"])
    tell(0.0)
    inside = _inside(rows, shapes, under.places.xy, tell)
    with sessions.begin() as session:
        asks = _asker(session, task)
        kept = locked(session, asks, net)
        if code:
            kept.state, kept.crs = NetState.TAKEN, code
            record(
                session, asks.who, "legacy.imported", "legacy_net", net, area=kept.area_id, grids=len(rows), crs=code
            )
        elif kept.crs != crs:
            return  # somebody has taken it in another system meanwhile, and laid it
        kept.report = {**kept.report, "laid": {"on": under.key, "inside": inside}}


def _asker(session: Session, task: Task) -> Reader:
    if task.who is None:
        raise not_found()
    return stored.reader(session, task.who)


def not_found() -> NotFound:
    """There is no such net for this reader."""
    return NotFound(_("There is no such net in your area."), field="net")


def head_of(session: Session, asks: Reader, net: int) -> Any:
    """What a net is, without its shapes. NotFound."""
    found = queries.heads(session, asks.redraws, net=net)
    if not found:
        raise not_found()
    return found[0]


def locked(session: Session, asks: Reader, net: int) -> LegacyNet:
    """A net that nobody else changes until the end of this transaction. NotFound."""
    kept = session.get(LegacyNet, net, with_for_update=True, populate_existing=True)
    if kept is None or kept.area_id not in asks.redraws:
        raise not_found()
    return kept


def turned(rows: Sequence[Any], code: str, declared: str) -> NDArray[np.object_]:
    """The shapes of a net in lon/lat. Invalid."""
    try:
        found = reading.turned(reading.shapes_of([bytes(row.shape) for row in rows]), code, declared)
    except datums.Unknown:
        raise Invalid(_("There is no system of coordinates %(code)s.", code=code), field="crs") from None
    if found is None:
        raise Invalid(_("In this system the net would lie outside the world."), field="crs")
    return found


def shapes_in(session: Session, head: Any, rows: Sequence[Any], code: str) -> NDArray[np.object_]:
    """The shapes of a net in lon/lat; Invalid where they lie elsewhere than in its area. Only corners are looked at."""
    shapes, under = turned(rows, code, head["declared"]), ground.under(session, head["area_id"])
    if ground.inside(under, shapes) <= reading.SHARE:
        west, south, east, north = shapely.total_bounds(shapes)
        middle = np.array([[(west + east) / 2, (south + north) / 2]])
        far, area = reading.distance(middle, datums.WGS, "", under), head["area"]["name"]
        raise Invalid(
            _("In this system the net lies %(km)d km from %(area)s.", km=far[2] if far else 0, area=area), field="crs"
        )
    return shapes


def _inside(
    rows: Sequence[Any], shapes: NDArray[np.object_], places: NDArray[np.float64], tell: Callable[[float], None]
) -> list[list[int]]:
    """The places inside of each shape. Invalid where a system folds one, it is too fine to ask, or they are piled."""
    given = {"shapes": shapely.to_wkb(shapes, hex=True).tolist(), "places": places.tolist()}
    found = reading.beside(json.dumps(given).encode(), "lay", at=lambda _what, number: tell((number - 1) / len(rows)))
    if "number" in found:
        first = rows[found["number"] - 1]
        name = first.name or first.code or str(first.number)
        if found["reason"] == "tangled":
            raise Invalid(_("In this system the shape “%(name)s” would cross itself.", name=name), field="crs")
        raise Invalid(why({**found, "number": first.number, "name": name}), field="net")
    if "reason" in found:
        raise Invalid(why(found), field="net")
    return list(found["inside"])
