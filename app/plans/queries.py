"""Reads of what plans are made of: the blocks of a district with their households, and what lies between them."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy import RowMapping, text
from sqlalchemy.orm import Session

from app.features import DECIMALS
from gis.atoms import NOWHERE, Atoms, Barriers, atoms_of
from gis.local import LocalFrame
from gis.osm.partition import MAIN
from gis.plan import Plan
from gis.plan_walks import Ways, ways_between

# The districts that have to do with an area, and the communities of it.
_DISTRICTS = text("""
    WITH RECURSIVE below(district, id, level, code, wanted) AS (
        SELECT id, id, level, code, CAST(:code AS text) IS NULL OR code = :code FROM areas WHERE parent_id IS NULL
        UNION ALL SELECT b.district, a.id, a.level, a.code, b.wanted OR a.code = :code
        FROM areas a JOIN below b ON a.parent_id = b.id
    )
    SELECT district, array_agg(id ORDER BY id) AS communities FROM below WHERE wanted AND level = 'community'
    GROUP BY district ORDER BY district
""")
_BLOCKS = text("""
    SELECT b.id, b.community_id, coalesce(b.compound_id, :nowhere) AS compound, b.grid_id,
        g.kind = 'dedicated' AS dedicated, ST_AsBinary(b.geom) AS geom, coalesce(h.households, 0) AS households,
        coalesce(n.buildings, 0) AS buildings
    FROM blocks b JOIN grids g ON g.id = b.grid_id
    LEFT JOIN (SELECT block_id, count(*) AS buildings FROM buildings GROUP BY block_id) n ON n.block_id = b.id
    LEFT JOIN (
        SELECT u.block_id, sum(c.households) AS households FROM buildings u JOIN entrances e ON e.building_id = u.id
        JOIN household_counts c ON c.entrance_id = e.id GROUP BY u.block_id) h ON h.block_id = b.id
    WHERE b.community_id = ANY(:communities) ORDER BY b.id
""")
_ROADS = text("""
    SELECT ST_AsBinary(geom) AS geom, road_class = ANY(:main) AND NOT tunnel AS main, foot, bridge OR tunnel AS over
    FROM road_edges WHERE district_id = :district AND (foot OR road_class = ANY(:main)) ORDER BY id
""")
_PLACES = text("""
    SELECT u.block_id, ST_X(p.geom) AS lon, ST_Y(p.geom) AS lat
    FROM buildings u JOIN blocks b ON b.id = u.block_id CROSS JOIN LATERAL (SELECT ST_PointOnSurface(u.geom) AS geom) p
    WHERE b.community_id = ANY(:communities) ORDER BY u.id
""")
_NODES = text(
    "SELECT id, ST_X(geom) AS lon, ST_Y(geom) AS lat FROM road_nodes WHERE district_id = :district ORDER BY id"
)
_PATHS = text("SELECT tail_id, head_id, length FROM road_edges WHERE district_id = :district AND foot ORDER BY id")
_RAILWAYS = text("""
    SELECT ST_AsBinary(geom) AS geom FROM railways
    WHERE district_id = :district AND NOT bridge AND NOT tunnel ORDER BY id
""")
_WATERS = text("SELECT ST_AsBinary(geom) AS geom FROM waters WHERE district_id = :district ORDER BY id")
_DISTRICT = text("""
    WITH RECURSIVE up AS (
        SELECT id, parent_id FROM areas WHERE id = :area
        UNION ALL SELECT a.id, a.parent_id FROM areas a JOIN up ON a.id = up.parent_id)
    SELECT id FROM up WHERE parent_id IS NULL
""")
_COMMUNITIES = text("SELECT id, code, name, name_en FROM areas WHERE id = ANY(:ids) ORDER BY code")
_COMPOUNDS = text("SELECT id, name, name_en FROM compounds WHERE id = ANY(:ids) ORDER BY id")
_SHAPES = text(f"""
    SELECT json_build_object('type', 'Feature', 'id', id, 'geometry', ST_AsGeoJSON(geom, {DECIMALS})::json,
        'properties', json_build_object())::text
    FROM blocks WHERE community_id = ANY(:communities) ORDER BY id
""")  # noqa: S608 (a number of our own)


class Ground(NamedTuple):
    """The blocks that a plan is made of, the plan in force, the community of each block, and ways between buildings."""

    atoms: Atoms
    today: Plan
    community: NDArray[np.int64]
    buildings: NDArray[np.int64]
    ways: Ways


def districts(session: Session, code: str | None) -> list[tuple[int, list[int]]]:
    """Each district with the communities in the area of this code, or with all; empty where there is no such area."""
    rows = session.execute(_DISTRICTS, {"code": code})
    return [(row.district, row.communities) for row in rows]


def district_of(session: Session, area_id: int) -> int:
    """The district around an area."""
    return int(session.scalars(_DISTRICT, {"area": area_id}).one())


def communities(session: Session, ids: list[int]) -> dict[int, RowMapping]:
    """Code and names of communities by id, in the order of their codes."""
    return {row["id"]: row for row in session.execute(_COMMUNITIES, {"ids": ids}).mappings()}


def compounds(session: Session, ids: list[int]) -> list[RowMapping]:
    """Compounds with their names."""
    return list(session.execute(_COMPOUNDS, {"ids": ids}).mappings())


def shapes(session: Session, communities: list[int]) -> list[str]:
    """The blocks of communities by id, as GeoJSON texts."""
    return list(session.scalars(_SHAPES, {"communities": communities}))


def ground(session: Session, district: int, ids: list[int]) -> Ground:
    """The blocks of communities of one district; blocks of different communities are no neighbours."""
    rows = session.execute(_BLOCKS, {"communities": ids, "nowhere": NOWHERE}).all()
    places = shapely.from_wkb([bytes(row.geom) for row in rows])
    frame = LocalFrame.of_points(shapely.get_coordinates(places))
    community = np.array([row.community_id for row in rows], dtype=np.int64)
    atoms = atoms_of(
        list(shapely.transform(places, frame.metres)),
        [int(row.households) for row in rows],
        keys=[str(row.id) for row in rows],
        compounds=[row.compound for row in rows],
        barriers=_barriers(session, district, frame),
    ).apart(community)
    dedicated = frozenset(row.grid_id for row in rows if row.dedicated)
    today = Plan(atoms, np.array([row.grid_id for row in rows], dtype=np.int32), dedicated)
    buildings = np.array([row.buildings for row in rows], dtype=np.int64)
    return Ground(atoms, today, community, buildings, _ways(session, district, ids, atoms, frame))


def _ways(session: Session, district: int, ids: list[int], atoms: Atoms, frame: LocalFrame) -> Ways:
    """The ways on foot between the buildings of communities."""
    place = {int(key): at for at, key in enumerate(atoms.keys)}
    houses = session.execute(_PLACES, {"communities": ids}).all()
    nodes = session.execute(_NODES, {"district": district}).all()
    number = {row.id: at for at, row in enumerate(nodes)}
    paths = session.execute(_PATHS, {"district": district}).all()
    return ways_between(
        np.array([place[row.block_id] for row in houses], dtype=np.int64),
        _points(houses, frame),
        _points(nodes, frame),
        np.array([number[row.tail_id] for row in paths], dtype=np.int64),
        np.array([number[row.head_id] for row in paths], dtype=np.int64),
        np.array([row.length for row in paths], dtype=np.float64),
    )


def _points(rows: Sequence[Any], frame: LocalFrame) -> NDArray[np.float64]:
    """Places in local metres, shape (n, 2)."""
    return frame.metres(np.array([(row.lon, row.lat) for row in rows], dtype=np.float64).reshape(-1, 2))


def _barriers(session: Session, district: int, frame: LocalFrame) -> Barriers:
    """What lies between the blocks of a district."""
    bound = {"district": district, "main": sorted(MAIN)}
    roads = session.execute(_ROADS, bound).all()
    lines = _metres(roads, frame)
    return Barriers(
        roads=[line for line, row in zip(lines, roads, strict=True) if row.main],
        railways=_metres(session.execute(_RAILWAYS, bound).all(), frame),
        waters=_metres(session.execute(_WATERS, bound).all(), frame),
        walks=[line for line, row in zip(lines, roads, strict=True) if row.foot],
        bridges=[line for line, row in zip(lines, roads, strict=True) if row.foot and row.over],
    )


def _metres(rows: Any, frame: LocalFrame) -> list[Any]:
    """Geometries in local metres."""
    geometries = np.empty(len(rows), dtype=object)
    geometries[:] = [shapely.from_wkb(bytes(row.geom)) for row in rows]
    return list(shapely.transform(geometries, frame.metres))
