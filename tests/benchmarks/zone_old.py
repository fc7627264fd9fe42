"""Response zones of our own against pgRouting in the same database, on the same roads, in one run.

Ours: search, four contours and polygons in lon/lat. pgRouting: pgr_withPointsDD from the same place in the middle of a
road, and ST_ConcaveHull around the nodes within each limit. Recall is the share of the truly reached road length that
lies inside the polygon, precision the share of the enclosed road length that is truly reached.
"""

import json
import statistics
import time

import click
import numpy as np
import pytest
import shapely
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from app.imports.loader import load_city
from app.migrate import migrate
from app.roads.networks import network_of
from gis.contours import zones
from gis.demo import demo_city
from gis.reach import reach
from gis.travel import Mode
from tests.fixtures.town import SEALER

SCALE = 0.5
LIMITS = (60, 180, 300, 600)  # seconds
ORIGINS = 12
EDGES = "SELECT id, source, target, cost, reverse_cost FROM bench_edges"
# Places of pgr_withPoints are negative; -1 is the only one.
REACHED = text(f"""
    SELECT node, agg_cost FROM pgr_withPointsDD(
        '{EDGES}', format('SELECT 1 AS pid, %s::bigint AS edge_id, %s::float AS fraction', CAST(:edge AS text),
                          CAST(:fraction AS text)), -1, {LIMITS[-1]}, directed => true) WHERE node > 0
""")
HULLS = text(f"""
    WITH reached AS (
        SELECT n.geom, d.agg_cost FROM pgr_withPointsDD(
            '{EDGES}', format('SELECT 1 AS pid, %s::bigint AS edge_id, %s::float AS fraction', CAST(:edge AS text),
                              CAST(:fraction AS text)), -1, {LIMITS[-1]}, directed => true) d
        JOIN road_nodes n ON n.id = d.node)
    SELECT ST_AsBinary(ST_ConcaveHull(ST_Collect(geom), 0.5)) FROM reached, unnest(CAST(:limits AS float[])) l
    WHERE agg_cost <= l GROUP BY l ORDER BY l
""")


@pytest.fixture(scope="module")
def bench(server, worker_id):
    """A session on half a demo district with pgRouting in its database."""
    database = server.empty(f"{worker_id}_bench")
    administration = create_engine(database.admin)
    with administration.begin() as connection:
        if not connection.scalar(text("SELECT count(*) FROM pg_available_extensions WHERE name = 'pgrouting'")):
            pytest.skip("pgRouting is not among this server's extensions")
        connection.execute(text("CREATE EXTENSION IF NOT EXISTS pgrouting"))
    administration.dispose()
    migrate(database.owner)
    engine = create_engine(database.owner)
    with Session(engine) as session, session.begin():
        district = load_city(session, demo_city(seed=2, scale=SCALE), sealer=SEALER, source="bench").district_id
    with Session(engine) as session:
        yield session, district
    engine.dispose()
    server.drop(database)


@pytest.mark.parametrize("mode", list(Mode))
def test_zones_beside_pgrouting(bench, mode):
    session, district = bench
    network = network_of(session, district)
    net = network.by(mode)
    store_costs(session, net)
    random = np.random.default_rng(7)
    rows = [compare(session, network, mode, int(edge)) for edge in random.choice(net.attachable, ORIGINS)]
    report = {
        "work": "zone, four contours, median of origins",
        "mode": mode.value,
        "edges": len(net.seconds),
        "ours_ms": statistics.median(row["ours"] for row in rows) * 1000,
        "pgrouting_ms": statistics.median(row["theirs"] for row in rows) * 1000,
        "quality": {
            str(limit): {
                name: round(statistics.mean(row[name][at] for row in rows), 3)
                for name in ("recall", "precision", "pgrouting_recall", "pgrouting_precision")
            }
            for at, limit in enumerate(LIMITS)
        },
        "largest_difference_of_seconds": max(row["difference"] for row in rows),
    }
    report["ratio"] = report["ours_ms"] / report["pgrouting_ms"]
    tell(report)
    assert report["largest_difference_of_seconds"] < 0.001
    assert all(row["recall"] == pytest.approx([1.0] * len(LIMITS), abs=1e-3) for row in rows)


def store_costs(session, net):
    """Put the seconds of the district's edges into `bench_edges`, -1 where closed."""
    roads = net.roads
    costs = np.where(np.isfinite(net.seconds), net.seconds, -1.0)
    session.execute(text("DROP TABLE IF EXISTS bench_edges"))
    session.execute(
        text("CREATE TABLE bench_edges (id bigint PRIMARY KEY, source bigint, target bigint, cost float,"
             " reverse_cost float)")
    )  # fmt: skip
    session.execute(
        text("INSERT INTO bench_edges VALUES (:id, :source, :target, :cost, :reverse)"),
        [
            {"id": int(edge), "source": int(tail), "target": int(head), "cost": float(a), "reverse": float(b)}
            for edge, tail, head, (a, b) in zip(
                roads.edge_id, roads.node_id[roads.tail], roads.node_id[roads.head], costs, strict=True
            )
        ],
    )
    session.execute(text("ANALYZE bench_edges"))


def compare(session, network, mode, edge):
    """Seconds, quality and the largest difference between arrivals of both, from 0.37 of an edge."""
    net = network.by(mode)
    xy = shapely.get_coordinates(shapely.line_interpolate_point(net.roads.lines_of([edge]), 0.37, normalized=True))
    place = net.attach(xy)._replace(
        edge=np.array([edge], dtype=np.int32), fraction=np.array([0.37]), offset=np.zeros(1)
    )
    start = time.perf_counter()
    found = reach(net, place, LIMITS[-1])
    ours = [network.frame.to_degrees(zone) for zone in zones(found, LIMITS)]
    done = time.perf_counter()
    bound = {"edge": int(net.roads.edge_id[edge]), "fraction": 0.37}
    hulls = session.execute(HULLS, {**bound, "limits": list(LIMITS)}).all()
    end = time.perf_counter()
    theirs = [network.frame.to_metres(shapely.from_wkb(bytes(row[0]))) for row in hulls]
    theirs = [shapely.Polygon()] * (len(LIMITS) - len(theirs)) + theirs
    row = {"ours": done - start, "theirs": end - done, "difference": difference(session, net, found, bound)}
    for name, polygons in (("", [network.frame.to_metres(zone) for zone in ours]), ("pgrouting_", theirs)):
        row |= quality(net, found, polygons, name)
    return row


def difference(session, net, found, bound):
    """The largest difference between our seconds to nodes and pgRouting's."""
    position = {int(node): at for at, node in enumerate(net.roads.node_id)}
    theirs = np.full(len(position), np.inf)
    for node, seconds in session.execute(REACHED, bound):
        theirs[position[node]] = seconds
    both = np.isfinite(theirs) | np.isfinite(found.node_seconds)
    apart = np.abs(np.where(both, theirs, 0) - np.where(both, found.node_seconds, 0))
    # On the limit itself either may keep a node that the other leaves out.
    edge_of_time = np.minimum(theirs, found.node_seconds) > LIMITS[-1] - 1e-6
    return float(apart[both & ~edge_of_time].max(initial=0.0))


def quality(net, found, polygons, name):
    """Recall and precision at each limit, by length of road."""
    roads = net.roads.lines_of(np.isfinite(net.seconds).any(axis=1))
    told = {f"{name}recall": [], f"{name}precision": []}
    for limit, polygon in zip(LIMITS, polygons, strict=True):
        pieces = np.array(found.pieces(limit), dtype=object)
        inside = shapely.length(shapely.intersection(pieces, polygon)).sum()
        enclosed = shapely.length(shapely.intersection(roads, polygon)).sum()
        told[f"{name}recall"].append(float(inside / shapely.length(pieces).sum()))
        told[f"{name}precision"].append(float(min(inside / enclosed, 1.0)) if enclosed else 0.0)
    return told


def tell(report):
    """Print the report as JSON and as a table."""
    click.echo("\n" + json.dumps(report))
    click.echo(f"{report['mode']}: ours {report['ours_ms']:.1f} ms, pgRouting {report['pgrouting_ms']:.1f} ms,"
          f" ratio {report['ratio']:.3f}")  # fmt: skip
    click.echo("| seconds | recall | precision | pgRouting recall | pgRouting precision |\n|---|---|---|---|---|")
    for limit, row in report["quality"].items():
        click.echo(f"| {limit} | {' | '.join(f'{value:.3f}' for value in row.values())} |")
