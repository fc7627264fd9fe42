"""What the routes about people take."""

from typing import Literal

from pydantic import BaseModel, ConfigDict


class LanguageIn(BaseModel):
    """A language of the interface."""

    model_config = ConfigDict(extra="forbid")

    language: Literal["zh", "en"]
