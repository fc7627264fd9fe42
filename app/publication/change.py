"""What a plan would change, reckoned on the grids that are in force: fates, heirs, codes, names. Nothing is written."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import shapely
from flask_babel import lazy_gettext as _
from shapely import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry
from sqlalchemy.orm import Session

from app.errors import Conflict
from app.plans.blocks_today import carried
from app.plans.models import ON_THE_WAY, GridPlan
from app.publication import queries
from app.publication.queries import Block, GridRow
from gis.grid_codes import NoCodeLeftError, Scheme
from gis.plan import NO_GRID
from gis.succession import Succession, succession

NAMED = 3  # codes of areas in a sentence
ALIKE = 1e-6  # share of its area by which a shape may differ and be the same: what splits of blocks round


class Planned(NamedTuple):
    """A grid as a plan has it."""

    community_id: int
    kind: str
    name: str
    name_en: str
    blocks: tuple[int, ...]


class Code(NamedTuple):
    """The code of a grid and the scheme by which it was made."""

    code: str
    scheme: str


@dataclass(frozen=True, slots=True)
class Change:
    """A plan on today's ground.

    `communities` are the codes of those in which anything changes, by id. `planned` are the grids of these communities,
    by number, `today` those in force there; `succession` says what becomes of them, `codes` and `shapes` are of those
    that begin. `returned` names for a grid that comes back as it once was the one that it was.
    """

    communities: dict[int, str]
    blocks: list[Block]
    after: dict[int, int]
    planned: dict[int, Planned]
    today: dict[int, GridRow]
    succession: Succession
    codes: dict[int, Code]
    shapes: dict[int, MultiPolygon]
    returned: dict[int, GridRow]

    @property
    def begun(self) -> list[int]:
        """The numbers of the grids that begin."""
        return list(self.succession.parents)


def change_of(session: Session, plan: GridPlan, scheme: Scheme, *, lock: bool = False) -> Change:
    """What the plan changes today; Conflict where it cannot be brought into force as it is."""
    places = queries.communities(session, plan.area_id)
    blocks = queries.blocks(session, places, lock=lock)
    today = queries.grids(session, places, current=True)
    after, planned = _planned(session, plan, blocks)
    before = {block.id: block.grid_id for block in blocks}
    whole = succession(before, after, _households(blocks), same=_alike(before, planned, today))
    moved = {planned[number].community_id for number in whole.parents}
    return _within(session, scheme, _Part({one: places[one] for one in moved}, blocks, after, planned, today))


class _Part(NamedTuple):
    """The communities in which something changes, and everything else of which they are a part."""

    communities: dict[int, str]
    blocks: list[Block]
    after: dict[int, int]
    planned: dict[int, Planned]
    today: dict[int, GridRow]


def _within(session: Session, scheme: Scheme, part: _Part) -> Change:
    """The change in the communities that change."""
    blocks = [block for block in part.blocks if block.community_id in part.communities]
    planned = {number: one for number, one in part.planned.items() if one.community_id in part.communities}
    today = {number: one for number, one in part.today.items() if one.community_id in part.communities}
    before, after = {block.id: block.grid_id for block in blocks}, {block.id: part.after[block.id] for block in blocks}
    same = _alike(before, planned, today)
    begun = succession(before, after, _households(blocks), same=same).parents
    shapes = _outlines(session, {number: planned[number] for number in begun})
    returned = _returned(session, planned, shapes)
    holders = {row.code: row.id for row in today.values()}
    back = {number: holders[row.code] for number, row in returned.items() if row.code in holders}
    found = succession(before, after, _households(blocks), same=same, back=back)
    made = Change(part.communities, blocks, after, planned, today, found, {}, shapes, returned)
    made.codes.update(_codes(session, scheme, made))
    return made


def _planned(session: Session, plan: GridPlan, blocks: list[Block]) -> tuple[dict[int, int], dict[int, Planned]]:
    """The number of each block and the grids of the plan; Conflict where it does not say that of each block."""
    kept = plan.blocks
    if plan.state not in ON_THE_WAY:  # what happened to blocks since did not happen in it
        kept = carried(session, kept, [str(block.id) for block in blocks])
    after = {block.id: kept.get(str(block.id), NO_GRID) for block in blocks}
    if lost := [block for block, number in after.items() if str(number) not in plan.grids]:
        raise Conflict(_("Some blocks are in no grid yet: give each of them to one."), extra={"blocks": lost})
    members: defaultdict[int, list[int]] = defaultdict(list)
    for block, number in after.items():
        members[number].append(block)
    community = {block.id: block.community_id for block in blocks}
    return after, {number: _one(plan.grids[str(number)], own, community) for number, own in members.items()}


def _one(grid: Mapping[str, Any], blocks: list[int], community: Mapping[int, int]) -> Planned:
    """A planned grid; Conflict where it lies in two communities."""
    places = {community[block] for block in blocks}
    if len(places) > 1:
        raise Conflict(_("A grid lies in one community: this one is in two."), extra={"blocks": blocks})
    names = str(grid.get("name") or "").strip(), str(grid.get("name_en") or "").strip()
    return Planned(places.pop(), str(grid["kind"]), *names, tuple(blocks))


def _households(blocks: list[Block]) -> dict[int, int]:
    return {block.id: block.households for block in blocks}


def _alike(before: Mapping[int, int], planned: Mapping[int, Planned], today: Mapping[int, GridRow]) -> dict[int, int]:
    """The grid of today that has the name and the kind of a planned one, and a block of it."""
    found = {}
    for number, one in planned.items():
        row = today[before[one.blocks[0]]]
        if one.kind == row.kind and one.name in {"", row.name} and one.name_en in {"", row.name_en}:
            found[number] = row.id
    return found


def _outlines(session: Session, planned: Mapping[int, Planned]) -> dict[int, MultiPolygon]:
    """The union of the blocks of each grid, in their own coordinates."""
    shapes = queries.block_shapes(session, [block for one in planned.values() for block in one.blocks])
    return {number: union([shapes[block] for block in one.blocks]) for number, one in planned.items()}


def union(shapes: list[BaseGeometry]) -> MultiPolygon:
    """The union of blocks that fit together, whose vertices stay as they are."""
    joined = shapely.coverage_union_all(shapes)
    if not joined.is_valid or not np.isclose(joined.area, shapely.area(shapes).sum(), rtol=ALIKE, atol=0):
        joined = shapely.unary_union(shapes)  # where blocks do not fit together, the area is right nonetheless
    return MultiPolygon([part for part in shapely.get_parts(joined) if isinstance(part, Polygon)])


def _returned(
    session: Session, planned: Mapping[int, Planned], shapes: Mapping[int, MultiPolygon]
) -> dict[int, GridRow]:
    """The last of the grids that have ended in the very place of one that begins, for each that has such."""
    former = queries.grids(session, {planned[number].community_id for number in shapes}, current=False)
    if not former:
        return {}
    outlines = queries.grid_shapes(session, former)
    found = {}
    for number, shape in shapes.items():
        same = [row for row in former.values() if alike(outlines[row.id], shape)]
        if same:
            found[number] = max(same, key=lambda row: (row.valid_to, row.id))
    return found


def alike(one: BaseGeometry, other: BaseGeometry) -> bool:
    """Whether two shapes are the same but for rounding."""
    if not np.allclose(one.bounds, other.bounds, rtol=0, atol=ALIKE):
        return False
    return bool(one.symmetric_difference(other).area <= ALIKE * other.area)


def _codes(session: Session, scheme: Scheme, change: Change) -> dict[int, Code]:
    """The code of each grid that begins: its own of before, that of the grid whose place it takes, or a new one."""
    kept = {change.today[old].code for old in change.succession.kept.values()}
    heir_of = change.succession.heir_of
    found: dict[int, Code] = {}
    for number in change.begun:
        row = change.returned.get(number)
        holder = next((old for old, one in change.today.items() if row and one.code == row.code), None)
        if row and (holder is None or heir_of.get(number) == holder):
            found[number] = Code(row.code, row.code_scheme)
    for number in change.begun:
        if number not in found and number in heir_of:
            row = change.today[heir_of[number]]
            found[number] = Code(row.code, row.code_scheme)
    used, given = queries.codes(session), set(kept)
    for number in change.begun:
        if number not in found or found[number].code in given:
            one = change.planned[number]
            found[number] = Code(_new_code(scheme, change.communities[one.community_id], one.kind, used), scheme.name)
            used.add(found[number].code)
        given.add(found[number].code)
    return found


def _new_code(scheme: Scheme, community: str, kind: str, used: set[str]) -> str:
    """A code that no grid ever had; Conflict where there is none."""
    try:
        return scheme.next(community, kind, used)
    except NoCodeLeftError:
        raise Conflict(_("Community %(code)s has had so many grids that no code is left.", code=community)) from None
    except ValueError:
        raise Conflict(_("Grids of %(code)s get no code: an area's code has twelve digits.", code=community)) from None
