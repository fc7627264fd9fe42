"""What the register's routes take."""

from datetime import date

from pydantic import BaseModel, ConfigDict, Field

from app.register.service import MAX_NOTE, Wanted
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
