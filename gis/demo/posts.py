"""The 1+1+1+2 posts of the base grids with the source document's shortage; holders are invented."""

from collections.abc import Sequence

import numpy as np

from gis.city import Post, PostRole
from gis.demo.figures import Figures


def _filled(count: int, places: int, rng: np.random.Generator) -> set[int]:
    """Which of `places` are filled when `count` people stand ready."""
    return set(rng.choice(places, size=min(count, places), replace=False).tolist())


def staff(grids: Sequence[str], figures: Figures, rng: np.random.Generator) -> list[Post]:
    """The posts of the base grids `grids`, listed community by community.

    Every grid has an instructor and a leader, who each look after several grids that lie together; a full-time worker
    has one grid, a part-time worker one place.
    """
    n = len(grids)
    full, part = _filled(figures.full_time_workers, n, rng), _filled(figures.part_time_workers, 2 * n, rng)
    full_number = {k: number for number, k in enumerate(sorted(full), 1)}
    part_number = {k: number for number, k in enumerate(sorted(part), 1)}
    posts = []
    for k, grid in enumerate(grids):
        instructor, leader = k * min(figures.instructors, n) // n + 1, k * min(figures.leaders, n) // n + 1
        posts.append(Post(grid, PostRole.INSTRUCTOR, 1, f"指导员示例{instructor}"))
        posts.append(Post(grid, PostRole.LEADER, 1, f"网格长示例{leader}"))
        posts.append(Post(grid, PostRole.FULL_TIME_WORKER, 1, f"网格员示例{full_number[k]}" if k in full else None))
        for place in (0, 1):
            number = part_number.get(2 * k + place)
            holder = None if number is None else f"兼职网格员示例{number}"
            posts.append(Post(grid, PostRole.PART_TIME_WORKER, place + 1, holder))
    return posts
