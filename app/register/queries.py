"""Reads of the register: buildings, the households behind their doors, and what stands at a place."""

import json
from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from sqlalchemy import RowMapping, text
from sqlalchemy.orm import Session

from app.days import TODAY_SQL
from app.features import BBox, features
from app.register.phones import masked_contact
from app.sealing import Sealer

if TYPE_CHECKING:
    from app.areas.scope import Scope

Feature: TypeAlias = dict[str, Any]

CLIMB = ("stairs_seconds", "lift_wait_seconds", "lift_seconds")
"""A building's own figures for the way up; None where the default holds."""
NEAR_BUILDING = 15.0  # metres from a wall that still count as "at this building"
NEAR_ADDRESS = 100.0  # metres to the building whose address describes a place in the open

_BUILDINGS = """
    SELECT b.id, b.kind, b.name, b.name_en, b.names, b.address, b.floors, b.height, bl.grid_id,
           coalesce((SELECT sum(c.households) FROM entrances e JOIN household_counts c ON c.entrance_id = e.id
                     WHERE e.building_id = b.id), 0) AS households, b.geom
    FROM buildings b JOIN blocks bl ON bl.id = b.block_id
    WHERE (CAST(:communities AS int[]) IS NULL OR bl.community_id = ANY(CAST(:communities AS int[])))
"""

_BUILDING = text("""
    SELECT b.id, b.kind, b.name, b.name_en, b.names, b.address, b.floors, b.floors_assumed, b.height, b.has_lift,
           b.stairs_seconds, b.lift_wait_seconds, b.lift_seconds,
           a.id AS community_id, a.name AS community_name, a.name_en AS community_name_en,
           g.id AS grid_id, g.name AS grid_name, g.name_en AS grid_name_en, g.code AS grid_code,
           c.id AS compound_id, c.name AS compound_name, c.name_en AS compound_name_en,
           coalesce((SELECT sum(c.households) FROM entrances e JOIN household_counts c ON c.entrance_id = e.id
                     WHERE e.building_id = b.id), 0) AS households,
           ST_AsGeoJSON(b.geom, 7) AS geometry
    FROM buildings b
      JOIN blocks bl ON bl.id = b.block_id
      JOIN areas a ON a.id = bl.community_id
      JOIN grids g ON g.id = bl.grid_id
      LEFT JOIN compounds c ON c.id = b.compound_id
    WHERE b.id = :id
      AND (CAST(:communities AS int[]) IS NULL OR bl.community_id = ANY(CAST(:communities AS int[])))
""")

_DWELLINGS = text(f"""
    SELECT e.id AS entrance_id, e.label, d.floor, d.id AS dwelling_id, d.number, h.id AS household_id, h.size,
           h.contact_name, h.contact_phone,
           coalesce((SELECT json_agg(json_build_object('kind', f.kind, 'note', f.note, 'expires_on', f.expires_on)
                                     ORDER BY f.id)
                     FROM flags f WHERE f.household_id = h.id AND f.cleared_at IS NULL
                       AND (f.expires_on IS NULL OR f.expires_on >= {TODAY_SQL})), '[]') AS flags
    FROM entrances e
      LEFT JOIN dwellings d ON d.entrance_id = e.id
      LEFT JOIN households h ON h.dwelling_id = d.id
    WHERE e.building_id = :building
    ORDER BY length(e.label), e.label, e.id, d.floor DESC, length(d.number), d.number
""")  # noqa: S608 (our own words)

# The box before ST_DWithin keeps the index usable: 0.002° is over 100 m in every direction below 60° of latitude.
_PLACE = text("""
    WITH place AS (SELECT ST_SetSRID(ST_MakePoint(:lon, :lat), 4326) AS geom),
    block AS (
        SELECT bl.* FROM blocks bl, place
        WHERE ST_Intersects(bl.geom, place.geom)
          AND (CAST(:communities AS int[]) IS NULL OR bl.community_id = ANY(CAST(:communities AS int[])))
        ORDER BY bl.id LIMIT 1),
    near AS (
        SELECT b.id, b.name, b.name_en, b.address,
               ST_Distance(b.geom::geography, place.geom::geography) AS metres
        FROM buildings b JOIN blocks own ON own.id = b.block_id, place
        WHERE b.geom && ST_Expand(place.geom, 0.002)
          AND ST_DWithin(b.geom::geography, place.geom::geography, :near_address)
          AND (CAST(:communities AS int[]) IS NULL OR own.community_id = ANY(CAST(:communities AS int[]))))
    SELECT bl.community_id, a.name AS community_name, a.name_en AS community_name_en, a.code AS community_code,
           bl.grid_id, g.name AS grid_name, g.name_en AS grid_name_en, g.code AS grid_code,
           c.id AS compound_id, c.name AS compound_name, c.name_en AS compound_name_en,
           own.id AS building_id, own.name AS building_name, own.name_en AS building_name_en,
           own.address AS building_address,
           (SELECT address FROM near WHERE address <> '' ORDER BY metres, id LIMIT 1) AS near_address,
           p.id AS post_id, p.role AS post, p.holder
    FROM block bl
      JOIN areas a ON a.id = bl.community_id
      JOIN grids g ON g.id = bl.grid_id
      LEFT JOIN LATERAL (SELECT * FROM near WHERE metres <= :near_building ORDER BY metres, id LIMIT 1) own ON true
      LEFT JOIN LATERAL (SELECT c.* FROM compounds c, place WHERE ST_Intersects(c.geom, place.geom)
                         ORDER BY c.id LIMIT 1) c ON true
      LEFT JOIN LATERAL (
        SELECT * FROM posts WHERE posts.grid_id = bl.grid_id AND holder IS NOT NULL
        ORDER BY array_position(ARRAY['full_time_worker', 'leader', 'part_time_worker', 'instructor'], role), ordinal
        LIMIT 1) p ON true
""")

_DISTRICT = text("""
    WITH RECURSIVE up AS (
        SELECT id, parent_id, level, name, name_en FROM areas WHERE id = :area
        UNION ALL SELECT a.id, a.parent_id, a.level, a.name, a.name_en FROM areas a JOIN up ON up.parent_id = a.id)
    SELECT id, name, name_en FROM up WHERE level = 'district'
""")


class Place(NamedTuple):
    """What stands at a place and who answers for it; `address` is the building's own, or one nearby (`is_near`)."""

    community: dict[str, Any]
    grid: dict[str, Any]
    compound: dict[str, Any] | None
    building: dict[str, Any] | None
    address: str
    is_near: bool
    post_id: int | None
    post: str | None
    holder: str | None


def box(bbox: BBox | None) -> dict[str, float | None]:
    """Bind parameters west, south, east, north in degrees, all None without a box."""
    return dict(zip(("west", "south", "east", "north"), bbox or (None,) * 4, strict=True))


def buildings(session: Session, scope: "Scope", *, bbox: BBox | None, after: int, limit: int) -> list[str]:
    """Up to `limit` visible buildings with an id above `after`, by id, as GeoJSON features in JSON."""
    return features(session, _BUILDINGS, bbox=bbox, after=after, limit=limit, communities=scope.communities)


def building(session: Session, scope: "Scope", building_id: int) -> Feature | None:
    """A visible building as a GeoJSON feature, without its households; None where there is none."""
    bound = {"id": building_id, "communities": scope.communities}
    row = session.execute(_BUILDING, bound).mappings().one_or_none()
    if row is None:
        return None
    found = feature(row)
    properties = found["properties"]
    properties["community"] = _part(properties, "community")
    properties["grid"] = _part(properties, "grid", "code")
    properties["compound"] = _part(properties, "compound")
    properties["climb"] = {name: properties.pop(name) for name in CLIMB}
    return found


def entrances(session: Session, sealer: Sealer, building_id: int, *, with_households: bool) -> list[dict[str, Any]]:
    """Entrances → floors, topmost first → dwellings → household with its flags that have not expired, or None.

    Of a household's contact, the name and the phone are masked.
    """
    rows = session.execute(_DWELLINGS, {"building": building_id}).mappings().all()
    return [
        {"id": key[0], "label": key[1], "floors": _floors(list(own), sealer if with_households else None)}
        for key, own in groupby(rows, key=lambda row: (row["entrance_id"], row["label"]))
    ]


def _floors(rows: Sequence[RowMapping], sealer: Sealer | None) -> list[dict[str, Any]]:
    doors = [row for row in rows if row["dwelling_id"] is not None]
    return [
        {"floor": floor, "dwellings": [_dwelling(row, sealer) for row in own]}
        for floor, own in groupby(doors, key=lambda row: row["floor"])
    ]


def _dwelling(row: RowMapping, sealer: Sealer | None) -> dict[str, Any]:
    household = None
    if sealer is not None and row["household_id"] is not None:
        contact = masked_contact(sealer, row["contact_name"], row["contact_phone"])
        household = {"id": row["household_id"], "size": row["size"], "contact": contact, "flags": row["flags"]}
    return {"id": row["dwelling_id"], "number": row["number"], "household": household}


def place_at(session: Session, scope: "Scope", lon: float, lat: float) -> Place | None:
    """What stands at `lon`, `lat` (degrees); None outside the visible communities."""
    bound = {
        "lon": lon,
        "lat": lat,
        "communities": scope.communities,
        "near_building": NEAR_BUILDING,
        "near_address": NEAR_ADDRESS,
    }
    row = session.execute(_PLACE, bound).mappings().one_or_none()
    if row is None:
        return None
    properties = dict(row)
    own = properties.pop("building_address")
    building_at = _part(properties, "building")
    return Place(
        community=_part(properties, "community", "code") or {},
        grid=_part(properties, "grid", "code") or {},
        compound=_part(properties, "compound"),
        building=None if building_at is None else {**building_at, "address": own},
        address=own or row["near_address"] or "",
        is_near=not own and bool(row["near_address"]),
        post_id=row["post_id"],
        post=row["post"],
        holder=row["holder"],
    )


def district_of(session: Session, area_id: int) -> dict[str, Any] | None:
    """The district around an area: id, name, name_en."""
    row = session.execute(_DISTRICT, {"area": area_id}).mappings().one_or_none()
    return None if row is None else dict(row)


def feature(row: RowMapping) -> Feature:
    """A row with `id` and `geometry` (GeoJSON text) as a GeoJSON feature."""
    properties = dict(row)
    geometry = json.loads(properties.pop("geometry"))
    return {"type": "Feature", "id": properties["id"], "geometry": geometry, "properties": properties}


def _part(properties: dict[str, Any], name: str, *more: str) -> dict[str, Any] | None:
    """Take `name_id`, `name_name` … out of flat properties as one object; None where there is none."""
    part = {key: properties.pop(f"{name}_{key}") for key in ("id", "name", "name_en", *more)}
    return None if part["id"] is None else part
