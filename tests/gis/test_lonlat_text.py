"""Coordinates as texts."""

import json

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.lonlat_text import multipolygon_text

RING = [(121.5, 31.25), (-0.00000004, -89.9999999), (179.99999996, 0.0), (121.5, 31.25)]


def written(polygons):
    """What is read back of the text of polygons, which are lists of rings."""
    rings = [ring for polygon in polygons for ring in polygon]
    points = np.array([point for ring in rings for point in ring], dtype=np.float64).reshape(-1, 2)
    ring_start, polygon_start = (
        np.concatenate([[0], np.cumsum([len(one) for one in many])]).astype(np.int64) for many in (rings, polygons)
    )
    return multipolygon_text(points, ring_start, polygon_start)


def test_rings_and_polygons_stand_in_their_brackets():
    assert written([]) == b"[]"
    assert written([[RING]]) == (
        b"[[[[121.5000000,31.2500000],[0.0000000,-89.9999999],[180.0000000,0.0000000],[121.5000000,31.2500000]]]]"
    )
    two, one = [RING, RING[:2]], [RING[1:]]
    assert [[len(ring) for ring in polygon] for polygon in json.loads(written([two, one]))] == [[4, 2], [3]]


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(-180, 180), st.floats(-90, 90)), min_size=1, max_size=5))
def test_every_point_is_read_back_to_half_a_unit_of_its_last_digit(points):
    [[read]] = json.loads(written([[points]]))
    assert np.abs(np.array(read) - points).max() <= 0.51e-7
