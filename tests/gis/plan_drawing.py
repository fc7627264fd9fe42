"""Atoms and plans drawn in ASCII: one character is 50 × 50 m, equal letters are one block; x grows to the east."""

import numpy as np
import shapely
from shapely import LineString, box

from gis.atoms import Barriers, atoms_of
from gis.plan import NO_GRID, Plan

CELL = 50.0


def blocks_of(picture):
    """The blocks of a drawing by letter."""
    cells = {}
    for y, row in enumerate(reversed(picture.split())):
        for x, letter in enumerate(row):
            if letter != ".":
                cells.setdefault(letter, []).append(box(CELL * x, CELL * y, CELL * x + CELL, CELL * y + CELL))
    return {letter: shapely.unary_union(cells[letter]) for letter in sorted(cells)}


def line(*cells):
    """A line through corners of cells, counted from the south-west."""
    return LineString([(CELL * x, CELL * y) for x, y in cells])


def drawn(picture, households=100, *, compounds="", **barriers):
    """The atoms of a drawing; `compounds` names them by letters ("ab cd": a and b are one, c and d another)."""
    blocks = blocks_of(picture)
    counts = [households] * len(blocks) if isinstance(households, int) else [households[key] for key in blocks]
    of = {letter: number for number, word in enumerate(compounds.split()) for letter in word}
    return atoms_of(
        list(blocks.values()),
        counts,
        keys=list(blocks),
        compounds=[of.get(key, -1) for key in blocks],
        barriers=Barriers(**barriers),
    )


def planned(atoms, words, **options):
    """The plan whose grid 0 is the first word of letters, and so on."""
    of = np.full(len(atoms), NO_GRID, dtype=np.int32)
    for grid, word in enumerate(words.split()):
        of[numbers(atoms, word)] = grid
    return Plan(atoms, of, **options)


def numbers(atoms, word):
    """The numbers of blocks by letter."""
    return [atoms.keys.index(letter) for letter in word]


def words(plan):
    """The grids as sorted words."""
    return sorted("".join(plan.atoms.keys[block] for block in plan.blocks(grid)) for grid in plan.grids)


def town(width, height, *, seed, low=40, high=121, **barriers):
    """A chequered town with `low` to `high` - 1 households a block."""
    random = np.random.default_rng(seed)
    shapes = [box(80 * x, 60 * y, 80 * x + 80, 60 * y + 60) for y in range(height) for x in range(width)]
    households = random.integers(low, high, len(shapes)).tolist()
    return atoms_of(shapes, households, barriers=Barriers(**barriers) if barriers else None)
