"""Every household's first station among a million junctions, beside pgRouting and scipy; all in one request each."""

import time

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from gis.travel import Mode
from tests.benchmarks.pgrouting_peer import PgRouting
from tests.benchmarks.report import Row, alternately
from tests.benchmarks.towns import scattered

coverage = pytest.importorskip("gis.coverage")

GROUP = "Coverage"
HOUSEHOLDS, STATIONS = 1_000_000, 1_400
LIMIT = 3600.0  # seconds: on foot the whole city is searched
BANDS = np.array([60, 180, 300, 600, 1200, LIMIT])
ROUNDS = 5


def test_coverage_of_a_million_households(big, session, report):
    net = big.network.by(Mode.FOOT)
    doors = scattered(net, HOUSEHOLDS, seed=11, metres=20)
    stations = scattered(net, STATIONS, seed=12)
    climb = np.random.default_rng(13).integers(0, 18, HOUSEHOLDS) * 18.0

    def own(_):
        seconds, _which = coverage.first_arrivals(net, stations, doors, LIMIT)
        np.searchsorted(BANDS, seconds + climb)
        return seconds

    tools = {"ours": own, "scipy": lambda _: by_scipy(net, stations, doors)}
    times, answers = alternately(tools, [None] * ROUNDS, warm=1)
    ours, exact = answers["ours"][0], answers["scipy"][0]
    pgrouting = PgRouting(session, net, Mode.FOOT, "million")
    pgrouting.keep_points(stations)
    pgrouting.keep_doors(doors)
    began = time.perf_counter()
    theirs = pgrouting.coverage(STATIONS, LIMIT)
    took = (time.perf_counter() - began) * 1000
    session.rollback()
    work = f"coverage, {HOUSEHOLDS:,} households × {STATIONS:,} stations"
    report.add(Row(GROUP, work, big.name, "ms", times["ours"], "", None, "≤ 500 ms", times["ours"] <= 500))
    met = times["ours"] * 50 <= took
    report.add(Row(GROUP, work, big.name, "ms", times["ours"], "pgRouting", took, "≥ 50 × faster", met))
    report.add(Row(GROUP, work, big.name, "ms", times["ours"], "scipy", times["scipy"]))
    beside = ~np.isin(doors.edge, stations.edge)  # pgRouting's query goes by junctions
    worst = apart(ours, exact)
    report.add(
        Row(GROUP, "largest difference of arrivals", big.name, "s", worst, "scipy", None, "≤ 0.01 s", worst <= 0.01)
    )
    wrong = apart(exact[beside], theirs[beside])
    report.add(Row(GROUP, "pgRouting's own error by these arrivals", big.name, "s", wrong, "scipy"))


def by_scipy(net, stations, doors):
    """Seconds to every door: one search from all stations by a virtual node, then both ends of each door's edge."""
    roads, graph = net.roads, net.graph
    n, cost = graph.shape[0], net.seconds
    onward = np.concatenate(
        [cost[stations.edge, 0] * (1 - stations.fraction), cost[stations.edge, 1] * stations.fraction]
    )
    ends = np.concatenate([roads.head[stations.edge], roads.tail[stations.edge]])
    least = np.full(n, np.inf)
    np.minimum.at(least, ends, onward + np.tile(stations.access, 2))
    reached = np.flatnonzero(np.isfinite(least))
    joined = csr_array(
        (
            np.concatenate([graph.data, np.maximum(least[reached], 1e-12)]),
            np.concatenate([graph.indices, reached]).astype(np.int32),
            np.append(graph.indptr, graph.indptr[-1] + len(reached)).astype(np.int32),
        ),
        shape=(n + 1, n + 1),
    )
    at = dijkstra(joined, indices=n, limit=LIMIT)[:n]
    seconds = np.minimum(
        at[roads.tail[doors.edge]] + cost[doors.edge, 0] * doors.fraction,
        at[roads.head[doors.edge]] + cost[doors.edge, 1] * (1 - doors.fraction),
    )
    for own in range(len(stations.edge)):
        here = slice(*np.searchsorted(doors.edge, [stations.edge[own], stations.edge[own] + 1]))
        ahead = doors.fraction[here] - stations.fraction[own]
        direct = np.where(ahead > 0, cost[stations.edge[own], 0], cost[stations.edge[own], 1]) * np.abs(ahead)
        seconds[here] = np.minimum(seconds[here], direct + stations.access[own])
    return seconds + doors.access


def apart(ours, theirs):
    """The largest difference within the limit, seconds."""
    within = np.minimum(ours, theirs) <= LIMIT - 0.01
    return float(np.abs(np.where(np.isfinite(ours), ours, 1e9)[within] - theirs[within]).max(initial=0.0))
