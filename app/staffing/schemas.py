"""What the routes of staffing take."""

from uuid import UUID

from flask_babel import gettext
from pydantic import BaseModel, ConfigDict, Field, model_validator

from app.features import LARGEST_ID


class StaffingQuery(BaseModel):
    """Whose grids: those of a plan, or those in force in an area."""

    model_config = ConfigDict(extra="forbid")

    plan: UUID | None = None
    area: int | None = Field(None, ge=0, le=LARGEST_ID)

    @model_validator(mode="after")
    def one(self) -> "StaffingQuery":
        """The question, where it names just one of them."""
        if (self.plan is None) == (self.area is None):
            raise ValueError(gettext("name either a plan or an area"))
        return self
