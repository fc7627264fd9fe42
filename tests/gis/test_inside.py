"""What stands behind doors that are reached, counted by limit."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.inside import count_inside, first_doors

KINDS = 2
LIMITS = np.array([60.0, 180.0, 600.0])
SECONDS = st.sampled_from([0.0, 60.0, 90.0, 600.0, np.inf])


@settings(deadline=None)
@given(
    st.lists(st.tuples(SECONDS, st.booleans(), st.integers(0, 2)), min_size=1),
    st.lists(st.tuples(st.integers(0, 99), st.floats(0, 700), st.integers(1, 5), st.integers(0, KINDS - 1))),
)
def test_each_count_is_inside_every_limit_that_its_arrival_and_climb_keep(doors, rows):
    arrival, shown, building = (np.array(column) for column in zip(*doors, strict=True))
    told = [(door % len(doors), climb, count, kind) for door, climb, count, kind in rows]
    door, climb, count, kind = (np.array([row[at] for row in told], float if at == 1 else np.int64) for at in range(4))
    counts = np.zeros((len(LIMITS), KINDS), dtype=np.int64)
    count_inside(arrival, shown, door, climb, count, kind, LIMITS, counts)
    for at, limit in enumerate(LIMITS):
        for of in range(KINDS):
            inside = sum(n for d, up, n, k in told if k == of and shown[d] and arrival[d] + up <= limit)
            assert counts[at, of] == inside
    first = np.full(3, np.inf)
    first_doors(arrival, shown, building, first)
    assert first.tolist() == [min((a for a, s, b in doors if s and b == one), default=np.inf) for one in range(3)]
