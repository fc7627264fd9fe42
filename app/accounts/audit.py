"""The audit: who did or saw what, written in the transaction of the act."""

from typing import Any

from sqlalchemy.orm import Session

from app.accounts.identity import Identity
from app.accounts.models import AuditRow


def record(
    session: Session, identity: Identity | None, act: str, subject_type: str, subject_id: object, **detail: Any
) -> None:
    """Add one row: `act` as "flag.set", `detail` without any name or phone; `identity` None for nobody or a command."""
    session.add(
        AuditRow(
            user_id=identity.id if identity else None,
            act=act,
            subject_type=subject_type,
            subject_id=str(subject_id),
            detail=detail,
        )
    )
