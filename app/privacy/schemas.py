"""What the routes of exports and of duty take."""

from pydantic import BaseModel, ConfigDict, Field

from app.features import LARGEST_ID, Lat, Lon
from app.privacy.models import ExportColumn, ExportFormat
from app.privacy.service import LONGEST_REASON, PURPOSE, Wanted
from gis.city import FlagKind


class ExportIn(BaseModel):
    """A list that somebody asks for: of a community or of a grid."""

    model_config = ConfigDict(extra="forbid")

    community_id: int | None = Field(None, ge=0, le=LARGEST_ID)
    grid_id: int | None = Field(None, ge=0, le=LARGEST_ID)
    flags: list[FlagKind] = Field([], max_length=len(FlagKind), description="None: every household.")
    columns: list[ExportColumn] = Field(min_length=1, max_length=len(ExportColumn))
    unmasked: bool = Field(default=False, description="Names and phones in full.")
    format: ExportFormat = ExportFormat.XLSX
    purpose: str = Field(min_length=PURPOSE[0], max_length=PURPOSE[1])

    def wanted(self) -> Wanted:
        """The question as the service takes it."""
        return Wanted(
            self.community_id, self.grid_id, self.flags, self.columns, self.unmasked, self.format, self.purpose
        )


class RefusalIn(BaseModel):
    """Why an export is refused."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(min_length=1, max_length=LONGEST_REASON)


class DutyIn(BaseModel):
    """Whether I am on duty."""

    model_config = ConfigDict(extra="forbid")

    on: bool


class PositionIn(BaseModel):
    """Where I am."""

    model_config = ConfigDict(extra="forbid")

    lon: Lon
    lat: Lat
