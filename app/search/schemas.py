"""What the search takes."""

from pydantic import BaseModel, Field

from app.search.queries import LONGEST


class SearchQuery(BaseModel):
    """Words to find, and how many results at most."""

    q: str = Field(min_length=1, max_length=LONGEST, description="A name, code, address, pinyin or initials.")
    limit: int = Field(10, ge=1, le=50)
