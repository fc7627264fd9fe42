"""The register: building, entrance, dwelling, household, flag, and how many households a floor has."""

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
    SmallInteger,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base
from app.geo import lonlat, mercator, one_of, sound
from app.naming import named, other_names
from app.sealing import SEALED, only_sealed
from gis.city import BuildingKind, FlagKind


class Building(Base):
    """A building in one block; `height` in metres, `floors_assumed` where no source states them."""

    __tablename__ = "buildings"
    __table_args__ = (
        sound(),
        named(),
        one_of("kind", BuildingKind),
        CheckConstraint("floors BETWEEN 1 AND 200", name="floors_range"),
        CheckConstraint("height > 0 AND height < 1000", name="height_range"),
        CheckConstraint("stairs_seconds > 0 AND stairs_seconds <= 300", name="stairs_seconds_range"),
        CheckConstraint("lift_wait_seconds >= 0 AND lift_wait_seconds <= 1800", name="lift_wait_seconds_range"),
        CheckConstraint("lift_seconds > 0 AND lift_seconds <= 120", name="lift_seconds_range"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(Text, unique=True)
    block_id: Mapped[int] = mapped_column(ForeignKey("blocks.id"), index=True)
    compound_id: Mapped[int | None] = mapped_column(ForeignKey("compounds.id"), index=True)
    kind: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text, server_default="")
    name_en: Mapped[str] = mapped_column(Text, server_default="")
    names: Mapped[dict[str, str]] = other_names()
    address: Mapped[str] = mapped_column(Text, server_default="")
    floors: Mapped[int] = mapped_column(SmallInteger)
    floors_assumed: Mapped[bool] = mapped_column(server_default=text("false"))
    height: Mapped[float]
    has_lift: Mapped[bool] = mapped_column(server_default=text("false"))
    stairs_seconds: Mapped[float | None]  # a floor; None in all three: the defaults of `gis.travel`
    lift_wait_seconds: Mapped[float | None]
    lift_seconds: Mapped[float | None]  # a floor
    geom: Mapped[Any] = lonlat("MULTIPOLYGON")
    geom_3857: Mapped[Any] = mercator("MULTIPOLYGON")


class Entrance(Base):
    """An entrance (单元) as a point on its building's footprint."""

    __tablename__ = "entrances"
    __table_args__ = (sound(), UniqueConstraint("building_id", "label"))

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(Text, unique=True)
    building_id: Mapped[int] = mapped_column(ForeignKey("buildings.id"))
    label: Mapped[str] = mapped_column(Text)
    geom: Mapped[Any] = lonlat("POINT")
    geom_3857: Mapped[Any] = mercator("POINT")


class Dwelling(Base):
    """A dwelling (户): the place."""

    __tablename__ = "dwellings"
    __table_args__ = (UniqueConstraint("entrance_id", "floor", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(Text, unique=True)
    entrance_id: Mapped[int] = mapped_column(ForeignKey("entrances.id"))
    floor: Mapped[int] = mapped_column(SmallInteger)
    number: Mapped[str] = mapped_column(Text)


class Household(Base):
    """The people in a dwelling. `contact_name` and `contact_phone` are personal data and stand in no other table.

    The phone is sealed; `contact_phone_tail` is the keyed hash of its last four digits (`register/phones.py`). Nothing
    needs the number of an identity card, so no column holds one; one that must would be `info=SEALED` too.
    `block_id` follows buildings by triggers: row-level security asks for the grid of it. A grid that is redrawn writes
    no household.
    """

    __tablename__ = "households"
    __table_args__ = (
        CheckConstraint("size BETWEEN 0 AND 50", name="size_range"),
        only_sealed("contact_phone", found_by="contact_phone_tail"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    dwelling_id: Mapped[int] = mapped_column(ForeignKey("dwellings.id"), unique=True)
    block_id: Mapped[int] = mapped_column(ForeignKey("blocks.id"), index=True)
    size: Mapped[int] = mapped_column(SmallInteger)  # 0 where the dwelling is vacant
    contact_name: Mapped[str] = mapped_column(Text, server_default="")
    contact_phone: Mapped[str] = mapped_column(Text, server_default="", info=SEALED)
    contact_phone_tail: Mapped[str] = mapped_column(Text, server_default="", index=True)


class HouseholdCount(Base):
    """How many households a floor behind an entrance has: not personal, and kept true by triggers."""

    __tablename__ = "household_counts"

    entrance_id: Mapped[int] = mapped_column(ForeignKey("entrances.id"), primary_key=True)
    floor: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    households: Mapped[int]


class Flag(Base):
    """A flag of a household from the closed list; set until it is cleared or expires.

    Triggers set `block_id` and `building_id`: row-level security and tiles ask for them.
    """

    __tablename__ = "flags"
    __table_args__ = (
        one_of("kind", FlagKind),
        Index("uq_flags_set", "household_id", "kind", unique=True, postgresql_where=text("cleared_at IS NULL")),
        Index("ix_flags_household_id", "household_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    household_id: Mapped[int] = mapped_column(ForeignKey("households.id"))
    block_id: Mapped[int] = mapped_column(ForeignKey("blocks.id"), index=True)
    building_id: Mapped[int] = mapped_column(ForeignKey("buildings.id"), index=True)
    kind: Mapped[str] = mapped_column(Text)
    note: Mapped[str] = mapped_column(Text, server_default="")
    expires_on: Mapped[date | None] = mapped_column(Date)
    set_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    set_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    cleared_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    cleared_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class Act(StrEnum):
    """An act that shows personal data and is counted for each user."""

    UNMASK = "unmask"
    FIND = "find"


class Unmasking(Base):
    """An act of the last hour, or (`blocked`) that the user was told that there were too many."""

    __tablename__ = "unmaskings"
    __table_args__ = (one_of("act", Act), Index("ix_unmaskings_user_id_act_at", "user_id", "act", "at"))

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    act: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    blocked: Mapped[bool] = mapped_column(server_default=text("false"))
