"""What plans are measured on: the demo and Nanjing as they stand in PostGIS, and two random towns by their seeds."""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
import shapely
from shapely import LineString, box
from sqlalchemy import text

from app.imports.loader import load_city
from app.plans import queries
from gis.atoms import NOWHERE, Atoms, Barriers, atoms_of
from gis.demo import demo_city
from gis.osm.importer import city_of
from gis.plan_scores import USUAL
from gis.suggest import impossible
from tests.benchmarks.towns import REAL, SHARED
from tests.fixtures.town import SEALER

SUPERBLOCK = 560.0  # metres between main roads, about
ACROSS, UP = 5, 6  # blocks in a superblock each way
JITTER = 0.33  # of a block: how far its middle lies from where it would in a chequered town
EMPTY, HEAVY = 0.15, 0.03  # share of blocks without households, and of those with a tower
ESTATES = 7  # compounds in a superblock that has any
RIVER = 40.0  # metres
TINY = 1.0  # m²: what noding leaves between blocks
SEEDS = {"random, 2,500": (2026, 12, 7, 117_700), "random, 21,500": (2027, 24, 30, 1_000_000)}


class Instance(NamedTuple):
    """Blocks to be put into grids."""

    name: str
    atoms: Atoms

    @property
    def unmet(self) -> int:
        """How many grids miss the range at least, by what is said to be impossible."""
        return len(impossible(self.atoms))


def stored(name, session) -> Instance | None:
    """The demo or Nanjing: its blocks in the database that are in no dedicated grid; None where its file is missing."""
    if name == "demo":
        city = demo_city(seed=1, scale=1.0)
    elif (SHARED / REAL[name]).exists():
        city = city_of([SHARED / REAL[name]], area=name.lower(), invent=True)[0]
    else:
        return None
    district = load_city(session, city, sealer=SEALER, source=f"bench plans {name}").district_id
    communities = session.execute(text("""
        WITH RECURSIVE below(id, level) AS (SELECT id, level FROM areas WHERE id = :district
            UNION ALL SELECT a.id, a.level FROM areas a JOIN below b ON a.parent_id = b.id)
        SELECT id FROM below WHERE level = 'community' ORDER BY id"""), {"district": district})  # fmt: skip
    ground = queries.ground(session, district, list(communities.scalars()))
    base = np.flatnonzero(~np.isin(ground.today.of, list(ground.today.dedicated)))
    return Instance(name, ground.atoms.within(base))


def random_town(name: str) -> Instance:
    """Superblocks between main roads, cut into blocks around points; a railway and a river between them."""
    seed, columns, rows, households = SEEDS[name]
    random = np.random.default_rng(seed)
    xs, ys = (np.r_[0, random.uniform(0.75, 1.25, n).cumsum()] * SUPERBLOCK for n in (columns, rows))
    shapes, superblock = _blocks(random, xs, ys)
    middle = shapely.get_coordinates(shapely.centroid(shapes))
    down = [LineString([(x, ys[0]), (x, ys[-1])]) for x in xs]
    along = [LineString([(xs[0], y), (xs[-1], y)]) for y in ys]
    rail, river = columns // 3, rows // 2
    water = along[river].buffer(RIVER / 2, cap_style="flat")
    walks = [line for at, line in enumerate(along) if at != river]
    bridges = [line for at, line in enumerate(down) if at != rail and at % 2 == 0]
    barriers = Barriers(
        roads=[line for at, line in enumerate(down) if at != rail] + walks,
        railways=[down[rail]],
        waters=[water],
        walks=walks[1::2],
        bridges=[line.intersection(box(line.xy[0][0] - 1, ys[river] - 60, line.xy[0][0] + 1, ys[river] + 60))
                 for line in bridges],
    )  # fmt: skip
    atoms = atoms_of(
        shapes,
        _households(random, len(shapes), households),
        compounds=_compounds(random, middle, superblock),
        barriers=barriers,
    )
    return Instance(name, atoms)


def _blocks(random, xs, ys):
    """Blocks that cover the town without gap, and the superblock of each."""
    lines = [shapely.boundary(shapely.box(xs[0], ys[0], xs[-1], ys[-1]))]
    for x0, x1 in pairwise(xs):
        for y0, y1 in pairwise(ys):
            rectangle = box(x0, y0, x1, y1)
            u, v = np.meshgrid(np.arange(ACROSS) + 0.5, np.arange(UP) + 0.5)
            spots = np.column_stack([u.ravel(), v.ravel()]) + random.uniform(-JITTER, JITTER, (ACROSS * UP, 2))
            points = shapely.MultiPoint(spots * [(x1 - x0) / ACROSS, (y1 - y0) / UP] + [x0, y0])
            edges = shapely.voronoi_polygons(points, extend_to=rectangle, only_edges=True)
            lines += [shapely.intersection(edges, rectangle), rectangle.exterior]
    faces = shapely.get_parts(shapely.polygonize([shapely.union_all(lines, grid_size=0.01)]))
    faces = faces[shapely.area(faces) > TINY]
    middle = shapely.get_coordinates(shapely.point_on_surface(faces))
    column, row = np.searchsorted(xs, middle[:, 0]) - 1, np.searchsorted(ys, middle[:, 1]) - 1
    return list(faces), column * (len(ys) - 1) + row


def _households(random, count, total):
    """Households of each block, `total` in all: many a few, some none, some a tower's."""
    held = random.lognormal(0, 0.55, count)
    kind = random.random(count)
    held[kind < HEAVY] *= 3
    held[kind > 1 - EMPTY] = 0
    return np.minimum(held * total / held.sum(), USUAL.high).astype(np.int64).tolist()


def _compounds(random, middle, superblock):
    """The compound of each block, NOWHERE for a third: those nearest to the same point."""
    compound = np.full(len(middle), NOWHERE, dtype=np.int64)
    for number in np.unique(superblock):
        mine = np.flatnonzero(superblock == number)
        if random.random() < 1 / 3:
            continue
        seeds = middle[random.choice(mine, ESTATES, replace=False)]
        compound[mine] = number * ESTATES + np.linalg.norm(middle[mine, None] - seeds, axis=2).argmin(axis=1)
    return compound.tolist()
