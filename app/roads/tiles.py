"""The roads, more of them the closer one looks; the same for everybody."""

from app.tiles import Layer
from gis.city import RoadClass

FROM_ZOOM: dict[RoadClass, int] = {
    RoadClass.MOTORWAY: 0,
    RoadClass.TRUNK: 0,
    RoadClass.PRIMARY: 8,
    RoadClass.SECONDARY: 10,
    RoadClass.TERTIARY: 11,
    RoadClass.UNCLASSIFIED: 12,
    RoadClass.RESIDENTIAL: 13,
    RoadClass.LIVING_STREET: 13,
    RoadClass.PEDESTRIAN: 13,
    RoadClass.SERVICE: 14,
    RoadClass.TRACK: 14,
    RoadClass.CYCLEWAY: 15,
    RoadClass.FOOTWAY: 15,
    RoadClass.PATH: 15,
    RoadClass.STEPS: 15,
}
SEEN = " ".join(f"WHEN '{road_class}' THEN {zoom}" for road_class, zoom in FROM_ZOOM.items())
ROADS = f"""
    SELECT t.geom_3857, t.id, t.road_class AS class, nullif(t.name, '') AS name, nullif(t.name_en, '') AS name_en,
        t.bridge, t.tunnel, t.layer
    FROM road_edges t WHERE {{inside}} AND CASE t.road_class {SEEN} END <= :z
"""  # noqa: S608 (our own words)

LAYERS = (Layer("roads", "id, class, name, name_en, bridge, tunnel, layer", ROADS, ("roads",), by_community=False),)
