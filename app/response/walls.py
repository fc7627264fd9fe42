"""What nobody walks across beside the roads: shores and railways of a district, as zones take them."""

import shapely
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.roads.kept import Kept, Stamp, part_of
from gis.contours import Walls, walls_of
from gis.local import LocalFrame

DATASETS = ("ground", "roads")  # the local frame is that of the roads
# A railway on a bridge or below ground parts nothing.
_WALLS = text("""
    SELECT ST_AsBinary(geom) FROM waters WHERE district_id = :district
    UNION ALL
    SELECT ST_AsBinary(geom) FROM railways WHERE district_id = :district AND NOT bridge AND NOT tunnel
""")
_walls: Kept[Walls] = Kept(8)


def walls_around(session: Session, district_id: int, frame: LocalFrame, stamp: Stamp) -> Walls:
    """The walls of a district in the local metres of `frame`; `stamp` knows DATASETS."""
    key = (stamp[0][0], district_id)
    return _walls.get(key, part_of(stamp, *DATASETS), lambda: _load(session, district_id, frame))


def _load(session: Session, district_id: int, frame: LocalFrame) -> Walls:
    found = session.scalars(_WALLS, {"district": district_id})
    shapes = [shapely.from_wkb(bytes(row)) for row in found]
    lines = [part for shape in shapes for part in shapely.get_parts(shapely.boundary(shape) if shape.area else shape)]
    return walls_of([frame.metres(shapely.get_coordinates(line)) for line in lines])
