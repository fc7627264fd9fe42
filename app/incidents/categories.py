"""How each category of incident is shown: icon, colour and label."""

from typing import NamedTuple

from flask_babel import lazy_gettext as _
from flask_babel.speaklater import LazyString

from app.incidents.models import IncidentCategory, IncidentState


class CategoryStyle(NamedTuple):
    """A category with its icon, its colour "#rrggbb" and its label."""

    category: IncidentCategory
    icon: str
    colour: str
    label: LazyString


STYLES: tuple[CategoryStyle, ...] = (
    CategoryStyle(IncidentCategory.FIRE, "fire", "#c9192e", _("Fire")),
    CategoryStyle(IncidentCategory.MEDICAL, "medical", "#d6336c", _("Medical emergency")),
    CategoryStyle(IncidentCategory.GAS_LEAK, "gas", "#e8590c", _("Gas leak")),
    CategoryStyle(IncidentCategory.FLOODING, "water", "#1d5fbf", _("Flooding")),
    CategoryStyle(IncidentCategory.POWER_OR_WATER, "power", "#a86b00", _("Power or water cut")),
    CategoryStyle(IncidentCategory.PUBLIC_FACILITY, "facility", "#00807a", _("Damaged public facility")),
    CategoryStyle(IncidentCategory.ENVIRONMENT, "environment", "#2f8f46", _("Environment and refuse")),
    CategoryStyle(IncidentCategory.DISPUTE, "dispute", "#7b3fa0", _("Dispute")),
    CategoryStyle(IncidentCategory.HELP_NEEDED, "help", "#b02a8f", _("Somebody needs help")),
    CategoryStyle(IncidentCategory.OTHER, "other", "#56606b", _("Something else")),
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
