"""What a thing is called in other languages, as a table keeps it."""

from sqlalchemy import CheckConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import MappedColumn, mapped_column


def other_names() -> MappedColumn[dict[str, str]]:
    """A column `names`: {language or sort of name: text}, see `gis.city.Names`; empty where none is known."""
    return mapped_column(JSONB, server_default=text("'{}'"), nullable=False)


def named() -> CheckConstraint:
    """A check that `names` is an object."""
    return CheckConstraint("jsonb_typeof(names) = 'object'", name="names_object")
