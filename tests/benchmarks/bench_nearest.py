"""The five that arrive first, of 1,400 and of 20, beside brute force, scipy, pgRouting and Valhalla's matrix."""

import numpy as np
import pytest
from scipy.sparse.csgraph import dijkstra

from gis.nearest import nearest
from gis.reach import reach
from gis.travel import Mode
from tests.benchmarks.bench_zone import NAMES
from tests.benchmarks.pgrouting_peer import PgRouting
from tests.benchmarks.report import Row, alternately
from tests.benchmarks.towns import scattered
from tests.benchmarks.valhalla_peer import Valhalla

GROUP = "Nearest five"
COUNT = 5
ORIGINS = 5
LIMIT = 600.0  # seconds, of scipy's search: it needs one


@pytest.mark.parametrize("mode", [Mode.FOOT, Mode.CAR])
@pytest.mark.parametrize("many", [1400, 20])
def test_nearest_five(towns, report, mode, many):
    name = "Shanghai" if "Shanghai" in towns else "demo"
    town = towns[name]
    net, frame = town.network.by(mode), town.network.frame
    resources = scattered(net, many, seed=5)
    lonlat = [tuple(map(float, one)) for one in frame.degrees(resources.xy)]
    pgrouting = PgRouting(town.session, net, mode, name)
    pgrouting.keep_points(resources)
    valhalla = Valhalla(name.lower(), town.network)
    graph = net.reverse.graph

    def own(origin):
        return nearest(net, net.attach(origin.xy), resources, count=COUNT)

    def scipy(origin):
        ends = [net.roads.tail[origin.edge], net.roads.head[origin.edge]]
        seconds = dijkstra(graph, indices=ends, limit=LIMIT, min_only=True)
        return np.argsort(seconds[net.roads.tail[resources.edge]], kind="stable")[:COUNT]

    tools = {
        "ours": own,
        "scipy, nodes only": scipy,
        "pgRouting": lambda origin: pgrouting.nearest(origin, COUNT, many),
        "Valhalla's matrix": lambda origin: sorted(valhalla.matrix(mode, lonlat, origin.lonlat), key=not_none)[:COUNT],
    }
    origins = town.origins(mode, ORIGINS)
    times, answers = alternately(tools, origins)
    right = sum(
        same(told, brute(net, origin, resources)) for told, origin in zip(answers["ours"], origins, strict=True)
    )
    more = town.origins(mode, 200)
    right_of_all = sum(same(own(origin), brute(net, origin, resources)) for origin in more)
    work = f"nearest 5 of {many:,}, {NAMES[mode]}"
    share = (right + right_of_all) / (len(origins) + len(more))
    report.add(Row(GROUP, f"{work}: the same as brute force", name, "", share, "", None, "1.000", share == 1.0))
    for peer, theirs in times.items():
        if peer == "scipy, nodes only":
            report.add(Row(GROUP, work, name, "ms", times["ours"], peer, theirs))
        elif peer != "ours":
            met = times["ours"] * 50 <= theirs
            report.add(Row(GROUP, work, name, "ms", times["ours"], peer, theirs, f"≥ 50 × faster than {peer}", met))
    assert share == 1.0


def not_none(seconds):
    """Seconds, infinite where there are none."""
    return np.inf if seconds is None else seconds


def brute(net, origin, resources):
    """Seconds of every resource to the place, by a search of the whole network."""
    return reach(net.reverse, net.attach(origin.xy), np.inf).door_seconds(resources)


def same(told, seconds):
    """Whether the answer names the resources with the smallest seconds, in their order (equals may swap)."""
    least = np.sort(seconds)[: len(told)]
    return len(told) == min(COUNT, int(np.isfinite(seconds).sum())) and all(
        abs(one.seconds - at) < 1e-6 and abs(seconds[one.which] - at) < 1e-6
        for one, at in zip(told, least, strict=True)
    )
