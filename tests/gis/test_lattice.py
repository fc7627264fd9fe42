"""The city of measurements."""

import numpy as np

from gis.demo.lattice import lattice
from gis.network import Network
from gis.travel import Mode


def test_it_is_the_same_for_the_same_seed_and_holds_together():
    roads, again, other = lattice(30, seed=1), lattice(30, seed=1), lattice(30, seed=2)
    assert (roads.xy == again.xy).all()
    assert not (roads.xy == other.xy).all()
    assert (len(roads.node_xy), len(roads.tail)) == (900, 2 * 30 * 29)
    assert (roads.xy[roads.line_start[:-1]] == roads.node_xy[roads.tail]).all()
    assert (roads.xy[roads.line_start[1:] - 1] == roads.node_xy[roads.head]).all()
    network = Network(roads)
    assert len(np.unique(network.by(Mode.FOOT).component)) == 1
    assert len(network.by(Mode.FOOT).attachable) == len(roads.tail)
    one_way = np.isinf(network.by(Mode.CAR).seconds).any(axis=1)
    assert 0.2 < one_way.mean() < 0.4
    assert np.isfinite(network.by(Mode.CAR).seconds).any(axis=1).all()
