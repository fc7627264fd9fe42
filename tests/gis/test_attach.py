"""Points on their nearest roads, equal to a look at every road."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from gis.attach import MOST_CELLS, cells_of, nearest_parts, places_on

COORDINATES = st.one_of(
    st.integers(-30, 30).map(float), st.floats(-1e4, 1e4, allow_subnormal=False), st.floats(-50, 50)
)


@st.composite
def towns(draw):
    """Straight parts with points among them: crossing, doubled, of no length, far out; some are not wanted."""
    count = draw(st.integers(1, 30))
    start = draw(hnp.arrays(float, (count, 2), elements=COORDINATES))
    steps = draw(hnp.arrays(float, (count, 2), elements=st.one_of(st.just(0.0), COORDINATES)))
    points = draw(
        hnp.arrays(float, (draw(st.integers(1, 8)), 2), elements=st.one_of(COORDINATES, st.floats(-1e6, 1e6)))
    )
    wanted = draw(hnp.arrays(bool, count))
    return start, start + steps, wanted, points


@settings(max_examples=300, deadline=None)
@given(towns())
def test_the_nearest_part_is_what_a_look_at_every_part_finds(town):
    start, end, wanted, points = town
    owner = np.arange(len(start), dtype=np.int32)
    met = nearest_parts(cells_of(start, end), start, end, owner, wanted, points)
    gap, share = every_gap(start, end, points)
    gap[:, ~wanted] = np.inf
    if not wanted.any():
        assert (met.part == -1).all()
        return
    assert met.metres == pytest.approx(gap.min(axis=1), rel=1e-9, abs=1e-9)
    rows = np.arange(len(points))
    assert wanted[met.part].all()
    assert gap[rows, met.part] == pytest.approx(gap.min(axis=1), rel=1e-9, abs=1e-9)
    here = start[met.part] + met.share[:, np.newaxis] * (end - start)[met.part]
    assert np.hypot(*(here - points).T) == pytest.approx(met.metres, rel=1e-9, abs=1e-6)
    assert ((met.share >= 0) & (met.share <= 1)).all()
    assert share.shape == gap.shape


def every_gap(start, end, points):
    """Metres from every point to every part, and the share of the part where it is nearest."""
    along = end - start
    square = np.maximum((along**2).sum(axis=1), 1e-300)
    from_start = points[:, np.newaxis] - start
    share = np.clip((from_start * along).sum(axis=2) / square, 0, 1)
    return np.hypot(*np.moveaxis(from_start - share[..., np.newaxis] * along, 2, 0)), share


def test_of_parts_that_are_equally_near_the_first_is_taken():
    start = np.array([[0.0, 0.0], [0.0, 20.0], [0.0, 0.0]])
    end = np.array([[100.0, 0.0], [100.0, 20.0], [100.0, 0.0]])
    owner = np.arange(3, dtype=np.int32)
    met = nearest_parts(cells_of(start, end), start, end, owner, np.ones(3, dtype=bool), np.array([[50.0, 10.0]]))
    assert (met.part.tolist(), met.share.tolist(), met.metres.tolist()) == ([0], [0.5], [10.0])


def test_long_parts_everywhere_do_not_fill_the_memory():
    random = np.random.default_rng(4)
    start, end = random.uniform(0, 1e5, (2, 3000, 2))
    assert len(cells_of(start, end).part) <= MOST_CELLS * 3000


def test_points_that_are_nowhere_are_refused():
    start, end = np.zeros((1, 2)), np.ones((1, 2))
    for nowhere in (np.nan, np.inf):
        with pytest.raises(ValueError, match="finite"):
            nearest_parts(
                cells_of(start, end),
                start,
                end,
                np.zeros(1, dtype=np.int32),
                np.ones(1, dtype=bool),
                np.array([[0, nowhere]]),
            )


def test_a_fraction_of_a_bent_road_lies_on_it():
    # One road of 10 m east and 30 m north, and one of no length.
    start, end = np.array([[0.0, 0.0], [10.0, 0.0], [7.0, 7.0]]), np.array([[10.0, 0.0], [10.0, 30.0], [7.0, 7.0]])
    first, stop = np.array([0, 2, 3], dtype=np.int32), np.array([0.25, 1.0, 1.0])
    edge = np.array([0, 0, 0, 0, 0, 1], dtype=np.int32)
    found = places_on(start, end, stop, first, edge, np.array([0.0, 0.125, 0.25, 0.625, 1.0, 0.3]))
    assert found.tolist() == [[0, 0], [5, 0], [10, 0], [10, 15], [10, 30], [7, 7]]
