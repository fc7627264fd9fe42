"""What the routes of the scenarios take, and what a scenario holds."""

import hashlib
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Any
from uuid import UUID

from flask_babel import gettext
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator
from shapely import Polygon

from app.features import LARGEST_ID, Lat, Lon
from gis.city import StationKind
from gis.closures import MOST_VERTICES

LONGEST_NAME = 100  # characters
LONGEST_NOTE = 200  # characters
MOST_ADDED = 50  # stations of one scenario
MOST_MOVED = 100
MOST_SHUT = 200
MOST_CLOSURES = 100
MOST_POINTS = 2000  # of one closure; counted before GEOS sees it

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_NAME)]
Note = Annotated[str, StringConstraints(strip_whitespace=True, max_length=LONGEST_NOTE)]
StationId = Annotated[int, Field(ge=1, le=LARGEST_ID)]
AddedId = Annotated[int, Field(ge=-LARGEST_ID, le=-1, description="Negative: no station of the register has it.")]
Point = tuple[Lon, Lat]


class Shape(StrEnum):
    """What a closure is: a line across roads, an area under water, or one piece of road that a point names."""

    BARRIER = "barrier"
    FLOOD = "flood"
    ROAD = "road"


LEAST_POINTS = {Shape.BARRIER: 2, Shape.FLOOD: 3, Shape.ROAD: 1}


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PlaceIn(_Part):
    """A place in lon/lat."""

    lon: Lon
    lat: Lat


class Added(PlaceIn):
    """A station that there is not."""

    id: AddedId
    kind: StationKind
    name: Name


class Moved(PlaceIn):
    """A station of the register, or an added one, at another place."""

    id: StationId


class Closure(_Part):
    """Something closed: the points of a barrier, the ring of a flood, or a point on a piece of road."""

    shape: Shape
    points: Annotated[tuple[Point, ...], Field(max_length=MOST_POINTS)]
    note: Note = ""

    @model_validator(mode="after")
    def sound(self) -> "Closure":
        """The closure, where it closes something in particular; ValueError with a sentence where not."""
        few = len(set(self.points)) < LEAST_POINTS[self.shape] or (self.shape is Shape.ROAD and len(self.points) > 1)
        area = Polygon(self.points) if self.shape is Shape.FLOOD and not few else None
        if few or (area is not None and area.convex_hull.area == 0):
            raise ValueError(_too_few(self.shape))
        if area is not None and not area.is_valid:
            raise ValueError(gettext("the edge of a closed area may not cross itself"))
        return self


def _too_few(shape: Shape) -> str:
    sentences = {
        Shape.BARRIER: gettext("a barrier needs two points or more"),
        Shape.FLOOD: gettext("a closed area needs three corners or more that are not on one line"),
        Shape.ROAD: gettext("a closed piece of road is named by one point"),
    }
    return str(sentences[shape])


class Content(_Part):
    """What differs from the register: stations added, moved and shut, what is closed, and where it happened."""

    added: Annotated[tuple[Added, ...], Field(max_length=MOST_ADDED)] = ()
    moved: Annotated[tuple[Moved, ...], Field(max_length=MOST_MOVED)] = ()
    shut: Annotated[tuple[StationId, ...], Field(max_length=MOST_SHUT)] = ()
    closures: Annotated[tuple[Closure, ...], Field(max_length=MOST_CLOSURES)] = ()
    incident: PlaceIn | None = None

    @field_validator("added", "moved")
    @classmethod
    def once(cls, stations: tuple[Any, ...]) -> tuple[Any, ...]:
        """The stations, where each is named once."""
        if len({station.id for station in stations}) < len(stations):
            raise ValueError(gettext("a station may stand here only once"))
        return stations

    @field_validator("closures")
    @classmethod
    def bounded(cls, closures: tuple[Closure, ...]) -> tuple[Closure, ...]:
        """The closures, where all of them together can be reckoned with."""
        if sum(len(closure.points) + 1 for closure in closures) > MOST_VERTICES:
            raise ValueError(gettext("closures may have at most %(most)d points together", most=MOST_VERTICES))
        return closures

    @cached_property
    def key(self) -> str:
        """A short text that differs where what is reckoned differs: notes, names and the incident do not count."""
        whole = self.model_dump_json(include={"added", "moved", "shut"})
        return _hashed(whole + self.closures_key)

    @cached_property
    def closures_key(self) -> str:
        """The same for the closures alone."""
        return _hashed(repr([(closure.shape, closure.points) for closure in self.closures]))

    @property
    def count(self) -> int:
        """How many changes there are."""
        return len(self.added) + len(self.moved) + len(self.shut) + len(self.closures) + (self.incident is not None)


def _hashed(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


class ScenarioIn(BaseModel):
    """A scenario to keep; `id` is made by the client, so that sending it twice keeps it once."""

    model_config = ConfigDict(extra="forbid")

    id: UUID
    name: Name
    area_id: Annotated[int, Field(ge=0, le=LARGEST_ID)]
    content: Content = Content()


class ScenarioChange(BaseModel):
    """A scenario as it shall be; the header If-Match says which version was seen."""

    model_config = ConfigDict(extra="forbid")

    name: Name | None = None
    content: Content | None = None
