"""What the routes of the response take."""

import math
from typing import Annotated

from flask_babel import gettext
from pydantic import BeforeValidator, Field, WithJsonSchema

from app.features import Place
from gis.city import StationKind
from gis.travel import Mode

MOST_MINUTES = 6  # values in one request
LONGEST = 60.0  # minutes
SHORTEST = 0.25  # minutes
MOST_RESOURCES = 50


def _read_minutes(value: object) -> object:
    """Rising minutes out of "1,3,5,10"; ValueError with a sentence where they are none."""
    if not isinstance(value, str):
        return value
    try:
        minutes = [float(part) for part in value.split(",")[: MOST_MINUTES + 1]]
    except ValueError:
        raise ValueError(gettext("this must be minutes like 1,3,5,10")) from None
    if len(minutes) > MOST_MINUTES:
        raise ValueError(gettext("this may have at most %(most)d values", most=MOST_MINUTES))
    if not all(math.isfinite(one) and SHORTEST <= one <= LONGEST for one in minutes):
        raise ValueError(gettext("minutes must be from %(low)s to %(high)s", low=f"{SHORTEST:g}", high=f"{LONGEST:g}"))
    return tuple(sorted(set(minutes)))


Minutes = Annotated[
    tuple[float, ...],
    BeforeValidator(_read_minutes),
    WithJsonSchema({"type": "string", "description": "minutes, separated by commas", "examples": ["1,3,5,10"]}),
]


class ZoneQuery(Place):
    """A place, minutes and a mode."""

    minutes: Minutes = (1.0, 3.0, 5.0, 10.0)
    mode: Mode = Mode.FOOT


class NearestQuery(Place):
    """A place, a kind of station (all of them where it is left out), a mode and how many to name."""

    kind: StationKind | None = None
    mode: Mode = Mode.FOOT
    limit: int = Field(5, ge=1, le=MOST_RESOURCES)
