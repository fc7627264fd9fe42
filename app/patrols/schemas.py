"""What the routes of the patrols take."""

from typing import Annotated, Any, Literal

from flask_babel import gettext
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, WithJsonSchema
from shapely import LineString

from app.features import LARGEST_ID

MOST_VERTICES = 2000  # of a drawn route
LONGEST_NAME = 100  # characters


def _read_line(value: object) -> object:
    """A line out of a GeoJSON LineString; ValueError with a sentence where it is none."""
    if not isinstance(value, dict) or value.get("type") != "LineString":
        raise ValueError(gettext("this must be a GeoJSON LineString"))
    places = value.get("coordinates")
    if not isinstance(places, list) or len(places) < 2:  # noqa: PLR2004
        raise ValueError(gettext("this must have two or more points of longitude and latitude"))
    if len(places) > MOST_VERTICES:
        raise ValueError(gettext("this may have at most %(most)d points", most=MOST_VERTICES))
    for number, place in enumerate(places, 1):
        if not _is_place(place):
            raise ValueError(gettext("point %(number)d must be longitude and latitude in degrees", number=number))
    if all(place[:2] == places[0][:2] for place in places):
        raise ValueError(gettext("this must lead from one place to another"))
    return LineString([place[:2] for place in places])


def _is_place(place: object) -> bool:
    """Whether it is [longitude, latitude] in degrees, perhaps with a height. Written so that NaN fails."""
    if not isinstance(place, list) or len(place) not in {2, 3}:
        return False
    if not all(isinstance(number, int | float) and not isinstance(number, bool) for number in place):
        return False
    return bool(-180 <= place[0] <= 180 and -85 <= place[1] <= 85)  # noqa: PLR2004


Line = Annotated[
    Any,
    BeforeValidator(_read_line),
    WithJsonSchema({"type": "object", "description": "GeoJSON LineString, longitude before latitude"}),
]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_NAME)]
RowId = Annotated[int, Field(ge=0, le=LARGEST_ID)]


class SuggestIn(BaseModel):
    """The grid to suggest a route for."""

    model_config = ConfigDict(extra="forbid")

    grid_id: RowId


class RouteIn(BaseModel):
    """A route to keep: as it was suggested, or drawn by hand."""

    model_config = ConfigDict(extra="forbid")

    grid_id: RowId
    name: Name
    geometry: Line
    source: Literal["suggested", "drawn"] = "drawn"


class RouteChange(BaseModel):
    """A correction of a route; `version` is the one that was seen, so that nobody's correction gets lost."""

    model_config = ConfigDict(extra="forbid")

    name: Name | None = None
    geometry: Line | None = None
    version: int | None = Field(None, ge=1, le=LARGEST_ID)
