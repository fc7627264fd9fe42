"""Edits as values: whatever is asked for, a block stays in the plan, and in a grid of its community or in none."""

from hypothesis import given
from hypothesis import strategies as st

from app.errors import Invalid
from app.plans.editing import Area, Changes, applied, clash

BLOCKS = {str(block): block % 2 for block in range(8)}  # each with its community
NEW = [str(10**9 + at) for at in range(3)]
TODAY = {str(n): {"name": f"{n}", "locked": False, "kind": "base", "community": n % 2, "grid": n, "code": f"c{n}"}
         for n in range(4)}  # fmt: skip
AREA = Area(BLOCKS, TODAY, frozenset({0, 1}))


def fresh(community, **more):
    return {"name": "new", "locked": False, "kind": "base", "community": community, "grid": None, "code": None} | more


numbers = st.sampled_from([*TODAY, *NEW, "-1", "77"])
values = st.one_of(
    st.none(),
    st.sampled_from(list(TODAY.values())),
    st.builds(fresh, st.integers(0, 2), locked=st.booleans(), name=st.sampled_from(["a", "b"])),
)
edits = st.lists(
    st.tuples(
        st.dictionaries(st.sampled_from([*BLOCKS, "99"]), numbers.map(int), max_size=4),
        st.dictionaries(st.sampled_from([*TODAY, *NEW, "77"]), values, max_size=2),
        st.booleans(),  # whether it was made on what is there now
    ),
    max_size=20,
)


@given(edits)
def test_whatever_is_asked_for_no_block_is_lost_and_no_grid_leaves_its_community(sequence):
    blocks, grids = {block: int(block) % 4 for block in BLOCKS}, dict(TODAY)
    for moves, changes, up_to_date in sequence:
        wanted = Changes(
            {b: (blocks.get(b, -1) if up_to_date else 3, after) for b, after in moves.items()},
            {n: (grids.get(n) if up_to_date else None, after) for n, after in changes.items()},
        )
        if any(clash(blocks, grids, wanted)):
            assert not up_to_date
            continue
        try:
            made = applied(blocks, grids, wanted, AREA)
        except Invalid:
            continue
        locked = {n for n, grid in grids.items() if grid["locked"]}
        before = {n: {b for b, at in blocks.items() if str(at) == n} for n in locked}
        assert all(blocks[b] == ends[0] != ends[1] for b, ends in made.blocks.items())
        assert all(grids.get(n) == ends[0] != ends[1] for n, ends in made.grids.items())
        blocks |= {b: after for b, (_, after) in made.blocks.items()}
        grids = {n: g for n, g in {**grids, **{n: ends[1] for n, ends in made.grids.items()}}.items() if g is not None}
        assert blocks.keys() == BLOCKS.keys()
        for block, number in blocks.items():
            assert number == -1 or grids[str(number)]["community"] == BLOCKS[block]
        for number in locked:
            if number in grids and grids[number]["locked"]:
                assert {b for b, at in blocks.items() if str(at) == number} == before[number]
        for number, grid in grids.items():
            assert (grid["grid"], grid["code"]) == ((int(number), f"c{number}") if number in TODAY else (None, None))
        # Sent again it is made already.
        again = Changes(
            {b: (5, after) for b, after in moves.items()}, {n: (None, after) for n, after in changes.items()}
        )
        if not any(clash(blocks, grids, again)):
            assert not applied(blocks, grids, again, AREA)
