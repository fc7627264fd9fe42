"""What a user may see: the communities of their posts, and the grids whose households are theirs to know.

`scope_of` also tells the database, for the rest of the transaction, so that its row-level security holds where a
statement forgets to filter.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts.identity import Identity, Post
from app.accounts.rights import Capability, Reach
from app.kept import STAMP, Stamp, read_stamp, stamp_of

# What each post reaches: down from its area to communities, up from a sub-area to its community, its own grid.
# The settings end with the transaction, so a connection that goes back to the pool carries nobody's scope.
_RESOLVE = """
    WITH RECURSIVE given(what, id, down) AS (
        SELECT * FROM unnest(CAST(:whats AS text[]), CAST(:areas AS int[]), CAST(:downs AS bool[]))
        UNION SELECT unnest(CAST(:anywhere AS text[])), id, true FROM areas WHERE parent_id IS NULL
    ), below(what, id, level, down) AS (
        SELECT g.what, a.id, a.level, g.down FROM given g JOIN areas a ON a.id = g.id
        UNION SELECT b.what, a.id, a.level, b.down FROM areas a JOIN below b ON a.parent_id = b.id WHERE b.down
    ), above(what, id, parent_id, level) AS (
        SELECT b.what, a.id, a.parent_id, a.level FROM below b JOIN areas a ON a.id = b.id WHERE a.level = 'sub_area'
        UNION SELECT u.what, a.id, a.parent_id, a.level FROM areas a JOIN above u ON a.id = u.parent_id
    ), reached(what, id) AS (
        SELECT what, id FROM below WHERE level = 'community' UNION SELECT what, id FROM above WHERE level = 'community'
        UNION SELECT 'map', community_id FROM grids WHERE id = ANY(CAST(:map_grids AS int[]))
    ), communities AS (
        SELECT coalesce(array_agg(id ORDER BY id), '{}') AS ids FROM reached WHERE what = 'map'
    ), homes AS (
        SELECT coalesce(array_agg(DISTINCT id ORDER BY id), '{}') AS ids FROM (
            SELECT g.id FROM grids g JOIN reached r ON r.id = g.community_id WHERE r.what = 'homes'
            UNION ALL SELECT unnest(CAST(:home_grids AS int[]))) grid
    )
    SELECT communities.ids AS communities, homes.ids AS grids,
        set_config('wangge.communities', communities.ids::text, true) AS told_communities,
        set_config('wangge.grids', homes.ids::text, true) AS told_grids,
        set_config('wangge.user_id', CAST(:user_id AS text), true), set_config('wangge.audit', :audit, true),
        {versions} AS versions
    FROM communities, homes
"""
# What a scope is made from beside the posts; xmin tells versions apart of which one was rolled back.
VERSIONS = """(
    SELECT current_database() || string_agg(concat(' ', dataset, version, ' ', xmin), '' ORDER BY dataset)
    FROM data_versions WHERE dataset IN ('areas', 'grids')
)"""
RESOLVE = text(_RESOLVE.replace("{versions}", VERSIONS))
TELL = text(f"""
    SELECT set_config('wangge.communities', :told_communities, true), set_config('wangge.grids', :told_grids, true),
        set_config('wangge.user_id', CAST(:user_id AS text), true), set_config('wangge.audit', :audit, true),
        {VERSIONS} AS versions, {STAMP} AS stamp
""")

AROUND = text("""
    WITH RECURSIVE up(id, parent_id) AS (
        SELECT a.id, a.parent_id FROM grids g JOIN areas a ON a.id = g.community_id WHERE g.id = :grid_id
        UNION ALL SELECT a.id, a.parent_id FROM areas a JOIN up ON a.id = up.parent_id
    ) SELECT id FROM up
""")

OF_HOUSEHOLDS = frozenset(
    {
        Capability.SET_FLAGS,
        Capability.UNMASK_HOUSEHOLDS,
        Capability.EXPORT_HOUSEHOLDS,
        Capability.APPROVE_EXPORTS,
    }
)
"""Capabilities that act on households: where they reach, not where households are seen, bounds them."""


@dataclass(frozen=True)
class Scope:
    """What is visible; None stands for everything.

    `community_ids` bound every map object: what lies in another community is not found. `grid_ids` bound what is
    personal (dwellings, households, flags); an empty set shows no household at all. How many households a place has is
    not personal and follows the communities.
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


class _Resolved(NamedTuple):
    """A scope as it was last resolved, as the database was told it, and from which versions."""

    versions: str
    scope: Scope
    told: dict[str, str]


_resolved: dict[object, _Resolved] = {}
MOST_RESOLVED = 2000

EVERYTHING = Scope(None, None)
"""For commands of the machine's owner, never for a request."""


def scope_of(session: Session, user: Identity, capability: Capability = Capability.SEE_MAP) -> Scope:
    """Where the user may do what `capability` allows, told to the database too: one query, two where areas are new.

    A post in a grid shows the map of its community, and households of the grid alone. Posts that may not see
    households add none. What posts reach is kept until an area or a grid changes.
    """
    return stamped_scope_of(session, user, capability, ())[0]


def stamped_scope_of(
    session: Session, user: Identity, capability: Capability, datasets: Sequence[str]
) -> tuple[Scope, Stamp]:
    """The same with the stamp of what is then looked at, which the database tells in the same breath."""
    reached = _reached(user, capability)
    who = {"user_id": user.id, "audit": "read" if user.may(Capability.SEE_AUDIT) else ""}
    key = tuple(tuple(values) for values in reached.values())
    kept = _resolved.get(key)
    if kept is not None:
        told = session.execute(TELL, {**who, **kept.told, "datasets": list(datasets)}).one()
        if told.versions == kept.versions:
            return kept.scope, read_stamp(told.stamp)
    row = session.execute(RESOLVE, who | reached).one()
    scope = Scope(frozenset(row.communities), frozenset(row.grids))
    if len(_resolved) >= MOST_RESOLVED:
        _resolved.clear()
    _resolved[key] = _Resolved(
        row.versions, scope, {"told_communities": row.told_communities, "told_grids": row.told_grids}
    )
    return scope, stamp_of(session, *datasets) if datasets else ()


def _reached(user: Identity, capability: Capability) -> dict[str, list[Any]]:
    """What the posts of a user name, as RESOLVE takes it."""
    map_reach = user.reaches(capability)
    home_reach = user.reaches(capability if capability in OF_HOUSEHOLDS else Capability.SEE_HOUSEHOLDS)
    given = [(what, *each) for what, reaches in (("map", map_reach), ("homes", home_reach)) for each in reaches]
    in_areas = [each for each in given if not _in_grid(*each) and each[2] is not Reach.ANYWHERE]
    in_grids = [each for each in given if _in_grid(*each)]
    return {
        "whats": [what for what, _, _ in in_areas],
        "areas": [post.area_id for _, post, _ in in_areas],
        "downs": [far is Reach.BELOW for _, _, far in in_areas],
        "anywhere": [what for what, _, far in given if far is Reach.ANYWHERE],
        "map_grids": [post.grid_id for what, post, _ in in_grids if what == "map"],
        "home_grids": [post.grid_id for what, post, _ in in_grids if what == "homes"],
    }


def may_in_grid(session: Session, user: Identity, capability: Capability, grid_id: int) -> bool:
    """Whether a post of the user carries the capability as far as this grid."""
    around = list(session.scalars(AROUND, {"grid_id": grid_id}))  # its community first, its district last
    near = {Reach.GRID: around[:1], Reach.AREA: around[:1], Reach.BELOW: around}
    return any(
        far is Reach.ANYWHERE
        or (post.grid_id == grid_id if far is Reach.GRID and post.grid_id else post.area_id in near[far])
        for post, far in user.reaches(capability)
    )


def _in_grid(what: str, post: Post, far: Reach) -> bool:
    """Whether the post's own grid bounds it: its households, or the community around it on the map."""
    return post.grid_id is not None and (far is Reach.GRID or (what == "map" and far is Reach.AREA))
