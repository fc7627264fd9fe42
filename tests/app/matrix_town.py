"""The town of the access matrix: five places, each further from the grid worker's own grid, all with names that sing.

    own           the grid of the grid worker and the grid leader
    grid          another grid of the same community
    community     another community of the same subdistrict: the sibling
    subdistrict   a community of another subdistrict of the same district
    foreign       a community of another district

Everything in a place carries a word that stands nowhere else: MAP-OWN on what the map shows, HOME-OWN on households,
USER-OWN on a user who holds a post there.
"""

import uuid

import numpy as np
from sqlalchemy import text

from app.accounts.models import Role
from app.accounts.queries import by_name
from app.accounts.sessions import rights_of
from app.coverage.comparing import packed
from app.coverage.reckoning import Columns
from app.imports.loader import load_city
from app.legacy import ground
from app.search import service as search
from tests.app.people import day
from tests.app.places import tile_at
from tests.app.planning import cut_of, pairs
from tests.app.small_city import small_city
from tests.fixtures.town import SEALER, USERS

PLACES = ("own", "grid", "community", "subdistrict", "foreign")

DISTRICT = frozenset({"own", "grid", "community", "subdistrict"})
SEES = {
    Role.GRID_WORKER: {"own", "grid"},
    Role.GRID_LEADER: {"own", "grid"},
    Role.COMMUNITY_STAFF: {"own", "grid"},
    Role.SUBDISTRICT_STAFF: {"own", "grid", "community"},
    Role.COORDINATOR: DISTRICT,
    Role.PLANNER: DISTRICT,
    Role.ADMINISTRATOR: DISTRICT,
    Role.SECURITY_OFFICER: set(),
    Role.AUDITOR: set(),
    Role.API_CLIENT: DISTRICT,
}
"""In which places a role sees what the map shows."""

KNOWS = {
    **{role: set() for role in Role},
    Role.GRID_WORKER: {"own"},
    Role.GRID_LEADER: {"own"},
    Role.COMMUNITY_STAFF: {"own", "grid"},
    Role.SUBDISTRICT_STAFF: {"own", "grid", "community"},
    Role.COORDINATOR: DISTRICT,
}
"""In which places a role sees households."""

LOOKS_AFTER = {
    **{role: set() for role in Role},
    Role.ADMINISTRATOR: DISTRICT,
    Role.SECURITY_OFFICER: DISTRICT,
}
"""In which places a role sees users and their posts."""

NOWHERE = {
    **dict.fromkeys(
        ("area", "grid", "block", "building", "household", "compound", "station", "route", "user", "post"),
        2_000_000_000,
    ),
    "incident": str(uuid.UUID(int=1)),
    "scenario": str(uuid.UUID(int=1)),
    "cut_block": 2_000_000_000,
    "cut": [[0.0, 0.0], [1.0, 1.0]],
    "pair": [2_000_000_000, 2_000_000_001],
    **dict.fromkeys(("plan", "submitted_plan", "enacted_plan", "levelled_plan"), str(uuid.UUID(int=1))),
    "export": 2_000_000_000,
    "asked": 2_000_000_000,
    "job": 2_000_000_000,
    "snapshot": 2_000_000_000,
    "siting": 2_000_000_000,
    "net": 2_000_000_000,
    "calibration": 2_000_000_000,
    "applied": 2_000_000_000,
    "code": "999999999999",
    "grid_code": "none",
    "lon": 0.0,
    "lat": 0.0,
    "lat_north": 0.0003,
    "tile": "15/0/0",
    "reached": "999999999999",
    "tomorrow": day(1),
}
"""What a request names that exists for nobody."""

GRIDS = text("""
    WITH own AS (SELECT g.id, g.community_id FROM appointments p JOIN grids g ON g.id = p.grid_id
                 WHERE p.role = 'grid_worker')
    SELECT 'own' AS place, id FROM own
    UNION ALL (SELECT 'grid', g.id FROM grids g JOIN own USING (community_id) JOIN blocks b ON b.grid_id = g.id
        JOIN buildings u ON u.block_id = b.id WHERE g.id <> own.id AND u.kind = 'residential' ORDER BY g.id LIMIT 1)
    UNION ALL (SELECT 'community', g.id FROM grids g JOIN areas a ON a.id = g.community_id, own
        JOIN areas c ON c.id = own.community_id JOIN blocks b ON true JOIN buildings u ON u.block_id = b.id
        WHERE b.grid_id = g.id AND a.id <> c.id AND a.parent_id = c.parent_id AND u.kind = 'residential'
        ORDER BY g.id LIMIT 1)
    UNION ALL (SELECT 'subdistrict', id FROM grids WHERE key = '邻街:a')
    UNION ALL (SELECT 'foreign', id FROM grids WHERE key = '外城:a')
""")
PARTS = text("""
    SELECT a.id AS area, a.code, g.id AS grid, g.code AS grid_code, b.id AS block, u.id AS building, h.id AS household,
        a.parent_id AS parent, ST_X(e.geom) AS lon, ST_Y(e.geom) AS lat
    FROM areas a JOIN grids g ON g.community_id = a.id JOIN blocks b ON b.grid_id = g.id
    JOIN buildings u ON u.block_id = b.id JOIN entrances e ON e.building_id = u.id
    JOIN dwellings d ON d.entrance_id = e.id JOIN households h ON h.dwelling_id = d.id
    WHERE g.id = :grid ORDER BY u.id, h.id LIMIT 1
""")
# Moves the neighbouring subdistrict beside the foreign town, and into the district of the demo.
ADJOIN = [
    *(
        f"UPDATE {table} SET geom = ST_Translate(geom, 0.1, 0) WHERE key LIKE '邻街:%'"
        for table in ("areas", "compounds", "blocks", "grids", "buildings", "entrances", "stations")
    ),
    *(
        f"UPDATE {table} SET geom = ST_Translate(geom, 0.1, 0) WHERE district_id = "
        "(SELECT id FROM areas WHERE key = '邻街:d')"
        for table in ("road_nodes", "road_edges", "waters", "greens", "railways")
    ),
    """UPDATE patrol_routes SET geom = ST_Translate(geom, 0.1, 0)
       WHERE grid_id IN (SELECT id FROM grids WHERE key LIKE '邻街:%')""",
    "UPDATE areas SET parent_id = (SELECT id FROM areas WHERE key = 'demo:district') WHERE key = '邻街:s'",
    """UPDATE areas SET geom = ST_Multi(ST_Union(geom, (SELECT geom FROM areas WHERE key = '邻街:d')))
       WHERE key = 'demo:district'""",
    *(
        f"UPDATE {table} SET district_id = (SELECT id FROM areas WHERE key = 'demo:district') "
        "WHERE district_id = (SELECT id FROM areas WHERE key = '邻街:d')"
        for table in ("road_nodes", "road_edges", "waters", "greens", "railways")
    ),
    "DELETE FROM imports WHERE district_id = (SELECT id FROM areas WHERE key = '邻街:d')",
    "DELETE FROM search_entries WHERE area_id = (SELECT id FROM areas WHERE key = '邻街:d')",
    "DELETE FROM areas WHERE key = '邻街:d'",
]
ADD_PART = {
    "compound": """INSERT INTO compounds (key, community_id, name, has_committee, geom)
        SELECT :key, :area, :name, false, ST_Multi(geom) FROM blocks WHERE id = :block RETURNING id""",
    "station": """INSERT INTO stations (key, community_id, kind, name, address, open_hours, geom)
        SELECT :key, :area, 'police', :name, :name, '24/7', ST_Point(:lon, :lat, 4326) RETURNING id""",
    "user": """INSERT INTO users (name, display_name, password_hash, home_area_id)
        SELECT :key, :user_name, '', :area RETURNING id""",
    "post": """INSERT INTO appointments (user_id, role, area_id)
        SELECT :user, 'community_staff', :area RETURNING id""",
    "route": """INSERT INTO patrol_routes (grid_id, name, source, length, seconds, geom)
        SELECT :grid, :name, 'drawn', 100, 200,
            ST_MakeLine(ST_Point(:lon, :lat, 4326), ST_Point(:lon + 0.0005, :lat, 4326)) RETURNING id""",
    "net": """WITH net AS (INSERT INTO legacy_nets (name, area_id, state, crs, made_by)
            SELECT :name, :area, 'taken', 'EPSG:4326', min(id) FROM users RETURNING id),
        grid AS (INSERT INTO legacy_grids (net_id, number, name, shape)
            SELECT net.id, 1, :name, ST_AsBinary(ST_Multi(b.geom)) FROM net, blocks b WHERE b.id = :block)
        SELECT id FROM net""",
    "scenario": """INSERT INTO scenarios (id, name, area_id, owner_id, changed_by, content)
        SELECT gen_random_uuid(), :name, :area, min(id), min(id), '{}' FROM users RETURNING id::text""",
    "plan": """INSERT INTO grid_plans (id, name, area_id, owner_id, changed_by, blocks, grids)
        SELECT gen_random_uuid(), :name, :area, min(u.id), min(u.id),
            (SELECT jsonb_object_agg(id, grid_id) FROM blocks WHERE community_id = :area),
            (SELECT jsonb_object_agg(id, jsonb_build_object('name', CAST(:name AS text), 'name_en', '', 'kind', kind,
                'locked', false, 'community', community_id, 'grid', id, 'code', code))
             FROM grids WHERE community_id = :area AND valid_to IS NULL)
        FROM users u RETURNING id::text""",
    "levelled_plan": """INSERT INTO grid_plans (id, name, area_id, owner_id, changed_by, blocks, grids, levels)
        SELECT gen_random_uuid(), name, area_id, owner_id, owner_id, blocks, grids,
            '{"middle": 2, "upper": 1, "grids": {}}'
        FROM grid_plans WHERE id = CAST(:plan AS uuid) RETURNING id::text""",
    # Whoever may approve has not drawn it, and whoever has drawn it may withdraw it.
    "submitted_plan": f"""
        INSERT INTO grid_plans (id, name, area_id, owner_id, changed_by, submitted_by, state, blocks, grids)
        SELECT gen_random_uuid(), p.name, p.area_id, u.id, u.id, u.id, 'submitted', p.blocks, p.grids
        FROM grid_plans p, users u WHERE p.id = CAST(:plan AS uuid) AND u.name = '{USERS[Role.COMMUNITY_STAFF]}'
        RETURNING id::text""",
    "enacted_plan": """
        INSERT INTO grid_plans (id, name, area_id, owner_id, changed_by, approved_by, valid_from, state, blocks, grids)
        SELECT gen_random_uuid(), name, area_id, owner_id, owner_id, owner_id, '2026-01-01', 'in_force', blocks, grids
        FROM grid_plans WHERE id = CAST(:plan AS uuid) RETURNING id::text""",
}
ADD_INCIDENT = text("""
    INSERT INTO incidents (id, category, description, community_id, grid_id, building_id, address, reported_by, geom)
    SELECT :id, 'fire', :name, :area, :grid, :building, :name, u.id, ST_Point(:lon, :lat, 4326)
    FROM users u WHERE u.name = :user
""")
ADD_PHOTO = text("""
    INSERT INTO incident_photos (incident_id, media_type, content, width, height)
    VALUES (:id, 'image/jpeg', convert_to(:name, 'UTF8'), 1, 1)
""")
ADD_EXPORT = text("""
    INSERT INTO exports (requested_by, community_id, kinds, columns, unmasked, format, purpose, state, expires_at)
    SELECT id, :area, '{}', '{address,name}', true, 'csv', 'for the access matrix', :state, now() + interval '1 hour'
    FROM users WHERE name = :user RETURNING id
""")
ADD_JOB = text("""
    INSERT INTO jobs (kind, question, asked_by, rights, area_id, state, finished_at)
    VALUES ('matrix', jsonb_build_object('name', CAST(:name AS text)), :user, :rights, :area, 'cancelled', now())
    RETURNING id
""")
ADD_SNAPSHOT = text("""
    INSERT INTO coverage_snapshots (name, made_by, area_id, communities, question, tables, buildings)
    SELECT :name, id, :area, ARRAY[CAST(:area AS int)],
        jsonb_build_object('kinds', ARRAY['police'], 'mode', 'foot', 'minutes', 1, 'area', CAST(:area AS int)),
        '{"totals": {"households": 1, "inside": 0, "outside": 1}, "communities": [], "grids": []}', :buildings
    FROM users WHERE name = :user RETURNING id
""")
ADD_SITING = text("""
    INSERT INTO sitings (made_by, area_id, question, data, sites, moved, candidates, covered, bound)
    SELECT id, :area, jsonb_build_object('area', CAST(:area AS int), 'sources', ARRAY['homes'], 'sites', 1,
        'minutes', 1, 'mode', 'foot'), '',
        jsonb_build_array(jsonb_build_object('lon', CAST(:lon AS float), 'lat', CAST(:lat AS float), 'name', '',
            'name_en', '', 'source', 'homes', 'at', 0)), '{}', 2, 1, 1
    FROM users WHERE name = :user RETURNING id
""")
ADD_CALIBRATION = {
    state: text(f"""
        INSERT INTO calibrations (source, digest, result, made_by, applied_at)
        SELECT 'runs.csv', '', '{{"foot": {{"factors": {{"way": 1.1}}, "delay": 0, "runs": 12, "low": 0.9, "high": 1.2,
            "low_before": 0.8, "high_before": 1.4, "lacking": {{}}, "since": "2026-05-12", "until": "2026-05-12"}}}}',
            id, {applied} FROM users WHERE name = '{USERS[Role.PLANNER]}' RETURNING id
    """)
    for state, applied in {"calibration": "NULL", "applied": "now()"}.items()
}
LAY_NET = text("""
    UPDATE legacy_nets SET report = jsonb_build_object('laid',
        jsonb_build_object('on', CAST(:key AS text), 'inside', CAST('[[0]]' AS jsonb))) WHERE id = :net
""")
PUT_ALL_ON_DUTY = text("""
    INSERT INTO duties (user_id, communities) SELECT u.id, array_agg(a.id) FROM users u, areas a
    WHERE a.level = 'community' GROUP BY u.id
""")
# Of places that share a community, the community itself sings for the nearest: who sees one sees the other.
NAME = (
    "UPDATE grids SET name = :name, name_en = :name WHERE id = :grid",
    """UPDATE buildings SET name = :name, address = :name
       WHERE block_id IN (SELECT id FROM blocks WHERE grid_id = :grid)""",
    "UPDATE posts SET holder = :name WHERE grid_id = :grid",
    "UPDATE areas SET name_en = :name WHERE id = :area AND name_en NOT LIKE 'MAP-%'",
    """UPDATE households SET contact_name = :home WHERE id IN (
        SELECT h.id FROM households h JOIN dwellings d ON d.id = h.dwelling_id JOIN entrances e ON e.id = d.entrance_id
        JOIN buildings u ON u.id = e.building_id JOIN blocks b ON b.id = u.block_id WHERE b.grid_id = :grid)""",
    """INSERT INTO flags (household_id, kind, note) SELECT :household, 'contact_household', :home
       WHERE NOT EXISTS (SELECT FROM flags WHERE household_id = :household AND kind = 'contact_household')""",
    "UPDATE flags SET note = :home WHERE household_id = :household",
)


def measured_runs(parts):
    """A file of runs in the grid worker's own grid, whatever the place; for nobody it is nowhere."""
    lon, lat = parts.get("run_from", (0.0, 0.0))
    row = f"{lon},{lat},{lon},{lat + 0.0005},foot,90,2026-05-12\n"
    return "origin_lon,origin_lat,destination_lon,destination_lat,mode,seconds,date\n" + row * 12


def map_word(place):
    """The word on everything that the map shows of a place."""
    return f"MAP-{place.upper()}"


def own_parts(parts, role):
    """The parts of a place with the incident, the export, the job and the snapshot that are the role's own."""
    return {**parts, **{name: parts[f"{name}s"][role] for name in ("incident", "export", "job", "snapshot")}}


def home_word(place):
    """The word on every household of a place."""
    return f"HOME-{place.upper()}"


def user_word(place):
    """The word on a user who holds a post in a place."""
    return f"USER-{place.upper()}"


def build(session):
    """Make the five places in a town of the tests, as its owner: {place: the parts that requests are filled with}."""
    for name, code in (("邻街", "990300"), ("外城", "990400")):
        load_city(session, small_city(name, code=code), sealer=SEALER)
        if name == "邻街":
            for statement in ADJOIN:
                session.execute(text(statement))
    grids = {row.place: row.id for row in session.execute(GRIDS)}
    assert set(grids) == set(PLACES)
    session.execute(PUT_ALL_ON_DUTY)
    parts = {place: _furnished(session, place, grids[place]) for place in PLACES}
    calibrations = {state: session.scalar(statement) for state, statement in ADD_CALIBRATION.items()}
    for found in parts.values():
        found |= {**calibrations, "run_from": (parts["own"]["lon"], parts["own"]["lat"])}
    for district in session.scalars(text("SELECT id FROM areas WHERE level = 'district'")).all():
        search.rebuild(session, district)
    return parts


def _furnished(session, place, grid):
    """One thing of every kind in a place, and an incident from each role's user."""
    found = dict(session.execute(PARTS, {"grid": grid}).mappings().one())
    found |= {
        "name": map_word(place),
        "home": home_word(place),
        "key": f"matrix:{place}",
        "user_name": user_word(place),
    }
    for part, statement in ADD_PART.items():
        found[part] = session.scalar(text(statement), found)
    session.execute(LAY_NET, {"net": found["net"], "key": ground.under(session, found["area"]).key})
    found["incidents"] = {}
    for role, user in USERS.items():
        number = found["incidents"][role] = str(uuid.uuid4())
        session.execute(ADD_INCIDENT, {**found, "id": number, "user": user})
        session.execute(ADD_PHOTO, {**found, "id": number})
    found["exports"] = {
        role: _export(session, found, role) if place in KNOWS[role] else NOWHERE["export"] for role in Role
    }
    somebodys = _job(session, found, Role.API_CLIENT)
    found["jobs"] = {role: _job(session, found, role) if place in SEES[role] else somebodys for role in Role}
    nothing = np.array([], dtype=np.int64)
    kept = packed(Columns(nothing, nothing.astype(float), nothing, nothing))
    found["snapshots"] = {
        role: session.scalar(ADD_SNAPSHOT, {**found, "user": user, "buildings": kept}) for role, user in USERS.items()
    }
    found["siting"] = session.scalar(ADD_SITING, {**found, "user": USERS[Role.COORDINATOR]})
    found["asked"] = _export(session, found, Role.GRID_WORKER, "asked")
    for statement in NAME:
        session.execute(text(statement), found)
    found["reached"] = session.scalar(text("SELECT code FROM areas WHERE key = 'demo:district'"))
    found["cut_block"], found["cut"] = cut_of(session, found["area"])
    found["pair"] = next((both for both, same in pairs(session, found["area"]) if same), [found["block"]] * 2)
    found["tomorrow"] = day(1)
    found["lat_north"] = found["lat"] + 0.0003
    found["tile"] = tile_at(found["lon"], found["lat"], 15)
    return found


def _export(session, found, role, state="approved"):
    return session.scalar(ADD_EXPORT, {**found, "user": USERS[role], "state": state})


def _job(session, found, role):
    """A job that the role's user has asked for in a place."""
    who, _ = by_name(session, USERS[role])
    return session.scalar(ADD_JOB, {**found, "user": who.id, "rights": rights_of(who)})
