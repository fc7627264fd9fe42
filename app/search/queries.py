"""Finding things by what a person types: a code, a name, an address, pinyin, or initials."""

from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.areas.scope import Scope
from app.search.words import normal

LONGEST = 64  # characters of a query
MOST_WORDS = 6

# The rank says why something was found, and the best reason comes first.
REASONS = {
    1: "code",
    2: "code",
    3: "name",
    4: "name",
    5: "initials",
    6: "initials",
    7: "pinyin",
    8: "name",
    9: "text",
}
FIND = """
    WITH RECURSIVE up(id, parent_id) AS (
        SELECT id, parent_id FROM areas WHERE CAST(:communities AS int[]) IS NULL OR id = ANY(:communities)
        UNION SELECT o.id, o.parent_id FROM areas o JOIN up ON o.id = up.parent_id
    ), visible(id) AS (
        SELECT id FROM up
        UNION SELECT a.id FROM areas a JOIN up ON a.parent_id = up.id WHERE a.level = 'sub_area'
    ), found AS (
        SELECT e.*, CASE
            WHEN lower(e.code) = :query THEN 1
            WHEN lower(e.code) LIKE :prefix THEN 2
            WHEN lower(e.name) = :query OR lower(e.name_en) = :query THEN 3
            WHEN lower(e.name) LIKE :prefix OR lower(e.name_en) LIKE :prefix THEN 4
            WHEN e.initials = :tight THEN 5
            WHEN e.initials LIKE :tight_prefix THEN 6
            WHEN replace(e.pinyin, ' ', '') LIKE :tight_prefix THEN 7
            WHEN strpos(lower(e.name), :query) > 0 THEN 8
            ELSE 9 END AS rank
        FROM search_entries e JOIN visible v ON v.id = e.area_id WHERE {words}
        ORDER BY rank, array_position(ARRAY['area', 'compound', 'grid', 'station', 'building'], e.kind),
            length(e.name), e.name, e.subject_id
        LIMIT :limit
    )
    SELECT kind, subject_id AS id, name, name_en, code, address, rank,
        ST_X(ST_PointOnSurface(geom)) AS lon, ST_Y(ST_PointOnSurface(geom)) AS lat,
        ST_XMin(geom) AS west, ST_YMin(geom) AS south, ST_XMax(geom) AS east, ST_YMax(geom) AS north
    FROM found ORDER BY rank, array_position(ARRAY['area', 'compound', 'grid', 'station', 'building'], kind),
        length(name), name, subject_id
"""


def search(session: Session, scope: Scope, query: str, *, limit: int) -> list[dict[str, Any]]:
    """The best visible things for the query, best first, each with a place and a bbox in lon/lat."""
    wanted = normal(query)
    words = wanted.split()[:MOST_WORDS]
    if not words:
        return []
    tight = wanted.replace(" ", "")
    bound: dict[str, Any] = {
        "communities": scope.communities,
        "query": wanted,
        "prefix": f"{_escaped(wanted)}%",
        "tight": tight,
        "tight_prefix": f"{_escaped(tight)}%",
        "limit": limit,
        **{f"word{number}": f"%{_escaped(word)}%" for number, word in enumerate(words)},
    }
    # One LIKE for each word, and not LIKE ALL(…): only so is the trigram index used.
    conditions = " AND ".join(f"e.haystack LIKE :word{number}" for number in range(len(words)))
    rows = session.execute(text(FIND.format(words=conditions)), bound).mappings()
    return [_result(dict(row)) for row in rows]


def _result(row: dict[str, Any]) -> dict[str, Any]:
    bbox = [row.pop(side) for side in ("west", "south", "east", "north")]
    return {**row, "match": REASONS[row.pop("rank")], "bbox": bbox}


def _escaped(words: str) -> str:
    """The words as LIKE takes them literally."""
    return words.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
