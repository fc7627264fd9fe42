"""Who moves by a plan: households, buildings, stations, posts, open incidents, patrol routes, and whose worker changes.

Counts of households are not personal; who holds a post is told to whoever sees the grid, as everywhere.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from app.accounts.identity import Identity
from app.accounts.rights import Capability
from app.areas.scope import scope_of
from app.plans.models import GridPlan, PlanState
from app.publication import lineage, queries, touched
from app.publication.change import Change, change_of
from app.publication.enacting import named
from app.publication.moving import goes_to
from app.publication.sides import Compared, Shown, Side, came, compared, plan_side, today_side
from gis.city import PostRole
from gis.grid_codes import Scheme

WORKER = PostRole.FULL_TIME_WORKER.value
Row = dict[str, Any]


@dataclass(frozen=True)
class Told:
    """A plan beside today's grids, beside another plan, or (in force) beside what was before it; `change` is None then.

    `workers` are the holders of the full-time workers' posts by the grid that the posts are in now.
    """

    session: Session
    plan: GridPlan
    communities: frozenset[int]
    sides: Compared
    change: Change | None
    workers: dict[int, str]

    def move(self, block: int) -> Row:
        """From where to where a block goes."""
        one, other = self._at(block)
        return {"from": one.told(), "to": other.told()}

    def worker(self, block: int) -> Row:
        """Whose it was and whose it will be; None where the post is vacant, or the grid new."""
        one, other = self._at(block)
        return {"worker_from": self.workers.get(one.place or -1), "worker_to": self.workers.get(other.place or -1)}

    def _at(self, block: int) -> tuple[Shown, Shown]:
        return self.sides.one.grids[self.sides.one.of[block]], self.sides.other.grids[self.sides.other.of[block]]


def told_of(session: Session, plan: GridPlan, scheme: Scheme, against: GridPlan | None = None) -> Told:
    """What a plan does, or did; Conflict where it, or the one beside it, cannot stand."""
    if plan.state == PlanState.IN_FORCE.value and against is None:
        places, sides = _as_it_came(session, plan)
        return Told(session, plan, places, sides, None, _workers(session, sides))
    change = change_of(session, plan, scheme)
    beside = change_of(session, against, scheme) if against else None
    places = frozenset({*change.communities, *(beside.communities if beside else ())})
    blocks = queries.blocks(session, places)
    today = today_side(blocks, queries.grids(session, places, current=True))
    mine = _side(blocks, today, change)
    sides = compared(blocks, _side(blocks, today, beside), mine) if beside else compared(blocks, today, mine, change)
    return Told(session, plan, places, sides, change, _workers(session, sides))


def _side(blocks: list[queries.Block], today: Side, change: Change) -> Side:
    return plan_side(blocks, today, change, {number: named(change, number) for number in change.begun})


def _as_it_came(session: Session, plan: GridPlan) -> tuple[frozenset[int], Compared]:
    """The grids that a plan ended beside those that began by it, on the blocks of now."""
    ended, begun = lineage.ended_by(session, plan.id), lineage.begun_by(session, plan.id)
    places = frozenset(row.community_id for row in begun.values())
    blocks = queries.blocks(session, places)
    shapes = queries.block_shapes(session, [block.id for block in blocks])
    then = lineage.homes(shapes, queries.grid_shapes(session, ended))
    now = lineage.homes(shapes, queries.grid_shapes(session, begun))
    both = [block for block in blocks if block.id in then and block.id in now]
    return places, came(both, (ended, then), (begun, now))


def _workers(session: Session, sides: Compared) -> dict[int, str]:
    """Who works in each grid that a side takes its staff from."""
    places = {one.place for side in (sides.one, sides.other) for one in side.grids.values()}
    rows = touched.posts(session, [place for place in places if place is not None])
    return {row["grid_id"]: row["holder"] for row in rows if row["role"] == WORKER and row["holder"]}


def consequences(session: Session, who: Identity, told: Told) -> Row:
    """The whole list, as it is answered."""
    buildings = [building(told, row) for row in touched.buildings(session, told.sides.moved)]
    lists: dict[str, list[Row]] = {
        "grids": grids(told),
        "buildings": buildings,
        "stations": _in_blocks(told, touched.stations(session, told.communities)),
        "posts": _posts(told),
        "incidents": _in_blocks(told, _seen_incidents(session, who, told)),
        "routes": _routes(told),
    }
    totals = {name: len(lists[name]) for name in ("buildings", "stations", "posts", "incidents", "routes")}
    households = sum(block.households for block in told.sides.blocks if block.id in told.sides.moved)
    changed = sum(one["households"] for one in buildings if one["worker_from"] != one["worker_to"])
    return {"totals": {"households": households, **totals, "households_with_another_worker": changed}, **lists}


def grids(told: Told) -> list[Row]:
    """The grids of the communities that change, and those that end, each with what becomes of it."""
    sides, found = told.sides, told.sides.succession
    held: Counter[int] = Counter()
    count: Counter[int] = Counter()
    for block in sides.blocks:
        held[sides.other.of[block.id]] += block.households
        count[sides.other.of[block.id]] += 1
    rows = []
    for number, one in sorted(sides.other.grids.items(), key=lambda each: (each[1].code, each[0])):
        old = found.heir_of.get(number)
        parents = [
            {"grid": parent, "code": sides.one.grids[parent].code, "households": households}
            for parent, households in found.parents.get(number, {}).items()
        ]
        fate = "kept" if number in found.kept else "new" if old is None else "changed"
        row = {**one.told(), "number": number, "kind": one.kind, "households": held[number], "blocks": count[number]}
        heir_of = None if old is None else sides.one.grids[old].code
        rows.append({**row, "heir_of": heir_of, "parents": parents, "fate": fate})
    return rows + [_ended(sides, old) for old in found.ended if old not in found.heirs]


def _ended(sides: Compared, old: int) -> Row:
    """A grid that ends and has no heir."""
    one = sides.one.grids[old]
    blocks = [block for block in sides.blocks if sides.one.of[block.id] == old]
    size = {"households": sum(block.households for block in blocks), "blocks": len(blocks)}
    return {**one.told(), "number": old, "kind": one.kind, **size, "heir_of": None, "parents": [], "fate": "ended"}


def building(told: Told, row: Row) -> Row:
    """A building that comes into another grid."""
    kept = {name: row[name] for name in ("id", "name", "name_en", "address", "households", "lon", "lat")}
    compound = {"compound": row["compound"], "compound_en": row["compound_en"]}
    return {**kept, **compound, **told.move(row["block_id"]), **told.worker(row["block_id"])}


def _in_blocks(told: Told, rows: Iterable[Row]) -> list[Row]:
    """What stands in blocks that come into another grid."""
    return [
        {name: value for name, value in row.items() if name != "block_id"} | told.move(row["block_id"])
        for row in rows
        if row["block_id"] in told.sides.moved
    ]


def _seen_incidents(session: Session, who: Identity, told: Told) -> list[Row]:
    """The open incidents that the user sees."""
    scope = scope_of(session, who, Capability.SEE_INCIDENTS)
    seen = told.communities if scope.community_ids is None else scope.community_ids & told.communities
    rows = touched.incidents(session, seen)
    return [{**row, "reported_at": row["reported_at"].isoformat()} for row in rows]


def _posts(told: Told) -> list[Row]:
    """The posts and appointments of grids that end without an heir: `to` is where nobody goes yet."""
    sides = told.sides
    places = {one.place: one for one in sides.one.grids.values() if one.place is not None}
    gone = [place for place in places if place not in {one.place for one in sides.other.grids.values()}]
    rows = [("post", row) for row in touched.posts(told.session, gone)]
    rows += [("appointment", row) for row in touched.appointments(told.session, gone)]
    return [
        {
            "id": row["id"],
            "what": what,
            "role": row["role"],
            "ordinal": row.get("ordinal"),
            "holder": row["holder"],
            "from": places[row["grid_id"]].told(),
            "to": None,
        }
        for what, row in rows
    ]


def _routes(told: Told) -> list[Row]:
    """The patrol routes that do not go on in the heir of their grid: as of today, whichever plan is beside."""
    change = told.change
    if change is None:
        return []  # they have gone already
    rows = touched.routes(told.session, change.succession.ended)
    return [
        {"id": row["id"], "name": row["name"], "from": _today(change, row["grid_id"])}
        | {"to": told.sides.other.grids[to.number].told()}
        for (row, _), to in zip(rows, goes_to(told.session, change, rows), strict=True)
        if change.succession.heirs.get(row["grid_id"]) != to.number
    ]


def _today(change: Change, grid: int) -> Row:
    row = change.today[grid]
    return {"code": row.code, "name": row.name, "name_en": row.name_en}
