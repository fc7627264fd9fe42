"""Plans of grids in tests: begun, edited and read over HTTP."""

import uuid
from contextlib import contextmanager

import shapely
from sqlalchemy import event, text

from app.plans.blocks_around import around, as_line
from gis.block_edits import split
from gis.refusals import EditRefused

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


def cut_of(session, community, grid=None):
    """A block of a community, or of one of its grids, and a line that splits it."""
    blocks = text("SELECT id FROM blocks WHERE community_id = :id AND grid_id = coalesce(:grid, grid_id) ORDER BY id")
    for block in session.scalars(blocks, {"id": community, "grid": grid}):
        ground = around(session, [block], community)
        (at,) = ground.places([block])
        west, south, east, north = ground.shapes[at].bounds
        for share in (0.5, 0.35, 0.65, 0.2, 0.8):
            x, y = west + share * (east - west), south + share * (north - south)
            for line in ([(x, south - 1e-4), (x, north + 1e-4)], [(west - 1e-4, y), (east + 1e-4, y)]):
                try:
                    split(ground.trip.metres, at, as_line(line, ground.plane), ground.ground)
                except EditRefused:
                    continue
                return block, [list(point) for point in line]
    raise AssertionError(community)


def pairs(session, community):
    """The pairs of blocks of a community that share an edge, each with whether they are in the same grid."""
    rows = session.execute(
        text("""
            SELECT a.id AS one, b.id AS two, a.grid_id = b.grid_id AS same FROM blocks a JOIN blocks b
            ON a.id < b.id AND a.geom && b.geom AND a.community_id = b.community_id
            WHERE a.community_id = :id AND ST_Length(ST_Intersection(a.geom, b.geom)) > 0 ORDER BY a.id, b.id
        """),
        {"id": community},
    )
    return [([row.one, row.two], row.same) for row in rows]


def shapes_of(session, table, ids):
    """The geometries of rows, to the last bit."""
    rows = session.execute(text(f"SELECT id, ST_AsBinary(geom) FROM {table} WHERE id = ANY(:ids)"), {"ids": list(ids)})
    return {number: shapely.from_wkb(bytes(wkb)) for number, wkb in rows}


@contextmanager
def listening(session, said):
    """A time in which every statement is put into `said`."""

    def hear(_connection, _cursor, statement, *_rest):
        said.append(statement)

    engine = session.get_bind().engine
    event.listen(engine, "before_cursor_execute", hear)
    try:
        yield
    finally:
        event.remove(engine, "before_cursor_execute", hear)
