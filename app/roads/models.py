"""The road network as PostGIS keeps it: nodes, edges, and the editable speeds of each road class."""

from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, SmallInteger, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base
from app.geo import lonlat, mercator, one_of, sound
from app.naming import named, other_names
from gis.city import RoadClass
from gis.travel import MEASURED


class RoadSpeed(Base):
    """Speeds on a road class, km/h per mode; 0 where the mode does not use it."""

    __tablename__ = "road_speeds"
    __table_args__ = (
        one_of("road_class", RoadClass),
        CheckConstraint(
            "foot_kph BETWEEN 0 AND 15 AND ebike_kph BETWEEN 0 AND 45 AND car_kph BETWEEN 0 AND 130", name="speed_range"
        ),
    )

    road_class: Mapped[str] = mapped_column(Text, primary_key=True)
    foot_kph: Mapped[float]
    ebike_kph: Mapped[float]
    car_kph: Mapped[float]


class RoadFactor(Base):
    """By how much a calibration multiplies the times on a road class by one mode; no row: by 1."""

    __tablename__ = "road_factors"
    __table_args__ = (
        one_of("mode", MEASURED),
        one_of("road_class", RoadClass),
        CheckConstraint("factor BETWEEN 0.1 AND 10", name="factor_range"),
    )

    mode: Mapped[str] = mapped_column(Text, primary_key=True)
    road_class: Mapped[str] = mapped_column(Text, primary_key=True)
    factor: Mapped[float]


class RoadNode(Base):
    """A junction or an end of a road."""

    __tablename__ = "road_nodes"
    __table_args__ = (sound(),)

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(Text, unique=True)
    district_id: Mapped[int] = mapped_column(ForeignKey("areas.id"), index=True)
    geom: Mapped[Any] = lonlat("POINT")


class RoadEdge(Base):
    """A road from `tail_id` to `head_id`, drawn in this direction; `length` in metres along the line."""

    __tablename__ = "road_edges"
    __table_args__ = (
        sound(),
        named(),
        one_of("road_class", RoadClass),
        CheckConstraint("length > 0", name="length_positive"),
        CheckConstraint("maxspeed_kph > 0", name="maxspeed_positive"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(Text, unique=True)
    district_id: Mapped[int] = mapped_column(ForeignKey("areas.id"), index=True)
    tail_id: Mapped[int] = mapped_column(ForeignKey("road_nodes.id"), index=True)
    head_id: Mapped[int] = mapped_column(ForeignKey("road_nodes.id"), index=True)
    road_class: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text, server_default="")
    name_en: Mapped[str] = mapped_column(Text, server_default="")
    names: Mapped[dict[str, str]] = other_names()
    length: Mapped[float]
    foot: Mapped[bool]
    bicycle_forward: Mapped[bool]
    bicycle_backward: Mapped[bool]
    car_forward: Mapped[bool]
    car_backward: Mapped[bool]
    maxspeed_kph: Mapped[float | None]
    layer: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    bridge: Mapped[bool] = mapped_column(server_default=text("false"))
    tunnel: Mapped[bool] = mapped_column(server_default=text("false"))
    geom: Mapped[Any] = lonlat("LINESTRING")
    geom_3857: Mapped[Any] = mercator("LINESTRING")
