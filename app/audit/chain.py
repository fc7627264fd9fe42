"""The chain of the audit: what a row's hash is made of, and what a run of rows says about whether it was bent."""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from typing import NamedTuple

from app.accounts.anchors import Anchor

MOST = 50  # findings that a report holds; it counts all
_encode = json.JSONEncoder(ensure_ascii=False).encode


class Kind(StrEnum):
    """What can be wrong at a row."""

    CHANGED = "changed"  # the row is not what its hash was made of
    REMOVED = "removed"  # the row is missing between its neighbours
    INSERTED = "inserted"  # the row has a number that another one has, or that was never given
    UNLINKED = "unlinked"  # the row does not hold the hash of the one before it
    CUT = "cut"  # the chain once went on to this row
    REWRITTEN = "rewritten"  # the row fits the chain, but not what was anchored outside the database


class Link(NamedTuple):
    """A row as the chain sees it: `at` in µs since 1970 (UTC), `detail` as the text that PostgreSQL writes."""

    id: int | None
    at: int | None
    user_id: int | None
    act: str | None
    subject_type: str | None
    subject_id: str | None
    detail: str | None
    previous_hash: str | None
    hash: str | None


class Finding(NamedTuple):
    """That something is wrong at the row `id`; `until` is the last row of a run of them."""

    id: int
    kind: Kind
    until: int


class Head(NamedTuple):
    """A row's number and hash; (0, "") stands before the first."""

    id: int = 0
    hash: str = ""


@dataclass
class Report:
    """What a check found in the rows after `first` - 1 up to `last`; `anchored` is the newest row told outside."""

    first: int = 1
    last: int = 0
    rows: int = 0
    anchors: int = 0
    anchored: int = 0
    findings: list[Finding] = field(default_factory=list)
    found: int = 0

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.found

    @property
    def bare(self) -> int:
        """How many of the newest rows no anchor covers yet."""
        return max(0, self.last - self.anchored)

    def tell(self, row: int, kind: Kind, until: int | None = None) -> None:
        """Keep a finding; the first MOST of them in full."""
        self.found += 1
        if len(self.findings) < MOST:
            self.findings.append(Finding(row, kind, row if until is None else until))


def digest(link: Sequence[object]) -> str:
    """The hash of a row, as the database's `audit_hash` makes it: SHA-256 of all but the hash as a JSON array."""
    return sha256(_encode(list(link[:8])).encode()).hexdigest()


def check(rows: Iterable[Link], anchors: Iterable[Anchor], head: Head, before: Head = Head()) -> Report:  # noqa: B008 (a constant)
    """What is wrong in `rows`, which follow `before` by number up to `head`, with `anchors` as witnesses."""
    told = _told(anchors, before)
    report = Report(first=before.id + 1, last=before.id, anchors=len(told), anchored=max(told, default=0))
    last_hash: str | None = before.hash
    for row in rows:
        report.rows += 1
        if row.id is None or row.id <= report.last:
            report.tell(row.id if row.id is not None else report.last, Kind.INSERTED)
            continue
        if row.id > report.last + 1:
            report.tell(report.last + 1, Kind.REMOVED, row.id - 1)
        elif row.previous_hash != last_hash:
            report.tell(row.id, Kind.UNLINKED)
        if digest(row) != row.hash:
            report.tell(row.id, Kind.CHANGED)
        if row.id in told and told[row.id] != {row.hash}:
            report.tell(row.id, Kind.REWRITTEN)
        report.last, last_hash = row.id, row.hash
    _check_end(report, last_hash, head)
    return report


def _check_end(report: Report, last_hash: str | None, head: Head) -> None:
    """Whether the chain ends where its head, and the newest anchor, say."""
    wanted = max(head.id, report.anchored)
    if report.last < wanted:
        report.tell(report.last + 1, Kind.CUT, wanted)
    elif report.last > head.id:
        report.tell(head.id + 1, Kind.INSERTED, report.last)
    elif last_hash != head.hash:
        report.tell(report.last, Kind.UNLINKED)


def _told(anchors: Iterable[Anchor], before: Head) -> dict[int, set[str]]:
    """The hashes that the anchors tell of each row after `before`."""
    told: dict[int, set[str]] = defaultdict(set)
    for anchor in anchors:
        if anchor.id > before.id:
            told[anchor.id].add(anchor.hash)
    return dict(told)
