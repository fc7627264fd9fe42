"""Snapshots: the coverage of a day, kept so that a later one can be held against it."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, Integer, LargeBinary, Text, func
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base


class CoverageSnapshot(Base):
    """The answer to a question about an area: tables of counts, and seconds by building. No flag is in it."""

    __tablename__ = "coverage_snapshots"
    __table_args__ = (
        CheckConstraint("length(name) BETWEEN 1 AND 80", name="name_length"),
        CheckConstraint("length(buildings) <= 20000000", name="buildings_size"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    made_by: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id", ondelete="CASCADE"), index=True)
    communities: Mapped[list[int]] = mapped_column(ARRAY(Integer))  # whose households it counts
    question: Mapped[dict[str, Any]] = mapped_column(JSONB)
    tables: Mapped[dict[str, Any]] = mapped_column(JSONB)
    buildings: Mapped[bytes] = mapped_column(LargeBinary)  # NumPy's compressed archive of columns
