"""What OpenStreetMap's tags mean here. Sources: the OSM wiki's pages on highway, access, oneway and building.

Access in China's terms: a footway inside a compound is `permissive` as a rule, and staff of the district may enter
private ground; only `no` (and `military`) shuts a way.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

from gis.city import BuildingKind, RoadClass, StationKind

Tags = Mapping[str, str]

SHUT = frozenset({"no", "military", "agricultural", "forestry"})
BY_FOOT = frozenset(RoadClass) - {RoadClass.MOTORWAY}
BY_BICYCLE = BY_FOOT - {RoadClass.STEPS, RoadClass.FOOTWAY, RoadClass.PEDESTRIAN}
BY_CAR = frozenset(
    {
        RoadClass.MOTORWAY,
        RoadClass.TRUNK,
        RoadClass.PRIMARY,
        RoadClass.SECONDARY,
        RoadClass.TERTIARY,
        RoadClass.UNCLASSIFIED,
        RoadClass.RESIDENTIAL,
        RoadClass.LIVING_STREET,
        RoadClass.SERVICE,
        RoadClass.TRACK,
    }
)
OTHER_CLASSES = {"road": RoadClass.UNCLASSIFIED, "busway": RoadClass.SERVICE, "corridor": RoadClass.FOOTWAY}
CONTRAFLOW = frozenset({"opposite", "opposite_lane", "opposite_track", "opposite_share_busway"})
MILE = 1.609344  # kilometres
SLOWEST, FASTEST = 5.0, 130.0  # km/h that a sign may say


class Permissions(NamedTuple):
    """Who may use a way, along it and against it."""

    foot: bool
    bicycle_forward: bool
    bicycle_backward: bool
    car_forward: bool
    car_backward: bool

    @property
    def any(self) -> bool:
        """Whether anybody may use it."""
        return any(self)


def road_class_of(tags: Tags) -> RoadClass | None:
    """The class of a way that people or cars move on; None for any other."""
    highway = tags.get("highway", "")
    if tags.get("area") == "yes" and highway != "pedestrian":
        return None
    base = highway.removesuffix("_link")
    if base in OTHER_CLASSES:
        return OTHER_CLASSES[base]
    try:
        return RoadClass(base)
    except ValueError:
        return RoadClass.PATH if base == "bridleway" else None


def permissions_of(tags: Tags, road: RoadClass) -> Permissions:
    """Who may use a way of class `road`: each mode's own tag outranks the general one, which outranks the class."""
    foot = _may(tags, ("foot",), road in BY_FOOT)
    cycle = _may(tags, ("bicycle", "vehicle"), road in BY_BICYCLE)
    car = _may(tags, ("motorcar", "motor_vehicle", "vehicle"), road in BY_CAR)
    along, against = _directions(tags, road)
    cycle_along, cycle_against = _cycle_directions(tags, along, against)
    return Permissions(foot, cycle and cycle_along, cycle and cycle_against, car and along, car and against)


def _may(tags: Tags, keys: tuple[str, ...], usual: bool) -> bool:
    """Whether a mode may: its own tags in order, then `access`, then what is usual."""
    for key in keys:
        value = tags.get(key, "")
        if value in {"yes", "designated", "permissive", "official"} and key != "vehicle":
            return True
        if value in SHUT:
            return False
    return usual and tags.get("access") not in SHUT


def _directions(tags: Tags, road: RoadClass) -> tuple[bool, bool]:
    """Whether vehicles may go along and against the way."""
    oneway = tags.get("oneway", "")
    if oneway in {"-1", "reverse"}:
        return False, True
    if oneway in {"yes", "true", "1"}:
        return True, False
    implied = tags.get("junction") in {"roundabout", "circular"} or road is RoadClass.MOTORWAY
    return True, not (implied and oneway not in {"no", "false", "0"})


def _cycle_directions(tags: Tags, along: bool, against: bool) -> tuple[bool, bool]:
    """Whether bicycles may go along and against the way."""
    own = tags.get("oneway:bicycle", "")
    if own in {"no", "false", "0"}:
        return True, True
    if own in {"-1", "reverse"}:
        return False, True
    if own in {"yes", "true", "1"}:
        return True, False
    sides = (tags.get(key, "") for key in ("cycleway", "cycleway:left", "cycleway:right", "cycleway:both"))
    if CONTRAFLOW.intersection(sides):
        return True, True
    return along, against


def maxspeed_of(tags: Tags) -> float | None:
    """The posted limit in km/h; None where none is stated in figures."""
    match = re.fullmatch(r"\s*(\d{1,3}(?:\.\d+)?)\s*(km/h|kph|kmh|mph)?\s*", tags.get("maxspeed", ""))
    if not match:
        return None
    speed = float(match[1]) * (MILE if match[2] == "mph" else 1.0)
    return speed if SLOWEST <= speed <= FASTEST else None


def is_set(tags: Tags, key: str) -> bool:
    """Whether a yes-or-no tag (bridge, tunnel) is there and does not say no."""
    return tags.get(key, "no") not in {"no", "false", "0", ""}


def layer_of(tags: Tags) -> int:
    """The layer, −5 to 5; a bridge without one is on 1, a tunnel on −1."""
    match = re.fullmatch(r"\s*([+-]?\d{1,2})\s*", tags.get("layer", ""))
    if match:
        return max(-5, min(5, int(match[1])))
    return int(is_set(tags, "bridge")) - int(is_set(tags, "tunnel"))


AMENITIES = {
    "police": StationKind.POLICE,
    "fire_station": StationKind.FIRE,
    "hospital": StationKind.HOSPITAL,
    "clinic": StationKind.CLINIC,
    "doctors": StationKind.CLINIC,
    "pharmacy": StationKind.PHARMACY,
    "school": StationKind.SCHOOL,
    "kindergarten": StationKind.SCHOOL,
    "college": StationKind.SCHOOL,
    "university": StationKind.SCHOOL,
    "townhall": StationKind.TOWNHALL,
    "community_centre": StationKind.COMMUNITY_CENTRE,
    "social_centre": StationKind.COMMUNITY_CENTRE,
    "social_facility": StationKind.SOCIAL_FACILITY,
    "nursing_home": StationKind.SOCIAL_FACILITY,
}
HEALTHCARE = {
    "hospital": StationKind.HOSPITAL,
    "clinic": StationKind.CLINIC,
    "doctor": StationKind.CLINIC,
    "centre": StationKind.CLINIC,
    "pharmacy": StationKind.PHARMACY,
}


def station_kind_of(tags: Tags) -> StationKind | None:
    """The kind of station that an amenity is; None where it is none."""
    if tags.get("amenity") in AMENITIES:
        return AMENITIES[tags["amenity"]]
    if tags.get("healthcare") in HEALTHCARE:
        return HEALTHCARE[tags["healthcare"]]
    if tags.get("shop") == "chemist" and tags.get("dispensing") == "yes":
        return StationKind.PHARMACY
    return StationKind.SHELTER if tags.get("emergency") == "assembly_point" else None


BUILDINGS = {
    BuildingKind.RESIDENTIAL: "residential apartments house detached semidetached_house terrace dormitory bungalow",
    BuildingKind.COMMERCIAL: "commercial retail supermarket hotel kiosk mall shop",
    BuildingKind.OFFICE: "office",
    BuildingKind.INDUSTRIAL: "industrial warehouse manufacture factory service transformer_tower",
    BuildingKind.SCHOOL: "school university college kindergarten",
    BuildingKind.HOSPITAL: "hospital clinic",
    BuildingKind.PUBLIC: "public civic government train_station transportation stadium sports_hall grandstand church "
    "temple mosque museum theatre library fire_station police sports_centre historic pavilion gatehouse",
    BuildingKind.OTHER: "garage garages carport roof shed greenhouse construction ruins hut toilets parking",
}
KIND_OF_BUILDING = {value: kind for kind, values in BUILDINGS.items() for value in values.split()}
KIND_OF_USE = {
    **dict.fromkeys(("school", "university", "college", "kindergarten"), BuildingKind.SCHOOL),
    **dict.fromkeys(("hospital", "clinic"), BuildingKind.HOSPITAL),
    **dict.fromkeys(
        ("townhall", "police", "fire_station", "library", "theatre", "courthouse", "community_centre", "museum"),
        BuildingKind.PUBLIC,
    ),
    **dict.fromkeys(("bank", "restaurant", "cafe", "cinema", "fast_food", "marketplace"), BuildingKind.COMMERCIAL),
}
OFFICE_NAMES = re.compile("大厦|中心|写字楼|银行|公司|Tower|Plaza|Building|Center|Centre")
COMMERCIAL_NAMES = re.compile("商场|商厦|百货|广场|酒店|宾馆|饭店|超市|商城|Hotel|Mall")
PUBLIC_NAMES = re.compile("馆|法院|检察院|政府|委员会|寺|教堂|剧院|车站|体育")
SCHOOL_NAMES = re.compile("学校|小学|中学|大学|学院|幼儿园|教学楼|实验楼|图书馆")


def building_kind_of(tags: Tags) -> BuildingKind | None:
    """What a building's own tags and name say it is used for; None where they do not say."""
    stated = KIND_OF_BUILDING.get(tags.get("building", ""))
    if stated:
        return stated
    use = KIND_OF_USE.get(tags.get("amenity", ""))
    if use:
        return use
    if "shop" in tags or tags.get("tourism") in {"hotel", "guest_house", "hostel"}:
        return BuildingKind.COMMERCIAL
    if "office" in tags:
        return BuildingKind.OFFICE
    return _kind_by_name(tags.get("name", ""))


def _kind_by_name(name: str) -> BuildingKind | None:
    for pattern, kind in (
        (SCHOOL_NAMES, BuildingKind.SCHOOL),
        (COMMERCIAL_NAMES, BuildingKind.COMMERCIAL),
        (OFFICE_NAMES, BuildingKind.OFFICE),
        (PUBLIC_NAMES, BuildingKind.PUBLIC),
    ):
        if pattern.search(name):
            return kind
    return BuildingKind.HOSPITAL if "医院" in name else None


def number_of(text: str | None) -> float | None:
    """The positive figure that a tag starts with ("12", "12.5 m", "12;14"); None where there is none."""
    match = re.match(r"\s*(\d{1,4}(?:\.\d+)?)", text or "")
    return float(match[1]) if match and float(match[1]) > 0 else None


WATER_KINDS = {"water", "wetland"}
GREEN_LEISURE = {"park", "garden", "nature_reserve", "golf_course", "common"}
GREEN_LANDUSE = {"grass", "forest", "meadow", "village_green", "recreation_ground", "orchard", "park", "flowerbed"}
GREEN_NATURAL = {"wood", "scrub", "grassland", "heath"}


def water_kind_of(tags: Tags) -> str | None:
    """What kind of water surface an area is ("river", "lake" …); None where it is none."""
    if tags.get("natural") in WATER_KINDS:
        return tags.get("water") or tags["natural"]
    if tags.get("waterway") in {"riverbank", "dock"}:
        return "river"
    return "reservoir" if tags.get("landuse") in {"reservoir", "basin"} else None


def green_kind_of(tags: Tags) -> str | None:
    """What kind of green an area is ("park", "grass" …); None where it is none."""
    for key, kinds in (("leisure", GREEN_LEISURE), ("landuse", GREEN_LANDUSE), ("natural", GREEN_NATURAL)):
        if tags.get(key) in kinds:
            return tags[key]
    return None


RAILS = {"rail", "light_rail", "subway", "tram", "monorail", "narrow_gauge"}


def is_railway(tags: Tags) -> bool:
    """Whether a way is a railway line in use."""
    return tags.get("railway") in RAILS


def site_kind_of(tags: Tags) -> BuildingKind | None:
    """What the buildings on an area are used for, as its land use says; None where it does not say."""
    landuse = {
        "residential": BuildingKind.RESIDENTIAL,
        "commercial": BuildingKind.COMMERCIAL,
        "retail": BuildingKind.COMMERCIAL,
        "industrial": BuildingKind.INDUSTRIAL,
        "military": BuildingKind.OTHER,
        "construction": BuildingKind.OTHER,
        "railway": BuildingKind.PUBLIC,
    }.get(tags.get("landuse", ""))
    by_amenity = KIND_OF_USE.get(tags.get("amenity", ""))
    if by_amenity in {BuildingKind.SCHOOL, BuildingKind.HOSPITAL}:
        return by_amenity
    if tags.get("leisure") in {"stadium", "sports_centre", "park"}:
        return BuildingKind.PUBLIC
    return landuse
