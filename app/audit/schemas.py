"""What the routes of the audit take."""

from datetime import date
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from app.audit.export import Format
from app.audit.queries import LARGEST_ID, Filters

MOST_ROWS = 500
LARGEST_USER = 2**31 - 1
Day = Annotated[date, Field(ge=date(2000, 1, 1), le=date(2100, 1, 1))]
Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=100)]


class FiltersIn(BaseModel):
    """Which rows; a form sends what is left out as an empty text."""

    model_config = ConfigDict(populate_by_name=True)

    since: Day | None = Field(None, alias="from", description="The first day, in China's time.")
    until: Day | None = Field(None, alias="to", description="The last day.")
    person: int | None = Field(None, ge=0, le=LARGEST_USER, description="The number of the user who acted.")
    act: Text | None = Field(None, examples=["household.seen"])
    subject_type: Text | None = Field(None, examples=["building"])
    subject_id: Text | None = None
    area: Text | None = Field(None, description="Name, code or number of an area; what is in it counts.")

    @model_validator(mode="before")
    @classmethod
    def drop_empty(cls, values: Any) -> Any:
        """The values without those that are empty."""
        return {name: value for name, value in values.items() if value != ""} if isinstance(values, dict) else values

    def filters(self) -> Filters:
        """The filters as the queries take them."""
        return Filters(**{name: getattr(self, name) for name in Filters.__dataclass_fields__})


class PageIn(FiltersIn):
    """A page of rows, newest first: those before the row `after`."""

    after: int | None = Field(None, ge=1, le=LARGEST_ID)
    limit: int = Field(100, ge=1, le=MOST_ROWS)


class ExportIn(FiltersIn):
    """The rows as a file."""

    format: Format = Format.CSV
