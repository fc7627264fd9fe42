"""What the routes of coverage take."""

from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from flask_babel import gettext
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from app.coverage.presets import BY_KEY, PRESETS
from app.features import LARGEST_ID
from app.response.schemas import LONGEST, SHORTEST, Kinds
from gis.travel import Mode

MOST_ROWS = 200  # of a list
MOST_OFFSET = 1_000_000
LONGEST_NAME = 80  # characters of a snapshot's name


def _known(value: str) -> str:
    """The key of a named view; ValueError with a sentence."""
    if value not in BY_KEY:
        raise ValueError(gettext("there is no such view"))
    return value


Preset = Annotated[
    str, AfterValidator(_known), Field(json_schema_extra={"enum": list(BY_KEY)}, description="A named view.")
]
Id = Annotated[int, Field(ge=1, le=LARGEST_ID)]


class CoverageQuery(BaseModel):
    """A question: a named view, of which parts may be changed, or kinds of stations, a mode and minutes."""

    preset: Preset | None = None
    kinds: Kinds | None = None
    mode: Mode | None = None
    minutes: Annotated[float, Field(ge=SHORTEST, le=LONGEST, allow_inf_nan=False)] | None = None
    open_now: bool = Field(
        default=False, description="Leave out stations that are closed now; unknown hours count as open."
    )
    scenario: UUID | None = Field(None, description="Reckon on the ground as a scenario has it.")
    area: Id | None = Field(None, description="A district, subdistrict or community; the first district otherwise.")

    @model_validator(mode="before")
    @classmethod
    def filled(cls, value: Any) -> Any:
        """What the question leaves open, as the named view has it, or the first one."""
        if not isinstance(value, dict):
            return value
        preset = BY_KEY.get(str(value.get("preset")), PRESETS[0])
        given = {"kinds": list(preset.kinds), "mode": preset.mode, "minutes": preset.seconds / 60}
        # No kind at all is an answer of its own: nobody is reached then.
        said = {name: part for name, part in value.items() if part not in (None, "") or (name, part) == ("kinds", "")}
        return {**given, **said}


class Sort(StrEnum):
    """How a list of doors is sorted, always most first."""

    HOUSEHOLDS = "households"
    SECONDS = "seconds"
    FLAGS = "flags"


class OutsideQuery(CoverageQuery):
    """A question, and which part of the list of doors outside."""

    sort: Sort = Sort.HOUSEHOLDS
    offset: int = Field(0, ge=0, le=MOST_OFFSET)
    limit: int = Field(50, ge=1, le=MOST_ROWS)


class CoverageIn(CoverageQuery):
    """A question in a body."""

    model_config = ConfigDict(extra="forbid")


class SnapshotIn(CoverageIn):
    """A question whose answer is to be kept, or a computation in the background that has one, and what it is called."""

    job: Id | None = Field(None, description="Keep what this coverage job of mine has found; the question is its own.")
    name: Annotated[str, Field(min_length=1, max_length=LONGEST_NAME, pattern=r"\S")]


class CompareQuery(BaseModel):
    """What a snapshot is held against: a later one, or the register as it is now."""

    against: Id | None = None
