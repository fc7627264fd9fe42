"""What the routes of siting take."""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from flask_babel import gettext
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from app.coverage.presets import SENDING
from app.features import LARGEST_ID
from app.response.schemas import LONGEST, SHORTEST
from app.scenarios.schemas import Point
from gis.city import StationKind
from gis.travel import Mode

MOST_SITES = 200
MOST_MOVES = 200
MOST_CANDIDATES = 5000
LONGEST_NAME = 100  # characters

PlaceName = Annotated[str, StringConstraints(strip_whitespace=True, max_length=LONGEST_NAME)]


class Source(StrEnum):
    """Where candidates come from: public buildings, the places where roads enter compounds, or all homes."""

    PUBLIC = "public"
    GATES = "gates"
    HOMES = "homes"


class Weight(StrEnum):
    """What counts: each household alike, or those that need help many times."""

    HOUSEHOLDS = "households"
    VULNERABLE = "vulnerable"


class Form(StrEnum):
    """The kinds of files."""

    CSV = "csv"
    XLSX = "xlsx"


class SitingIn(BaseModel):
    """Where `sites` new stations should stand so that most is covered within `minutes`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    area: Annotated[int, Field(ge=0, le=LARGEST_ID, description="A district, subdistrict or community.")]
    mode: Mode = Mode.FOOT
    minutes: float = Field(3.0, ge=SHORTEST, le=LONGEST, allow_inf_nan=False)
    sites: int = Field(5, ge=1, le=MOST_SITES, description="How many new stations.")
    sources: Annotated[tuple[Source, ...], Field(max_length=len(Source))] = ()
    places: tuple[Point, ...] = Field((), description="A list of one's own: [lon, lat] each.")
    names: Annotated[tuple[PlaceName, ...], Field(max_length=MOST_CANDIDATES)] = Field(
        (), description="What those places are called, as far as they have names."
    )
    kinds: Annotated[tuple[StationKind, ...], Field(max_length=len(StationKind))] = Field(
        SENDING,
        description="The kinds of existing stations that cover already: those whose staff set off at a call where it "
        "is left out; none count where it is empty.",
    )
    moves: int = Field(0, ge=0, le=MOST_MOVES, description="How many of those may move to a better place.")
    weight: Weight = Weight.HOUSEHOLDS
    scenario: UUID | None = Field(None, description="Reckon on the ground as a scenario has it.")

    @field_validator("places")
    @classmethod
    def few(cls, places: tuple[Point, ...]) -> tuple[Point, ...]:
        """The places, where they are not too many."""
        if len(places) > MOST_CANDIDATES:
            raise ValueError(
                gettext("%(count)d places are too many: at most %(most)d", count=len(places), most=MOST_CANDIDATES)
            )
        return places

    @model_validator(mode="after")
    def some(self) -> "SitingIn":
        """The question, where it names candidates."""
        if not self.sources and not self.places:
            raise ValueError(gettext("choose where the new stations may stand, or bring a list"))
        return self


class FileQuery(BaseModel):
    """Which file."""

    format: Form = Form.XLSX
