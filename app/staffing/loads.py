"""Posts and loads of grids: who holds what, what is vacant, how many households each worker has to look after."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from app.staffing.queries import PostRow
from gis.city import STAFF, GridKind, PostRole
from gis.plan_scores import WORKER

WORKERS = frozenset({PostRole.FULL_TIME_WORKER.value, PostRole.PART_TIME_WORKER.value})
"""Posts whose holders go from door to door."""


class GridOf(NamedTuple):
    """A grid of today or of a plan, with the posts that it has or will have."""

    number: int
    code: str | None
    name: str
    name_en: str
    kind: str
    community: int
    households: int
    posts: Sequence[PostRow]


def told(
    grids: Sequence[GridOf], released: Sequence[PostRow] = (), names: Mapping[int, str] | None = None
) -> dict[str, Any]:
    """Grids with posts and loads, who has several grids, and who (of the posts of grids that end) has none any more.

    A person who works in several grids counts in each for a share. Somebody without a log-in is told from others by
    the name, within a community.
    """
    held: defaultdict[tuple[object, ...], list[tuple[GridOf, PostRow]]] = defaultdict(list)
    for grid in grids:
        for post in grid.posts:
            if post.person is not None:
                held[post.person].append((grid, post))
    spread = {person: len({grid.number for grid, _ in seats}) for person, seats in held.items()}
    rows = [_grid(grid, held, spread) for grid in grids]
    workers = [person for person, seats in held.items() if any(post.role in WORKERS for _, post in seats)]
    return {
        "grids": rows,
        "people": _people(held, spread),
        "released": [
            {"holder": post.holder, "role": post.role, "grid": (names or {}).get(post.grid_id, "")}
            for post in released
            if post.person is not None and post.person not in held
        ],
        "worker": WORKER,
        "totals": {
            "grids": len(rows),
            "households": sum(row["households"] for row in rows),
            "posts": sum(len(row["posts"]) for row in rows),
            "vacant": sum(row["vacant"] for row in rows),
            "workers": len(workers),
            "needed": sum(row["needed"] for row in rows),
        },
    }


def vacant_posts(kind: str) -> list[PostRow]:
    """The posts of a grid that begins without any: 1+1+1+2 for a base grid."""
    return [PostRow(0, 0, role.value, ordinal, None, None) for role, ordinal in STAFF] if kind == GridKind.BASE else []


def _grid(
    grid: GridOf, held: Mapping[tuple[object, ...], Any], spread: Mapping[tuple[object, ...], int]
) -> dict[str, Any]:
    """A grid as it is told; `load` is None where nobody works in it."""
    here = {post.person for post in grid.posts if post.role in WORKERS and post.person is not None}
    working = sum(1 / _grids_worked_in(held[person]) for person in here)
    return {
        "grid": grid.number,
        "code": grid.code,
        "name": grid.name,
        "name_en": grid.name_en,
        "kind": grid.kind,
        "community": grid.community,
        "households": grid.households,
        "needed": -(-grid.households // WORKER),
        "workers": round(working, 2),
        "load": round(grid.households / working, 1) if working else None,
        "vacant": sum(post.holder is None for post in grid.posts),
        "posts": [
            {
                "role": post.role,
                "ordinal": post.ordinal,
                "holder": post.holder,
                "grids": spread[post.person] if post.person is not None else 0,
            }
            for post in grid.posts
        ],
    }


def _grids_worked_in(seats: Sequence[tuple[GridOf, PostRow]]) -> int:
    """In how many grids somebody is a worker."""
    return len({grid.number for grid, post in seats if post.role in WORKERS})


def _people(held: Mapping[tuple[object, ...], Any], spread: Mapping[tuple[object, ...], int]) -> list[dict[str, Any]]:
    """Who has posts in several grids, those with most households first."""
    found = []
    for person, seats in held.items():
        if spread[person] < 2:  # noqa: PLR2004 (several)
            continue
        grids = {grid.number: grid for grid, _ in seats}
        found.append(
            {
                "holder": seats[0][1].holder,
                "roles": sorted({post.role for _, post in seats}),
                "grids": sorted(grids),
                "households": sum(grid.households for grid in grids.values()),
            }
        )
    return sorted(found, key=lambda one: (-one["households"], one["holder"]))
