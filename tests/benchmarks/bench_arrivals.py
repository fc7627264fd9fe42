"""Arrival times of a thousand random origins against networkx's and pgRouting's."""

import numpy as np
import pytest

from gis.reach import reach
from gis.travel import Mode
from tests.benchmarks.networkx_peer import NetworkX
from tests.benchmarks.pgrouting_peer import PgRouting
from tests.benchmarks.report import Row
from tests.benchmarks.towns import SEED, origin_on

LIMIT = 600.0
ORIGINS = {"Nanjing": 200, "demo": 100, "Shanghai": 34}  # of each mode: about a thousand with all three modes
EDGE = 1e-6  # seconds: on the limit itself either may keep a node that the other leaves out


def test_arrivals_of_a_thousand_origins_are_those_of_networkx_and_pgrouting(towns, report):
    worst, count = {"networkx": 0.0, "pgRouting": 0.0}, 0
    for name, each in ORIGINS.items():
        for mode in (Mode.FOOT, Mode.EBIKE, Mode.CAR) if name in towns else ():
            net = towns[name].network.by(mode)
            peers = {"networkx": NetworkX(net), "pgRouting": PgRouting(towns[name].session, net, mode, name)}
            random = np.random.default_rng(SEED + 1)
            for edge, at in zip(random.choice(net.attachable, each), random.uniform(0.01, 0.99, each), strict=True):
                origin = origin_on(net, int(edge), float(at))
                own = reach(net, origin.exact, LIMIT).node_seconds
                count += 1
                for peer, tool in peers.items():
                    worst[peer] = max(worst[peer], apart(own, tool.node_seconds(origin, LIMIT)))
    for peer, seconds in worst.items():
        report.add(
            Row("Correctness", f"largest difference of arrivals, {count:,} origins", ", ".join(towns), "ms",
                seconds * 1000, peer, None, "≤ 1 ms", seconds <= 0.001)
        )  # fmt: skip
    assert max(worst.values()) <= 0.001
    if count < 1000:
        pytest.skip(f"only {count} origins: a town is missing")


def apart(ours, theirs):
    """The largest difference within the limit, seconds; infinite where only one of both arrives."""
    within = np.minimum(ours, theirs) <= LIMIT - EDGE
    return float(np.abs(ours[within] - theirs[within]).max(initial=0.0))
