"""Posts and loads of the grids in force, and of those of a plan: who goes on in which grid, and what is vacant then."""

import uuid
from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any

from flask_babel import gettext
from sqlalchemy.orm import Session

from app.errors import NotFound
from app.plans.blocks_today import carried, hold
from app.plans.models import ON_THE_WAY, GridPlan
from app.plans.stored import Reader
from app.publication import queries as publication
from app.publication.queries import Block, GridRow
from app.publication.service import seen
from app.staffing import queries
from app.staffing.loads import GridOf, told, vacant_posts
from app.staffing.queries import PostRow
from gis.plan import NO_GRID
from gis.succession import succession


def of_area(session: Session, asks: Reader, area_id: int) -> dict[str, Any]:
    """The grids in force of an area that the reader plans for. NotFound."""
    if area_id not in asks.areas:
        raise NotFound(gettext("You do not redraw the grids of the whole of this area."), field="area")
    hold(session, shared=True)
    communities = publication.communities(session, area_id)
    blocks = publication.blocks(session, communities)
    return told(_today(session, blocks, publication.grids(session, communities, current=True)))


def of_plan(session: Session, asks: Reader, plan_id: uuid.UUID) -> dict[str, Any]:
    """The grids of a plan, the posts with their heirs as they would be if it came into force today. NotFound.

    Blocks in no grid are left out.
    """
    hold(session, shared=True)
    plan = seen(session, asks, plan_id)
    communities = publication.communities(session, plan.area_id)
    blocks = publication.blocks(session, communities)
    today = publication.grids(session, communities, current=True)
    planned = (
        plan.blocks if plan.state in ON_THE_WAY else carried(session, plan.blocks, [str(one.id) for one in blocks])
    )
    after = {one.id: number for one in blocks if (number := planned.get(str(one.id), NO_GRID)) != NO_GRID}
    before, homes = {one.id: one.grid_id for one in blocks}, {one.id: one.households for one in blocks}
    heirs = succession(before, after, homes).heirs
    posts = _posts(session, today)
    rows = [_planned(plan, number, heirs, posts, count) for number, count in _counted(after, homes).items()]
    released = [post for grid, own in posts.items() if grid not in heirs for post in own]
    return told(rows, released, {row.id: row.name for row in today.values()})


def _today(session: Session, blocks: list[Block], grids: Mapping[int, GridRow]) -> list[GridOf]:
    """The grids in force."""
    posts = _posts(session, grids)
    homes = _counted({one.id: one.grid_id for one in blocks}, {one.id: one.households for one in blocks})
    return [
        GridOf(row.id, row.code, row.name, row.name_en, row.kind, row.community_id, homes.get(row.id, 0), posts[row.id])
        for row in sorted(grids.values(), key=lambda row: row.code)
    ]


def _planned(
    plan: GridPlan, number: int, heirs: Mapping[int, int], posts: Mapping[int, list[PostRow]], households: int
) -> GridOf:
    """A grid of a plan, with the posts of the grid that it takes the place of."""
    grid = plan.grids[str(number)]
    own = [post for old, new in heirs.items() if new == number for post in posts[old]]
    return GridOf(
        number,
        grid["code"],
        grid["name"],
        grid["name_en"],
        grid["kind"],
        grid["community"],
        households,
        own or vacant_posts(grid["kind"]),
    )


def _posts(session: Session, grids: Collection[int]) -> defaultdict[int, list[PostRow]]:
    """The posts of each grid."""
    found: defaultdict[int, list[PostRow]] = defaultdict(list)
    for post in queries.posts(session, grids):
        found[post.grid_id].append(post)
    return found


def _counted(of: Mapping[int, int], homes: Mapping[int, int]) -> dict[int, int]:
    """The households of each grid, by number."""
    found: defaultdict[int, int] = defaultdict(int)
    for block, number in sorted(of.items(), key=lambda pair: (pair[1], pair[0])):
        found[number] += homes[block]
    return dict(found)
