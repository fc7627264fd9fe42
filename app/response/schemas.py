"""What the routes of the response take."""

import math
from collections.abc import Sequence
from typing import Annotated, Any, Literal
from uuid import UUID

from flask_babel import gettext
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from app.features import LARGEST_ID, Lat, Lon, Place
from app.response.live import Question
from app.response.nearest import NearestAsked
from app.response.origins import MOST_ORIGINS, Whence
from app.response.zone import Direction, ZoneAsked
from app.scenarios.schemas import Content, Point
from gis.city import StationKind
from gis.travel import Mode

MOST_MINUTES = 12  # values in one request
LONGEST = 60.0  # minutes
SHORTEST = 0.25  # minutes
MOST_RESOURCES = 50
MOST_IN_ADDRESS = 50  # stations that an address names


def _split(value: object) -> object:
    """The parts of "a,b,c", none of ""; a list as it is."""
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _read_minutes(value: object) -> object:
    """Rising minutes out of "1,2.5,10" or a list; ValueError with a sentence where they are none."""
    given = value.split(",") if isinstance(value, str) else value
    if not isinstance(given, Sequence):
        return value
    if len(given) > MOST_MINUTES:
        raise ValueError(gettext("this may have at most %(most)d values", most=MOST_MINUTES))
    return _rising(given)


def _rising(given: Sequence[Any]) -> tuple[float, ...]:
    try:
        minutes = [float(part) for part in given if not isinstance(part, bool)]
    except (ValueError, TypeError, OverflowError):
        raise ValueError(gettext("this must be minutes like 1,3,5,10")) from None
    if not minutes or len(minutes) < len(given):
        raise ValueError(gettext("this must be minutes like 1,3,5,10"))
    if not all(math.isfinite(one) and SHORTEST <= one <= LONGEST for one in minutes):
        raise ValueError(gettext("minutes must be from %(low)s to %(high)s", low=f"{SHORTEST:g}", high=f"{LONGEST:g}"))
    return tuple(sorted({round(one, 2) for one in minutes}))


Minutes = Annotated[
    tuple[float, ...],
    BeforeValidator(_read_minutes),
    WithJsonSchema({"type": "string", "description": "minutes, separated by commas", "examples": ["1,2.5,10"]}),
]
MinuteList = Annotated[
    tuple[float, ...],
    BeforeValidator(_read_minutes),
    WithJsonSchema({"type": "array", "items": {"type": "number"}, "examples": [[1, 2.5, 10]]}),
]
Kinds = Annotated[
    list[StationKind],
    BeforeValidator(_split),
    Field(max_length=len(StationKind)),
    WithJsonSchema({"type": "string", "description": "kinds of stations, separated by commas: fire,police"}),
]


def _read_places(value: object) -> object:
    """[[lon, lat], …] out of "lon,lat;lon,lat"; ValueError with a sentence where they are none."""
    if not isinstance(value, str):
        return value
    places = [part.split(",") for part in value.split(";") if part.strip()]
    if any(len(place) != 2 for place in places):  # noqa: PLR2004
        raise ValueError(gettext("this must be places like 121.47,31.23;121.48,31.24"))
    return places


Id = Annotated[int, Field(ge=0, le=LARGEST_ID)]
Ids = Annotated[
    list[Id],
    Field(max_length=MOST_IN_ADDRESS),
    BeforeValidator(_split),
    WithJsonSchema({"type": "string", "description": "ids of stations, separated by commas"}),
]
Points = Annotated[
    list[Point],
    Field(max_length=MOST_IN_ADDRESS),
    BeforeValidator(_read_places),
    WithJsonSchema({"type": "string", "description": "lon,lat;lon,lat … in degrees"}),
]


SCENARIO = Field(None, description="Reckon on the ground as a scenario has it; for those who plan.")
Minute = Annotated[float, Field(ge=SHORTEST, le=LONGEST, allow_inf_nan=False)]


class _Zone(BaseModel):
    """What every question for a zone says, however it is asked."""

    mode: Mode = Mode.FOOT
    direction: Direction = Direction.OUT
    scenario: UUID | None = SCENARIO
    area: Id | None = Field(None, description="The area whose stations of `kinds` are meant; else all that you see.")
    open_now: bool = Field(default=False, description="Of the stations only those that are open at this moment.")
    pieces: bool = Field(default=False, description="The reached parts of road too, cut where the time ends.")
    doors: bool = Field(default=False, description="The seconds until each reached door too, by id of the entrance.")

    def _asked(self, whence: Whence, minutes: Sequence[float]) -> ZoneAsked:
        whence = whence._replace(area_id=self.area, open_now=self.open_now)
        return ZoneAsked(whence, minutes, self.mode, self.direction, self.pieces, self.doors)


class ZoneQuery(_Zone):
    """A place, stations, or kinds of stations; minutes, a mode and a direction."""

    lon: Lon | None = None
    lat: Lat | None = None
    places: Points = Field([])
    stations: Ids = Field([])
    kinds: Kinds = Field([])
    minutes: Minutes = (1.0, 3.0, 5.0, 10.0)

    @model_validator(mode="after")
    def _from_somewhere(self) -> "ZoneQuery":
        if (self.lon is None) != (self.lat is None) or not (
            self.lon is not None or self.places or self.stations or self.kinds
        ):
            raise ValueError(gettext("say where: lon and lat, places, stations, or kinds"))
        return self

    def asked(self) -> ZoneAsked:
        """The question as the service takes it."""
        places = self.places if self.lon is None or self.lat is None else [(self.lon, self.lat), *self.places]
        return self._asked(Whence(places, self.stations, self.kinds), self.minutes)


class DoorsQuery(ZoneQuery):
    """A zone, and how many of the doors that it reaches to name."""

    limit: int = Field(200, ge=1, le=1000)


class FileQuery(ZoneQuery):
    """A zone, and which kind of file to make of it."""

    format: Literal["xlsx", "csv"] = "xlsx"


class ZoneIn(_Zone):
    """Many places, stations or kinds of stations together."""

    model_config = ConfigDict(extra="forbid")

    places: list[Point] = Field([], max_length=MOST_ORIGINS, description="[lon, lat] in degrees.")
    stations: list[Id] = Field([], max_length=MOST_ORIGINS)
    kinds: list[StationKind] = Field([], max_length=len(StationKind))
    minutes: MinuteList = (1.0, 3.0, 5.0, 10.0)

    @model_validator(mode="after")
    def _from_somewhere(self) -> "ZoneIn":
        if not (self.places or self.stations or self.kinds):
            raise ValueError(gettext("say where: places, stations, or kinds"))
        return self

    def asked(self) -> ZoneAsked:
        """The question as the service takes it."""
        return self._asked(Whence(self.places, self.stations, self.kinds), self.minutes)


class NearestQuery(Place):
    """A place, who may come there, how, and how many to name."""

    kind: StationKind | None = Field(None, description="One kind of station; `kinds` names several.")
    kinds: Kinds = Field([], description="Kinds of stations, separated by commas; none: all.")
    open_now: bool = Field(default=False, description="Without stations that are closed at this moment.")
    stations: bool = True
    staff: bool = Field(default=False, description="Staff on duty too, by their last position.")
    direction: Direction = Direction.TOWARD
    mode: Mode = Mode.FOOT
    limit: int = Field(5, ge=1, le=MOST_RESOURCES)
    steps: bool = Field(default=False, description="The way in words too, in your language.")
    scenario: UUID | None = SCENARIO

    def asked(self) -> NearestAsked:
        """The question as the service takes it."""
        kinds = [*self.kinds, *([self.kind] if self.kind else [])]
        return NearestAsked(
            self.lon,
            self.lat,
            most=self.limit,
            mode=self.mode,
            toward=self.direction is Direction.TOWARD,
            kinds=kinds,
            open_now=self.open_now,
            stations=self.stations,
            staff=self.staff,
            steps=self.steps,
            scenario=self.scenario,
        )


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
