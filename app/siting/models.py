"""Sitings: a question where stations should stand, and the best choice that is known."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKey, Integer, Text, func
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.accounts.models import User
from app.areas.models import Area
from app.db import Base


class Siting(Base):
    """What was asked, the places chosen in order, and how far from proven: `covered` and `bound` are weights.

    `data` is a text that differs when the register has changed. Counts of households are reckoned when it is looked
    at, in the scope of who looks.
    """

    __tablename__ = "sitings"
    __table_args__ = (
        CheckConstraint("covered >= 0 AND bound >= covered", name="bound_holds"),
        CheckConstraint("jsonb_typeof(question) = 'object'", name="question_object"),
        CheckConstraint("jsonb_typeof(sites) = 'array'", name="sites_array"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    made_by: Mapped[int] = mapped_column(ForeignKey(User.id), index=True)
    made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    area_id: Mapped[int] = mapped_column(ForeignKey(Area.id, ondelete="CASCADE"), index=True)
    question: Mapped[dict[str, Any]] = mapped_column(JSONB)
    data: Mapped[str] = mapped_column(Text)
    sites: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    moved: Mapped[list[int]] = mapped_column(ARRAY(Integer))  # stations that give way
    candidates: Mapped[int]
    covered: Mapped[int] = mapped_column(BigInteger)
    bound: Mapped[int] = mapped_column(BigInteger)
    job_id: Mapped[int | None]  # that proves it, or proved it
