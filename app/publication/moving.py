"""What hangs on a grid, when the grid ends: posts, appointments, patrol routes. Incidents keep their then-grid."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import RowMapping, text
from sqlalchemy.orm import Session

from app.accounts.audit import record
from app.accounts.identity import Identity
from app.patrols.queries import entrances
from app.patrols.suggest import measures
from app.publication import touched
from app.publication.change import Change
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
    UPDATE patrol_routes r SET redrawn_on = :day, length = m.length, seconds = m.seconds, stops = m.stops
    FROM unnest(CAST(:routes AS int[]), CAST(:lengths AS float[]), CAST(:seconds AS float[]), CAST(:stops AS int[]))
        m(route, length, seconds, stops) WHERE r.id = m.route
""")


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
    """Give the patrol routes of grids that end to those that begin; where that is not the same ground, they say so.

    Blocks are there already: such a route is measured by the doors that it passes in its new grid.
    """
    rows = touched.routes(session, change.succession.ended)
    if not rows:
        return
    to = goes_to(change, [(row["grid_id"], line) for row, line in rows])
    session.execute(_ROUTES, {"routes": [row["id"] for row, _ in rows], "grids": [begun[number] for number in to]})
    before, after = members({block.id: block.grid_id for block in change.blocks}), members(change.after)
    other = [(row["id"], begun[at], line) for (row, line), at in zip(rows, to, strict=True)
             if before[row["grid_id"]] != after[at]]  # fmt: skip
    if not other:
        return
    numbers, grids, lines = zip(*other, strict=True)
    doors, frame = entrances(session, set(grids)), LocalFrame.around(shapely.GeometryCollection(lines))
    taken = [measures(line, doors[grid], frame) for grid, line in zip(grids, lines, strict=True)]
    lengths, seconds, stops = map(list, zip(*taken, strict=True))
    bound = {"routes": list(numbers), "lengths": lengths, "seconds": seconds, "stops": stops}
    session.execute(_REDRAWN, {**bound, "day": day})


def members(of: Mapping[int, int]) -> dict[int, set[int]]:
    """The blocks of each grid."""
    found: defaultdict[int, set[int]] = defaultdict(set)
    for block, grid in of.items():
        found[grid].add(block)
    return found


def goes_to(change: Change, lines: Sequence[tuple[int, BaseGeometry]]) -> list[int]:
    """The number of the grid that each patrol route (the grid that it is in, and its line) goes to.

    It is the heir of its own grid where it comes into that, else the one of the community that most of its corners are
    in, or that is nearest.
    """
    found = []
    for grid, line in lines:
        heir = change.succession.heirs.get(grid, -1)
        if heir in change.shapes and shapely.intersects(change.shapes[heir], line):
            found.append(heir)
            continue
        corners = shapely.points(shapely.get_coordinates(line))
        community = change.today[grid].community_id
        near = {n: shape for n, shape in change.shapes.items() if change.planned[n].community_id == community}
        held = {number: int(shapely.intersects(shape, corners).sum()) for number, shape in near.items()}
        found.append(min(near, key=lambda at: (-held[at], shapely.distance(change.shapes[at], line), at)))
    return found
