"""How a wall map looks: the style of every kind of thing on it. It is printed: pale surfaces, firm lines."""

from typing import Any, NamedTuple, TypeAlias

from flask_babel import lazy_gettext as _
from flask_babel.speaklater import LazyString

from app.register.kinds import FlagGroup
from gis.city import RoadClass, StationKind

Style: TypeAlias = dict[str, Any]
"""Leaflet's path options."""

TINTS = ("#f6dcc4", "#dcebc9", "#cfe3ee", "#f3d3da", "#e6dcf0", "#f5ecbf")
GRID_LINE: Style = {"fill": False, "color": "#8a4b12", "weight": 1.6, "dashArray": "7 3", "opacity": 0.95}
COMMUNITY_LINE: Style = {"fill": False, "color": "#6b1d1d", "weight": 3.5, "opacity": 0.9}
ROUTE: Style = {"fill": False, "color": "#0b6e4f", "weight": 2.6, "dashArray": "0.1 5", "lineCap": "round"}

GROUPS: dict[FlagGroup, tuple[LazyString, str]] = {
    FlagGroup.NEED: (_("Needs help in an emergency"), "#7b3fa0"),
    FlagGroup.CONTACT: (_("Contact households"), "#c9192e"),
    FlagGroup.HARDSHIP: (_("Hardship or low income"), "#1d5fbf"),
    FlagGroup.TENANCY: (_("Let or vacant"), "#e0a800"),
}


class StationStyle(NamedTuple):
    """The label of a kind of station and the colour of its badge."""

    label: LazyString
    colour: str


STATIONS: dict[StationKind, StationStyle] = {
    StationKind.SERVICE_STATION: StationStyle(_("Service station"), "#b3261e"),
    StationKind.LIAISON_STATION: StationStyle(_("Liaison station"), "#c2571a"),
    StationKind.RIDER_STATION: StationStyle(_("Rider station"), "#8a6d00"),
    StationKind.POLICE: StationStyle(_("Police"), "#24478f"),
    StationKind.FIRE: StationStyle(_("Fire station"), "#c9192e"),
    StationKind.MICRO_FIRE: StationStyle(_("Micro fire station"), "#d8433b"),
    StationKind.HOSPITAL: StationStyle(_("Hospital"), "#0b7285"),
    StationKind.CLINIC: StationStyle(_("Clinic"), "#0c8599"),
    StationKind.PHARMACY: StationStyle(_("Pharmacy"), "#2b8a3e"),
    StationKind.SCHOOL: StationStyle(_("School"), "#5f3dc4"),
    StationKind.TOWNHALL: StationStyle(_("Town hall"), "#5c4433"),
    StationKind.COMMUNITY_CENTRE: StationStyle(_("Community centre"), "#862e9c"),
    StationKind.SOCIAL_FACILITY: StationStyle(_("Social facility"), "#a61e4d"),
    StationKind.SHELTER: StationStyle(_("Shelter"), "#2f6f3e"),
}

_ROAD_WIDTHS: dict[str, float] = {
    RoadClass.MOTORWAY: 7,
    RoadClass.TRUNK: 7,
    RoadClass.PRIMARY: 6.5,
    RoadClass.SECONDARY: 5.5,
    RoadClass.TERTIARY: 4.5,
    RoadClass.UNCLASSIFIED: 3.5,
    RoadClass.RESIDENTIAL: 3.5,
    RoadClass.LIVING_STREET: 3,
    RoadClass.SERVICE: 2,
}
PATH_WIDTH = 1.0  # footways, paths, steps
ZONE_COLOURS = ((1, "#d6336c"), (3, "#f08c00"), (5, "#2b8a3e"), (10, "#1971c2"))  # up to so many minutes


def ground_style(properties: dict[str, Any]) -> Style:
    """Water, green or railway."""
    if properties["kind"] == "railway":
        return {"fill": False, "color": "#6f6a66", "weight": 2.5, "dashArray": "8 6"}
    return {"stroke": False, "fillOpacity": 1, "fillColor": "#bcd9ea" if properties["kind"] == "water" else "#d8e8c8"}


def tint_style(properties: dict[str, Any]) -> Style:
    """The pale fill of a grid, different from its neighbours'."""
    return {"stroke": False, "fillOpacity": 0.55, "fillColor": TINTS[properties["tint"] % len(TINTS)]}


def road_casing(properties: dict[str, Any]) -> Style:
    """The edge of a road, drawn below all roads so that junctions stay open; none for paths."""
    width = _ROAD_WIDTHS.get(properties["class"])
    return {"fill": False, "color": "#b9b0a4", "weight": width + 1.4, "stroke": True} if width else {"stroke": False}


def road_style(properties: dict[str, Any]) -> Style:
    """The surface of a road, or a path as a thin line."""
    width = _ROAD_WIDTHS.get(properties["class"])
    if width is None:
        return {"fill": False, "color": "#b08968", "weight": PATH_WIDTH, "dashArray": "3 3"}
    major = properties["class"] in {RoadClass.MOTORWAY, RoadClass.TRUNK, RoadClass.PRIMARY, RoadClass.SECONDARY}
    return {"fill": False, "color": "#fff3c4" if major else "#ffffff", "weight": width}


def building_style(properties: dict[str, Any]) -> Style:
    """A building in the colour of the group it may show, grey where it shows none."""
    group = properties["group"]
    if group is None:
        return {"color": "#8d857b", "weight": 0.7, "fillColor": "#d9d2c7", "fillOpacity": 1}
    return {"color": "#3d3a36", "weight": 0.7, "fillColor": GROUPS[FlagGroup(group)][1], "fillOpacity": 0.85}


def zone_style(properties: dict[str, Any]) -> Style:
    """A response zone by its minutes."""
    minutes = properties["minutes"]
    colour = next((colour for most, colour in ZONE_COLOURS if minutes <= most), ZONE_COLOURS[-1][1])
    return {"color": colour, "weight": 2, "fillColor": colour, "fillOpacity": 0.16}
