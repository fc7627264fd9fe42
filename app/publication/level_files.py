"""The levels of a plan as files: a table of all three, and their grids as layers for a map."""

from collections.abc import Iterator, Mapping
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from shapely.geometry.base import BaseGeometry
from sqlalchemy.orm import Session

from app import sheets
from app.errors import Conflict
from app.features import MEDIA_TYPE
from app.publication import queries
from app.publication.change import union
from app.publication.files import GPKG_TYPE, File, FileForm, Layer, geojson, geopackage
from gis.levels import Held, Nested, held, told

LEVELS = {"upper": _("Upper level"), "middle": _("Middle level"), "grids": _("Grids")}


def file_of(session: Session, plan: Mapping[str, Any], communities: list[int], form: FileForm) -> File:
    """The levels of a plan as a file. Conflict where it has none."""
    if plan["levels"] is None:
        raise Conflict(_("This plan has no levels yet."), field="levels")
    lists = _lists(session, plan, communities)
    if form is FileForm.XLSX:
        return File(_table(lists), sheets.XLSX_TYPE)
    layers = _layers(session, plan, lists)
    return File(geojson(layers), MEDIA_TYPE) if form is FileForm.GEOJSON else File(geopackage(layers), GPKG_TYPE)


def _lists(session: Session, plan: Mapping[str, Any], communities: list[int]) -> dict[str, list[dict[str, Any]]]:
    """The grids of each level by its name; those of the plan stand in "" where they were begun since."""
    households = dict.fromkeys(map(int, plan["grids"]), 0)
    for block in queries.blocks(session, frozenset(communities)):
        number = plan["blocks"].get(str(block.id))
        if number in households:
            households[number] += block.households
    known = {int(number): Nested(*place) for number, place in plan["levels"]["grids"].items()}
    places = {number: known[number] for number in households if number in known}
    upper, middle = held(places, households)
    grids = [
        {
            "number": grid["name"],
            "within": told(places[number]) if number in places else "",
            "grids": 1,
            "households": households[number],
            "code": grid["code"] or "",
            "grid": number,
        }
        for number, grid in ((int(key), one) for key, one in plan["grids"].items())
    ]
    grids.sort(key=lambda row: (places.get(row["grid"], Nested(0, 0)), row["code"], row["number"]))
    return {"upper": _rows(upper), "middle": _rows(middle), "grids": grids}


def _rows(level: list[Held]) -> list[dict[str, Any]]:
    return [{**one._asdict(), "code": ""} for one in level]


def _table(lists: Mapping[str, list[dict[str, Any]]]) -> bytes:
    """One row for each grid of each level, the highest first."""
    columns = [gettext("Level"), gettext("Name"), gettext("Part of"), gettext("Code"), gettext("Grids")]
    columns += [gettext("Households"), gettext("Share")]
    return sheets.xlsx_bytes(gettext("Levels"), columns, _cells(lists))


def _cells(lists: Mapping[str, list[dict[str, Any]]]) -> Iterator[list[sheets.Cell]]:
    whole = max(sum(row["households"] for row in lists["grids"]), 1)
    for level, label in LEVELS.items():
        for row in lists[level]:
            share = round(100 * row["households"] / whole, 1)
            yield [str(label), row["number"], row["within"], row["code"], row["grids"], row["households"], share]


def _layers(session: Session, plan: Mapping[str, Any], lists: Mapping[str, list[dict[str, Any]]]) -> list[Layer]:
    """A layer for each level; the attributes of a grid name its places in the higher ones."""
    shapes = queries.block_shapes(session, list(map(int, plan["blocks"])))
    members: dict[str, list[BaseGeometry]] = {}
    within = {row["grid"]: row["within"] for row in lists["grids"]}
    for block, number in plan["blocks"].items():
        place = within.get(number, "")
        for key in {f"grids {number}", f"middle {place}", f"upper {place.partition('-')[0]}"}:
            if int(block) in shapes:
                members.setdefault(key, []).append(shapes[int(block)])
    layers = []
    for level, rows in lists.items():
        keys = [f"{level} {row['grid' if level == 'grids' else 'number']}" for row in rows]
        kept = [(row, union(members[key])) for row, key in zip(rows, keys, strict=True) if key in members]
        layers.append(Layer(level, [shape for _row, shape in kept], [_flat(level, row) for row, _shape in kept]))
    return layers


def _flat(level: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """The attributes of a grid."""
    upper, _dash, _rest = row["within"].partition("-")
    places = {"upper": upper, "middle": row["within"]} if level == "grids" else {"upper": upper}
    own = {"name": row["number"], "code": row["code"], "grids": row["grids"], "households": row["households"]}
    return {**own, **({} if level == "upper" else places)}
