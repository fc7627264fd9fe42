"""What the routes about people and their posts take."""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from app.accounts.models import Role

MOST_PEOPLE = 200  # of a page

Code = Annotated[str, Field(min_length=1, max_length=40, description="The code of an area or grid.")]
State = Literal["active", "disabled", "without_post"]


class PeopleQuery(BaseModel):
    """Which people, and which page of them."""

    q: str = Field("", max_length=100, description="Part of the log-in name or of the name.")
    role: Role | None = Field(None, description="A role that they hold now or will hold.")
    area: Code | None = Field(
        None, description="The code of an area: who holds a post in it or below, or belongs there."
    )
    state: State | None = None
    page: int = Field(1, ge=1, le=10_000)
    limit: int = Field(50, ge=1, le=MOST_PEOPLE)


class PersonIn(BaseModel):
    """Somebody new, who holds no post yet."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(max_length=40, description="The log-in name.")
    display_name: str = Field(max_length=60)
    area: Code = Field(description="The code of the area where they belong.")


class PersonChange(BaseModel):
    """Whether somebody is disabled."""

    model_config = ConfigDict(extra="forbid")

    disabled: bool


class PostIn(BaseModel):
    """A post to grant, from now or the beginning of a day, for good or until the end of a day."""

    model_config = ConfigDict(extra="forbid")

    role: Role
    area: Code
    grid: Code | None = Field(None, description="The code of the grid that a worker or leader is bound to.")
    starts_on: date | None = Field(None, description="The first day; now where there is none.")
    ends_on: date | None = Field(None, description="The last day; for good where there is none.")


class PostChange(BaseModel):
    """When a post ends."""

    model_config = ConfigDict(extra="forbid")

    ends_on: date = Field(description="The last day.")
