"""What nets are laid over: the blocks of an area with their buildings and households, and how well a net fits."""

import hashlib
from typing import Any, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from app.kept import Kept, stamp_of
from app.legacy import queries
from app.plans import stored
from app.plans.ground import DATASETS
from gis.crosswalk import Places, places_of, within
from gis.local import LocalFrame

MOST_LOOKED_AT = 3000  # corners of a net, and about as many places
NEAR_ROAD = 25.0  # metres from the edge of a block within which a corner lies on it
NEAR_BLOCK = 60.0  # metres from a block within which a corner belongs to the area
AROUND = 0.3  # degrees around the blocks in which it is measured at all


class Under(NamedTuple):
    """Blocks by id in lon/lat, where they are looked at, and the same in metres; `key` differs where the places do."""

    key: str
    ids: NDArray[np.int64]
    shapes: NDArray[np.object_]
    places: Places
    frame: LocalFrame
    metres: NDArray[np.object_]

    @property
    def middle(self) -> tuple[float, float]:
        """The middle of it."""
        return self.frame.lon0, self.frame.lat0


class Lie(NamedTuple):
    """How the corners of a net lie on an area, each a share: inside of it, and of these on edges of blocks."""

    inside: float
    aligned: float


class Fit(NamedTuple):
    """How well a net lies on an area, each a share: corners inside it, households in its grids, corners on edges."""

    inside: float
    covered: float
    aligned: float

    @property
    def whole(self) -> float:
        """The one figure by which systems are compared: lines of nets follow roads, and so do the edges of blocks."""
        return self.inside * (self.covered + 2 * self.aligned) / 3


_under: Kept[Under] = Kept(32)


def under(session: Session, area: int) -> Under:
    """What is to lie under a net of an area that has blocks."""
    stamp = stamp_of(session, *DATASETS)
    return _under.get((stamp[0][0], area), stamp, lambda: _made(session, area))


def _made(session: Session, area: int) -> Under:
    communities = stored.communities(session, area)
    ids, shapes = queries.blocks(session, communities)
    of, xy, households = queries.buildings(session, communities)
    frame = LocalFrame.of_points(shapely.get_coordinates(shapes))
    places = places_of(shapes, np.searchsorted(ids, of), xy, households)
    key = hashlib.sha256(places.xy.tobytes()).hexdigest()[:24]
    return Under(key, ids, shapes, places, frame, np.asarray(shapely.transform(shapes, frame.metres), dtype=object))


def lie_of(ground: Under, shapes: NDArray[np.object_]) -> Lie:
    """How a net in lon/lat lies on the ground; nothing is asked of the shapes but their corners."""
    share, metres = _inside(ground, shapes)
    if not len(metres):
        return Lie(0.0, 0.0)
    aligned = within(shapely.boundary(ground.metres), metres, NEAR_ROAD)
    return Lie(share, float(aligned.mean()))


def inside(ground: Under, shapes: NDArray[np.object_]) -> float:
    """The share of the corners of a net that lie in the area; nothing is asked of the shapes but their corners."""
    return _inside(ground, shapes)[0]


def _inside(ground: Under, shapes: NDArray[np.object_]) -> tuple[float, NDArray[np.float64]]:
    """Of up to MOST_LOOKED_AT corners those in the area: their share, and where they are in metres."""
    corners = shapely.get_coordinates(shapes)
    corners = corners[:: max(1, len(corners) // MOST_LOOKED_AT)]
    near = (np.abs(corners - ground.middle) <= AROUND).all(axis=1)
    if not near.any():
        return 0.0, corners[:0]
    metres = ground.frame.metres(corners[near])
    found = metres[within(ground.metres, metres, NEAR_BLOCK)]
    return len(found) / len(corners), found


def found_in(places: Places, others: Places) -> NDArray[np.int64]:
    """Where each of the places stands among the others, to the last digit; -1 for those that do not."""
    mine, theirs = (np.ascontiguousarray(one.xy).view(np.complex128).ravel() for one in (places, others))
    order = np.argsort(theirs)
    at = order[np.minimum(np.searchsorted(theirs, mine, sorter=order), len(theirs) - 1)]
    return np.where(theirs[at] == mine, at, -1).astype(np.int64)


def looked_at(places: Places) -> slice:
    """About MOST_LOOKED_AT of the places: a hostile net takes long to ask of each."""
    return slice(None, None, max(1, len(places.block) // MOST_LOOKED_AT))


def covered(places: Places, held: NDArray[np.bool_]) -> float:
    """The share of the households (of all places, where there are none) of places looked at that are `held`."""
    some = places.households[looked_at(places)]
    weight: Any = some if some.any() else np.ones(len(some))
    return float(weight[held].sum() / max(weight.sum(), 1))
