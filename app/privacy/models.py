"""Exports of personal data, and which staff is on duty where."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, Integer, SmallInteger, Text, func
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base
from app.geo import lonlat, one_of, sound


class ExportState(StrEnum):
    """What has been decided about an export; that its time is over is told by `expires_at`."""

    ASKED = "asked"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class ExportColumn(StrEnum):
    """What a list of households may tell of each."""

    GRID = "grid"
    ADDRESS = "address"
    DWELLING = "dwelling"
    SIZE = "size"
    NAME = "name"
    PHONE = "phone"
    FLAGS = "flags"


class ExportFormat(StrEnum):
    """The kinds of file."""

    XLSX = "xlsx"
    CSV = "csv"


class Export(Base):
    """A list of households that somebody asks for, of a community or of one grid in it, and what became of it.

    The list itself is never kept: it is made anew at each download.
    """

    __tablename__ = "exports"
    __table_args__ = (
        one_of("state", ExportState),
        one_of("format", ExportFormat),
        CheckConstraint("length(purpose) BETWEEN 10 AND 500", name="purpose_length"),
        CheckConstraint("decided_by <> requested_by", name="second_person"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    requested_by: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    requested_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    community_id: Mapped[int] = mapped_column(ForeignKey("areas.id"), index=True)
    grid_id: Mapped[int | None] = mapped_column(ForeignKey("grids.id"), index=True)
    kinds: Mapped[list[str]] = mapped_column(ARRAY(Text))  # of flags; none: every household
    columns: Mapped[list[str]] = mapped_column(ARRAY(Text))
    unmasked: Mapped[bool]
    format: Mapped[str] = mapped_column(Text)
    purpose: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text, server_default=ExportState.ASKED)
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    decided_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    reason: Mapped[str] = mapped_column(Text, server_default="")
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))  # of the question, then of the approval
    downloads: Mapped[int] = mapped_column(SmallInteger, server_default="0")


class Duty(Base):
    """The duty that a user does now or did last; `communities` are those they serve."""

    __tablename__ = "duties"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    communities: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    started_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class DutyPosition(Base):
    """Where somebody on duty was last; earlier places are not kept."""

    __tablename__ = "duty_positions"
    __table_args__ = (sound(),)

    user_id: Mapped[int] = mapped_column(ForeignKey("duties.user_id", ondelete="CASCADE"), primary_key=True)
    community_id: Mapped[int] = mapped_column(ForeignKey("areas.id"), index=True)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    geom: Mapped[Any] = lonlat("POINT")
