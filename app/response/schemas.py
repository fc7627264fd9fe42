"""What the routes of the response take."""

import math
from typing import Annotated

from flask_babel import gettext
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from app.features import LARGEST_ID, Place
from app.response.live import Question
from app.scenarios.schemas import Content
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


Minute = Annotated[float, Field(ge=SHORTEST, le=LONGEST, allow_inf_nan=False)]


class ZoneQuery(Place):
    """A place, minutes and a mode."""

    minutes: Minutes = (1.0, 3.0, 5.0, 10.0)
    mode: Mode = Mode.FOOT


class NearestQuery(Place):
    """A place, a kind of station (all of them where it is left out), a mode and how many to name."""

    kind: StationKind | None = None
    mode: Mode = Mode.FOOT
    limit: int = Field(5, ge=1, le=MOST_RESOURCES)


class LiveIn(BaseModel):
    """A scenario as it stands on the screen, saved or not, and what of it is to be drawn."""

    model_config = ConfigDict(extra="forbid")

    area_id: Annotated[int, Field(ge=0, le=LARGEST_ID)]
    content: Content = Content()
    mode: Mode = Mode.FOOT
    minutes: Annotated[list[Minute], Field(min_length=1, max_length=MOST_MINUTES)] = [1.0, 3.0, 5.0, 10.0]
    station: (
        Annotated[int, Field(ge=-LARGEST_ID, le=LARGEST_ID, description="Whose zone; else the incident's.")] | None
    ) = None
    kind: StationKind | None = Field(None, description="Whose cover is counted; nobody's where it is left out.")
    within: Minute = 10.0
    closed: bool = False

    def question(self) -> Question:
        """The question as `live` takes it."""
        minutes = sorted(set(self.minutes))
        kind = self.kind and self.kind.value
        return Question(
            self.area_id, self.content, self.mode, minutes, self.station, kind, self.within, closed=self.closed
        )
