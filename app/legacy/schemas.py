"""What the routes of the nets take."""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.features import LARGEST_ID
from app.plans.schemas import Name

MOST_NETS = 20  # for one area, and of one plan

Id = Annotated[int, Field(ge=0, le=LARGEST_ID)]
System = Annotated[
    str,
    StringConstraints(pattern=r"^(EPSG:[1-9][0-9]{3,5}|GCJ-02|BD-09|file)(/yx)?$"),
    Field(description='A system of coordinates; "file": as the file says; with "/yx": north stands first.'),
]


class NetIn(BaseModel):
    """The fields beside the file of a net."""

    name: Name
    area_id: Id


class Near(BaseModel):
    """Which nets: those that have to do with an area."""

    area_id: Id | None = None


class Area(BaseModel):
    """For which area."""

    area_id: Id


class Seen(BaseModel):
    """In which system the shapes are looked at; without one in that which was chosen, or fits best."""

    crs: System | None = None


class Taken(BaseModel):
    """In which system a net is."""

    model_config = ConfigDict(extra="forbid")

    crs: System


class Form(StrEnum):
    """How a crosswalk is answered."""

    JSON = "json"
    XLSX = "xlsx"


class Pair(Area):
    """Two nets for an area; 0 stands for today's grids."""

    one: Id
    two: Id = 0
    format: Form = Form.JSON


class ProposalIn(BaseModel):
    """The draft to make of several nets; `id` is made by the client: sent twice, made once."""

    model_config = ConfigDict(extra="forbid")

    id: UUID
    name: Name
    area_id: Id
    nets: Annotated[list[Id], Field(min_length=1, max_length=MOST_NETS)]
    seed: int = Field(1, ge=1, le=1_000_000)
