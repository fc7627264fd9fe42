"""Reads about people: by log-in name, by number; their posts and places. Sessions and tokens have their own modules."""

import hashlib
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app.accounts.identity import Identity, Post
from app.accounts.models import Role

# The posts in force at this moment, so that one granted or ended holds from the next request on.
COLUMNS = """
    u.id, u.name, u.display_name, u.language,
    (SELECT coalesce(json_agg(json_build_array(p.role, p.area_id, p.grid_id) ORDER BY p.starts_at, p.id), '[]')
     FROM appointments p
     WHERE p.user_id = u.id AND p.starts_at <= now() AND (p.ends_at IS NULL OR p.ends_at > now())) AS posts
"""
BY_ID = text(f"SELECT {COLUMNS} FROM users u WHERE u.id = :id AND u.disabled_at IS NULL")  # noqa: S608
BY_NAME = text(
    f"SELECT {COLUMNS}, u.password_hash FROM users u WHERE u.name = :name AND u.disabled_at IS NULL"  # noqa: S608
)
# `areas` belongs to a later slice: accounts know of it only that a user sits in one.
PLACE = text("""
    SELECT a.id, a.name, a.name_en, a.level, ST_XMin(a.geom) AS west, ST_YMin(a.geom) AS south,
           ST_XMax(a.geom) AS east, ST_YMax(a.geom) AS north
    FROM areas a WHERE a.id = :id
""")
GRID = text("""
    SELECT g.id, g.name, g.name_en, g.code, ST_XMin(g.geom) AS west, ST_YMin(g.geom) AS south,
           ST_XMax(g.geom) AS east, ST_YMax(g.geom) AS north
    FROM grids g WHERE g.id = :id
""")
HELD = text("""
    SELECT p.role, p.starts_at, p.ends_at, a.name AS area, a.name_en AS area_en, g.name AS grid, g.name_en AS grid_en
    FROM appointments p JOIN areas a ON a.id = p.area_id LEFT JOIN grids g ON g.id = p.grid_id
    WHERE p.user_id = :id AND (p.ends_at IS NULL OR p.ends_at > now()) ORDER BY p.starts_at, p.id
""")


def by_id(session: Session, user_id: int) -> Identity | None:
    """The user with this number."""
    row = session.execute(BY_ID, {"id": user_id}).one_or_none()
    return identity(row) if row else None


def by_name(session: Session, name: str) -> tuple[Identity, str | None] | None:
    """The user with this log-in name, and their password hash, if they have a password."""
    row = session.execute(BY_NAME, {"name": name}).one_or_none()
    return (identity(row), row.password_hash) if row else None


def digest(token: str) -> str:
    """The SHA-256 digest that stands for a token or a session's key in the database."""
    return hashlib.sha256(token.encode()).hexdigest()


def held(session: Session, user_id: int) -> list[dict[str, Any]]:
    """The posts of a user, those to come too: role, area and grid by name, from when until when."""
    return [dict(row) for row in session.execute(HELD, {"id": user_id}).mappings()]


def place(session: Session, post: Post) -> dict[str, Any]:
    """The area of a post, and its grid or None, each with its bbox in lon/lat."""
    area = session.execute(PLACE, {"id": post.area_id}).one()
    grid = session.execute(GRID, {"id": post.grid_id}).one_or_none() if post.grid_id else None
    return {"role": post.role, "area": _with_bbox(area), "grid": _with_bbox(grid) if grid else None}


def identity(row: Row[Any]) -> Identity:
    """The identity in a row of COLUMNS."""
    return Identity(
        id=row.id,
        name=row.name,
        display_name=row.display_name,
        posts=tuple(Post(Role(role), area_id, grid_id) for role, area_id, grid_id in row.posts),
        language=row.language,
    )


def _with_bbox(row: Row[Any]) -> dict[str, Any]:
    values = dict(row._mapping)  # noqa: SLF001 (SQLAlchemy's public name for it)
    return {**values, "bbox": [values.pop(side) for side in ("west", "south", "east", "north")]}


def districts(session: Session) -> list[tuple[str, str]]:
    """Code and name of every district."""
    rows = session.execute(text("SELECT code, name FROM areas WHERE parent_id IS NULL ORDER BY id"))
    return [(code, name) for code, name in rows]
