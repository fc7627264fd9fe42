"""A whole city as plain values: what the demo district and the OpenStreetMap import both yield.

Every geometry is lon/lat (EPSG:4326), x before y. Records refer to each other by `key`, a text that is stable over runs
and unique within its kind ("demo:building:17", "osm:way:123"), so that loading the same city twice changes nothing.
"""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import NamedTuple, TypeAlias

from shapely import LineString, MultiPolygon, Point, Polygon

Names: TypeAlias = tuple[tuple[str, str], ...]
"""What a thing is called besides: a text for each language ("ja", "zh-Hans") or sort of name ("old_name")."""


class AreaLevel(StrEnum):
    """The levels of the area tree, outermost first."""

    DISTRICT = "district"
    SUBDISTRICT = "subdistrict"
    COMMUNITY = "community"
    SUB_AREA = "sub_area"


class GridKind(StrEnum):
    """基础网格 and 专属网格."""

    BASE = "base"
    DEDICATED = "dedicated"


class BuildingKind(StrEnum):
    """What a building is mainly used for."""

    RESIDENTIAL = "residential"
    COMMERCIAL = "commercial"
    OFFICE = "office"
    INDUSTRIAL = "industrial"
    SCHOOL = "school"
    HOSPITAL = "hospital"
    PUBLIC = "public"
    OTHER = "other"


class FlagKind(StrEnum):
    """The closed list of household flags: service needs and one office, never a judgement."""

    CONTACT_HOUSEHOLD = "contact_household"
    HARDSHIP = "hardship"
    LOW_INCOME = "low_income"
    LET = "let"
    VACANT = "vacant"
    ALONE_OVER_80 = "alone_over_80"
    DISABILITY = "disability"
    OXYGEN_OR_DIALYSIS = "oxygen_or_dialysis"
    INFANT = "infant"


class StationKind(StrEnum):
    """Where help, staff and supplies are found."""

    SERVICE_STATION = "service_station"  # 服务站
    LIAISON_STATION = "liaison_station"  # 联络站
    RIDER_STATION = "rider_station"  # 骑手驿站
    POLICE = "police"
    FIRE = "fire"
    MICRO_FIRE = "micro_fire"  # 微型消防站
    HOSPITAL = "hospital"
    CLINIC = "clinic"
    PHARMACY = "pharmacy"
    SCHOOL = "school"
    TOWNHALL = "townhall"
    COMMUNITY_CENTRE = "community_centre"
    SOCIAL_FACILITY = "social_facility"
    SHELTER = "shelter"


class PostRole(StrEnum):
    """The 1+1+1+2 posts of a grid."""

    INSTRUCTOR = "instructor"
    LEADER = "leader"
    FULL_TIME_WORKER = "full_time_worker"
    PART_TIME_WORKER = "part_time_worker"


STAFF = (
    (PostRole.INSTRUCTOR, 1),
    (PostRole.LEADER, 1),
    (PostRole.FULL_TIME_WORKER, 1),
    (PostRole.PART_TIME_WORKER, 1),
    (PostRole.PART_TIME_WORKER, 2),
)
"""The posts of a base grid: role and ordinal."""


class RoadClass(StrEnum):
    """Road classes, fastest first; they name the rows of the editable table of speeds."""

    MOTORWAY = "motorway"
    TRUNK = "trunk"
    PRIMARY = "primary"
    SECONDARY = "secondary"
    TERTIARY = "tertiary"
    UNCLASSIFIED = "unclassified"
    RESIDENTIAL = "residential"
    LIVING_STREET = "living_street"
    SERVICE = "service"
    TRACK = "track"
    CYCLEWAY = "cycleway"
    PEDESTRIAN = "pedestrian"
    FOOTWAY = "footway"
    PATH = "path"
    STEPS = "steps"


class Area(NamedTuple):
    """A district, subdistrict, community or sub-area; `parent` is the key of the area around it."""

    key: str
    parent: str | None
    level: AreaLevel
    code: str  # 12 digits
    name: str
    name_en: str
    geometry: MultiPolygon
    names: Names = ()


class Compound(NamedTuple):
    """A residential estate (小区) in the community `community`."""

    key: str
    community: str
    name: str
    name_en: str
    manager: str  # the estate management firm, "" where unknown
    has_committee: bool
    geometry: MultiPolygon
    names: Names = ()


class Block(NamedTuple):
    """划分单元: a face between roads, walls and water. The blocks of a community cover it exactly, without overlap."""

    key: str
    community: str
    compound: str | None
    geometry: Polygon


class Grid(NamedTuple):
    """A grid as the set of blocks it is made of; its boundary is their union."""

    key: str
    community: str
    kind: GridKind
    code: str
    name: str
    name_en: str
    blocks: tuple[str, ...]
    level: int = 1
    valid_from: date = date(2026, 1, 1)


class Building(NamedTuple):
    """A building footprint with its floors; `floors_assumed` where no source states them. Height in metres."""

    key: str
    block: str
    compound: str | None
    kind: BuildingKind
    name: str
    name_en: str
    address: str
    floors: int
    floors_assumed: bool
    height: float
    has_lift: bool
    geometry: MultiPolygon
    names: Names = ()


class Entrance(NamedTuple):
    """An entrance (单元) as a point on its building's footprint."""

    key: str
    building: str
    label: str  # "1", "2" …
    geometry: Point


class Dwelling(NamedTuple):
    """A dwelling (户): floor counted from 1, number as on the door ("302")."""

    key: str
    entrance: str
    floor: int
    number: str


class Household(NamedTuple):
    """The people in a dwelling: always invented by `gis`, never read from a map."""

    dwelling: str
    size: int
    contact_name: str
    contact_phone: str
    flags: tuple[FlagKind, ...] = ()


class Station(NamedTuple):
    """A place of help. `open_hours` in OpenStreetMap's opening_hours form ("24/7", "Mo-Fr 09:00-17:00"), "" unknown."""

    key: str
    community: str
    kind: StationKind
    name: str
    name_en: str
    address: str
    open_hours: str
    capacity: int | None
    geometry: Point
    names: Names = ()


class Post(NamedTuple):
    """One post of a grid; `holder` None where it is vacant."""

    grid: str
    role: PostRole
    ordinal: int  # 1, or 1 and 2 for the part-time workers
    holder: str | None


class RoadNode(NamedTuple):
    """A junction or an end of a road."""

    key: str
    geometry: Point


class RoadEdge(NamedTuple):
    """A road between two nodes, drawn from `tail` to `head`; permissions per direction where they can differ."""

    key: str
    tail: str
    head: str
    road_class: RoadClass
    name: str
    name_en: str
    length: float  # metres along the line
    foot: bool
    bicycle_forward: bool
    bicycle_backward: bool
    car_forward: bool
    car_backward: bool
    maxspeed_kph: float | None
    layer: int
    bridge: bool
    tunnel: bool
    geometry: LineString
    names: Names = ()


class Surface(NamedTuple):
    """A water or green surface."""

    key: str
    kind: str  # river, lake, canal … / park, grass, wood …
    name: str
    name_en: str
    geometry: MultiPolygon
    names: Names = ()


class Railway(NamedTuple):
    """A railway line above ground or below (`tunnel`)."""

    key: str
    name: str
    name_en: str
    bridge: bool
    tunnel: bool
    geometry: LineString
    names: Names = ()


class PatrolRoute(NamedTuple):
    """A closed walk of a grid along its footways; length in metres, time in seconds incl. stops."""

    key: str
    grid: str
    name: str
    length: float
    seconds: float
    geometry: LineString


@dataclass(slots=True)
class City:
    """Everything a district holds. `areas` starts with the one district; parents stand before their children."""

    areas: list[Area] = field(default_factory=list)
    compounds: list[Compound] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    grids: list[Grid] = field(default_factory=list)
    buildings: list[Building] = field(default_factory=list)
    entrances: list[Entrance] = field(default_factory=list)
    dwellings: list[Dwelling] = field(default_factory=list)
    households: list[Household] = field(default_factory=list)
    stations: list[Station] = field(default_factory=list)
    posts: list[Post] = field(default_factory=list)
    road_nodes: list[RoadNode] = field(default_factory=list)
    road_edges: list[RoadEdge] = field(default_factory=list)
    waters: list[Surface] = field(default_factory=list)
    greens: list[Surface] = field(default_factory=list)
    railways: list[Railway] = field(default_factory=list)
    patrol_routes: list[PatrolRoute] = field(default_factory=list)
