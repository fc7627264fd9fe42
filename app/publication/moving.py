"""What hangs on a grid, when the grid ends: posts, appointments, patrol routes. Incidents keep their then-grid."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import date
from typing import Any, NamedTuple

import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import RowMapping, text
from sqlalchemy.orm import Session

from app.accounts.audit import record
from app.accounts.identity import Identity
from app.patrols.queries import entrances
from app.patrols.suggest import measures
from app.publication import queries, touched
from app.publication.change import Change
from app.publication.lineage import homes
from gis.city import STAFF, GridKind
from gis.local import LocalFrame

_POSTS = text("""
    UPDATE posts p SET grid_id = m.new FROM unnest(CAST(:olds AS int[]), CAST(:news AS int[])) m(old, new)
    WHERE p.grid_id = m.old
""")
_VACANT = text("""
    INSERT INTO posts (grid_id, role, ordinal)
    SELECT g.id, s.role, s.ordinal
    FROM grids g, unnest(CAST(:roles AS text[]), CAST(:ordinals AS int[])) s(role, ordinal)
    WHERE g.id = ANY(:grids) AND g.kind = :base AND NOT EXISTS (SELECT FROM posts p WHERE p.grid_id = g.id)
    ORDER BY g.id
""")
_HELD = text("""
    SELECT id, user_id, role, area_id, grid_id, ends_at, granted_by, granted_at, starts_at > now() AS to_come
    FROM appointments WHERE grid_id = ANY(:olds) AND (ends_at IS NULL OR ends_at > greatest(now(), starts_at))
    ORDER BY id FOR UPDATE
""")
# One that has not begun is moved, or never was: it ends as it starts.
_MOVE = text("UPDATE appointments SET grid_id = :grid WHERE id = :id")
_END = text("UPDATE appointments SET ends_at = greatest(now(), starts_at) WHERE id = :id")
_BEGIN = text("""
    INSERT INTO appointments (user_id, role, area_id, grid_id, starts_at, ends_at, granted_by, granted_at)
    VALUES (:user_id, :role, :area_id, :grid, now(), :ends_at, :granted_by, :granted_at) RETURNING id
""")
_ROUTES = text("""
    UPDATE patrol_routes r SET grid_id = m.grid
    FROM unnest(CAST(:routes AS int[]), CAST(:grids AS int[])) m(route, grid) WHERE r.id = m.route
""")
_REDRAWN = text("""
    UPDATE patrol_routes r SET redrawn_on = m.day, length = m.length, seconds = m.seconds, stops = m.stops
    FROM unnest(CAST(:routes AS int[]), CAST(:days AS date[]), CAST(:lengths AS float[]), CAST(:seconds AS float[]),
        CAST(:stops AS int[])) m(route, day, length, seconds, stops) WHERE r.id = m.route
""")

Blocks = AbstractSet[int]


class Goal(NamedTuple):
    """The grid that a patrol route goes to, by its number; `as_drawn` where it is the ground that it was drawn for."""

    number: int
    as_drawn: bool


def posts(session: Session, heirs: Mapping[int, int], begun: list[int]) -> None:
    """Move the posts of grids to those that take their place, and give base grids that have none their vacant ones."""
    session.execute(_POSTS, {"olds": list(heirs), "news": list(heirs.values())})
    roles, ordinals = zip(*STAFF, strict=True)
    bound = {"roles": list(roles), "ordinals": list(ordinals), "grids": begun, "base": GridKind.BASE.value}
    session.execute(_VACANT, bound)


def appointments(session: Session, by: Identity | None, ended: list[int], heirs: Mapping[int, int]) -> None:
    """Let posts of users in grids that end go on in the heir; without one they end. Each is on record."""
    for held in session.execute(_HELD, {"olds": ended}).mappings().all():
        heir = heirs.get(held["grid_id"])
        if held["to_come"] and heir is not None:
            session.execute(_MOVE, {"id": held["id"], "grid": heir})
            continue
        session.execute(_END, {"id": held["id"]})
        _tell(session, by, "post.ended", held, post=held["id"], grid=held["grid_id"])
        if heir is not None:
            made = session.scalar(_BEGIN, {**held, "grid": heir})
            _tell(session, by, "post.granted", held, post=made, grid=heir)


def _tell(session: Session, by: Identity | None, act: str, held: RowMapping, **detail: Any) -> None:
    """Put an appointment that ends or begins with a grid on record."""
    record(session, by, act, "user", held["user_id"], role=held["role"], area=held["area_id"], **detail)


def routes(session: Session, change: Change, begun: Mapping[int, int], day: date | None) -> None:
    """Give the patrol routes of grids that end to those that begin; where that is other ground, they say so.

    A route that comes back to the ground that it was drawn for says nothing any more. Blocks are there already: a route
    on other ground is measured by the doors that it passes there.
    """
    rows = touched.routes(session, change.succession.ended)
    if not rows:
        return
    goals = goes_to(session, change, rows)
    session.execute(_ROUTES, {"routes": [row["id"] for row, _ in rows], "grids": [begun[to.number] for to in goals]})
    before, after = members({block.id: block.grid_id for block in change.blocks}), members(change.after)
    other = [(row["id"], None if to.as_drawn else day, begun[to.number], line)
             for (row, line), to in zip(rows, goals, strict=True)
             if before[row["grid_id"]] != after[to.number] or (to.as_drawn and row["redrawn_on"])]  # fmt: skip
    if not other:
        return
    numbers, days, grids, lines = zip(*other, strict=True)
    doors, frame = entrances(session, set(grids)), LocalFrame.around(shapely.GeometryCollection(lines))
    taken = [measures(line, doors[grid], frame) for grid, line in zip(grids, lines, strict=True)]
    lengths, seconds, stops = map(list, zip(*taken, strict=True))
    bound = {"routes": list(numbers), "lengths": lengths, "seconds": seconds, "stops": stops}
    session.execute(_REDRAWN, {**bound, "days": list(days)})


def members(of: Mapping[int, int]) -> dict[int, set[int]]:
    """The blocks of each grid."""
    found: defaultdict[int, set[int]] = defaultdict(set)
    for block, grid in of.items():
        found[grid].add(block)
    return found


def goes_to(session: Session, change: Change, rows: Sequence[tuple[touched.Row, BaseGeometry]]) -> list[Goal]:
    """Where each of `touched.routes` goes.

    It is the grid with just the blocks that the route was drawn for, else the heir of its own where it comes into that,
    else the one of the community that most of its corners are in, or that is nearest.
    """
    drawn = _drawn_for(session, change, rows)
    of = members(change.after)
    found = []
    for row, line in rows:
        back = next((number for number in change.begun if of[number] == drawn[row["id"]]), None)
        found.append(Goal(_nearest(change, row["grid_id"], line) if back is None else back, back is not None))
    return found


def _nearest(change: Change, grid: int, line: BaseGeometry) -> int:
    """The grid that a route on other ground goes to."""
    heir = change.succession.heirs.get(grid, -1)
    if heir in change.shapes and shapely.intersects(change.shapes[heir], line):
        return heir
    corners = shapely.points(shapely.get_coordinates(line))
    community = change.today[grid].community_id
    near = {n: shape for n, shape in change.shapes.items() if change.planned[n].community_id == community}
    held = {number: int(shapely.intersects(shape, corners).sum()) for number, shape in near.items()}
    return min(near, key=lambda at: (-held[at], shapely.distance(change.shapes[at], line), at))


def _drawn_for(session: Session, change: Change, rows: Sequence[tuple[touched.Row, BaseGeometry]]) -> dict[int, Blocks]:
    """The blocks of now for which each route was drawn: those of its grid, or of the grid of then where it is another.

    Blocks may have been split and merged since, so what decides is where most of each lies.
    """
    own = members({block.id: block.grid_id for block in change.blocks})
    found: dict[int, Blocks] = {row["id"]: own[row["grid_id"]] for row, _ in rows}
    redrawn = {row["id"]: line for row, line in rows if row["redrawn_on"]}
    if not redrawn:
        return found
    pairs = touched.drawn_in(session, redrawn)
    shapes = queries.grid_shapes(session, {grid for _, grid in pairs})
    # Of grids that were joined since, a route was drawn in the one that most of it is in: the last here.
    then = dict(sorted(pairs, key=lambda pair: _inside(shapes[pair[1]], redrawn[pair[0]])))
    blocks = queries.block_shapes(session, [block.id for block in change.blocks])
    grounds = {grid: set(homes(blocks, {grid: shapes[grid]})) for grid in set(then.values())}
    return found | {route: grounds[grid] for route, grid in then.items()}


def _inside(shape: BaseGeometry, line: BaseGeometry) -> float:
    """How much of a line is in a shape."""
    return float(shapely.length(shapely.intersection(shape, line)))
