"""Filling the index of what can be found by name: names, codes and addresses, with their pinyin and initials."""

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.search.words import normal

# A building without a name is found by its address; one without either is not found by name at all.
SOURCES = """
    WITH RECURSIVE tree(id, level) AS (
        SELECT id, level FROM areas WHERE id = :district_id
        UNION ALL SELECT a.id, a.level FROM areas a JOIN tree ON a.parent_id = tree.id
    )
    SELECT 'area' AS kind, a.id AS subject_id, a.id AS area_id, a.name, a.name_en, a.code, '' AS address, a.geom,
        a.names
    FROM areas a JOIN tree ON tree.id = a.id
    UNION ALL
    SELECT 'grid', g.id, g.community_id, g.name, g.name_en, g.code, '', g.geom, '{}'
    FROM grids g JOIN tree ON tree.id = g.community_id WHERE g.valid_to IS NULL
    UNION ALL
    SELECT 'compound', c.id, c.community_id, c.name, c.name_en, '', '', c.geom, c.names
    FROM compounds c JOIN tree ON tree.id = c.community_id
    UNION ALL
    SELECT 'station', s.id, s.community_id, s.name, s.name_en, '', s.address, s.geom, s.names
    FROM stations s JOIN tree ON tree.id = s.community_id
    UNION ALL
    SELECT 'building', u.id, b.community_id, coalesce(nullif(u.name, ''), u.address), u.name_en, '', u.address, u.geom,
        u.names
    FROM buildings u JOIN blocks b ON b.id = u.block_id JOIN tree ON tree.id = b.community_id
    WHERE u.name <> '' OR u.address <> ''
"""
FOUND = text(f"""
    SELECT kind, subject_id, name, name_en, names, code, address FROM ({SOURCES}) s
    WHERE CAST(:kind AS text) IS NULL OR kind = :kind
""")  # noqa: S608 (our own words)
FORGET = text("""
    WITH RECURSIVE tree(id) AS (
        SELECT CAST(:district_id AS int) UNION ALL SELECT a.id FROM areas a JOIN tree ON a.parent_id = tree.id
    ) DELETE FROM search_entries
    WHERE area_id IN (SELECT id FROM tree) AND (CAST(:kind AS text) IS NULL OR kind = :kind)
""")
FILL = text(f"""
    INSERT INTO search_entries
        (kind, subject_id, area_id, name, name_en, code, address, geom, pinyin, initials, haystack)
    SELECT kind, subject_id, s.area_id, s.name, s.name_en, s.code, s.address, s.geom, e.pinyin, e.initials, e.haystack
    FROM ({SOURCES}) s JOIN unnest(
        CAST(:kinds AS text[]), CAST(:ids AS int[]), CAST(:pinyin AS text[]), CAST(:initials AS text[]),
        CAST(:haystacks AS text[])) AS e(kind, subject_id, pinyin, initials, haystack) USING (kind, subject_id)
""")  # noqa: S608
READINGS_IN_PLACES = {ord("长"): "cháng", ord("都"): "dū"}
"""Where the name of a place is read otherwise than the word: 长宁 is Changning."""


class Sound(NamedTuple):
    """How a name is typed: "xin cheng she qu" and "xcsq"."""

    pinyin: str
    initials: str


def rebuild(session: Session, district_id: int, kind: str | None = None) -> int:
    """How many things of the district, or of one kind, can be found now; what was known of them before is forgotten.

    The district may be any area: what is in it is found anew.
    """
    session.execute(FORGET, {"district_id": district_id, "kind": kind})
    rows = session.execute(FOUND, {"district_id": district_id, "kind": kind}).all()
    sounds = [sound(row.name) for row in rows]
    session.execute(
        FILL,
        {
            "district_id": district_id,
            "kinds": [row.kind for row in rows],
            "ids": [row.subject_id for row in rows],
            "pinyin": [heard.pinyin for heard in sounds],
            "initials": [heard.initials for heard in sounds],
            "haystacks": [
                haystack(row.name, row.name_en, *row.names.values(), row.code, row.address, heard=heard)
                for row, heard in zip(rows, sounds, strict=True)
            ],
        },
    )
    return len(rows)


def sound(name: str) -> Sound:
    """How a name is typed; letters and digits in it stand for themselves."""
    syllables = " ".join(_reader()(normal(name), errors=_words)).split()
    initials = "".join(part if part.isdigit() else part[0] for part in syllables)
    return Sound(" ".join(syllables), initials)


@cache
def _reader() -> Callable[..., list[str]]:
    """Pypinyin with our readings, prepared once: telling it a reading makes it learn all its words anew."""
    # Imported here: it reads its dictionaries for half a second, and only a load needs it.
    from pypinyin import lazy_pinyin, load_single_dict  # noqa: PLC0415

    load_single_dict(READINGS_IN_PLACES)
    return lazy_pinyin


def haystack(*written: str, heard: Sound) -> str:
    """Everything that a thing is found by, each on a line of its own so that no query matches over two of them."""
    parts = (*written, heard.pinyin.replace(" ", ""), heard.initials)
    return "\n".join(dict.fromkeys(normal(part) for part in parts if part))


def _words(rest: str) -> str:
    """What is not Chinese, with a space for each sign that is no letter and no digit."""
    return "".join(sign if sign.isalnum() else " " for sign in rest)
