"""Reads of exports: who asked for what, for which places one may ask, and the households of a list."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import RowMapping, text
from sqlalchemy.orm import Session

from app.areas.scope import Scope
from app.days import TODAY_SQL

MOST_DOWNLOADS = 3
MOST_SHOWN = 100  # exports in one list

# Whether every grid of an export lies among :grids.
_REACHED = """
    NOT EXISTS (SELECT FROM grids r WHERE r.community_id = x.community_id
                AND (x.grid_id IS NULL OR r.id = x.grid_id) AND NOT r.id = ANY(CAST(:grids AS int[])))
"""
_STATE = f"""
    CASE WHEN x.state IN ('asked', 'approved') AND x.expires_at <= now() THEN 'expired'
         WHEN x.state = 'approved' AND x.downloads >= {MOST_DOWNLOADS} THEN 'used_up' ELSE x.state END
"""
_EXPORTS = f"""
    SELECT x.id, {_STATE} AS state, x.requested_at, x.kinds AS flags, x.columns, x.unmasked, x.format, x.purpose,
           x.decided_at, x.reason, x.expires_at, x.downloads, {MOST_DOWNLOADS} - x.downloads AS downloads_left,
           asker.display_name AS requested_by, decider.display_name AS decided_by, x.requested_by = :me AS is_mine,
           json_build_object('id', a.id, 'name', a.name, 'name_en', a.name_en) AS community,
           CASE WHEN g.id IS NOT NULL THEN
             json_build_object('id', g.id, 'name', g.name, 'name_en', g.name_en, 'code', g.code) END AS grid
    FROM exports x
      JOIN users asker ON asker.id = x.requested_by
      LEFT JOIN users decider ON decider.id = x.decided_by
      JOIN areas a ON a.id = x.community_id
      LEFT JOIN grids g ON g.id = x.grid_id
"""  # noqa: S608 (our own words)
_END = " ORDER BY x.requested_at DESC, x.id DESC LIMIT :most"

_ONE = text(f"{_EXPORTS} WHERE x.id = :id AND (x.requested_by = :me OR {_REACHED})")
_MINE = text(f"{_EXPORTS} WHERE x.requested_by = :me {_END}")
_DECIDED = text(f"{_EXPORTS} WHERE x.decided_by = :me {_END}")
_TO_DECIDE = text(
    f"{_EXPORTS} WHERE x.state = 'asked' AND x.expires_at > now() AND x.requested_by <> :me AND {_REACHED} {_END}"
)

_GRIDS_OF = text("""
    SELECT community_id, array_agg(id ORDER BY id) AS grids FROM grids
    WHERE valid_to IS NULL AND (CAST(:grid AS int) IS NULL OR id = :grid)
        AND (CAST(:community AS int) IS NULL OR community_id = :community)
    GROUP BY community_id
""")

_PLACES = text("""
    SELECT a.id, a.name, a.name_en,
           json_agg(json_build_object('id', g.id, 'name', g.name, 'name_en', g.name_en, 'code', g.code) ORDER BY g.code)
             FILTER (WHERE g.valid_to IS NULL AND g.id = ANY(CAST(:grids AS int[]))) AS grids,
           bool_and(g.id = ANY(CAST(:grids AS int[]))) AS is_whole
    FROM areas a JOIN grids g ON g.community_id = a.id
    WHERE a.id = ANY(CAST(:communities AS int[]))
    GROUP BY a.id ORDER BY a.code
""")

_HOUSEHOLDS = text(f"""
    SELECT h.id, g.name AS grid, coalesce(nullif(b.address, ''), b.name) AS address, e.label, d.floor, d.number,
           h.size, h.contact_name, h.contact_phone,
           array(SELECT f.kind FROM flags f
                 WHERE f.household_id = h.id AND f.cleared_at IS NULL
                   AND (f.expires_on IS NULL OR f.expires_on >= {TODAY_SQL})
                   AND (CAST(:kinds AS text[]) = '{{}}' OR f.kind = ANY(CAST(:kinds AS text[])))
                 ORDER BY f.id) AS flags
    FROM households h
      JOIN blocks k ON k.id = h.block_id
      JOIN grids g ON g.id = k.grid_id
      JOIN dwellings d ON d.id = h.dwelling_id
      JOIN entrances e ON e.id = d.entrance_id
      JOIN buildings b ON b.id = e.building_id
    WHERE k.grid_id = ANY(CAST(:grids AS int[]))
      AND (CAST(:kinds AS text[]) = '{{}}' OR EXISTS (
            SELECT FROM flags f WHERE f.household_id = h.id AND f.cleared_at IS NULL
              AND (f.expires_on IS NULL OR f.expires_on >= {TODAY_SQL}) AND f.kind = ANY(CAST(:kinds AS text[]))))
    ORDER BY g.code, address, b.id, length(e.label), e.label, d.floor, length(d.number), d.number
    LIMIT :most
""")  # noqa: S608 (our own words)


class Covered(NamedTuple):
    """What an export covers: a community and all its grids, or one of them."""

    community_id: int
    grids: list[int]


def mine(session: Session, me: int) -> Sequence[RowMapping]:
    """What the user has asked for, newest first."""
    return session.execute(_MINE, {"me": me, "most": MOST_SHOWN}).mappings().all()


def to_decide(session: Session, me: int, scope: Scope) -> Sequence[RowMapping]:
    """What others ask for, waiting, every grid of which lies in the scope."""
    return session.execute(_TO_DECIDE, {"me": me, "grids": scope.grids, "most": MOST_SHOWN}).mappings().all()


def decided(session: Session, me: int) -> Sequence[RowMapping]:
    """What the user has decided on, newest first."""
    return session.execute(_DECIDED, {"me": me, "most": MOST_SHOWN}).mappings().all()


def export(session: Session, me: int, scope: Scope, export_id: int) -> RowMapping | None:
    """An export that the user asked for, or that lies wholly in the scope in which they approve; else None."""
    return session.execute(_ONE, {"id": export_id, "me": me, "grids": scope.grids}).mappings().one_or_none()


def covered(session: Session, *, community_id: int | None, grid_id: int | None) -> Covered | None:
    """What a community, or a grid in force, consists of; None where there is no such place (any more)."""
    row = session.execute(_GRIDS_OF, {"community": community_id, "grid": grid_id}).one_or_none()
    return Covered(row.community_id, row.grids) if row else None


def places(session: Session, scope: Scope) -> Sequence[RowMapping]:
    """The communities of the scope with their reached grids; `is_whole` where every grid is reached."""
    bound = {"communities": scope.communities, "grids": scope.grids}
    return session.execute(_PLACES, bound).mappings().all()


def households(session: Session, grids: list[int], kinds: Sequence[str], *, most: int) -> Sequence[RowMapping]:
    """Up to `most` households of the grids that carry one of the flags (of any or none where `kinds` is empty).

    A row tells of the flags that were asked for alone.
    """
    bound: dict[str, Any] = {"grids": grids, "kinds": list(kinds), "most": most}
    return session.execute(_HOUSEHOLDS, bound).mappings().all()
