"""What the routes of the plans take, and what a plan holds."""

from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from flask_babel import gettext
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from app.features import LARGEST_ID
from app.scenarios.schemas import Point
from gis.block_edits import LEAST_WITHIN, MOST_WITHIN, WITHIN
from gis.city import GridKind
from gis.plan import NO_GRID
from gis.seeds import USUAL_SIZE, SeedKind

LONGEST_NAME = 100  # characters
FIRST_NEW, LAST_NEW = 1_000_000_000, 2_000_000_000
"""New grids have a random number from FIRST_NEW to LAST_NEW; today's have their ID, which is below."""
MOST_BLOCKS = 25_000  # of one edit: a whole city
MOST_GRIDS = 3_000
MOST_DRAWN = 5_000  # points of a line that is read; fewer are taken, and who draws more is told so
MOST_MERGED = 100  # blocks
MOST_GROUPS = 200  # of blocks, in a question

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_NAME)]
OtherName = Annotated[str, StringConstraints(strip_whitespace=True, max_length=LONGEST_NAME)]
Id = Annotated[int, Field(ge=0, le=LARGEST_ID)]
Digits = Annotated[str, StringConstraints(pattern=r"^(0|[1-9][0-9]{0,9})$")]
"""An ID or a number as the name of a field."""
Number = Annotated[int, Field(ge=NO_GRID, le=LAST_NEW, description="The number of a grid; -1 for none.")]


class PlannedGrid(BaseModel):
    """A grid as a plan has it; `grid` and `code` are today's, null where it is new."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Name
    name_en: OtherName = ""
    kind: GridKind = GridKind.BASE
    locked: bool = False
    community: Id
    grid: Id | None = None
    code: OtherName | None = None


class PlanIn(BaseModel):
    """A plan to begin, from today's grids or from another plan; `id` is made by the client: sent twice, begun once."""

    model_config = ConfigDict(extra="forbid")

    id: UUID
    name: Name
    area_id: Id
    parent: UUID | None = Field(None, description="The plan to copy.")


class PlanChange(BaseModel):
    """What a plan shall be called."""

    model_config = ConfigDict(extra="forbid")

    name: Name


class EditIn(BaseModel):
    """What changes, each as [before, after]: the grid of blocks, and grids, which are null where they are not there."""

    model_config = ConfigDict(extra="forbid")

    blocks: Annotated[dict[Digits, tuple[Number, Number]], Field(max_length=MOST_BLOCKS)] = {}
    grids: Annotated[dict[Digits, tuple[PlannedGrid | None, PlannedGrid | None]], Field(max_length=MOST_GRIDS)] = {}

    @property
    def wanted_grids(self) -> dict[str, tuple[dict[str, Any] | None, dict[str, Any] | None]]:
        """The grids as they are stored."""
        return {number: (stored(before), stored(after)) for number, (before, after) in self.grids.items()}


def stored(grid: PlannedGrid | None) -> dict[str, Any] | None:
    """A grid as a plan keeps it."""
    return None if grid is None else grid.model_dump(mode="json")


class After(BaseModel):
    """From which version on."""

    after: int = Field(0, ge=0, le=LARGEST_ID)


class Way(StrEnum):
    """How a plan is suggested: all grids anew, the fewest blocks moved, or some chosen grids anew."""

    NEW = "new"
    LEAST = "least"
    CHOSEN = "chosen"


Weight = Annotated[float, Field(ge=0, le=5, allow_inf_nan=False)]
Square = Annotated[int, Field(ge=0, le=10_000_000)]  # m²
Group = Annotated[frozenset[Id], Field(min_length=1, max_length=MOST_BLOCKS)]


class WeightsIn(BaseModel):
    """What counts how much: 1 as usual, 0 not at all."""

    model_config = ConfigDict(extra="forbid")

    households: Weight = 1
    compact: Weight = 1
    roads: Weight = 1
    compounds: Weight = 1
    moved: Weight = 1


class SuggestionIn(BaseModel):
    """What is to be suggested for a plan: the way, what stays, what stays together, and what counts."""

    model_config = ConfigDict(extra="forbid")

    way: Way = Way.NEW
    grids: Annotated[frozenset[Number], Field(max_length=MOST_GRIDS)] = Field(
        frozenset(), description="The grids to make anew where these are chosen."
    )
    stay: Annotated[frozenset[Number], Field(max_length=MOST_GRIDS, description="Grids that stay.")] = frozenset()
    together: Annotated[tuple[Group, ...], Field(max_length=MOST_GROUPS)] = ()
    dedicated: Annotated[tuple[Group, ...], Field(max_length=MOST_GROUPS)] = Field(
        (), description="The blocks of each dedicated grid to make."
    )
    seeds: Annotated[frozenset[SeedKind], Field(max_length=len(SeedKind))] = Field(
        frozenset(), description="What else becomes dedicated grids: every site of these kinds."
    )
    least: Annotated[dict[SeedKind, Square], Field(max_length=len(SeedKind))] = Field(
        {}, description="From how many m² on a site of a kind becomes one: of floors, of the ground of a park."
    )
    left_out: Annotated[frozenset[Id], Field(max_length=MOST_BLOCKS)] = Field(
        frozenset(), description="Blocks whose sites become none."
    )
    weights: WeightsIn = WeightsIn()
    alternatives: int = Field(3, ge=1, le=3)
    seed: int = Field(1, ge=1, le=1_000_000)

    @model_validator(mode="after")
    def chosen(self) -> "SuggestionIn":
        """The question, where it names grids just where these are chosen."""
        if (self.way is Way.CHOSEN) != bool(self.grids):
            raise ValueError(gettext("choose the grids to make anew, or another way"))
        return self


class SeedsQuery(BaseModel):
    """From how many m² on a site becomes a dedicated grid, by kind: of floors, of the ground of a park."""

    model_config = ConfigDict(extra="forbid")

    school: Square = int(USUAL_SIZE[SeedKind.SCHOOL])
    hospital: Square = int(USUAL_SIZE[SeedKind.HOSPITAL])
    mall: Square = int(USUAL_SIZE[SeedKind.MALL])
    office: Square = int(USUAL_SIZE[SeedKind.OFFICE])
    park: Square = int(USUAL_SIZE[SeedKind.PARK])

    @property
    def least(self) -> dict[SeedKind, float]:
        """The same by kind."""
        return {kind: float(getattr(self, kind.value)) for kind in SeedKind}


class LevelsIn(BaseModel):
    """How many grids the levels above those of a plan are to have."""

    model_config = ConfigDict(extra="forbid")

    middle: int = Field(ge=1, le=MOST_GRIDS)
    upper: int = Field(ge=1, le=MOST_GRIDS)


class SplitIn(BaseModel):
    """The line that splits a block, from edge to edge; its points are snapped by up to `within` metres."""

    model_config = ConfigDict(extra="forbid")

    line: Annotated[tuple[Point, ...], Field(max_length=MOST_DRAWN, description="[lon, lat] each.")]
    within: float = Field(WITHIN, ge=LEAST_WITHIN, le=MOST_WITHIN, allow_inf_nan=False)


class MergeIn(BaseModel):
    """The blocks to make one of."""

    model_config = ConfigDict(extra="forbid")

    blocks: Annotated[frozenset[Id], Field(min_length=1, max_length=MOST_MERGED)]
