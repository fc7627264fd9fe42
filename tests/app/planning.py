"""Plans of grids in tests: begun, edited and read over HTTP."""

import uuid

from sqlalchemy import text

URL = "/api/v1/plans"
FIRST_NEW = 1_000_000_000


def area_of(session, level):
    """The id of the first area of a level; of a community, the one with the most grids."""
    return session.scalar(
        text("""
            SELECT a.id FROM areas a LEFT JOIN grids g ON g.community_id = a.id WHERE a.level = :level
            GROUP BY a.id ORDER BY count(g.id) DESC, a.code LIMIT 1
        """),
        {"level": level},
    )


def begun(client, area, name="明年的网格", **more):
    """A draft that was begun."""
    answer = client.post(URL, json={"id": str(uuid.uuid4()), "name": name, "area_id": area, **more})
    assert answer.status_code == 201, answer.json
    return answer.json


def edited(client, plan, blocks=None, grids=None, version=None):
    """The answer to an edit of a plan as it was read, or at another version."""
    return client.post(
        f"{URL}/{plan['id']}/edits",
        json={"blocks": blocks or {}, "grids": grids or {}},
        headers={"If-Match": f'"{plan["version"] if version is None else version}"'},
    )


def moving(plan, block, number):
    """The change of a block of a plan into a grid."""
    return {block: [plan["blocks"][block], int(number)]}


def members(plan, number):
    """The blocks of a grid, those with the lowest IDs first."""
    return sorted((block for block, grid in plan["blocks"].items() if grid == int(number)), key=int)


def grids_of(plan, community=None):
    """The numbers of the grids of a community with two blocks or more, the lowest first; of the first that has two."""
    by_community = {}
    for number, grid in sorted(plan["grids"].items(), key=lambda one: int(one[0])):
        if len(members(plan, number)) > 1 and community in (None, grid["community"]):
            by_community.setdefault(grid["community"], []).append(number)
    return next(numbers for numbers in by_community.values() if len(numbers) > 1)


def new_grid(plan, community, **more):
    """A grid that there is not yet."""
    return {"name": "新网格", "name_en": "", "kind": "base", "locked": False, "community": community} | more
