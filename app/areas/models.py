"""The area tree and what it is cut into: areas, compounds, blocks, grids, and the posts of a grid."""

from datetime import date
from typing import Any

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, Integer, SmallInteger, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base
from app.geo import lonlat, mercator, one_of, sound
from app.naming import named, other_names
from gis.city import AreaLevel, GridKind, PostRole


class Area(Base):
    """A district, subdistrict, community or sub-area. `key` is stable over imports of the same source."""

    __tablename__ = "areas"
    __table_args__ = (sound(), named(), one_of("level", AreaLevel))

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(Text, unique=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("areas.id"), index=True)
    level: Mapped[str] = mapped_column(Text)
    code: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text)
    name_en: Mapped[str] = mapped_column(Text, server_default="")
    names: Mapped[dict[str, str]] = other_names()
    geom: Mapped[Any] = lonlat("MULTIPOLYGON")
    geom_3857: Mapped[Any] = mercator("MULTIPOLYGON")


class Compound(Base):
    """A residential estate (小区) with its manager."""

    __tablename__ = "compounds"
    __table_args__ = (
        sound(),
        named(),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(Text, unique=True)
    community_id: Mapped[int] = mapped_column(ForeignKey("areas.id"), index=True)
    name: Mapped[str] = mapped_column(Text)
    name_en: Mapped[str] = mapped_column(Text, server_default="")
    names: Mapped[dict[str, str]] = other_names()
    manager: Mapped[str] = mapped_column(Text, server_default="")
    has_committee: Mapped[bool] = mapped_column(server_default=text("false"))
    geom: Mapped[Any] = lonlat("MULTIPOLYGON")
    geom_3857: Mapped[Any] = mercator("MULTIPOLYGON")


class Grid(Base):
    """A grid as it is in force from `valid_from` until (not on) `valid_to`; its boundary is the union of its blocks."""

    __tablename__ = "grids"
    __table_args__ = (
        sound(),
        one_of("kind", GridKind),
        CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name="valid_period"),
        UniqueConstraint("code", "valid_from"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(Text, unique=True)
    community_id: Mapped[int] = mapped_column(ForeignKey("areas.id"), index=True)
    kind: Mapped[str] = mapped_column(Text)
    level: Mapped[int] = mapped_column(SmallInteger, server_default="1")
    code: Mapped[str] = mapped_column(Text)
    code_scheme: Mapped[str] = mapped_column(Text, server_default="area12+3")
    name: Mapped[str] = mapped_column(Text)
    name_en: Mapped[str] = mapped_column(Text, server_default="")
    tint: Mapped[int] = mapped_column(SmallInteger, server_default="0")  # 0–5, neighbours differ
    valid_from: Mapped[date] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date)
    geom: Mapped[Any] = lonlat("MULTIPOLYGON")
    geom_3857: Mapped[Any] = mercator("MULTIPOLYGON")


class Block(Base):
    """划分单元: the face between roads, walls and water; it belongs to one grid."""

    __tablename__ = "blocks"
    __table_args__ = (sound(),)

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(Text, unique=True)
    community_id: Mapped[int] = mapped_column(ForeignKey("areas.id"), index=True)
    compound_id: Mapped[int | None] = mapped_column(ForeignKey("compounds.id"), index=True)
    grid_id: Mapped[int] = mapped_column(ForeignKey("grids.id"), index=True)
    geom: Mapped[Any] = lonlat("POLYGON")
    geom_3857: Mapped[Any] = mercator("POLYGON")


class Post(Base):
    """One of the 1+1+1+2 posts of a grid; vacant where it has no holder. `user_id` where the holder has a log-in."""

    __tablename__ = "posts"
    __table_args__ = (
        one_of("role", PostRole),
        UniqueConstraint("grid_id", "role", "ordinal"),
        Index("ix_posts_vacant", "grid_id", postgresql_where=text("holder IS NULL")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    grid_id: Mapped[int] = mapped_column(ForeignKey("grids.id"))
    role: Mapped[str] = mapped_column(Text)
    ordinal: Mapped[int] = mapped_column(SmallInteger, server_default="1")
    holder: Mapped[str | None] = mapped_column(Text)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)


class Water(Base):
    """A river, lake or canal as a surface."""

    __tablename__ = "waters"
    __table_args__ = (
        sound(),
        named(),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(Text, unique=True)
    district_id: Mapped[int] = mapped_column(ForeignKey("areas.id"), index=True)
    kind: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text, server_default="")
    name_en: Mapped[str] = mapped_column(Text, server_default="")
    names: Mapped[dict[str, str]] = other_names()
    geom: Mapped[Any] = lonlat("MULTIPOLYGON")
    geom_3857: Mapped[Any] = mercator("MULTIPOLYGON")


class Green(Base):
    """A park, wood or lawn."""

    __tablename__ = "greens"
    __table_args__ = (
        sound(),
        named(),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(Text, unique=True)
    district_id: Mapped[int] = mapped_column(ForeignKey("areas.id"), index=True)
    kind: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text, server_default="")
    name_en: Mapped[str] = mapped_column(Text, server_default="")
    names: Mapped[dict[str, str]] = other_names()
    geom: Mapped[Any] = lonlat("MULTIPOLYGON")
    geom_3857: Mapped[Any] = mercator("MULTIPOLYGON")


class Railway(Base):
    """A railway line."""

    __tablename__ = "railways"
    __table_args__ = (
        sound(),
        named(),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(Text, unique=True)
    district_id: Mapped[int] = mapped_column(ForeignKey("areas.id"), index=True)
    name: Mapped[str] = mapped_column(Text, server_default="")
    name_en: Mapped[str] = mapped_column(Text, server_default="")
    names: Mapped[dict[str, str]] = other_names()
    bridge: Mapped[bool] = mapped_column(server_default=text("false"))
    tunnel: Mapped[bool] = mapped_column(server_default=text("false"))
    geom: Mapped[Any] = lonlat("LINESTRING")
    geom_3857: Mapped[Any] = mercator("LINESTRING")


class DataVersion(Base):
    """How often a dataset has changed; triggers raise it in the transaction of the change and notify `wangge`."""

    __tablename__ = "data_versions"

    dataset: Mapped[str] = mapped_column(Text, primary_key=True)
    version: Mapped[int] = mapped_column(Integer, server_default="0")
