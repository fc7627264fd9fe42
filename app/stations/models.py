"""Stations: where help, staff and supplies are found."""

from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base
from app.geo import lonlat, mercator, one_of, sound
from app.naming import named, other_names
from gis.city import StationKind


class Station(Base):
    """A station of one kind; `open_hours` in OpenStreetMap's opening_hours form, "" where unknown."""

    __tablename__ = "stations"
    __table_args__ = (
        sound(),
        named(),
        one_of("kind", StationKind),
        CheckConstraint("capacity >= 0", name="capacity_range"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(Text, unique=True)
    community_id: Mapped[int] = mapped_column(ForeignKey("areas.id"), index=True)
    kind: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    name_en: Mapped[str] = mapped_column(Text, server_default="")
    names: Mapped[dict[str, str]] = other_names()
    address: Mapped[str] = mapped_column(Text, server_default="")
    phone: Mapped[str] = mapped_column(Text, server_default="")
    open_hours: Mapped[str] = mapped_column(Text, server_default="")
    capacity: Mapped[int | None]
    geom: Mapped[Any] = lonlat("POINT")
    geom_3857: Mapped[Any] = mercator("POINT")
