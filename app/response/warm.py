"""Making ready what the first question about a response would wait for: networks, doors, stations and compiled code."""

import logging

import numpy as np
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session as SqlSession

from app.areas.scope import EVERYTHING
from app.db import Session
from app.kept import stamp_of
from app.response.ground import DATASETS, ground_of
from gis.contours import zones
from gis.nearest import nearest
from gis.network import NoRoadError
from gis.reach import reach
from gis.travel import Mode

LIMIT = 60.0  # seconds of the zone by which the compiled code is loaded
_DISTRICTS = text("SELECT id FROM areas WHERE level = 'district' ORDER BY id")

log = logging.getLogger(__name__)


def warm() -> None:
    """Load what zones on foot need, district by district; where that fails, the first question loads it."""
    try:
        with Session.begin() as session:
            for district in session.scalars(_DISTRICTS).all():
                _warm(session, district)
    except SQLAlchemyError as error:
        log.warning("nothing could be made ready for the first zones: %s", type(error).__name__)


def _warm(session: SqlSession, district: int) -> None:
    stamp = stamp_of(session, *DATASETS)
    try:
        ground = ground_of(session, EVERYTHING, district, Mode.FOOT, stamp)
    except NoRoadError:
        return
    place = ground.network.attach(np.zeros((1, 2)))
    found = reach(ground.network, place, LIMIT)
    zones(found, [LIMIT])
    found.door_seconds(ground.homes.places)
    nearest(ground.network, place, ground.stations.places, count=1, limit=LIMIT)
