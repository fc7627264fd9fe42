"""The named views of coverage: which stations count, how they travel, and within how many seconds.

No source document says which kinds respond, from where or how fast: each view is an assumption that can be changed.
"""

from typing import NamedTuple

from flask_babel import lazy_gettext as _
from flask_babel.speaklater import LazyString

from gis.city import StationKind
from gis.travel import Mode

SENDING = (
    StationKind.FIRE,
    StationKind.MICRO_FIRE,
    StationKind.POLICE,
    StationKind.SERVICE_STATION,
    StationKind.LIAISON_STATION,
)
"""Kinds that have staff who set off at a call."""
SERVING = (
    StationKind.SERVICE_STATION,
    StationKind.LIAISON_STATION,
    StationKind.COMMUNITY_CENTRE,
    StationKind.TOWNHALL,
    StationKind.SOCIAL_FACILITY,
)
"""Kinds that residents walk to for service."""
HEALING = (StationKind.HOSPITAL, StationKind.CLINIC)


class Preset(NamedTuple):
    """A named view; `icon` names a picture of the page."""

    key: str
    name: LazyString
    told: LazyString  # what it takes for granted
    icon: str
    kinds: tuple[StationKind, ...]
    mode: Mode
    seconds: float


PRESETS = (
    Preset(
        "response_1",
        _("1-minute response"),
        _("On foot from every place with staff who set off at a call: fire, police, service and liaison stations."),
        "alert",
        SENDING,
        Mode.FOOT,
        60.0,
    ),
    Preset(
        "micro_fire_3",
        _("3-minute micro fire station"),
        _("By emergency car from the micro fire stations."),
        "micro_fire",
        (StationKind.MICRO_FIRE,),
        Mode.EMERGENCY,
        180.0,
    ),
    Preset(
        "service_10",
        _("10-minute service"),
        _("On foot from home to service stations, community centres, town halls and social facilities."),
        "service_station",
        SERVING,
        Mode.FOOT,
        600.0,
    ),
    Preset(
        "medical_5",
        _("5-minute medical help"),
        _("By car from hospitals and clinics."),
        "hospital",
        HEALING,
        Mode.CAR,
        300.0,
    ),
)
BY_KEY = {preset.key: preset for preset in PRESETS}
