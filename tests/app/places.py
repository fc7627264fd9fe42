"""Places of the demo town for tests: what lies in the grid worker's community, and what in another."""

import math
import uuid
from datetime import datetime, timedelta

from sqlalchemy import text

from app.i18n import TIMEZONE

OWN_AND_FOREIGN = text("""
    SELECT a.id FROM areas a WHERE a.level = 'community' ORDER BY a.code LIMIT 2
""")
PARTS = text("""
    SELECT a.id AS area, a.code, g.id AS grid, g.code AS grid_code, b.id AS block, u.id AS building, h.id AS household,
        (SELECT id FROM compounds c WHERE c.community_id = a.id ORDER BY id LIMIT 1) AS compound,
        (SELECT id FROM stations s WHERE s.community_id = a.id ORDER BY id LIMIT 1) AS station,
        ST_X(e.geom) AS lon, ST_Y(e.geom) AS lat
    FROM areas a JOIN grids g ON g.community_id = a.id JOIN blocks b ON b.grid_id = g.id
    JOIN buildings u ON u.block_id = b.id JOIN entrances e ON e.building_id = u.id
    JOIN dwellings d ON d.entrance_id = e.id JOIN households h ON h.dwelling_id = d.id
    WHERE a.id = :community ORDER BY g.id, u.id, h.id LIMIT 1
""")
ADD_ROUTE = text("""
    INSERT INTO patrol_routes (grid_id, name, source, length, seconds, geom)
    SELECT :grid, :name, 'drawn', 100, 200, ST_MakeLine(ST_SetSRID(ST_MakePoint(:lon, :lat), 4326),
        ST_SetSRID(ST_MakePoint(:lon + 0.0005, :lat), 4326)) RETURNING id
""")
ADD_INCIDENT = text("""
    INSERT INTO incidents (id, category, description, community_id, grid_id, building_id, reported_by, geom)
    SELECT :id, 'fire', :text, :area, :grid, :building, u.id, ST_SetSRID(ST_MakePoint(:lon, :lat), 4326)
    FROM users u JOIN appointments p ON p.user_id = u.id WHERE p.role = :role
""")
ADD_USER = text("""
    INSERT INTO users (name, display_name, password_hash, home_area_id) VALUES (:id, :name, '', :area) RETURNING id
""")
ADD_POST = text("""
    INSERT INTO appointments (user_id, role, area_id) VALUES (:user, 'community_staff', :area) RETURNING id
""")
ADD_PHOTO = text("""
    INSERT INTO incident_photos (incident_id, media_type, content, width, height)
    VALUES (:id, 'image/jpeg', :photo, 1, 1)
""")

ADD_EXPORT = text("""
    INSERT INTO exports (requested_by, community_id, kinds, columns, unmasked, format, purpose, expires_at)
    SELECT user_id, :area, '{}', '{address}', false, 'csv', 'a list of the place', now() + interval '1 hour'
    FROM appointments WHERE role = 'coordinator' RETURNING id
""")
NOBODYS = {
    **dict.fromkeys(("job", "snapshot", "siting", "calibration", "applied", "net"), 2_000_000_000),
    "scenario": str(uuid.UUID(int=1)),
    "cut_block": 2_000_000_000,
    "cut": [[0.0, 0.0], [1.0, 1.0]],
    "pair": [2_000_000_000, 2_000_000_001],
    **dict.fromkeys(("plan", "submitted_plan", "enacted_plan", "levelled_plan"), str(uuid.UUID(int=1))),
}
"""What is asked for by number and is nobody's here."""


def places(session):
    """What is in the grid worker's community and the like in another: a route, incident, user and export each."""
    own, foreign = session.scalars(OWN_AND_FOREIGN)
    return _parts(session, own, "grid_worker", "own"), _parts(session, foreign, "coordinator", "CANARY")


def _parts(session, community, role, name):
    found = dict(session.execute(PARTS, {"community": community}).mappings().one())
    found["incident"] = str(uuid.uuid4())
    found["route"] = session.scalar(ADD_ROUTE, {**found, "name": name})
    session.execute(ADD_INCIDENT, {**found, "id": found["incident"], "text": name, "role": role})
    session.execute(ADD_PHOTO, {"id": found["incident"], "photo": name.encode()})
    found["export"] = found["asked"] = session.scalar(ADD_EXPORT, found)
    found["user"] = session.scalar(ADD_USER, {"id": found["incident"], "name": name, "area": community})
    found["post"] = session.scalar(ADD_POST, {"user": found["user"], "area": community})
    found["tomorrow"] = (datetime.now(TIMEZONE).date() + timedelta(days=1)).isoformat()
    found["lat_north"] = found["lat"] + 0.0003
    found |= NOBODYS
    found["tile"] = tile_at(found["lon"], found["lat"], 15)
    return found


def tile_at(lon, lat, z):
    """The path z/x/y of the tile over a place."""
    side = 2**z
    x = int((lon + 180) / 360 * side)
    y = int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * side)
    return f"{z}/{x}/{y}"
