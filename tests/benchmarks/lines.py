"""The line of an edge, and many of them."""

import numpy as np


def line_of(roads, edge):
    """The line of one edge, local metres, tail to head."""
    return roads.line(int(edge)) if hasattr(roads, "line") else roads.lines[int(edge)]


def lines_of(roads, edges):
    """The lines of some edges as an array."""
    return roads.lines_of(np.asarray(edges)) if hasattr(roads, "lines_of") else roads.lines[np.asarray(edges)]
