"""Local metres and back."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.local import FEW, WIDE, LocalFrame

METRES_A_DEGREE = 111_320.0


@settings(deadline=None, max_examples=60)
@given(st.floats(-55, 55), st.floats(-180, 180), st.floats(0, WIDE / 2), st.integers(0, 2**32 - 1))
def test_degrees_of_what_is_only_looked_at_are_right_to_a_hundredth_of_a_millimetre(lat, lon, half, seed):
    frame = LocalFrame(lon, lat)
    random = np.random.default_rng(seed)
    xy = random.uniform(-half, half, (3 * FEW, 2)) + random.uniform(half - WIDE, WIDE - half, 2) / 2
    exact, about = frame.degrees(xy), frame.about_degrees(xy)
    turned = (about - exact + 180) % 360 - 180
    assert np.abs(turned).max() * METRES_A_DEGREE < 1e-5


@pytest.mark.parametrize("xy", [np.empty((0, 2)), np.zeros((1, 2)), np.zeros((2 * FEW, 2)), np.eye(2) * 4e5])
def test_few_points_one_point_and_points_far_away_are_turned_too(xy):
    frame = LocalFrame(120.0, 31.0)
    assert frame.about_degrees(xy) == pytest.approx(frame.degrees(xy), abs=1e-10)


def test_there_and_back_is_the_same_place():
    frame = LocalFrame(118.78, 32.04)
    lonlat = np.array([[118.7, 32.0], [119.1, 32.3]])
    assert frame.degrees(frame.metres(lonlat)) == pytest.approx(lonlat, abs=1e-9)
