"""Consequences as files: a table for Excel, and the grids and blocks for a map, as GeoJSON or GeoPackage."""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np
import shapely
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from shapely.geometry.base import BaseGeometry

from app import sheets
from app.accounts.desk import ROLES, STAFFING
from app.accounts.models import Role
from app.days import CHINA
from app.features import DECIMALS, MEDIA_TYPE
from app.i18n import language
from app.incidents.categories import STYLES
from app.publication import queries
from app.publication.change import union
from app.publication.consequences import Row, Told, grids
from gis.city import PostRole

GPKG_TYPE = "application/geopackage+sqlite3"
WHAT = {
    "buildings": _("Building"),
    "stations": _("Station"),
    "posts": _("Post of a grid"),
    "incidents": _("Open incident"),
    "routes": _("Patrol route"),
}
CATEGORIES = {style.category.value: style.label for style in STYLES}


class FileForm(StrEnum):
    """The kinds of files."""

    XLSX = "xlsx"
    GEOJSON = "geojson"
    GPKG = "gpkg"


class File(NamedTuple):
    """A file with its media type."""

    content: bytes
    media_type: str


class Layer(NamedTuple):
    """Shapes with the same columns of texts and numbers."""

    name: str
    shapes: list[BaseGeometry]
    rows: list[dict[str, Any]]


def written(form: FileForm, tables: Iterable[sheets.Sheet], layers: Iterable[Layer]) -> File:
    """The tables as a workbook, or the layers for a map."""
    if form is FileForm.XLSX:
        return File(sheets.book_bytes(tables), sheets.XLSX_TYPE)
    return File(geojson(layers), MEDIA_TYPE) if form is FileForm.GEOJSON else File(geopackage(layers), GPKG_TYPE)


def table(lists: Mapping[str, Any]) -> sheets.Sheet:
    """One row for each thing that comes into another grid."""
    columns = [
        gettext("Kind"),
        gettext("What it is called"),
        gettext("Address"),
        gettext("Households"),
        gettext("From grid"),
    ]
    columns += [gettext("Code so far"), gettext("To grid"), gettext("Code from then on"), gettext("Worker so far")]
    columns += [gettext("Worker from then on"), gettext("Longitude"), gettext("Latitude")]
    return sheets.Sheet(gettext("Consequences"), columns, _rows(lists))


def _rows(lists: Mapping[str, Any]) -> Iterator[list[sheets.Cell]]:
    for kind, label in WHAT.items():
        for row in lists[kind]:
            to = row["to"] or {"name": gettext("nobody yet"), "name_en": "", "code": ""}
            places = [name_of(row["from"]), row["from"]["code"], name_of(to), to["code"]]
            workers = [row.get("worker_from"), row.get("worker_to")]
            # Of a building, which may have neither name nor number.
            at = [None if row.get(axis) is None else round(row[axis], DECIMALS) for axis in ("lon", "lat")]
            yield [str(label), _called(kind, row), row.get("address"), row.get("households"), *places, *workers, *at]


def _called(kind: str, row: Row) -> str:
    """What a thing is called in the table."""
    if kind == "posts":
        role = STAFFING[PostRole(row["role"])] if row["what"] == "post" else ROLES[Role(row["role"])]
        return f"{role} {row['holder'] or gettext('vacant')}"
    if kind == "incidents":
        return f"{CATEGORIES[row['category']]} {datetime.fromisoformat(row['reported_at']).astimezone(CHINA).date()}"
    return " ".join(part for part in (name_of(row, "compound"), name_of(row)) if part)


def name_of(row: Row, prefix: str = "name") -> str:
    """A name in the reader's language, or in Chinese where it has none."""
    return (language() == "en" and row.get(f"{prefix}_en")) or row.get(prefix) or ""


def layers_of(told: Told, places: Mapping[int, str] | None = None) -> list[Layer]:
    """The grids from then on, and the blocks that come into another grid; `places` are the grids' in the levels."""
    sides = told.sides
    shapes = queries.block_shapes(told.session, [block.id for block in sides.blocks])
    members: dict[int, list[BaseGeometry]] = {}
    for block in sides.blocks:
        members.setdefault(sides.other.of[block.id], []).append(shapes[block.id])
    rows = [row for row in grids(told) if row["fate"] != "ended"]
    outlines: list[BaseGeometry] = [union(members[row["number"]]) for row in rows]
    flat = [
        {name: row[name] for name in ("code", "name", "name_en", "kind", "households", "blocks", "fate")}
        | {"heir_of": row["heir_of"] or "", "parents": " ".join(parent["code"] for parent in row["parents"])}
        | ({} if places is None else above(places.get(row["number"], "")))
        for row in rows
    ]
    moved = [block for block in sides.blocks if block.id in sides.moved]
    ends = [(sides.one.grids[sides.one.of[one.id]], sides.other.grids[sides.other.of[one.id]]) for one in moved]
    changed = [
        {"block": block.id, "households": block.households, "from_code": one.code, "from_name": one.name}
        | {"to_code": other.code, "to_name": other.name}
        for block, (one, other) in zip(moved, ends, strict=True)
    ]
    return [Layer("grids", outlines, flat), Layer("moved_blocks", [shapes[block.id] for block in moved], changed)]


def above(place: str) -> dict[str, str]:
    """The grids of the higher levels that one stands in: 3 and 3-1."""
    return {"upper": place.partition("-")[0], "middle": place}


def geojson(layers: Iterable[Layer]) -> bytes:
    """Layers as one collection; each feature tells its layer."""
    features = [
        {"type": "Feature", "geometry": shapely.geometry.mapping(shape), "properties": {"layer": layer.name, **row}}
        for layer in layers
        for shape, row in zip(layer.shapes, layer.rows, strict=True)
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False).encode()


def geopackage(layers: Iterable[Layer]) -> bytes:
    """Layers as a GeoPackage; one that is empty has no columns."""
    from pyogrio.raw import write  # noqa: PLC0415 (only this needs it, and it brings GDAL along)

    with TemporaryDirectory() as folder:
        file = Path(folder) / "grids.gpkg"
        for layer in layers:
            names = list(layer.rows[0]) if layer.rows else []
            columns: list[Any] = [
                np.array([row[name] for row in layer.rows], dtype=_kind(layer.rows[0][name])) for name in names
            ]
            write(
                file,
                np.array([shapely.to_wkb(shape) for shape in layer.shapes], dtype=object),
                columns,
                names,
                layer=layer.name,
                driver="GPKG",
                geometry_type=layer.shapes[0].geom_type if layer.shapes else "MultiPolygon",
                crs="EPSG:4326",
                append=file.exists(),
            )
        return file.read_bytes()


def _kind(value: object) -> type:
    return np.int64 if isinstance(value, int) else object
