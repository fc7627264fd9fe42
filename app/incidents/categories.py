"""How each category of incident is shown: colour and label."""

from typing import NamedTuple

from flask_babel import lazy_gettext as _
from flask_babel.speaklater import LazyString

from app.incidents.models import IncidentCategory, IncidentState


class CategoryStyle(NamedTuple):
    """A category with its colour "#rrggbb" and its label; its icon bears its name."""

    category: IncidentCategory
    colour: str
    label: LazyString


STYLES: tuple[CategoryStyle, ...] = (
    CategoryStyle(IncidentCategory.FIRE, "#c9192e", _("Fire")),
    CategoryStyle(IncidentCategory.MEDICAL, "#d6336c", _("Medical emergency")),
    CategoryStyle(IncidentCategory.GAS_LEAK, "#e8590c", _("Gas leak")),
    CategoryStyle(IncidentCategory.FLOODING, "#1d5fbf", _("Flooding")),
    CategoryStyle(IncidentCategory.POWER_OR_WATER, "#a86b00", _("Power or water cut")),
    CategoryStyle(IncidentCategory.PUBLIC_FACILITY, "#00807a", _("Damaged public facility")),
    CategoryStyle(IncidentCategory.ENVIRONMENT, "#2f8f46", _("Environment and refuse")),
    CategoryStyle(IncidentCategory.DISPUTE, "#7b3fa0", _("Dispute")),
    CategoryStyle(IncidentCategory.HELP_NEEDED, "#b02a8f", _("Somebody needs help")),
    CategoryStyle(IncidentCategory.OTHER, "#56606b", _("Something else")),
)

STATES: dict[IncidentState, LazyString] = {
    IncidentState.REPORTED: _("Reported"),
    IncidentState.ACCEPTED: _("Accepted"),
    IncidentState.FILED: _("Filed"),
    IncidentState.DISPATCHED: _("Dispatched"),
    IncidentState.HANDLED: _("Handled"),
    IncidentState.VERIFIED: _("Verified"),
    IncidentState.CLOSED: _("Closed"),
}
