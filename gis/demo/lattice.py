"""A city of a million junctions for measurements: jittered streets in rows and columns, made as columns in seconds."""

import numpy as np
from numpy.typing import NDArray

from gis.city import RoadClass
from gis.local import LocalFrame
from gis.roads import CLASSES, Roads

SEED = 20260501
SIDE = 1000  # junctions along a side: 1M nodes, 2M edges, about 4M half-edges for walkers
BLOCK = 100.0  # metres between neighbours
JITTER = 0.3  # of a block, each way
ONE_WAY = 0.37  # of the small streets, for vehicles: as in a real city of Jiangsu
ARTERIAL, COLLECTOR = 20, 5  # every so many streets is one
LIMITS = {RoadClass.PRIMARY: 60.0}  # km/h

Floats = NDArray[np.float64]


def lattice(side: int = SIDE, *, seed: int = SEED) -> Roads:
    """The roads of a city of `side` by `side` junctions, the same for the same seed; ids are positions as drawn."""
    random = np.random.default_rng(seed)
    number = np.arange(side * side, dtype=np.int32).reshape(side, side)
    row, column = np.divmod(number.ravel(), side)
    xy = np.column_stack([column, row]) * BLOCK + random.uniform(-JITTER, JITTER, (side * side, 2)) * BLOCK
    xy -= xy.mean(axis=0)
    tail = np.concatenate([number[:, :-1].ravel(), number[:-1].ravel()])
    head = np.concatenate([number[:, 1:].ravel(), number[1:].ravel()])
    along_row = np.arange(len(tail)) < side * (side - 1)
    street = np.where(along_row, row[tail], column[tail])
    kinds = [RoadClass.PRIMARY, RoadClass.TERTIARY, RoadClass.RESIDENTIAL]
    which = np.select([street % ARTERIAL == 0, street % COLLECTOR == 0], [0, 1], 2)
    small = which == kinds.index(RoadClass.RESIDENTIAL)
    one_way, against = small & (random.random(len(tail)) < ONE_WAY), random.random(len(tail)) < 1 / 2
    forward, backward = ~(one_way & against), ~(one_way & ~against)
    both = np.ones(len(tail), dtype=bool)
    vehicles = np.stack([forward, backward], axis=1)
    return Roads(
        frame=LocalFrame(118.8, 32.0),
        node_id=np.arange(len(xy)),
        node_xy=xy,
        edge_id=np.arange(len(tail)),
        tail=tail,
        head=head,
        length=np.hypot(*(xy[head] - xy[tail]).T),
        road_class=np.array([CLASSES.index(kind) for kind in kinds], dtype=np.int8)[which],
        permitted=np.stack([np.stack([both, both], axis=1), vehicles, vehicles], axis=1),
        maxspeed_kph=np.array([LIMITS.get(kind, np.nan) for kind in kinds])[which],
        xy=np.stack([xy[tail], xy[head]], axis=1).reshape(-1, 2),
        line_start=np.arange(0, 2 * len(tail) + 1, 2, dtype=np.int32),
    ).in_space_order()
