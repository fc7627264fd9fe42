"""Nets of grids that other departments drew, as their files have them and where they lie."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, Integer, LargeBinary, Text, UniqueConstraint, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.accounts.models import User
from app.areas.models import Area
from app.db import Base
from app.geo import one_of


class NetState(StrEnum):
    """How far a net is: its file is read, then somebody says in which coordinates it is."""

    READING = "reading"
    READ = "read"
    TAKEN = "taken"


class LegacyNet(Base):
    """A net for an area. `content` is its file until that is read, `report` what was found, `crs` what was chosen.

    Once it is taken, the report tells too what it was `laid` over (`on`: the key of the ground), and which places lie
    `inside` of each grid.
    """

    __tablename__ = "legacy_nets"
    __table_args__ = (
        one_of("state", NetState),
        CheckConstraint("length(name) BETWEEN 1 AND 100", name="name_length"),
        CheckConstraint("(content IS NULL) = (state <> 'reading')", name="content_until_read"),
        CheckConstraint("(crs IS NULL) = (state <> 'taken')", name="taken_by_a_system"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    area_id: Mapped[int] = mapped_column(ForeignKey(Area.id, ondelete="CASCADE"), index=True)
    state: Mapped[str] = mapped_column(Text, server_default="reading")
    content: Mapped[bytes | None] = mapped_column(LargeBinary)
    declared: Mapped[str] = mapped_column(Text, server_default="")  # WKT or code: what the file says
    report: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}")
    crs: Mapped[str | None] = mapped_column(Text)
    job_id: Mapped[int | None]  # that reads the file
    made_by: Mapped[int] = mapped_column(ForeignKey(User.id), index=True)
    made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class LegacyGrid(Base):
    """A grid of a net: `shape` is WKB in the file's own coordinates."""

    __tablename__ = "legacy_grids"
    __table_args__ = (UniqueConstraint("net_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    net_id: Mapped[int] = mapped_column(ForeignKey(LegacyNet.id, ondelete="CASCADE"))
    number: Mapped[int] = mapped_column(Integer)  # in the file
    name: Mapped[str] = mapped_column(Text, server_default="")
    code: Mapped[str] = mapped_column(Text, server_default="")
    shape: Mapped[bytes] = mapped_column(LargeBinary)
