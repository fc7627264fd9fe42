"""Verifying the audit: its rows in order, in bounded memory, compared with what is kept outside the database."""

from collections.abc import Iterator, Sequence

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts.anchors import SINCE, Anchor
from app.audit.chain import Head, Link, Report, check

BATCH = 5000  # rows in memory
ROWS = """
    SELECT id, CASE WHEN isfinite(at) THEN (extract(epoch FROM at) * 1000000)::bigint END AS at, user_id, act,
           subject_type, subject_id, detail::text AS detail, previous_hash, hash
    FROM audit
"""
ALL = text(f"{ROWS} ORDER BY id")
SOME = text(f"{ROWS} WHERE id > :after AND id <= :until ORDER BY id")
HASH = text("SELECT hash FROM audit WHERE id = :id")


def head_of(session: Session) -> Head:
    """The head of the chain."""
    row = session.execute(SINCE, {"known": 0}).one()
    return Head(row.id, row.hash)


def verify(session: Session, anchors: Sequence[Anchor]) -> Report:
    """What is wrong in the whole audit.

    `anchors` were read before the session's transaction began, which is REPEATABLE READ and may read the audit.
    """
    head = head_of(session)
    return check(_links(session, ALL), anchors, head)


def verify_newest(session: Session, anchors: Sequence[Anchor], newest: int) -> Report:
    """What is wrong in the newest rows of the audit, at most `newest`; rows that come meanwhile are left out."""
    head = head_of(session)
    after = max(0, head.id - newest)
    before = Head(after, session.scalar(HASH, {"id": after}) or "")
    return check(_links(session, SOME, after=after, until=head.id), anchors, head, before)


def _links(session: Session, statement: object, **bound: int) -> Iterator[Link]:
    for row in session.execute(statement, bound, execution_options={"yield_per": BATCH}):  # type: ignore[call-overload]
        yield Link._make(row)
