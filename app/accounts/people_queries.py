"""Reads about people for those who look after them: a page of the list, one person, their posts, where posts can be."""

from collections import defaultdict
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts.jurisdiction import IS_SEEN, NOT_OVER, Reached, below

AREA = "json_build_object('id', a.id, 'code', a.code, 'level', a.level, 'name', a.name, 'name_en', a.name_en)"
GRID = "json_build_object('id', g.id, 'code', g.code, 'name', g.name, 'name_en', g.name_en)"
PERSON = f"""
    u.id, u.name, u.display_name, u.created_at, u.disabled_at,
    CASE WHEN u.disabled_at IS NULL THEN 'active' ELSE 'disabled' END AS state,
    (SELECT {AREA} FROM areas a
     WHERE a.id = u.home_area_id AND (CAST(:reach AS int[]) IS NULL OR a.id = ANY(:reach))) AS home_area
"""  # noqa: S608 (our own words; so in all of them below)
# A post out of reach is not shown: it makes nobody visible, and asks nobody's question.
OUR_POST = f"""
    p.user_id = u.id AND {NOT_OVER.format(post="p")}
    AND (CAST(:reach AS int[]) IS NULL OR p.area_id = ANY(:reach))
"""
PEOPLE = text(f"""
    SELECT {PERSON}, count(*) OVER () AS matched
    FROM users u WHERE {IS_SEEN.format(user="u")}
        AND (CAST(:words AS text) IS NULL OR u.name ILIKE :words OR u.display_name ILIKE :words)
        AND ((CAST(:role AS text) IS NULL AND CAST(:within AS int[]) IS NULL)
            OR (:role IS NULL AND u.home_area_id = ANY(:within))
            OR EXISTS (SELECT FROM appointments p WHERE {OUR_POST} AND (:role IS NULL OR p.role = :role)
                AND (:within IS NULL OR p.area_id = ANY(:within))))
        AND CASE CAST(:state AS text)
            WHEN 'active' THEN u.disabled_at IS NULL
            WHEN 'disabled' THEN u.disabled_at IS NOT NULL
            WHEN 'without_post' THEN u.disabled_at IS NULL
                AND NOT EXISTS (SELECT FROM appointments p WHERE {OUR_POST} AND p.starts_at <= now())
            ELSE true END
    ORDER BY u.name LIMIT :limit OFFSET :offset
""")  # noqa: S608
ONE = text(f"SELECT {PERSON} FROM users u WHERE u.id = :id AND {IS_SEEN.format(user='u')}")  # noqa: S608
POSTS = text(f"""
    SELECT p.id, p.user_id, p.role, {AREA} AS area, CASE WHEN g.id IS NOT NULL THEN {GRID} END AS grid,
        p.starts_at, p.ends_at, CASE WHEN NOT {NOT_OVER.format(post="p")} THEN 'past'
            WHEN p.starts_at > now() THEN 'to_come' ELSE 'in_force' END AS state,
        p.granted_at, CASE WHEN {IS_SEEN.format(user="o")} THEN o.display_name END AS granted_by
    FROM appointments p JOIN areas a ON a.id = p.area_id LEFT JOIN grids g ON g.id = p.grid_id
    LEFT JOIN users o ON o.id = p.granted_by
    WHERE p.user_id = ANY(:users) AND (CAST(:reach AS int[]) IS NULL OR p.area_id = ANY(:reach))
    ORDER BY p.starts_at, p.id
""")  # noqa: S608
STAFFING = text(f"""
    SELECT s.role, {GRID} AS grid FROM posts s JOIN grids g ON g.id = s.grid_id
    WHERE s.user_id = :id AND (CAST(:reach AS int[]) IS NULL OR g.community_id = ANY(:reach)) ORDER BY g.code, s.role
""")  # noqa: S608
TREE = text("""
    WITH RECURSIVE tree(id, code, level, name, name_en, depth, path) AS (
        SELECT a.id, a.code, a.level, a.name, a.name_en, 0, ARRAY[a.code] FROM areas a
        WHERE a.id = ANY(:reach) AND (a.parent_id IS NULL OR a.parent_id <> ALL(:reach))
        UNION ALL SELECT a.id, a.code, a.level, a.name, a.name_en, t.depth + 1, t.path || a.code
        FROM areas a JOIN tree t ON a.parent_id = t.id
    ) SELECT id, code, level, name, name_en, depth FROM tree ORDER BY path
""")
# `within` are the codes of the grid's community and of all above it in reach.
GRIDS = text(f"""
    WITH RECURSIVE around(community_id, parent_id, code) AS (
        SELECT a.id, a.parent_id, a.code FROM areas a WHERE a.id = ANY(:reach) AND a.level = 'community'
        UNION ALL SELECT r.community_id, a.parent_id, a.code
        FROM areas a JOIN around r ON a.id = r.parent_id WHERE a.id = ANY(:reach)
    )
    SELECT g.code, g.name, g.name_en, a.code AS area_code, {AREA} AS area,
        (SELECT array_agg(r.code) FROM around r WHERE r.community_id = a.id) AS within
    FROM grids g JOIN areas a ON a.id = g.community_id
    WHERE g.valid_to IS NULL AND a.id = ANY(:reach) ORDER BY a.code, g.code
""")  # noqa: S608


class Wanted(NamedTuple):
    """Which people a list shows; None: it does not matter."""

    words: str | None = None  # in the log-in name or the display name
    role: str | None = None  # held now or to come
    area: str | None = None  # the code of one where they hold such a post or belong to, or of one above it
    state: str | None = None  # active, disabled, or without_post


EVERYBODY = Wanted()


class People(NamedTuple):
    """A page of a list, and how many it has in all."""

    shown: list[dict[str, Any]]
    matched: int


def people(session: Session, reach: Reached, wanted: Wanted = EVERYBODY, *, page: int = 1, limit: int | None) -> People:
    """The people in reach whom `wanted` describes, by log-in name, each with the posts in force."""
    rows = session.execute(
        PEOPLE,
        {
            "reach": reach,
            "words": f"%{_escaped(wanted.words)}%" if wanted.words else None,
            "role": wanted.role,
            "within": _within(session, reach, wanted.area) if wanted.area else None,
            "state": wanted.state,
            "limit": limit,
            "offset": (page - 1) * (limit or 0),
        },
    ).mappings()
    shown = [dict(row) for row in rows]
    matched = [row.pop("matched") for row in shown]
    held = posts_of(session, reach, [row["id"] for row in shown])
    for row in shown:
        row["posts"] = [post for post in held[row["id"]] if post["state"] == "in_force"]
    return People(shown, matched[0] if matched else 0)


def person(session: Session, reach: Reached, user_id: int) -> dict[str, Any] | None:
    """One person with all their posts in reach, past and to come too, and their places in the staffing of grids."""
    row = session.execute(ONE, {"id": user_id, "reach": reach}).mappings().one_or_none()
    if row is None:
        return None
    staffing = session.execute(STAFFING, {"id": user_id, "reach": reach}).mappings()
    return {
        **row,
        "posts": posts_of(session, reach, [user_id])[user_id],
        "grid_posts": [dict(each) for each in staffing],
    }


def posts_of(session: Session, reach: Reached, users: list[int]) -> dict[int, list[dict[str, Any]]]:
    """The posts in reach of each of these users, by their beginning."""
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in session.execute(POSTS, {"users": users, "reach": reach}).mappings():
        post = dict(row)
        found[post.pop("user_id")].append(post)
    return found


def tree(session: Session, reach: Reached) -> list[dict[str, Any]]:
    """The areas in reach as a list of their tree: each after the one that it lies in, with its depth."""
    return [dict(row) for row in session.execute(TREE, {"reach": reach or []}).mappings()]


def grids(session: Session, reach: Reached) -> list[dict[str, Any]]:
    """The grids in reach that are in force, those of a community together."""
    return [dict(row) for row in session.execute(GRIDS, {"reach": reach or []}).mappings()]


def _within(session: Session, reach: Reached, area_code: str) -> list[int]:
    """The area with this code and all below it, as far as they are in reach."""
    here = session.scalar(text("SELECT id FROM areas WHERE code = :code"), {"code": area_code})
    found = below(session, [here]) if here else []
    return found if reach is None else sorted(set(found) & set(reach))


def _escaped(words: str) -> str:
    """The words as LIKE takes them literally."""
    return words.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
