"""A way in steps that can be said in words: where it turns, and how far it goes before the next turn.

Parts of road that go on under the same name are one step, and so is a roundabout with the road by which it is left.
Right and left are as seen by who travels; headings are degrees clockwise from north. What a step is called is left to
the caller.
"""

from collections.abc import Hashable, Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString

from gis.nearest import Step
from gis.network import ModeNetwork, line_part
from gis.roundabouts import Exit, exits

Floats = NDArray[np.float64]

LOOK = 12.0  # metres before and after a junction over which a direction is taken: kinks of a drawing are no turns
LINK = 15.0  # metres; a shorter part without a name between two others is the crossing of a junction, not a road
BEND_NAMED = 60.0  # degrees by which a road of one name may bend at a junction and still go on
BEND_NAMELESS = 40.0


class Turn(StrEnum):
    """How a step begins."""

    DEPART = "depart"
    STRAIGHT = "straight"
    SLIGHT_RIGHT = "slight_right"
    RIGHT = "right"
    SHARP_RIGHT = "sharp_right"
    SLIGHT_LEFT = "slight_left"
    LEFT = "left"
    SHARP_LEFT = "sharp_left"
    BACK = "back"
    ROUNDABOUT = "roundabout"


class Stage(NamedTuple):
    """Some way along one road: `turn` into it, `heading` at its beginning, the parts that it is made of.

    Where the turn is a roundabout, that belongs to `metres`, `heading` and `line`, and the road begins at its exit.
    """

    turn: Turn
    heading: float
    metres: float
    parts: Sequence[int]  # positions in the steps that were given
    line: LineString
    exit: int = 0  # its number, where the turn is a roundabout


class _Run(NamedTuple):
    """Positions of the parts of one road that goes on, and of those `around` the roundabout that leads into it."""

    parts: list[int]
    around: Sequence[int] = ()
    exit: int = 0


def stages(network: ModeNetwork, steps: Sequence[Step], names: Sequence[Hashable]) -> list[Stage]:
    """The stages of a way made of `steps` on roads called `names` (falsy: nameless); none where it leads nowhere."""
    roads = network.roads
    drawn = [line_part(roads.line(step.edge), step.begin, step.end) for step in steps]
    metres = [abs(step.end - step.begin) * float(roads.length[step.edge]) for step in steps]
    order = [at for at, length in enumerate(metres) if length > 0]
    runs = _runs(order, exits(network, [steps[at] for at in order]), drawn, metres, names)
    lines = [_joined([drawn[at] for at in (*run.around, *run.parts)]) for run in runs]
    made = []
    for position, (run, line) in enumerate(zip(runs, lines, strict=True)):
        heading = _heading(line, start=True)
        turn = turned(heading - _heading(lines[position - 1], start=False)) if position else Turn.DEPART
        turn = Turn.ROUNDABOUT if run.exit else turn
        length = sum(metres[at] for at in (*run.around, *run.parts))
        made.append(Stage(turn, heading, length, run.parts, line, run.exit))
    return made


def turned(degrees: float) -> Turn:
    """The turn that a change of heading is; to the right is positive."""
    change = (degrees + 180.0) % 360.0 - 180.0
    bounds = ((20.0, Turn.STRAIGHT), (50.0, Turn.SLIGHT_RIGHT), (125.0, Turn.RIGHT), (165.0, Turn.SHARP_RIGHT))
    turn = next((turn for bound, turn in bounds if abs(change) <= bound), Turn.BACK)
    return turn if change >= 0 else _MIRRORED.get(turn, turn)


_MIRRORED = {
    Turn.SLIGHT_RIGHT: Turn.SLIGHT_LEFT,
    Turn.RIGHT: Turn.LEFT,
    Turn.SHARP_RIGHT: Turn.SHARP_LEFT,
}


def _runs(
    order: Sequence[int],
    left: Mapping[int, Exit],
    drawn: Sequence[LineString],
    metres: Sequence[float],
    names: Sequence[Hashable],
) -> list[_Run]:
    """The parts in their `order`, run by run; `left` are the roundabouts by the position in it where each begins."""
    runs: list[_Run] = []
    position = 0
    while position < len(order):
        if found := left.get(position):
            around = order[position : position + found.steps]
            position += found.steps
            runs.append(_Run([order[position]], around, found.number))
        elif runs and _goes_on(runs[-1].parts, order[position], drawn, metres, names):
            runs[-1].parts.append(order[position])
        else:
            runs.append(_Run([order[position]]))
        position += 1
    return runs


def _goes_on(
    run: Sequence[int], at: int, drawn: Sequence[LineString], metres: Sequence[float], names: Sequence[Hashable]
) -> bool:
    """Whether part `at` goes on along the road of the run."""
    named = next((names[part] for part in run if names[part]), None)
    bend = abs((_heading(drawn[at], start=True) - _heading(drawn[run[-1]], start=False) + 180.0) % 360.0 - 180.0)
    if not names[at] and named and metres[at] <= LINK:
        return bend <= BEND_NAMELESS
    if not named and names[at]:  # a crossing at the beginning belongs to the road that it leads into
        return sum(metres[part] for part in run) <= LINK and bend <= BEND_NAMELESS
    return (names[at] or None) == named and bend <= (BEND_NAMED if named else BEND_NAMELESS)


def _heading(line: LineString, *, start: bool) -> float:
    """The direction in which the first, or the last, metres of a line lead."""
    far = min(LOOK, line.length)
    ends = (0.0, far) if start else (line.length - far, line.length)
    (x0, y0), (x1, y1) = (line.interpolate(end).coords[0] for end in ends)
    return float(np.degrees(np.arctan2(x1 - x0, y1 - y0)) % 360.0)


def _joined(lines: Sequence[LineString]) -> LineString:
    """Lines that follow each other as one."""
    xy: Floats = np.vstack([shapely.get_coordinates(line) for line in lines])
    fresh = np.concatenate([[True], (np.diff(xy, axis=0) != 0).any(axis=1)])
    return LineString(xy[fresh] if fresh.sum() > 1 else xy[[0, 0]])
