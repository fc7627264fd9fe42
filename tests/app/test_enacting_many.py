"""Many publications one after the other, drawn by a seeded hand: nothing is lost, doubled or used twice."""

import random

import pytest
from sqlalchemy import text

from app.imports.check import check
from tests.app.planned import NEW, Town
from tests.app.test_enacting import enacted, rows

STEPS = 7


class Hand:
    """Somebody who redraws a town without looking."""

    def __init__(self, town, seed):
        self.town, self.random = town, random.Random(seed)  # noqa: S311 (no secret)

    def grid(self):
        return self.random.choice(sorted(self.town.grids))

    def plan(self, step):
        moves, grids = {}, {}
        for at in range(self.random.randint(1, 4)):
            act = self.random.choice(["move", "merge", "split", "name"])
            one, other = self.grid(), self.grid()
            blocks = self.town.of(one)
            if act == "move":
                moves[self.random.choice(blocks)] = other
            elif act == "merge":
                moves |= dict.fromkeys(blocks, other)
            elif act == "split":
                number = NEW + 10 * step + at
                grids[number] = self.town.planned(name=f"新{step}{at}", kind=self.random.choice(["base", "dedicated"]))
                moves |= dict.fromkeys(self.random.sample(blocks, self.random.randint(1, len(blocks))), number)
            else:
                grids[one] = self.town.planned(one, name=f"改{step}{at}")
        return self.town.plan(moves, grids)


def age(town, days):
    """Let everything have happened so many days earlier; no two periods of a code meet while they are shifted."""
    town.session.execute(text("UPDATE grids SET valid_from = valid_from - :d, valid_to = valid_to - :d"), {"d": days})


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_however_often_a_town_is_redrawn_all_of_it_is_in_one_grid_on_every_day(seed, session):
    town = Town(session)
    hand = Hand(town, seed)
    homes = rows(town, "SELECT count(*), sum(size) FROM households")
    posts = rows(town, "SELECT count(*) FROM posts")[0][0]
    for step in range(STEPS):
        age(town, 2**step)
        plan = hand.plan(step)
        done = enacted(town, plan)
        assert not [one for one in check(session).violations if one.severity == "broken"]
        held = dict(
            rows(town, "SELECT child_id, sum(households) FROM grid_parents WHERE plan_id = :p GROUP BY 1", p=plan)
        )
        assert held == {grid: town.held(grid) for grid in done.begun.values()}
    assert rows(town, "SELECT count(*), sum(size) FROM households") == homes
    assert rows(town, "SELECT count(*) FROM posts")[0][0] >= posts
    assert not rows(town, TWICE)
    assert not rows(town, UNCOVERED)
    assert not rows(town, LEFT_BEHIND)


TWICE = """
    SELECT a.code FROM grids a JOIN grids b ON a.code = b.code AND a.id < b.id
    WHERE daterange(a.valid_from, a.valid_to) && daterange(b.valid_from, b.valid_to)
"""
"""Codes that two grids have at once."""

UNCOVERED = """
    SELECT a.name, d.day, sum(ST_Area(g.geom)) / ST_Area(a.geom) FROM areas a
    JOIN (SELECT DISTINCT community_id, valid_from AS day FROM grids) d ON d.community_id = a.id
    JOIN grids g ON g.community_id = a.id AND g.valid_from <= d.day AND coalesce(g.valid_to > d.day, true)
    GROUP BY a.id, d.day
    HAVING abs(sum(ST_Area(g.geom)) / ST_Area(a.geom) - 1) > 1e-9
        OR abs(ST_Area(ST_Union(g.geom)) / ST_Area(a.geom) - 1) > 1e-9
"""
"""Communities that their grids did not cover once on some day."""

LEFT_BEHIND = """
    SELECT 'route', r.id FROM patrol_routes r JOIN grids g ON g.id = r.grid_id WHERE g.valid_to IS NOT NULL
    UNION ALL SELECT 'appointment', p.id FROM appointments p JOIN grids g ON g.id = p.grid_id
        WHERE g.valid_to IS NOT NULL AND (p.ends_at IS NULL OR p.ends_at > now())
    UNION ALL SELECT 'post', g.id FROM grids g WHERE g.valid_to IS NULL AND g.kind = 'base'
        AND NOT EXISTS (SELECT FROM posts p WHERE p.grid_id = g.id)
"""
"""What hangs on a grid that is no more, and grids in which nobody could work."""
