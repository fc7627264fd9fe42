"""Blocks split by a drawn line and merged: the ground changes, the grids do not.

Both parts of a block stay in the grid of the whole, in force and in every plan that is still on its way. Neighbours get
the vertices where a cut ends, and so do the outlines of grids, so that all of them go on fitting to the last bit.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import shapely
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from shapely import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Row, select, text
from sqlalchemy.orm import Session

from app.accounts.audit import record
from app.errors import DomainError, Invalid, NotFound
from app.geo import LONLAT
from app.plans.blocks_around import ELSEWHERE, Around, around, as_line
from app.plans.blocks_today import hold
from app.plans.editing import Changes
from app.plans.edits import keep
from app.plans.models import ON_THE_WAY, BlockAct, GridPlan
from app.plans.stored import Reader
from gis import block_edits
from gis.block_edits import Edit
from gis.refusals import SENTENCES, EditRefused, Reason

_CHOSEN = text("SELECT id, community_id, grid_id FROM blocks WHERE id = ANY(:ids) ORDER BY id")
_ADD = text("""
    INSERT INTO blocks (id, key, community_id, compound_id, grid_id, geom)
    SELECT made.id, 'redrawn:' || made.id, :community, :compound, :grid, CAST(:geom AS geometry)
    FROM (SELECT nextval(pg_get_serial_sequence('blocks', 'id')) AS id) made RETURNING id
""")
_MOVE = text("""
    UPDATE buildings b SET block_id = home.block
    FROM unnest(CAST(:buildings AS int[]), CAST(:blocks AS int[])) home(building, block)
    WHERE b.id = home.building AND b.block_id <> home.block
""")
_END = text("""
    WITH gone AS (DELETE FROM blocks WHERE id = ANY(:ids) RETURNING id, key, community_id, geom)
    INSERT INTO former_blocks (id, key, community_id, act, ended_by, geom)
    SELECT id, key, community_id, :act, :user, geom FROM gone
""")
_LINEAGE = text("INSERT INTO block_parents (child_id, parent_id) VALUES (:child, :parent)")
_RESHAPE = text("UPDATE blocks SET geom = CAST(:geom AS geometry) WHERE id = :id")
_GRIDS = text("SELECT id, ST_AsBinary(geom) AS geom FROM grids WHERE id = ANY(:ids) ORDER BY id")
_MEMBERS = text("SELECT ST_AsBinary(geom) FROM blocks WHERE grid_id = :grid ORDER BY id")
_RESHAPE_GRID = text("UPDATE grids SET geom = CAST(:geom AS geometry) WHERE id = :id")


class Undividable(Invalid):
    """Blocks that are not split or merged; `reason` says why in a word, `place` where, in lon/lat."""


def split(
    session: Session, asks: Reader, block: int, line: Sequence[tuple[float, float]], within: float
) -> dict[str, Any]:
    """Split a block along a line: what was removed, added and touched. NotFound, Undividable."""
    hold(session)
    (row,) = _chosen(session, asks, [block], field="block")
    ground = around(session, [block], row.community_id)
    (at,) = ground.places([block])
    try:
        edit = block_edits.split(ground.trip.metres, at, as_line(line, ground.plane), ground.ground, within=within)
    except EditRefused as error:
        raise _refused(error, ground, "line") from None
    return _applied(session, asks, ground, edit, BlockAct.SPLIT)


def merge(session: Session, asks: Reader, blocks: Sequence[int]) -> dict[str, Any]:
    """Make one block of several of a grid: what was removed and added. NotFound, Undividable."""
    hold(session)
    rows = _chosen(session, asks, blocks, field="blocks")
    if len({row.community_id for row in rows}) > 1:
        raise _told("communities_differ", _("Blocks of different communities cannot be merged."))
    if len({row.grid_id for row in rows}) > 1:
        raise _told("grids_differ", _("The blocks are in different grids: first bring a plan into force."))
    _check_plans(session, asks, [row.id for row in rows])
    ground = around(session, [row.id for row in rows], rows[0].community_id)
    try:
        edit = block_edits.merge(ground.trip.metres, ground.places([row.id for row in rows]), ground.ground)
    except EditRefused as error:
        raise _refused(error, ground, "blocks") from None
    return _applied(session, asks, ground, edit, BlockAct.MERGE)


def _chosen(session: Session, asks: Reader, ids: Sequence[int], *, field: str) -> Sequence[Row[Any]]:
    """The blocks, where all of them are in communities that the user redraws. NotFound."""
    rows = session.execute(_CHOSEN, {"ids": sorted(set(ids))}).all()
    if len(rows) < len(set(ids)) or any(row.community_id not in asks.redraws for row in rows):
        raise NotFound(_("There is no such block where you redraw the grids."), field=field)
    return rows


def _plans(session: Session, blocks: Sequence[int]) -> Sequence[GridPlan]:
    """The plans on their way that hold some of the blocks, locked, always in the same order."""
    holds = text("jsonb_exists_any(blocks, CAST(:held AS text[]))").bindparams(held=[str(block) for block in blocks])
    return session.scalars(
        select(GridPlan)
        .where(GridPlan.state.in_(sorted(ON_THE_WAY)), holds)
        .order_by(GridPlan.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()


def _check_plans(session: Session, asks: Reader, blocks: Sequence[int]) -> None:
    """Refuse a merger of blocks that a plan on its way puts into different grids; one that is seen is named."""
    for plan in _plans(session, blocks):
        if len({plan.blocks.get(str(block)) for block in blocks}) > 1:
            seen = plan.area_id in asks.areas
            sentence = (
                _("The blocks are in different grids of the plan “%(name)s”.", name=plan.name)
                if seen
                else _("The blocks are in different grids of a plan.")
            )
            raise _told("plans_differ", sentence, plan=str(plan.id) if seen else None)


def _applied(session: Session, asks: Reader, ground: Around, edit: Edit, act: BlockAct) -> dict[str, Any]:
    """Write an edit down: blocks, buildings, lineage, outlines and plans; what it did by ID."""
    removed = [ground.rows[at].id for at in edit.removed]
    plans = _plans(session, removed)
    _check_homes(ground, edit)
    number = {at: row.id for at, row in enumerate(ground.rows)} | _added(session, ground, edit)
    homes = {ground.buildings[building]: number[at] for building, at in edit.homes.items()}
    session.execute(_MOVE, {"buildings": list(homes), "blocks": list(homes.values())})
    session.execute(_END, {"ids": removed, "act": act, "user": asks.who.id})
    parents = {number[at]: [number[parent] for parent in edit.parents[at]] for at in edit.added}
    session.execute(_LINEAGE, [{"child": new, "parent": old} for new, olds in parents.items() for old in olds])
    for at, shape in edit.touched.items():
        session.execute(_RESHAPE, {"id": number[at], "geom": _ewkb(ground.trip.degrees(shape))})
    _reshape_grids(session, {ground.rows[at].grid_id for at in (*edit.removed, *edit.touched)})
    for plan in plans:
        _carry_over(session, asks, plan, removed, parents, act)
    done, subject = ("split", removed[0]) if act is BlockAct.SPLIT else ("merged", next(iter(parents)))
    record(session, asks.who, f"block.{done}", "block", subject, removed=removed, added=list(parents))
    return {
        "removed": removed,
        "added": [{"id": new, "parents": olds} for new, olds in parents.items()],
        "touched": [number[at] for at in edit.touched],
    }


def _check_homes(ground: Around, edit: Edit) -> None:
    """Refuse what would bring a building into another grid: a merged block may have the largest share of it."""

    def grid(at: int) -> int | None:
        known = edit.parents[at][0] if at in edit.added else at
        return None if known == ELSEWHERE else ground.rows[known].grid_id

    for building, at in edit.homes.items():
        if grid(at) != grid(ground.ground.homes[building]):
            dot = ground.plane.to_degrees(ground.ground.buildings[building].representative_point())
            raise _told(
                "moves_building",
                _("A building that stands across these blocks would come into another grid."),
                building=ground.buildings[building],
                place=[round(dot.x, 7), round(dot.y, 7)],
            )


def _added(session: Session, ground: Around, edit: Edit) -> dict[int, int]:
    """The ID of each new block; it lies in the compound of its largest parent."""
    numbers = {}
    for at, shape in edit.added.items():
        largest = max(edit.parents[at], key=lambda parent: ground.trip.metres[parent].area)
        row = ground.rows[largest]
        values = {"community": row.community_id, "compound": row.compound_id, "grid": row.grid_id}
        geom = _ewkb(ground.trip.degrees(shape))
        numbers[at] = int(session.execute(_ADD, {**values, "geom": geom}).scalar_one())
    return numbers


def _carry_over(
    session: Session,
    asks: Reader,
    plan: GridPlan,
    removed: Sequence[int],
    parents: Mapping[int, Sequence[int]],
    act: BlockAct,
) -> None:
    """Put the new blocks of a plan into the grid in which the old ones were."""
    blocks: dict[str, tuple[int | None, int | None]] = {
        str(old): (plan.blocks[str(old)], None) for old in removed if str(old) in plan.blocks
    }
    for new, olds in parents.items():
        blocks[str(new)] = (None, next(plan.blocks[str(old)] for old in olds if str(old) in plan.blocks))
    keep(session, asks.who, plan.id, Changes(blocks, {}), ground=act)


def _reshape_grids(session: Session, ids: set[int]) -> None:
    """Give the outlines of grids the vertices that their blocks have got; a grid that got none stays as it is."""
    for row in session.execute(_GRIDS, {"ids": sorted(ids)}).all():
        before = shapely.from_wkb(bytes(row.geom))
        members = [shapely.from_wkb(bytes(wkb)) for wkb in session.scalars(_MEMBERS, {"grid": row.id})]
        joined = shapely.coverage_union_all(members)
        if not _places(joined) <= _places(before):
            whole = MultiPolygon([joined]) if isinstance(joined, Polygon) else joined
            session.execute(_RESHAPE_GRID, {"id": row.id, "geom": _ewkb(whole)})


def _places(shape: BaseGeometry) -> set[tuple[float, float]]:
    return {(x, y) for x, y in shapely.get_coordinates(shape).tolist()}


def _ewkb(shape: BaseGeometry) -> str:
    """A lon/lat geometry as PostGIS reads it, to the last bit."""
    return str(shapely.to_wkb(shapely.set_srid(shape, LONLAT), hex=True, include_srid=True))


def _refused(error: EditRefused, ground: Around, field: str) -> DomainError:
    """The refusal in the reader's language, with the place and the building or block that it is about."""
    about: dict[str, Any] = {}
    if error.place is not None:
        dot = ground.plane.to_degrees(shapely.Point(error.place))
        about["place"] = [round(dot.x, 7), round(dot.y, 7)]
    if error.building is not None:
        about["building"] = ground.buildings[error.building]
    if error.block is not None and error.reason is not Reason.NO_SUCH_BLOCK:
        about["block"] = ground.rows[error.block].id
    if error.point is not None:
        about["point"] = error.point
    return _told(error.reason, gettext(SENTENCES[error.reason], **error.values), field=field, **about)


def _told(reason: str, sentence: Any, *, field: str = "blocks", **about: Any) -> Undividable:
    return Undividable(sentence, field=field, extra={"reason": str(reason), **about})
