"""Patrol routes: closed walks of a grid."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, Date, DateTime, ForeignKey, Integer, Text, func
from sqlalchemy.orm import Mapped, mapped_column

from app.areas.models import Grid
from app.db import Base
from app.geo import lonlat, mercator, one_of, sound


class RouteSource(StrEnum):
    """How a patrol route came to be."""

    SUGGESTED = "suggested"
    DRAWN = "drawn"
    CORRECTED = "corrected"


class PatrolRoute(Base):
    """A walk of a grid; `length` in metres, `seconds` with its stops. `version` rises with every correction.

    `created_at` and `created_by` are of the line: a correction of it sets them anew. `redrawn_on` is the day on which
    its grid became another since then; none where it has become the same again.
    """

    __tablename__ = "patrol_routes"
    __table_args__ = (
        sound(),
        one_of("source", RouteSource),
        CheckConstraint("length > 0 AND seconds > 0", name="measures_positive"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str | None] = mapped_column(Text, unique=True)
    grid_id: Mapped[int] = mapped_column(ForeignKey(Grid.id), index=True)
    name: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text)
    length: Mapped[float]
    seconds: Mapped[float]
    stops: Mapped[int] = mapped_column(Integer, server_default="0")
    version: Mapped[int] = mapped_column(Integer, server_default="1")
    created_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    redrawn_on: Mapped[date | None] = mapped_column(Date)
    geom: Mapped[Any] = lonlat("LINESTRING")
    geom_3857: Mapped[Any] = mercator("LINESTRING")
