"""Incidents: what happened where, and the photo that came with it."""

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, LargeBinary, Text, func, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base
from app.geo import lonlat, mercator, one_of, sound


class IncidentState(StrEnum):
    """The states of an incident, in order."""

    REPORTED = "reported"
    ACCEPTED = "accepted"
    FILED = "filed"
    DISPATCHED = "dispatched"
    HANDLED = "handled"
    VERIFIED = "verified"
    CLOSED = "closed"


class IncidentCategory(StrEnum):
    """What an incident is about."""

    FIRE = "fire"
    MEDICAL = "medical"
    GAS_LEAK = "gas_leak"
    FLOODING = "flooding"
    POWER_OR_WATER = "power_or_water"
    PUBLIC_FACILITY = "public_facility"
    ENVIRONMENT = "environment"
    DISPUTE = "dispute"
    HELP_NEEDED = "help_needed"
    OTHER = "other"


class Incident(Base):
    """An incident at a place; the server finds its community, grid (the then-grid), building, address and worker."""

    __tablename__ = "incidents"
    __table_args__ = (
        sound(),
        one_of("category", IncidentCategory),
        one_of("state", IncidentState),
        CheckConstraint("length(description) <= 2000", name="description_length"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)  # made by the client: sending twice reports once
    category: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text, server_default=IncidentState.REPORTED)
    description: Mapped[str] = mapped_column(Text, server_default="")
    is_exercise: Mapped[bool] = mapped_column(server_default=text("false"))
    community_id: Mapped[int] = mapped_column(ForeignKey("areas.id"), index=True)
    grid_id: Mapped[int] = mapped_column(ForeignKey("grids.id"), index=True)
    building_id: Mapped[int | None] = mapped_column(ForeignKey("buildings.id"), index=True)
    address: Mapped[str] = mapped_column(Text, server_default="")
    responsible_post_id: Mapped[int | None] = mapped_column(ForeignKey("posts.id"))
    reported_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)  # None: anonymised
    reported_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now(), index=True)
    anonymised_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    geom: Mapped[Any] = lonlat("POINT")
    geom_3857: Mapped[Any] = mercator("POINT")


class IncidentPhoto(Base):
    """The photo of an incident, re-encoded by the server so that it carries no EXIF."""

    __tablename__ = "incident_photos"

    incident_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("incidents.id"), primary_key=True)
    media_type: Mapped[str] = mapped_column(Text)
    content: Mapped[bytes] = mapped_column(LargeBinary)
    width: Mapped[int]
    height: Mapped[int]
    added_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
