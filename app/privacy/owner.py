"""Acting as the owner of the database: what row-level security keeps from everybody who serves."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import URL, create_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from app.accounts import anchors
from app.settings import Settings


@contextmanager
def owner_session(url: URL | str, settings: Settings) -> Iterator[Session]:
    """A transaction as the owner, committed at the end; what it writes to the audit is anchored as everywhere."""
    engine = create_engine(url, poolclass=NullPool, hide_parameters=True)
    anchors.install(engine, anchors.Anchors(settings.home, settings.audit_head))
    with Session(engine) as session:
        yield session
        session.commit()
