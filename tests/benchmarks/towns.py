"""The networks of the benchmarks: real ones and the demo in PostGIS, and a synthetic city of a million junctions."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.imports.loader import load_city
from app.roads.networks import network_of
from gis.city import City
from gis.demo import demo_city
from gis.local import LocalFrame
from gis.network import ModeNetwork, Network, Places
from gis.osm.importer import city_of
from gis.roads import CLASSES, RoadClass, Roads
from gis.travel import Mode
from tests.fixtures.town import SEALER

SHARED = Path(os.environ.get("WANGGE_SHARED_DATA") or Path(__file__).resolve().parents[3] / "shared/data")
REAL = {"Nanjing": "nanjing_xinjiekou.osm.pbf", "Shanghai": "shanghai_roads.osm.pbf"}
SIDE = 1000  # junctions of the synthetic city, each way
SPACING, JITTER = 100.0, 25.0  # metres
AT = 0.37  # of an edge: where the origins stand
SEED = 20261124


class Town(NamedTuple):
    """A network in memory and its district in PostGIS (None: only in memory), and the city it came from."""

    name: str
    network: Network
    session: Session | None = None
    district: int | None = None
    city: City | None = None

    def origins(self, mode: Mode, count: int) -> list["Origin"]:
        """Places in the middle of random edges, the same in every run."""
        net = self.network.by(mode)
        return [origin_on(net, int(edge)) for edge in np.random.default_rng(SEED).choice(net.attachable, count)]


class Origin(NamedTuple):
    """A place on an edge: for our own search, for pgRouting, and in degrees for whoever else."""

    edge: int
    xy: np.ndarray
    lonlat: tuple[float, float]
    exact: Places


def origin_on(net: ModeNetwork, edge: int, at: float = AT) -> Origin:
    """The place at `at` of an edge."""
    line = net.roads.line(edge)
    point = line.interpolate(at, normalized=True)
    xy = np.array([[point.x, point.y]])
    lon, lat = map(float, net.roads.frame.degrees(xy)[0])
    exact = Places(xy, np.array([edge], dtype=np.int32), np.array([at]), np.zeros(1))
    return Origin(edge, xy, (lon, lat), exact)


def scattered(net: ModeNetwork, count: int, *, seed: int, metres: float = 0.0) -> Places:
    """`count` places on random edges, up to `metres` beside them, in the order of their edges."""
    random = np.random.default_rng(seed)
    edge = np.sort(random.choice(net.attachable, count)).astype(np.int32)
    places = Places(np.zeros((count, 2)), edge, random.random(count), random.random(count) * metres)
    return places._replace(xy=net.snapped(places))


def load(session: Session, name: str, city: City) -> Town:
    """A city in PostGIS and in memory."""
    district = load_city(session, city, sealer=SEALER, source=f"bench {name}").district_id
    session.commit()
    session.execute(text("ANALYZE"))
    return Town(name, network_of(session, district), session, district, city)


def cities(report) -> Iterator[tuple[str, City]]:
    """The demo and the real cities whose files are here."""
    yield "demo", demo_city(seed=1, scale=1.0)
    for name, file in REAL.items():
        if (SHARED / file).exists():
            yield name, city_of([SHARED / file], area=name.lower())[0]
        else:
            report.skip(f"{name}: {file} is not beside the project in ../shared/data")


def million() -> Town:
    """A jittered grid of SIDE × SIDE junctions: every tenth street is large; a fifth of the small ones is one-way."""
    random = np.random.default_rng(SEED)
    column, row = np.meshgrid(np.arange(SIDE), np.arange(SIDE))
    xy = np.column_stack([column.ravel(), row.ravel()]) * SPACING - SIDE * SPACING / 2
    xy = xy + random.uniform(-JITTER, JITTER, xy.shape)
    node = np.arange(SIDE * SIDE, dtype=np.int32).reshape(SIDE, SIDE)
    tail = np.concatenate([node[:, :-1].ravel(), node[:-1, :].T.ravel()])
    head = np.concatenate([node[:, 1:].ravel(), node[1:, :].T.ravel()])
    street = np.repeat(np.arange(2 * SIDE), SIDE - 1)
    classes, one_way = streets(random)
    permitted = np.ones((len(tail), 3, 2), dtype=bool)
    permitted[one_way[street] == 1, 2, 1] = False
    permitted[one_way[street] == -1, 2, 0] = False
    ends = np.stack([xy[tail], xy[head]], axis=1)
    roads = Roads(
        frame=LocalFrame(118.8, 32.05),
        node_id=np.arange(len(xy)),
        node_xy=xy,
        edge_id=np.arange(len(tail)),
        tail=tail,
        head=head,
        length=np.hypot(*(ends[:, 1] - ends[:, 0]).T),
        road_class=classes[street],
        permitted=permitted,
        maxspeed_kph=np.full(len(tail), np.nan),
        xy=ends.reshape(-1, 2),
        line_start=np.arange(0, 2 * len(tail) + 1, 2, dtype=np.int32),
    )
    return Town("1M nodes", Network(roads.in_space_order()))


def streets(random):
    """The class of each street, and whether it is one-way: 1 as drawn, -1 against it, 0 not."""
    order = np.tile(np.arange(SIDE), 2)
    kinds = [RoadClass.RESIDENTIAL, RoadClass.TERTIARY, RoadClass.PRIMARY]
    kind = np.where(order % 10 == 0, 2, np.where(order % 5 == 0, 1, 0))
    classes = np.array([CLASSES.index(one) for one in kinds], dtype=np.int8)[kind]
    one_way = np.where((kind == 0) & (random.random(2 * SIDE) < 0.2), random.choice([-1, 1], 2 * SIDE), 0)
    return classes, one_way
