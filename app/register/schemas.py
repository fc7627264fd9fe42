"""What the register's routes take."""

from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.register.phones import TAIL_DIGITS
from app.register.service import MAX_NOTE, Wanted
from app.register.unmasking import LONGEST_NOTE, Reason
from gis.city import FlagKind


class FlagIn(BaseModel):
    """One wanted flag."""

    model_config = ConfigDict(extra="forbid")

    kind: FlagKind
    note: str = Field("", max_length=MAX_NOTE)
    expires_on: date | None = Field(None, description="The last day on which it holds.")

    def wanted(self) -> Wanted:
        """The flag as the service takes it."""
        return Wanted(self.kind, self.note.strip(), self.expires_on)


class FlagsIn(BaseModel):
    """The whole set of flags that a household shall carry."""

    model_config = ConfigDict(extra="forbid")

    flags: list[FlagIn] = Field(max_length=len(FlagKind))


class ClimbIn(BaseModel):
    """How long a building's stairs and lift take; null where the default holds."""

    model_config = ConfigDict(extra="forbid")

    stairs_seconds: float | None = Field(None, gt=0, le=300, allow_inf_nan=False, description="A floor by the stairs.")
    lift_wait_seconds: float | None = Field(
        None, ge=0, le=1800, allow_inf_nan=False, description="Until the lift is there."
    )
    lift_seconds: float | None = Field(None, gt=0, le=120, allow_inf_nan=False, description="A floor in the lift.")


class UnmaskIn(BaseModel):
    """Why a name and a phone are to be shown."""

    model_config = ConfigDict(extra="forbid")

    reason: Reason
    note: Annotated[str, StringConstraints(strip_whitespace=True, max_length=LONGEST_NOTE)] = Field(
        "", description="The reason in words, where it is none of the others; no name and no number."
    )


class PhoneTailIn(BaseModel):
    """The end of a phone."""

    model_config = ConfigDict(extra="forbid")

    phone_tail: str = Field(pattern=rf"^[0-9]{{{TAIL_DIGITS}}}$", description="The last four digits.")
