"""What the routes of incidents take."""

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.features import MOST_FEATURES, Box, Instant, Lat, Lon
from app.incidents.models import IncidentCategory, IncidentState
from app.incidents.service import MAX_TEXT, Report


class ReportIn(BaseModel):
    """A report; `id` is made by the client, so that sending it again reports nothing twice."""

    model_config = ConfigDict(extra="forbid")

    id: UUID
    lon: Lon
    lat: Lat
    category: IncidentCategory
    text: Annotated[str, StringConstraints(strip_whitespace=True, max_length=MAX_TEXT)] = ""

    def report(self) -> Report:
        """The report as the service takes it."""
        return Report(self.id, self.lon, self.lat, self.category, self.text)


class IncidentPage(BaseModel):
    """A page of incidents, newest first: those reported before the incident `after`."""

    bbox: Box | None = None
    limit: int = Field(100, ge=1, le=MOST_FEATURES)
    after: UUID | None = None
    state: IncidentState | None = None
    category: IncidentCategory | None = None
    since: Instant | None = None
