"""The closed list of household flags: colour, label and purpose of each, most pressing first."""

from enum import StrEnum
from typing import NamedTuple

from flask_babel import lazy_gettext as _
from flask_babel.speaklater import LazyString

from gis.city import FlagKind


class FlagGroup(StrEnum):
    """What flags have in common on a wall map, where single kinds would tell too much; most pressing first."""

    NEED = "need"
    CONTACT = "contact"
    HARDSHIP = "hardship"
    TENANCY = "tenancy"


class FlagStyle(NamedTuple):
    """How a flag kind is shown, and what it is for. Never told by colour alone: the icon bears the kind's name."""

    kind: FlagKind
    group: FlagGroup
    colour: str  # "#rrggbb"
    label: LazyString
    purpose: LazyString


STYLES: tuple[FlagStyle, ...] = (
    FlagStyle(
        FlagKind.OXYGEN_OR_DIALYSIS,
        FlagGroup.NEED,
        "#e8590c",
        _("Oxygen or dialysis at home"),
        _("Depends on power or on transport: told first when either fails."),
    ),
    FlagStyle(
        FlagKind.ALONE_OVER_80,
        FlagGroup.NEED,
        "#7b3fa0",
        _("Over 80 and living alone"),
        _("Paired with neighbours who look in, and called on first in an emergency."),
    ),
    FlagStyle(
        FlagKind.DISABILITY,
        FlagGroup.NEED,
        "#00807a",
        _("Disability"),
        _("Help with leaving the building and with errands."),
    ),
    FlagStyle(
        FlagKind.INFANT,
        FlagGroup.NEED,
        "#2f8f46",
        _("Infant"),
        _("Help with leaving the building, and supplies for a baby."),
    ),
    FlagStyle(
        FlagKind.CONTACT_HOUSEHOLD,
        FlagGroup.CONTACT,
        "#c9192e",
        _("Contact household"),
        _("An office: passes news and wishes between the building and the grid."),
    ),
    FlagStyle(
        FlagKind.HARDSHIP,
        FlagGroup.HARDSHIP,
        "#1d5fbf",
        _("Hardship"),
        _("Temporary aid after illness, accident or loss of work."),
    ),
    FlagStyle(
        FlagKind.LOW_INCOME,
        FlagGroup.HARDSHIP,
        "#5b93dd",
        _("Low income"),
        _("Receives the minimum living allowance: benefits and fee waivers."),
    ),
    FlagStyle(
        FlagKind.LET,
        FlagGroup.TENANCY,
        "#d79b00",
        _("Let"),
        _("The owner lives elsewhere: whom to call about the dwelling itself."),
    ),
    FlagStyle(
        FlagKind.VACANT,
        FlagGroup.TENANCY,
        "#c9b458",
        _("Vacant"),
        _("Nobody to look for in an emergency; leaks and open windows are checked."),
    ),
)

PRIORITY: tuple[FlagKind, ...] = tuple(style.kind for style in STYLES)
"""A building on the map takes the colour of the first of these that a visible household of it carries."""
