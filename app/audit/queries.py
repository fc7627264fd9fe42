"""Reads of the audit, in transactions that may (`scope_of` opens it to an auditor), newest first."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts.rights import APART
from app.audit.acts import Names
from app.days import CHINA

BATCH = 2000  # rows in memory
LARGEST_ID = 2**63 - 1

# psycopg2 writes the values into the statement, so the planner sees which conditions are none and takes the index of
# the others. `buildings` and `grids` belong to other slices: an act on one of them was done in its area.
ROWS = """
    SELECT a.id, a.at, a.user_id, u.name AS login, u.display_name AS person, a.act, a.subject_type, a.subject_id,
           a.detail::text AS detail, a.previous_hash, a.hash
    FROM audit a LEFT JOIN users u ON u.id = a.user_id
    WHERE (CAST(:since AS timestamptz) IS NULL OR a.at >= CAST(:since AS timestamptz))
      AND (CAST(:until AS timestamptz) IS NULL OR a.at < CAST(:until AS timestamptz))
      AND (CAST(:person AS int) IS NULL OR a.user_id = :person)
      AND (CAST(:act AS text) IS NULL OR a.act = :act)
      AND (CAST(:subject_type AS text) IS NULL OR a.subject_type = :subject_type)
      AND (CAST(:subject_id AS text) IS NULL OR a.subject_id = :subject_id)
      AND (CAST(:areas AS text[]) IS NULL OR a.detail ->> 'area' = ANY(CAST(:areas AS text[]))
        OR a.detail ->> 'grid' = ANY(CAST(:grids AS text[]))
        OR (a.subject_type = 'area' AND a.subject_id = ANY(CAST(:areas AS text[])))
        OR (a.subject_type = 'building' AND a.subject_id = ANY(CAST(:buildings AS text[]))))
      AND (CAST(:after_at AS timestamptz) IS NULL OR (a.at, a.id) < (CAST(:after_at AS timestamptz), :after))
    ORDER BY a.at DESC, a.id DESC
"""
SOME = text(f"{ROWS} LIMIT :limit")
ALL = text(ROWS)
AT = text("SELECT at FROM audit WHERE id = :id")
PLACES = text("""
    WITH RECURSIVE below(id, code) AS (
        SELECT id, code FROM areas WHERE code = :area OR name = :area OR id::text = :area
        UNION SELECT a.id, a.code FROM areas a JOIN below b ON a.parent_id = b.id
    )
    SELECT (SELECT array_agg(id::text) || array_agg(code) FROM below) AS areas,
           ARRAY(SELECT g.id::text FROM grids g WHERE g.community_id IN (SELECT id FROM below)) AS grids,
           ARRAY(SELECT b.id::text FROM buildings b JOIN blocks k ON k.id = b.block_id
                 WHERE k.community_id IN (SELECT id FROM below)) AS buildings
""")
# One step through the index for each act that there is, instead of all rows.
ACTS = text("""
    WITH RECURSIVE acts(act) AS (
        (SELECT act FROM audit ORDER BY act LIMIT 1)
        UNION ALL SELECT (SELECT a.act FROM audit a WHERE a.act > acts.act ORDER BY a.act LIMIT 1)
        FROM acts WHERE acts.act IS NOT NULL
    ) SELECT act FROM acts WHERE act IS NOT NULL
""")
PEOPLE = text("SELECT id, name, display_name FROM users ORDER BY display_name, name")
NAMES = text("""
    SELECT 'user' AS kind, id::text AS key, display_name AS name FROM users WHERE id::text = ANY(:users)
    UNION ALL SELECT 'area', unnest(ARRAY[id::text, code]), name FROM areas
        WHERE id::text = ANY(:areas) OR code = ANY(:areas)
""")
VERIFIED = text("""
    (SELECT at, id, act, detail FROM audit WHERE act = 'audit.verified' ORDER BY at DESC, id DESC LIMIT 1)
    UNION ALL (SELECT at, id, act, detail FROM audit WHERE act = 'audit.bent' ORDER BY at DESC, id DESC LIMIT 1)
    ORDER BY at DESC, id DESC LIMIT 1
""")
COUNTS = text("SELECT act, count(*) AS rows FROM audit WHERE act = ANY(:acts) AND at >= :since GROUP BY act")
APART_POSTS = text("""
    SELECT count(*) FROM audit WHERE act = 'post.granted' AND at >= :since AND detail ->> 'role' = ANY(:roles)
""")


@dataclass(frozen=True)
class Filters:
    """Which rows: of days (the last one is meant too), a person, an act, a subject, an area by name, code or number."""

    since: date | None = None
    until: date | None = None
    person: int | None = None
    act: str | None = None
    subject_type: str | None = None
    subject_id: str | None = None
    area: str | None = None

    @property
    def given(self) -> dict[str, str]:
        """The filters that are set, as texts."""
        return {name: str(value) for name, value in asdict(self).items() if value is not None}


EVERYTHING = Filters()


class Row(NamedTuple):
    """A row of the audit; `detail` is the very text that its hash was made of."""

    id: int
    at: datetime
    user_id: int | None
    login: str | None
    person: str | None
    act: str
    subject_type: str
    subject_id: str
    detail: str
    previous_hash: str
    hash: str


class Verified(NamedTuple):
    """A verification: when, whether it found nothing wrong, in how many rows."""

    at: datetime
    sound: bool
    rows: int


def page(session: Session, filters: Filters, *, after: int | None = None, limit: int) -> list[Row]:
    """Up to `limit` rows, newest first, those before the row `after`; none where there is no such row."""
    after_at = session.scalar(AT, {"id": after}) if after is not None else None
    if after is not None and after_at is None:
        return []
    bound = {**_bound(session, filters), "after": after, "after_at": after_at, "limit": limit}
    return [Row._make(row) for row in session.execute(SOME, bound)]


def every(session: Session, filters: Filters) -> Iterator[Row]:
    """All rows, newest first, read as they are asked for."""
    bound = {**_bound(session, filters), "after": None, "after_at": None}
    for row in session.execute(ALL, bound, execution_options={"yield_per": BATCH}):
        yield Row._make(row)


def acts(session: Session) -> list[str]:
    """The codes of all acts on record."""
    return list(session.scalars(ACTS))


def people(session: Session) -> list[tuple[int, str]]:
    """Number and name of everybody who has an account."""
    return [
        (row.id, row.display_name if row.name == row.display_name else f"{row.display_name} ({row.name})")
        for row in session.execute(PEOPLE)
    ]


def names(session: Session, users: set[str], areas: set[str]) -> Names:
    """What the users (by id) and the areas (by id or code) are called."""
    found: dict[str, dict[str, str]] = {"user": {}, "area": {}}
    for row in session.execute(NAMES, {"users": sorted(users), "areas": sorted(areas)}):
        found[row.kind][row.key] = row.name
    return Names(found["user"], found["area"])


def last_verified(session: Session) -> Verified | None:
    """The last verification, if there was one."""
    row = session.execute(VERIFIED).one_or_none()
    return Verified(row.at, row.act == "audit.verified", dict(row.detail).get("rows", 0)) if row else None


def counts(session: Session, acts: tuple[str, ...], since: datetime) -> dict[str, int]:
    """How many rows of each act there are since then."""
    return {row.act: row.rows for row in session.execute(COUNTS, {"acts": list(acts), "since": since})}


def posts_apart(session: Session, since: datetime) -> int:
    """How many posts of the roles that are kept apart were granted since then."""
    return session.scalar(APART_POSTS, {"since": since, "roles": sorted(APART)}) or 0


def _bound(session: Session, filters: Filters) -> dict[str, Any]:
    """The filters as the statements take them."""
    places = session.execute(PLACES, {"area": filters.area}).one() if filters.area else None
    return {
        "since": _midnight(filters.since),
        "until": _midnight(filters.until + timedelta(days=1)) if filters.until else None,
        "person": filters.person,
        "act": filters.act,
        "subject_type": filters.subject_type,
        "subject_id": filters.subject_id,
        "areas": [filters.area, *(places.areas or ())] if places else None,
        "grids": places.grids if places else None,
        "buildings": places.buildings if places else None,
    }


def _midnight(day: date | None) -> datetime | None:
    return datetime.combine(day, time(), CHINA) if day else None
