"""Reads of the plans that are kept: those of areas over all of which somebody redraws or approves."""

import uuid
from collections.abc import Iterable
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts.identity import Identity
from app.accounts.rights import Capability
from app.areas.queries import planned
from app.events import CHANNEL

MOST = 200  # plans of a list
MOST_EDITS, MOST_BYTES = 500, 4 * 2**20  # of a list of edits

_PERSON = "(SELECT json_build_object('id', id, 'name', display_name) FROM users WHERE id = {of})"
_PLANS = """
    SELECT p.id::text AS id, p.name, p.state, p.version, p.parent_id::text AS parent, p.note, p.valid_from,
        p.area_id, json_build_object('id', a.id, 'name', a.name, 'name_en', a.name_en, 'level', a.level,
            'code', a.code) AS area,
        {people}, p.created_at, p.changed_at, p.submitted_at, p.approved_at, p.enacted_at, {content},
        p.owner_id, p.submitted_by AS submitter_id, EXISTS (SELECT FROM grid_plan_edits e
            WHERE e.plan_id = p.id AND e.made_by = :user AND NOT jsonb_exists(e.changes, 'ground')) AS edited
    FROM grid_plans p JOIN areas a ON a.id = p.area_id
    WHERE p.area_id = ANY(:areas) AND (CAST(:id AS uuid) IS NULL OR p.id = CAST(:id AS uuid))
    ORDER BY p.changed_at DESC, p.id LIMIT :limit
"""
_PEOPLE = ", ".join(
    f"{_PERSON.format(of=f'p.{column}')} AS {name}"
    for column, name in (
        ("owner_id", "owner"),
        ("changed_by", "changed_by"),
        ("submitted_by", "submitted_by"),
        ("approved_by", "approved_by"),
    )
)
_HEADS = text(
    _PLANS.format(
        people=_PEOPLE,
        content="""json_build_object(
            'blocks', (SELECT count(*) FROM jsonb_object_keys(p.blocks)),
            'grids', (SELECT count(*) FROM jsonb_object_keys(p.grids)),
            'edits', (SELECT count(*) FROM grid_plan_edits e WHERE e.plan_id = p.id)) AS counts""",
    )
)
_BRIEF = text(_PLANS.format(people=_PEOPLE, content="p.name AS content"))
_WHOLE = text(_PLANS.format(people=_PEOPLE, content="p.blocks, p.grids, p.levels"))
_EDITS = text("""
    SELECT version, by, at, changes FROM (
        SELECT e.version, json_build_object('id', u.id, 'name', u.display_name) AS by, e.made_at AS at, e.changes,
            sum(pg_column_size(e.changes)) OVER (ORDER BY e.version) AS bytes
        FROM grid_plan_edits e JOIN users u ON u.id = e.made_by
        WHERE e.plan_id = :plan AND e.version > :after AND e.version <= :until ORDER BY e.version LIMIT :most
    ) listed WHERE bytes <= :bytes OR version = :after + 1
""")
_COMMUNITIES = text("""
    WITH RECURSIVE below AS (
        SELECT id, level FROM areas WHERE id = :area
        UNION ALL SELECT a.id, a.level FROM areas a JOIN below ON a.parent_id = below.id)
    SELECT id FROM below WHERE level = 'community' ORDER BY id
""")
_BLOCKS = text("SELECT id::text, community_id FROM blocks WHERE id = ANY(:ids) AND community_id = ANY(:communities)")
_TODAY = text("""
    SELECT id::text AS number, json_build_object('name', name, 'name_en', name_en, 'kind', kind, 'locked', false,
        'community', community_id, 'grid', id, 'code', code) AS grid
    FROM grids WHERE valid_to IS NULL AND community_id = ANY(:communities) ORDER BY id
""")
_TELL = text("""
    SELECT pg_notify(:channel, json_build_object('plan', p.id, 'version', p.version, 'area', p.area_id,
        'by', json_build_object('id', u.id, 'name', u.display_name))::text)
    FROM grid_plans p, users u WHERE p.id = :plan AND u.id = :user
""")


class Reader(NamedTuple):
    """Somebody who asks about plans, and the areas over all of which they redraw, and approve."""

    who: Identity
    redraws: frozenset[int]
    approves: frozenset[int]

    @property
    def areas(self) -> frozenset[int]:
        """The areas whose plans they see."""
        return self.redraws | self.approves


def reader(session: Session, who: Identity) -> Reader:
    """The user with what they redraw and approve, told to the database too."""
    approves = planned(session, who, Capability.APPROVE_PLANS)
    return Reader(who, planned(session, who, Capability.REDRAW_GRIDS), approves)


def heads(session: Session, asks: Reader) -> list[dict[str, Any]]:
    """Up to MOST plans without their content, those changed last first."""
    return _rows(session, asks, _HEADS, None)


def brief(session: Session, asks: Reader, plan_id: uuid.UUID) -> dict[str, Any] | None:
    """One plan without its content, as `may` takes it; None where it is not for the reader."""
    return next(iter(_rows(session, asks, _BRIEF, plan_id)), None)


def whole(session: Session, asks: Reader, plan_id: uuid.UUID) -> dict[str, Any] | None:
    """One plan; None where it is not for the reader."""
    return next(iter(_rows(session, asks, _WHOLE, plan_id)), None)


def _rows(session: Session, asks: Reader, statement: Any, plan_id: uuid.UUID | None) -> list[dict[str, Any]]:
    bound = {"areas": sorted(asks.areas), "user": asks.who.id, "id": plan_id and str(plan_id), "limit": MOST}
    return [dict(row) for row in session.execute(statement, bound).mappings()]


def edits(session: Session, plan_id: uuid.UUID, after: int, until: int = 2**31 - 1) -> list[dict[str, Any]]:
    """The edits that made the versions over `after` and up to `until`, as many as one answer holds."""
    bound = {"plan": plan_id, "after": after, "until": until, "most": MOST_EDITS, "bytes": MOST_BYTES}
    return [dict(row) for row in session.execute(_EDITS, bound).mappings()]


def communities(session: Session, area_id: int) -> list[int]:
    """The ids of the communities in an area."""
    return list(session.scalars(_COMMUNITIES, {"area": area_id}))


def blocks_in(session: Session, ids: Iterable[str], communities: list[int]) -> dict[str, int]:
    """The community of those of the blocks that are in one of the communities."""
    bound = {"ids": [int(one) for one in ids if int(one) < 2**31], "communities": communities}
    return {row.id: row.community_id for row in session.execute(_BLOCKS, bound)}


def todays_grids(session: Session, communities: list[int]) -> dict[str, dict[str, Any]]:
    """The grids in force by number, as a plan holds them."""
    return {row.number: row.grid for row in session.execute(_TODAY, {"communities": communities})}


def tell(session: Session, who: Identity, plan_id: uuid.UUID) -> None:
    """Tell the open pages of whoever may see the plan, once this is committed, that it has changed."""
    session.execute(_TELL, {"channel": CHANNEL, "plan": plan_id, "user": who.id})
