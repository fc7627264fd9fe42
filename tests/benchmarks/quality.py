"""Recall and precision of a zone by length of road.

Recall is the share of the truly reached length that lies inside the polygon, precision the share of the enclosed length
(of the roads that are open to the mode) that is truly reached.
"""

from typing import NamedTuple

import numpy as np
import shapely

from gis.network import line_part


class Quality(NamedTuple):
    """Both shares."""

    recall: float
    precision: float


def open_roads(net):
    """The lines that are open to the mode, local metres."""
    return net.roads.lines_of(np.flatnonzero(np.isfinite(net.seconds).any(axis=1)))


def reached_pieces(found, limit):
    """The truly reached parts of road of our own search."""
    edge, begin, end = found.spans(limit)
    lines = found.network.roads.lines_of(edge)
    return np.array([line_part(*part) for part in zip(lines, begin, end, strict=True)], dtype=object)


def quality(roads, tree, pieces, polygon):
    """Quality of `polygon` where `pieces` are truly reached and `roads` (indexed by `tree`) could be."""
    if polygon.is_empty:
        return Quality(0.0, 0.0)
    polygon = polygon if polygon.is_valid else shapely.make_valid(polygon)
    shapely.prepare(polygon)
    inside = length_inside(np.asarray(pieces, dtype=object), polygon)
    enclosed = length_inside(roads[tree.query(polygon)], polygon)
    truth = shapely.length(np.asarray(pieces, dtype=object)).sum()
    return Quality(inside / truth if truth else 1.0, min(inside / enclosed, 1.0) if enclosed else 0.0)


def length_inside(lines, polygon):
    """Metres of the lines inside."""
    if not len(lines):
        return 0.0
    whole = shapely.contains_properly(polygon, lines)
    cut = lines[~whole]
    return float(shapely.length(lines[whole]).sum() + shapely.length(shapely.intersection(cut, polygon)).sum())
