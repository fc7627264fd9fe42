"""Plans of grids: drafts with every edit, where they stand on the way to being in force, and what they came from."""

import uuid
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.accounts.models import User
from app.areas.models import Area, Grid
from app.db import Base
from app.geo import lonlat, one_of, sound


class PlanState(StrEnum):
    """Where a plan stands: draft → submitted → approved → in force; back to draft, or withdrawn before its date."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    IN_FORCE = "in_force"  # it has come into force; later plans may have changed its grids since
    WITHDRAWN = "withdrawn"


ON_THE_WAY = frozenset({PlanState.DRAFT, PlanState.SUBMITTED, PlanState.APPROVED})
"""The states of plans that may come into force: what happens to blocks happens in them too."""


class BlockAct(StrEnum):
    """What happened to a block that is no more."""

    SPLIT = "split"
    MERGE = "merge"


class GridPlan(Base):
    """A plan for an area: `blocks` says for each block of it (ID as text) in which grid it is, -1 for none.

    `grids` holds each grid by its number (as text): today's under their ID, new ones under numbers from
    `service.FIRST_NEW` up; a value is a `schemas.PlannedGrid`. `version` rises with every edit.
    """

    __tablename__ = "grid_plans"
    __table_args__ = (
        one_of("state", PlanState),
        CheckConstraint("length(name) BETWEEN 1 AND 100", name="name_length"),
        CheckConstraint("jsonb_typeof(blocks) = 'object' AND jsonb_typeof(grids) = 'object'", name="content_objects"),
        CheckConstraint("jsonb_typeof(levels) = 'object'", name="levels_object"),
        CheckConstraint("approved_by <> submitted_by", name="two_people"),
        CheckConstraint(
            "state NOT IN ('approved', 'in_force') OR (approved_by IS NOT NULL AND valid_from IS NOT NULL)",
            name="approved_with_a_date",
        ),
        Index("ix_grid_plans_due", "valid_from", postgresql_where=text("state = 'approved'")),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)  # made by the client
    name: Mapped[str] = mapped_column(Text)
    area_id: Mapped[int] = mapped_column(ForeignKey(Area.id), index=True)
    state: Mapped[str] = mapped_column(Text, server_default="draft")
    version: Mapped[int] = mapped_column(Integer, server_default="1")
    blocks: Mapped[dict[str, int]] = mapped_column(JSONB)
    grids: Mapped[dict[str, Any]] = mapped_column(JSONB)
    levels: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    """{"middle": n, "upper": n, "grids": {number: [upper, middle within it]}} as they were asked for and formed."""
    parent_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("grid_plans.id"), index=True)
    """The plan that it was copied from, or that it undoes."""
    note: Mapped[str] = mapped_column(Text, server_default="")
    """Why it was sent back, or withdrawn."""
    owner_id: Mapped[int] = mapped_column(ForeignKey(User.id), index=True)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    changed_by: Mapped[int] = mapped_column(ForeignKey(User.id), index=True)
    changed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    submitted_by: Mapped[int | None] = mapped_column(ForeignKey(User.id), index=True)
    submitted_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    approved_by: Mapped[int | None] = mapped_column(ForeignKey(User.id), index=True)
    approved_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    valid_from: Mapped[date | None] = mapped_column(Date)
    enacted_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class GridPlanEdit(Base):
    """An edit of a plan: what it changed, so that whoever had an older version sees what the others did.

    `changes` is {"blocks": {id: [before, after]}, "grids": {number: [before or null, after or null]}}.
    """

    __tablename__ = "grid_plan_edits"
    __table_args__ = (UniqueConstraint("plan_id", "version"),)

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    plan_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(GridPlan.id, ondelete="CASCADE"))
    version: Mapped[int] = mapped_column(Integer)  # that it made
    made_by: Mapped[int] = mapped_column(ForeignKey(User.id), index=True)
    made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    changes: Mapped[dict[str, Any]] = mapped_column(JSONB)


class GridParent(Base):
    """Lineage: a grid took households over from one that ended on the day on which it began."""

    __tablename__ = "grid_parents"

    child_id: Mapped[int] = mapped_column(ForeignKey(Grid.id), primary_key=True)
    parent_id: Mapped[int] = mapped_column(ForeignKey(Grid.id), primary_key=True, index=True)
    households: Mapped[int] = mapped_column(Integer)
    plan_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(GridPlan.id), index=True)


class FormerBlock(Base):
    """A block that was split or merged, as it was; `id` is never used again."""

    __tablename__ = "former_blocks"
    __table_args__ = (sound(), one_of("act", BlockAct))

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    key: Mapped[str] = mapped_column(Text)
    community_id: Mapped[int] = mapped_column(ForeignKey(Area.id), index=True)
    act: Mapped[str] = mapped_column(Text)
    ended_by: Mapped[int] = mapped_column(ForeignKey(User.id), index=True)
    ended_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    geom: Mapped[Any] = lonlat("POLYGON")


class BlockParent(Base):
    """Lineage: a block was made of (a part of) another; either may be former itself, so neither is a foreign key."""

    __tablename__ = "block_parents"

    child_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    parent_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, index=True)
