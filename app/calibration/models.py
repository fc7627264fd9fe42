"""Calibrations: what measured runs said about the table of speeds, proposed, in force or taken back."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, Text, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.accounts.models import User
from app.db import Base


class Calibration(Base):
    """One file of runs and what it said; `result` is keyed by mode. The runs themselves are not kept.

    It is proposed until it is applied; the last one applied and not undone is in force for each of its modes.
    """

    __tablename__ = "calibrations"
    __table_args__ = (
        CheckConstraint("length(source) BETWEEN 1 AND 100", name="source_length"),
        CheckConstraint("jsonb_typeof(result) = 'object'", name="result_object"),
        CheckConstraint("undone_at IS NULL OR applied_at IS NOT NULL", name="undone_after_applied"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(Text)  # the file's name
    digest: Mapped[str] = mapped_column(Text)  # its SHA-256
    result: Mapped[dict[str, Any]] = mapped_column(JSONB)
    made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    made_by: Mapped[int] = mapped_column(ForeignKey(User.id), index=True)
    applied_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    undone_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
