"""The levels of a plan as files, alone or with those of the plan: a table of all three, and a layer for each."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from shapely.geometry.base import BaseGeometry
from sqlalchemy.orm import Session

from app import sheets
from app.errors import Conflict
from app.publication import files, queries
from app.publication.change import union
from app.publication.consequences import Told
from app.publication.files import File, FileForm, Layer
from gis.levels import Held, Nested, held, told

LEVELS = {"upper": _("Upper level"), "middle": _("Middle level"), "grids": _("Grids")}
HECTARE = 10_000  # m²

Lists = dict[str, list[dict[str, Any]]]


def file_of(session: Session, plan: Mapping[str, Any], communities: list[int], form: FileForm) -> File:
    """The levels of a plan as a file. Conflict where it has none."""
    if plan["levels"] is None:
        raise Conflict(_("This plan has no levels yet."), field="levels")
    lists = _lists(session, plan, communities)
    return files.written(form, [_sheet(lists)], _layers(session, plan, lists) if form is not FileForm.XLSX else ())


def with_consequences(
    told: Told, lists: Mapping[str, Any], plan: Mapping[str, Any], communities: list[int], form: FileForm
) -> File:
    """Who moves by a plan as a file, and its levels where it has some."""
    table = files.table(lists)
    if plan["levels"] is None:
        return files.written(form, [table], files.layers_of(told))
    levels = _lists(told.session, plan, communities)
    if form is FileForm.XLSX:
        return files.written(form, [table, _sheet(levels)], ())
    known = {row["grid"]: row["within"] for row in levels["grids"]}
    # A grid that has come into force, or that the plan leaves as it is, stands under the number of today's.
    todays = {one["grid"]: known[int(at)] for at, one in plan["grids"].items() if one["grid"] is not None}
    places = known | todays
    above = [
        layer._replace(name=f"{layer.name}_level")
        for layer in _layers(told.session, plan, levels)
        if layer.name != "grids"  # they are in the plan's own layer
    ]
    return files.written(form, [], [*files.layers_of(told, places), *above])


class _Ground(NamedTuple):
    """What is added up of each grid of a plan, by number, and where it is."""

    households: dict[int, int]
    area: dict[int, float]
    place: dict[int, queries.Place]


def _ground(session: Session, plan: Mapping[str, Any], communities: list[int]) -> _Ground:
    places, sizes = queries.places(session, communities), queries.sizes(session, communities)
    households = dict.fromkeys(map(int, plan["grids"]), 0)
    area = dict.fromkeys(households, 0.0)
    for block in queries.blocks(session, frozenset(communities)):
        number = plan["blocks"].get(str(block.id))
        if number in households:
            households[number] += block.households
            area[number] += sizes[block.id]
    nowhere = queries.Place("", "", "", "", "", "")
    return _Ground(
        households, area, {int(at): places.get(one["community"], nowhere) for at, one in plan["grids"].items()}
    )


def _lists(session: Session, plan: Mapping[str, Any], communities: list[int]) -> Lists:
    """The grids of each level by its name; those of the plan stand in "" where they were begun since."""
    ground = _ground(session, plan, communities)
    known = {int(number): Nested(*place) for number, place in plan["levels"]["grids"].items()}
    places = {number: known[number] for number in ground.households if number in known}
    grids = [
        {
            "number": grid["name"],
            "number_en": grid["name_en"],
            "within": told(places[number]) if number in places else "",
            "grids": 1,
            "households": ground.households[number],
            "code": grid["code"] or "",
            "grid": number,
            "area": ground.area[number],
            "place": ground.place[number],
        }
        for number, grid in ((int(key), one) for key, one in plan["grids"].items())
    ]
    grids.sort(key=lambda row: (places.get(row["grid"], Nested(0, 0)), row["code"], row["number"]))
    upper, middle = held(places, ground.households)
    return {"upper": _rows(upper, grids), "middle": _rows(middle, grids), "grids": grids}


def _rows(level: list[Held], grids: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The grids of a higher level, which lie where theirs do."""
    members: dict[str, list[dict[str, Any]]] = {}
    for row in grids:
        for place in {row["within"], row["within"].partition("-")[0]}:
            members.setdefault(place, []).append(row)
    rows = []
    for one in level:
        own = members[one.number]
        rows.append({**one._asdict(), "code": "", "area": sum(row["area"] for row in own), "place": own[0]["place"]})
    return rows


def _sheet(lists: Lists) -> sheets.Sheet:
    """One row for each grid of each level, the highest first."""
    columns = [gettext("Level"), gettext("What it is called"), gettext("Part of"), gettext("Code")]
    columns += [gettext("Community"), gettext("Community code"), gettext("Subdistrict"), gettext("Subdistrict code")]
    columns += [gettext("Grids"), gettext("Households"), gettext("Area (ha)"), gettext("Share (%)")]
    return sheets.Sheet(gettext("Levels"), columns, _cells(lists))


def _cells(lists: Lists) -> Iterator[list[sheets.Cell]]:
    whole = max(sum(row["households"] for row in lists["grids"]), 1)
    for level, label in LEVELS.items():
        for row in lists[level]:
            share = round(100 * row["households"] / whole, 1)
            at = row["place"]._asdict()
            places = [files.name_of(at), at["code"], files.name_of(at, "above"), at["above_code"]]
            counted = [row["grids"], row["households"], round(row["area"] / HECTARE, 2), share]
            yield [str(label), files.name_of(row, "number"), row["within"], row["code"], *places, *counted]


def _layers(session: Session, plan: Mapping[str, Any], lists: Lists) -> list[Layer]:
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
    places = files.above(row["within"])
    at = row["place"]
    own = {"name": row["number"], "code": row["code"], "community": at.name, "community_code": at.code}
    own |= {"subdistrict": at.above, "subdistrict_code": at.above_code}
    own |= {"grids": row["grids"], "households": row["households"], "area_m2": round(row["area"])}
    return {**own, **{name: places[name] for name in {"upper": (), "middle": ("upper",)}.get(level, places)}}
