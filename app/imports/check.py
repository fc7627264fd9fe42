"""`wangge check`: whether what the database holds is a city in which everything has its place."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.imports.invariants import BROKEN, HIGH, INVARIANTS, LOW, MISSED, NEAR, TOLERANCE, TOUCHING, Invariant
from app.sealing import FORM

CONNECTED = 0.95  # of the network's metres should hang together
COUNTED = (
    "areas", "compounds", "blocks", "grids", "posts", "buildings", "entrances", "dwellings", "households", "flags",
    "stations", "road_nodes", "road_edges", "waters", "greens", "railways", "patrol_routes", "incidents",
)  # fmt: skip


# Superusers are members of every role.
_OPEN_WALLS = text("""
    SELECT string_agg(c.relname, ', ' ORDER BY c.relname) FROM pg_class c JOIN pg_roles r ON r.rolname = :serving
    WHERE c.relrowsecurity AND (r.rolbypassrls OR pg_has_role(r.oid, c.relowner, 'MEMBER'))
""")


class Violation(NamedTuple):
    """Where a rule does not hold: a broken one, or a target that is missed. `ids` are rows of `table`."""

    kind: str
    severity: str
    table: str
    ids: tuple[int, ...]
    text: str


class Finding(NamedTuple):
    """The rows of each table, the connected share of each district's roads, and every violation."""

    counts: dict[str, int]
    connected: dict[str, float]
    violations: list[Violation]

    @property
    def sound(self) -> bool:
        """Whether no invariant is broken; a missed target does not count."""
        return not any(violation.severity == BROKEN for violation in self.violations)


def check(
    session: Session,
    progress: Callable[[str, float], None] | None = None,
    *,
    keys: Sequence[str] | None = None,
    serving: str | None = None,
) -> Finding:
    """Verify every invariant; `progress` is told the rule in hand and the share done.

    `keys` are the ids of the keys that open what is sealed; None where that is not to be checked. Where the database
    role `serving` is named, that row-level security holds for it is a target too.
    """
    violations: list[Violation] = []
    for done, invariant in enumerate(INVARIANTS):
        if progress:
            progress(f"{invariant.kind} {invariant.table}", done / (len(INVARIANTS) + 1))
        violations += _violations(session, invariant, keys)
    connected, scattered = _connected_shares(session)
    if progress:
        progress("", 1.0)
    return Finding(_counts(session), connected, [*violations, *scattered, *_open_walls(session, serving)])


def _violations(session: Session, invariant: Invariant, keys: Sequence[str] | None) -> list[Violation]:
    given: dict[str, object] = {"tolerance": TOLERANCE, "touching": TOUCHING, "near": NEAR, "low": LOW, "high": HIGH}
    given |= {"keys": None if keys is None else list(keys), "sealed": FORM}
    statement = text(invariant.sql)
    used = {name: given[name] for name in statement.compile().params}
    rows = session.execute(statement, used)
    found = sorted((tuple(ids) if isinstance(ids, list) else (ids,), sentence) for ids, sentence in rows.all())
    return [Violation(invariant.kind, invariant.severity, invariant.table, *one) for one in found]


def _open_walls(session: Session, serving: str | None) -> list[Violation]:
    """What says that row-level security is no wall for the role that serves; nothing where it is one."""
    tables = session.scalar(_OPEN_WALLS, {"serving": serving})
    sentence = (
        f"row-level security is no wall for the database role {serving}, which owns them or may become their owner: "
        "let WANGGE_DATABASE_URL name a role that owns nothing, and WANGGE_DATABASE_OWNER_URL the owner"
    )
    return [Violation("last_wall", MISSED, tables, (), sentence)] if tables else []


def _counts(session: Session) -> dict[str, int]:
    """The rows of each table."""
    return {
        table: int(session.scalar(text(f"SELECT count(*) FROM {table}")) or 0)  # noqa: S608 (names of ours)
        for table in COUNTED
    }


def _connected_shares(session: Session) -> tuple[dict[str, float], list[Violation]]:
    """By district name the share of its road metres in the largest connected part, and where that is too low."""
    shares: dict[str, float] = {}
    scattered: list[Violation] = []
    districts = session.execute(text("SELECT id, name FROM areas WHERE level = 'district' ORDER BY id")).all()
    for district, name in districts:
        share = _connected_share(session, district)
        shares[name] = round(share, 4)
        if share < CONNECTED:
            sentence = f"{share:.1%} of the road metres of {name} hang together, not {CONNECTED:.0%}"
            scattered.append(Violation("roads_connected", MISSED, "areas", (district,), sentence))
    return shares, scattered


def _connected_share(session: Session, district: int) -> float:
    """The share, 0 to 1, of a district's road metres that lies in the largest connected part; 0 without roads."""
    rows = session.execute(
        text("SELECT tail_id, head_id, length FROM road_edges WHERE district_id = :district"), {"district": district}
    ).all()
    if not rows:
        return 0.0
    edges = np.array([tuple(row) for row in rows], dtype=np.float64)
    nodes, ends = np.unique(edges[:, :2].astype(np.int64), return_inverse=True)
    tails, heads = ends.reshape(-1, 2).T
    graph = coo_array((np.ones(len(tails)), (tails, heads)), shape=(len(nodes), len(nodes)))
    _, part = connected_components(graph, directed=False)
    metres = np.bincount(part[tails], weights=edges[:, 2])
    return float(metres.max() / metres.sum())
