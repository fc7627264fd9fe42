"""What a user may see: the communities of their area, and the grids whose households are theirs to know."""

import hashlib
from dataclasses import dataclass
from functools import cached_property

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts.identity import Identity
from app.accounts.rights import Capability

# Down from the user's area to communities, and up from a sub-area to its community.
COMMUNITIES = text("""
    WITH RECURSIVE below(id, level) AS (
        SELECT id, level FROM areas WHERE id = :area_id
        UNION ALL SELECT a.id, a.level FROM areas a JOIN below ON a.parent_id = below.id
    ), above(id, parent_id, level) AS (
        SELECT id, parent_id, level FROM areas WHERE id = :area_id AND level = 'sub_area'
        UNION ALL SELECT a.id, a.parent_id, a.level FROM areas a JOIN above ON a.id = above.parent_id
    )
    SELECT id FROM below WHERE level = 'community' UNION SELECT id FROM above WHERE level = 'community'
""")
GRIDS_COMMUNITY = text("SELECT community_id FROM grids WHERE id = :grid_id")


@dataclass(frozen=True)
class Scope:
    """What is visible; None stands for everything.

    `community_ids` bound every map object: what lies in another community is not found. `grid_ids` bound what is
    personal (dwellings, households, flags): None leaves it at the communities, an empty set shows no household at all.
    How many households a place has is not personal and follows the communities.
    """

    community_ids: frozenset[int] | None
    grid_ids: frozenset[int] | None

    @cached_property
    def key(self) -> str:
        """A short text that differs where the scope differs, for caches and ETags."""
        parts = ("*" if ids is None else ",".join(map(str, sorted(ids))) for ids in (self.community_ids, self.grid_ids))
        return hashlib.sha256("|".join(parts).encode()).hexdigest()[:16]

    @cached_property
    def communities(self) -> list[int] | None:
        """`community_ids` as PostgreSQL takes them."""
        return None if self.community_ids is None else sorted(self.community_ids)

    @cached_property
    def grids(self) -> list[int] | None:
        """`grid_ids` as PostgreSQL takes them."""
        return None if self.grid_ids is None else sorted(self.grid_ids)


EVERYTHING = Scope(None, None)
"""For commands of the machine's owner, never for a request."""


def scope_of(session: Session, user: Identity) -> Scope:
    """What the user may see now: one query.

    A user sees the communities in their area. A grid worker bound to a grid sees its community, and households of the
    grid alone. Roles that may not see households see none.
    """
    if user.grid_id is not None:
        communities = session.scalars(GRIDS_COMMUNITY, {"grid_id": user.grid_id})
    else:
        communities = session.scalars(COMMUNITIES, {"area_id": user.area_id})
    return Scope(frozenset(communities), _household_grids(user))


def _household_grids(user: Identity) -> frozenset[int] | None:
    if not user.may(Capability.SEE_HOUSEHOLDS):
        return frozenset()
    return None if user.grid_id is None else frozenset({user.grid_id})
