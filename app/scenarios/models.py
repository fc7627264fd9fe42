"""Scenarios: what would be if a station stood elsewhere or a road was closed. The register knows nothing of them."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, Integer, Text, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.accounts.models import User
from app.areas.models import Area
from app.db import Base


class Scenario(Base):
    """A named set of changes to an area; `version` rises with every change. `content` is a `schemas.Content`."""

    __tablename__ = "scenarios"
    __table_args__ = (
        CheckConstraint("length(name) BETWEEN 1 AND 100", name="name_length"),
        CheckConstraint("jsonb_typeof(content) = 'object'", name="content_object"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)  # made by the client: what was deleted comes back under it
    name: Mapped[str] = mapped_column(Text)
    area_id: Mapped[int] = mapped_column(ForeignKey(Area.id), index=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey(User.id), index=True)
    content: Mapped[dict[str, Any]] = mapped_column(JSONB)
    version: Mapped[int] = mapped_column(Integer, server_default="1")
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    changed_by: Mapped[int] = mapped_column(ForeignKey(User.id), index=True)
    changed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
