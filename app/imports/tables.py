"""What each table takes of a city: one function a table, records in, rows out."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, NamedTuple

import shapely
from shapely import MultiPolygon, Polygon

from app.days import today
from app.imports.copying import ewkb
from app.patrols.models import RouteSource
from app.register.phones import seal_phone
from app.sealing import Sealer
from gis.city import City, Household, Surface
from gis.grids import tints

FLAG_VALID = timedelta(days=365)  # a flag that came with a city expires unless somebody confirms it
Row = tuple[Any, ...]


@dataclass(slots=True)
class Ids:
    """What rows need beside the city: the sealer, and the database id of every key, one mapping a table, in order."""

    sealer: Sealer
    tables: dict[str, Mapping[str, int]] = field(default_factory=dict)

    def of(self, table: str, key: str) -> int:
        """The id of a key; KeyError names what a record refers to in vain."""
        try:
            return self.tables[table][key]
        except KeyError:
            raise KeyError(f"the city refers to {key!r}, which is not among its {table}") from None

    def maybe(self, table: str, key: str | None) -> int | None:
        """The id of a key, None for None."""
        return None if key is None else self.of(table, key)

    @property
    def district(self) -> int:
        """The id of the city's district, its first area."""
        return next(iter(self.tables["areas"].values()))


class Table(NamedTuple):
    """A table: its columns after `id`, the keys of its records, and its rows in the same order."""

    name: str
    columns: tuple[str, ...]
    keys: Callable[[City], Sequence[str]]
    rows: Callable[[City, Ids], Iterator[Row]]


def grid_shapes(city: City) -> list[MultiPolygon]:
    """The boundary of each grid: the union of its blocks, whose common vertices stay as they are."""
    blocks = {block.key: block.geometry for block in city.blocks}
    return [_multi(shapely.unary_union([blocks[key] for key in grid.blocks])) for grid in city.grids]


def _multi(shape: Any) -> MultiPolygon:
    return MultiPolygon([shape]) if isinstance(shape, Polygon) else shape


def _wkb(records: Sequence[Any]) -> list[str]:
    return ewkb([record.geometry for record in records])


def _names(record: Any) -> str:
    """The record's names in other languages as JSON."""
    return json.dumps(dict(record.names), ensure_ascii=False)


def _areas(city: City, ids: Ids) -> Iterator[Row]:
    for a, wkb in zip(city.areas, _wkb(city.areas), strict=True):
        yield a.key, ids.maybe("areas", a.parent), a.level, a.code, a.name, a.name_en, _names(a), wkb


def _compounds(city: City, ids: Ids) -> Iterator[Row]:
    for c, wkb in zip(city.compounds, _wkb(city.compounds), strict=True):
        names = (c.name, c.name_en, _names(c))
        yield c.key, ids.of("areas", c.community), *names, c.manager, c.has_committee, wkb


def _grids(city: City, ids: Ids) -> Iterator[Row]:
    shapes = grid_shapes(city)
    for g, tint, wkb in zip(city.grids, tints(shapes), ewkb(shapes), strict=True):
        community = ids.of("areas", g.community)
        yield g.key, community, g.kind, g.level, g.code, g.name, g.name_en, tint, g.valid_from, wkb


def _blocks(city: City, ids: Ids) -> Iterator[Row]:
    grid_of = {block: grid.key for grid in city.grids for block in grid.blocks}
    for b, wkb in zip(city.blocks, _wkb(city.blocks), strict=True):
        grid = ids.of("grids", grid_of.get(b.key, f"the grid of {b.key}"))
        yield b.key, ids.of("areas", b.community), ids.maybe("compounds", b.compound), grid, wkb


def _buildings(city: City, ids: Ids) -> Iterator[Row]:
    for b, wkb in zip(city.buildings, _wkb(city.buildings), strict=True):
        place = (b.key, ids.of("blocks", b.block), ids.maybe("compounds", b.compound))
        names = (b.kind, b.name, b.name_en, _names(b), b.address)
        yield *place, *names, b.floors, b.floors_assumed, b.height, b.has_lift, wkb


def _entrances(city: City, ids: Ids) -> Iterator[Row]:
    for e, wkb in zip(city.entrances, _wkb(city.entrances), strict=True):
        yield e.key, ids.of("buildings", e.building), e.label, wkb


def _dwellings(city: City, ids: Ids) -> Iterator[Row]:
    for d in city.dwellings:
        yield d.key, ids.of("entrances", d.entrance), d.floor, d.number


def _households(city: City, ids: Ids) -> Iterator[Row]:
    block_of = _blocks_of_dwellings(city, ids)
    for h in city.households:
        place = ids.of("dwellings", h.dwelling), block_of[h.dwelling]
        yield *place, h.size, h.contact_name, *seal_phone(ids.sealer, h.contact_phone)


def _blocks_of_dwellings(city: City, ids: Ids) -> dict[str, int]:
    """The block's id of every dwelling by key, so that the database need not look up each of 117,700."""
    building = {b.key: ids.of("blocks", b.block) for b in city.buildings}
    entrance = {e.key: building[e.building] for e in city.entrances}
    return {d.key: entrance[d.entrance] for d in city.dwellings}


def _flags(city: City, ids: Ids) -> Iterator[Row]:
    expires = today() + FLAG_VALID
    for h, kind in _flagged(city):
        yield ids.of("households", h.dwelling), kind, expires


def _flagged(city: City) -> Iterator[tuple[Household, str]]:
    return ((h, kind) for h in city.households for kind in h.flags)


def _stations(city: City, ids: Ids) -> Iterator[Row]:
    for s, wkb in zip(city.stations, _wkb(city.stations), strict=True):
        names = (s.kind, s.name, s.name_en, _names(s), s.address)
        yield s.key, ids.of("areas", s.community), *names, s.open_hours, s.capacity, wkb


def _posts(city: City, ids: Ids) -> Iterator[Row]:
    for p in city.posts:
        yield ids.of("grids", p.grid), p.role, p.ordinal, p.holder


def _road_nodes(city: City, ids: Ids) -> Iterator[Row]:
    for n, wkb in zip(city.road_nodes, _wkb(city.road_nodes), strict=True):
        yield n.key, ids.district, wkb


def _road_edges(city: City, ids: Ids) -> Iterator[Row]:
    for e, wkb in zip(city.road_edges, _wkb(city.road_edges), strict=True):
        ends = (e.key, ids.district, ids.of("road_nodes", e.tail), ids.of("road_nodes", e.head))
        may = (e.foot, e.bicycle_forward, e.bicycle_backward, e.car_forward, e.car_backward)
        level = (e.maxspeed_kph, e.layer, e.bridge, e.tunnel)
        yield *ends, e.road_class, e.name, e.name_en, _names(e), e.length, *may, *level, wkb


def _surfaces(surfaces: Sequence[Surface], ids: Ids) -> Iterator[Row]:
    for s, wkb in zip(surfaces, _wkb(surfaces), strict=True):
        yield s.key, ids.district, s.kind, s.name, s.name_en, _names(s), wkb


def _railways(city: City, ids: Ids) -> Iterator[Row]:
    for r, wkb in zip(city.railways, _wkb(city.railways), strict=True):
        yield r.key, ids.district, r.name, r.name_en, _names(r), r.bridge, r.tunnel, wkb


def _patrol_routes(city: City, ids: Ids) -> Iterator[Row]:
    for r, wkb in zip(city.patrol_routes, _wkb(city.patrol_routes), strict=True):
        yield r.key, ids.of("grids", r.grid), r.name, RouteSource.SUGGESTED, r.length, r.seconds, wkb


def _columns(words: str) -> tuple[str, ...]:
    return tuple(words.split())


def _keys(collection: str) -> Callable[[City], Sequence[str]]:
    return lambda city: [record.key for record in getattr(city, collection)]


SURFACE = _columns("key district_id kind name name_en names geom")
EDGE = _columns(
    "key district_id tail_id head_id road_class name name_en names length foot bicycle_forward "
    "bicycle_backward car_forward car_backward maxspeed_kph layer bridge tunnel geom"
)
BUILDING = _columns(
    "key block_id compound_id kind name name_en names address floors floors_assumed height has_lift geom"
)

TABLES = (  # a table stands after those it refers to
    Table("areas", _columns("key parent_id level code name name_en names geom"), _keys("areas"), _areas),
    Table(
        "compounds",
        _columns("key community_id name name_en names manager has_committee geom"),
        _keys("compounds"),
        _compounds,
    ),
    Table(
        "grids",
        _columns("key community_id kind level code name name_en tint valid_from geom"),
        _keys("grids"),
        _grids,
    ),
    Table("blocks", _columns("key community_id compound_id grid_id geom"), _keys("blocks"), _blocks),
    Table("buildings", BUILDING, _keys("buildings"), _buildings),
    Table("entrances", _columns("key building_id label geom"), _keys("entrances"), _entrances),
    Table("dwellings", _columns("key entrance_id floor number"), _keys("dwellings"), _dwellings),
    Table(
        "households",
        _columns("dwelling_id block_id size contact_name contact_phone contact_phone_tail"),
        lambda city: [h.dwelling for h in city.households],
        _households,
    ),
    Table(
        "flags",
        _columns("household_id kind expires_on"),
        lambda city: [f"{h.dwelling}:{kind}" for h, kind in _flagged(city)],
        _flags,
    ),
    Table(
        "stations",
        _columns("key community_id kind name name_en names address open_hours capacity geom"),
        _keys("stations"),
        _stations,
    ),
    Table(
        "posts",
        _columns("grid_id role ordinal holder"),
        lambda city: [f"{p.grid}:{p.role}:{p.ordinal}" for p in city.posts],
        _posts,
    ),
    Table("road_nodes", _columns("key district_id geom"), _keys("road_nodes"), _road_nodes),
    Table("road_edges", EDGE, _keys("road_edges"), _road_edges),
    Table("waters", SURFACE, _keys("waters"), lambda city, ids: _surfaces(city.waters, ids)),
    Table("greens", SURFACE, _keys("greens"), lambda city, ids: _surfaces(city.greens, ids)),
    Table("railways", _columns("key district_id name name_en names bridge tunnel geom"), _keys("railways"), _railways),
    Table(
        "patrol_routes",
        _columns("key grid_id name source length seconds geom"),
        _keys("patrol_routes"),
        _patrol_routes,
    ),
)
