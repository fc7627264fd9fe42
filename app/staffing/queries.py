"""Reads of who holds which post of grids."""

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

_POSTS = text("""
    SELECT p.grid_id, g.community_id, p.role, p.ordinal, p.holder, p.user_id
    FROM posts p JOIN grids g ON g.id = p.grid_id WHERE p.grid_id = ANY(:grids)
    ORDER BY p.grid_id, array_position(ARRAY['instructor', 'leader', 'full_time_worker', 'part_time_worker'], p.role),
        p.ordinal
""")


class PostRow(NamedTuple):
    """One of the posts of a grid; `holder` None where it is vacant, `user_id` where the holder has a log-in."""

    grid_id: int
    community_id: int
    role: str
    ordinal: int
    holder: str | None
    user_id: int | None

    @property
    def person(self) -> tuple[object, ...] | None:
        """Who holds it: a user, else a name in a community; None where nobody does."""
        if self.holder is None:
            return None
        return ("user", self.user_id) if self.user_id is not None else (self.community_id, self.holder)


def posts(session: Session, grids: Collection[int]) -> list[PostRow]:
    """The posts of grids in the order of the 1+1+1+2."""
    return [PostRow(*row) for row in session.execute(_POSTS, {"grids": sorted(grids)})]
