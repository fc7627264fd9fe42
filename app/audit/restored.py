"""What a restored backup means for the audit: rows that came after it are lost, and that is put on record."""

from datetime import UTC, datetime

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from app.accounts import anchors
from app.accounts.anchors import SINCE, Anchors
from app.accounts.audit import record

HASHES = text("SELECT id, hash FROM audit WHERE id = ANY(:ids)")


def tell_restored(engine: Engine, kept: Anchors) -> None:
    """Put "database.restored" on record in the database that was just restored, and let its anchors follow it.

    The old anchors are kept aside. Those of rows that the backup holds stay in force; where it holds another row than
    one of them tells of, it is of another chain, and none does.
    """
    told = kept.read()
    with Session(engine) as session, session.begin():
        head = session.execute(SINCE, {"known": 0}).one()
        hashes = {row.id: row.hash for row in session.execute(HASHES, {"ids": [anchor.id for anchor in told]})}
        within = [anchor for anchor in told if anchor.id <= head.id]
        is_other = any(hashes.get(anchor.id) != anchor.hash for anchor in within)
        newest = told[-1].id if told else 0
        aside = f"until-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
        lost = {"lost_from": head.id + 1, "lost_to": newest} if newest > head.id else {}
        record(
            session, None, "database.restored", "audit", "rows", last=head.id, other_chain=is_other, aside=aside, **lost
        )
    kept.replace([] if is_other else within, aside)
    anchors.install(engine, kept)
