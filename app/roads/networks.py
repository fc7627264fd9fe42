"""The road networks in memory: one for each district, made anew when roads or speeds change."""

from sqlalchemy.orm import Session

from app.roads import queries
from app.roads.kept import Kept, Stamp, part_of, stamp_of
from gis.network import Network

DATASET = "roads"
_networks: Kept[Network] = Kept(8)


def network_of(session: Session, district_id: int, stamp: Stamp | None = None) -> Network:
    """The network of a district as its roads and speeds are now; empty where it has no roads.

    `stamp` saves a look at the versions where the caller has one that knows the roads.
    """
    stamp = stamp_of(session, DATASET) if stamp is None else part_of(stamp, DATASET)
    return _networks.get(
        (stamp[0][0], district_id), stamp, lambda: Network(queries.roads(session, district_id), queries.speeds(session))
    )
