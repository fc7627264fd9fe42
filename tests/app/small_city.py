"""A city of two grids, drawn by hand: what the loader, the checks and the commands are tried on.

0        .01       .02 °
+---------+---------+ .01
|  block 0| block 1 |        grid "a" = block 0, grid "b" = blocks 1 and 2
|  [hut]  +---------+        a road runs along the bottom
|         | block 2 |
+---------+---------+ 0
"""

from shapely import LineString, MultiPolygon, Point, Polygon, box

from gis.city import (
    Area,
    AreaLevel,
    Block,
    Building,
    BuildingKind,
    City,
    Compound,
    Dwelling,
    Entrance,
    FlagKind,
    Grid,
    GridKind,
    Household,
    PatrolRoute,
    Post,
    PostRole,
    Railway,
    RoadClass,
    RoadEdge,
    RoadNode,
    Station,
    StationKind,
    Surface,
)

LON, LAT = 118.0, 32.0


def at(*places):
    """Places of the drawing as lon/lat."""
    return [(LON + x, LAT + y) for x, y in places]


def multi(polygon):
    return MultiPolygon([polygon])


TOWN = multi(Polygon(at((0, 0), (0.01, 0), (0.02, 0), (0.02, 0.005), (0.02, 0.01), (0.01, 0.01), (0, 0.01))))
BLOCKS = (
    Polygon(at((0, 0), (0.01, 0), (0.01, 0.005), (0.01, 0.01), (0, 0.01))),
    Polygon(at((0.01, 0.005), (0.02, 0.005), (0.02, 0.01), (0.01, 0.01))),
    Polygon(at((0.01, 0), (0.02, 0), (0.02, 0.005), (0.01, 0.005))),
)
HUT = box(LON + 0.002, LAT + 0.004, LON + 0.004, LAT + 0.006)


def small_city(name="小城", *, code="990200"):
    """The city of the drawing; another name gives other keys."""
    city = City()
    city.areas = [
        Area(f"{name}:d", None, AreaLevel.DISTRICT, f"{code}000000", name, "Small", TOWN),
        Area(f"{name}:s", f"{name}:d", AreaLevel.SUBDISTRICT, f"{code}001000", f"{name}街道", "Small", TOWN),
        Area(f"{name}:c", f"{name}:s", AreaLevel.COMMUNITY, f"{code}001001", f"{name}社区", "Small", TOWN),
    ]
    city.compounds = [
        Compound(f"{name}:k", f"{name}:c", "小区\t一", "One", "", has_committee=False, geometry=multi(BLOCKS[0]))
    ]
    city.blocks = [
        Block(f"{name}:{i}", f"{name}:c", f"{name}:k" if i == 0 else None, shape) for i, shape in enumerate(BLOCKS)
    ]
    grids = {"a": (f"{name}:0",), "b": (f"{name}:1", f"{name}:2")}
    city.grids = [
        Grid(f"{name}:{g}", f"{name}:c", GridKind.BASE, f"{code}00100100{i}", f"第{i}网格", f"Grid {i}", blocks)
        for i, (g, blocks) in enumerate(grids.items(), 1)
    ]
    city.posts = [Post(f"{name}:{g}", PostRole.LEADER, 1, None) for g in grids]
    city.buildings = [
        Building(
            key=f"{name}:hut",
            block=f"{name}:0",
            compound=f"{name}:k",
            kind=BuildingKind.RESIDENTIAL,
            name="",
            name_en="",
            address="",
            floors=2,
            floors_assumed=True,
            height=6.0,
            has_lift=False,
            geometry=multi(HUT),
        )
    ]
    city.entrances = [Entrance(f"{name}:e", f"{name}:hut", "1", Point(LON + 0.002, LAT + 0.005))]
    city.dwellings = [Dwelling(f"{name}:e:{floor}", f"{name}:e", floor, f"{floor}01") for floor in (1, 2)]
    city.households = [
        Household(f"{name}:e:1", 3, "示例住户0001", "19900000001", (FlagKind.INFANT, FlagKind.LET)),
        Household(f"{name}:e:2", 1, "示例住户0002", "19900000002"),
    ]
    police = Point(LON + 0.015, LAT + 0.002)
    city.stations = [
        Station(f"{name}:p", f"{name}:c", StationKind.POLICE, "派出所", "Police", "", "24/7", None, police)
    ]
    ends = at((0, 0), (0.01, 0), (0.02, 0))
    city.road_nodes = [RoadNode(f"{name}:n{i}", Point(end)) for i, end in enumerate(ends)]
    city.road_edges = [
        RoadEdge(
            key=f"{name}:r{i}",
            tail=f"{name}:n{i}",
            head=f"{name}:n{i + 1}",
            road_class=RoadClass.TERTIARY,
            name="小路\\\n",
            name_en="Small Road",
            length=944.0,
            foot=True,
            bicycle_forward=True,
            bicycle_backward=True,
            car_forward=True,
            car_backward=False,
            maxspeed_kph=None,
            layer=0,
            bridge=False,
            tunnel=False,
            geometry=LineString(ends[i : i + 2]),
        )
        for i in range(2)
    ]
    city.waters = [Surface(f"{name}:w", "pond", "", "", multi(box(LON + 0.011, LAT + 0.006, LON + 0.012, LAT + 0.007)))]
    city.greens = [Surface(f"{name}:g", "park", "", "", multi(box(LON + 0.011, LAT + 0.001, LON + 0.012, LAT + 0.002)))]
    track = LineString(at((0, 0.008), (0.02, 0.008)))
    city.railways = [Railway(f"{name}:t", "", "", bridge=False, tunnel=True, geometry=track)]
    walk = LineString(at((0.001, 0), (0.009, 0), (0.001, 0)))
    city.patrol_routes = [PatrolRoute(f"{name}:walk", f"{name}:a", "第1网格巡逻路线", 1500.0, 1800.0, walk)]
    return city
