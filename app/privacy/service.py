"""Rules of exports: one person asks, another decides, and only who asked downloads: soon, seldom, and on record."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from flask_babel import lazy_gettext as _
from sqlalchemy import RowMapping, func, select
from sqlalchemy.orm import Session

from app.accounts.audit import record
from app.accounts.identity import Identity
from app.accounts.rights import Capability
from app.areas.scope import Scope, scope_of
from app.errors import Conflict, Forbidden, Invalid, NotFound, TooLarge
from app.privacy import queries
from app.privacy.models import Export, ExportColumn, ExportFormat, ExportState
from gis.city import FlagKind

WAITING = timedelta(days=7)  # until a question that nobody decides lapses
OPEN = timedelta(hours=24)  # in which an approved export is downloaded
MOST_WAITING = 20  # questions of one person
MOST_HOUSEHOLDS = 20_000
PURPOSE = (10, 500)  # characters
LONGEST_REASON = 500  # characters
PERSONAL = frozenset({ExportColumn.NAME, ExportColumn.PHONE})


class Wanted(NamedTuple):
    """What somebody asks for: a community or a grid, which flags, which columns, whether in full, and what for."""

    community_id: int | None
    grid_id: int | None
    kinds: Sequence[FlagKind]
    columns: Sequence[ExportColumn]
    unmasked: bool
    format: ExportFormat
    purpose: str


class Listed(NamedTuple):
    """What a download holds: the export, its households, who gets them, and when."""

    export: Export
    households: Sequence[RowMapping]
    who: Identity
    at: datetime


def ask(session: Session, who: Identity, wanted: Wanted) -> int:
    """The number of the new export. NotFound outside one's reach, Invalid, Forbidden, Conflict."""
    scope = scope_of(session, who, Capability.EXPORT_HOUSEHOLDS)
    _check(who, wanted)
    place = queries.covered(session, community_id=wanted.community_id, grid_id=wanted.grid_id)
    if place is None or not _reaches(scope, place.grids):
        raise NotFound(_("There is no such place in your area."), field="grid_id" if wanted.grid_id else "community_id")
    waiting = select(func.count()).where(
        Export.requested_by == who.id, Export.state == ExportState.ASKED, Export.expires_at > func.now()
    )
    if (session.scalar(waiting) or 0) >= MOST_WAITING:
        raise Conflict(_("Twenty of your requests wait already: withdraw one first."))
    asked = Export(
        requested_by=who.id,
        community_id=place.community_id,
        grid_id=wanted.grid_id,
        kinds=[kind for kind in FlagKind if kind in wanted.kinds],
        columns=[column for column in ExportColumn if column in wanted.columns],
        unmasked=wanted.unmasked and bool(PERSONAL & set(wanted.columns)),
        format=wanted.format,
        purpose=wanted.purpose.strip(),
        expires_at=func.now() + WAITING,
    )
    session.add(asked)
    session.flush()
    # Not the purpose: it is free text, and might name somebody.
    what = {"columns": asked.columns, "flags": asked.kinds, "unmasked": asked.unmasked, "format": asked.format}
    record(session, who, "export.asked", "export", asked.id, community=asked.community_id, grid=asked.grid_id, **what)
    return asked.id


def approve(session: Session, who: Identity, export_id: int) -> None:
    """Let the person who asked download for a day. NotFound, Forbidden for one's own, Conflict where it is decided."""
    asked = _to_decide(session, who, export_id)
    asked.state, asked.expires_at = ExportState.APPROVED, func.now() + OPEN
    asked.decided_by, asked.decided_at = who.id, func.now()
    record(session, who, "export.approved", "export", export_id)


def refuse(session: Session, who: Identity, export_id: int, reason: str) -> None:
    """Refuse, in words. NotFound, Forbidden for one's own, Conflict where it is decided, Invalid without a reason."""
    asked = _to_decide(session, who, export_id)
    if not reason.strip():
        raise Invalid(_("Say why, so that the person who asked knows."), field="reason")
    if len(reason.strip()) > LONGEST_REASON:
        raise Invalid(_("A reason has at most 500 characters."), field="reason")
    asked.state, asked.reason = ExportState.REFUSED, reason.strip()
    asked.decided_by, asked.decided_at = who.id, func.now()
    record(session, who, "export.refused", "export", export_id)


def withdraw(session: Session, who: Identity, export_id: int) -> None:
    """Take one's own export back, approved or not. NotFound; Conflict where it is over anyway."""
    scope_of(session, who, Capability.EXPORT_HOUSEHOLDS)
    own = _locked(session, export_id)
    if own is None or own.requested_by != who.id:
        raise NotFound(_("There is no such export of yours."))
    if own.state not in {ExportState.ASKED, ExportState.APPROVED}:
        raise Conflict(_("This export is over already."))
    own.state = ExportState.WITHDRAWN
    record(session, who, "export.withdrawn", "export", export_id)


def download(session: Session, who: Identity, export_id: int) -> Listed:
    """The households of one's own approved export, as the register and one's reach are now; counted and audited.

    NotFound, Conflict where it is not open (any more), Forbidden where names may not be seen any more, TooLarge.
    """
    scope = scope_of(session, who, Capability.EXPORT_HOUSEHOLDS)
    own = _locked(session, export_id)
    if own is None or own.requested_by != who.id:
        raise NotFound(_("There is no such export of yours."))
    now: datetime = session.execute(select(func.now())).scalar_one()
    _check_open(who, own, now)
    grids = sorted(_grids(session, own) & (scope.grid_ids or frozenset()))
    if not grids:
        raise Conflict(_("Your posts do not reach this place any more, or its grid has ended: ask again."))
    found = queries.households(session, grids, own.kinds, most=MOST_HOUSEHOLDS + 1)
    if len(found) > MOST_HOUSEHOLDS:
        raise TooLarge(_("A list holds at most 20,000 households: ask for grids one by one."))
    own.downloads += 1
    ids = [row["id"] for row in found]
    record(session, who, "export.downloaded", "export", own.id, rows=len(ids), unmasked=own.unmasked, households=ids)
    return Listed(own, found, who, now)


def _check(who: Identity, wanted: Wanted) -> None:
    """Do nothing where the question makes sense and its asker may ask it."""
    if (wanted.community_id is None) == (wanted.grid_id is None):
        raise Invalid(_("Name a community or a grid."), field="community_id")
    if not wanted.columns:
        raise Invalid(_("Choose at least one column."), field="columns")
    shortest, longest = PURPOSE
    if not shortest <= len(wanted.purpose.strip()) <= longest:
        raise Invalid(_("Say in 10 to 500 characters what the list is for."), field="purpose")
    if wanted.unmasked and not who.may(Capability.UNMASK_HOUSEHOLDS):
        raise Forbidden(_("Your role may not see names and phones in full."))


def _check_open(who: Identity, own: Export, now: datetime) -> None:
    if own.state != ExportState.APPROVED:
        raise Conflict(_("This export is not approved."))
    if own.expires_at <= now:
        raise Conflict(_("The day for downloading this export is over: ask again."))
    if own.downloads >= queries.MOST_DOWNLOADS:
        raise Conflict(_("This export has been downloaded three times: ask again."))
    if own.unmasked and not who.may(Capability.UNMASK_HOUSEHOLDS):
        raise Forbidden(_("Your role may not see names and phones in full."))


def _to_decide(session: Session, who: Identity, export_id: int) -> Export:
    """The export, locked, where this user may decide on it now."""
    scope = scope_of(session, who, Capability.APPROVE_EXPORTS)
    asked = _locked(session, export_id)
    if asked is None or not _reaches(scope, _grids(session, asked)):
        raise NotFound(_("There is no such export in your area."))
    if asked.requested_by == who.id:
        raise Forbidden(_("Somebody else decides about what you ask for."))
    now: datetime = session.execute(select(func.now())).scalar_one()
    if asked.state != ExportState.ASKED or asked.expires_at <= now:
        raise Conflict(_("This export does not wait for a decision any more."))
    return asked


def _locked(session: Session, export_id: int) -> Export | None:
    return session.scalar(select(Export).where(Export.id == export_id).with_for_update())


def _grids(session: Session, export: Export) -> frozenset[int]:
    """The grids that an export covers."""
    place = queries.covered(session, community_id=export.community_id, grid_id=export.grid_id)
    return frozenset(place.grids if place else ())


def _reaches(scope: Scope, grids: Collection[int]) -> bool:
    return bool(grids) and scope.grid_ids is not None and scope.grid_ids.issuperset(grids)
