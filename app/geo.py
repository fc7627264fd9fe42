"""Geometry at the border: the one place that names an SRID, and what a sound stored geometry is.

The HTTP side of geometry stands in `app.features`: the query schemas `Place` (lon, lat) and `Page` (bbox, limit,
after), and the answers `geojson`, `feature_page`, `feature_collection` and `not_modified`.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Any

from geoalchemy2 import Geometry
from sqlalchemy import CheckConstraint, Computed
from sqlalchemy.orm import MappedColumn, mapped_column

LONLAT = 4326
WEB_MERCATOR = 3857
MAX_VERTICES = 50_000  # of one stored geometry


def lonlat(kind: str) -> MappedColumn[Any]:
    """A column `geom` of lon/lat geometries of one kind ("POINT", "MULTIPOLYGON" …), spatially indexed."""
    return mapped_column(Geometry(kind, srid=LONLAT, spatial_index=True), nullable=False)


def mercator(kind: str) -> MappedColumn[Any]:
    """A column `geom_3857` that PostgreSQL keeps equal to `geom`, for tiles."""
    return mapped_column(
        Geometry(kind, srid=WEB_MERCATOR, spatial_index=True),
        Computed(f"ST_Transform(geom, {WEB_MERCATOR})", persisted=True),
        nullable=True,
    )


def sound() -> CheckConstraint:
    """A check that `geom` is not empty, not huge, inside the world and valid, in this order (GEOS comes last)."""
    return CheckConstraint(
        f"CASE WHEN ST_IsEmpty(geom) OR ST_NPoints(geom) > {MAX_VERTICES} THEN false "
        "WHEN NOT (ST_XMin(geom) >= -180 AND ST_XMax(geom) <= 180 AND ST_YMin(geom) >= -85 AND ST_YMax(geom) <= 85) "
        "THEN false ELSE ST_IsValid(geom) END",
        name="geom_sound",
    )


def one_of(column: str, values: Iterable[StrEnum]) -> CheckConstraint:
    """A check that a text column holds one of the values of an enumeration."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_known")
