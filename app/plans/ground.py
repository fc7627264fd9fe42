"""The ground of an area that is redrawn: its blocks with what lies between them, kept as long as it is the same."""

import gzip
import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from sqlalchemy.orm import Session

from app.kept import Kept, Stamp, stamp_of
from app.plans import queries, stored
from gis.plan import NO_GRID, Plan
from gis.plan_scores import USUAL, WORKER, scores
from gis.plan_walks import rounds

DATASETS = ("areas", "grids", "buildings", "roads", "ground")
GZIP_LEVEL = 4  # a quarter of the size in a tenth of a second


@dataclass(frozen=True)
class Told:
    """The ground of an area, and what it is told as; `key` differs where it does."""

    key: str
    ground: queries.Ground
    text: str

    @cached_property
    def scores(self) -> dict[str, Any]:
        """What today's grids are worth."""
        return worth(self.ground, self.ground.today)

    @cached_property
    def packed(self) -> bytes:
        """The text, packed."""
        return gzip.compress(self.text.encode(), GZIP_LEVEL, mtime=0)


def worth(ground: queries.Ground, plan: Plan) -> dict[str, Any]:
    """The scores of a plan against today, and the metres of a round through its grids, on average."""
    of = np.unique(np.r_[NO_GRID, plan.of], return_inverse=True)[1][1:] - 1
    walked = rounds(ground.ways, of.astype(np.int32))
    walk = round(float(walked.mean()), 1) if len(walked) else 0.0
    return {**scores(plan, today=ground.today)._asdict(), "walk": walk}


_grounds: Kept[Told] = Kept(8)


def ground_of(session: Session, area_id: int) -> Told:
    """The ground of an area that has communities."""
    stamp = stamp_of(session, *DATASETS)
    return _grounds.get((stamp[0][0], area_id), stamp, lambda: _made(session, area_id, stamp))


def key_of(session: Session, area_id: int) -> str:
    """What the key of the ground is now, without making it."""
    return _key(stamp_of(session, *DATASETS), area_id)


def _key(stamp: Stamp, area_id: int) -> str:
    return hashlib.sha256(repr((stamp, area_id)).encode()).hexdigest()[:24]


def _made(session: Session, area_id: int, stamp: Stamp) -> Told:
    ids = stored.communities(session, area_id)
    found = queries.ground(session, queries.district_of(session, area_id), ids)
    key = _key(stamp, area_id)
    columns = {
        "stamp": key,
        "size": USUAL._asdict(),
        "worker": WORKER,
        "communities": [dict(row) for row in queries.communities(session, ids).values()],
        "compounds": [dict(row) for row in queries.compounds(session, np.unique(found.atoms.compound).tolist())],
        "blocks": _blocks(found),
        "edges": _edges(found),
        "today": stored.todays_grids(session, ids),
    }
    features = ",".join(queries.shapes(session, ids))
    text = json.dumps(columns, ensure_ascii=False, separators=(",", ":"))
    return Told(key, found, f'{text[:-1]},"shapes":{{"type":"FeatureCollection","features":[{features}]}}}}')


def _blocks(found: queries.Ground) -> dict[str, list[Any]]:
    """The blocks as columns."""
    atoms = found.atoms
    return {
        "id": [int(key) for key in atoms.keys],
        "community": found.community.tolist(),
        "compound": atoms.compound.tolist(),
        "households": atoms.households.tolist(),
        "buildings": found.buildings.tolist(),
        "area": atoms.area.round(1).tolist(),
        "outline": atoms.outline.round(1).tolist(),
        "grid": found.today.of.tolist(),
    }


def _edges(found: queries.Ground) -> dict[str, list[Any]]:
    """What lies between neighbours as columns, each pair once."""
    atoms = found.atoms
    once = np.flatnonzero(atoms.tail < atoms.near)
    return {
        "one": atoms.tail[once].tolist(),
        "two": atoms.near[once].tolist(),
        "metres": atoms.metres[once].round(1).tolist(),
        "passable": atoms.passable[once].astype(int).tolist(),
        "along": atoms.along[once].tolist(),
    }
