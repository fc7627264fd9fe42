"""Rules of the audit: reading, exporting and verifying it are on record too; what an auditor should look at first."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _
from flask_babel.speaklater import LazyString
from sqlalchemy.orm import Session

from app.accounts.anchors import SINCE, Anchor, Anchors
from app.accounts.audit import record
from app.accounts.identity import Identity
from app.audit import queries
from app.audit.chain import Finding, Head, Kind, Report
from app.audit.queries import Filters
from app.audit.verify import verify_newest
from app.days import CHINA

NEWEST = 20_000  # rows that a page verifies: under half a second
RECENT = timedelta(days=30)
LATELY = timedelta(days=1)
MANY = 20  # a day; below it people mistype

WORDS: dict[Kind, LazyString] = {
    Kind.CHANGED: _("row %(id)s was changed"),
    Kind.REMOVED: _("rows %(id)s to %(until)s were removed"),
    Kind.INSERTED: _("a row was inserted at %(id)s"),
    Kind.UNLINKED: _("row %(id)s does not follow the one before it"),
    Kind.CUT: _("the newest rows, %(id)s to %(until)s, are gone"),
    Kind.REWRITTEN: _("the rows up to %(id)s were written anew: the hash anchored outside the database is another"),
}
OF_ONE: dict[Kind, LazyString] = {
    Kind.REMOVED: _("row %(id)s was removed"),
    Kind.CUT: _("the newest row, %(id)s, is gone"),
}

RECENTLY_ANY: dict[str, Callable[[int], str]] = {
    "unmask.blocked": lambda _times: gettext("blocked after too many looks at names and phones (30 days)"),
    "database.restored": lambda times: ngettext(
        "backup put in the place of the database (30 days)",
        "backups put in the place of the database (30 days)",
        times,
    ),
}
"""What stands behind how often it happened."""
LATELY_MANY = {
    "login.failed": _("failed log-ins (since yesterday)"),
    "second_factor.failed": _("wrong second factors (since yesterday)"),
}


@dataclass(frozen=True)
class Status:
    """How the chain stands: its head, the newest anchor and whether they agree, the last verification."""

    head: Head
    anchor: Anchor | None
    anchor_holds: bool
    verified: queries.Verified | None


class Alarm(NamedTuple):
    """Something that an auditor should look at, how often it happened, and the filters that show it if any do."""

    text: LazyString | str
    times: int
    filters: Filters | None


def describe(finding: Finding) -> str:
    """The finding in words."""
    alone = finding.id == finding.until and finding.kind in OF_ONE
    return str((OF_ONE if alone else WORDS)[finding.kind]) % {"id": f"{finding.id:,}", "until": f"{finding.until:,}"}


def note_reading(session: Session, who: Identity | None, filters: Filters, act: str = "audit.read") -> None:
    """Put on record that somebody reads, or exports, these rows."""
    record(session, who, act, "audit", "rows", **({"filters": filters.given} if filters.given else {}))


def note_verification(session: Session, who: Identity | None, report: Report) -> None:
    """Put the outcome of a verification on record: "audit.verified", or "audit.bent" with the first bad row."""
    span = {"first": report.first, "last": report.last, "rows": report.rows}
    if report.sound:
        record(session, who, "audit.verified", "audit", "rows", **span)
    else:
        bad = report.findings[0]
        record(session, who, "audit.bent", "audit", "rows", **span, bad=bad.id, kind=bad.kind, found=report.found)


def verify_and_note(session: Session, who: Identity, anchors: Anchors) -> Report:
    """The verification of the newest rows, on record."""
    report = verify_newest(session, anchors.read(), NEWEST)
    note_verification(session, who, report)
    return report


def status(session: Session, anchors: Anchors) -> Status:
    """How the chain stands now."""
    anchor = anchors.newest()  # before the head, which may only be newer then
    known = session.execute(SINCE, {"known": anchor.id if anchor else 0}).one()
    holds = anchor is None or known.known_hash == anchor.hash
    return Status(Head(known.id, known.hash), anchor, holds, queries.last_verified(session))


def alarms(session: Session, now: Status) -> list[Alarm]:
    """What needs an auditor's attention, the worst first."""
    day, month = datetime.now(UTC) - LATELY, datetime.now(UTC) - RECENT
    lately = queries.counts(session, tuple(LATELY_MANY), day)
    recently = queries.counts(session, tuple(RECENTLY_ANY), month)
    bent = now.verified is not None and not now.verified.sound
    found = [
        Alarm(_("The audit is not what was anchored outside the database."), int(not now.anchor_holds), None),
        Alarm(_("The last verification found the audit bent."), int(bent), Filters(act="audit.bent")),
    ]
    for act, text in RECENTLY_ANY.items():
        times = recently.get(act, 0)
        found.append(Alarm(text(times), times, Filters(act=act, since=month.astimezone(CHINA).date())))
    for act, text in LATELY_MANY.items():
        count = lately.get(act, 0)
        found.append(Alarm(text, count if count >= MANY else 0, Filters(act=act, since=day.astimezone(CHINA).date())))
    apart = Filters(act="post.granted", since=month.astimezone(CHINA).date())
    posts = queries.posts_apart(session, month)
    told = ngettext(
        "post granted as administrator, security officer, auditor or API client (30 days)",
        "posts granted as administrator, security officer, auditor or API client (30 days)",
        posts,
    )
    found.append(Alarm(told, posts, apart))
    return [alarm for alarm in found if alarm.times]
