"""Valhalla in this process, on exactly the roads of a network, which are written as OpenStreetMap data for its tiles.

Its speeds are made ours as far as its options go: on foot 4.5 km/h and by bicycle 15 km/h by option; by car each way
carries our speed of its class as maxspeed. It adds costs at junctions of its own, so what it truly reaches is asked
from itself: `expansion` tells every directed edge that its search settles, with the second in which it leaves it.
"""

import hashlib
import json
import subprocess
from pathlib import Path

import numpy as np
import osmium
import shapely
import valhalla
from osmium.osm.mutable import Node, Way
from valhalla.config import get_config

from gis.network import Network
from gis.roads import CLASSES, line_part
from gis.travel import SPEEDS, Mode
from tests.benchmarks.report import ROOT

COSTING = {Mode.FOOT: "pedestrian", Mode.EBIKE: "bicycle", Mode.CAR: "auto"}
OPTIONS = {
    "pedestrian": {"walking_speed": 4.5, "service_penalty": 0, "walkway_factor": 1, "sidewalk_factor": 1},
    "bicycle": {"cycling_speed": 15, "bicycle_type": "City", "use_roads": 1},
    "auto": {"service_penalty": 0, "maneuver_penalty": 0, "use_tracks": 1, "use_living_streets": 1},
}
ASSUMED = __doc__.partition("\n\n")[2].replace("\n", " ").strip()


class Valhalla:
    """An Actor on the tiles of one network."""

    def __init__(self, name: str, network: Network) -> None:
        """Build the tiles where these roads have none yet."""
        home = ROOT / "build/bench/valhalla" / name
        home.mkdir(parents=True, exist_ok=True)
        data, mark = home / "roads.osm.pbf", home / "done"
        digest = digest_of(network.roads)
        settings = configuration(home)
        if not mark.exists() or mark.read_text() != digest:
            write(data, ways_of(network))
            build(home, data)
            mark.write_text(digest)
        self.actor = valhalla.Actor(str(settings))

    def zone(self, mode: Mode, lonlat: tuple[float, float], limits: list[int]) -> str:
        """GeoJSON text of the contours."""
        return self.actor.isochrone(json.dumps(self._asked(mode, lonlat, limits)))

    def reached(self, mode: Mode, lonlat: tuple[float, float], limit: int) -> list[dict[str, object]]:
        """Every directed edge that its search settles within `limit` seconds."""
        asked = self._asked(mode, lonlat, [limit]) | {
            "action": "isochrone",
            "expansion_properties": ["duration", "distance", "edge_status", "pred_edge_id", "edge_id"],
            "skip_opposites": False,
        }
        return json.loads(self.actor.expansion(json.dumps(asked)))["features"]

    def matrix(self, mode: Mode, sources: list[tuple[float, float]], target: tuple[float, float]) -> list[float]:
        """Seconds from each source to the target."""
        costing = COSTING[mode]
        asked = {
            "sources": [place(at) for at in sources],
            "targets": [place(target)],
            "costing": costing,
            "costing_options": {costing: OPTIONS[costing]},
            "verbose": False,
        }
        answer = json.loads(self.actor.matrix(json.dumps(asked)))
        return [row[0] for row in answer["sources_to_targets"]["durations"]]

    def _asked(self, mode: Mode, lonlat: tuple[float, float], limits: list[int]) -> dict[str, object]:
        costing = COSTING[mode]
        return {
            "locations": [place(lonlat)],
            "costing": costing,
            "costing_options": {costing: OPTIONS[costing]},
            "contours": [{"time": limit / 60} for limit in limits],
            "polygons": True,
        }


def place(lonlat: tuple[float, float]) -> dict[str, float]:
    """A location without a look at how well it is connected: the islands are judged elsewhere."""
    return {"lon": lonlat[0], "lat": lonlat[1], "minimum_reachability": 0, "radius": 0}


def digest_of(roads) -> str:
    """A hash of what the tiles are made from."""
    columns = (roads.tail, roads.head, roads.road_class, roads.permitted, roads.maxspeed_kph, roads.xy)
    whole = hashlib.sha256(Path(__file__).read_bytes())
    for column in columns:
        whole.update(np.ascontiguousarray(column).tobytes())
    return whole.hexdigest()


def ways_of(network):
    """The edges of a network as ways with nodes: (key, lon, lat) each, and tags that say who may go."""
    roads = network.roads
    places = roads.frame.degrees(roads.node_xy)
    fresh = len(places)
    bends = roads.frame.degrees(roads.xy)
    for edge in range(len(roads.tail)):
        xy = bends[roads.line_start[edge] + 1 : roads.line_start[edge + 1] - 1]
        inner = [(fresh + at, *map(float, one)) for at, one in enumerate(xy)]
        fresh += len(inner)
        tail, head = int(roads.tail[edge]), int(roads.head[edge])
        nodes = [(tail, *map(float, places[tail])), *inner, (head, *map(float, places[head]))]
        yield nodes, tags(CLASSES[roads.road_class[edge]], roads.permitted[edge], roads.maxspeed_kph[edge])


def tags(road_class, permitted, maxspeed):
    """OpenStreetMap's tags for the permissions of an edge: (mode, direction)."""
    foot, bicycle, car = permitted[:3]
    told = {"highway": road_class.value, "foot": "yes" if foot[0] else "no"}
    told |= direction(bicycle, "bicycle") | direction(car, "motor_vehicle")
    kph = SPEEDS[road_class].car_kph
    told["maxspeed"] = f"{np.fmin(kph, maxspeed):.0f}"
    return told


def direction(ways, key):
    """Tags that open a way to `key` in the directions `ways`."""
    if not any(ways):
        return {key: "no"}
    one = {(True, True): "no", (True, False): "yes", (False, True): "-1"}[tuple(map(bool, ways))]
    return {key: "yes", f"oneway:{key}": one} | ({"oneway": one} if key == "motor_vehicle" else {})


def write(path: Path, ways) -> None:
    """Write nodes and ways as PBF."""
    path.unlink(missing_ok=True)
    nodes, kept = {}, []
    for points, told in ways:
        for key, lon, lat in points:
            nodes[key] = (lon, lat)
        kept.append(([key + 1 for key, _, _ in points], told))
    with osmium.SimpleWriter(str(path)) as writer:
        for key in sorted(nodes):
            writer.add_node(Node(id=key + 1, location=nodes[key], version=1))
        for at, (refs, told) in enumerate(kept):
            writer.add_way(Way(id=at + 1, nodes=refs, tags=told, version=1))


def configuration(home: Path) -> Path:
    """Where the configuration stands."""
    tiles = home / "tiles"
    tiles.mkdir(exist_ok=True)
    made = get_config(tile_extract="", tile_dir=str(tiles), verbose=False)
    for part in ("mjolnir", "loki", "thor", "odin", "meili"):
        made[part]["logging"] = {"type": "file", "file_name": str(home / "log"), "color": False}
    made["mjolnir"]["concurrency"] = 2
    made["mjolnir"].pop("admin", None)
    made["mjolnir"].pop("timezone", None)
    made["service_limits"]["isochrone"]["max_contours"] = 4
    for costing in COSTING.values():
        made["service_limits"][costing] |= {"max_matrix_location_pairs": 100_000, "max_matrix_distance": 4_000_000}
    path = home / "valhalla.json"
    path.write_text(json.dumps(made))
    return path


def build(home: Path, data: Path) -> None:
    """Build the tiles; RuntimeError with the end of the log where that fails."""
    program = Path(valhalla.__file__).parent / "bin" / "valhalla_build_tiles"
    done = subprocess.run(
        [str(program), "-c", str(home / "valhalla.json"), str(data)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"Valhalla builds no tiles:\n{done.stdout[-800:]}\n{done.stderr[-800:]}")


def pieces(features, limit: float) -> list[shapely.LineString]:
    """The parts of road, in lon/lat, that the settled edges of `reached` cover within `limit`, each road once."""
    left = {feature["properties"]["edge_id"]: feature["properties"]["duration"] for feature in features}
    spans: dict[tuple[object, ...], tuple[list[list[float]], list[tuple[float, float]]]] = {}
    for feature in features:
        told, line = feature["properties"], feature["geometry"]["coordinates"]
        if len(line) < 2:
            continue
        entered = left.get(told["pred_edge_id"], 0.0)
        took = told["duration"] - entered
        share = 1.0 if told["duration"] <= limit else (limit - entered) / took if took > 0 else 0.0
        if share <= 0:
            continue
        drawn = [tuple(point) for point in line]
        forward = drawn <= drawn[::-1]
        key = tuple(drawn if forward else drawn[::-1])
        spans.setdefault(key, []).append((0.0, share) if forward else (1 - share, 1.0))  # type: ignore[union-attr]
    return [
        line_part(shapely.LineString(key), begin, end) for key, found in spans.items() for begin, end in merged(found)
    ]


def merged(spans):
    """Spans joined where they overlap."""
    told = []
    for begin, end in sorted(spans):
        if told and begin <= told[-1][1]:
            told[-1][1] = max(told[-1][1], end)
        else:
            told.append([begin, min(end, 1.0)])
    return told
