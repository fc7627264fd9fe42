"""What the routes of publication take."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.features import LARGEST_ID
from app.plans.schemas import Name
from app.publication.files import FileForm

LONGEST_NOTE = 500  # characters

Sentence = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_NOTE)]
Note = Annotated[str, StringConstraints(strip_whitespace=True, max_length=LONGEST_NOTE)]


class ReturnIn(BaseModel):
    """Why a plan is sent back."""

    model_config = ConfigDict(extra="forbid")

    note: Sentence


class WithdrawIn(BaseModel):
    """Why a plan is withdrawn, if that is to be said."""

    model_config = ConfigDict(extra="forbid")

    note: Note = ""


class ApproveIn(BaseModel):
    """The day from which a plan is in force."""

    model_config = ConfigDict(extra="forbid")

    valid_from: date = Field(description="A day in China; today: at once.")


class UndoIn(BaseModel):
    """The draft that puts back what was before; `id` is made by the client: sent twice, begun once."""

    model_config = ConfigDict(extra="forbid")

    id: UUID
    name: Name


class Against(BaseModel):
    """Beside which plan; beside today's grids where none is named."""

    against: UUID | None = None


class FileQuery(Against):
    """Which file."""

    format: FileForm = FileForm.XLSX


class LevelFileQuery(BaseModel):
    """Which file of the levels."""

    format: FileForm = FileForm.XLSX


class NoticesQuery(BaseModel):
    """For which building; for all where none is named."""

    building: int | None = Field(None, ge=0, le=LARGEST_ID)
