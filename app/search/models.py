"""What can be found by name: one row for each area, grid, compound, building and station."""

from typing import Any

from sqlalchemy import ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base
from app.geo import lonlat


class SearchEntry(Base):
    """A findable thing; `haystack` holds its names, codes, address, pinyin and initials in lower case."""

    __tablename__ = "search_entries"
    __table_args__ = (
        UniqueConstraint("kind", "subject_id"),
        Index(
            "ix_search_entries_haystack",
            "haystack",
            postgresql_using="gin",
            postgresql_ops={"haystack": "gin_trgm_ops"},
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(Text)  # area, grid, compound, building, station
    subject_id: Mapped[int]
    area_id: Mapped[int] = mapped_column(ForeignKey("areas.id"), index=True)  # its community, or itself
    name: Mapped[str] = mapped_column(Text)
    name_en: Mapped[str] = mapped_column(Text, server_default="")
    code: Mapped[str] = mapped_column(Text, server_default="")
    address: Mapped[str] = mapped_column(Text, server_default="")
    pinyin: Mapped[str] = mapped_column(Text, server_default="")  # "xincheng shequ"
    initials: Mapped[str] = mapped_column(Text, server_default="")  # "xcsq"
    haystack: Mapped[str] = mapped_column(Text)
    geom: Mapped[Any] = lonlat("GEOMETRY")
