"""Work in the background: who asked for what, how far it is, and what came of it."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, DateTime, Float, ForeignKey, Index, SmallInteger, Text, func, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base
from app.geo import one_of


class JobState(StrEnum):
    """Where a job is; the last three are final."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Job(Base):
    """A question that takes longer than a request. `asked_by` None: a command of the machine's owner asked.

    With `parent_id` it is a part of a batch. `attempts` tells the worker that has it now from one that had it before.
    """

    __tablename__ = "jobs"
    __table_args__ = (
        one_of("state", JobState),
        CheckConstraint("progress BETWEEN 0 AND 1", name="progress_is_a_share"),
        Index("ix_jobs_open", "id", postgresql_where=text("state IN ('waiting', 'running')")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(Text)
    question: Mapped[dict[str, Any]] = mapped_column(JSONB)
    asked_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    rights: Mapped[str] = mapped_column(Text)  # a print of the posts that it was asked under
    scopes: Mapped[list[str] | None] = mapped_column(ARRAY(Text))  # of the token that asked; None: all of the user's
    area_id: Mapped[int | None] = mapped_column(ForeignKey("areas.id", ondelete="CASCADE"), index=True)
    state: Mapped[str] = mapped_column(Text, server_default=JobState.WAITING)
    progress: Mapped[float] = mapped_column(Float, server_default="0")  # 0–1
    note: Mapped[str] = mapped_column(Text, server_default="")  # what is being done, in the user's language
    result: Mapped[Any | None] = mapped_column(JSONB)  # it may grow while the job runs
    revision: Mapped[int] = mapped_column(server_default="0")  # raised by each result
    error: Mapped[str] = mapped_column(Text, server_default="")  # why it failed, in the user's language
    attempts: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    queue_id: Mapped[int | None] = mapped_column(BigInteger)  # in procrastinate's queue; None: the parts are there
    asked_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    started_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    seen_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))  # when a worker last had it in hand
    finished_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
