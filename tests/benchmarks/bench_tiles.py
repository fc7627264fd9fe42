"""Tiles behind row-level security against the same statements without it, on the demo at scale 1, in one run.

The role that serves asks with the scope of a coordinator (every grid of the district) and of a grid worker (one of
them); a superuser, for whom no policy holds, asks with the same parameters. Both are warm, round by round in turn, and
the quickest round counts: the others tell about the machine.
"""

import time
from typing import NamedTuple

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from app.accounts import queries as accounts
from app.accounts.models import Role
from app.accounts.service import add_user
from app.areas import tiles as area_tiles
from app.areas.scope import scope_of
from app.cluster import roles
from app.cluster.database import Database
from app.register import tiles as register_tiles
from app.tiles import Address, Layer, make
from tests.app.vector_tile import read_tile
from tests.benchmarks.report import Row

ROUNDS = 15
MOST = 1.3  # times as slow as without a wall may a tile be
LAYERS = {layer.name: layer for layer in (*area_tiles.LAYERS, *register_tiles.LAYERS)}
ASKED = {"buildings": (13, 14, 15, 16), "blocks": (13, 14, 15), "grids": (11, 12, 13, 14)}
TILES_EACH = 3  # of a zoom, those over most buildings
BUSIEST = text("""
    SELECT floor((ST_X(c) + 180) / 360 * (1 << :z))::int AS x,
        floor((1 - asinh(tan(radians(ST_Y(c)))) / pi()) / 2 * (1 << :z))::int AS y
    FROM buildings u, LATERAL (SELECT ST_Centroid(u.geom) AS c) at
    WHERE u.key LIKE 'demo:%' GROUP BY 1, 2 ORDER BY count(*) DESC, 1, 2 LIMIT :most
""")


class Case(NamedTuple):
    """One tile for one reader."""

    role: Role
    layer: Layer
    address: Address


@pytest.fixture(scope="module")
def district(store, towns):
    """The whole demo district with a coordinator and a grid worker."""
    database: Database = store
    if database.app == database.owner:
        pytest.skip("one role owns and serves on this server: there is no wall")
    roles.grant(database)
    with Session(create_engine(database.owner, poolclass=NullPool)) as session, session.begin():
        row = session.execute(
            text("""SELECT g.code AS grid, a.code AS community, d.code AS all
                    FROM areas d, grids g JOIN areas a ON a.id = g.community_id
                    WHERE d.id = :demo AND g.key LIKE 'demo:%' AND g.kind = 'base' ORDER BY g.code LIMIT 1"""),
            {"demo": towns["demo"].district},
        ).one()
        add_user(session, name="coordinator", role=Role.COORDINATOR, area_code=row.all)
        add_user(session, name="worker", role=Role.GRID_WORKER, area_code=row.community, grid_code=row.grid)
    with create_engine(database.admin, isolation_level="AUTOCOMMIT", poolclass=NullPool).connect() as connection:
        connection.execute(text("VACUUM ANALYZE"))
    return database


def test_tiles_behind_the_wall_and_without_it(district, report):
    with (
        Session(create_engine(district.app, poolclass=NullPool)) as walled,
        Session(create_engine(district.admin, poolclass=NullPool)) as free,
    ):
        rows = []
        for role, name in ((Role.COORDINATOR, "coordinator"), (Role.GRID_WORKER, "worker")):
            walled.rollback()
            who = accounts.by_name(walled, name)
            assert who is not None
            scope = scope_of(walled, who[0])
            for case in cases(free, role):
                assert seen(walled, scope, case) == seen(free, scope, case)
                rows.append((case, *quickest(walled, free, scope, case)))
    tell(rows, report)
    layers = grouped(rows, lambda case: (case.role, case.layer.name))
    assert [(key, inside / outside) for key, inside, outside in layers if inside > outside * MOST] == []


def seen(session, scope, case):
    """What stands in the tile, in whatever order PostgreSQL found it."""
    layers = read_tile(make(session, scope, case.layer, case.address))
    return {name: sorted(features, key=repr) for name, features in layers.items()}


def cases(session, role):
    """The busiest tiles of each layer and zoom."""
    for name, zooms in ASKED.items():
        for z in zooms:
            for x, y in session.execute(BUSIEST, {"z": z, "most": TILES_EACH}):
                yield Case(role, LAYERS[name], Address(z, x, y))


def quickest(walled, free, scope, case):
    """Milliseconds with and without the wall."""
    taken = {walled: [], free: []}
    for _ in range(ROUNDS):
        for session, times in taken.items():
            started = time.perf_counter()
            make(session, scope, case.layer, case.address)
            times.append((time.perf_counter() - started) * 1000)
    return min(taken[walled]), min(taken[free])


def grouped(rows, key):
    """The sums over the tiles with the same key: the key, with the wall, without."""
    sums = {}
    for case, inside, outside in rows:
        both = sums.setdefault(key(case), [0.0, 0.0])
        both[0] += inside
        both[1] += outside
    return [(same, *both) for same, both in sums.items()]


def tell(rows, report):
    """A row of the report for each role and layer, and for all together."""
    for (role, layer), inside, outside in grouped(rows, lambda case: (case.role.value, case.layer.name)):
        add(report, f"tiles of {layer} for a {role.replace('_', ' ')}", inside, outside)
    add(report, "all these tiles", sum(inside for _, inside, _ in rows), sum(outside for *_, outside in rows))


def add(report, work, inside, outside):
    """One row: with the wall against without."""
    met = inside <= outside * MOST
    report.add(
        Row("Tiles behind row-level security", work, "demo", "ms", inside, "without it", outside, f"≤ {MOST:g} ×", met)
    )
