"""Why an edit of blocks is refused: a code, what it is about, and an English sentence that can be translated."""

from enum import StrEnum
from typing import Any

Point = tuple[float, float]


class Reason(StrEnum):
    """What is wrong with an edit."""

    NOT_A_LINE = "not_a_line"
    TOO_MANY_POINTS = "too_many_points"
    TOO_DETAILED = "too_detailed"
    NO_PLACE = "no_place"
    TOO_FAR = "too_far"
    CROSSES_ITSELF = "crosses_itself"
    MISSES = "misses"
    TOUCHES = "touches"
    FOLLOWS_EDGE = "follows_edge"
    ENDS_INSIDE = "ends_inside"
    DIVIDES_NOTHING = "divides_nothing"
    TOO_MANY_PARTS = "too_many_parts"
    CUTS_BUILDING = "cuts_building"
    SLIVER = "sliver"
    NO_ACCESS = "no_access"
    NO_SUCH_BLOCK = "no_such_block"
    TOO_FEW_BLOCKS = "too_few_blocks"
    APART = "apart"
    TOO_FINE = "too_fine"
    UNSOUND = "unsound"


SENTENCES = {
    Reason.NOT_A_LINE: "The line needs at least two different points.",
    Reason.TOO_MANY_POINTS: "The line has over %(most)d points: draw it in fewer.",
    Reason.TOO_DETAILED: "The outline of the block has over %(most)d points: simplify it first.",
    Reason.NO_PLACE: "Point %(point)d of the line is no place on the map.",
    Reason.TOO_FAR: "Point %(point)d of the line is over %(kilometres)d km from the block.",
    Reason.CROSSES_ITSELF: "The line crosses or touches itself.",
    Reason.MISSES: "The line does not come to the block.",
    Reason.TOUCHES: "The line only touches the block.",
    Reason.FOLLOWS_EDGE: "The line follows the edge of the block.",
    Reason.ENDS_INSIDE: "The line ends inside the block: draw it from edge to edge.",
    Reason.DIVIDES_NOTHING: "The line leaves the block in one piece.",
    Reason.TOO_MANY_PARTS: "The line cuts the block into over %(most)d parts.",
    Reason.CUTS_BUILDING: "The line cuts through a building.",
    Reason.SLIVER: "The line leaves a sliver of %(square_metres)d m², too narrow or too small for a block.",
    Reason.NO_ACCESS: "The line leaves a part that no road, path or compound leads to.",
    Reason.NO_SUCH_BLOCK: "There is no such block.",
    Reason.TOO_FEW_BLOCKS: "To merge, choose at least two blocks.",
    Reason.APART: "The blocks do not all share an edge: a common corner is not enough.",
    Reason.TOO_FINE: "The line comes so close to a corner that the parts would not fit together: draw it elsewhere.",
    Reason.UNSOUND: "The blocks here do not fit together as they are: they have to be mended first.",
}


class EditRefused(ValueError):
    """An edit that is not made; `place` in local metres, `block`, `building` and `point` (of the line) by index."""

    def __init__(
        self,
        reason: Reason,
        *,
        place: Point | None = None,
        block: int | None = None,
        building: int | None = None,
        point: int | None = None,
        **values: Any,
    ) -> None:
        """Keep what it is about, and the values of its sentence."""
        self.reason, self.place, self.block, self.building, self.point = reason, place, block, building, point
        self.values = values if point is None else {"point": point + 1, **values}
        super().__init__(SENTENCES[reason] % self.values)
