"""Networks drawn in ASCII for tests: letters are junctions, lines are roads, `+` passes over without a junction.

a----b>>>>c     ten metres a sign, across and down; - and | both ways, > < v ^ one way (cars and e-bikes)
|    |    v
d--+-e----f
"""

import numpy as np
from numpy.typing import NDArray

from gis.city import RoadClass
from gis.local import LocalFrame
from gis.network import CLASSES, Network, Roads
from gis.travel import SPEEDS, Speeds

SIGN = 10.0  # metres
RIGHT, DOWN = (0, 1), (1, 0)
WAYS = {RIGHT: "-<>+", DOWN: "|v^+"}
AGAINST = {RIGHT: "<", DOWN: "^"}
ALONG = {RIGHT: ">", DOWN: "v"}

WALKING = {road_class: Speeds(3.6, 18.0, 36.0) for road_class in RoadClass}
"""1 m/s on foot, 5 m/s by e-bike, 10 m/s by car: easy to reckon with."""


def draw(picture: str, speeds: dict[RoadClass, Speeds] | None = None) -> tuple[Network, dict[str, int]]:
    """The network of a drawing and the position of each letter's node."""
    rows = picture.strip("\n").split("\n")
    margin = min(len(row) - len(row.lstrip()) for row in rows if row.strip())
    signs = {(y, x): sign for y, row in enumerate(rows) for x, sign in enumerate(row[margin:])}
    letters = {place: sign for place, sign in signs.items() if sign.isalpha() and sign != "v"}
    nodes = {sign: at for at, sign in enumerate(letters.values())}
    xy = np.array([(x * SIGN, -y * SIGN) for y, x in letters])
    edges = [
        (nodes[sign], nodes[letters[end]], way)
        for place, sign in letters.items()
        for step in (RIGHT, DOWN)
        for end, way in [follow(signs, letters, place, step)]
        if end
    ]
    return network(xy, edges, speeds), nodes


def follow(signs, letters, place, step):
    """The letter where the road from `place` ends, and its way: 0 both, 1 along, -1 against."""
    way, (y, x) = 0, place
    while True:
        y, x = y + step[0], x + step[1]
        if (y, x) in letters:
            return (y, x), way
        sign = signs.get((y, x), " ")
        if sign not in WAYS[step]:
            return None, 0
        way = way or (sign == ALONG[step]) - (sign == AGAINST[step])


def network(
    xy: NDArray[np.float64],
    edges: list[tuple[int, int, int]],
    speeds: dict[RoadClass, Speeds] | None = None,
    length: NDArray[np.float64] | None = None,
) -> Network:
    """A network of residential roads (tail, head, way) that are straight; `way` as in `follow`, for vehicles only."""
    tail, head, way = np.array(edges, dtype=int).reshape(-1, 3).T
    forward, backward = way >= 0, way <= 0
    everywhere = np.ones(len(edges), dtype=bool)
    permitted = np.stack(
        [np.stack([everywhere] * 2, 1), np.stack([forward, backward], 1), np.stack([forward, backward], 1)], 1
    )
    roads = Roads(
        frame=LocalFrame(121.5, 31.2),
        node_id=np.arange(len(xy)),
        node_xy=np.asarray(xy, dtype=float),
        edge_id=np.arange(len(edges)),
        tail=tail.astype(np.int32),
        head=head.astype(np.int32),
        length=np.hypot(*(xy[head] - xy[tail]).T) if length is None else length,
        road_class=np.full(len(edges), CLASSES.index(RoadClass.RESIDENTIAL), dtype=np.int8),
        permitted=permitted,
        maxspeed_kph=np.full(len(edges), np.nan),
        xy=np.stack([xy[tail], xy[head]], axis=1).reshape(-1, 2),
        line_start=np.arange(0, 2 * len(edges) + 1, 2, dtype=np.int32),
    )
    return Network(roads, WALKING if speeds is None else speeds)


__all__ = ["SPEEDS", "draw", "network"]
