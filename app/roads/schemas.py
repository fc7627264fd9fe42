"""What the routes of the roads take."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

FASTEST = {"foot": 15, "ebike": 45, "car": 130}  # km/h


def _kph(mode: str) -> object:
    return Field(ge=0, le=FASTEST[mode], allow_inf_nan=False, description="km/h; 0 where the mode does not use it.")


class SpeedsIn(BaseModel):
    """The speeds on one class of road."""

    model_config = ConfigDict(extra="forbid")

    foot_kph: Annotated[float, _kph("foot")]
    ebike_kph: Annotated[float, _kph("ebike")]
    car_kph: Annotated[float, _kph("car")]
