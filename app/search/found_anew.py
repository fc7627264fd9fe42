"""Grids that begin are found by their names, and those that have ended are not, in the transaction of the change."""

from sqlalchemy.orm import Session

from app.publication.enacting import enacted
from app.search.service import rebuild


def install() -> None:
    """Follow every publication of a plan that this process does."""
    enacted.connect(_follow)


def _follow(session: Session, *, communities: list[int]) -> None:
    for community in communities:
        rebuild(session, community, "grid")
